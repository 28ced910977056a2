"""Calendar feeds and imported calendars on a telephone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import tab_to

SignIn = Callable[[BrowserContext, str], Page]
CALENDARS = Path(__file__).parents[1] / "data" / "calendars"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_feed_is_made_and_revoked_with_the_keyboard(
    browser: Browser, story: Callable[..., dict[str, Any]], sign_in: SignIn, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = sign_in(context, "alice")
    page.goto(page.url.replace("/incidents/", "/on-call/"))
    tab_to(page, page.get_by_role("link", name="Calendar feeds"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Make the feed"))
    page.keyboard.press("Enter")
    address = page.get_by_label("Your own duty, on all schedules").input_value()
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.request.get(address).text().startswith("BEGIN:VCALENDAR")
    page.get_by_role("link", name="I have it").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tab_to(page, page.get_by_role("button", name="Revoke").first)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("The feed is revoked.")).to_be_visible()
    assert page.request.get(address).status == 404
    context.close()


def test_a_calendar_is_looked_at_before_it_is_used(
    browser: Browser, story: Callable[..., dict[str, Any]], sign_in: SignIn
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = sign_in(context, "alice")
    page.goto(page.url.replace("/incidents/", "/teams/"))
    page.locator("a[href^='/schedules/']").first.click()
    page.get_by_role("link", name="Imported calendar").click()
    page.get_by_label("Or a file").set_input_files(CALENDARS / "google.ics")
    page.get_by_role("button", name="Look first").click()
    expect(page.get_by_role("heading", name="What “Platform on-call” would give")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
