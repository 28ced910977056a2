"""Paging in the API: the ledger of an incident, and one's own ways to be reached."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from comms.models import Delivery
from comms.paging import ledger, simulating
from comms.paging.forms import SimulateForm
from incidents.api.base import UnderIncident
from incidents.models import EscalationRun, Page
from teams.api.base import Api
from teams.api.fields import Moment, Shown
from teams.models import ContactMethod, NotificationRule
from teams.serializers import Person


class TriedShown(serializers.Serializer[ledger.Tried]):
    channel = serializers.CharField()
    to = serializers.CharField(help_text="As much of the address as may be read.")
    rule = serializers.CharField(help_text="Why this way at this time.")
    due_at = Moment()
    outcome = serializers.ChoiceField(
        Delivery.State.choices, help_text="What still waits once somebody has answered counts as suppressed."
    )
    state = serializers.CharField(help_text="The outcome in words.")
    said = serializers.CharField(help_text="What the provider answered.")
    attempts = serializers.IntegerField()
    sent_at = Moment(allow_null=True)
    waited = serializers.FloatField(allow_null=True, help_text="Seconds from when it was due until it was taken.")
    took_ms = serializers.IntegerField(allow_null=True, help_text="Milliseconds that the provider took to answer.")


class LedgerLine(serializers.Serializer[ledger.Line]):
    at = Moment()
    step = serializers.IntegerField(help_text="Of the policy, from 1.")
    loop = serializers.IntegerField(help_text="Rounds before this one.")
    target = serializers.CharField()
    user = Person(allow_null=True)
    outcome = serializers.CharField(help_text="In words: paged, nobody there, passed over …")
    why = serializers.CharField()
    answered_at = Moment(allow_null=True)
    tried = TriedShown(many=True)


class LedgerRun(serializers.Serializer[ledger.Run]):
    run = serializers.IntegerField(source="run.pk")
    policy = serializers.CharField(source="run.policy", allow_null=True)
    state = serializers.ChoiceField(EscalationRun.State.choices, source="run.state")
    started_at = Moment(source="run.started_at")
    ended_at = Moment(source="run.ended_at", allow_null=True)
    due_at = Moment(source="run.due_at", allow_null=True, help_text="When it looks again.")
    reason = serializers.CharField(help_text="Why it ended, or that it goes on.")
    lines = LedgerLine(many=True)


class PagingLedger(UnderIncident):
    verbs = {"list": "incident.view"}
    queryset = EscalationRun.objects.none()

    @extend_schema(operation_id="paging_ledger_list", responses=LedgerRun(many=True), filters=False)
    def list(self, request: Request, incident_id: int) -> Response:
        """Why somebody was paged, and why somebody wasn't: everything that each run looked at and tried."""
        runs: Any = ledger.runs_of(self.incident)
        return Response(LedgerRun(runs, many=True).data)


class PageExplained(serializers.ModelSerializer[Page]):
    incident = serializers.IntegerField(source="incident_id")
    reference = serializers.CharField(source="incident.reference")
    title = serializers.CharField(source="incident.title")
    at = Moment(source="created_at")
    answered_at = Moment(source="acknowledged_at", allow_null=True)
    step = serializers.SerializerMethodField(help_text="Of the policy, from 1.")
    tried = serializers.SerializerMethodField()

    class Meta:
        model = Page
        fields = ["id", "incident", "reference", "title", "at", "step", "why", "urgency", "answered_at", "tried"]

    def get_step(self, page: Page) -> int:
        return page.level + 1

    @extend_schema_field(TriedShown(many=True))
    def get_tried(self, page: Page) -> Any:
        found: Any = ledger.tried(page)
        return TriedShown(found, many=True).data


class MyPagingLedger(Api):
    verbs = {"list": "self.view"}
    ordering = ("-pk",)
    queryset = Page.objects.all()

    @extend_schema(operation_id="me_paging_ledger_list", responses=PageExplained(many=True))
    def list(self, request: Request) -> Response:
        """Every page to you, the rule that chose you, and what became of each notification."""
        return self.answer_page(PageExplained, ledger.pages_of(self.me))


class SimulationGiven(serializers.Serializer[Any]):
    """One of: an alert with its integration, an incident of before, a service, a team."""

    alert = serializers.JSONField(required=False, help_text="Alertmanager's body, version 4.")
    integration = serializers.IntegerField(required=False, help_text="To which the alert would come.")
    incident = serializers.CharField(required=False, max_length=20, help_text="Such as INC-42.")
    service = serializers.IntegerField(required=False)
    team = serializers.IntegerField(required=False)
    severity = serializers.IntegerField(required=False, help_text="A level, when the alert says none.")
    at = Moment(required=False, help_text="Now, when it is left out.")


class NoticeShown(serializers.Serializer[simulating.Notice]):
    at = Moment()
    user = Person()
    channel = serializers.CharField()
    to = serializers.CharField()
    rule = serializers.CharField()
    digest = serializers.BooleanField(help_text="In a digest of what came meanwhile.")


class StepTaken(serializers.Serializer[simulating.Taken]):
    at = Moment()
    step = serializers.IntegerField(help_text="Of the policy, from 1.")
    loop = serializers.IntegerField(help_text="Rounds before this one.")
    people = serializers.SerializerMethodField()
    webhooks = serializers.ListField(child=serializers.CharField())
    empty = serializers.ListField(child=serializers.CharField(), help_text="Targets behind which nobody stands.")
    passed = serializers.ListField(child=serializers.IntegerField(), help_text="Steps whose conditions don't hold.")
    fallback = serializers.BooleanField(help_text="The policy's fallback is paged.")
    waits = Person(many=True, help_text="For whom it waits for a digest.")
    lost = Person(many=True, help_text="Whom nothing reaches.")
    notices = NoticeShown(many=True)

    @extend_schema_field(Person(many=True))
    def get_people(self, step: simulating.Taken) -> Any:
        found: Any = [user for user, _ in step.people]
        return Person(found, many=True).data


class SimulationShown(serializers.Serializer[simulating.Simulation]):
    policy = serializers.CharField(allow_null=True)
    severity = serializers.IntegerField(allow_null=True)
    urgency = serializers.CharField()
    joins = serializers.IntegerField(
        source="joins.pk", allow_null=True, default=None, help_text="The open incident that would take the alert."
    )
    ends_at = Moment(allow_null=True, help_text="When nobody is left to page.")
    steps = StepTaken(many=True)


class Simulate(Api):
    verbs = {"create": "team.view"}

    @extend_schema(operation_id="paging_simulate", request=SimulationGiven, responses=SimulationShown)
    def create(self, request: Request) -> Response:
        """Who would be paged, when and through what. Nothing is sent and nothing is changed."""
        given = self.given(SimulationGiven)
        typed = {name: given[name] for name in given if name not in ("alert", "at")}
        if "alert" in given:
            typed["body"] = json.dumps(given["alert"])
        form = SimulateForm({**typed, "at": given.get("at")}, user=self.me, zone="UTC")
        if not form.is_valid():
            called = {"body": "alert", "__all__": "non_field_errors"}
            raise serializers.ValidationError(
                {called.get(name, name): [str(each) for each in said] for name, said in form.errors.items()}
            )
        found = form.simulation(timezone.now())
        return self.answer(SimulationShown, replace(found, joins=simulating.joined_as_seen(found, self.me)))


class MethodShown(Shown):
    usable = serializers.BooleanField(help_text="Verified and not turned off.")

    class Meta:
        model = ContactMethod
        fields = ["id", "kind", "label", "shown", "usable", "verified_at", "disabled_at", "trouble", "trouble_at"]


class RuleShown(Shown):
    method = MethodShown(allow_null=True, help_text="Null: the e-mail address of the account.")

    class Meta:
        model = NotificationRule
        fields = ["id", "urgency", "delay_minutes", "method"]


class MyMethods(Api):
    verbs = {"list": "self.view"}
    ordering = ("pk",)
    queryset = ContactMethod.objects.all()

    @extend_schema(operation_id="me_contact_methods_list", responses=MethodShown(many=True))
    def list(self, request: Request) -> Response:
        """The ways to reach you. They are added in the console, where their codes are typed."""
        return self.answer_page(MethodShown, self.get_queryset().filter(user=self.me))


class MyRules(Api):
    verbs = {"list": "self.view"}
    ordering = ("urgency", "delay_minutes", "pk")
    queryset = NotificationRule.objects.select_related("method")

    @extend_schema(operation_id="me_notification_rules_list", responses=RuleShown(many=True))
    def list(self, request: Request) -> Response:
        """By which rules you hear of a page. None at all: by mail at once."""
        return self.answer_page(RuleShown, self.get_queryset().filter(user=self.me))
