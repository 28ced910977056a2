"""Tokens and sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from teams.models import ApiToken, Team, User
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
    client = api(alice)
    assert client.get("/api/v1/me/").json()["username"] == "alice"
    token = ApiToken.objects.get()
    assert client.delete(f"/api/v1/tokens/{token.pk}/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401
    assert ApiToken.objects.get().revoked_at is not None


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
    assert raw.startswith("wb_")
    (listed,) = session.get("/api/v1/tokens/").json()["results"]
    assert "token" not in listed
    assert raw not in str(listed)

    fresh = APIClient()
    fresh.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    assert fresh.get("/api/v1/me/").status_code == 200
    again = fresh.post("/api/v1/tokens/", {"name": "another"})
    assert (again.status_code, again.json()["code"]) == (403, "session_needed")


def test_tokens_of_others_are_not_there(api: Api, alice: User, bob: User) -> None:
    token, _ = ApiToken.issue(bob, "his")
    client = api(alice)
    assert [t["name"] for t in client.get("/api/v1/tokens/").json()["results"]] == ["tests"]
    assert client.delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_rate_limit_says_when_to_come_back(api: Api, alice: User, settings: Settings) -> None:
    settings.WATCHBILL_API_RATE = "2/min"
    client = api(alice)
    assert [client.get("/api/v1/me/").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/api/v1/me/")
    assert refused.json()["code"] == "throttled"
    assert 0 < int(refused["Retry-After"]) <= 61
