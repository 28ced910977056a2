"""Ways to stop the bleeding, by the API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from teams.models import Service, Team, User
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
