"""The audit log on a telephone in the dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

SignIn = Callable[[BrowserContext, str], Page]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_log_is_read_on_a_telephone(
    browser: Browser, story: Callable[..., dict[str, Any]], sign_in: SignIn, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = sign_in(context, "alice")
    page.goto(page.url.replace("/incidents/", "/audit/"))
    row = page.locator("details.audit", has_text="Checkout").first
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.get_by_role("table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Filtering with the script on replaces the list in place.
    page.get_by_label("Words").fill("nothing-like-it")
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    page.get_by_label("Words").fill("checkout")
    expect(page.locator("details.audit", has_text="Checkout").first).to_be_visible()
    context.close()
