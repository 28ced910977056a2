"""What rules make of alerts that come in: whose the incident is, how it pages, what joins it, what was counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.actions import intake, lifecycle, rules
from incidents.models import EscalationRun, Incident, Integration, RoutingMatch, RoutingRule, Severity, TimelineEntry
from incidents.sources import AlertReport
from teams.models import AuditEvent, EscalationPolicy, Service, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tool(payments: Team) -> Integration:
    return factories.integration(payments)[0]


def alert(fingerprint: str = "f", **fields: Any) -> AlertReport:
    return AlertReport(**{"fingerprint": fingerprint, "status": "firing", "title": fingerprint, **fields})


def prod(fingerprint: str = "f", **fields: Any) -> AlertReport:
    labels = {"env": "prod", **fields.pop("labels", {})}
    return alert(fingerprint, labels=labels, **fields)


def rule(name: str = "Production", **given: Any) -> RoutingRule:
    conditions = [{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}]
    return rules.keep(None, by=None, **{"name": name, "conditions": conditions, **given})


def sev(level: int) -> Severity:
    return Severity.objects.get(level=level)


def matched(name: str) -> int:
    return RoutingRule.objects.with_matches().get(name=name).matched


def test_without_rules_everything_is_as_it_was(tool: Integration, checkout: Service) -> None:
    intake.receive(tool, [alert(service="checkout", severity="critical", group_key="g")])
    incident = Incident.objects.get()
    assert (incident.team, incident.severity, incident.private, incident.group_key) == (
        checkout.team,
        None,
        False,
        "g",
    )
    assert list(incident.services.all()) == [checkout]
    assert incident.runs.get().severity == 1
    assert matched("Everything else") == 1


def test_a_rule_says_what_becomes_of_it(tool: Integration, search: Team, charlie: User, payments: Team) -> None:
    index = factories.ServiceFactory(name="Index", slug="index", team=search)
    policy = factories.policy(search, [charlie])
    rule(service=index, severity=sev(2), policy=policy, priority=1)
    intake.receive_all(tool, [[prod("a"), alert("b")]])
    mine = Incident.objects.get(alerts__title="a")
    assert (mine.team, mine.severity_id, mine.priority, mine.escalation_policy) == (search, 2, 1, policy)
    assert list(mine.services.all()) == [index]
    assert (mine.runs.get().policy, mine.runs.get().severity, mine.phase) == (policy, 2, "detect")
    other = Incident.objects.get(alerts__title="b")
    assert (other.team, other.severity_id, other.runs.get().policy) == (payments, None, payments.escalation_policy)
    assert (matched("Production"), matched("Everything else")) == (1, 1)
    told = TimelineEntry.objects.get(incident=mine, verb="alert.firing")
    assert told.data["rule"] == "Production"


def test_the_rules_team_pages_by_its_own_policy(
    tool: Integration, search: Team, charlie: User, checkout: Service
) -> None:
    checkout.escalation_policy = checkout.team.escalation_policy
    checkout.save()
    policy = factories.policy(search, [charlie])
    rule(team=search)
    intake.receive(tool, [prod(service="checkout")])
    incident = Incident.objects.get()
    assert (incident.team, incident.runs.get().policy) == (search, policy)
    # When the trouble comes back, too.
    intake.receive(tool, [prod(status="resolved")])
    EscalationRun.objects.update(state="stopped", due_at=None, ended_at=timezone.now(), ended_reason="over")
    intake.receive(tool, [prod()])
    assert incident.runs.first() == incident.runs.get(state="running")
    assert incident.runs.get(state="running").policy == policy


def test_a_private_integration_keeps_what_it_sends(payments: Team, search: Team, charlie: User) -> None:
    tool, _ = factories.integration(payments, private=True)
    rule(team=search, policy=factories.policy(search, [charlie]), severity=sev(1))
    intake.receive(tool, [prod()])
    incident = Incident.objects.get()
    assert (incident.private, incident.team, incident.severity_id) == (True, payments, 1)
    assert incident.runs.get().policy == payments.escalation_policy


def test_what_a_rule_makes_private_joins_nothing_that_everybody_sees(tool: Integration, search: Team) -> None:
    intake.receive(tool, [prod("a", group_key="g")])
    made = rule(team=search, private=True)
    intake.receive(tool, [prod("b", group_key="g")])
    rules.keep(made, by=None, private=False)
    intake.receive(tool, [prod("c", group_key="g")])
    assert [(i.private, i.alerts.count()) for i in Incident.objects.order_by("pk")] == [
        (False, 1),
        (True, 1),
        (False, 1),
    ]


def test_by_labels_into_one_incident_of_what_was_opened_lately(tool: Integration) -> None:
    rule(group_by="labels", group_labels=["region"], group_minutes=30)
    intake.receive(tool, [prod("a", labels={"region": "eu"}), prod("b", labels={"region": "us"})])
    intake.receive(tool, [prod("c", labels={"region": "eu"})])
    eu, _ = Incident.objects.order_by("pk")
    assert eu.alerts.count() == 2
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        received = intake.receive(tool, [prod("d", labels={"region": "eu"}), prod("a", labels={"region": "eu"})])
        later = Incident.objects.get(pk=received.opened[0])
        assert (received.repeats, later.alerts.count(), eu.alerts.count()) == (1, 1, 2)
        intake.receive(tool, [prod("e", labels={"region": "eu"})])
        assert later.alerts.count() == 2
    # The first goes on by itself, and its recovery is its own.
    eu.refresh_from_db()
    assert eu.is_active
    intake.receive(tool, [prod("a", status="resolved")])
    assert eu.alerts.filter(status="resolved").count() == 1


def test_by_service_into_the_incident_that_it_went_into(tool: Integration, checkout: Service, alice: User) -> None:
    rule(group_by="service")
    intake.receive(tool, [prod("a", service="checkout")])
    (first,) = Incident.objects.all()
    into = factories.incident(checkout.team, alice)
    lifecycle.perform("merge", first.pk, by=alice, inputs={"target": into})
    received = intake.receive(tool, [prod("b", service="checkout")])
    assert received.attached == [into.pk]


def test_it_is_declared_where_a_rule_says_so_and_pages(tool: Integration, alice: User) -> None:
    rule(declares=True, severity=sev(1))
    intake.receive(tool, [prod()])
    incident = Incident.objects.get()
    assert (incident.phase, incident.severity_id, incident.comms_required) == ("declare", 1, True)
    entry = incident.timeline.get(verb="incident.declare")
    assert (entry.actor, entry.text) == (None, "Watchbill declared the incident: SEV1")
    assert incident.runs.get().state == "running"


def test_the_tools_word_is_severity_enough_to_declare(tool: Integration) -> None:
    rule(declares=True)
    intake.receive(tool, [prod("a", severity="critical"), prod("b", severity="wobbly")])
    assert Incident.objects.get(alerts__title="a").severity_id == 1
    other = Incident.objects.get(alerts__title="b")
    assert other.phase == "detect"
    assert "Choose a severity" in other.timeline.get(verb="incident.not_declared").text
    assert other.runs.get().state == "running"


def test_what_nobody_took_pages_again(tool: Integration, alice: User) -> None:
    rule(declares=True, severity=sev(2), group_by="labels", group_labels=["env"])
    intake.receive(tool, [prod("a")])
    incident = Incident.objects.get()
    EscalationRun.objects.update(state="stopped", due_at=None, ended_at=timezone.now(), ended_reason="over")
    intake.receive(tool, [prod("b")])
    assert incident.runs.filter(state="running").count() == 1
    EscalationRun.objects.update(state="stopped", due_at=None, ended_at=timezone.now(), ended_reason="over")
    seat = incident.assignments.filter(state="held").first()
    assert seat is not None
    seat.accepted_at = timezone.now()
    seat.save()
    intake.receive(tool, [prod("c")])
    assert not incident.runs.filter(state="running").exists()


def test_rules_cost_the_same_queries_for_one_alert_and_for_many(tool: Integration, search: Team) -> None:
    for n in range(5):
        rule(
            f"rule {n}",
            conditions=[{"what": "text", "values": [f"x{n}-"]}],
            team=search,
            severity=sev(3),
            private=n > 2,
        )

    def queries(*reports: AlertReport) -> int:
        with CaptureQueriesContext(connection) as found:
            intake.receive_all(tool, [[each] for each in reports])
        return len(found)

    queries(alert("x0-first"))
    assert queries(alert("x1-alone")) == queries(*(alert(f"x{n % 5}-{n}") for n in range(60)))
    assert RoutingMatch.objects.count() == 5


def test_a_rule_that_cannot_be_read_holds_nothing_up(tool: Integration) -> None:
    made = rule()
    RoutingRule.objects.filter(pk=made.pk).update(conditions=[{"what": "moon"}])
    intake.receive(tool, [prod()])
    assert matched("Everything else") == 1


def test_one_that_is_off_is_not_asked(tool: Integration) -> None:
    rule(enabled=False)
    intake.receive(tool, [prod()])
    assert (matched("Production"), matched("Everything else")) == (0, 1)


def test_the_default_stays_and_catches(alice: User) -> None:
    default = RoutingRule.objects.get(is_default=True)
    with pytest.raises(ValidationError, match="can't be removed"):
        rules.remove(default.pk, by=None)
    kept = rules.keep(default, by=None, enabled=False, conditions=[{"what": "moon"}], priority=4)
    assert (kept.enabled, kept.conditions, kept.priority) == (True, [], 4)
    wrong: list[Any] = [
        lambda: RoutingRule.objects.filter(pk=default.pk).delete(),
        lambda: RoutingRule.objects.filter(pk=default.pk).update(is_default=False),
        lambda: RoutingRule.objects.filter(pk=default.pk).update(enabled=False),
        lambda: RoutingRule.objects.create(name="another", position=99, is_default=True),
    ]
    for each in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            each()


def test_order_is_changed_one_step_at_a_time() -> None:
    one, two, three = (rule(name) for name in ("one", "two", "three"))

    def order() -> list[str]:
        return list(RoutingRule.objects.values_list("name", flat=True))

    assert order() == ["one", "two", "three", "Everything else"]
    rules.move(three.pk, up=True, by=None)
    rules.move(one.pk, up=False, by=None)
    assert order() == ["three", "one", "two", "Everything else"]
    rules.move(three.pk, up=True, by=None)
    rules.move(two.pk, up=False, by=None)
    rules.move(RoutingRule.objects.get(is_default=True).pk, up=True, by=None)
    assert order() == ["three", "one", "two", "Everything else"]


def test_a_rule_without_conditions_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        rule(conditions=[], name=" ", group_by="labels")
    assert set(refused.value.message_dict) == {"name", "conditions", "group_labels"}


def test_only_staff_change_rules(alice: User, charlie: User) -> None:
    charlie.role = "responder"
    charlie.save()
    made = rule()
    for act in (
        lambda: rules.keep(made, by=charlie, name="mine"),
        lambda: rules.move(made.pk, up=True, by=charlie),
        lambda: rules.remove(made.pk, by=charlie),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_changes_are_in_the_audit_log_and_counts_are_not(tool: Integration) -> None:
    made = rule()
    intake.receive(tool, [prod()])
    rules.keep(made, by=None, severity=sev(1))
    found = AuditEvent.objects.filter(kind="incidents.routingrule", object=str(made.pk))
    assert found.count() == 2


def test_a_policy_that_a_rule_pages_by_stays(search: Team, charlie: User) -> None:
    policy = factories.policy(search, [charlie])
    rule(policy=policy)
    with pytest.raises(IntegrityError), transaction.atomic():
        EscalationPolicy.objects.filter(pk=policy.pk).delete()
