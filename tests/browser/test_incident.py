"""The main line through the console in a real browser: by keyboard, by thumb, and seen by two people at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import tab_to
from tests.installation import Installation

pytestmark = pytest.mark.browser
Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]


def helm(page: Page, text: str) -> None:
    expect(page.locator("#helm strong")).to_contain_text(text)


def dialog_done(page: Page) -> None:
    expect(page.locator("#dialog")).not_to_be_visible()


def test_from_alert_to_resolved_by_keyboard(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = sign_in(context, "alice")
    page.goto(installation.base_url + story("incident", title="Checkout: error rate 30 %")["path"])
    dialog = page.locator("#dialog")

    page.keyboard.press("a")
    helm(page, "Alice has it")

    page.keyboard.press("v")
    tab_to(page, dialog.get_by_role("button", name=re.compile("^SEV2")))
    page.keyboard.press("Enter")
    dialog_done(page)
    helm(page, "Last change: Deploy checkout 2.31.0")
    expect(page.locator("#head")).to_contain_text("SEV2")
    expect(page.locator("#roles")).to_contain_text("Alice")

    tab_to(page, page.get_by_role("link", name="Fill Scribe"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="I take it")).to_be_focused()
    page.keyboard.press("Enter")
    dialog_done(page)
    expect(page.locator("#timeline-list")).to_contain_text("Alice is Scribe")

    page.keyboard.press("m")
    tab_to(page, dialog.get_by_label("What shall be done?"))
    page.keyboard.type("Roll back checkout to 2.30.2")
    tab_to(page, dialog.get_by_label("Who carries it out?"))
    page.keyboard.type("Bob")
    tab_to(page, dialog.get_by_label("It worked when"))
    page.keyboard.type("error rate under 1 %")
    page.keyboard.press("Enter")
    dialog_done(page)
    helm(page, "Start: Roll back checkout")

    page.keyboard.press("v")
    expect(dialog.get_by_role("button", name="Start mitigation")).to_be_focused()
    page.keyboard.press("Enter")
    dialog_done(page)
    helm(page, "Carry out: Roll back checkout")

    for button, after in (("Carry it out", "Judge it: Roll back"), ("It worked", "Is service back")):
        tab_to(page, page.locator("#helm").get_by_role("link", name=button))
        page.keyboard.press("Enter")
        tab_to(page, dialog.get_by_role("button", name=button, exact=True))
        page.keyboard.press("Enter")
        dialog_done(page)
        helm(page, after)

    page.keyboard.press("v")
    tab_to(page, dialog.get_by_role("button", name="Confirm mitigated"))
    page.keyboard.press("Enter")
    dialog_done(page)
    helm(page, "Tell stakeholders")

    page.keyboard.press("v")
    tab_to(page, dialog.get_by_label("Tell stakeholders"))
    page.keyboard.type("Payments work again.")
    tab_to(page, dialog.get_by_role("button", name="Resolve", exact=True))
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Say how recovery was confirmed.")).to_be_visible()
    expect(dialog.get_by_label("Tell stakeholders")).to_have_value("Payments work again.")
    tab_to(page, dialog.get_by_label("How was recovery confirmed?"))
    page.keyboard.type("error rate under 1 % for 10 min")
    page.keyboard.press("Enter")
    dialog_done(page)
    helm(page, "Choose who leads the review")
    context.close()


def test_from_alert_to_mitigating_by_thumb(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = sign_in(context, "alice")
    page.goto(installation.base_url + story("incident", title="Cards are refused")["path"])
    bar = page.locator("#helm .verbs")
    dialog = page.locator("#dialog")

    for button in bar.locator(".btn").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48
    bar.get_by_role("button", name="Acknowledge").tap()
    helm(page, "Alice has it")
    bar.get_by_role("link", name="Declare incident").tap()
    dialog.get_by_role("button", name=re.compile("^SEV2")).tap()
    dialog_done(page)
    bar.get_by_role("link", name="Propose rollback").tap()
    expect(dialog.get_by_label("What shall be done?")).to_have_value("Roll back: Deploy checkout 2.31.0")
    dialog.get_by_label("Who carries it out?").select_option(label="Alice")
    dialog.get_by_role("button", name="Propose it").tap()
    dialog_done(page)
    bar.get_by_role("link", name="Start mitigation").tap()
    expect(dialog.get_by_text("does not carry out the mitigation")).to_be_visible()
    dialog.get_by_label("Do it anyway, because").fill("Nobody else is awake")
    dialog.get_by_role("button", name="Start mitigation anyway").tap()
    dialog_done(page)
    helm(page, "Carry out: Roll back")
    expect(page.locator("#timeline-list")).to_contain_text("Nobody else is awake")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_what_one_does_the_other_sees_within_two_seconds(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    path = story("incident", title="Search is slow")["path"]
    here, there = browser.new_context(), browser.new_context()
    alice, bob = sign_in(here, "alice"), sign_in(there, "bob")
    for page in (alice, bob):
        page.goto(installation.base_url + path)
    bob.get_by_label("Add a note").fill("I am in the middle of a sentence")
    bob.locator("#helm").get_by_role("link", name="Declare incident").click()
    impact = bob.locator("#dialog").get_by_label("Impact")
    impact.fill("Half of Europe")

    alice.get_by_label("Add a note").fill("Errors fall to 11 %")
    alice.get_by_role("button", name="Write it down").click()
    expect(bob.locator("#timeline-list")).to_contain_text("Errors fall to 11 %", timeout=2500)
    expect(alice.get_by_label("Add a note")).to_have_value("")
    alice.keyboard.press("Escape")
    alice.locator("#helm").get_by_role("button", name="Acknowledge").click()
    expect(bob.locator("#helm")).to_contain_text("Alice has it", timeout=2500)
    expect(bob.locator("#news")).to_contain_text("Alice acknowledged")
    expect(impact).to_have_value("Half of Europe")
    expect(bob.get_by_label("Add a note")).to_have_value("I am in the middle of a sentence")

    alice.locator("#helm").get_by_role("link", name="Declare incident").click()
    alice.locator("#dialog").get_by_role("button", name=re.compile("^SEV2")).click()
    dialog_done(alice)
    bob.locator("#dialog").get_by_role("button", name=re.compile("^SEV1")).click()
    expect(bob.locator("#dialog")).to_contain_text("Alice declared the incident")
    expect(bob.locator("#dialog").get_by_label("Impact")).to_have_value("Half of Europe")
    bob.get_by_role("link", name="See where it stands").click()
    dialog_done(bob)
    expect(bob.locator("#head")).to_contain_text("SEV2")
    here.close()
    there.close()


def test_an_open_fold_and_a_menu_stay_open(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    path = story("incident", title="Carts are empty")["path"]
    here, there = browser.new_context(), browser.new_context()
    alice, bob = sign_in(here, "alice"), sign_in(there, "bob")
    for page in (alice, bob):
        page.goto(installation.base_url + path)
    bob.locator("#helm-more > summary").click()
    cancel = bob.get_by_role("link", name=re.compile("^Cancel"))
    expect(cancel).to_be_visible()
    alice.locator("#helm").get_by_role("button", name="Acknowledge").click()
    expect(bob.locator("#helm")).to_contain_text("Alice has it", timeout=2500)
    expect(cancel).to_be_visible()
    here.close()
    there.close()


def test_a_page_is_acknowledged_by_one_press_without_signing_in(
    browser: Browser, installation: Installation, story: Story
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(installation.base_url + story("page", title="Ledger is behind")["link"])
    expect(page.get_by_role("heading", name="Ledger is behind")).to_be_visible()
    page.get_by_role("button", name="Acknowledge").tap()
    expect(page.get_by_text("You are on it.")).to_be_visible()
    context.close()


def test_from_the_page_to_roles_in_three_taps(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    """The link of the page, "Declare the incident", and how bad it is: four taps are the most that may be wanted."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = sign_in(context, "alice")
    called = story("page", title="Ledger is behind again")
    page.goto(installation.base_url + called["link"])
    page.get_by_role("link", name="Declare the incident").tap()
    page.get_by_role("button", name=re.compile("^SEV2")).tap()
    expect(page.locator("#glance")).to_contain_text("Incident Commander")
    expect(page.locator("#roles")).to_contain_text("Alice")
    expect(page.locator("#paging")).to_contain_text("Acknowledged")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_the_palette_declares_and_finds(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = sign_in(context, "alice")
    going = story("incident", title="Parcels are lost")
    page.goto(installation.base_url + "/teams/")
    page.keyboard.press("Control+k")
    page.keyboard.type("parcels lo")
    expect(page.get_by_role("option", name=re.compile("Parcels are lost"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{going['path']}")
    page.keyboard.press("Control+k")
    page.keyboard.type("declare")
    expect(page.get_by_role("option", name="Declare an incident")).to_be_visible()
    while page.locator('[role="option"][aria-selected="true"]').inner_text().split("\n")[0] != "Declare an incident":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("What is wrong?")).to_be_focused()
    page.keyboard.type("Parcels lost again")
    expect(dialog.get_by_role("link", name=re.compile("Parcels are lost"))).to_be_visible()
    tab_to(page, dialog.get_by_role("checkbox", name=re.compile("Checkout")).first)
    page.keyboard.press("Space")
    tab_to(page, dialog.get_by_role("button", name=re.compile("^SEV3")))
    page.keyboard.press("Enter")
    expect(page.locator("#head")).to_contain_text("Parcels lost again")
    expect(page.locator("#head")).to_contain_text("SEV3")
    context.close()


def test_a_dropped_connection_and_a_reload_lose_no_text(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    path = story("incident", title="Refunds are late")["path"]
    here, there = browser.new_context(), browser.new_context()
    alice, bob = sign_in(here, "alice"), sign_in(there, "bob")
    for page in (alice, bob):
        page.goto(installation.base_url + path)
    line = alice.get_by_label("Add a note")
    line.fill("Half a sentence about")
    alice.reload()
    expect(line).to_have_value("Half a sentence about")

    here.set_offline(True)
    line.fill("Written in a tunnel")
    alice.get_by_role("button", name="Write it down").click()
    expect(alice.locator("#timeline")).to_contain_text("Written in a tunnel")
    expect(alice.locator("#timeline")).to_contain_text("Waiting to be sent")
    expect(alice.locator("[data-connection]").first).to_contain_text(re.compile("offline|Connection lost"))
    here.set_offline(False)
    expect(bob.locator("#timeline-list")).to_contain_text("Written in a tunnel", timeout=20_000)
    expect(alice.locator("#timeline-list")).to_contain_text("Written in a tunnel", timeout=20_000)
    expect(alice.locator("#timeline")).not_to_contain_text("Waiting to be sent", timeout=20_000)
    alice.reload()
    expect(alice.locator("#timeline-list").get_by_text("Written in a tunnel")).to_have_count(1)
    here.close()
    there.close()


def test_it_works_without_a_script(browser: Browser, installation: Installation, story: Story, sign_in: SignIn) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = sign_in(context, "bob")
    page.goto(installation.base_url + story("incident", title="Export is late")["path"])
    page.get_by_role("link", name="Declare incident").click()
    page.get_by_label("Impact").press("Enter")
    expect(page.get_by_text("Choose a severity.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^SEV3")).click()
    expect(page.locator("#head")).to_contain_text("SEV3")
    page.get_by_label("Add a note").fill("Started by hand")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("#timeline-list")).to_contain_text("Started by hand")
    context.close()
