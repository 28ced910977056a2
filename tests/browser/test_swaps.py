"""Two people swap a shift with the keyboard alone: one asks, the other follows the mail and accepts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD, tab_to
from tests.installation import Installation

Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]


def on_call(page: Page, schedule: int, at: datetime) -> str:
    """Who stands the watch at `at`, by the API."""
    answer = page.request.get(f"/api/v1/schedules/{schedule}/who/", params={"at": at.isoformat()})
    assert answer.ok, answer.text()
    watch = answer.json()["watch"]
    people = watch.get("users") or [watch["user"]]
    return str(people[0]["username"])


def test_ask_for_a_swap_and_accept_it_as_the_other_person(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    name = f"Days {secrets.token_hex(3)}"
    schedule = story("daily", title=name, password=PASSWORD)
    alices, bobs = (browser.new_context(base_url=installation.base_url) for _ in range(2))
    page = sign_in(alices, schedule["alice"])
    page.goto("/on-call/")

    ask = page.get_by_role("link", name=f"Ask for a swap on {schedule['name']}").first
    tab_to(page, ask)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/swaps/new/"))
    shift = page.get_by_label("Which of your shifts")
    start, end = (datetime.fromisoformat(at) for at in shift.input_value().split("/"))
    tab_to(page, page.get_by_label("Whom to ask"))
    page.keyboard.type("Bob")
    back = page.get_by_label("What you take in return")
    # Bob's shifts come without leaving the page.
    expect(back.locator("option").nth(1)).to_be_attached()
    tab_to(page, back)
    page.keyboard.press("ArrowDown")
    back_start = datetime.fromisoformat(back.input_value().split("/")[0])
    tab_to(page, page.get_by_label("Note"))
    page.keyboard.type("Dentist, back at noon")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bob gets a mail")).to_be_visible()
    assert on_call(page, schedule["pk"], start + timedelta(hours=1)) == schedule["alice"]

    (letter,) = installation.wait_for_mail(
        to=f"{schedule['bob']}@example.org", subject=f"Alice asks you to stand in: {schedule['name']}"
    )
    link = re.search(r"http\S+/swaps/\d+/", letter["text"])
    assert link is not None
    answering = sign_in(bobs, schedule["bob"])
    answering.goto(link[0])
    expect(answering.get_by_text("Dentist, back at noon")).to_be_visible()
    tab_to(answering, answering.get_by_role("button", name="Accept the swap"))
    answering.keyboard.press("Enter")
    expect(answering.get_by_text("You stand in for Alice")).to_be_visible()
    assert on_call(answering, schedule["pk"], start + timedelta(hours=1)) == schedule["bob"]
    assert (
        on_call(answering, schedule["pk"], end + timedelta(hours=1))
        == schedule["alice" if end == back_start else "bob"]
    )
    assert on_call(answering, schedule["pk"], back_start + timedelta(hours=1)) == schedule["alice"]

    tab_to(answering, answering.get_by_role("link", name=re.compile("^See it")).first)
    answering.keyboard.press("Enter")
    answering.wait_for_url(re.compile(schedule["path"]))
    expect(answering.get_by_text("Swap with Alice: Dentist, back at noon")).to_be_visible()
    installation.wait_for_mail(
        to=f"{schedule['alice']}@example.org", subject=f"Bob stands in for you: {schedule['name']}"
    )
    for context in (alices, bobs):
        context.close()


def test_time_off_proposes_cover_and_asks_in_one_step(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    name = f"Days {secrets.token_hex(3)}"
    schedule = story("daily", title=name, password=PASSWORD)
    context = browser.new_context(base_url=installation.base_url, viewport={"width": 390, "height": 844})
    page = sign_in(context, schedule["alice"])
    page.goto("/on-call/away/new/")
    day = datetime.now().astimezone() + timedelta(days=secrets.randbelow(300) + 20)
    page.get_by_label("First day").fill(f"{day:%Y-%m-%d}")
    page.get_by_label("Last day").fill(f"{day + timedelta(days=1):%Y-%m-%d}")
    tab_to(page, page.get_by_role("button", name="Add it"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Below is the duty that falls into it")).to_be_visible()
    duty = page.get_by_role("article").filter(has_text=f"{schedule['name']}").first
    tab_to(page, duty.get_by_role("button", name="Ask Bob"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alice asks Bob to stand in")).to_be_visible()
    context.close()
