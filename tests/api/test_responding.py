"""Responding through the API alone: from the report to the closed incident, and what each step leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from comms.models import Component, StatusPage, StatusUpdate, Subscriber
from incidents.actions import escalation, mitigation
from incidents.models import Incident
from incidents.phases import Phase
from teams.models import Service, Team, User
from tests import factories
from tests.api.conftest import Api

URL = "/api/v1/incidents/"


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.json()
    return answer.json()


def test_report_pages_the_owner_and_acknowledging_stops_it(
    api: Api, alice: User, bob: User, charlie: User, checkout: Service
) -> None:
    made = ok(api(charlie).post(URL, {"title": "Checkout fails", "services": ["checkout"]}), 201)
    assert (made["phase"], made["reference"]) == ("detect", f"INC-{made['id']}")
    assert made["team"]["slug"] == "payments"
    assert made["url"] == f"http://testserver/incidents/{made['id']}/"
    base = f"{URL}{made['id']}/"
    escalation.advance(Incident.objects.get().runs.get().pk)
    (page,) = ok(api(charlie).get(f"{base}pages/"))["results"]
    assert (page["user"]["username"], page["acknowledged_at"]) == ("alice", None)
    assert "Primary" in page["why"]
    (mine,) = ok(api(alice).get("/api/v1/me/pages/?answered=false"))["results"]
    assert mine["incident"]["id"] == made["id"]

    done = ok(api(alice).post(f"{base}acknowledge/"))
    assert done["acknowledged_by"]["username"] == "alice"
    assert ok(api(alice).get("/api/v1/me/pages/?answered=false"))["results"] == []
    (run,) = ok(api(bob).get(f"{base}escalation-runs/"))["results"]
    # When it looks again: whoever acknowledged may forget to declare.
    assert (run["state"], run["due_at"] > run["ended_at"]) == ("acknowledged", True)


def test_declaring_fills_the_seats_and_shows_the_empty_ones(api: Api, alice: User, payments: Team) -> None:
    client = api(alice)
    pk = ok(client.post(URL, {"title": "Checkout fails", "team": "payments"}), 201)["id"]
    assert ok(client.get(f"{URL}{pk}/"))["wanted_seats"] == []
    told = ok(client.post(f"{URL}{pk}/verbs/declare/", {"severity": 2, "impact": "Nobody can pay"}))
    assert told["commander"]["username"] == "alice"
    assert [(r["role"]["slug"], r["user"]["username"]) for r in told["roles"]] == [
        ("incident-commander", "alice"),
        ("operations-lead", "bob"),
    ]
    assert [r["slug"] for r in told["wanted_seats"]] == ["communications-lead", "scribe"]
    assert told["comms_track"] == "current"
    assert told["next_update_due_at"] is not None
    assert [(p["phase"], p["state"]) for p in told["path"]][:3] == [
        ("detect", "done"),
        ("declare", "current"),
        ("mitigate", "to_come"),
    ]
    assert [v["name"] for v in told["verbs"]] == ["start_mitigation", "confirm_mitigated", "cancel", "merge"]
    wants = {b["code"]: b["overridable"] for b in told["verbs"][0]["blockers"]}
    assert wants == {"mitigation_missing": False}
    assert told["verbs"][0]["url"] == f"{URL}{pk}/verbs/start_mitigation/"


def test_seats_are_taken_offered_answered_and_left(
    api: Api, alice: User, bob: User, charlie: User, payments: Team
) -> None:
    pk = factories.incident(payments, alice, phase=Phase.DECLARE).pk
    base = f"{URL}{pk}/"
    assert ok(api(bob).post(f"{base}roles/scribe/take/", {}))["state"] == "held"
    taken = api(charlie).post(f"{base}roles/scribe/take/", {})
    assert (taken.status_code, taken.json()["code"]) == (409, "seat_taken")
    offer = ok(api(alice).post(f"{base}roles/incident-commander/offer/", {"user": "bob", "brief": "All calm"}))
    assert [o["user"]["username"] for o in ok(api(bob).get(base))["offers"]] == ["bob"]
    assert ok(api(bob).get(base))["commander"]["username"] == "alice"
    unread = api(bob).post(f"{base}seats/{offer['id']}/accept/", {})
    assert (unread.status_code, unread.json()["blockers"][0]["field"]) == (409, "read_back")
    assert ok(api(bob).post(f"{base}seats/{offer['id']}/accept/", {"read_back": "All is calm"}))["accepted_at"]
    assert ok(api(bob).get(base))["commander"]["username"] == "bob"
    left = api(bob).post(f"{base}seats/{offer['id']}/leave/", {})
    assert (left.status_code, left.json()["code"]) == (409, "command_not_left")
    silent = api(charlie).post(f"{base}roles/incident-commander/relieve/", {})
    assert silent.json()["blockers"][0]["field"] == "reason"
    ok(api(charlie).post(f"{base}roles/incident-commander/relieve/", {"reason": "bob does not answer"}))
    held = ok(api(alice).get(f"{base}seats/?state=held&role=incident-commander"))["results"]
    assert [s["user"]["username"] for s in held] == ["charlie"]
    assert api(alice).post(f"{base}roles/no-such/take/", {}).status_code == 404


def test_commander_who_carries_out_needs_a_reason(api: Api, alice: User, bob: User, payments: Team) -> None:
    pk = factories.incident(payments, alice, phase=Phase.DECLARE).pk
    base, client = f"{URL}{pk}/", api(alice)
    row = ok(client.post(f"{base}mitigations/", {"kind": "roll_back", "expected_effect": "errors drop"}), 201)
    assert (row["title"], row["possible"]) == ("Roll back", ["approve", "execute", "drop"])
    url = f"{base}mitigations/{row['id']}/"
    refused = client.post(f"{url}execute/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "commander_carries_out")
    assert refused.json()["overridable"] is True
    done = ok(client.post(f"{url}execute/", {"override": True, "reason": "nobody else is awake"}))
    assert (done["state"], done["carried_by"]["username"]) == ("executing", "alice")
    again = client.post(f"{url}execute/", {})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert ok(client.post(f"{url}partly/", {"note": "half of it"}))["outcome_note"] == "half of it"


def test_facts_are_changed_one_by_one_and_recorded(api: Api, alice: User, checkout: Service) -> None:
    pk = factories.incident(checkout.team, alice).pk
    client = api(alice)
    told = ok(client.patch(f"{URL}{pk}/", {"impact": "Nobody can pay", "services": ["checkout"]}))
    assert (told["impact"], [s["slug"] for s in told["services"]]) == ("Nobody can pay", ["checkout"])
    assert told["title"] == "Checkout fails"
    again = ok(client.patch(f"{URL}{pk}/", {"impact": "Nobody can pay"}))
    assert again["version"] == told["version"]
    began = {"impact_started_at": "2026-01-01T10:00:00Z", "impact_ended_at": "2026-01-01T09:00:00Z"}
    refused = client.patch(f"{URL}{pk}/", began)
    assert (refused.status_code, refused.json()["code"]) == (409, "impact_ends_first")
    raised = ok(client.post(f"{URL}{pk}/severity/", {"severity": 1, "reason": "it spreads"}))
    assert raised["severity"]["code"] == "SEV1"
    same = client.post(f"{URL}{pk}/severity/", {"severity": 1})
    assert (same.status_code, same.json()["code"]) == (409, "severity_same")
    assert client.post(f"{URL}{pk}/severity/", {"severity": 9}).status_code == 400


def test_a_correction_points_to_what_it_corrects(api: Api, alice: User, payments: Team) -> None:
    pk = factories.incident(payments, alice).pk
    client, url = api(alice), f"{URL}{pk}/timeline/"
    before = timezone.now()
    wrong = ok(client.post(url, {"text": "Rolled back at nine", "kind": "decision"}), 201)
    right = ok(client.post(f"{url}{wrong['id']}/correct/", {"text": "It was ten"}), 201)
    assert (right["corrects"], right["kind"]) == (wrong["id"], "correction")
    kinds = [e["kind"] for e in ok(client.get(f"{url}?kind=decision&kind=correction"))["results"]]
    assert kinds == ["decision", "correction"]
    later = (before + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert ok(client.get(f"{url}?since={later}"))["results"] == []
    empty = client.post(url, {"text": "  "})
    assert (empty.status_code, empty.json()["code"]) == (409, "text_missing")


def test_update_is_drafted_changed_and_published(api: Api, alice: User, checkout: Service) -> None:
    incident = factories.incident(checkout.team, alice, phase=Phase.DECLARE)
    page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    part = Component.objects.create(page=page, name="Checkout", service=checkout)
    reader = Subscriber.objects.create(page=page, email="r@example.org", state="active")
    client, url = api(alice), f"{URL}{incident.pk}/updates/"

    refused = client.post(url, {"body": ""})
    assert {b["code"] for b in refused.json()["blockers"]} == {"body_missing", "title_missing"}
    assert refused.status_code == 409
    draft = ok(client.post(url, {"draft": True, "body": "We look into it."}), 201)
    assert (draft["status"], draft["state"]) == ("draft", "investigating")
    one = f"{url}{draft['id']}/"
    ok(client.patch(one, {"title": "Payments fail", "component_states": {part.uid: "major_outage"}}))
    soon = (timezone.now() + timedelta(minutes=30)).isoformat()
    sent = ok(client.post(f"{one}release/", {"next_update_at": soon}))
    assert (sent["status"], sent["author"]["username"]) == ("published", "alice")
    assert reader.deliveries.count() == 1
    (shown,) = ok(client.get("/api/v1/components/?page=public"))["results"]
    assert shown["status"] == "major_outage"
    settled = client.patch(one, {"body": "Never mind"})
    assert (settled.status_code, settled.json()["code"]) == (409, "update_settled")
    assert ok(client.get(f"{URL}{incident.pk}/"))["last_update_at"] is not None


def test_update_is_scheduled_and_withdrawn(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    StatusPage.objects.create(name="Public", slug="public", is_default=True)
    client, url = api(alice), f"{URL}{incident.pk}/updates/"
    at = (timezone.now() + timedelta(hours=2)).isoformat()
    made = ok(client.post(url, {"body": "More soon.", "title": "Payments", "publish_at": at}), 201)
    assert made["status"] == "scheduled"
    both = client.post(url, {"body": "x", "draft": True, "publish_at": at})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (400, "publish_at")
    assert ok(client.post(f"{url}{made['id']}/withdraw/"))["status"] == "withdrawn"
    assert [u["status"] for u in ok(client.get(f"{url}?status=withdrawn"))["results"]] == ["withdrawn"]
    assert StatusUpdate.objects.filter(status="published").count() == 0


def test_without_a_status_page_the_way_to_one_is_named(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    refused = api(alice).post(f"{URL}{incident.pk}/updates/", {"body": "x", "title": "y"})
    assert (refused.status_code, refused.json()["code"]) == (409, "page_missing")
    assert refused.json()["blockers"][0]["fix_url"].startswith("/admin/")


def test_action_items_are_found_changed_and_settled(api: Api, alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    client, url = api(alice), f"{URL}{incident.pk}/action-items/"
    given = {"title": "Add an alert", "owner": "bob", "due_on": "2020-01-01", "kind": "detect"}
    late = ok(client.post(url, given), 201)
    open_end = ok(client.post(url, {"title": "Write a runbook", "kind": "mitigate", "priority": 1}), 201)
    assert (late["overdue"], late["missing"]) == (True, ["end state"])
    assert open_end["missing"] == ["owner", "due date", "end state"]

    def found(query: str, user: User = alice) -> list[int]:
        return [i["id"] for i in ok(api(user).get(f"/api/v1/action-items/?{query}"))["results"]]

    assert found("") == [late["id"], open_end["id"]]
    assert found("overdue=true") == found("owner=bob") == found("mine=true", bob) == [late["id"]]
    assert found("kind=mitigate") == found("q=runbook") == found("overdue=false") == [open_end["id"]]
    assert found("team=payments&state=done") == []
    one = f"/api/v1/action-items/{late['id']}/"
    assert ok(client.patch(one, {"end_state": "It fires in a drill"}))["missing"] == []
    refused = client.post(f"{one}settle/", {"state": "done"})
    assert refused.json()["blockers"][0]["field"] == "evidence"
    assert ok(client.post(f"{one}settle/", {"state": "done", "evidence": "drill of today"}))["closed_at"]
    assert client.patch(one, {"title": "Other"}).json()["code"] == "item_closed"
    assert ok(client.get("/api/v1/counts/"))["action_items"] == {
        "open": 1,
        "overdue": 0,
        "mine": 0,
        "mine_overdue": 0,
    }


def test_postmortem_is_there_once_it_is_resolved(api: Api, alice: User, bob: User, payments: Team) -> None:
    early = factories.incident(payments, alice)
    assert api(alice).get(f"{URL}{early.pk}/postmortem/").status_code == 404
    assert api(alice).post(f"{URL}{early.pk}/postmortem/submit/", {}).json()["code"] == "no_postmortem"
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    url = f"{URL}{incident.pk}/postmortem/"
    told = ok(api(alice).get(url))
    assert (told["state"], told["owner"]["username"]) == ("draft", "alice")
    assert told["entries"][0]["verb"] == "incident.opened"
    keep = [e["id"] for e in told["entries"][:2]]
    assert [e["id"] for e in ok(api(alice).patch(url, {"entries": keep}))["entries"]] == keep
    drafted = {"entries": keep[:1], "entries_seen": keep[:1]}
    assert [e["id"] for e in ok(api(alice).patch(url, drafted))["entries"]] == keep
    wanting = api(alice).post(f"{url}submit/", {})
    assert wanting.status_code == 409
    assert [b["code"] for b in wanting.json()["blockers"]] == ["sections_empty", "factors_missing"]
    waive = api(alice).post(f"{url}waive/", {})
    assert {b["code"] for b in waive.json()["blockers"]} == {
        "waiver_not_allowed",
        "reason_missing",
        "own_approval",
    }


def test_readers_of_the_postmortem_are_noted(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    reader = factories.UserFactory(username="dora")
    url = f"{URL}{incident.pk}/postmortem/"
    assert "dora" not in [u["username"] for u in ok(api(reader).get(url))["seen_by"]]
    assert "dora" in [u["username"] for u in ok(api(reader).post(f"{url}seen/"))["seen_by"]]


def test_incidents_are_found(api: Api, alice: User, bob: User, checkout: Service) -> None:
    one = factories.incident(checkout.team, alice, title="Cards are declined", services=[checkout])
    two = factories.incident(checkout.team, bob, phase=Phase.CANCELLED, title="Slow search")

    def found(query: str) -> list[int]:
        return [i["id"] for i in ok(api(alice).get(f"{URL}?{query}"))["results"]]

    assert found("") == [two.pk, one.pk]
    assert found("open=true") == found("active=true") == found("phase=detect") == [one.pk]
    assert found("q=declined+cards") == found(f"q=inc-{one.pk}") == found("service=checkout") == [one.pk]
    assert found("mine=true") == [one.pk]
    assert found("phase=cancelled&phase=merged") == found("open=false") == [two.pk]
    assert found("team=nobody") == found("severity=1") == found("q=%22%3A%26%28") == []
    assert found("created_after=2199-01-01T00:00:00Z") == []
    assert found("declared_before=2199-01-01T00:00:00Z") == []
    assert found("created_before=2199-01-01T00:00:00Z&team=payments") == [two.pk, one.pk]


def test_report_tells_when_the_impact_began(api: Api, alice: User, checkout: Service) -> None:
    given = {"title": "Cards fail", "services": ["checkout"], "impact_started_at": "2026-01-02T09:30:00Z"}
    made = ok(api(alice).post(URL, given), 201)
    assert made["impact_started_at"] == "2026-01-02T09:30:00Z"
    assert made["detected_at"] > "2026-01-02T09:30:00Z"


def test_postmortem_names_its_public_address_once_everybody_may_read_it(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    url = f"{URL}{incident.pk}/postmortem/"
    assert ok(api(alice).get(url))["public_url"] is None
    ok(api(alice).post(f"{url}return_to_draft/", {"reason": "For everybody"}))
    assert ok(api(alice).patch(url, {"public": True, "public_as_written": True}))["public_url"] is None
    ok(api(alice).post(f"{url}submit/", {}))
    ok(api(factories.UserFactory()).post(f"{url}approve/", {}))
    address = ok(api(alice).post(f"{url}publish/", {}))["public_url"]
    assert address.startswith("http://testserver/postmortems/")
    assert api(alice).get(address).status_code == 200
    incident.refresh_from_db()
    ok(api(alice).patch(f"{URL}{incident.pk}/", {"private": True}))
    assert ok(api(alice).get(url))["public_url"] is None


def test_mitigation_of_a_resolved_incident_can_only_be_dropped(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    row = mitigation.propose(incident.pk, by=alice, kind="restart")
    factories._resolve(incident.pk, alice)
    url = f"{URL}{incident.pk}/mitigations/"
    shown = next(m for m in ok(api(alice).get(url))["results"] if m["id"] == row.pk)
    assert shown["possible"] == ["drop"]
    refused = api(alice).post(f"{url}{row.pk}/execute/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "incident_over")
