"""Single sign-on in a real browser, before a live installation and a real provider process."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.installation import Installation
from tests.standins.identity import Identity

Story = Callable[..., dict[str, Any]]


def come_in(page: Page, installation: Installation, sub: str) -> None:
    """Press the button and say at the provider who one is."""
    page.goto(f"{installation.base_url}/account/login/?next=/teams/")
    page.get_by_role("button", name="Sign in with Acme").click()
    page.get_by_placeholder("sub").fill(sub)
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{installation.base_url}/teams/**")


def scim(installation: Installation, token: str, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"{installation.base_url}/scim/v2/{path}",
        json.dumps(body).encode() if body is not None else None,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def test_somebody_comes_in_changes_groups_and_leaves(
    browser: Browser, installation: Installation, identity: Identity, story: Story
) -> None:
    made = story("identity_provider", issuer=identity.url, team="Payments")
    groups = {"given_name": "Dora", "family_name": "Lane"}

    identity.knows("dora", groups=["pay"], **groups)
    first = browser.new_context()
    page = first.new_page()
    come_in(page, installation, "dora")
    page.goto(f"{installation.base_url}/teams/payments/")
    expect(page.get_by_text("Dora Lane").first).to_be_visible()
    assert story("standing", username="dora") == {"role": "responder", "teams": {"payments": "member"}}

    # The provider says something else the next time.
    identity.knows("dora", groups=["pay-leads", "admins"], **groups)
    second = browser.new_context()
    come_in(second.new_page(), installation, "dora")
    assert story("standing", username="dora") == {"role": "admin", "teams": {"payments": "manager"}}
    second.close()

    identity.knows("dora", groups=[], **groups)
    third = browser.new_context()
    come_in(third.new_page(), installation, "dora")
    assert story("standing", username="dora") == {"role": "responder", "teams": {}}
    third.close()

    # Deactivated by SCIM, the open page is the last one that is shown.
    expect(page.get_by_role("heading", name="Payments").first).to_be_visible()
    found = scim(installation, made["token"], "GET", "Users?filter=userName%20eq%20%22dora%22")
    pk = found["Resources"][0]["id"]
    change = {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
    assert scim(installation, made["token"], "PATCH", f"Users/{pk}", change)["active"] is False
    page.goto(f"{installation.base_url}/incidents/")
    expect(page).to_have_url(f"{installation.base_url}/account/login/?next=/incidents/")
    page.get_by_role("button", name="Sign in with Acme").click()
    page.get_by_placeholder("sub").fill("dora")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**/account/inactive/")
    first.close()


def test_signing_out_reaches_the_provider_and_comes_back(
    context: BrowserContext, installation: Installation, identity: Identity, story: Story
) -> None:
    story("identity_provider", issuer=identity.url, team="Payments")
    identity.knows("erik", given_name="Erik", groups=[])
    page = context.new_page()
    come_in(page, installation, "erik")
    page.locator("summary.mast__button").last.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{identity.url}/oauth2/end_session**")
    asked = identity.heard("/oauth2/end_session")[-1]["asked"]
    assert asked["id_token_hint"]
    assert asked["post_logout_redirect_uri"] == f"{installation.base_url}/account/signed-out/"
    page.get_by_role("button", name="End session").click()
    page.wait_for_url(f"{installation.base_url}/account/login/")
    expect(page.get_by_text("You are signed out here and at Acme.")).to_be_visible()
    page.goto(f"{installation.base_url}/incidents/")
    expect(page).to_have_url(f"{installation.base_url}/account/login/?next=/incidents/")


def test_a_forged_token_is_refused_in_words_on_a_telephone(
    context: BrowserContext, installation: Installation, identity: Identity, story: Story
) -> None:
    story("identity_provider", issuer=identity.url, team="Payments")
    identity.lies(key="other")
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{installation.base_url}/account/login/")
    page.get_by_role("button", name="Sign in with Acme").click()
    page.get_by_placeholder("sub").fill("mallory")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    expect(page.get_by_role("alert")).to_contain_text("signature is not the provider's")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("link", name="Back to the sign-in page").click()
    expect(page.get_by_role("button", name="Sign in with Acme")).to_be_visible()
