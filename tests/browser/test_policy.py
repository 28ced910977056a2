"""No page loads, runs or styles anything that its own policy refuses, as Chromium sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.conftest import PASSWORD
from tests.installation import Installation

pytestmark = pytest.mark.browser
Story = Callable[..., dict[str, Any]]

TELL = """addEventListener("securitypolicyviolation", (e) => console.error(
  `policy: ${e.effectiveDirective} refused ${e.blockedURI || "inline"} at ${e.sourceFile}:${e.lineNumber}`));"""


class Watched:
    """A browser context that notes whatever a policy refused, with the page it happened on."""

    def __init__(self, browser: Browser, installation: Installation) -> None:
        self.base = installation.base_url
        self.context = browser.new_context(base_url=self.base)
        self.context.add_init_script(TELL)
        self.context.on("console", self._said)
        self.refused: list[str] = []

    def _said(self, message: ConsoleMessage) -> None:
        text = message.text
        if text.startswith("policy:") or "Content Security Policy" in text or "Permissions-Policy" in text:
            self.refused.append(f"{message.location.get('url')}: {text}")


@pytest.fixture
def watched(browser: Browser, installation: Installation) -> Iterator[Watched]:
    made = Watched(browser, installation)
    yield made
    made.context.close()


def see(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok, (path, answer.status)
    page.wait_for_load_state("networkidle")


def sign_in(watched: Watched, username: str, password: str) -> Page:
    page = watched.context.new_page()
    see(page, "/account/login/")
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def test_the_watch_sees_what_a_policy_refuses(watched: Watched) -> None:
    """Proves that the other tests here could fail."""
    page = watched.context.new_page()
    see(page, "/account/login/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\" onclick=\"1\">x</p>')")
    page.evaluate(
        "new Promise((done) => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s); setTimeout(done, 200); })"
    )
    assert page.evaluate("window.hacked") is None
    assert len([text for text in watched.refused if "style-src" in text]) >= 1
    assert len([text for text in watched.refused if "script-src" in text]) >= 1


def test_the_console(watched: Watched, story: Story) -> None:
    incident = story("incident", title="Checkout: error rate 30 %")
    page = sign_in(watched, "alice", PASSWORD)
    see(page, incident["path"])
    page.keyboard.press("a")
    expect(page.locator("#helm strong")).to_contain_text("Alice has it")
    page.keyboard.press("v")
    expect(page.locator("#dialog").get_by_role("button", name=re.compile("^SEV1"))).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    see(page, f"/incidents/{incident['pk']}/do/declare/")
    page.get_by_role("button", name=re.compile("^SEV2")).click()
    page.wait_for_url(f"**{incident['path']}**")
    see(page, f"/incidents/{incident['pk']}/updates/")
    page.locator("textarea").first.fill("We **look** into it.")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(900)
    for path in ("/incidents/", "/incidents/new/", "/on-call/", "/teams/", "/action-items/", "/teams/payments/"):
        see(page, path)
    see(page, "/teams/payments/")
    page.locator('a[href^="/schedules/"]').first.click()
    expect(page.locator(".cal__bar").first).to_be_visible()
    widths = page.locator(".cal__lane[data-kind=final] .cal__bar").evaluate_all(
        "bars => bars.map((bar) => bar.getBoundingClientRect().width / bar.parentElement.getBoundingClientRect().width)"
    )
    assert widths
    assert max(widths) > 0.1
    see(page, "/account/password/change/")
    assert watched.refused == []


def test_what_the_administration_works_out_while_one_types(
    watched: Watched, story: Story, installation: Installation
) -> None:
    story("verified", username=installation.admin["username"])
    page = sign_in(watched, installation.admin["username"], installation.admin["password"])
    see(page, "/admin/teams/schedule/add/")
    page.locator("#id_name").fill("Primary")
    page.wait_for_timeout(900)
    page.wait_for_load_state("networkidle")
    see(page, "/admin/teams/escalationpolicy/add/")
    page.locator("#id_name").fill("Payments")
    page.wait_for_timeout(900)
    page.wait_for_load_state("networkidle")
    assert watched.refused == []


def test_every_list_and_form_of_the_administration(watched: Watched, story: Story, installation: Installation) -> None:
    """The identity provider's, the streams' and the organization's among them; each page that the front page names."""
    story("verified", username=installation.admin["username"])
    page = sign_in(watched, installation.admin["username"], installation.admin["password"])
    page.goto("/admin/")
    links = page.locator("main a[href^='/admin/']").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
    paths = sorted({path for path in links if path.count("/") >= 4})
    assert {"/admin/teams/identityprovider/", "/admin/teams/identityprovider/add/"} <= set(paths)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status < 400, path
    assert watched.refused == []


def test_account_people_and_audit(watched: Watched, story: Story) -> None:
    """What belongs to people: their account, tokens, invitations, service accounts, and the audit log."""
    owner = story("person", first_name="paula", password=PASSWORD)["username"]
    story("verified", username=owner)
    story("make_owner", username=owner)
    page = sign_in(watched, owner, PASSWORD)
    for path in (
        "/account/profile/",
        "/account/email/",
        "/account/password/change/",
        "/account/sessions/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/add/",
        "/account/3rdparty/",
        "/account/reauthenticate/",
        "/account/tokens/",
        "/account/tokens/new/",
        "/people/invitations/",
        "/people/invitations/new/",
        "/service-accounts/",
        "/service-accounts/new/",
        "/audit/",
        "/audit/?q=team",
        "/me/data/",
    ):
        see(page, path)
    page.goto("/audit/")
    page.locator("summary").first.click()
    see(page, "/account/tokens/new/")
    page.locator("input[name=name]").fill("deploys")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("textbox", name="Token")).to_have_value(re.compile("^wbp_"))
    page.get_by_role("button", name="Copy the token").click()
    page.goto("/invitations/never-a-key-0123456789/")
    assert watched.refused == []


def test_what_the_public_sees(watched: Watched, story: Story) -> None:
    page = watched.context.new_page()
    for path in (
        "/status/",
        "/status/shop/history/",
        "/status/shop/subscribe/",
        "/account/login/",
        "/account/password/reset/",
        "/mail/",
        "/design/",
    ):
        see(page, path)
    page.goto("/nowhere/")
    assert watched.refused == []


def test_the_description_of_the_api(watched: Watched) -> None:
    page = watched.context.new_page()
    see(page, "/api/v1/docs/")
    expect(page.get_by_role("heading", name="Watchbill API")).to_be_visible(timeout=20_000)
    page.locator(".opblock-summary").first.click()
    page.wait_for_timeout(500)
    assert watched.refused == []


def test_mail_in_the_sink(watched: Watched, story: Story, installation: Installation) -> None:
    page = watched.context.new_page()
    page.goto("/status/shop/subscribe/")
    page.get_by_label("E-mail address").fill("reader@example.org")
    page.get_by_role("button", name="Subscribe").click()
    (mail, *_) = installation.wait_for_mail(to="reader@example.org")
    see(page, f"/mail/{int(mail['id'])}/")
    expect(page.frame_locator("iframe").locator("a.button")).to_be_visible()
    assert watched.refused == []
