"""Second factors: set up, used, sealed, and required."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from teams import secrets
from teams.models import AccessEvent, ApiToken, Organization, User
from teams.signin import second_factor

PASSWORD = "calm-and-steady-7"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.create_user("anna", "anna@example.org", PASSWORD, first_name="Anna")


def enter(user: User) -> Client:
    client = Client()
    assert client.post("/account/login/", {"login": user.username, "password": PASSWORD}).status_code == 302
    return client


def code_of(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows, `steps` half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30 + steps))


def set_up(client: Client, django_capture_on_commit_callbacks: Any) -> str:
    """Set up an authenticator app as a person would; its secret."""
    page = client.get("/account/2fa/totp/activate/").content.decode()
    found = re.search(r'id="totp-secret">([A-Z2-7]+)<', page)
    assert found
    assert "<svg" in page
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/account/2fa/totp/activate/", {"code": code_of(found[1])})
    assert done["Location"] == "/account/2fa/recovery-codes/"
    return found[1]


def test_an_app_is_set_up_and_asked_for(anna: User, django_capture_on_commit_callbacks: Any) -> None:
    client = enter(anna)
    secret = set_up(client, django_capture_on_commit_callbacks)
    codes = re.findall(r"<code>(\d+)</code>", client.get("/account/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    assert "An authenticator app was added" in [m.subject for m in mail.outbox]

    other = Client()
    step = other.post("/account/login/", {"login": "anna", "password": PASSWORD})
    assert step["Location"] == "/account/2fa/authenticate/"
    assert other.get("/account/profile/").status_code == 302
    wrong = other.post(step["Location"], {"code": "000000"})
    assert "That code is not right" in wrong.content.decode()
    with time_machine.travel(timezone.now().timestamp() + 60):
        assert other.post(step["Location"], {"code": code_of(secret)})["Location"] == "/"
    assert other.get("/account/profile/").status_code == 200

    third = Client()
    third.post("/account/login/", {"login": "anna", "password": PASSWORD})
    assert third.post(step["Location"], {"code": codes[0]})["Location"] == "/"
    kinds = list(AccessEvent.objects.filter(user=anna).values_list("kind", flat=True))
    for kind in ("second_factor.added", "recovery_codes.generated", "second_factor.used", "second_factor.refused"):
        assert kind in kinds
    methods = [e.detail["method"] for e in AccessEvent.objects.filter(kind="sign_in.done").order_by("pk")]
    assert methods == ["password", "password and an authenticator app", "password and a recovery code"]


def test_secrets_are_sealed_and_older_ones_still_read(anna: User, django_capture_on_commit_callbacks: Any) -> None:
    client = enter(anna)
    secret = set_up(client, django_capture_on_commit_callbacks)
    totp = Authenticator.objects.get(type="totp")
    assert secret not in str(totp.data)
    assert secrets.unseal(totp.data["secret"]) == secret
    seed = Authenticator.objects.get(type="recovery_codes").data["seed"]
    assert second_factor.looks_sealed(seed)

    totp.data["secret"] = secret
    totp.save()
    with time_machine.travel(timezone.now().timestamp() + 60):
        assert totp.wrap().validate_code(code_of(secret))
    assert second_factor.reseal() == 2
    totp.refresh_from_db()
    assert secrets.unseal(totp.data["secret"]) == secret


def test_guessing_codes_stops(anna: User, django_capture_on_commit_callbacks: Any) -> None:
    secret = set_up(enter(anna), django_capture_on_commit_callbacks)
    client = Client()
    client.post("/account/login/", {"login": "anna", "password": PASSWORD})
    for n in range(5):
        client.post("/account/2fa/authenticate/", {"code": f"00000{n}"})
    locked = client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert "Too many attempts" in locked.content.decode()


def test_removing_a_factor_is_written_down_and_told(anna: User, django_capture_on_commit_callbacks: Any) -> None:
    client = enter(anna)
    set_up(client, django_capture_on_commit_callbacks)
    client.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert AccessEvent.objects.filter(kind="second_factor.removed").count() == 1
    assert mail.outbox[-1].subject == "Your authenticator app was removed"


@pytest.mark.parametrize(
    ("wanted", "role", "held"),
    [
        ("nobody", "owner", False),
        ("staff", "responder", False),
        ("staff", "admin", True),
        ("everybody", "viewer", True),
    ],
)
def test_whom_the_organization_asks(anna: User, wanted: str, role: str, held: bool) -> None:
    User.objects.filter(pk=anna.pk).update(role=role)
    Organization.current()
    Organization.objects.update(second_factor_for=wanted)
    answer = enter(anna).get("/teams/")
    assert answer.status_code == (302 if held else 200)
    if held:
        assert answer["Location"] == "/account/2fa/"


def test_who_must_have_one_gets_nowhere_else_until_they_do(anna: User, django_capture_on_commit_callbacks: Any) -> None:
    Organization.current()
    Organization.objects.update(second_factor_for="everybody")
    User.objects.filter(pk=anna.pk).update(role="owner")
    client = enter(anna)
    for path in ("/incidents/", "/admin/", "/admin/teams/user/", "/on-call/"):
        assert client.get(path)["Location"] == "/account/2fa/", path
    page = client.get("/account/2fa/").content.decode()
    assert "Set up a second step to go on" in page
    part = client.get("/incidents/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (204, "/account/2fa/")
    for path in ("/account/profile/", "/account/sessions/", "/account/logout/", "/status/"):
        assert client.get(path, follow=True).redirect_chain == [], path

    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
    assert answer.json()["fix_url"].endswith("/account/2fa/")
    _, raw = ApiToken.issue(anna, "script")
    by_token = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {raw}")
    assert (by_token.status_code, by_token.json()["code"]) == (403, "second_factor_needed")

    set_up(client, django_capture_on_commit_callbacks)
    assert client.get("/incidents/").status_code == 200
    assert APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {raw}").status_code == 200


def test_who_came_by_single_sign_on_is_left_to_the_provider(anna: User) -> None:
    Organization.current()
    Organization.objects.update(second_factor_for="everybody")
    client = enter(anna)
    session = client.session
    session[second_factor.SSO] = "provider"
    session.save()
    assert client.get("/teams/").status_code == 200


def test_who_has_no_password_is_not_asked(anna: User) -> None:
    Organization.current()
    Organization.objects.update(second_factor_for="everybody")
    anna.set_unusable_password()
    anna.save()
    _, raw = ApiToken.issue(anna, "robot")
    assert APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {raw}").status_code == 200


def test_an_address_tells_that_browsers_refuse_passkeys(anna: User) -> None:
    client = enter(anna)
    page = client.get("/account/2fa/webauthn/", HTTP_HOST="127.0.0.1:8123").content.decode()
    assert 'href="http://localhost:8123/account/2fa/webauthn/"' in page
    by_name = client.get("/account/2fa/webauthn/", HTTP_HOST="localhost:8123").content.decode()
    assert "do not work at this address" not in by_name
