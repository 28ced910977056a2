"""The same request sent again is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from incidents.models import Incident
from teams.models import ApiToken, IdempotencyKey, Override, Team, User
from teams.tasks import forget_keys
from tests.api.conftest import Api

URL = "/api/v1/incidents/"


def test_same_key_and_body_is_answered_the_same(api: Api, alice: User, payments: Team) -> None:
    client, body = api(alice), {"title": "Checkout fails", "team": payments.slug}
    first = client.post(URL, body, headers={"Idempotency-Key": "k1"})
    again = client.post(URL, body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Incident.objects.count() == 1


def test_another_body_is_refused(api: Api, alice: User, payments: Team) -> None:
    client = api(alice)
    client.post(URL, {"title": "One", "team": payments.slug}, headers={"Idempotency-Key": "k1"})
    other = client.post(URL, {"title": "Two", "team": payments.slug}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Incident.objects.count() == 1


def test_keys_are_each_persons_own(api: Api, alice: User, bob: User, payments: Team) -> None:
    body = {"title": "Checkout fails", "team": payments.slug}
    for user in (alice, bob):
        assert api(user).post(URL, body, headers={"Idempotency-Key": "k1"}).status_code == 201
    assert Incident.objects.count() == 2


def test_what_was_refused_may_be_sent_again(api: Api, alice: User, payments: Team) -> None:
    client = api(alice)
    refused = client.post(URL, {"team": payments.slug}, headers={"Idempotency-Key": "k1"})
    assert refused.status_code == 409
    assert not IdempotencyKey.objects.exists()
    body = {"title": "Checkout fails", "team": payments.slug}
    assert client.post(URL, body, headers={"Idempotency-Key": "k1"}).status_code == 201


def test_a_verb_that_is_sent_again_is_answered_again(api: Api, alice: User, payments: Team) -> None:
    client = api(alice)
    pk = client.post(URL, {"title": "Checkout fails", "team": payments.slug}).json()["id"]
    for _ in range(2):
        answer = client.post(f"{URL}{pk}/verbs/declare/", {"severity": 2}, headers={"Idempotency-Key": "k2"})
        assert (answer.status_code, answer.json()["phase"]) == (200, "declare")
    assert Incident.objects.get().timeline.filter(verb="incident.declare").count() == 1


def test_an_override_is_made_once(api: Api, alice: User, payments: Team) -> None:
    start = timezone.now() + timedelta(hours=1)
    body = {"user": "bob", "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    url = f"/api/v1/schedules/{payments.schedules.get().pk}/overrides/"
    first, again = [api(alice).post(url, body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Override.objects.count() == 1


def test_a_token_is_made_once_and_its_key_is_not_kept(alice: User) -> None:
    session, url, body = APIClient(), "/api/v1/tokens/", {"name": "deploy script"}
    session.force_login(alice)
    made = session.post(url, body, headers={"Idempotency-Key": "k1"})
    again = session.post(url, body, headers={"Idempotency-Key": "k1"})
    assert made.status_code == 201
    raw, token = made.json()["token"], ApiToken.objects.get()
    assert (again.status_code, again.json()["code"]) == (409, "shown_once")
    assert f"the token {token.hint}… already" in again.json()["detail"]
    assert f"revoke token {token.pk} " in again.json()["detail"]
    assert raw not in again.content.decode()
    assert raw not in str(IdempotencyKey.objects.values_list())
    other = session.post(url, {"name": "another"}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert session.post(url, body, headers={"Idempotency-Key": "k2"}).status_code == 201


def test_keys_are_forgotten_after_a_week(api: Api, alice: User, payments: Team) -> None:
    body = {"title": "Checkout fails", "team": payments.slug}
    for key in ("old", "new"):
        api(alice).post(URL, body, headers={"Idempotency-Key": key})
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(days=8))
    assert forget_keys() == 1
    assert IdempotencyKey.objects.get().key == "new"


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "kéy"])
def test_bad_key_is_named(api: Api, alice: User, payments: Team, key: str) -> None:
    answer = api(alice).post(URL, {"title": "x", "team": payments.slug}, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Incident.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_one_wins_and_all_hear_its_answer(api: Api, alice: User, payments: Team) -> None:
    body = {"title": "Checkout fails", "team": payments.slug}
    clients, answers = [api(alice) for _ in range(6)], []
    gate = threading.Barrier(len(clients))

    def send(client: APIClient) -> None:
        try:
            gate.wait(10)
            answers.append(client.post(URL, body, headers={"Idempotency-Key": "k1"}))
        finally:
            connection.close()

    together([lambda c=c: send(c) for c in clients])

    assert [a.status_code for a in answers] == [201] * 6
    assert len({a.json()["id"] for a in answers}) == 1
    assert sum("Idempotency-Replayed" not in a for a in answers) == 1
    assert Incident.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_press_the_same_button(api: Api, alice: User, bob: User, payments: Team) -> None:
    pk = api(alice).post(URL, {"title": "Checkout fails", "team": payments.slug}).json()["id"]
    clients, answers = [api(alice), api(bob)], []
    gate = threading.Barrier(2)

    def send(client: APIClient) -> None:
        try:
            gate.wait(10)
            answers.append(client.post(f"{URL}{pk}/verbs/declare/", {"severity": 1}))
        finally:
            connection.close()

    together([lambda c=c: send(c) for c in clients])

    assert sorted(a.status_code for a in answers) == [200, 409]
    (lost,) = [a.json() for a in answers if a.status_code == 409]
    assert lost["code"] == "wrong_phase"
    assert "declared the incident" in lost["detail"]


def together(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
