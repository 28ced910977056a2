"""Two people write one postmortem in two browsers: what one types the other sees, and nothing of either is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.browser
Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]


def write(page: Page, key: str) -> Any:
    page.locator(f"#section-{key}").get_by_role("link", name=re.compile("^Write")).click()
    box = page.locator(f"[name=text_{key}]")
    expect(box).to_be_focused()
    return box


def saved(page: Page, key: str) -> None:
    expect(page.locator(f"#section-{key} [data-save-state]")).to_contain_text("Saved ", timeout=10_000)


def test_two_people_write_one_postmortem(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    path = story("in_review", title="Carts were empty")["postmortem"]
    here, there = browser.new_context(), browser.new_context(viewport={"width": 390, "height": 844})
    alice, bob = sign_in(here, "alice"), sign_in(there, "bob")
    for page in (alice, bob):
        page.goto(installation.base_url + path)

    # Different sections at once, and each sees the other's as it grows.
    write(alice, "factors").press_sequentially("The cache grew.\nNobody was alerted.")
    write(bob, "was_hard").press_sequentially("The runbook was old.")
    saved(alice, "factors")
    saved(bob, "was_hard")
    expect(bob.locator("#section-factors")).to_contain_text("Alice is writing here", timeout=10_000)
    expect(bob.locator("#section-factors")).to_contain_text("The cache grew.", timeout=10_000)
    bob.locator("#section-was_hard").get_by_role("button", name="Done").click()
    expect(alice.locator("#section-was_hard")).to_contain_text("The runbook was old.", timeout=10_000)

    # The same section: bob takes over, while alice has no network. What she types stays on her page.
    theirs = write(bob, "factors")
    expect(theirs).not_to_be_editable()
    here.set_offline(True)
    mine = alice.locator("[name=text_factors]")
    mine.fill("The cache grew without a limit.\nNobody was alerted.")
    expect(alice.locator("#section-factors [data-save-state]")).to_contain_text("no connection", timeout=10_000)
    bob.get_by_role("button", name="Take over").click()
    expect(theirs).to_be_editable()
    theirs.fill("The cache grew.\nNobody on call was alerted.")
    saved(bob, "factors")

    # The browser of alice comes back, over a reload of its page, with what she had typed.
    here.set_offline(False)
    expect(alice.locator("#section-factors")).to_contain_text("Bob", timeout=15_000)
    expect(mine).to_have_value("The cache grew without a limit.\nNobody was alerted.")
    alice.reload()
    alice.locator("#section-factors").get_by_role("link", name=re.compile("^Write")).click()
    alice.get_by_role("button", name="Take over").click()
    alice.get_by_role("button", name="Bring it back").click()
    expect(alice.get_by_role("heading", name=re.compile("Bob saved another text"))).to_be_visible(timeout=10_000)
    alice.get_by_role("button", name="Take both in one").click()
    saved(alice, "factors")
    both = "The cache grew without a limit.\nNobody on call was alerted."
    expect(mine).to_have_value(both)
    alice.locator("#section-factors").get_by_role("button", name="Done").click()
    expect(bob.locator("[name=text_factors]")).to_have_value(both, timeout=10_000)

    # A comment on it, answered and resolved in place.
    alice.locator("#section-factors summary", has_text="Comment").click()
    alice.locator("#section-factors").get_by_label("Comment", exact=True).fill("Which limit, @bob?")
    alice.locator("#section-factors").get_by_role("button", name="Comment").click()
    expect(alice.locator("[data-open-comments]")).to_have_text("Open comments: 1", timeout=10_000)
    bob.goto(installation.base_url + path)
    expect(bob.locator("#section-factors")).to_contain_text("without a limit")
    bob.locator("#section-factors").get_by_role("button", name="Resolve").click()
    expect(bob.locator("[data-open-comments]")).to_have_text("No open comments", timeout=10_000)

    # The history shows all of it, and takes an earlier version again.
    bob.locator("#section-factors").get_by_role("link", name=re.compile("^History")).click()
    expect(bob.locator("ins").filter(has_text="without a limit")).to_be_visible()
    versions = bob.locator(".versions tbody tr")
    expect(versions).to_have_count(4)
    bob.get_by_role("radio", name=re.compile("^From version 0")).check()
    bob.get_by_role("button", name="Compare").click()
    expect(bob.locator(".diff ins")).to_contain_text("Nobody on call was alerted.")
    assert bob.evaluate("document.documentElement.scrollWidth <= innerWidth")
    here.close()
    there.close()
