"""Silences, maintenance windows and services that are down hold alerts back, and let go of them; nothing is lost."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.actions import escalation, inbox, intake, lifecycle, quiet, releasing, rules
from incidents.models import Alert, EscalationRun, Event, Incident, Integration, Maintenance, Silence
from incidents.sources import AlertReport, Envelope
from teams import moments
from teams.models import AuditEvent, Membership, Service, ServiceDependency, Team, User
from tests import factories

pytestmark = pytest.mark.django_db

PROD = [{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}]


@pytest.fixture
def tool(payments: Team) -> Integration:
    return factories.integration(payments)[0]


def prod(fingerprint: str = "f", **fields: Any) -> AlertReport:
    return AlertReport(
        **{"fingerprint": fingerprint, "status": "firing", "title": fingerprint, "labels": {"env": "prod"}, **fields}
    )


def over(fingerprint: str = "f") -> AlertReport:
    return AlertReport(fingerprint, "resolved", fingerprint)


def silence(**given: Any) -> Silence:
    now = moments.now()
    usual = {
        "reason": "Known",
        "conditions": PROD,
        "team": None,
        "starts_at": None,
        "ends_at": now + timedelta(hours=1),
    }
    return quiet.silence(None, by=None, **{**usual, **given})


def window(*services: Service, **given: Any) -> Maintenance:
    now = moments.now()
    usual = {"title": "Move", "starts_at": None, "ends_at": now + timedelta(hours=1)}
    return quiet.maintain(None, by=None, services=services, **{**usual, **given})


def held() -> dict[str, str]:
    return dict(Alert.objects.quiet().values_list("fingerprint", "suppression"))


class TestSilence:
    def test_what_it_asks_for_opens_nothing_and_pages_nobody_and_is_kept(self, tool: Integration) -> None:
        row = silence()
        (told,) = intake.receive_all(tool, [[prod(), AlertReport("g", "firing", "Staging")]])
        assert told.held == {("silence", row.pk): 1}
        assert [i.title for i in Incident.objects.all()] == ["Staging"]
        assert EscalationRun.objects.count() == 1
        alert = Alert.objects.get(fingerprint="f")
        assert (alert.suppression, alert.silence, alert.incident, alert.quiet_until) == (
            "silence",
            row,
            None,
            row.ends_at,
        )
        assert (alert.team, alert.private) == (tool.team, False)

    def test_repeats_are_counted_and_a_recovery_is_the_end_of_it(self, tool: Integration) -> None:
        row = silence()
        intake.receive(tool, [prod()])
        told = intake.receive(tool, [prod()])
        assert (told.repeats, told.held) == (1, {("silence", row.pk): 1})
        told = intake.receive(tool, [over()])
        assert (told.resolved, told.held) == ([], {("silence", row.pk): 1})
        alert = Alert.objects.get()
        assert (alert.count, alert.status, alert.incident) == (2, "resolved", None)
        counted = Silence.objects.with_counts().get()
        assert (counted.held_back, counted.held_now) == (1, 0)

    def test_what_still_fires_at_its_end_is_taken_as_if_it_came_then(self, tool: Integration) -> None:
        row = silence()
        long_ago = timezone.now() - timedelta(days=2)
        intake.receive(tool, [prod(starts_at=long_ago, service="checkout", group_key="g", severity="page")])
        assert releasing.release_due(moments.now()) == 0
        at = row.ends_at + timedelta(seconds=1)
        assert releasing.release_due(at) == 1
        alert = Alert.objects.select_related("incident").get()
        assert alert.incident is not None
        assert (alert.suppression, alert.silence, alert.count, alert.quiet_until) == ("", row, 1, None)
        # Nobody could have answered it while it was held back.
        assert (alert.incident.detected_at, alert.incident.group_key) == (at, "g")
        assert alert.incident.runs.get().state == "running"
        assert "Alert: " in alert.incident.timeline.get(verb="alert.firing").text
        assert releasing.release_due(at) == 0

    def test_ending_it_lets_go_at_once_and_what_another_holds_stays(self, tool: Integration) -> None:
        first, second = silence(reason="One"), silence(reason="Two", ends_at=moments.now() + timedelta(minutes=30))
        intake.receive(tool, [prod()])
        assert Alert.objects.get().silence == first
        quiet.end(first, by=None)
        assert releasing.release_due(moments.now()) == 1
        assert (Alert.objects.get().silence, held()) == (second, {"f": "silence"})
        quiet.end(second, by=None)
        releasing.release_due(moments.now())
        assert (held(), Incident.objects.count()) == ({}, 1)

    def test_a_repeat_after_its_end_needs_no_sweep(self, tool: Integration) -> None:
        row = silence()
        intake.receive(tool, [prod()])
        Silence.objects.filter(pk=row.pk).update(starts_at=moments.now() - timedelta(1), ends_at=moments.now())
        told = intake.receive(tool, [prod()])
        assert len(told.opened) == 1
        assert Alert.objects.get().count == 2

    def test_what_is_part_of_an_incident_stays_there(self, tool: Integration) -> None:
        intake.receive(tool, [prod()])
        silence()
        told = intake.receive(tool, [prod()])
        assert (told.repeats, held()) == (1, {})
        told = intake.receive(tool, [over(), prod("g")])
        assert (len(told.resolved), held()) == (1, {"g": "silence"})

    def test_one_to_come_and_one_of_another_team_hold_nothing(self, tool: Integration, search: Team) -> None:
        now = moments.now()
        silence(starts_at=now + timedelta(minutes=5))
        silence(team=search)
        intake.receive(tool, [prod()])
        assert held() == {}

    def test_what_a_team_is_told_by_a_rule_is_that_teams_to_silence(self, tool: Integration, search: Team) -> None:
        rules.keep(None, by=None, name="Prod", conditions=PROD, team=search)
        silence(team=search)
        intake.receive(tool, [prod()])
        assert (held(), Alert.objects.get().team) == ({"f": "silence"}, search)

    def test_a_change_looks_again_at_what_it_held(self, tool: Integration) -> None:
        row = silence()
        intake.receive(tool, [prod("f"), prod("g", labels={"env": "prod", "host": "a"})])
        only_a = [*PROD, {"what": "label", "name": "host", "is": "equals", "values": ["a"]}]
        kept = quiet.silence(
            row, by=None, reason="Only a", conditions=only_a, team=None, starts_at=None, ends_at=row.ends_at
        )
        assert kept.starts_at == row.starts_at
        releasing.release_due(moments.now())
        assert held() == {"g": "silence"}

    def test_the_queries_do_not_grow_with_what_is_held_back(self, tool: Integration) -> None:
        silence()
        intake.receive(tool, [prod("warm")])
        counts = []
        for many in (1, 30):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                intake.receive(tool, [prod(f"{many}-{n}") for n in range(many)])
            counts.append(len(seen))
        assert counts[0] == counts[1]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"reason": " "}, "reason"),
            ({"conditions": []}, "conditions"),
            ({"conditions": [{"what": "label", "name": "", "is": "equals", "values": ["x"]}]}, "conditions[0].name"),
            (
                {
                    "conditions": [
                        {"what": "time", "zone": "UTC", "hours": [{"weekdays": [0], "start": "00:00", "end": "00:00"}]}
                    ]
                },
                "conditions",
            ),
            ({"ends_at": None}, "ends_at"),
            ({"ends_at": datetime(2020, 1, 1, tzinfo=timezone.get_default_timezone())}, "ends_at"),
            ({"starts_at": timezone.now() + timedelta(days=2)}, "ends_at"),
            ({"ends_at": timezone.now() + timedelta(days=200)}, "ends_at"),
            ({"private": True}, "team"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, given: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as refused:
            silence(**given)
        assert field in refused.value.message_dict
        assert Silence.objects.count() == 0

    def test_who_may(self, payments: Team, search: Team, bob: User) -> None:
        Membership.objects.filter(user=bob).delete()
        bob.role = "viewer"
        bob.save()
        Membership.objects.create(team=payments, user=bob, role="member")
        now = moments.now()
        given: dict[str, Any] = {"reason": "Known", "conditions": PROD, "starts_at": None}
        given["ends_at"] = now + timedelta(hours=1)
        mine = quiet.silence(None, by=bob, team=payments, **given)
        for team in (search, None):
            with pytest.raises(PermissionDenied):
                quiet.silence(None, by=bob, team=team, **given)
        of_all = silence()
        with pytest.raises(PermissionDenied):
            quiet.end(of_all, by=bob)
        with pytest.raises(PermissionDenied):
            quiet.silence(mine, by=bob, team=None, **given)
        assert quiet.end(mine, by=bob).ended_by == bob

    def test_nobody_holds_back_what_they_may_not_see(
        self, tool: Integration, payments: Team, search: Team, alice: User, charlie: User
    ) -> None:
        hush = factories.integration(payments, name="Hush", private=True)[0]
        User.objects.filter(pk=charlie.pk).update(role="admin")
        charlie.refresh_from_db()
        given: dict[str, Any] = {"reason": "Known", "conditions": PROD, "starts_at": None, "team": None}
        given["ends_at"] = moments.now() + timedelta(hours=1)
        row = quiet.silence(None, by=charlie, **given)
        assert row.private_teams == [search.pk]
        intake.receive(hush, [prod("a")])
        intake.receive(tool, [prod("b")])
        assert held() == {"b": "silence"}
        of_theirs = quiet.silence(None, by=charlie, **{**given, "team": payments})
        intake.receive(hush, [prod("c")])
        assert set(held()) == {"b"}
        # Whoever may see them and changes it makes it hold them back.
        quiet.silence(of_theirs, by=alice, **{**given, "team": payments})
        intake.receive(hush, [prod("d")])
        assert set(held()) == {"b", "d"}
        User.objects.filter(pk=alice.pk).update(is_active=False)
        intake.receive(hush, [prod("e")])
        assert set(held()) == {"b", "d", "e"}

    def test_an_owners_silence_is_of_every_private_alert(self, payments: Team, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(role="owner")
        alice.refresh_from_db()
        given: dict[str, Any] = {"reason": "Known", "conditions": PROD, "starts_at": None, "team": None}
        quiet.silence(None, by=alice, ends_at=moments.now() + timedelta(hours=1), **given)
        late = factories.integration(factories.TeamFactory(), name="Late", private=True)[0]
        intake.receive(late, [prod()])
        assert held() == {"f": "silence"}

    def test_what_is_over_is_not_changed_and_what_had_not_begun_never_does(self) -> None:
        row = quiet.end(silence(starts_at=moments.now() + timedelta(minutes=10)), by=None)
        assert row.ends_at == row.starts_at
        ended = quiet.end(silence(), by=None)
        with pytest.raises(ValidationError, match="over by now"):
            quiet.silence(
                ended,
                by=None,
                reason="Again",
                conditions=PROD,
                team=None,
                starts_at=None,
                ends_at=moments.now() + timedelta(hours=1),
            )

    def test_it_is_in_the_audit_log(self) -> None:
        row = quiet.end(silence(reason="Noisy disk"), by=None)
        assert AuditEvent.objects.filter(kind="incidents.silence", object=str(row.pk)).count() == 2


class TestMaintenance:
    def test_what_is_said_of_its_services_is_held_back(self, tool: Integration, checkout: Service) -> None:
        row = window(checkout)
        told = intake.receive(tool, [prod(service="checkout"), prod("g")])
        assert told.held == {("maintenance", row.pk): 1}
        assert (row.team, held()) == (checkout.team, {"f": "maintenance"})
        quiet.end(row, by=None)
        releasing.release_due(moments.now())
        assert held() == {}
        assert list(Incident.objects.get(alerts__fingerprint="f").services.all()) == [checkout]

    def test_each_service_has_to_be_theirs(self, checkout: Service, search: Team, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(role="viewer")
        bob.refresh_from_db()
        other = factories.ServiceFactory(name="Index", slug="index", team=search)
        given: dict[str, Any] = {"title": "Move", "starts_at": None, "ends_at": moments.now() + timedelta(hours=1)}
        with pytest.raises(PermissionDenied):
            quiet.maintain(None, by=bob, services=[checkout, other], **given)
        assert Maintenance.objects.count() == 0

    def test_it_needs_a_name_services_and_an_end(self) -> None:
        with pytest.raises(ValidationError) as refused:
            window(title="", ends_at=None)
        assert set(refused.value.message_dict) == {"title", "services", "ends_at"}


class TestDependency:
    @pytest.fixture
    def database(self, search: Team) -> Service:
        return factories.ServiceFactory(name="Database", slug="database", team=search)

    def needs(self, one: Service, other: Service, *, suppresses: bool = True) -> None:
        ServiceDependency.objects.create(service=one, depends_on=other, suppresses=suppresses)

    def test_while_what_it_needs_is_down_it_waits(
        self, tool: Integration, checkout: Service, database: Service, search: Team
    ) -> None:
        self.needs(checkout, database)
        intake.receive(tool, [prod("db", service="database")])
        upstream = Incident.objects.get()
        told = intake.receive(tool, [prod(service="checkout")])
        assert told.held == {("dependency", upstream.pk): 1}
        assert list(upstream.alerts_downstream.all()) == list(Alert.objects.quiet())
        assert releasing.release_due(moments.now()) == 0
        lifecycle.perform("cancel", upstream.pk, by=None, inputs={"kind": "false_alarm", "reason": "Nothing"})
        assert releasing.release_due(moments.now()) == 1
        assert (held(), Incident.objects.count()) == ({}, 2)

    def test_over_several_steps_and_only_where_that_is_said(
        self, tool: Integration, checkout: Service, database: Service, search: Team
    ) -> None:
        api = factories.ServiceFactory(name="API", slug="api", team=search)
        shop = factories.ServiceFactory(name="Shop", slug="shop", team=search)
        self.needs(checkout, api)
        self.needs(api, database)
        self.needs(shop, database, suppresses=False)
        intake.receive(tool, [prod("db", service="database")])
        intake.receive(tool, [prod("a", service="checkout"), prod("b", service="shop"), prod("c", service="database")])
        assert held() == {"a": "dependency"}

    def test_it_is_asked_again_when_the_dependency_is_not_one_any_more(
        self, tool: Integration, checkout: Service, database: Service
    ) -> None:
        self.needs(checkout, database)
        intake.receive(
            tool,
            [
                prod("db", service="database"),
            ],
        )
        intake.receive(tool, [prod(service="checkout")])
        ServiceDependency.objects.update(suppresses=False)
        assert releasing.release_due(moments.now() + timedelta(minutes=2)) == 1
        assert held() == {}


class TestCeiling:
    def test_what_is_more_than_the_ceiling_is_one_incident_and_nothing_is_dropped(
        self, tool: Integration, checkout: Service
    ) -> None:
        tool.ceiling = 3
        tool.save()
        (told,) = intake.receive_all(tool, [[prod(f"f{n}") for n in range(10)]])
        assert (len(set(told.opened)), told.folded) == (4, 7)
        fold = Incident.objects.get(title__startswith="More than 3 incidents a minute")
        assert fold.alerts.count() == 7
        assert fold.runs.get().state == "running"
        told = intake.receive(tool, [prod("late"), prod("f9")])
        assert (told.attached, told.opened, told.folded, told.repeats) == ([fold.pk], [], 1, 1)

    def test_the_worst_have_their_own(self, tool: Integration) -> None:
        tool.ceiling = 1
        tool.save()
        intake.receive(tool, [prod("a", severity="info"), prod("b", severity="critical"), prod("c", severity="info")])
        assert Alert.objects.get(fingerprint="b").incident.alerts.count() == 1
        assert Alert.objects.get(fingerprint="a").incident.alerts.count() == 2

    def test_each_team_has_its_own_fold(self, tool: Integration, checkout: Service, search: Team) -> None:
        factories.ServiceFactory(name="Index", slug="index", team=search)
        tool.ceiling = 1
        tool.save()
        intake.receive(tool, [prod("x"), prod("a"), prod("b", service="index"), prod("c", service="index")])
        folds = Incident.objects.filter(title__startswith="More than")
        assert {(fold.team, fold.alerts.count()) for fold in folds} == {(tool.team, 1), (search, 2)}

    def test_a_minute_later_there_is_room_again(self, tool: Integration) -> None:
        tool.ceiling = 1
        tool.save()
        with time_machine.travel("2026-11-27T12:00:00Z", tick=False):
            intake.receive(tool, [prod("a"), prod("b")])
        with time_machine.travel("2026-11-27T12:01:01Z", tick=False):
            told = intake.receive(tool, [prod("c")])
        assert (len(told.opened), told.folded) == (1, 0)

    def test_recoveries_find_their_way(self, tool: Integration) -> None:
        tool.ceiling = 1
        tool.save()
        intake.receive(tool, [prod("a"), prod("b"), prod("c")])
        told = intake.receive(tool, [over("b"), over("c")])
        fold = Incident.objects.get(title__startswith="More than")
        assert told.resolved == [fold.pk, fold.pk]
        assert "None is firing" in fold.timeline.filter(verb="alert.resolved").latest("pk").text


def test_the_sender_and_the_list_of_events_are_told(tool: Integration, payments: Team) -> None:
    row = silence()
    alerts = [{"status": "firing", "labels": {"alertname": "Disk", "env": "prod"}}]
    body = json.dumps({"version": "4", "groupKey": "g", "status": "firing", "alerts": alerts}).encode()
    event = inbox.keep(tool, Envelope(body=body))
    inbox.take_due()
    event = Event.objects.get(pk=event.pk)
    assert event.outcome["suppressed"] == [{"by": "silence", "key": row.pk, "count": 1}]
    assert inbox.told(event)["suppressed"] == 1


class TestConsole:
    def test_from_an_alert_to_a_silence_in_one_step(
        self, client: Client, alice: User, tool: Integration, payments: Team
    ) -> None:
        intake.receive(tool, [prod("f", labels={"env": "prod", "host": "a"})])
        alert = Alert.objects.get()
        client.force_login(alice)
        address = f"/silences/new/?alert={alert.public_id}"
        page = client.get(address).content.decode()
        assert 'value="host"' in page
        assert "These fire now" in page
        form = _filled(page)
        assert form["team"] == str(payments.pk)
        response = client.post(address, {**form, "reason": "Known"}, follow=True)
        assert response.status_code == 200, response.content.decode()
        row = Silence.objects.get()
        assert (row.team, row.created_by, row.reason) == (payments, alice, "Known")
        assert {c["name"]: c["values"] for c in row.conditions if c["what"] == "label"} == {
            "env": ["prod"],
            "host": ["a"],
        }
        assert row.ends_at - row.starts_at == timedelta(hours=2)
        told = intake.receive(tool, [prod("g", labels={"env": "prod", "host": "a"}), prod("h")])
        assert (told.held, len(told.opened)) == ({("silence", row.pk): 1}, 1)
        assert "g" in client.get(row.get_absolute_url()).content.decode()
        client.post(f"/silences/{row.pk}/end/")
        row.refresh_from_db()
        assert row.ended_by == alice

    def test_a_form_keeps_what_was_typed_and_explains(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        response = client.post("/silences/new/", {"text": "disk", "lasts": "", **_rows()})
        page = response.content.decode()
        assert response.status_code == 422
        for part in ("Say why", "Say when it ends", ">\ndisk</textarea>"):
            assert part in page

    def test_the_lists_search_filter_and_say_when_they_are_empty(self, client: Client, alice: User) -> None:
        client.force_login(alice)
        assert "Nothing is silenced" in client.get("/silences/").content.decode()
        assert "No maintenance ahead" in client.get("/maintenance/").content.decode()
        silence(reason="Noisy disk")
        quiet.end(silence(reason="Old thing"), by=None)
        page = client.get("/silences/").content.decode()
        assert "Noisy disk" in page
        assert "Old thing" not in page
        assert "Old thing" in client.get("/silences/?state=over").content.decode()
        assert "Nothing fits" in client.get("/silences/?q=nowhere").content.decode()

    def test_a_private_one_is_seen_by_its_team_only(self, client: Client, charlie: User, payments: Team) -> None:
        row = silence(reason="Secret thing", team=payments, private=True)
        client.force_login(charlie)
        assert "Secret thing" not in client.get("/silences/").content.decode()
        assert client.get(row.get_absolute_url()).status_code == 404
        assert client.get(f"/api/v1/silences/{row.pk}/").status_code == 404

    def test_a_list_costs_the_same_for_one_and_for_many(self, client: Client, alice: User, checkout: Service) -> None:
        client.force_login(alice)
        counts = []
        for many in (1, 12):
            for _ in range(many):
                window(checkout)
            client.get("/maintenance/")
            with CaptureQueriesContext(connection) as seen:
                client.get("/maintenance/")
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_a_window_is_planned_for_a_service(self, client: Client, alice: User, checkout: Service) -> None:
        client.force_login(alice)
        assert "checked" in client.get("/maintenance/new/?service=checkout").content.decode()
        given = {"title": "Move", "services": [checkout.pk], "lasts": "60"}
        assert client.post("/maintenance/new/", given).status_code == 302
        row = Maintenance.objects.get()
        assert (list(row.services.all()), row.ends_at - row.starts_at) == ([checkout], timedelta(hours=1))


def test_the_api_makes_changes_and_ends(client: Client, alice: User, payments: Team, checkout: Service) -> None:
    client.force_login(alice)
    ends = (moments.now() + timedelta(hours=1)).isoformat()
    given = {"reason": "Known", "conditions": PROD, "team": payments.slug, "ends_at": ends}
    made = client.post("/api/v1/silences/", given, content_type="application/json")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    wrong = client.post("/api/v1/silences/", {**given, "conditions": []}, content_type="application/json")
    assert wrong.status_code == 400
    assert "conditions" in wrong.content.decode()
    changed = client.patch(f"/api/v1/silences/{pk}/", {"reason": "Known for long"}, content_type="application/json")
    assert (changed.status_code, changed.json()["reason"]) == (200, "Known for long")
    assert client.post(f"/api/v1/silences/{pk}/end/").json()["ended_by"]["username"] == alice.username
    assert [row["id"] for row in client.get("/api/v1/silences/?state=over").json()["results"]] == [pk]
    given = {"title": "Move", "services": [checkout.slug], "ends_at": ends}
    made = client.post("/api/v1/maintenance-windows/", given, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["services"][0]["slug"] == checkout.slug


def _rows() -> dict[str, str]:
    return {"labels-TOTAL_FORMS": "0", "labels-INITIAL_FORMS": "0"}


class TestPagesOfTheIncident:
    @pytest.fixture
    def address(self, client: Client, alice: User, tool: Integration) -> str:
        intake.receive(tool, [prod()])
        client.force_login(alice)
        return f"/silences/new/?alert={Alert.objects.get().public_id}"

    def test_they_go_on_unless_somebody_says_so(self, client: Client, address: str) -> None:
        page = client.get(address).content.decode()
        incident = Incident.objects.get()
        assert f"Also stop paging {incident.reference} until the silence ends" in page
        assert "does not stop its pages" in page
        form = _filled(page)
        assert "hush" not in form
        told = client.post(address, {**form, "reason": "Known"}, follow=True).content.decode()
        assert f"{incident.reference} pages on until somebody acknowledges it." in told
        assert incident.runs.get().state == EscalationRun.State.RUNNING

    def test_they_stop_until_the_silence_ends(self, client: Client, address: str, alice: User) -> None:
        form = _filled(client.get(address).content.decode())
        told = client.post(address, {**form, "reason": "Known", "hush": "on"}, follow=True).content.decode()
        row, incident = Silence.objects.get(), Incident.objects.get()
        assert f"{incident.reference} pages nobody until it ends." in told
        assert (incident.phase, incident.acknowledged_by) == ("detect", alice)
        run = incident.runs.get()
        assert (run.state, run.due_at) == (EscalationRun.State.ACKNOWLEDGED, row.ends_at)
        with time_machine.travel(row.ends_at + timedelta(minutes=1)):
            escalation.advance_due()
        assert incident.runs.filter(state=EscalationRun.State.RUNNING).exists()
        assert incident.timeline.filter(verb="page.unacknowledged").exists()

    def test_a_refused_silence_stops_nothing(self, client: Client, address: str) -> None:
        form = _filled(client.get(address).content.decode())
        assert client.post(address, {**form, "reason": "", "hush": "on"}).status_code == 422
        assert Incident.objects.get().acknowledged_at is None
        assert not Silence.objects.exists()

    def test_nobody_is_offered_what_is_answered(self, client: Client, address: str, alice: User) -> None:
        incident = Incident.objects.get()
        escalation.acknowledge(incident.pk, by=alice)
        page = client.get(address).content.decode()
        assert "Also stop paging" not in page
        assert "does not stop its pages" not in page
        client.post(address, {**_filled(page), "reason": "Known", "hush": "on"})
        assert Silence.objects.count() == 1


def _filled(page: str) -> dict[str, Any]:
    """What the form in the page would send as it stands."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, Any] = {}
            self.select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            name = given.get("name") or ""
            if tag == "select":
                self.select = name
            elif tag == "option" and self.select and "selected" in given:
                self.found[self.select] = given.get("value") or ""
            elif tag == "input" and name and given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    self.found.setdefault(name, []).append(given.get("value") or "on")
            elif tag == "input" and name:
                self.found[name] = given.get("value") or ""

        def handle_endtag(self, tag: str) -> None:
            if tag == "select":
                self.select = ""

    reader = Reader()
    reader.feed(page[page.index('<form class="stack"') :])
    return reader.found


def test_trying_an_alert_says_what_would_hold_it_back(
    client: Client, alice: User, tool: Integration, checkout: Service
) -> None:
    silence(reason="Known disk")
    client.force_login(alice)
    body = json.dumps({"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "D", "env": "prod"}}]})
    page = client.post("/routing/try/", {"try-integration": tool.pk, "try-body": body}).content.decode()
    assert "held back by a silence, “Known disk”" in page


def test_an_incident_says_how_many_alerts_wait_for_it(
    client: Client, alice: User, tool: Integration, checkout: Service, search: Team
) -> None:
    other = factories.ServiceFactory(name="Database", slug="database", team=search)
    ServiceDependency.objects.create(service=checkout, depends_on=other, suppresses=True)
    intake.receive(tool, [prod("db", service="database")])
    intake.receive(tool, [prod("a", service="checkout"), prod("b", service="checkout")])
    client.force_login(alice)
    page = client.get(Incident.objects.get().get_absolute_url()).content.decode()
    assert "2 alerts of services that wait for these are held back" in page
    page = client.get("/services/checkout/").content.decode()
    assert "Database</a> is down, its alerts open no incident" in page


def test_an_admin_says_what_a_service_waits_for(admin_client: Client, checkout: Service, search: Team) -> None:
    other = factories.ServiceFactory(name="Database", slug="database", team=search)
    address = f"/admin/teams/service/{checkout.pk}/change/"
    given = {
        "name": checkout.name,
        "slug": checkout.slug,
        "team": checkout.team.pk,
        "tier": checkout.tier,
        "lifecycle": checkout.lifecycle,
        "waits": [other.pk],
        "links-TOTAL_FORMS": "0",
        "links-INITIAL_FORMS": "0",
    }
    refused = admin_client.post(address, given).content.decode()
    assert "does not depend on Database" in refused
    assert admin_client.post(address, {**given, "needs": [other.pk]}).status_code == 302
    assert checkout.dependencies.get().suppresses
    assert admin_client.post(address, {**given, "needs": [other.pk], "waits": []}).status_code == 302
    assert not checkout.dependencies.get().suppresses
