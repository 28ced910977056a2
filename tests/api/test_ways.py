"""Ways to stop the bleeding, by the API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from teams.models import Service, Team, User, Webhook
from tests import factories
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/"


def test_changes_are_ranked_and_marked(api: Api, alice: User, charlie: User, payments: Team, checkout: Service) -> None:
    incident = factories.incident(payments, alice, services=[checkout])
    rows = [
        factories.ChangeFactory(service=checkout, at=incident.detected_at - timedelta(minutes=minutes))
        for minutes in (40, 5)
    ]
    client, url = api(alice), f"{URL}{incident.pk}/"
    first, second = client.get(f"{url}ways/").json()["changes"]
    assert [first["change"]["id"], second["change"]["id"]] == [rows[1].pk, rows[0].pk]
    assert (first["last_deploy"], first["steps"], first["kind"], first["mark"]) == (True, 0, "deploy", "")
    assert first["reason"] == "5 min before, on Checkout itself"
    answer = client.post(f"{url}changes/{rows[0].pk}/mark/", {"state": "caused"}).json()["changes"]
    assert (answer[0]["change"]["id"], answer[0]["mark"], answer[0]["marked_by"]) == (rows[0].pk, "caused", alice.name)
    assert client.get(url).json()["suspect_change"]["id"] == rows[0].pk
    assert client.post(f"{url}changes/{rows[0].pk}/mark/", {"state": "guilty"}).status_code == 400
    assert client.post(f"{url}changes/{rows[0].pk}/mark/", {"state": ""}).json()["changes"][0]["mark"] == ""
    other = factories.ChangeFactory(service=factories.ServiceFactory(), at=incident.detected_at)
    assert client.post(f"{url}changes/{other.pk}/mark/", {"state": "caused"}).status_code == 404


def test_a_change_is_rolled_back_and_remembered(
    api: Api, alice: User, bob: User, charlie: User, payments: Team, checkout: Service
) -> None:
    incident = factories.incident(payments, alice, phase="declare", services=[checkout], title="Checkout fails again")
    change = factories.ChangeFactory(service=checkout, at=incident.detected_at - timedelta(minutes=5))
    Webhook.objects.create(team=payments, name="Deployer", url="https://deploy.example/x", secret="s" * 32)
    client, url = api(bob), f"{URL}{incident.pk}/"
    service = f"/api/v1/services/{checkout.slug}/"
    assert api(alice).patch(service, {"rollback_webhook": "Nobody"}).status_code == 400
    assert api(alice).patch(service, {"rollback_webhook": "Deployer"}).json()["rollback_webhook"] == "Deployer"
    assert client.patch(service, {"rollback_webhook": ""}).status_code == 403
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    answers = [client.post(f"{url}changes/{change.pk}/roll-back/", {}, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    made = answers[0].json()
    assert (made["id"], made["state"], made["carried_by"]["username"]) == (answers[1].json()["id"], "executing", "bob")
    assert (made["call"]["name"], made["call"]["state"], made["change"]["id"]) == ("Deployer", "queued", change.pk)
    assert client.get(url).json()["phase"] == "mitigate"
    again = client.post(f"{url}changes/{change.pk}/roll-back/", {})
    assert again.status_code == 409
    assert client.post(f"{url}mitigations/{made['id']}/call-again/").status_code == 409
    client.post(f"{url}mitigations/{made['id']}/worked/", {})
    like = factories.incident(payments, alice, services=[checkout], title="Checkout fails")
    (memory,) = client.get(f"{URL}{like.pk}/ways/").json()["memory"]
    assert (memory["kind"], memory["worked"], memory["tried"]) == ("roll_back", 1, 1)
    assert memory["said"] == "worked the only time"
    assert memory["incidents"][0]["incident"]["id"] == incident.pk
    assert api(alice).patch(service, {"rollback_webhook": ""}).json()["rollback_webhook"] is None
