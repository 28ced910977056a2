"""A manager drills a schedule with the keyboard alone, and sees the report fill while people answer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD, tab_to
from tests.installation import Installation

Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]


def test_start_a_drill_and_see_the_report_fill(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    schedule = story("daily", title=f"Days {secrets.token_hex(3)}", password=PASSWORD)
    alices, nobodys = (browser.new_context(base_url=installation.base_url) for _ in range(2))
    page = sign_in(alices, schedule["alice"])
    page.goto(schedule["path"])
    drills = page.get_by_role("link", name="Page drills")
    tab_to(page, drills)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/drills/\?schedule="))
    start = page.get_by_role("link", name="Start a drill").first
    tab_to(page, start)
    page.keyboard.press("Enter")
    # The schedule is chosen already, and who would be called is there to be read before anybody is.
    preview = page.get_by_role("region", name="Who would be called")
    expect(preview).to_contain_text("Bob")
    tab_to(page, page.get_by_label("Note"))
    page.keyboard.type("Only a drill, back to work")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="0 of 2 confirmed in time")).to_be_visible()

    (letter,) = installation.wait_for_mail(to=f"{schedule['bob']}@example.org", subject="Drill: no incident")
    assert "Only a drill, back to work" in letter["text"]
    link = re.search(r"http\S+/drills/answer/\S+", letter["text"])
    assert link is not None
    answering = nobodys.new_page()
    answering.goto(link[0])
    tab_to(answering, answering.get_by_role("button", name="I got it"))
    answering.keyboard.press("Enter")
    expect(answering.get_by_text("You were reached")).to_be_visible()

    # Nobody touched the report: it looks by itself.
    expect(page.get_by_role("heading", name="1 of 2 confirmed in time")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("row", name=re.compile("Bob"))).to_contain_text("by the link")
    cancel = page.get_by_role("button", name="Cancel the drill").first
    tab_to(page, cancel)
    page.keyboard.press("Enter")
    sure = page.get_by_role("dialog").get_by_role("button", name="Cancel the drill")
    expect(sure).to_be_visible()
    tab_to(page, sure)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody is called for it any more")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Alice"))).to_contain_text("not answered")
    for context in (alices, nobodys):
        context.close()
