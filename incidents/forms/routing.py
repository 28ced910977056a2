"""What a routing rule is filled in as."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.formsets import BaseFormSet, formset_factory
from django.forms.utils import ErrorDict

from incidents import routing
from incidents.forms.fields import ServicesField
from incidents.models import Integration, RoutingRule, Severity
from incidents.models.routing import PRIORITIES
from incidents.phases import ON_RECOVERY
from teams.forms import Refusable, field_of
from teams.models import EscalationPolicy, Service, Team
from teams.zones import zone_names

ROWS = 3
# What the form calls as the rule does, and takes and gives as it is kept.
AS_KEPT = ("name", "enabled", "team", "service", "severity", "policy", "priority", "private", "declares", "on_recovery")


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
    on_recovery = forms.ChoiceField(
        required=False, initial="tell", label="Then", widget=forms.RadioSelect, choices=ON_RECOVERY
    )
    recovery_minutes = forms.IntegerField(
        required=False,
        label="Once nothing has fired for so many minutes",
        help_text="What flaps has to be steady for half an hour. Only what nobody has touched is resolved by itself;"
        " whoever is at work is asked.",
    )

    def __init__(self, data: Any = None, *, rule: RoutingRule, zone: str) -> None:
        super().__init__(data, initial=_initial(rule, zone))
        self.rule = rule
        field_of(self, "zone", forms.ChoiceField).choices = [(name, name) for name in zone_names()]
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
        return {name: found[name] for name in AS_KEPT} | {
            "conditions": list(self._conditions()),
            "group_by": found["group_by"] or "tool",
            "group_labels": _listed(found["group_labels"]),
            "group_minutes": found["group_minutes"],
            "on_recovery": found["on_recovery"] or "tell",
            "recovery_minutes": self.rule.recovery_minutes
            if found["recovery_minutes"] is None
            else found["recovery_minutes"],
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
    told: dict[str, Any] = {name: getattr(rule, name) for name in AS_KEPT}
    told |= {
        "group_by": rule.group_by,
        "group_labels": ", ".join(rule.group_labels),
        "group_minutes": rule.group_minutes,
        "recovery_minutes": rule.recovery_minutes,
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
