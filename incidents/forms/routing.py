"""What a routing rule is filled in as, and what it is tried with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.formsets import BaseFormSet, formset_factory
from django.forms.utils import ErrorDict
from django.utils import timezone

from incidents import routing
from incidents.actions import inbox
from incidents.forms.fields import ServicesField
from incidents.models import Event, Integration, RoutingRule, Severity
from incidents.models.routing import PRIORITIES
from incidents.sources import AlertReport, Envelope, InvalidEventError, SourceError
from incidents.sources.registry import SOURCES
from teams import permits
from teams.forms import ClockField, Refusable
from teams.models import EscalationPolicy, Service, Team
from teams.zones import zone_names

ROWS = 3
LONGEST_BODY = 512 * 1024
LAST_EVENTS = 30
# Sources whose requests tell of no alert.
NOT_ALERTS = ("changes", "heartbeat")


def _listed(text: str, mark: str = ",") -> list[str]:
    return [each.strip() for each in text.split(mark) if each.strip()]


class RuleFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Name, label, team or service", widget=forms.TextInput({"type": "search"})
    )

    def narrow(self, found: Any) -> Any:
        """The rules that have every word in them."""
        self.is_valid()
        for word in self.cleaned_data.get("q", "").split()[:8]:
            found = found.filter(
                Q(name__icontains=word)
                | Q(conditions__icontains=word)
                | Q(team__name__icontains=word)
                | Q(service__name__icontains=word)
                | Q(policy__name__icontains=word)
            )
        return found


class LabelForm(forms.Form):
    """One row of "label … is …". Left empty, it says nothing."""

    name = forms.CharField(
        required=False,
        max_length=routing.LONGEST_NAME,
        label="Label",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "placeholder": "env"}),
    )
    test = forms.ChoiceField(
        required=False,
        label="Comparison",
        initial="equals",
        choices=[
            ("equals", "is"),
            ("not", "is none of"),
            ("one_of", "is one of"),
            ("like", "is like (* for anything)"),
            ("present", "is there"),
            ("absent", "is not there"),
        ],
    )
    values = forms.CharField(
        required=False,
        max_length=4000,
        label="Value",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "placeholder": "prod"}),
    )

    def given(self) -> dict[str, Any] | None:
        """The condition as it is kept, None for a row that is empty."""
        found = self.cleaned_data
        if not found.get("name") and not found.get("values"):
            return None
        told: dict[str, Any] = {"what": "label", "name": found.get("name", ""), "is": found.get("test") or "equals"}
        if told["is"] in routing.WITHOUT_VALUES:
            return told
        # A single value may have commas in it.
        several = told["is"] not in routing.ONE_VALUE
        return {**told, "values": _listed(found["values"]) if several else [found["values"]]}


LabelRows: type[BaseFormSet[LabelForm]] = formset_factory(LabelForm, extra=ROWS, max_num=routing.MOST_CONDITIONS)


class PolicyField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.team.name} · {obj.name}"


class RuleForm(Refusable):
    """A rule. `labels` are its rows about labels, each a form of its own."""

    all_optional = True

    name = forms.CharField(max_length=80, required=False, label="Name", help_text="What it is for, in a few words.")
    enabled = forms.BooleanField(required=False, initial=True, label="In use")
    text = forms.CharField(
        required=False,
        max_length=4000,
        label="Text contains any of",
        widget=forms.Textarea({"rows": 2}),
        help_text="One a line. Looked for in the title, the summary and the annotations, in any case.",
    )
    severity_words = forms.CharField(
        required=False,
        max_length=1000,
        label="Severity is any of",
        help_text="In the words of the tool, with commas between, such as <code>critical, page</code>.",
    )
    integrations = forms.ModelMultipleChoiceField(
        Integration.objects.all(),
        required=False,
        label="It comes from any of",
        widget=forms.CheckboxSelectMultiple,
    )
    services = ServicesField(label="It is about any of")
    days = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        label="On these days",
        choices=[(n, day) for n, day in enumerate(routing.DAYS)],
        widget=forms.CheckboxSelectMultiple,
        help_text="None: at any time. A night belongs to the day on which it begins.",
    )
    start = forms.TimeField(required=False, label="From", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    end = forms.TimeField(required=False, label="To", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    zone = forms.ChoiceField(required=False, label="On the clock of")
    inside = forms.ChoiceField(
        required=False, label="It comes", choices=[("in", "within these hours"), ("out", "outside these hours")]
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), required=False, empty_label="That of the service, else of the integration"
    )
    service = forms.ModelChoiceField(Service.objects.all(), required=False, empty_label="Those that the alert names")
    severity = forms.ModelChoiceField(
        Severity.objects.all(), required=False, empty_label="Nobody has judged it yet", label="Severity"
    )
    policy = PolicyField(
        EscalationPolicy.objects.select_related("team"),
        required=False,
        empty_label="That of the service, else of the team",
        label="Escalation policy",
    )
    priority = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, label="Priority", choices=[("", "None"), *PRIORITIES]
    )
    private = forms.BooleanField(
        required=False,
        label="Private",
        help_text="Only the team, those who take part and owners see it. A private integration stays private anyway.",
    )
    declares = forms.BooleanField(
        required=False,
        label="Declare it at once",
        help_text="Roles are filled from the rosters, and it pages all the same. Without a severity above it takes the"
        " one that the tool's word means; where it means none, the incident stays detected and its timeline says why.",
    )
    group_by = forms.ChoiceField(
        required=False,
        initial="tool",
        label="One incident for",
        widget=forms.RadioSelect,
        choices=[
            ("tool", "what the tool puts into one group, else each alert"),
            ("labels", "what has the same values of these labels"),
            ("service", "what is about the same service"),
        ],
    )
    group_labels = forms.CharField(
        required=False,
        max_length=2000,
        label="These labels",
        help_text="With commas between. An alert that has none of them stays in its tool's group.",
    )
    group_minutes = forms.IntegerField(
        required=False,
        label="For so many minutes",
        help_text="From when the incident was opened; what comes later opens another. Empty: as long as it is active.",
    )

    def __init__(self, data: Any = None, *, rule: RoutingRule, zone: str) -> None:
        super().__init__(data, initial=_initial(rule, zone))
        self.rule = rule
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in zone_names()]
        self.labels = LabelRows(data, prefix="labels", initial=_labels(rule))
        self.places_of: dict[str, Any] = {}

    def is_valid(self) -> bool:
        """Whether both the form and its rows are filled in as they can be read."""
        return super().is_valid() & self.labels.is_valid()

    def without_errors(self) -> None:
        """Say nothing of what is missing: somebody is still filling it in."""
        for form in (self, *self.labels.forms):
            setattr(form, "_errors", ErrorDict())  # noqa: B010 - the stubs do not know it

    def given(self) -> dict[str, Any]:
        """What was filled in, as `actions.rules` takes it."""
        found = self.cleaned_data
        told = {
            name: found[name]
            for name in ("name", "enabled", "team", "service", "severity", "policy", "priority", "private", "declares")
        }
        return told | {
            "conditions": list(self._conditions()),
            "group_by": found["group_by"] or "tool",
            "group_labels": _listed(found["group_labels"]),
            "group_minutes": found["group_minutes"],
        }

    def _conditions(self) -> Iterable[dict[str, Any]]:
        """The conditions in their order; remembers which row or field each came from."""
        found = self.cleaned_data
        rows = ((row, row.given()) for row in self.labels.forms)
        told: list[tuple[Any, dict[str, Any]]] = [(row, condition) for row, condition in rows if condition is not None]
        if texts := _listed(found["text"], "\n"):
            told.append(("text", {"what": "text", "values": texts}))
        if words := _listed(found["severity_words"]):
            told.append(("severity_words", {"what": "severity", "values": words}))
        for name, what in (("integrations", "integration"), ("services", "service")):
            if keys := [row.pk for row in found[name]]:
                told.append((name, {"what": what, "values": keys}))
        if found["days"] or found["start"] or found["end"]:
            span = {
                "weekdays": found["days"],
                "start": f"{found['start']:%H:%M}" if found["start"] else "00:00",
                "end": f"{found['end']:%H:%M}" if found["end"] else "00:00",
            }
            hours = [span] if found["days"] else []
            condition = {"what": "time", "zone": found["zone"], "inside": found["inside"] != "out", "hours": hours}
            told.append(("days", condition))
        for index, (place, condition) in enumerate(told):
            self.places_of[f"conditions[{index}]"] = place
            yield condition

    def refused(self, refusal: ValidationError) -> None:
        """Say at the field or the row of labels what the action refused."""
        if not hasattr(refusal, "error_dict"):
            super().refused(refusal)
            return
        for name, errors in refusal.error_dict.items():
            texts = [message for error in errors for message in error.messages]
            where, _, part = name.partition(".")
            place = self.places_of.get(where, where)
            if isinstance(place, LabelForm):
                place.add_error({"is": "test"}.get(part, part) if part else None, texts)
            else:
                self.add_error(place if place in self.fields else None, texts)


def _initial(rule: RoutingRule, zone: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: getattr(rule, name)
        for name in ("name", "enabled", "team", "service", "severity", "policy", "priority", "private", "declares")
    }
    told |= {
        "group_by": rule.group_by,
        "group_labels": ", ".join(rule.group_labels),
        "group_minutes": rule.group_minutes,
        "zone": zone,
        "inside": "in",
    }
    for condition in rule.conditions:
        what, values = condition.get("what"), condition.get("values", [])
        if what == "text":
            told["text"] = "\n".join(values)
        elif what == "severity":
            told["severity_words"] = ", ".join(values)
        elif what in ("service", "integration"):
            told[f"{what}s"] = values
        elif what == "time":
            (span, *_) = condition["hours"]
            told |= {"zone": condition["zone"], "inside": "in" if condition["inside"] else "out"}
            told |= {"days": span["weekdays"], "start": span["start"], "end": span["end"]}
    return told


def _labels(rule: RoutingRule) -> list[dict[str, str]]:
    return [
        {"name": each["name"], "test": each["is"], "values": ", ".join(each.get("values", []))}
        for each in rule.conditions
        if each.get("what") == "label"
    ]


class EventField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        at = timezone.localtime(obj.received_at)
        return f"{at.day} {at:%b, %H:%M:%S} · {obj.integration.name} · {obj.get_state_display().lower()}"


class TryForm(forms.Form):
    """An alert to try rules with: pasted, or one that came lately; and when it would come."""

    all_optional = True

    event = EventField(
        Event.objects.none(),
        required=False,
        label="An event that came lately",
        empty_label="None: what is pasted below",
    )
    source = forms.ChoiceField(
        required=False,
        label="Or paste one as sent by",
        choices=[
            ("", "the tool of the integration"),
            *((each.name, each.title) for each in SOURCES.values() if each.name not in NOT_ALERTS),
        ],
    )
    integration = forms.ModelChoiceField(
        Integration.objects.none(), required=False, label="To the integration", empty_label="Choose …"
    )
    body = forms.CharField(
        required=False,
        max_length=LONGEST_BODY,
        label="Its body",
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "class": "code"}),
    )
    at = ClockField(label="When it comes", required=False, help_text="Empty: now.")

    def __init__(self, data: Any = None, *, user: Any, zone: str) -> None:
        super().__init__(data, prefix="try")
        mine = permits.teams_where(user, "incident.view", private=True)
        events = Event.objects.filter(Q(integration__private=False) | Q(integration__team__in=mine))
        last = events.exclude(source__in=NOT_ALERTS).order_by("-pk").values("pk")[:LAST_EVENTS]
        offered = {
            "event": Event.objects.filter(pk__in=list(last.values_list("pk", flat=True)))
            .select_related("integration")
            .defer("body"),
            "integration": Integration.objects.filter(Q(private=False) | Q(team__in=mine)),
        }
        for name, rows in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
        clock = self.fields["at"]
        assert isinstance(clock, ClockField)
        clock.zone = zone
        self.reports: list[AlertReport] = []
        self.when: datetime | None = None
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("event"):
            self.reports = [report for report in inbox.alerts_of(found["event"]) if report.status == "firing"]
            if not self.reports:
                self.add_error("event", "None of its alerts is firing. Choose another.")
        elif (found.get("body") or "").strip():
            self._read(found)
        elif not self.errors:
            self.add_error("body", "Paste what the tool sends, or choose an event above.")
        return found

    def _read(self, found: dict[str, Any]) -> None:
        integration: Integration | None = found.get("integration")
        if integration is None:
            if "integration" not in self.errors:
                self.add_error("integration", "Choose the integration that it would come to.")
            return
        source = SOURCES[found.get("source") or integration.kind]
        try:
            parsed = source.read(Envelope(body=found["body"].encode(), settings=integration.settings))
        except SourceError as error:
            self.add_error("body", f"{error.field}: {error.message}")
            return
        except InvalidEventError as error:
            self.add_error("body", " ".join(error.errors))
            return
        self.reports = [report for report in parsed.reports if report.status == "firing"]
        if not self.reports:
            first = parsed.problems[0] if parsed.problems else None
            self.add_error("body", f"{first.field}: {first.message}" if first else "None of its alerts is firing.")

    @property
    def comes_to(self) -> Integration:
        """Where it comes in, once it is valid."""
        event: Event | None = self.cleaned_data.get("event")
        found: Integration = event.integration if event else self.cleaned_data["integration"]
        return found

    def moment(self, now: datetime) -> datetime:
        """When it comes, once it is valid; kept as `when`."""
        self.when = self.cleaned_data.get("at") or now
        return self.when
