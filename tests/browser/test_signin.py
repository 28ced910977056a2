"""Getting in with a real browser: an authenticator app, a passkey, and being asked again."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD
from tests.installation import Installation, wait_for

Story = Callable[..., dict[str, Any]]


@pytest.fixture
def somebody(story: Story) -> Callable[[str], str]:
    """Make a person of this test; their username."""
    return lambda name: str(story("person", first_name=name, password=PASSWORD)["username"])


@pytest.fixture
def here(installation: Installation) -> str:
    """The installation by the name at which browsers take passkeys."""
    return installation.base_url.replace("127.0.0.1", "localhost")


def picture(page: Page, name: str) -> None:
    """Pictures of a page for whoever asks for them, in both widths and both themes."""
    folder = os.environ.get("PICTURES")
    if not folder:
        return
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.screenshot(path=str(Path(folder) / f"{name}-{width}-{theme}.png"), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(color_scheme="light")


def type_in(page: Page, here: str, username: str, to: str = "/account/profile/") -> None:
    page.goto(f"{here}/account/login/?next={to}")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def next_code(secret: str, used: set[str]) -> str:
    """The code that an authenticator app shows, as soon as it is one that was not used yet: half a minute at most."""

    def shown() -> str:
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    wait_for(lambda: shown() not in used, "a new code", 40)
    used.add(code := shown())
    return code


def with_authenticator(context: BrowserContext, page: Page) -> Any:
    """Give the page a device with a fingerprint reader; the session that speaks to it."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def test_an_authenticator_app(browser: Browser, here: str, somebody: Callable[[str], str]) -> None:
    used: set[str] = set()
    username = somebody("tara")
    page = browser.new_page()
    page.goto(f"{here}/account/login/")
    picture(page, "login")
    type_in(page, here, username, "/account/2fa/")
    picture(page, "mfa-index")
    page.get_by_role("link", name="Set up the app").click()
    secret = page.locator("#totp-secret").inner_text()
    expect(page.locator(".qr svg")).to_be_visible()
    picture(page, "totp")
    page.get_by_label("Code that the app shows").fill(next_code(secret, used))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes code")).to_have_count(10)
    picture(page, "recovery-codes")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("profile", "email", "password/change", "2fa", "2fa/webauthn", "sessions"):
        page.goto(f"{here}/account/{path}/")
        fits(page)
        picture(page, path.replace("/", "-"))

    other = browser.new_page()
    type_in(other, here, username)
    expect(other.get_by_role("heading", level=1)).to_have_text("One more step")
    picture(other, "authenticate")
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_text("That code is not right")).to_be_visible()
    other.get_by_label("Code").fill(next_code(secret, used))
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_url(f"{here}/account/profile/")

    page.goto(f"{here}/account/sessions/")
    expect(page.locator("li.session")).to_have_count(2)
    page.get_by_role("button", name="End all others").click()
    page.get_by_role("button", name="End the others").click()
    expect(page.locator("li.session")).to_have_count(1)
    other.goto(f"{here}/account/profile/")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in to Watchbill")


def test_a_passkey_signs_in_alone(
    browser: Browser, here: str, somebody: Callable[[str], str], installation: Installation
) -> None:
    username = somebody("kei")
    context = browser.new_context()
    page = context.new_page()
    with_authenticator(context, page)
    type_in(page, here, username, "/account/2fa/webauthn/")
    expect(page.get_by_text("No passkey yet")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    picture(page, "passkey-add")
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/recovery-codes/")
    page.goto(f"{here}/account/2fa/webauthn/")
    row = page.locator("li.session", has_text="Work laptop")
    expect(row).to_contain_text("Signs you in alone")
    picture(page, "passkeys")

    page.locator(".mast .menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{here}/account/login/?next=/account/sessions/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    # Whole addresses: the one of the sign-in page ends with the same words.
    page.wait_for_url(f"{here}/account/sessions/")

    # As a second step after the password, too.
    context.clear_cookies()
    type_in(page, here, username)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{here}/account/profile/")
    (letter,) = installation.wait_for_mail(to=f"{username}@example.org", subject="A passkey was added")
    assert letter


def test_a_refused_passkey_is_explained(browser: Browser, here: str, somebody: Callable[[str], str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    devtools, authenticator = with_authenticator(context, page)
    type_in(page, here, somebody("mo"), "/account/2fa/webauthn/add/")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("It was cancelled, or it took too long.")).to_be_visible()
    expect(page).to_have_url(re.compile("/webauthn/add/$"))


def test_what_was_typed_survives_being_asked_again(
    browser: Browser, here: str, story: Story, somebody: Callable[[str], str]
) -> None:
    username = somebody("olga")
    story("make_owner", username=username)
    page = browser.new_page()
    type_in(page, here, username, "/admin/teams/user/add/")
    page.get_by_label("Username").fill("newcomer")
    page.get_by_label("Email address").fill("newcomer@example.org")
    page.get_by_label("Password:", exact=True).fill("quiet-harbour-42")
    page.get_by_label("Password confirmation").fill("quiet-harbour-42")
    story("age_sign_in", username=username)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    picture(page, "again")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(re.compile(r"/admin/teams/user/\d+/change/"))
    expect(page.get_by_text("was added successfully")).to_be_visible()
