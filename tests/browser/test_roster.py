"""Somebody who never read a manual builds a rotation in the administration with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import tab_to
from tests.installation import Installation

pytestmark = pytest.mark.browser
Story = Callable[..., dict[str, Any]]


@pytest.fixture
def page(browser: Browser, installation: Installation, story: Story) -> Page:
    """The administration, as its administrator sees it."""
    story("verified", username=installation.admin["username"])
    made = browser.new_context(base_url=installation.base_url).new_page()
    made.goto("/account/login/")
    made.locator("input[name=login]").fill(installation.admin["username"])
    made.locator("input[name=password]").fill(installation.admin["password"])
    made.keyboard.press("Enter")
    made.wait_for_url(lambda url: "/login/" not in url)
    return made


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def choose(page: Page, target: Locator, text: str) -> None:
    """Choose in a select by typing the beginning of what is wanted."""
    tab_to(page, target)
    page.keyboard.type(text)


def test_a_newcomer_builds_two_layers_with_the_keyboard_and_sees_them_in_the_calendar(page: Page) -> None:
    page.goto("/admin/teams/schedule/add/")
    choose(page, page.locator("#id_team"), "Payments")
    tab_to(page, page.locator("#id_name"))
    page.keyboard.press("Control+A")
    page.keyboard.type("Shop hours")
    press(page, page.get_by_role("button", name="Business hours and nights"))
    expect(page.locator("[data-patterns] [data-said]")).to_contain_text("Filled in 2 layers")

    first, second = page.locator("#layers-0"), page.locator("#layers-1")
    expect(first.locator("[name$='-name']")).to_have_value("Nights and weekends")
    expect(second.locator("[name$='-start']")).to_have_value("09:00")
    # The script has put the keyboard where one goes on.
    expect(first.locator("[data-rows] select")).to_be_focused()
    page.keyboard.type("Alice")
    press(page, first.get_by_role("button", name="+ Add person"))
    page.keyboard.type("Bob")
    choose(page, second.locator("[data-rows] select").first, "Bob")
    press(page, second.get_by_role("button", name="+ Add person"))
    page.keyboard.type("Alice")
    press(page, second.get_by_label("together with the one above").last, " ")

    preview = page.locator("#preview")
    expect(preview).to_contain_text("From now on Alice and Bob in weekly turns, handing over on Mondays at 09:00.")
    expect(preview).to_contain_text("From now on Bob with Alice; only Mon to Fri 09:00–17:00.")
    expect(preview).to_contain_text("Somebody is on call at every moment from now on.")
    expect(preview.locator(".cal__bar").first).to_be_visible()

    press(page, page.get_by_role("button", name="Save", exact=True))
    page.wait_for_url("**/admin/teams/schedule/")
    press(page, page.get_by_role("row", name="Shop hours").get_by_role("link", name="See the calendar"))
    page.wait_for_url("**/schedules/*/")
    expect(page.locator(".cal__bar").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Business hours")


def test_people_are_moved_and_taken_out_with_the_keyboard(page: Page) -> None:
    page.goto("/admin/teams/schedule/add/")
    layer = page.locator("#layers-0")
    choose(page, layer.locator("[data-rows] select").first, "Alice")
    press(page, layer.get_by_role("button", name="+ Add person"))
    page.keyboard.type("Bob")
    chosen = layer.locator("[data-rows] select >> option:checked")
    expect(chosen).to_have_text(["Alice", "Bob"])
    press(page, layer.get_by_role("button", name="Move up: person 2"))
    expect(chosen).to_have_text(["Bob", "Alice"])
    expect(layer.locator("[data-rows] [data-said]")).to_have_text("Now 1 of 2.")
    # The pressed button went up with its row, where it can go no further: the next one has the keyboard.
    expect(layer.get_by_role("button", name="Move down: person 1")).to_be_focused()
    press(page, layer.get_by_role("button", name="Remove: person 1"))
    expect(chosen).to_have_text(["Alice"])


def test_a_chosen_time_is_what_takes_effect_and_a_refusal_keeps_what_was_typed(page: Page) -> None:
    page.goto("/admin/teams/schedule/")
    page.get_by_role("row", name="Primary").get_by_role("link").first.click()
    expect(page.get_by_label("When the running shift ends:")).to_be_checked()
    every = page.locator("#id_layers-0-every")
    every.fill("2")
    expect(page.locator("#preview")).to_contain_text("as before; then")
    page.locator("#id_effective_at").fill("2020-01-06T09:00")
    expect(page.get_by_label("At this time:")).to_be_checked()
    expect(page.locator("#preview")).to_contain_text("stays as it is")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field-effective_at .errorlist")).to_contain_text("The shift of Alice runs until")
    expect(every).to_have_value("2")


def test_the_page_of_a_roster_does_not_scroll_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/admin/teams/schedule/")
    page.get_by_role("row", name="Primary").get_by_role("link").first.click()
    expect(page.locator("#preview .cal__bar").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
