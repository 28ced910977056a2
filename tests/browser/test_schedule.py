"""Somebody reads the calendar and picks a time on it, without a mouse and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import tab_to
from tests.installation import Installation

pytestmark = pytest.mark.browser
Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]

# Berlin's clocks go forward on Sunday, the 28th.
WEEK = "?view=week&from=2028-03-22&zone=Europe/Berlin"


@pytest.fixture
def path(story: Story) -> str:
    """A schedule of Alice and Bob, who hand off every day at nine in Berlin."""
    return str(story("rota")["path"])


@pytest.fixture
def page(browser: Browser, installation: Installation, story: Story, sign_in: SignIn) -> Page:
    return sign_in(browser.new_context(base_url=installation.base_url, reduced_motion="reduce"), "bob")


def clock(page: Page, label: str) -> str:
    return page.get_by_role("dialog").get_by_label(label).input_value()


def test_the_keyboard_alone_picks_a_time_and_lets_somebody_stand_in(page: Page, path: str) -> None:
    page.goto(path + WEEK)
    shifts = page.get_by_role("option")
    tab_to(page, shifts.nth(0))
    page.keyboard.press("ArrowRight")
    expect(shifts.nth(1)).to_be_focused()
    expect(shifts.nth(1)).to_have_accessible_name("Alice: Mon 20 Mar 2028, 09:00 to Tue 21 Mar 2028, 09:00 (Primary)")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    said = page.locator("#cal-said")
    expect(said).to_have_text(
        "Mon 20 Mar 2028, 09:00 to Mon 20 Mar 2028, 10:30, 1 h 30 min. On call: Alice. Enter finds cover."
    )
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Find cover")
    expect(dialog).to_contain_text("Alice Mon 20 Mar 2028, 09:00 to Mon 20 Mar 2028, 10:30")
    expect(dialog.get_by_label("Who stands in")).to_be_focused()
    page.keyboard.type("Bob")
    tab_to(page, dialog.get_by_label("Reason"))
    page.keyboard.type("Dentist")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bob stands in.")).to_be_visible()
    expect(
        page.get_by_role("option", name="Bob: Mon 20 Mar 2028, 09:00 to Mon 20 Mar 2028, 10:30 (Override)")
    ).to_be_visible()


def test_escape_gives_the_focus_back_to_the_shift(page: Page, path: str) -> None:
    page.goto(path + WEEK)
    shift = page.get_by_role("option").nth(0)
    tab_to(page, shift)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(shift).to_be_focused()


def test_what_is_refused_stays_in_the_dialog(page: Page, path: str) -> None:
    page.goto(path + WEEK)
    page.get_by_role("option").nth(1).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Dentist")
    dialog.get_by_role("button", name="Add the override").click()
    expect(dialog.get_by_label("Reason")).to_have_value("Dentist")
    expect(dialog.get_by_label("Who stands in")).to_be_focused()
    assert clock(page, "From") == "2028-03-20T09:00"


def test_a_stroke_of_the_pointer_picks_the_hours_under_it_on_the_day_that_loses_one(page: Page, path: str) -> None:
    """26 March 2028 has 23 hours in Berlin: its noon stands eleven hours after its midnight."""
    page.goto(path + WEEK)
    expect(page.get_by_text("Clocks go forward on Sun 26 Mar, 02:00, to 03:00.")).to_be_visible()
    expect(page.locator(".cal__day", has_text="Sun 26")).to_contain_text("23 h")
    track = page.locator("[data-track]")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box
    hour, middle = box["width"] / 167, box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + hour * 155, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + hour * 157, middle, steps=4)
    page.mouse.up()
    assert (clock(page, "From"), clock(page, "Until")) == ("2028-03-26T12:00", "2028-03-26T14:00")


@pytest.mark.parametrize("view", ["week", "month"])
def test_a_phone_shows_it_whole_and_a_tap_finds_cover(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn, path: str, view: str
) -> None:
    phone = browser.new_context(
        base_url=installation.base_url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = sign_in(phone, "bob")
    page.goto(f"{path}?view={view}&from=2028-03-22&zone=Europe/Berlin")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("option").nth(2).tap()
    expect(page.get_by_role("dialog", name="Find cover")).to_be_visible()
    assert clock(page, "From").endswith("T09:00")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
