"""Seats: one holder, passed on without ever being empty."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from incidents.actions import lifecycle, mitigation, roles
from incidents.models import RoleAssignment, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Role, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def command() -> Role:
    return Role.objects.get(slug=Role.COMMANDER)


def test_a_seat_passes_by_offer_and_acceptance_and_is_never_empty(
    alice: User, bob: User, payments: Team, command: Role
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    offered = roles.offer(incident.pk, command, bob, by=alice, brief="Rolling back; next update at ten")
    assert incident.commander == alice
    with pytest.raises(Blocked) as unread:
        roles.accept(offered.pk, by=bob, read_back="ok")
    assert (unread.value.blockers[0].code, incident.commander) == ("read_back_missing", alice)
    roles.accept(offered.pk, by=bob, read_back="We roll back, readers hear more at ten")
    assert incident.commander == bob
    held = incident.assignments.filter(role=command).values_list("user__username", "state")
    assert set(held) == {("alice", "ended"), ("bob", "held")}
    assert "from Alice" in TimelineEntry.objects.filter(incident=incident, verb="role.accepted").latest("pk").text


def test_only_whoever_was_asked_answers_and_only_once(
    alice: User, bob: User, charlie: User, payments: Team, command: Role
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    offered = roles.offer(incident.pk, command, bob, by=alice)
    with pytest.raises(Blocked):
        roles.accept(offered.pk, by=charlie)
    roles.decline(offered.pk, by=bob)
    with pytest.raises(Blocked) as over:
        roles.accept(offered.pk, by=bob)
    assert over.value.blockers[0].code == "offer_over"


def test_a_taken_seat_is_not_taken_again_but_relieved_with_a_reason(
    alice: User, bob: User, payments: Team, command: Role
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    with pytest.raises(Blocked) as taken:
        roles.take(incident.pk, command, by=bob)
    assert taken.value.blockers[0].code == "seat_taken"
    with pytest.raises(Blocked):
        roles.relieve(incident.pk, command, by=bob, reason=" ")
    roles.relieve(incident.pk, command, by=bob, reason="Alice is unreachable")
    assert incident.commander == bob


def test_who_takes_a_seat_that_was_not_accepted_names_whom_the_roster_chose(
    alice: User, bob: User, payments: Team, command: Role
) -> None:
    incident = factories.incident(payments, bob)
    severity = Severity.objects.get(pk=2)
    lifecycle.perform("declare", incident.pk, by=bob, inputs={"severity": severity})
    roles.take(incident.pk, command, by=bob)
    entry = TimelineEntry.objects.get(incident=incident, verb="role.taken")
    assert "Alice had not accepted" in entry.text
    assert entry.data["from"] == alice.pk


def test_a_commander_who_cannot_leaves_command_to_whoever_declared(
    alice: User, bob: User, payments: Team, command: Role
) -> None:
    incident = factories.incident(payments, bob)
    lifecycle.perform("declare", incident.pk, by=bob, inputs={"severity": Severity.objects.get(pk=2)})
    roles.decline(incident.assignments.get(role=command).pk, by=alice, reason="on a plane")
    assert incident.commander == bob


def test_a_seat_for_several_has_nobody_to_relieve(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    expert = Role.objects.get(slug="subject-matter-expert")
    roles.take(incident.pk, expert, by=alice)
    with pytest.raises(Blocked) as refused:
        roles.relieve(incident.pk, expert, by=alice, reason="again")
    assert refused.value.blockers[0].code == "nobody_to_relieve"


def test_command_is_handed_over_and_not_left(alice: User, payments: Team, command: Role) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    seat = incident.assignments.get(role=command, state="held")
    with pytest.raises(Blocked):
        roles.leave(seat.pk, by=alice)


def test_the_database_allows_one_holder_of_a_single_seat(alice: User, bob: User, payments: Team, command: Role) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.create(
            incident=incident, role=command, user=bob, state="held", held_at=timezone.now(), single_seat=True
        )


def test_several_experts_sit_side_by_side(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    expert = Role.objects.get(slug="subject-matter-expert")
    for person in (alice, bob):
        roles.take(incident.pk, expert, by=person)
    assert incident.assignments.filter(role=expert, state="held").count() == 2


def test_the_commander_keeps_hands_off_unless_there_is_a_reason(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    proposed = mitigation.propose(incident.pk, by=alice, kind="restart", carried_by=alice)
    with pytest.raises(Blocked) as refused:
        mitigation.perform(proposed.pk, "execute", by=alice)
    assert refused.value.overridable
    done = mitigation.perform(proposed.pk, "execute", by=alice, override=True, reason="alone at 3 a.m.")
    assert done.state == "executing"
    entry = TimelineEntry.objects.get(incident=incident, verb="mitigation.executing")
    assert entry.overridden == ["commander_carries_out"]


def test_a_mitigation_says_what_can_be_done_with_it_now(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    proposed = mitigation.propose(incident.pk, by=alice, kind="restart")
    with pytest.raises(Blocked) as refused:
        mitigation.perform(proposed.pk, "worked", by=alice)
    assert "approve, execute, drop" in refused.value.blockers[0].message
