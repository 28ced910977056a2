"""Reaching for what is another's: ids of other rows, and fields that nobody may set."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from comms.actions import publishing
from comms.models import StatusPage
from incidents.actions import mitigation
from incidents.models import Incident, RoleAssignment
from incidents.phases import Phase
from teams.models import ApiToken, Membership, Override, Team, User
from tests import factories
from tests.api.conftest import Api
from tests.api.test_hostile import WRITES, address, send
from tests.attacks.conftest import undone


@pytest.fixture
def two(alice: User, bob: User, charlie: User, payments: Team, search: Team, public_page: StatusPage) -> dict[str, Any]:
    """Alice's incident, and the ids of rows of charlie's."""
    mine = factories.incident(payments, alice, phase=Phase.MITIGATE)
    theirs = factories.incident(search, charlie, phase=Phase.MITIGATE, private=True)
    told = publishing.draft_update(theirs, by=charlie, title="x", body="x", state="identified")
    held = RoleAssignment.objects.filter(incident=theirs).first()
    assert held is not None
    return {
        "mine": mine,
        "update": told,
        "seat": held.pk,
        "entry": theirs.timeline.first().pk,
        "mitigation": mitigation.propose(theirs.pk, by=charlie, kind="restart", carried_by=charlie).pk,
    }


API = [
    ("get", "updates/{update}/"),
    ("patch", "updates/{update}/"),
    ("post", "updates/{update}/release/"),
    ("post", "updates/{update}/withdraw/"),
    ("post", "timeline/{entry}/correct/"),
    ("post", "seats/{seat}/accept/"),
    ("post", "seats/{seat}/decline/"),
    ("post", "seats/{seat}/leave/"),
    ("post", "mitigations/{mitigation}/drop/"),
]


def test_anothers_row_under_ones_own_incident(api: Api, alice: User, two: dict[str, Any]) -> None:
    """Proves that the number of a row is looked for under the incident that the address names, and nowhere else."""
    client, ids = api(alice), two | {"update": two["update"].pk}
    for method, tail in API:
        path = f"/api/v1/incidents/{two['mine'].pk}/{tail.format(**ids)}"
        given = {"correct": '{"text": "x"}', "decline": '{"reason": "x"}'}.get(tail.split("/")[-2], "{}")
        answer = client.generic(method.upper(), path, given, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), tail


CONSOLE = [
    "entries/{entry}/correct/",
    "mitigations/{mitigation}/drop/",
    "seats/{seat}/accept/",
    "updates/{uid}/edit/",
    "updates/{uid}/withdraw/",
]


def test_anothers_row_in_the_console(client: Client, alice: User, two: dict[str, Any]) -> None:
    """Proves the same for the console's pages and forms."""
    client.force_login(alice)
    for tail in CONSOLE:
        path = f"/incidents/{two['mine'].pk}/{tail.format(uid=two['update'].uid, **two)}"
        assert client.get(path).status_code in (404, 405), tail
        assert client.post(path, {"text": "x", "reason": "x", "body": "x"}).status_code == 404, tail


def test_anothers_private_incident(api: Api, alice: User, two: dict[str, Any]) -> None:
    """Proves that a private incident is not there for others, whichever of its addresses is tried."""
    theirs, client = Incident.objects.get(private=True), api(alice)
    for tail in ("", "timeline/", "alerts/", "updates/", "seats/", "postmortem/", "verbs/", "pages/", "attachments/"):
        answer = client.get(f"/api/v1/incidents/{theirs.pk}/{tail}")
        never = client.get(f"/api/v1/incidents/999999/{tail}")
        assert answer.status_code == never.status_code, tail
        assert answer.status_code in (404, 405), tail
        assert answer.json() == never.json(), tail


def test_anothers_tokens_and_overrides(api: Api, alice: User, charlie: User, payments: Team, search: Team) -> None:
    """Proves that a token or an override of somebody else can't be ended by its number."""
    token, _ = ApiToken.issue(charlie, "theirs")
    session = APIClient()
    session.force_login(alice)
    assert session.delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None
    theirs = factories.schedule(search, [charlie], name="Theirs")
    ends = {"starts_at": "2100-01-01T00:00Z", "ends_at": "2100-01-02T00:00Z"}
    row = Override.objects.create(schedule=theirs, user=charlie, created_by=charlie, **ends)
    mine = payments.schedules.get().pk
    assert api(alice).delete(f"/api/v1/schedules/{mine}/overrides/{row.pk}/").status_code == 404
    assert Override.objects.filter(pk=row.pk).exists()


# What no caller may set, by the names that fields have here and elsewhere.
NOT_THEIRS = {
    **dict.fromkeys(("id", "pk", "incident_id", "user_id", "team_id", "digest", "by"), 987654),
    **dict.fromkeys(("author", "created_by", "actor", "user", "username", "acknowledged_by"), "charlie"),
    **dict.fromkeys(("is_staff", "is_superuser", "is_active", "private_to", "held", "overridden"), True),
    "role": "owner",
    "password": "x",
    "phase_before": "closed",
    "state": "published",
    "scopes": ["people"],
    **dict.fromkeys(("created_at", "detected_at", "resolved_at", "published_at"), "2001-01-01T00:00:00Z"),
}


def guarded() -> list[Any]:
    """Whatever a caller must not have changed on the side."""
    return [
        list(User.objects.order_by("pk").values_list("pk", "username", "role", "password", "is_active")),
        list(Membership.objects.order_by("pk").values_list("pk", "team", "user", "role")),
        list(Incident.objects.order_by("pk").values_list("pk", "created_at", "detected_at")),
        list(ApiToken.objects.exclude(user__username="alice").values_list("pk")),
        ApiToken.objects.filter(scopes__contains=["people"]).exists() if hasattr(ApiToken, "scopes") else None,
    ]


def test_fields_that_nobody_may_set(api: Api, alice: User, charlie: User, scene: dict[str, Any]) -> None:
    """Proves that whatever else is sent beside an operation's own fields changes nothing."""
    token, session = api(alice), APIClient()
    session.force_login(alice)
    ours = {**NOT_THEIRS, "title": "Ours", "name": "Ours", "text": "Ours"}
    before, wrong = guarded(), []
    for path, method in WRITES:
        with undone():
            incidents = Incident.objects.count()
            client = session if path == "/api/v1/tokens/" else token
            answer = send(client, method, address(path, scene), ours)
            after = guarded()
            if path == "/api/v1/incidents/" and Incident.objects.count() > incidents:
                after[2] = after[2][:-1]
        body = answer.json() if answer.content else {}
        shown = body if isinstance(body, dict) else {}
        named = "charlie" in [str(shown.get(name)) for name in ("author", "created_by", "actor", "by")]
        if answer.status_code >= 500 or after != before or named or shown.get("id") == 987654:
            wrong.append((method, path, answer.status_code))
    assert wrong == []
