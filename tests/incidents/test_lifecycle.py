"""The verbs of an incident's life, as responders meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from incidents.actions import lifecycle, mitigation, notes
from incidents.models import Alert, Incident, Severity, TimelineEntry
from incidents.phases import VERBS, Phase
from incidents.problems import Blocked
from teams.models import Organization, Role, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


def codes(refused: pytest.ExceptionInfo[Blocked]) -> set[str]:
    return {b.code for b in refused.value.blockers}


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_is_reached_by_the_verbs_alone(phase: Phase, alice: User, payments: Team) -> None:
    assert factories.incident(payments, alice, phase=phase).phase == phase


def test_the_phase_cannot_be_set_by_hand(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    with pytest.raises(AttributeError):
        incident.phase = Phase.CLOSED


def test_reporting_names_everything_that_is_missing_at_once(alice: User) -> None:
    with pytest.raises(Blocked) as refused:
        lifecycle.report(by=alice, title=" ")
    assert codes(refused) == {"title_missing", "owner_missing"}


def test_reporting_leaves_the_start_of_the_impact_empty(alice: User, payments: Team) -> None:
    assert factories.incident(payments, alice).impact_started_at is None


def test_declaring_takes_a_severity_and_fills_the_seats_from_the_roster(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, bob)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("declare", incident.pk, by=bob)
    assert codes(refused) == {"severity_missing"}
    severity = Severity.objects.get(pk=2)
    incident = lifecycle.perform("declare", incident.pk, by=bob, inputs={"severity": severity})
    seat = incident.assignments.get(role__slug=Role.COMMANDER)
    assert (seat.user, seat.state, seat.accepted_at) == (alice, "held", None)
    assert incident.declared_at is not None
    assert incident.comms_track(timezone.now()) == "current"


def test_declaring_never_waits_for_a_commander(bob: User) -> None:
    team = factories.TeamFactory(people=[bob])
    incident = factories.incident(team, bob, phase=Phase.DECLARE)
    assert incident.commander == bob


def test_a_process_guard_gives_way_to_a_reason_and_keeps_it(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, bob)
    lifecycle.perform("declare", incident.pk, by=bob, inputs={"severity": Severity.objects.get(pk=1)})
    mitigation.propose(incident.pk, by=bob, kind="roll_back", carried_by=alice)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("start_mitigation", incident.pk, by=bob)
    assert codes(refused) == {"commander_not_accepted", "commander_carries_out"}
    assert refused.value.overridable
    with pytest.raises(Blocked) as unreasoned:
        lifecycle.perform("start_mitigation", incident.pk, by=bob, override=True)
    assert codes(unreasoned) == {"reason_missing"}
    lifecycle.perform("start_mitigation", incident.pk, by=bob, inputs={"reason": "losing orders"}, override=True)
    entry = TimelineEntry.objects.get(incident=incident, verb="incident.start_mitigation")
    assert (entry.reason, sorted(entry.overridden)) == (
        "losing orders",
        ["commander_carries_out", "commander_not_accepted"],
    )
    assert (entry.phase_from, entry.phase_to, entry.actor) == ("declare", "mitigate", bob)


def test_an_integrity_guard_holds_whatever_the_reason(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("start_mitigation", incident.pk, by=alice, inputs={"reason": "now"}, override=True)
    assert codes(refused) == {"mitigation_missing"}


def test_the_slower_of_two_is_told_what_happened(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("declare", incident.pk, by=bob, inputs={"severity": Severity.objects.get(pk=1)})
    (blocker,) = refused.value.blockers
    assert blocker.code == "wrong_phase"
    assert "Alice declared the incident" in blocker.message


def test_resolving_wants_confirmation_quiet_and_word_to_stakeholders(alice: User, payments: Team) -> None:
    Organization.objects.update(soak_minutes=10)
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    other = mitigation.propose(incident.pk, by=alice, kind="scale_up", carried_by=User.objects.get(username="bob"))
    mitigation.perform(other.pk, "execute", by=alice)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("resolve", incident.pk, by=alice)
    assert codes(refused) == {
        "confirmation_missing",
        "mitigation_in_flight",
        "soak_not_over",
        "recovery_not_told",
    }


def test_resolving_drafts_the_postmortem_from_the_timeline(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    draft = incident.postmortem
    assert draft.owner == alice
    assert "Roll back the last deploy" in factories.section(incident.pk, "resolution")
    assert draft.entries.filter(verb="incident.declare").exists()
    assert draft.due_on.weekday() < 5


def test_relapse_marks_what_worked_as_not_holding(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("relapse", incident.pk, by=alice)
    assert codes(refused) == {"reason_missing"}
    incident = lifecycle.perform("relapse", incident.pk, by=alice, inputs={"reason": "errors are back"})
    assert (incident.phase, incident.relapses, incident.mitigated_at) == (Phase.MITIGATE, 1, None)
    assert not incident.mitigations.filter(held=True).exists()


def test_reopening_keeps_the_first_and_the_last_resolution(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    first = incident.first_resolved_at
    lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "it is back"})
    factories._mitigate_again(incident.pk, alice)
    factories._resolve(incident.pk, alice)
    incident = Incident.objects.get(pk=incident.pk)
    assert incident.first_resolved_at == first
    assert incident.resolved_at is not None
    assert first is not None
    assert incident.resolved_at > first
    assert incident.postmortem.state == "draft"


def test_what_was_resolved_long_ago_is_not_reopened(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    with (
        time_machine.travel(timezone.now() + timedelta(days=8), tick=False),
        pytest.raises(Blocked) as refused,
    ):
        lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "again"})
    assert codes(refused) == {"too_old_to_reopen"}


def test_cancelling_is_undone_back_to_where_it_was(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.MITIGATE)
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "duplicate"})
    incident = lifecycle.perform("uncancel", incident.pk, by=alice)
    assert (incident.phase, incident.cancelled_at) == (Phase.MITIGATE, None)


def test_merging_takes_alerts_and_story_along_and_never_into_the_open(alice: User, payments: Team) -> None:
    target = factories.incident(payments, alice, title="The real one")
    incident = factories.incident(payments, alice, title="The echo")
    secret = factories.incident(payments, alice, title="Secret", private=True)
    notes.note(incident.pk, "Seen in Frankfurt only", by=alice)
    with pytest.raises(Blocked) as itself:
        lifecycle.perform("merge", incident.pk, by=alice, inputs={"target": incident})
    assert "target_in_cycle" in codes(itself)
    with pytest.raises(Blocked) as opened:
        lifecycle.perform("merge", secret.pk, by=alice, inputs={"target": target})
    assert codes(opened) == {"private_into_public"}
    lifecycle.perform("merge", incident.pk, by=alice, inputs={"target": target})
    story = [e.text for e in TimelineEntry.objects.of(target)]
    assert "Seen in Frankfurt only" in story
    incident = lifecycle.perform("unmerge", incident.pk, by=alice)
    assert (incident.phase, incident.merged_into) == (Phase.DETECT, None)


def test_a_merge_into_a_private_incident_brings_in_nobody_who_may_not_see_it(
    alice: User, bob: User, payments: Team
) -> None:
    stranger = factories.UserFactory(username="stranger")
    public = factories.incident(payments, alice)
    public.participants.add(bob, stranger)
    secret = factories.incident(payments, alice, private=True)
    lifecycle.perform("merge", public.pk, by=alice, inputs={"target": secret}, override=False)
    assert not Incident.objects.visible_to(stranger).filter(pk=secret.pk).exists()
    assert bob in secret.participants.all()


def test_undoing_a_merge_gives_the_alerts_back(alice: User, payments: Team) -> None:
    target, incident = factories.incident(payments, alice), factories.incident(payments, alice)
    source, _ = factories.integration(payments)
    for n, owner in enumerate((target, incident)):
        Alert.objects.create(integration=source, incident=owner, fingerprint=str(n), title="HighCPU")
    lifecycle.perform("merge", incident.pk, by=alice, inputs={"target": target})
    assert target.alerts.count() == 2
    lifecycle.perform("unmerge", incident.pk, by=alice)
    assert (target.alerts.get().fingerprint, incident.alerts.get().fingerprint) == ("0", "1")


def test_a_public_story_does_not_name_the_private_incident_it_went_into(alice: User, payments: Team) -> None:
    secret = factories.incident(payments, alice, title="Breach", private=True)
    incident = factories.incident(payments, alice)
    lifecycle.perform("merge", incident.pk, by=alice, inputs={"target": secret})
    told = [(e.text, str(e.data)) for e in incident.timeline.all()]
    assert not any(secret.reference in text or "Breach" in text or "target" in data for text, data in told)


def test_a_time_given_for_what_happened_earlier_stands_beside_when_it_was_recorded(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    earlier = timezone.now() - timedelta(minutes=20)
    incident = lifecycle.perform(
        "declare", incident.pk, by=alice, inputs={"severity": Severity.objects.get(pk=3)}, occurred_at=earlier
    )
    entry = TimelineEntry.objects.get(incident=incident, verb="incident.declare")
    assert incident.declared_at == entry.occurred_at == earlier
    assert entry.recorded_at > earlier
    with pytest.raises(Blocked) as refused:
        notes.note(incident.pk, "soon", by=alice, occurred_at=timezone.now() + timedelta(hours=1))
    assert codes(refused) == {"occurred_in_future"}
    assert notes.note(incident.pk, "sometime", by=alice, time_unknown=True).occurred_at is None


@pytest.mark.parametrize(
    "attack",
    [
        lambda: TimelineEntry.objects.update(text="it never happened"),
        lambda: TimelineEntry.objects.all().delete(),
    ],
)
def test_the_database_refuses_to_change_history(attack: Any, alice: User, payments: Team) -> None:
    factories.incident(payments, alice)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        attack()


def test_a_correction_points_to_what_it_corrects(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    wrong = notes.note(incident.pk, "It began at two", by=alice)
    first = notes.correct(wrong.pk, "It began at three", by=bob)
    second = notes.correct(first.pk, "It began at four", by=bob)
    assert first.corrects == second.corrects == wrong
    wrong.refresh_from_db()
    assert wrong.text == "It began at two"


def test_every_change_of_severity_is_on_record(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    notes.set_severity(incident.pk, Severity.objects.get(pk=1), by=alice, reason="payments stopped")
    entry = TimelineEntry.objects.get(incident=incident, verb="severity.changed")
    assert entry.data == {"from": 2, "to": 1}
    with pytest.raises(Blocked):
        notes.set_severity(incident.pk, Severity.objects.get(pk=1), by=alice)


def test_raising_the_severity_starts_the_clock_of_communication(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    lifecycle.perform("declare", incident.pk, by=alice, inputs={"severity": Severity.objects.get(pk=4)})
    incident = notes.set_severity(incident.pk, Severity.objects.get(pk=1), by=alice)
    assert incident.comms_track(timezone.now()) == "current"
    incident = notes.set_severity(incident.pk, Severity.objects.get(pk=4), by=alice, reason="few are hit")
    assert incident.comms_track(timezone.now()) == "not_required"


def test_closing_wants_a_published_postmortem_with_something_concrete(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("close", incident.pk, by=alice)
    assert codes(refused) == {"review_unfinished", "action_items_missing"}
    assert not refused.value.overridable


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.CANCELLED, Phase.MERGED])
def test_nothing_moves_forward_from_the_end(phase: Phase, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=phase)
    for name, verb in VERBS.items():
        if phase not in verb.sources:
            with pytest.raises(Blocked):
                lifecycle.perform(name, incident.pk, by=alice, inputs={"reason": "x"}, override=True)
