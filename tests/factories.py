"""Rows for tests. Incidents are walked through their phases by the real actions, never set there."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from incidents.actions import action_items, counterfactuals, factors, integrations, lifecycle, mitigation, postmortem
from incidents.models import ActionItem, Change, Incident, Integration, MetricCheck, Severity, Witness
from incidents.phases import Phase
from teams import phonebook
from teams.models import (
    ContactMethod,
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    Layer,
    LayerMember,
    Membership,
    NotificationRule,
    Organization,
    Role,
    Schedule,
    Service,
    Team,
    User,
)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    first_name = factory.LazyAttribute(lambda o: o.username.capitalize())
    email = factory.LazyAttribute(lambda o: f"{o.username}@example.org")
    password = "!"


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Team {n}")
    slug = factory.LazyAttribute(lambda o: o.name.lower().replace(" ", "-"))

    @factory.post_generation
    def people(self, create: bool, extracted: list[User] | None, **_: Any) -> None:
        for n, user in enumerate(extracted or []):
            Membership.objects.create(team=self, user=user, role="member" if n else "manager")


class ServiceFactory(DjangoModelFactory[Service]):
    class Meta:
        model = Service

    name = factory.Sequence(lambda n: f"Service {n}")
    slug = factory.LazyAttribute(lambda o: o.name.lower().replace(" ", "-"))
    team = factory.SubFactory(TeamFactory)


class ChangeFactory(DjangoModelFactory[Change]):
    class Meta:
        model = Change

    summary = factory.Sequence(lambda n: f"Deploy {n}")


def integration(team: Team, **fields: Any) -> tuple[Integration, str]:
    """An integration of `team` and its key."""
    given = {"name": f"{team.name} alerts", "kind": "alertmanager", **fields}
    made = Integration.objects.create(team=team, **given)
    return made, integrations.add_key(made, by=None)


def metrics(incident: Incident, service: Service) -> tuple[Witness, MetricCheck]:
    """A metric that the incident is watched by, and that of the service from which it came."""
    probe = {"title": "Errors", "url": "https://metrics.example/", "host": "metrics.example", "query": "e"}
    check = MetricCheck.objects.create(service=service, threshold=1, **probe)
    return Witness.objects.create(incident=incident, check_of=check, threshold=1, **probe), check


def schedule(team: Team, people: list[User], **layer: Any) -> Schedule:
    """A weekly rotation through `people`, who hand off on Mondays at nine UTC, from long ago."""
    made = Schedule.objects.create(
        team=team, name=layer.pop("name", "Primary"), time_zone=layer.pop("time_zone", "UTC")
    )
    values = {"anchor_date": date(2024, 1, 1), "handoff_time": time(9), "kind": "week", **layer}
    row = Layer.objects.create(schedule=made, **values)
    LayerMember.objects.bulk_create(LayerMember(layer=row, user=u, position=n) for n, u in enumerate(people))
    return made


def method(user: User, kind: str, address: str, *, minutes: int = 0) -> ContactMethod:
    """A way to reach somebody that they have proved, by which a page of high urgency comes after `minutes`."""
    made = ContactMethod.objects.create(
        user=user,
        kind=kind,
        address=address,
        shown=phonebook.shown(kind, address),
        digest=phonebook.digest_of(kind, address),
        verified_at=timezone.now(),
    )
    NotificationRule.objects.create(user=user, urgency="high", method=made, delay_minutes=minutes)
    return made


def policy(
    team: Team, *steps: list[Any], delay: int = 5, repeat: int = 0, fallback: User | None = None
) -> EscalationPolicy:
    """A policy whose steps name schedules, users or teams; it becomes the team's own."""
    made = EscalationPolicy.objects.create(team=team, name="Default", repeat=repeat, fallback_user=fallback)
    for n, targets in enumerate(steps):
        step = EscalationStep.objects.create(policy=made, position=n, delay_minutes=delay)
        for target in targets:
            EscalationTarget.objects.create(step=step, **{type(target).__name__.lower(): target})
    team.escalation_policy = made
    team.save()
    return made


def incident(
    team: Team, by: User, *, phase: str = Phase.DETECT, title: str = "Checkout fails", **fields: Any
) -> Incident:
    """An incident that `by` reported and that was walked to `phase` by the actions, with everything each step asks for.

    `by` commands; somebody else of the team carries out the mitigation.
    """
    made = lifecycle.report(by=by, title=title, team=team, **fields)
    for step in WALKS[Phase(phase)]:
        step(made.pk, by)
    return Incident.objects.get(pk=made.pk)


def _mate(pk: int, by: User) -> User:
    """Somebody else of the incident's team, or anybody where it has nobody else."""
    return User.objects.filter(teams__incidents=pk).exclude(pk=by.pk).first() or UserFactory()


def _declare(pk: int, by: User) -> None:
    lifecycle.perform("declare", pk, by=by, inputs={"severity": Severity.objects.get(pk=2), "commander": by})


def _mitigate(pk: int, by: User) -> None:
    mate = _mate(pk, by)
    made = mitigation.propose(pk, by=by, kind="roll_back", title="Roll back the last deploy", carried_by=mate)
    lifecycle.perform("start_mitigation", pk, by=by)
    mitigation.perform(made.pk, "execute", by=mate)


def _mitigate_again(pk: int, by: User) -> None:
    made = mitigation.propose(pk, by=by, kind="restart", carried_by=UserFactory())
    mitigation.perform(made.pk, "execute", by=by)
    _communicate(pk, by)


def _communicate(pk: int, by: User) -> None:
    for made in Incident.objects.get(pk=pk).mitigations.filter(state="executing"):
        mitigation.perform(made.pk, "worked", by=by)
    lifecycle.perform("confirm_mitigated", pk, by=by)


def _resolve(pk: int, by: User) -> None:
    given = {"confirmation": "error rate under 1 %", "reason": "everybody was told by telephone"}
    lifecycle.perform("resolve", pk, by=by, inputs=given, override=True)


def _review(pk: int, by: User) -> None:
    lifecycle.perform("start_review", pk, by=by, inputs={"facilitator": by})


def _close(pk: int, by: User) -> None:
    written(pk, by)
    action_item(pk, by)
    postmortem.move(pk, "submit", by=by)
    postmortem.move(pk, "approve", by=_mate(pk, by))
    if lifecycle.facts_of(Incident.objects.get(pk=pk), by=by).hindsight_unasked:
        counterfactuals.answer(pk, by=by, none=True)
    postmortem.move(pk, "publish", by=by)
    for user in User.objects.filter(assignments__incident=pk):
        postmortem.seen(Incident.objects.get(pk=pk).postmortem, user)
    lifecycle.perform("close", pk, by=by)


def written(pk: int, by: User, text: str = "Written.") -> None:
    """Write every section of an incident's postmortem."""
    keys = Incident.objects.get(pk=pk).postmortem.sections.values_list("key", flat=True)
    postmortem.edit(pk, by=by, sections=dict.fromkeys(keys, text))
    factors.add(pk, by=by, text="The limit was lower than the load")


def section(pk: int, key: str) -> str:
    """What a section of an incident's postmortem says."""
    return str(Incident.objects.get(pk=pk).postmortem.sections.get(key=key).text)


def action_item(pk: int, by: User, **fields: Any) -> ActionItem:
    """A concrete action item of the incident, of `by`."""
    given = {"title": "Add an alert", "owner": by, "due_on": date(2100, 1, 1), "kind": "detect", **fields}
    return action_items.add(pk, by=by, **{"end_state": "It fires in a drill", **given})


def _cancel(pk: int, by: User) -> None:
    lifecycle.perform("cancel", pk, by=by, inputs={"kind": "false_alarm"})


def _merge(pk: int, by: User) -> None:
    into = lifecycle.report(by=by, title="The other one", team=Incident.objects.get(pk=pk).team)
    lifecycle.perform("merge", pk, by=by, inputs={"target": into})


_FORWARD = [_declare, _mitigate, _communicate, _resolve, _review, _close]
WALKS: dict[Phase, list[Any]] = {
    Phase.DETECT: [],
    Phase.DECLARE: _FORWARD[:1],
    Phase.MITIGATE: _FORWARD[:2],
    Phase.COMMUNICATE: _FORWARD[:3],
    Phase.RESOLVE: _FORWARD[:4],
    Phase.REVIEW: _FORWARD[:5],
    Phase.CLOSED: _FORWARD[:6],
    Phase.CANCELLED: [_cancel],
    Phase.MERGED: [_merge],
}

__all__ = [
    "ChangeFactory",
    "Role",
    "ServiceFactory",
    "TeamFactory",
    "UserFactory",
    "incident",
    "integration",
    "policy",
    "schedule",
]


def organization_form(**more: Any) -> dict[str, Any]:
    """What the page of the organization in the administration sends: the defaults of its fields, and `more`."""
    fields = [field for field in Organization._meta.get_fields() if getattr(field, "editable", False)]
    kept = {field.name: field.get_default() for field in fields if field.concrete and not field.is_relation}
    # A box that is not ticked sends nothing.
    sent = {name: value for name, value in kept.items() if value is not None and not isinstance(value, bool)}
    return {**sent, "name": "Example", **more}
