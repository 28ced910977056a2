"""A postmortem that is written together, by the API."""

from __future__ import annotations

import pytest

from incidents.phases import Phase
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


def test_sections_their_versions_and_what_is_said_about_them(api: Api, alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    base = f"/api/v1/incidents/{incident.pk}/postmortem"
    mine, theirs = api(alice), api(bob)
    told = mine.patch(f"{base}/sections/factors/", {"text": "A cache", "version": 0})
    assert (told.status_code, told.json()["version"]) == (200, 1)
    late = theirs.patch(f"{base}/sections/factors/", {"text": "A queue", "version": 0})
    assert late.status_code == 409
    assert late.json()["blockers"][0]["code"] == "edited_meanwhile"
    versions = theirs.get(f"{base}/sections/factors/versions/").json()["results"]
    assert [(row["number"], row["text"], row["by"] and row["by"]["username"]) for row in versions] == [
        (1, "A cache", "alice"),
        (0, "", None),
    ]
    again = theirs.post(f"{base}/sections/factors/versions/0/restore/", {"version": 1})
    assert (again.json()["text"], again.json()["version"]) == ("", 2)

    assert mine.post(f"{base}/comments/", {"text": "Where?"}).status_code == 409
    said = mine.post(f"{base}/comments/", {"section": "factors", "text": "Which cache?", "quote": "A cache"}).json()
    answered = theirs.post(f"{base}/comments/", {"reply_to": said["id"], "text": "The one of carts."}).json()
    assert [each["text"] for each in answered["replies"]] == ["The one of carts."]
    settled = mine.post(f"{base}/comments/{said['id']}/settle/", {"resolved": True}).json()
    assert settled["resolved_by"]["username"] == "alice"
    assert mine.get(f"{base}/comments/?resolved=false").json()["results"] == []

    template = mine.get("/api/v1/postmortem-templates/").json()["results"][0]
    assert (template["name"], template["severity"], template["current"]["number"]) == ("Standard", None, 1)
    assert len(mine.get(f"/api/v1/postmortem-templates/{template['id']}/versions/").json()["results"]) == 1
