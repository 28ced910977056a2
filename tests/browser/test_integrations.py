"""A tool is connected, its mapping edited beside what it makes of a body, and tried, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]


def test_a_tool_is_connected_mapped_and_tried(context: BrowserContext, story: Story, sign_in: SignIn) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = sign_in(context, "alice")
    page.goto("/tools/")
    page.get_by_role("link", name="Connect a tool").first.click()
    page.get_by_role("link", name="Any JSON").click()
    page.get_by_label("Name").fill("Checks of ours")
    page.get_by_label("Team").select_option(label="Payments")
    page.get_by_role("button", name="Connect it").click()
    page.get_by_role("button", name="Copy the URL").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"/integrations/v1/json/[0-9a-f]{32}/$", copied)
    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_label("URL", exact=True)).not_to_have_value(copied)

    page.get_by_role("link", name="Mapping").click()
    page.get_by_role("textbox", name="Body").fill(json.dumps({"check": {"name": "Disk is full"}, "level": "critical"}))
    title = page.get_by_role("textbox", name="Title")
    title.fill("check.[")
    expect(page.locator("#found-title")).to_contain_text("is not JMESPath")
    title.fill("")
    title.press_sequentially("check.name || title")
    expect(page.locator("#found-title")).to_have_text("Disk is full")
    expect(page.get_by_role("heading", name="Disk is full")).to_be_visible()
    expect(title).to_be_focused()
    page.get_by_role("button", name="Keep the mapping").click()
    expect(page.get_by_text("The mapping is kept.")).to_be_visible()

    page.get_by_role("button", name="Send a test alert").click()
    tested = page.locator("#tested")
    expect(tested.get_by_role("link", name=re.compile(r"INC-\d+"))).to_be_visible(timeout=20_000)
    row = page.locator(".eventrow")
    expect(row).to_contain_text("A test alert", timeout=10_000)
    row.locator("a[data-dialog]").click()
    expect(page.get_by_role("dialog")).to_contain_text('"key": "watchbill-test"')
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
