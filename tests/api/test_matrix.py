"""Every (phase, verb) pair through the API: what is allowed works, given what it asks for; the rest says why not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from incidents.models import Incident
from incidents.phases import VERBS, Phase
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api


def given_for(verb: str, alice: User, payments: Team, client: APIClient, incident: Incident) -> dict[str, Any]:
    """What a person would supply for `verb`, some of it by other requests before."""
    base = f"/api/v1/incidents/{incident.pk}"
    if verb == "start_mitigation":
        made = client.post(f"{base}/mitigations/", {"kind": "roll_back", "carried_by": "bob"})
        assert made.status_code == 201, made.json()
    if verb == "confirm_mitigated":
        tried = client.get(f"{base}/mitigations/").json()["results"]
        if not tried:
            return {"recovered_by_itself": True}
        (running,) = tried
        assert client.post(f"{base}/mitigations/{running['id']}/worked/", {}).status_code == 200
    if verb == "close":
        waived = {"override": True, "reason": "nobody else is in today"}
        review(client, base)
        return waived
    if verb == "merge":
        other = client.post("/api/v1/incidents/", {"title": "The same", "team": payments.slug}).json()
        if incident.mitigations.filter(state="executing").exists():
            return {"target": other["reference"], "override": True, "reason": "it is judged there"}
        return {"target": other["reference"]}
    return {
        "declare": {"severity": 2, "commander": "alice"},
        "resolve": {"confirmation": "error rate under 1 %", "update": "It is fixed.", "confirmed_by": "bob"},
        "start_review": {"facilitator": "bob"},
        "relapse": {"reason": "errors are back", "update": "It is back.", "next_update_in": 20},
        "reopen": {"reason": "errors are back"},
        "cancel": {"kind": "false_alarm"},
    }.get(verb, {})


def review(client: APIClient, base: str) -> None:
    """Write, approve and publish the postmortem of alice, with one concrete action item."""
    bob = User.objects.get(username="bob")
    sections = [{"key": key, "text": "Written."} for key in ("summary", "impact", "detection", "resolution")]
    assert client.patch(f"{base}/postmortem/", {"sections": sections}).status_code == 200
    assert client.post(f"{base}/postmortem/factors/", {"text": "The limit was low"}).status_code == 201
    assert client.post(f"{base}/postmortem/submit/", {}).status_code == 200
    item = {"title": "Add an alert", "owner": "bob", "due_on": "2100-01-01", "end_state": "It fires in a drill"}
    assert client.post(f"{base}/action-items/", {**item, "kind": "detect"}).status_code == 201
    refused = client.post(f"{base}/postmortem/approve/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "own_approval")
    other = APIClient()
    other.force_authenticate(bob)
    assert other.post(f"{base}/postmortem/approve/", {}).status_code == 200
    assert client.post(f"{base}/postmortem/publish/", {}).status_code == 200


@pytest.mark.usefixtures("public_page")
@pytest.mark.parametrize("phase", Phase, ids=str)
def test_each_verb_works_or_says_what_is_possible(
    phase: Phase, api: Api, alice: User, bob: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=phase)
    client = api(alice)
    told = [v["name"] for v in client.get(f"/api/v1/incidents/{incident.pk}/verbs/").json()]
    possible = [v.name for v in sorted_verbs(phase)]
    assert set(told) == set(possible)
    for verb in VERBS:
        if verb in possible:
            with transaction.atomic():
                works(incident, verb, client, given_for(verb, alice, payments, client, incident))
                transaction.set_rollback(True)
        else:
            refused(incident, verb, client, possible)


def works(incident: Incident, verb: str, client: APIClient, given: dict[str, Any]) -> None:
    answer = client.post(f"/api/v1/incidents/{incident.pk}/verbs/{verb}/", given)
    assert answer.status_code == 200, (verb, answer.json())
    after = VERBS[verb].target or Phase.DETECT
    assert answer.json()["phase"] == after, verb
    assert Incident.objects.get(pk=incident.pk).phase == after, verb
    moved = incident.timeline.filter(verb=f"incident.{verb}", phase_from=incident.phase, phase_to=after)
    assert moved.count() == 1, verb


def refused(incident: Incident, verb: str, client: APIClient, possible: list[str]) -> None:
    before = incident.timeline.count()
    answer = client.post(f"/api/v1/incidents/{incident.pk}/verbs/{verb}/", {})
    body = answer.json()
    assert (answer.status_code, body["code"], body["phase"]) == (409, "wrong_phase", incident.phase), verb
    assert body["possible_verbs"] == possible
    assert Phase(incident.phase).label in body["detail"]
    assert body["blockers"][0]["message"]
    assert Incident.objects.get(pk=incident.pk).phase == incident.phase
    assert incident.timeline.count() == before


def sorted_verbs(phase: Phase) -> list[Any]:
    return sorted((v for v in VERBS.values() if phase in v.sources), key=lambda v: v.weight != "main")


WANTS = {
    "declare": {"severity_missing"},
    "start_mitigation": {"mitigation_missing"},
    "confirm_mitigated": {"not_seen_to_work"},
    "resolve": {"confirmation_missing", "recovery_not_told"},
    "start_review": {"facilitator_missing"},
    "close": {"review_unfinished", "action_items_missing"},
    "relapse": {"reason_missing"},
    "reopen": {"reason_missing"},
    "cancel": {"kind_missing"},
    "merge": {"target_missing"},
}


@pytest.mark.parametrize("verb", WANTS)
def test_allowed_verb_without_its_inputs_names_all_that_is_missing(
    verb: str, api: Api, alice: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=VERBS[verb].sources[0])

    answer = api(alice).post(f"/api/v1/incidents/{incident.pk}/verbs/{verb}/", {})

    assert answer.status_code == 409
    assert {b["code"] for b in answer.json()["blockers"]} == WANTS[verb]
    for blocker in answer.json()["blockers"]:
        assert blocker["field"] or blocker["fix_url"]
    (told,) = [v for v in api(alice).get(f"/api/v1/incidents/{incident.pk}/verbs/").json() if v["name"] == verb]
    assert {b["code"] for b in told["blockers"]} == WANTS[verb]
    assert not told["ready"]


def test_a_reason_overrides_a_process_guard_and_is_kept(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    url = f"/api/v1/incidents/{incident.pk}/verbs/resolve/"
    given = {"confirmation": "errors are gone"}

    refused = api(alice).post(url, given)
    assert refused.json()["code"] == "recovery_not_told"
    assert refused.json()["overridable"] is True
    wants_reason = api(alice).post(url, {**given, "override": True})
    assert wants_reason.json()["code"] == "reason_missing"
    done = api(alice).post(url, {**given, "override": True, "reason": "the status page is down"})

    assert done.status_code == 200
    entry = incident.timeline.get(verb="incident.resolve")
    assert (entry.overridden, entry.reason) == (["recovery_not_told"], "the status page is down")
