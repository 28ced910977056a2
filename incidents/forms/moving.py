"""Where alerts are moved to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime

from incidents.forms.fields import ActForm, Data
from incidents.models import Alert, Incident
from teams.forms import field_of
from teams.models import User

# Open incidents that are offered, the nearest first: of the same team, then the newest.
OFFERED = 100
# Alerts that are offered, what fires first; more than that is a storm, which is merged as a whole.
MOST_ALERTS = 100
NEW = "new"


class AlertsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        since = date_format(localtime(obj.starts_at or obj.received_at), "j M, H:i")
        fires = obj.status == Alert.Status.FIRING
        return f"{obj.title}, {'fires since' if fires else 'fired'} {since}"


class MoveForm(ActForm):
    """Which alerts of an incident go where. `target` is empty for a new incident."""

    needs = ("alerts", "target")

    alerts = AlertsField(
        Alert.objects.none(), required=False, label="Which alerts", widget=forms.CheckboxSelectMultiple
    )
    target = forms.ChoiceField(required=False, label="Where to")
    other = forms.CharField(
        required=False,
        max_length=20,
        label="Or to another, by its number",
        widget=forms.TextInput({"placeholder": "INC-42", "autocomplete": "off"}),
    )
    reason = forms.CharField(required=False, max_length=500, label="Why", help_text="Kept on both timelines.")

    def __init__(self, incident: Incident, user: User, data: Data = None, *, chosen: int | None = None) -> None:
        super().__init__(data, initial={"alerts": [chosen] if chosen else []})
        rows = incident.alerts.order_by("status", "-received_at", "-pk")
        offered = list(rows.values_list("pk", flat=True)[:MOST_ALERTS])
        field = field_of(self, "alerts", forms.ModelMultipleChoiceField)
        field.queryset = rows.filter(pk__in=[*offered, *([chosen] if chosen else [])])
        if len(offered) == MOST_ALERTS:
            field.help_text = f"The newest {MOST_ALERTS}. To move all of them, merge the incident into the other one."
        self.others = others = Incident.objects.where(user, "incident.respond").open().exclude(pk=incident.pk)
        near = list(others.filter(team=incident.team).order_by("-pk")[:OFFERED])
        far = list(others.exclude(team=incident.team).order_by("-pk")[: OFFERED - len(near)])
        field_of(self, "target", forms.ChoiceField).choices = [
            ("", "Choose …"),
            (NEW, "A new incident"),
            *((str(each.pk), f"{each.reference} {each.title}"[:120]) for each in (*near, *far)),
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if named := str(given.get("other") or "").strip():
            number = named.upper().removeprefix("INC-")
            found = number.isascii() and number.isdecimal() and len(number) < 10
            if not found or not self.others.filter(pk=int(number)).exists():
                self.add_error("other", f"No open incident that you may work on is called {named}. Give it as INC-42.")
            else:
                given["target"] = str(int(number))
        return given
