"""Where alerts are moved to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Case, IntegerField, Value, When

from incidents.forms.fields import ActForm, Data
from incidents.models import Alert, Incident
from teams.forms import field_of
from teams.models import User

# Open incidents that are offered, the nearest first: of the same team, then the newest.
OFFERED = 20
# Alerts that are offered, what fires first.
MOST_ALERTS = 100
NEW = "new"


class AlertsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        state = "" if obj.status == Alert.Status.FIRING else ", resolved"
        return f"{obj.title}{state}"


class FindForm(forms.Form):
    """What the offers of `MoveForm` are narrowed to. A value that makes no sense is left out rather than refused."""

    find_alerts = forms.CharField(
        required=False,
        max_length=200,
        label="Find alerts",
        widget=forms.TextInput({"type": "search", "placeholder": "Words, or env=prod", "autocomplete": "off"}),
    )
    find_state = forms.ChoiceField(
        required=False, choices=[("", "Firing or resolved"), *Alert.Status.choices], label="Their state"
    )
    find_incident = forms.CharField(
        required=False,
        max_length=200,
        label="Find an open incident",
        widget=forms.TextInput({"type": "search", "placeholder": "INC-42, or words", "autocomplete": "off"}),
    )

    def asked(self, name: str) -> str:
        """What was typed, stripped; empty where that is nothing of use."""
        self.is_valid()
        return str(getattr(self, "cleaned_data", {}).get(name, "")).strip()


class MoveForm(ActForm):
    """Which alerts of an incident go where; `target` is a number, NEW, or empty.

    Offers what `finding` asks for, and whatever is chosen already beside it, so that a search loses nothing. With
    `kept` it shows what was typed there and judges nothing yet.
    """

    needs = ("alerts", "target")

    alerts = AlertsField(
        Alert.objects.none(), required=False, label="Which alerts", widget=forms.CheckboxSelectMultiple
    )
    target = forms.ChoiceField(required=False, label="Where to", widget=forms.RadioSelect)
    reason = forms.CharField(required=False, max_length=500, label="Why", help_text="Kept on both timelines.")

    def __init__(
        self, incident: Incident, user: User, data: Data = None, *, chosen: int | None = None, kept: Data = None
    ) -> None:
        typed = kept if data is None else data
        given = [] if typed is None else typed.getlist("alerts")
        ticked = [int(each) for each in given if _is_key(each)] or _firings(incident, chosen if typed is None else None)
        target = "" if typed is None else typed.get("target", "")
        reason = "" if typed is None else typed.get("reason", "")
        super().__init__(data, initial={"alerts": ticked, "target": target, "reason": reason})
        self.finding = FindForm(typed)
        self._offer_alerts(incident, ticked)
        self._offer_incidents(incident, user, target)

    def _offer_alerts(self, incident: Incident, ticked: list[Any]) -> None:
        rows = found = incident.alerts.all()
        if words := self.finding.asked("find_alerts"):
            found = found.search(words)
        if state := self.finding.asked("find_state"):
            found = found.filter(status=state)
        count = found.count()
        offered = found.order_by("status", "-received_at", "-pk").values_list("pk", flat=True)[:MOST_ALERTS]
        first = Case(When(pk__in=ticked, then=Value(0)), default=Value(1), output_field=IntegerField())
        field = field_of(self, "alerts", forms.ModelMultipleChoiceField)
        field.queryset = rows.filter(pk__in=[*offered, *ticked]).order_by(first, "status", "-received_at", "-pk")
        self.alerts_found = _found(count, MOST_ALERTS, "alert")
        if count > MOST_ALERTS:
            self.alerts_found += " To move all of them, merge the incident into the other one."

    def _offer_incidents(self, incident: Incident, user: User, target: str) -> None:
        others = Incident.objects.where(user, "incident.respond").open().exclude(pk=incident.pk)
        words = self.finding.asked("find_incident")
        found = others.search(words) if words else others
        near = Case(When(team=incident.team_id, then=Value(0)), default=Value(1), output_field=IntegerField())
        rows = list(found.order_by(near, "-pk")[:OFFERED])
        if _is_key(target) and int(target) not in [each.pk for each in rows]:
            rows = [*others.filter(pk=int(target)), *rows]
        field_of(self, "target", forms.ChoiceField).choices = [
            (NEW, "A new incident"),
            *((str(each.pk), f"{each.reference} {each.title}"[:120]) for each in rows),
        ]
        self.incidents_found = _found(found.count(), OFFERED, "other open incident")


def _firings(incident: Incident, chosen: int | None) -> list[int]:
    """An alert of the incident and every other time that it fired there: pages show these as one."""
    one = incident.alerts.filter(pk=chosen).first() if chosen else None
    if one is None:
        return []
    same = incident.alerts.filter(integration=one.integration_id, fingerprint=one.fingerprint)
    return list(same.values_list("pk", flat=True))


def _is_key(given: str) -> bool:
    return given.isdecimal() and len(given) < 19


def _found(count: int, most: int, what: str) -> str:
    if not count:
        return f"No {what} fits."
    if count > most:
        return f"The first {most} of {count:,} that fit. Narrow it down to see others."
    return f"{count} {what}{'' if count == 1 else 's'}."
