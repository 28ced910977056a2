"""What follows once all alerts of an incident are over, and alerts that come and go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comms.models import Delivery
from incidents.actions import alerts, escalation, intake, lifecycle, recovery, rules
from incidents.models import Alert, EscalationRun, Incident, Integration, Page, Severity
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.sources import AlertReport
from teams.models import Organization, Team, User
from tests import factories

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(BEGIN, tick=False) as travels:
        yield travels


@pytest.fixture
def tool(payments: Team) -> Integration:
    return factories.integration(payments)[0]


class Series:
    """A tool and the sweeps beside it, on a clock that is moved by hand."""

    def __init__(self, tool: Integration, clock: Any) -> None:
        self.tool, self.clock, self.minute = tool, clock, 0.0

    def wait(self, minutes: float) -> None:
        """Let time pass, with the sweeps coming each half minute, and after ten minutes every two."""
        began, until = self.minute, self.minute + minutes
        while self.minute < until:
            self.minute = min(self.minute + (0.5 if self.minute < began + 10 else 2), until)
            self.clock.move_to(BEGIN + timedelta(minutes=self.minute))
            escalation.advance_due()
            recovery.sweep(datetime.now(UTC))

    def say(self, status: str, *fingerprints: str, severity: str = "warning") -> None:
        names = fingerprints or ("disk",)
        reports = [
            AlertReport(each, status, each, severity=severity, group_key="g", service=None)  # type: ignore[arg-type]
            for each in names
        ]
        intake.receive(self.tool, reports)
        escalation.advance_due()

    def flip(self, times: int, *, fires: float = 1, rests: float = 1) -> None:
        for _ in range(times):
            self.say("firing")
            self.wait(fires)
            self.say("resolved")
            self.wait(rests)


@pytest.fixture
def series(tool: Integration, clock: Any) -> Series:
    return Series(tool, clock)


def policy(what: str, minutes: int = 5, **given: Any) -> None:
    rules.keep(
        None,
        by=None,
        name="All",
        conditions=[{"what": "integration", "values": [Integration.objects.get().pk]}],
        on_recovery=what,
        recovery_minutes=minutes,
        **given,
    )


def verbs(incident: Incident) -> list[str]:
    return list(incident.timeline.order_by("pk").values_list("verb", flat=True))


def test_by_itself_the_incident_is_only_told(series: Series) -> None:
    series.flip(1, rests=60)
    incident = Incident.objects.get()
    assert (incident.phase, incident.recovery_due_at, incident.resolve_proposed_at) == ("detect", None, None)


def test_what_nobody_touched_ends_by_itself(series: Series) -> None:
    policy("resolve")
    series.say("firing")
    series.wait(2)
    series.say("resolved")
    assert Incident.objects.get().recovery_due_at == BEGIN + timedelta(minutes=7)
    series.wait(4.5)
    assert Incident.objects.get().phase == "detect"
    series.wait(1)
    incident = Incident.objects.get()
    assert (incident.phase, incident.cancel_kind, incident.recovery_due_at) == ("cancelled", "recovered", None)
    told = incident.timeline.get(verb="incident.cancel")
    assert (told.actor, told.text) == (None, "Watchbill cancelled the incident: recovered by itself")
    assert told.reason == "All its alerts are over since 12:02 UTC"
    assert not recovery.settle(incident.pk)


def test_only_the_last_alert_counts_and_what_fires_again_calls_it_off(series: Series) -> None:
    policy("resolve")
    series.say("firing", "disk", "load")
    series.say("resolved", "disk")
    assert Incident.objects.get().recovery_due_at is None
    series.say("resolved", "load")
    series.wait(3)
    series.say("firing", "other")
    assert Incident.objects.get().recovery_due_at is None
    series.wait(10)
    assert Incident.objects.get().phase == "detect"


def test_a_person_at_work_decides(series: Series, alice: User, bob: User) -> None:
    policy("resolve")
    series.say("firing")
    incident = Incident.objects.get()
    escalation.acknowledge(incident.pk, by=bob)
    series.say("resolved")
    series.wait(6)
    incident.refresh_from_db()
    assert (incident.phase, incident.resolve_proposed_at) == ("detect", BEGIN + timedelta(minutes=5))
    told = incident.timeline.get(verb="incident.resolve_proposed")
    assert Delivery.objects.get(entry=told).user == bob
    assert recovery.accept(incident.pk, by=alice) == "cancelled the incident"
    incident.refresh_from_db()
    assert (incident.phase, incident.cancel_kind, incident.resolve_proposed_at) == ("cancelled", "recovered", None)
    with pytest.raises(Blocked):
        recovery.accept(incident.pk, by=alice)


def test_what_is_to_follow_is_known_before(series: Series, alice: User, client: Client) -> None:
    policy("resolve", 10)
    client.force_login(alice)
    series.say("firing")
    series.wait(2)
    incident = Incident.objects.get()
    page = incident.get_absolute_url()
    answer = f"/api/v1/incidents/{incident.pk}/"
    assert client.get(answer).json()["recovery"] is None
    series.say("resolved")
    assert client.get(answer).json()["recovery"] == {
        "since": "2026-03-02T12:02:00Z",
        "due_at": "2026-03-02T12:12:00Z",
        "verb": "cancel",
    }
    shown = " ".join(client.get(page).content.decode().split())
    assert "All its alerts are over since" in shown
    assert "It ends by itself, as recovered, at" in shown
    escalation.acknowledge(incident.pk, by=alice)
    assert client.get(answer).json()["recovery"]["verb"] is None
    assert "Watchbill proposes to resolve it at" in client.get(page).content.decode()
    client.post(f"{page}recovery/decline/")
    assert client.get(answer).json()["recovery"] is None
    series.wait(60)
    incident.refresh_from_db()
    assert (incident.phase, incident.resolve_proposed_at) == ("detect", None)
    assert verbs(incident).count("incident.kept_open") == 1
    with pytest.raises(Blocked):
        recovery.decline(incident.pk, by=alice)
    series.flip(1, rests=3)
    assert client.get(answer).json()["recovery"] is not None


def test_nobody_is_told_of_an_end_that_does_not_come(series: Series, alice: User) -> None:
    series.flip(5)
    incident = Incident.objects.get()
    assert incident.recovery_due_at is not None
    assert recovery.pending(incident) is None
    with pytest.raises(Blocked):
        recovery.decline(incident.pk, by=alice)


def test_it_is_proposed_once_for_a_recovery_and_anew_for_the_next(series: Series) -> None:
    policy("propose", 1)
    series.flip(1, rests=10)
    incident = Incident.objects.get()
    assert verbs(incident).count("incident.resolve_proposed") == 1
    series.say("firing")
    incident.refresh_from_db()
    assert incident.resolve_proposed_at is None
    assert "incident.proposal_withdrawn" in verbs(incident)
    series.say("resolved")
    series.wait(10)
    assert verbs(incident).count("incident.resolve_proposed") == 2


def test_who_keeps_it_open_is_not_asked_again(series: Series, alice: User) -> None:
    policy("propose", 1)
    series.flip(1, rests=5)
    incident = Incident.objects.get()
    recovery.decline(incident.pk, by=alice)
    series.wait(60)
    incident.refresh_from_db()
    assert (incident.phase, incident.resolve_proposed_at) == ("detect", None)


def test_a_commander_is_asked_phase_by_phase(series: Series, alice: User) -> None:
    Organization.objects.update(soak_minutes=10)
    policy("propose", 1)
    series.say("firing")
    incident = Incident.objects.get()
    lifecycle.perform(
        "declare", incident.pk, by=alice, inputs={"severity": Severity.objects.get(level=4), "commander": alice}
    )
    series.say("resolved")
    series.wait(2)
    assert Delivery.objects.get(entry__verb="incident.resolve_proposed").user == alice
    assert recovery.accept(incident.pk, by=alice) == "confirmed that service is restored"
    incident.refresh_from_db()
    assert (incident.phase, incident.recovered_by_itself) == ("communicate", True)
    with pytest.raises(Blocked) as refused:
        recovery.accept(incident.pk, by=alice)
    assert "soak_not_over" in {blocker.code for blocker in refused.value.blockers}
    series.wait(60)
    Incident.objects.filter(pk=incident.pk).update(comms_required=False)
    recovery.accept(incident.pk, by=alice)
    incident.refresh_from_db()
    assert (incident.phase, incident.confirmation) == ("resolve", "All its alerts are over since 12:00 UTC")


def test_what_a_rule_declared_and_nobody_took_goes_on_until_it_needs_a_person(series: Series) -> None:
    Organization.objects.update(soak_minutes=10)
    policy("resolve", 1, declares=True, severity=Severity.objects.get(level=1))
    series.flip(1, rests=2)
    incident = Incident.objects.get()
    assert incident.phase == "communicate"
    series.wait(60)
    incident.refresh_from_db()
    assert incident.phase == "communicate"
    refusal = incident.timeline.get(verb="incident.not_resolved")
    assert refusal.text.startswith("Not resolved by the routing rule: Stakeholders have not been told")
    assert verbs(incident).count("incident.resolve_proposed") == 1


def test_what_comes_back_soon_opens_nothing_new(series: Series) -> None:
    policy("resolve", 1)
    series.flip(1, rests=5)
    assert Incident.objects.get().phase == "cancelled"
    series.say("firing")
    incident = Incident.objects.get()
    assert incident.phase == "detect"
    assert "Watchbill took back the cancelling: it fires again" in incident.timeline.values_list("text", flat=True)
    series.say("resolved")
    series.wait(50)
    series.say("firing")
    assert Incident.objects.count() == 2


def test_what_a_person_cancelled_stays_so(series: Series, alice: User) -> None:
    policy("propose", 1)
    series.flip(1, rests=5)
    recovery.accept(Incident.objects.get().pk, by=alice)
    series.say("firing")
    assert Incident.objects.count() == 2


@pytest.mark.parametrize(("what", "minutes"), [("tell", 5), ("propose", 1), ("resolve", 1)])
def test_ten_flips_are_one_incident_one_page_and_one_line(series: Series, what: str, minutes: int) -> None:
    policy(what, minutes)
    series.flip(10, fires=1, rests=2)
    incident = Incident.objects.get()
    assert (incident.phase, Page.objects.count()) == ("detect", 1)
    told = incident.timeline.get(verb="alert.flapping")
    assert told.text.startswith("Flapping: disk came and went 4 times in 30 min")
    assert verbs(incident).count("alert.firing") == 4
    assert list(Alert.objects.order_by("pk").values_list("flapping", flat=True)) == [False] * 3 + [True] * 7
    # Thirty minutes after it was last over.
    series.wait(27)
    assert incident.timeline.filter(verb__in=["incident.cancel", "incident.resolve_proposed"]).count() < 4
    before = verbs(incident)
    series.wait(2)
    after = {"tell": "alert.steady", "propose": "incident.resolve_proposed", "resolve": "incident.cancel"}[what]
    assert verbs(incident)[len(before) :] == [after]


def test_pages_show_what_flaps_as_one(series: Series, alice: User, client: Client) -> None:
    series.say("firing", "load")
    series.say("firing")
    escalation.acknowledge(Incident.objects.get().pk, by=alice)
    series.wait(1)
    series.say("resolved")
    series.wait(2)
    series.flip(4, fires=1, rests=2)
    incident = Incident.objects.get()
    client.force_login(alice)
    shown = client.get(incident.get_absolute_url())
    rows = shown.context["alerts"]
    assert [(row.alert.title, row.times) for row in rows] == [("load", 1), ("disk", 5)]
    assert shown.context["alert_counts"] == {"firing": 1, "all": 2}
    page = " ".join(shown.content.decode().split())
    assert "Fired 5 times in 12 min" in page
    lines = [line.said or line.entry.text for line in shown.context["lines"]]
    assert {"Alert: load", "Alert: disk"} < set(lines)
    assert lines[-2:] == [
        "Came and went: fired 3 times, was over 3 times",
        "Flapping: disk came and went 4 times in 30 min. It is told and paged for again once it is steady",
    ]
    for entry in incident.timeline.all():
        assert page.count(f'id="entry-{entry.pk}"') == 1
    disk = rows[1].alert
    own = " ".join(client.get(disk.get_absolute_url()).content.decode().split())
    assert "5 times in 12 min in this incident" in own
    formers = incident.alerts.filter(title="disk").exclude(pk=disk.pk)
    assert all(former.get_absolute_url() in own for former in formers)
    form = client.get(f"{incident.get_absolute_url()}alerts/move/?alert={disk.pk}").content.decode()
    assert len(re.findall(r'name="alerts" value="\d+"[^>]*checked', form)) == 5


def test_flips_show_on_pages_that_are_open(series: Series) -> None:
    series.flip(5)
    before = Incident.objects.get().version
    lines = len(verbs(Incident.objects.get()))
    series.say("firing")
    assert Incident.objects.get().version == before + 1
    assert len(verbs(Incident.objects.get())) == lines


def test_what_flapped_and_stays_pages_again(series: Series) -> None:
    series.flip(5)
    series.say("firing")
    series.wait(9)
    assert Page.objects.count() == 1
    series.wait(2)
    assert Page.objects.count() == 2


def test_what_flaps_and_is_worse_pages_at_once(series: Series) -> None:
    series.flip(5)
    series.say("firing", severity="critical")
    series.wait(4)
    assert Page.objects.count() == 2


def test_another_alert_is_not_held_up_by_one_that_flaps(series: Series) -> None:
    series.flip(5)
    series.say("firing")
    assert EscalationRun.objects.filter(state="running").get().due_at == BEGIN + timedelta(minutes=20)
    series.say("firing", "load")
    series.wait(5)
    assert Page.objects.count() == 2


def test_an_alert_of_old_does_not_flap(series: Series) -> None:
    series.flip(6, fires=5, rests=6)
    assert not Alert.objects.filter(flapping=True).exists()


def test_a_moved_recovery_is_judged_where_it_is(series: Series, alice: User, payments: Team) -> None:
    policy("propose", 1)
    series.say("firing", "disk", "load")
    incident = Incident.objects.get()
    series.say("resolved", "load")
    other = factories.incident(payments, alice)
    alerts.move(incident.pk, [Alert.objects.get(title="disk").pk], to=other.pk, by=alice)
    incident.refresh_from_db()
    assert incident.recovery_due_at == BEGIN + timedelta(minutes=1)
    entry = other.timeline.get(verb="alert.moved")
    alerts.undo_move(entry.pk, by=alice)
    incident.refresh_from_db()
    assert incident.recovery_due_at is None


def test_merging_what_fires_ends_a_proposal(series: Series, alice: User, payments: Team) -> None:
    policy("propose", 1)
    series.flip(1, rests=5)
    incident = Incident.objects.get()
    tool, _ = factories.integration(payments, name="Another")
    (other,) = intake.receive(tool, [AlertReport("x", "firing", "x")]).opened
    lifecycle.perform("merge", other, by=alice, inputs={"target": incident})
    incident.refresh_from_db()
    assert (incident.phase, incident.resolve_proposed_at) == (Phase.DETECT, None)


def test_flapping_costs_one_query_however_many_and_none_for_repeats(tool: Integration) -> None:
    def queries(count: int, begin: int) -> list[str]:
        reports = [AlertReport(f"f{n}", "firing", f"f{n}", group_key="g") for n in range(begin, begin + count)]
        with CaptureQueriesContext(connection) as found:
            intake.receive_all(tool, [[each] for each in reports])
        return [each["sql"] for each in found if "bool_or" in each["sql"].lower()]

    queries(1, 0)
    assert (len(queries(1, 1)), len(queries(50, 2)), len(queries(50, 2))) == (1, 1, 0)
