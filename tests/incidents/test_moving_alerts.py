"""Alerts that a person moves to another incident, and back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from incidents.actions import alerts, escalation, intake, lifecycle, rules
from incidents.models import Alert, Incident, Integration, Page, Severity
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.sources import AlertReport
from teams.models import Service, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tool(payments: Team) -> Integration:
    return factories.integration(payments)[0]


def report(fingerprint: str, status: str = "firing", **fields: object) -> AlertReport:
    given = {"fingerprint": fingerprint, "status": status, "title": fingerprint, "group_key": "g", **fields}
    return AlertReport(**given)  # type: ignore[arg-type]


def fired(tool: Integration, *fingerprints: str) -> Incident:
    received = intake.receive(tool, [report(each) for each in fingerprints])
    return Incident.objects.get(pk=[*received.opened, *received.attached][0])


def key(title: str) -> int:
    return Alert.objects.get(title=title).pk


def titles(incident: Incident) -> list[str]:
    return sorted(incident.alerts.values_list("title", flat=True))


def refused(code: str, *args: object, **kwargs: object) -> str:
    with pytest.raises(Blocked) as found:
        alerts.move(*args, **kwargs)  # type: ignore[arg-type]
    assert [blocker.code for blocker in found.value.blockers] == [code]
    return found.value.blockers[0].message


def test_what_is_said_of_it_goes_to_where_it_is_and_new_ones_to_their_group(
    tool: Integration, alice: User, payments: Team
) -> None:
    one = fired(tool, "a", "b")
    two = factories.incident(payments, alice)
    entry = alerts.move(one.pk, [key("a")], to=two.pk, by=alice, reason="it is the database")
    assert (titles(one), titles(two)) == (["b"], ["a"])
    assert entry.text == f"Alice moved an alert to {two.reference}: “a”"
    came = two.timeline.get(verb="alert.moved")
    assert (came.text, came.reason) == (f"Alice moved an alert here from {one.reference}: “a”", "it is the database")
    assert entry.data == {"alerts": [key("a")], "from": one.pk, "to": two.pk, "new": False}
    intake.receive(tool, [report("a"), report("c")])
    assert Alert.objects.get(title="a").count == 2
    assert titles(one) == ["b", "c"]
    intake.receive(tool, [report("a", "resolved")])
    assert two.timeline.filter(verb="alert.resolved").count() == 1
    assert not one.timeline.filter(verb="alert.resolved").exists()


def test_paging_goes_with_the_last_alert_that_fires(tool: Integration, alice: User, payments: Team) -> None:
    one = fired(tool, "a")
    escalation.advance_due()
    two = factories.incident(payments, alice)
    two.runs.update(state="stopped", due_at=None, ended_at=timezone.now(), ended_reason="over")
    alerts.move(one.pk, [key("a")], to=two.pk, by=alice)
    assert [run.state for run in one.runs.all()] == ["stopped"]
    assert two.runs.filter(state="running").count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        escalation.advance_due()
    assert list(Page.objects.order_by("pk").values_list("incident", flat=True)) == [one.pk, two.pk]


def test_who_has_it_is_not_paged_for_what_comes(tool: Integration, alice: User, bob: User, payments: Team) -> None:
    one, two = fired(tool, "a"), factories.incident(payments, alice)
    escalation.acknowledge(two.pk, by=bob)
    alerts.move(one.pk, [key("a")], to=two.pk, by=alice)
    assert not two.runs.filter(state="running").exists()


def test_a_new_incident_is_made_by_the_rules_and_pages(
    tool: Integration, alice: User, search: Team, charlie: User, checkout: Service
) -> None:
    policy = factories.policy(search, [charlie])
    one = fired(tool, "a", "b")
    rules.keep(
        None,
        by=None,
        name="A's",
        conditions=[{"what": "text", "values": ["a"]}],
        team=search,
        policy=policy,
        severity=Severity.objects.get(level=2),
    )
    Alert.objects.filter(title="a").update(labels={"service": "checkout"}, service="checkout")
    entry = alerts.move(one.pk, [key("a")], to=None, by=alice)
    new = Incident.objects.get(pk=entry.data["to"])
    assert (new.team, new.severity_id, new.title, new.phase) == (search, 2, "a on checkout", "detect")
    assert list(new.services.all()) == [checkout]
    assert new.runs.get(state="running").policy == policy
    assert one.runs.get().state == "running"
    assert entry.text == f"Alice moved an alert to the new {new.reference}: “a”"


def test_what_is_over_opens_an_incident_that_pages_nobody(tool: Integration, alice: User) -> None:
    one = fired(tool, "a", "b")
    intake.receive(tool, [report("a", "resolved")])
    new = alerts.move(one.pk, [key("a")], to=None, by=alice).data["to"]
    assert not Incident.objects.get(pk=new).runs.exists()


def test_it_is_undone_once_and_exactly(tool: Integration, alice: User, bob: User, payments: Team) -> None:
    one, two = fired(tool, "a", "b", "c"), factories.incident(payments, alice)
    intake.receive(tool, [report("b", "resolved")])
    entry = alerts.move(one.pk, [key("a"), key("b")], to=two.pk, by=alice)
    back = alerts.undo_move(two.timeline.get(verb="alert.moved").pk, by=bob)
    assert (titles(one), titles(two)) == (["a", "b", "c"], [])
    assert back.text == f"Bob moved back 2 alerts here from {two.reference}: “a” and “b”"
    assert two.timeline.get(verb="alert.move_undone").text.endswith(f"to {one.reference}: “a” and “b”")
    for line in (entry, *two.timeline.filter(verb="alert.moved")):
        with pytest.raises(Blocked) as found:
            alerts.undo_move(line.pk, by=alice)
        assert found.value.blockers[0].code == "already_undone"
        assert "Bob moved back 2 alerts" in found.value.blockers[0].message


def test_undoing_a_move_to_a_new_incident_takes_that_away(tool: Integration, alice: User) -> None:
    one = fired(tool, "a", "b")
    entry = alerts.move(one.pk, [key("a")], to=None, by=alice)
    alerts.undo_move(entry.pk, by=alice)
    new = Incident.objects.get(pk=entry.data["to"])
    assert (new.phase, new.runs.get().state, titles(one)) == ("cancelled", "stopped", ["a", "b"])


def test_one_in_which_more_happened_stays(tool: Integration, alice: User) -> None:
    one = fired(tool, "a", "b")
    entry = alerts.move(one.pk, [key("a")], to=None, by=alice)
    lifecycle.perform("declare", entry.data["to"], by=alice, inputs={"severity": Severity.objects.get(level=2)})
    alerts.undo_move(entry.pk, by=alice)
    assert Incident.objects.get(pk=entry.data["to"]).phase == "declare"


def test_what_went_on_meanwhile_is_not_undone(tool: Integration, alice: User, payments: Team) -> None:
    one, two = fired(tool, "a", "b"), factories.incident(payments, alice)
    entry = alerts.move(one.pk, [key("a")], to=two.pk, by=alice)
    three = factories.incident(payments, alice)
    alerts.move(two.pk, [key("a")], to=three.pk, by=alice)
    with pytest.raises(Blocked) as found:
        alerts.undo_move(entry.pk, by=alice)
    assert found.value.blockers[0].code == "alerts_moved_on"
    other = alerts.move(one.pk, [key("b")], to=two.pk, by=alice)
    lifecycle.perform("cancel", one.pk, by=alice, inputs={"kind": "duplicate"})
    with pytest.raises(Blocked) as found:
        alerts.undo_move(other.pk, by=alice)
    assert found.value.blockers[0].code == "incident_over"


def test_what_cannot_be_is_refused_by_name(tool: Integration, alice: User, payments: Team) -> None:
    one = fired(tool, "a", "b")
    intake.receive(tool, [report("b", "resolved")])
    over = factories.incident(payments, alice, phase=Phase.CANCELLED)
    resolved = factories.incident(payments, alice, phase=Phase.RESOLVE)
    refused("alerts_missing", one.pk, [], to=over.pk, by=alice)
    refused("target_same", one.pk, [key("a")], to=one.pk, by=alice)
    refused("target_over", one.pk, [key("a")], to=over.pk, by=alice)
    assert "still fires" in refused("target_over", one.pk, [key("a")], to=resolved.pk, by=alice)
    refused("alert_elsewhere", over.pk, [key("a")], to=one.pk, by=alice)
    alerts.move(one.pk, [key("b")], to=resolved.pk, by=alice)
    assert titles(resolved) == ["b"]


def test_nothing_private_comes_to_light(payments: Team, search: Team, alice: User, charlie: User) -> None:
    tool, _ = factories.integration(payments, private=True)
    hidden = fired(tool, "a", "b")
    public = factories.incident(payments, alice)
    refused("private_into_public", hidden.pk, [key("a")], to=public.pk, by=alice)
    with pytest.raises(PermissionDenied):
        alerts.move(hidden.pk, [key("a")], to=None, by=charlie)
    rules.keep(None, by=None, name="A's", conditions=[{"what": "text", "values": ["a"]}], team=search)
    new = Incident.objects.get(pk=alerts.move(hidden.pk, [key("a")], to=None, by=alice).data["to"])
    assert (new.private, new.team) == (True, payments)
    open_tool, _ = factories.integration(payments, name="Another")
    seen = fired(open_tool, "c")
    entry = alerts.move(seen.pk, [key("c")], to=hidden.pk, by=alice)
    assert hidden.reference not in entry.text
    assert "a private incident" in entry.text


def test_undoing_a_merge_leaves_what_was_moved_on(tool: Integration, alice: User, payments: Team) -> None:
    one, two, three = fired(tool, "a", "b"), factories.incident(payments, alice), factories.incident(payments, alice)
    lifecycle.perform("merge", one.pk, by=alice, inputs={"target": two})
    alerts.move(two.pk, [key("a")], to=three.pk, by=alice)
    lifecycle.perform("unmerge", one.pk, by=alice)
    assert (titles(one), titles(two), titles(three)) == (["b"], [], ["a"])


class TestConsoleAndApi:
    def test_a_person_moves_an_alert_and_takes_it_back(
        self, client: Client, alice: User, tool: Integration, payments: Team
    ) -> None:
        intake.receive(tool, [AlertReport("a", "firing", "Disk"), AlertReport("b", "firing", "Load")])
        first, second = Incident.objects.order_by("pk")
        client.force_login(alice)
        alert = first.alerts.get()
        address = f"/incidents/{first.pk}/alerts/move/?alert={alert.pk}"
        page = client.get(address).content.decode()
        assert "checked" in page
        assert second.reference in page
        refused = client.post(address, {"alerts": [alert.pk], "reason": "It is the same disk"})
        assert refused.status_code == 409
        assert "Choose the incident" in refused.content.decode()
        assert "It is the same disk" in refused.content.decode()
        given = {"alerts": [alert.pk], "target": second.pk, "reason": "It is the same disk"}
        assert client.post(address, given).status_code == 302
        assert second.alerts.count() == 2
        line = first.timeline.get(verb="alert.moved")
        assert f"/moves/{line.pk}/undo/" in client.get(first.get_absolute_url()).content.decode()
        client.post(f"/incidents/{first.pk}/moves/{line.pk}/undo/")
        assert first.alerts.get() == alert
        again = client.post(f"/incidents/{first.pk}/moves/{line.pk}/undo/", follow=True).content.decode()
        assert "undone already" in again

    def test_a_search_keeps_what_was_chosen(
        self, client: Client, alice: User, tool: Integration, payments: Team
    ) -> None:
        one = fired(tool, "disk full", "load high", "load odd")
        intake.receive(tool, [report("load odd", "resolved")])
        near = factories.incident(payments, alice, title="Nothing that fits")
        far = factories.incident(payments, alice, title="The database is slow")
        client.force_login(alice)
        address = f"/incidents/{one.pk}/alerts/move/"
        typed = {
            "find": "yes",
            "alerts": [key("disk full"), "x", "9" * 30],
            "target": near.pk,
            "reason": "kept as well",
            "find_alerts": "load",
            "find_state": "firing",
            "find_incident": "datab",
        }
        answer = client.post(address, typed)
        found = answer.content.decode()
        assert answer.status_code == 200
        offered = [str(key("disk full")), str(key("load high"))]
        assert re.findall(r'name="alerts" value="(\d+)"', found) == offered
        assert re.findall(r'name="alerts" value="(\d+)"[^>]*checked', found) == [str(key("disk full"))]
        assert re.findall(r'name="target" value="(\w+)"', found) == ["new", str(near.pk), str(far.pk)]
        assert re.findall(r'name="target" value="(\w+)"[^>]*checked', found) == [str(near.pk)]
        assert "kept as well" in found
        assert "Choose" not in found
        assert not one.timeline.filter(verb="alert.moved").exists()
        by_number = client.post(address, {"find": "yes", "find_incident": f"inc-{far.pk}"}).content.decode()
        assert re.findall(r'name="target" value="(\w+)"', by_number) == ["new", str(far.pk)]
        given = {**typed, "target": far.pk}
        del given["find"]
        assert client.post(address, {**given, "alerts": [key("disk full")]}).status_code == 302
        assert titles(far) == ["disk full"]

    def test_more_than_are_offered_are_counted_and_found(
        self, client: Client, alice: User, tool: Integration, payments: Team
    ) -> None:
        one = fired(tool, *[f"alert {number:03}" for number in range(103)])
        for _ in range(21):
            factories.incident(payments, alice)
        client.force_login(alice)
        address = f"/incidents/{one.pk}/alerts/move/"
        page = client.get(address).content.decode()
        assert "The first 100 of 103 that fit." in page
        assert "The first 20 of 21 that fit." in page
        hidden = next(row for row in one.alerts.all() if f'value="{row.pk}"' not in page)
        found = client.post(address, {"find": "yes", "find_alerts": hidden.title}).content.decode()
        assert f'name="alerts" value="{hidden.pk}"' in found
        assert "1 alert." in found
        nonsense = client.post(address, {"find": "yes", "find_alerts": "\0", "find_state": "odd"})
        assert "The first 100 of 103 that fit." in nonsense.content.decode()

    def test_a_search_finds_nothing_hidden(
        self, client: Client, charlie: User, alice: User, tool: Integration, payments: Team
    ) -> None:
        one = fired(tool, "a")
        factories.incident(payments, alice, title="A secret", private=True)
        client.force_login(charlie)
        answer = client.post(f"/incidents/{one.pk}/alerts/move/", {"find": "yes", "find_incident": "secret"})
        assert "A secret" not in answer.content.decode()

    def test_programs_move_and_take_back(self, client: Client, alice: User, tool: Integration) -> None:
        intake.receive(tool, [AlertReport("a", "firing", "Disk")])
        incident = Incident.objects.get()
        alert = incident.alerts.get()
        client.force_login(alice)
        base = f"/api/v1/incidents/{incident.pk}/alerts/"
        moved = client.post(f"{base}move/", {"alerts": [alert.pk], "target": None}, content_type="application/json")
        assert moved.status_code == 200, moved.content
        assert Incident.objects.count() == 2
        nowhere = client.post(f"{base}move/", {"alerts": [alert.pk], "target": 99_999}, content_type="application/json")
        assert nowhere.status_code == 400
        back = client.post(f"{base}undo-move/", {"entry": moved.json()["id"]}, content_type="application/json")
        assert back.status_code == 200, back.content
        assert incident.alerts.get() == alert

    def test_a_proposal_is_answered_on_the_page(self, client: Client, alice: User, tool: Integration) -> None:
        intake.receive(tool, [AlertReport("a", "firing", "Disk"), AlertReport("b", "firing", "Load")])
        client.force_login(alice)
        now = timezone.now()
        for incident in Incident.objects.all():
            intake.receive(tool, [AlertReport(incident.alerts.get().fingerprint, "resolved", "over")])
        Incident.objects.update(resolve_proposed_at=now)
        first, second = Incident.objects.order_by("pk")
        assert "All its alerts are over. Resolve it?" in client.get(first.get_absolute_url()).content.decode()
        client.post(f"/incidents/{first.pk}/recovery/accept/")
        first.refresh_from_db()
        assert (first.phase, first.cancel_kind) == ("cancelled", "recovered")
        client.post(f"/incidents/{second.pk}/recovery/decline/")
        second.refresh_from_db()
        assert (second.phase, second.resolve_proposed_at) == ("detect", None)
