"""From an invitation in the mail to a token that a program uses, in a browser, on a telephone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.installation import Installation


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_somebody_joins_by_mail_and_makes_a_token(
    page: Page, story: Callable[..., dict[str, Any]], installation: Installation
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    story("invitation", email="dana@example.org")
    (told,) = installation.wait_for_mail(to="dana@example.org")
    assert dict(told["headers"])["Auto-Submitted"] == "auto-generated"
    link = re.search(r"http\S+/invitations/\S+", told["text"])
    assert link

    page.goto(link[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Join Payments on Watchbill")
    fits(page)
    page.get_by_label("First name").fill("Dana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payments")
    page.goto(link[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")

    page.goto("/account/tokens/")
    fits(page)
    page.get_by_role("link", name="Make the first token").click()
    page.get_by_label("What it is for").fill("pager bot")
    page.get_by_role("checkbox", name="Report and respond to incidents").check()
    fits(page)
    page.get_by_role("button", name="Make the token").click()
    raw = page.get_by_label("Token", exact=True).input_value()
    fits(page)
    assert re.fullmatch(r"wbp_\w{36}", raw)
    page.get_by_role("button", name="Copy the token").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    answer = page.request.get("/api/v1/me/", headers={"Authorization": f"Bearer {raw}", "Cookie": ""})
    assert answer.json()["username"] == "dana"

    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text("read, respond")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Revoke pager bot").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("“pager bot” is revoked")).to_be_visible()
    assert page.request.get("/api/v1/me/", headers={"Authorization": f"Bearer {raw}", "Cookie": ""}).status == 401
