"""Escalation: who is paged, in which order, and what stops it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from comms.models import Delivery
from incidents import links, urgency
from incidents.actions import escalation, lifecycle, roles
from incidents.models import Consideration, EscalationRun, Incident, Page, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Role, Schedule, Team, User, Webhook
from tests import factories


def sweep(after: timedelta = timedelta()) -> list[str]:
    """What a sweep `after` from now pages: names in order."""
    seen = set(Page.objects.values_list("pk", flat=True))
    with time_machine.travel(timezone.now() + after, tick=False):
        escalation.advance_due()
    return [p.user.username for p in Page.objects.exclude(pk__in=seen).select_related("user")]


@pytest.mark.django_db
def test_each_step_pages_until_somebody_answers(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    assert sweep() == ["alice"]
    assert sweep(timedelta(minutes=4)) == []
    assert sweep(timedelta(minutes=6)) == ["bob"]
    escalation.acknowledge(incident.pk, by=bob)
    assert sweep(timedelta(minutes=29)) == []
    run = EscalationRun.objects.get()
    assert (run.state, run.ended_reason) == ("acknowledged", "Acknowledged by Bob")


@pytest.mark.django_db
def test_when_nobody_answers_the_managers_are_told(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    for hours in (0, 1, 2, 3):
        sweep(timedelta(hours=hours))
    assert EscalationRun.objects.get().state == "exhausted"
    assert TimelineEntry.objects.filter(incident=incident, verb="page.exhausted").exists()


@pytest.mark.django_db
def test_a_gap_goes_to_the_fallback_at_once_and_is_told(alice: User, bob: User) -> None:
    team = factories.TeamFactory(people=[alice])
    empty = Schedule.objects.create(team=team, name="Empty")
    factories.policy(team, [empty], fallback=bob)
    incident = factories.incident(team, alice)
    assert sweep() == ["bob"]
    assert TimelineEntry.objects.filter(incident=incident, verb="page.gap").exists()


@pytest.mark.django_db
def test_an_empty_step_is_passed_at_once(alice: User, bob: User) -> None:
    team = factories.TeamFactory(people=[alice])
    factories.policy(team, [Schedule.objects.create(team=team, name="Empty")], [bob])
    factories.incident(team, alice)
    assert sweep() == ["bob"]


@pytest.mark.django_db
def test_somebody_who_has_left_is_a_gap(alice: User, bob: User, payments: Team) -> None:
    factories.incident(payments, bob)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert sweep() == ["bob"]


@pytest.mark.django_db
def test_editing_a_policy_does_not_derail_a_run(alice: User, bob: User, payments: Team) -> None:
    factories.incident(payments, alice)
    assert sweep() == ["alice"]
    assert payments.escalation_policy is not None
    payments.escalation_policy.delete()
    assert sweep(timedelta(minutes=6)) == ["bob"]


@pytest.mark.django_db
def test_without_any_policy_the_managers_hear_that_nobody_could_be_paged(alice: User) -> None:
    team = factories.TeamFactory(people=[alice])
    incident = factories.incident(team, alice)
    sweep()
    entry = TimelineEntry.objects.get(incident=incident, verb="page.exhausted")
    assert "nobody to page" in entry.text


@pytest.mark.django_db
def test_declaring_and_cancelling_stop_the_paging(alice: User, payments: Team) -> None:
    declared = factories.incident(payments, alice)
    lifecycle.perform("declare", declared.pk, by=alice, inputs={"severity": Severity.objects.get(pk=3)})
    factories.incident(payments, alice, phase=Phase.CANCELLED)
    assert sweep(timedelta(hours=1)) == []
    back = Incident.objects.get(phase=Phase.CANCELLED)
    lifecycle.perform("uncancel", back.pk, by=alice)
    assert sweep(timedelta(seconds=1)) == ["alice"]


@pytest.mark.django_db
def test_a_stranger_who_declares_does_not_silence_the_owners_pager(
    alice: User, charlie: User, payments: Team, search: Team
) -> None:
    incident = factories.incident(payments, charlie)
    lifecycle.perform(
        "declare", incident.pk, by=charlie, inputs={"severity": Severity.objects.get(pk=1), "commander": charlie}
    )
    assert sweep() == ["alice"]
    escalation.acknowledge(incident.pk, by=alice)
    assert sweep(timedelta(hours=1)) == []


@pytest.mark.django_db
def test_nobody_is_paged_for_what_is_over(alice: User, charlie: User, payments: Team, search: Team) -> None:
    incident = factories.incident(payments, charlie, phase=Phase.RESOLVE)
    assert sweep(timedelta(hours=1)) == []
    assert not incident.runs.filter(state="running").exists()


@pytest.mark.django_db
def test_the_paged_person_who_takes_a_seat_has_answered(alice: User, charlie: User, payments: Team) -> None:
    incident = factories.incident(payments, charlie)
    lifecycle.perform(
        "declare", incident.pk, by=charlie, inputs={"severity": Severity.objects.get(pk=1), "commander": charlie}
    )
    assert sweep() == ["alice"]
    roles.take(incident.pk, Role.objects.get(slug=Role.OPERATIONS), by=alice)
    assert sweep(timedelta(hours=1)) == []


@pytest.mark.django_db
def test_somebody_without_an_address_is_told_of_and_the_next_is_paged_at_once(
    alice: User, bob: User, payments: Team
) -> None:
    User.objects.filter(pk=alice.pk).update(email="")
    incident = factories.incident(payments, bob)
    assert sweep() == ["alice", "bob"]
    assert TimelineEntry.objects.filter(incident=incident, verb="page.undeliverable").exists()


@pytest.mark.django_db
def test_the_link_of_a_page_is_good_for_its_person_and_not_for_ever(alice: User, payments: Team) -> None:
    factories.incident(payments, alice)
    sweep()
    token = links.page_token(Page.objects.get())
    found = links.page_from_token(token)
    assert found is not None
    assert found.user == alice
    assert links.page_from_token(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert links.page_from_token(token) is None


@pytest.mark.django_db
def test_acknowledging_twice_is_no_error_but_after_the_end_it_is(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    escalation.acknowledge(incident.pk, by=alice)
    assert escalation.acknowledge(incident.pk, by=bob).acknowledged_by == alice
    over = factories.incident(payments, alice, phase=Phase.CANCELLED)
    with pytest.raises(Blocked):
        escalation.acknowledge(over.pk, by=alice)


@pytest.mark.django_db
def test_a_step_that_fails_is_tried_again_and_not_lost(alice: User, payments: Team) -> None:
    factories.incident(payments, alice)
    EscalationRun.objects.update(snapshot={"steps": "broken"})
    assert sweep() == []
    run = EscalationRun.objects.get()
    assert (run.state, run.attempts) == ("running", 1)
    assert run.due_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_page_once(alice: User, payments: Team) -> None:
    factories.incident(payments, alice)
    (run,) = EscalationRun.objects.all()
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        try:
            escalation.advance(run.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Page.objects.count() == 1


@pytest.mark.django_db
def test_one_after_the_other_is_paged_in_turn(alice: User, bob: User) -> None:
    team = factories.TeamFactory(people=[alice, bob])
    policy = factories.policy(team, [team])
    policy.steps.get().targets.update(way="round_robin")
    for expected in (["alice"], ["bob"], ["alice"]):
        factories.incident(team, alice)
        assert sweep() == expected


@pytest.mark.django_db
def test_everybody_in_a_rotation_is_paged(alice: User, bob: User) -> None:
    payments = factories.TeamFactory(people=[alice, bob])
    policy = factories.policy(payments, [factories.schedule(payments, [alice, bob])])
    policy.steps.get().targets.update(way="everybody")
    factories.incident(payments, alice)
    assert sorted(sweep()) == ["alice", "bob"]


@pytest.mark.django_db
def test_a_step_for_the_worst_only_is_passed_over_and_that_is_kept(alice: User, bob: User) -> None:
    team = factories.TeamFactory(people=[alice, bob])
    policy = factories.policy(team, [alice], [bob])
    policy.steps.filter(position=0).update(worst_level=1)
    incident = factories.incident(team, alice)
    Incident.objects.filter(pk=incident.pk).update(severity=Severity.objects.get(level=3))
    assert sweep() == ["bob"]
    passed, paged = Consideration.objects.order_by("pk")
    assert (passed.outcome, passed.why) == ("passed", "Only for severities up to SEV1, and this is SEV3")
    assert (paged.outcome, paged.user, paged.level) == ("paged", bob, 1)


@pytest.mark.django_db
def test_a_webhook_is_called_beside_the_people_of_its_step(alice: User) -> None:
    team = factories.TeamFactory(people=[alice])
    hook = Webhook.objects.create(team=team, name="Light", url="https://light.example/on", secret="s" * 32)
    factories.policy(team, [alice, hook])
    incident = factories.incident(team, alice)
    assert sweep() == ["alice"]
    assert Delivery.objects.get(channel="webhook").webhook == hook
    assert "Paged Alice; Called the webhook Light" in incident.timeline.get(verb="page.sent").text


@pytest.mark.django_db
def test_an_answer_that_leads_to_nothing_runs_out(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    sweep()
    escalation.acknowledge(incident.pk, by=alice)
    assert sweep(timedelta(minutes=29)) == []
    assert sweep(timedelta(minutes=31)) == ["alice"]
    incident.refresh_from_db()
    assert incident.acknowledged_at is None
    assert TimelineEntry.objects.filter(incident=incident, verb="page.unacknowledged").exists()


@pytest.mark.django_db
def test_an_answer_that_led_to_an_incident_does_not_run_out(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    sweep()
    escalation.acknowledge(incident.pk, by=alice)
    lifecycle.perform("declare", incident.pk, by=alice, inputs={"severity": Severity.objects.get(level=2)})
    sweep(timedelta(minutes=31))
    incident.refresh_from_db()
    assert incident.acknowledged_by == alice
    assert EscalationRun.objects.get().due_at is None


@pytest.mark.django_db
def test_what_an_alert_says_of_itself_counts_until_somebody_knows_better(alice: User, payments: Team) -> None:
    assert urgency.level_of(["warning"]) == 3
    assert urgency.level_of(["warning", "critical"]) == 1
    assert urgency.level_of(["warning", "purple"]) is None
    assert (escalation.urgency_of(4), escalation.urgency_of(1), escalation.urgency_of(None)) == ("low", "high", "high")
