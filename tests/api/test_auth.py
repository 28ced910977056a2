"""Tokens and sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from teams import keys
from teams.models import ApiToken, Organization, Team, User
from teams.models.token import EVERYDAY
from tests.api.conftest import Api


def test_nobody_is_told_how_to_sign_in(db: None) -> None:
    answer = APIClient().get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("header", ["Bearer wb_wrong", "Bearer ", "Bearer é\xff", "bearer " + "x" * 5000])
def test_unknown_token_is_refused(db: None, header: str) -> None:
    answer = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_refused")


def test_token_lets_in_until_it_is_revoked(api: Api, alice: User) -> None:
    client, session = api(alice), APIClient()
    session.force_login(alice)
    assert client.get("/api/v1/me/").json()["username"] == "alice"
    token = ApiToken.objects.get()
    kept = client.delete(f"/api/v1/tokens/{token.pk}/")
    assert (kept.status_code, kept.json()["code"]) == (403, "session_needed")
    assert session.delete(f"/api/v1/tokens/{token.pk}/").status_code == 204
    refused = client.get("/api/v1/me/")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")
    assert ApiToken.objects.get().revoked_at is not None


def with_key(raw: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    return client


def test_a_token_that_has_ended_says_so(alice: User) -> None:
    token, raw = ApiToken.issue(alice, "ci", lasts=timedelta(days=1))
    assert with_key(raw).get("/api/v1/me/").status_code == 200
    began = token.created_at - timedelta(days=2)
    ApiToken.objects.update(created_at=began, expires_at=began + timedelta(days=1))
    refused = with_key(raw).get("/api/v1/me/")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")
    assert refused["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("torn", [slice(0, -1), slice(1, None), slice(0, 12)])
def test_a_torn_token_is_told_from_an_unknown_one(alice: User, torn: slice) -> None:
    _, raw = ApiToken.issue(alice, "ci")
    refused = with_key(raw[torn]).get("/api/v1/me/")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")
    assert "whole token" in refused.json()["detail"]


def test_a_token_of_before_goes_on_with_what_it_could_do(alice: User, payments: Team) -> None:
    raw = "wb_" + "x" * 43
    ApiToken.objects.create(
        user=alice, name="old", digest=ApiToken.digest_of(raw), hint=raw[:8], scopes=list(EVERYDAY), expires_at=None
    )
    assert with_key(raw).get("/api/v1/me/").status_code == 200
    made = with_key(raw).post("/api/v1/incidents/", {"title": "Checkout fails", "team": payments.slug})
    assert made.status_code == 201


def test_a_token_does_what_its_scopes_name_and_says_which_is_missing(alice: User, payments: Team) -> None:
    _, raw = ApiToken.issue(alice, "dashboard", scopes=["read"])
    body = {"title": "Checkout fails", "team": payments.slug}
    refused = with_key(raw).post("/api/v1/incidents/", body)
    assert (refused.status_code, refused.json()["code"], refused.json()["scope"]) == (403, "scope_missing", "respond")
    assert "“respond”" in refused.json()["detail"]
    assert with_key(raw).get("/api/v1/incidents/").status_code == 200
    _, raw = ApiToken.issue(alice, "bot", scopes=["respond"])
    assert with_key(raw).post("/api/v1/incidents/", body).status_code == 201
    assert with_key(raw).get("/api/v1/incidents/").json()["scope"] == "read"


def test_a_scope_gives_nobody_more_than_they_have(alice: User, payments: Team) -> None:
    User.objects.filter(pk=alice.pk).update(role="viewer")
    payments.memberships.all().delete()
    _, raw = ApiToken.issue(alice, "bot", scopes=["read", "respond"])
    refused = with_key(raw).post("/api/v1/incidents/", {"title": "Checkout fails", "team": payments.slug})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "It takes" in refused.json()["detail"]


def test_the_end_and_the_scopes_of_a_new_token_are_checked(alice: User) -> None:
    session = APIClient()
    session.force_login(alice)
    far = (timezone.now() + timedelta(days=400)).isoformat()
    for given, field in (
        ({"scopes": []}, "scopes"),
        ({"scopes": ["fly"]}, "scopes.0"),
        ({"scopes": ["audit"]}, "scopes"),
        ({"scopes": ["provision"]}, "scopes"),
        ({"expires_at": None}, "expires_at"),
        ({"expires_at": far}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ):
        refused = session.post("/api/v1/tokens/", {"name": "ci", **given})
        assert refused.status_code == 400, given
        assert refused.json()["errors"][0]["field"].startswith(field), refused.json()
    assert not ApiToken.objects.exists()
    made = session.post("/api/v1/tokens/", {"name": "ci", "scopes": ["read", "respond"]}).json()
    assert made["scopes"] == ["read", "respond"]
    lasts = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=89) < lasts < timedelta(days=91)
    Organization.current()
    Organization.objects.update(tokens_may_last=True)
    assert session.post("/api/v1/tokens/", {"name": "ever", "expires_at": None}).json()["expires_at"] is None
    assert [t["name"] for t in session.get("/api/v1/tokens/?state=revoked").json()["results"]] == []


def test_inactive_person_is_refused(api: Api, alice: User) -> None:
    client, session = api(alice), APIClient()
    session.force_login(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get("/api/v1/me/").status_code == 401
    assert session.get("/api/v1/me/").status_code == 401


def test_last_use_is_noted_once_a_minute(api: Api, alice: User) -> None:
    client = api(alice)
    client.get("/api/v1/me/")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    client.get("/api/v1/me/")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    client.get("/api/v1/me/")
    assert ApiToken.objects.get().last_used_at >= first


def test_session_reads_but_changes_only_with_the_csrf_token(alice: User, payments: Team) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get("/api/v1/incidents/").status_code == 200
    body = {"title": "Checkout fails", "team": payments.slug}

    refused = client.post("/api/v1/incidents/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")

    client.get("/account/login/")
    if "watchbill_csrf" not in client.cookies:
        client.cookies["watchbill_csrf"] = "a" * 32
    done = client.post(
        "/api/v1/incidents/",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": client.cookies["watchbill_csrf"].value},
    )
    assert done.status_code == 201


def test_token_is_made_in_a_session_and_shown_once(api: Api, alice: User) -> None:
    session = APIClient()
    session.force_login(alice)
    made = session.post("/api/v1/tokens/", {"name": "deploy script"})
    assert made.status_code == 201
    raw = made.json()["token"]
    assert keys.PATTERN.fullmatch(raw)
    assert (made.json()["scopes"], made.json()["state"]) == (["read"], "valid")
    (listed,) = session.get("/api/v1/tokens/").json()["results"]
    assert "token" not in listed
    assert raw not in str(listed)

    fresh = APIClient()
    fresh.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    assert fresh.get("/api/v1/me/").status_code == 200
    assert ApiToken.objects.get().last_used_from == "127.0.0.1"
    again = fresh.post("/api/v1/tokens/", {"name": "another"})
    assert (again.status_code, again.json()["code"]) == (403, "session_needed")


def test_tokens_of_others_are_not_there(api: Api, alice: User, bob: User) -> None:
    token, _ = ApiToken.issue(bob, "his")
    assert [t["name"] for t in api(alice).get("/api/v1/tokens/").json()["results"]] == ["tests"]
    session = APIClient()
    session.force_login(alice)
    assert session.delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_rate_limit_says_when_to_come_back(api: Api, alice: User, settings: Settings) -> None:
    settings.WATCHBILL_API_RATE = "2/min"
    client = api(alice)
    assert [client.get("/api/v1/me/").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/api/v1/me/")
    assert refused.json()["code"] == "throttled"
    assert 0 < int(refused["Retry-After"]) <= 61
