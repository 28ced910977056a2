"""Each list costs the same number of queries for one row and for many."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from comms.models import Component, ComponentGroup, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.actions import action_items, lifecycle, notes, roles
from incidents.models import Alert, DutyDone, EscalationRun, Event, Page, RoleDuty, RolePolicy, RoutingRule
from incidents.phases import Phase
from teams.models import Layer, LayerMember, Override, Role, RosterWarning, Schedule, Team, TimeOff, User
from tests import factories
from tests.api.conftest import Api
from tests.cast import everybody

MANY = 4


class Scene:
    """One incident with room for rows of every kind."""

    def __init__(self, alice: User, payments: Team) -> None:
        self.alice, self.team = alice, payments
        self.incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
        self.page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
        self.integration, _ = factories.integration(payments)
        self.service = factories.ServiceFactory(team=payments)
        self.schedule = payments.schedules.get()

    def incidents(self, n: int) -> None:
        other = factories.incident(self.team, self.alice, title=f"Number {n}")
        other.services.add(factories.ServiceFactory(team=self.team))
        lifecycle.perform("declare", other.pk, by=self.alice, inputs={"severity": self.incident.severity})

    def timeline(self, n: int) -> None:
        notes.note(self.incident.pk, f"Note {n}", by=factories.UserFactory())

    def seats(self, n: int) -> None:
        role = Role.objects.get(slug="observer")
        roles.offer(self.incident.pk, role, factories.UserFactory(), by=self.alice)

    def mitigations(self, n: int) -> None:
        change = factories.ChangeFactory(service=factories.ServiceFactory(team=self.team))
        self.incident.mitigations.create(
            title=f"Try {n}", change=change, proposed_by=self.alice, carried_by=factories.UserFactory()
        )

    def playbooks(self, n: int) -> None:
        playbook = self.team.playbooks.create(title=f"When {n}", updated_by=factories.UserFactory())
        playbook.services.add(factories.ServiceFactory(team=self.team))
        playbook.steps.create(position=1, text="Look", person=factories.UserFactory())

    def playbook_runs(self, n: int) -> None:
        run = self.incident.playbook_runs.create(title=f"When {n}", started_by=factories.UserFactory())
        run.steps.create(position=1, text="Look", person=factories.UserFactory())

    def cards(self, n: int) -> None:
        service = factories.ServiceFactory(team=self.team)
        service.cards.create(title=f"Fail over {n}", approved_by=factories.UserFactory(), approved_at=timezone.now())

    def tasks(self, n: int) -> None:
        owner, giver = factories.UserFactory(), factories.UserFactory()
        self.incident.tasks.create(title=f"Check {n}", owner=owner, created_by=giver)

    def team_requests(self, n: int) -> None:
        giver, team = factories.UserFactory(), factories.TeamFactory()
        self.incident.team_requests.create(team=team, why="Look", asked_by=giver)

    def relations(self, n: int) -> None:
        other = factories.incident(self.team, self.alice, title=f"Other {n}")
        self.incident.relations.create(other=other, created_by=factories.UserFactory())

    def followers(self, n: int) -> None:
        self.incident.follows.create(user=factories.UserFactory())

    def alerts(self, n: int) -> None:
        Alert.objects.create(
            integration=self.integration, incident=self.incident, fingerprint=f"f{n}", title=f"Alert {n}"
        )

    def changes(self, n: int) -> None:
        at = self.incident.detected_at - timedelta(minutes=n + 1)
        factories.ChangeFactory(service=factories.ServiceFactory(team=self.team), at=at)

    def pages(self, n: int) -> None:
        run = self.incident.runs.first() or EscalationRun.objects.create(incident=self.incident)
        Page.objects.create(incident=self.incident, run=run, user=factories.UserFactory(), level=n, why="Step 1")

    def my_pages(self, n: int) -> None:
        other = factories.incident(self.team, self.alice)
        run = other.runs.get()
        Page.objects.create(incident=other, run=run, user=self.alice, level=n, why="Step 1")

    def runs(self, n: int) -> None:
        policy = self.team.policies.create(name=f"Policy {n}")
        EscalationRun.objects.create(
            incident=self.incident,
            policy=policy,
            state="stopped",
            due_at=None,
            ended_at=timezone.now(),
            ended_reason="Over",
        )

    def updates(self, n: int) -> None:
        told, _ = PageIncident.objects.get_or_create(page=self.page, incident=self.incident)
        StatusUpdate.objects.create(page_incident=told, body=f"Draft {n}", author=factories.UserFactory())

    def roster_warnings(self, n: int) -> None:
        schedule = factories.schedule(factories.TeamFactory(), [])
        user = factories.UserFactory()
        RosterWarning.objects.create(
            team=schedule.team, schedule=schedule, user=user, kind="away", key=str(n), text=f"Warning {n}"
        )

    def page_incidents(self, n: int) -> None:
        PageIncident.objects.create(page=self.page, incident=factories.incident(self.team, self.alice), title="x")

    def action_items(self, n: int) -> None:
        owner = factories.UserFactory()
        action_items.add(self.incident.pk, by=self.alice, title=f"Do {n}", owner=owner, due_on=date(2100, 1, 1))

    def postmortem(self, n: int) -> None:
        entry = notes.note(self.incident.pk, f"Note {n}", by=factories.UserFactory())
        self.incident.postmortem.entries.add(entry)
        self.incident.postmortem.seen_by.add(factories.UserFactory())

    def detail(self, n: int) -> None:
        self.seats(n)
        self.mitigations(n)
        self.timeline(n)
        self.incident.services.add(factories.ServiceFactory(team=self.team))
        merged = factories.incident(self.team, self.alice)
        lifecycle.perform("declare", merged.pk, by=self.alice, inputs={"severity": self.incident.severity})

    def users(self, n: int) -> None:
        factories.UserFactory()

    def teams(self, n: int) -> None:
        team = factories.TeamFactory(people=[factories.UserFactory()])
        factories.ServiceFactory(team=team)

    def services(self, n: int) -> None:
        service, other = (factories.ServiceFactory(team=factories.TeamFactory()) for _ in range(2))
        service.links.create(title="Latency", url="https://graphs.example")
        service.dependencies.create(depends_on=other)

    def health(self, n: int) -> None:
        self.services(n)
        service = factories.ServiceFactory(team=self.team)
        self.incident.services.add(service)
        type(self.incident).objects.filter(pk=self.incident.pk).update(phase=Phase.MITIGATE)
        self.service.dependencies.create(depends_on=service)

    def dependencies(self, n: int) -> None:
        self.service.dependencies.create(depends_on=factories.ServiceFactory(team=self.team))
        factories.ServiceFactory(team=self.team).dependencies.create(depends_on=self.service)

    def schedules(self, n: int) -> None:
        made = Schedule.objects.create(team=self.team, name=f"Schedule {n}")
        row = Layer.objects.create(
            schedule=made, anchor_date=date(2024, 1, 1), handoff_time=datetime(2024, 1, 1, 9, tzinfo=UTC).time()
        )
        LayerMember.objects.create(layer=row, user=factories.UserFactory())

    def layers(self, n: int) -> None:
        row = self.schedule.layers.create(name=f"Layer {n}", anchor_date=date(2024, 1, 1), handoff_time="09:00")
        LayerMember.objects.create(layer=row, user=factories.UserFactory())

    versions = layers

    def overrides(self, n: int) -> None:
        start = timezone.now() + timedelta(hours=n)
        Override.objects.create(
            schedule=self.schedule,
            user=factories.UserFactory(),
            starts_at=start,
            ends_at=start + timedelta(hours=1),
        )

    def swaps(self, n: int) -> None:
        at, user = datetime(2100, 1, 1, tzinfo=UTC) + timedelta(days=2 * n), factories.UserFactory()
        self.overrides(n)
        row = self.schedule.swaps.create(user=user, asked=self.alice, starts_at=at, ends_at=at + timedelta(days=1))
        Override.objects.filter(swap=None).update(swap=row, replaces=user)

    def time_off(self, n: int) -> None:
        user = factories.UserFactory()
        self.team.memberships.create(user=user)
        at = datetime(2100, 1, 1, tzinfo=UTC)
        TimeOff.objects.create(user=user, created_by=user, starts_at=at, ends_at=at + timedelta(days=1))

    def policies(self, n: int) -> None:
        policy = self.team.policies.create(name=f"Policy {n}")
        for position in range(2):
            step = policy.steps.create(position=position)
            step.targets.create(schedule=self.schedule)
            step.targets.create(user=factories.UserFactory())

    def roles(self, n: int) -> None:
        Role.objects.create(slug=f"role-{n}", name=f"Role {n}", duties="x", schedule=self.schedule)

    def components(self, n: int) -> None:
        group = ComponentGroup.objects.create(page=self.page, name=f"Group {n}")
        Component.objects.create(page=self.page, name=f"Part {n}", group=group, service=self.service, team=self.team)

    def subscribers(self, n: int) -> None:
        made = Subscriber.objects.create(page=self.page, email=f"reader{n}@example.org")
        part, _ = Component.objects.get_or_create(page=self.page, name="Checkout")
        made.components.add(part)

    def duties(self, n: int) -> None:
        duty = RoleDuty.objects.create(role=Role.objects.get(slug="scribe"), phase="declare", text=f"Duty {n}")
        DutyDone.objects.create(incident=self.incident, duty=duty, done_by=factories.UserFactory())

    def role_policies(self, n: int) -> None:
        RolePolicy.objects.create(
            name=f"Policy {n}",
            role=Role.objects.get(slug="scribe"),
            team=factories.TeamFactory(),
            service=factories.ServiceFactory(team=self.team),
            schedule=self.schedule,
        )

    def routing_rules(self, n: int) -> None:
        service = factories.ServiceFactory(team=factories.TeamFactory())
        RoutingRule.objects.create(
            position=n + 1,
            name=f"Rule {n}",
            conditions=[{"what": "integration", "values": [self.integration.pk]}],
            team=self.team,
            service=service,
            severity=self.incident.severity,
            policy=self.team.policies.first(),
        )

    def integrations(self, n: int) -> None:
        made, _ = factories.integration(self.team, name=f"Tool {n}")
        made.service = factories.ServiceFactory(team=self.team)
        made.save()
        Event.objects.create(integration=made, source="json", body=b"{}")

    def tokens(self, n: int) -> None:
        self.alice.api_tokens.create(name=f"Token {n}", digest=f"d{n}", hint="wb_")


LISTS: dict[str, str] = {
    "incidents": "incidents/",
    "timeline": "incidents/{pk}/timeline/",
    "seats": "incidents/{pk}/seats/",
    "duties": "incidents/{pk}/duties/",
    "role_policies": "role-policies/",
    "mitigations": "incidents/{pk}/mitigations/",
    "tasks": "incidents/{pk}/tasks/",
    "team_requests": "incidents/{pk}/teams/",
    "relations": "incidents/{pk}/relations/",
    "followers": "incidents/{pk}/followers/",
    "cards": "mitigation-cards/",
    "playbooks": "playbooks/",
    "playbook_runs": "incidents/{pk}/playbooks/",
    "alerts": "incidents/{pk}/alerts/",
    "changes": "incidents/{pk}/changes/",
    "pages": "incidents/{pk}/pages/",
    "my_pages": "me/pages/",
    "runs": "incidents/{pk}/escalation-runs/",
    "updates": "incidents/{pk}/updates/",
    "page_incidents": "page-incidents/",
    "action_items": "action-items/",
    "postmortem": "incidents/{pk}/postmortem/",
    "detail": "incidents/{pk}/",
    "users": "users/",
    "teams": "teams/",
    "services": "services/",
    "dependencies": "services/{service}/dependencies/",
    "health": "services/-/health/",
    "schedules": "on-call/",
    "layers": "schedules/{schedule}/layers/",
    "versions": "schedules/{schedule}/versions/",
    "overrides": "schedules/{schedule}/overrides/",
    "swaps": "swaps/",
    "time_off": "time-off/",
    "policies": "escalation-policies/",
    "roles": "roles/",
    "roster_warnings": "roster-warnings/",
    "components": "components/",
    "subscribers": "subscribers/",
    "tokens": "tokens/",
    "routing_rules": "routing-rules/",
    "integrations": "integrations/",
}


def cost(client: APIClient, url: str) -> tuple[int, bytes]:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, answer.content
    return len(queries), answer.content


class TestLists:
    @staticmethod
    def standing() -> dict[str, Any]:
        cast = everybody()
        User.objects.filter(pk=cast["alice"].pk).update(role="admin")
        return {**cast, "scene": Scene(cast["alice"], cast["payments"])}

    @pytest.mark.parametrize("name", LISTS)
    def test_it_costs_the_same_for_many(self, name: str, api: Api, stood: dict[str, Any]) -> None:
        scene: Scene = stood["scene"]
        client, add = api(scene.alice), getattr(scene, name)
        url = LISTS[name].format(pk=scene.incident.pk, schedule=scene.schedule.pk, service=scene.service.slug)
        add(0)
        one, short = cost(client, f"/api/v1/{url}?page_size=200")
        for n in range(1, MANY):
            add(n)
        many, long = cost(client, f"/api/v1/{url}?page_size=200")
        assert len(long) > len(short)
        assert many == one
