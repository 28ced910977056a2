"""What a routing rule is filled in as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from incidents import routing
from incidents.forms.conditions import ConditionsForm, listed_in
from incidents.models import RoutingRule, Severity
from incidents.models.routing import PRIORITIES
from incidents.phases import ON_RECOVERY
from teams.forms import Options, field_of
from teams.models import EscalationPolicy, Service, Team
from teams.zones import zone_names

# What the form calls as the rule does, and takes and gives as it is kept.
AS_KEPT = ("name", "enabled", "team", "service", "severity", "policy", "priority", "private", "declares", "on_recovery")


class RuleFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Name, label, team or service", widget=forms.TextInput({"type": "search"})
    )

    def narrow(self, found: Any) -> Any:
        """The rules that have every word in them."""
        self.is_valid()
        return found.search(self.cleaned_data.get("q", ""))


class PolicyField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.team.name} · {obj.name}"


class RuleForm(ConditionsForm):
    """A rule: its conditions, and what becomes of alerts that they hold for."""

    name = forms.CharField(max_length=80, required=False, label="Name", help_text="What it is for, in a few words.")
    enabled = forms.BooleanField(required=False, initial=True, label="In use")
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
    zone = forms.ChoiceField(required=False, label="On the clock of", widget=Options)
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
        super().__init__(data, conditions=rule.conditions, initial=_initial(rule, zone))
        self.rule = rule
        field_of(self, "zone", forms.ChoiceField).choices = [(name, name) for name in zone_names()]

    def given(self) -> dict[str, Any]:
        """What was filled in, as `actions.rules` takes it."""
        found = self.cleaned_data
        return {name: found[name] for name in AS_KEPT} | {
            "conditions": self.conditions(),
            "group_by": found["group_by"] or "tool",
            "group_labels": listed_in(found["group_labels"]),
            "group_minutes": found["group_minutes"],
            "on_recovery": found["on_recovery"] or "tell",
            "recovery_minutes": self.rule.recovery_minutes
            if found["recovery_minutes"] is None
            else found["recovery_minutes"],
        }

    def _told(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        yield from super()._told()
        found = self.cleaned_data
        if found["days"] or found["start"] or found["end"]:
            span = {
                "weekdays": found["days"],
                "start": f"{found['start']:%H:%M}" if found["start"] else "00:00",
                "end": f"{found['end']:%H:%M}" if found["end"] else "00:00",
            }
            hours = [span] if found["days"] else []
            yield "days", {"what": "time", "zone": found["zone"], "inside": found["inside"] != "out", "hours": hours}


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
        if condition.get("what") == "time":
            (span, *_) = condition["hours"]
            told |= {"zone": condition["zone"], "inside": "in" if condition["inside"] else "out"}
            told |= {"days": span["weekdays"], "start": span["start"], "end": span["end"]}
    return told
