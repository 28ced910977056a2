"""Who gets a role: by policy, from rosters, past whoever can't, and on to the next where nobody answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comms.models import Delivery
from incidents.actions import answering, lifecycle, roles
from incidents.models import Incident, IncidentType, RoleAssignment, RolePolicy, Severity, TimelineEntry
from incidents.problems import Blocked
from teams.models import Role, Service, Team, TimeOff, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def command() -> Role:
    return Role.objects.get(slug=Role.COMMANDER)


def policy(name: str, role: Role, of: Team, person: User, **fields: Any) -> RolePolicy:
    roster = factories.schedule(of, [person], name=f"{name} roster")
    return RolePolicy.objects.create(name=name, role=role, schedule=roster, **fields)


def declare(incident: Incident, by: User, level: int = 2) -> Incident:
    given = {"severity": Severity.objects.get(pk=level)}
    return lifecycle.perform("declare", incident.pk, by=by, inputs=given)


def assigned(incident: Incident) -> TimelineEntry:
    return TimelineEntry.objects.get(
        incident=incident, verb="role.assigned", data__role=Role.COMMANDER, data__source__gt=""
    )


def later(seat: RoleAssignment) -> None:
    """Let the time to answer be over."""
    RoleAssignment.objects.filter(pk=seat.pk).update(answer_due_at=timezone.now() - timedelta(seconds=1))
    answering.settle_due(timezone.now())


def test_the_most_specific_policy_decides_and_the_timeline_says_why(
    alice: User, bob: User, charlie: User, payments: Team, checkout: Service, command: Role
) -> None:
    breach = IncidentType.objects.create(slug="breach", name="Breach")
    dora, erin, frank = (factories.UserFactory(username=name) for name in ("dora", "erin", "frank"))
    policy("Anything", command, payments, bob)
    policy("Worst", command, payments, charlie, severity_to=1)
    policy("Breaches", command, payments, dora, type=breach)
    policy("Payments", command, payments, erin, team=payments)
    policy("Checkout", command, payments, frank, service=checkout, severity_to=1)
    expected: list[tuple[dict[str, Any], int, User]] = [
        ({}, 2, erin),
        ({"services": [checkout]}, 1, frank),
        ({"services": [checkout]}, 2, erin),
    ]
    for fields, level, person in expected:
        incident = declare(factories.incident(payments, alice, **fields), alice, level)
        assert incident.commander == person
        lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "false_alarm"})
    RolePolicy.objects.filter(name="Payments").update(enabled=False)
    leaking = factories.incident(payments, alice)
    Incident.objects.filter(pk=leaking.pk).update(type=breach)
    assert declare(leaking, alice).commander == dora
    # Dora commands now, and is passed over for whatever comes next.
    again = factories.incident(payments, alice)
    Incident.objects.filter(pk=again.pk).update(type=breach)
    assert declare(again, alice, 1).commander == charlie
    entry = assigned(again)
    assert entry.reason == "Chosen by the policy “Worst”. Passed over: Dora (commands another incident)."
    assert entry.data["policy"] == RolePolicy.objects.get(name="Worst").pk


def test_command_is_never_empty_whoever_is_away_or_tired(
    alice: User, bob: User, charlie: User, payments: Team, command: Role
) -> None:
    """Bob is away and Alice has been up for long: Charlie, who declares, acts. Without anybody else Bob is asked."""
    now = timezone.now()
    policy("Ours", command, payments, bob)
    TimeOff.objects.create(user=bob, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    busy = factories.incident(payments, alice)
    roles.take(busy.pk, Role.objects.get(slug=Role.SCRIBE), by=alice)
    RoleAssignment.objects.filter(incident=busy, user=alice).update(held_at=now - timedelta(hours=5))
    incident = declare(factories.incident(payments, charlie), charlie)
    assert incident.commander == charlie
    assert "Bob (away) and Alice (on duty for 5 h)" in assigned(incident).reason
    by_itself = factories.incident(payments, charlie, title="Found by a rule")
    lifecycle.perform("declare", by_itself.pk, by=None, inputs={"severity": Severity.objects.get(pk=2)})
    assert by_itself.commander == bob


def test_command_that_nobody_accepts_goes_to_the_next_and_is_never_empty(
    alice: User, bob: User, charlie: User, payments: Team, command: Role
) -> None:
    policy("First", command, payments, charlie)
    dora = factories.UserFactory(username="dora")
    incident = declare(factories.incident(payments, dora), dora)
    for person in (alice, bob, dora):
        later(incident.assignments.get(role=command, state="held"))
        assert incident.assignments.get(role=command, state="held").user == person
    passed = list(TimelineEntry.objects.filter(incident=incident, verb="role.passed").order_by("pk"))
    assert [entry.text for entry in passed] == [
        "Charlie did not accept Incident Commander in time: Alice is asked next",
        "Alice did not accept Incident Commander in time: Bob is asked next",
        "Bob did not accept Incident Commander in time: Dora acts",
    ]
    assert passed[0].data["call"] == "high"
    assert Delivery.objects.filter(entry=passed[0], user=alice).exists()
    later(incident.assignments.get(role=command, state="held"))
    assert incident.commander == dora
    assert TimelineEntry.objects.get(incident=incident, verb="role.unanswered").text.endswith("nobody else to ask")
    roles.take(incident.pk, command, by=dora)
    assert not RoleAssignment.objects.filter(answer_due_at__isnull=False, role=command).exists()
    assert answering.settle_due(timezone.now()) == 0


def test_an_offer_that_is_not_answered_comes_back_to_whoever_made_it(
    alice: User, bob: User, charlie: User, payments: Team
) -> None:
    scribe = Role.objects.get(slug=Role.SCRIBE)
    scribe.schedule = factories.schedule(payments, [charlie], name="Scribes")
    scribe.save()
    incident = factories.incident(payments, alice, phase="declare")
    roles.leave(incident.assignments.get(role=scribe).pk, by=charlie)
    offer = roles.offer(incident.pk, scribe, bob, by=alice)
    later(offer)
    entry = TimelineEntry.objects.get(incident=incident, verb="role.unanswered")
    assert entry.text.startswith("Bob has not answered for 5 min whether they take Scribe")
    assert Delivery.objects.filter(entry=entry, user=alice).exists()
    roles.accept(offer.pk, by=bob)
    assert incident.assignments.get(role=scribe, state="held").user == bob


def test_who_declines_command_passes_it_on(
    alice: User, bob: User, charlie: User, payments: Team, command: Role
) -> None:
    policy("First", command, payments, charlie)
    incident = declare(factories.incident(payments, alice), alice)
    roles.decline(incident.assignments.get(role=command).pk, by=charlie, reason="in the air")
    assert incident.commander == alice
    roles.decline(incident.assignments.get(role=command, state="held").pk, by=alice)
    assert incident.commander == bob
    with pytest.raises(Blocked):
        roles.decline(incident.assignments.get(role=command, state="held").pk, by=bob)


def test_a_tool_that_declares_is_never_made_commander(payments: Team, alice: User, bob: User, command: Role) -> None:
    """Everybody is away: whoever was passed over is asked after all, rather than a service account."""
    tool = factories.UserFactory(username="deploy-bot", is_service=True)
    payments.memberships.create(user=tool)
    policy("Command", command, payments, alice)
    TimeOff.objects.create(
        user=alice, starts_at=timezone.now() - timedelta(hours=1), ends_at=timezone.now() + timedelta(hours=1)
    )
    made = lifecycle.report(by=alice, title="Ledger is late", team=payments)
    declare(made, tool)
    assert made.assignments.get(role=command, state="held").user in (alice, bob)
