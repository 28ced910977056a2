"""What the simulator is asked: an alert of one of several kinds, and a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from comms.paging import simulating
from incidents.actions import escalation
from incidents.forms import trying
from incidents.models import Incident, Integration, Severity
from incidents.sources.registry import SOURCES
from teams import permits
from teams.forms import ClockField, field_of
from teams.models import Service, Team

LONGEST_BODY = 100_000


class SimulateForm(forms.Form):
    """An alert of one of three kinds (a body, a past incident, or a service or team), and a moment."""

    all_optional = True

    body = forms.CharField(
        label="An alert as the tool sends it",
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text="Alertmanager's JSON, version 4. Choose the integration that it would come to.",
    )
    integration = forms.ModelChoiceField(Integration.objects.none(), label="Integration", required=False)
    incident = forms.CharField(
        label="Or an incident of before", required=False, max_length=20, help_text="Such as INC-42."
    )
    service = forms.ModelChoiceField(Service.objects.none(), label="Or a service", required=False)
    team = forms.ModelChoiceField(Team.objects.none(), label="Or a team", required=False)
    severity = forms.ModelChoiceField(
        Severity.objects.none(), label="Severity", required=False, empty_label="As the alert says, or not known yet"
    )
    at = ClockField(label="At", required=False)

    def __init__(self, *args: Any, user: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = permits.teams_where(user, "integration.change")
        self.user = user
        offered = {
            "integration": Integration.objects.filter(kind="alertmanager", team__in=mine),
            "service": Service.objects.select_related("team"),
            "team": Team.objects.all(),
            "severity": Severity.objects.all(),
        }
        for name, rows in offered.items():
            field_of(self, name, forms.ModelChoiceField).queryset = rows
        field_of(self, "at", ClockField).zone = zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("body"):
            self._read(found)
        elif found.get("incident"):
            number = found["incident"].upper().removeprefix("INC-").strip()
            seen = Incident.objects.visible_to(self.user)
            found["past"] = seen.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
            if found["past"] is None:
                self.add_error("incident", "There is no such incident that you may see.")
        elif not found.get("service") and not found.get("team"):
            raise forms.ValidationError("Give an alert, an incident of before, a service or a team.")
        return found

    def _read(self, found: dict[str, Any]) -> None:
        if not found.get("integration"):
            self.add_error("integration", "Choose the integration that it would come to.")
        try:
            found["reports"] = trying.firing(found["body"], SOURCES["alertmanager"], {})
        except forms.ValidationError as error:
            self.add_error("body", error)

    def simulation(self, now: datetime) -> simulating.Simulation:
        given, at = self.cleaned_data, self.cleaned_data.get("at") or now
        level = given["severity"].level if given.get("severity") else None
        if given.get("reports"):
            return simulating.of_alerts(given["integration"], given["reports"], at)
        past: Incident | None = given.get("past")
        if past is not None:
            return simulating.of_trouble(past.services.all(), past.team, level or escalation.severity_of(past), at)
        service = given.get("service")
        services = Service.objects.filter(pk=service.pk) if service else Service.objects.none()
        return simulating.of_trouble(services, service.team if service else given.get("team"), level, at)
