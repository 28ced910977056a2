"""The review as a process, by the API."""

from __future__ import annotations

import pytest

from comms.models import Delivery
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


def test_a_review_from_its_people_to_its_file(api: Api, alice: User, bob: User, charlie: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    client, base = api(alice), f"/api/v1/incidents/{incident.pk}/postmortem/"
    factories.written(incident.pk, alice)
    assert client.post(f"{base}invitation/").json()["code"] == "meeting_missing"
    given = {
        "participants": ["bob", "charlie"],
        "meeting_at": "2100-01-04T10:00:00Z",
        "meeting_minutes": 45,
        "people_affected": 1200,
        "cost": "5000.00",
        "cost_currency": "EUR",
        "public_wording": "A queue was full.",
        "public": True,
    }
    told = client.patch(base, given, format="json").json()
    assert (told["cost"], told["public_wording"], told["circulate_on"]) == (
        "5000.00",
        "A queue was full.",
        "2100-01-01",
    )
    told = client.post(f"{base}invitation/").json()
    assert [(each["user"]["username"], each["invited"]) for each in told["participants"]] == [
        *(("bob", True), ("charlie", True)),
    ]
    assert Delivery.objects.filter(entry__verb="postmortem.meeting_request").count() == 2
    assert client.delete(f"{base}invitation/").json()["meeting_at"] is None
    assert client.post(f"{base}sections/factors/redraft/").json()["code"] == "section_written"
    told = client.post(f"{base}submit/", {"approvers": ["bob"]}, format="json").json()
    assert [each["answer"] for each in told["approvals"]] == ["waiting"]
    assert api(bob).post(f"{base}send_back/", {}, format="json").json()["code"] == "reason_missing"
    back = api(bob).post(f"{base}send_back/", {"reason": "Say how many"}, format="json").json()
    assert (back["state"], back["approvals"][0]["comment"]) == ("draft", "Say how many")
    file = client.get(f"{base}export/")
    assert file["Content-Type"].startswith("text/markdown")
    assert "- **Cost:** 5,000 EUR" in file.content.decode()
