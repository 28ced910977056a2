"""Updates of a drill: written where one would write a real one, and published nowhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from comms.actions import drafting, rehearsing
from comms.models import PageIncident
from incidents.forms import ActForm, LongField
from incidents.models import Incident
from incidents.phases import Phase
from incidents.views.acting import Act, run
from teams import permits
from teams.console import Request

STATES = (PageIncident.State.INVESTIGATING, PageIncident.State.IDENTIFIED, PageIncident.State.MONITORING)


class RehearsalForm(ActForm):
    needs = ("body",)

    def __init__(self, incident: Incident, data: Any = None) -> None:
        state = drafting.STATE_IN_PHASE.get(Phase(incident.phase), PageIncident.State.INVESTIGATING)
        minutes = incident.severity.update_minutes if incident.severity else 30
        super().__init__(data, initial={"state": state, "next_update_in": minutes})
        choices = [(each.value, each.label) for each in (*STATES, PageIncident.State.RESOLVED)]
        self.fields["state"] = forms.ChoiceField(choices=choices, label="State")
        self.fields["body"] = LongField(
            keep=f"rehearsal:{incident.pk}",
            rows=5,
            label="What would you tell?",
            help_text="What is broken, for whom, what you do, and when you write again. No cause, no names.",
        )
        self.fields["next_update_in"] = forms.IntegerField(
            required=False, min_value=1, max_value=24 * 60, label="Next update in (minutes)"
        )


def compose(request: Request, incident: Incident) -> HttpResponse:
    """The form, and what it did."""

    def call(given: dict[str, Any], _override: bool) -> str:
        rehearsing.rehearse(incident.pk, by=request.user, **given)
        return "Noted. Nobody outside was told: this is a drill."

    act = Act(
        "Update of a drill",
        "Rehearse it",
        f"{incident.get_absolute_url()}#updates",
        f"In earnest, {rehearsing.would_reach(incident):,} subscribers would be told. In a drill nobody is.",
    )
    return run(request, incident, act, lambda data: RehearsalForm(incident, data), call)


def panel(request: Request, incident: Incident) -> HttpResponse:
    """When stakeholders would hear more, and what they would have been told last."""
    latest = incident.timeline.filter(kind="update", verb="update.published").order_by("-pk").first()
    context = {
        "incident": incident,
        "latest": latest,
        "may_tell": incident.is_open and permits.may(request.user, "update.publish", incident),
        "state": incident.comms_track(timezone.now()),
    }
    return render(request, "comms/_rehearsal.html", context)
