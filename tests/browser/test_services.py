"""The map of services in a real browser, by keyboard and on a phone, and a file that is looked at and brought in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import tab_to

Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]


def test_the_map_is_walked_by_keyboard_and_turned_for_a_phone(
    context: BrowserContext, story: Story, sign_in: SignIn
) -> None:
    made = story("dependency")
    page = sign_in(context, "alice")
    page.goto("/services/-/map/")
    layers, rails = page.locator(".smap--layers"), page.locator(".smap--rails")
    expect(layers).to_be_visible()
    expect(rails).to_be_hidden()
    in_trouble = layers.locator(".smap__box[data-state=trouble]").filter(has_text="Ledger")
    expect(in_trouble).to_contain_text(made["reference"])
    box = layers.get_by_role("link", name="Invoices: Depends on trouble")
    tab_to(page, box)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invoices", level=1)).to_be_visible()
    expect(page.get_by_text("Something that it depends on is in trouble")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(rails).to_be_visible()
    expect(layers).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    rails.get_by_role("link", name="Ledger: Not rated yet").click()
    expect(page.get_by_role("heading", name="Ledger", level=1)).to_be_visible()


def test_a_file_is_looked_at_mended_and_brought_in(context: BrowserContext, story: Story, sign_in: SignIn) -> None:
    page = sign_in(context, "alice")
    page.goto("/services/-/import/")
    wrong = b"services:\n  - {slug: refunds, name: Refunds, team: nobodys}\n"
    page.set_input_files("input[type=file]", {"name": "services.yaml", "mimeType": "text/yaml", "buffer": wrong})
    page.get_by_role("button", name="Look what it would do").click()
    expect(page.get_by_role("heading", name="1 problem")).to_be_focused()
    text = page.locator("textarea")
    text.fill(text.input_value().replace("nobodys", "payments"))
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_text("1 created, 0 changed")).to_be_visible()
    expect(page.get_by_role("link", name="Refunds")).to_be_visible()
