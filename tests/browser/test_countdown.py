"""The promised next update on a public page: readable as it is, and a countdown where scripts run."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect


def test_a_promise_counts_down_and_says_when_it_is_late(
    page: Page, browser: Browser, base_url: str, story: Callable[..., dict[str, Any]]
) -> None:
    path = story("promise", minutes=12)["path"]
    promised = page.locator("[data-promised]")
    page.clock.install()
    page.goto(path)
    expect(promised).to_have_text(re.compile(r"by.*\d\d:\d\d \S+ \(in 1\d min\)"))
    expect(promised.get_by_text("was due at")).to_be_hidden()
    page.clock.fast_forward("20:00")
    expect(promised.get_by_text("was due at")).to_be_visible()
    expect(promised).to_have_text(re.compile(r"\(\d min ago\)"))

    plain = browser.new_context(java_script_enabled=False)
    without = plain.new_page()
    without.goto(base_url + path)
    expect(without.get_by_text(re.compile(r"^by$"))).to_be_visible()
    expect(without.locator("[data-promised] time")).to_have_text(re.compile(r"\d\d:\d\d UTC"))
    plain.close()
