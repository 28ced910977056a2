"""The verbs of an incident's life, and reporting one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents.actions import escalation, lifecycle, notes
from incidents.forms import FactsForm, ReportForm, SeverityForm, verb_form
from incidents.guards import Verb
from incidents.models import Incident
from incidents.phases import VERBS, blockers
from incidents.problems import Blocked
from incidents.views.acting import Act, done, overtaken, refused, run
from incidents.views.common import Request, console, find
from teams.models import Service

DANGER = ("cancel", "merge")


@require_http_methods(["GET", "POST"])
@console("incident.report")
def new(request: Request) -> HttpResponse:
    """Report an incident and, where a severity is chosen, declare it with the same press."""
    made: list[Incident] = []

    def call(given: dict[str, Any], _override: bool) -> str:
        severity = given.pop("severity")
        with transaction.atomic():
            incident = lifecycle.report(by=request.user, **{**given, "services": list(given["services"])})
            if severity:
                inputs = {"severity": severity}
                lifecycle.perform("declare", incident.pk, by=request.user, inputs=inputs)
        made.append(incident)
        return f"{incident.reference} is {'declared' if severity else 'reported'}."

    act = Act(
        heading="Report an incident",
        submit="Report it",
        back=reverse("incidents:list"),
        explains="Whoever is on call for it is paged at once.",
        folded=("summary", "occurred_at", "impact_started_at", "private"),
    )
    named = Service.objects.filter(slug=request.GET.get("service", "")).values_list("pk", flat=True)
    response = run(request, None, act, partial(ReportForm, initial={"services": list(named)}), call)
    if made and response.status_code in (200, 302):
        response[("HX-Redirect" if request.htmx else "Location")] = made[0].get_absolute_url()
    return response


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def verb(request: Request, pk: int, verb: str) -> HttpResponse:
    """The form of a verb of `phases.VERBS`, and its doing."""
    if verb not in VERBS:
        raise Http404
    chosen = VERBS[verb]
    incident = find(request, pk)
    act = _act(chosen, incident)

    def call(given: dict[str, Any], override: bool) -> str:
        occurred_at = given.pop("occurred_at")
        lifecycle.perform(verb, pk, by=request.user, inputs=given, override=override, occurred_at=occurred_at)
        return f"You {chosen.past}."

    known = blockers(chosen, lifecycle.facts_of(incident, by=request.user), {})
    if request.method == "GET" and known and known[0].code == "wrong_phase":
        return overtaken(request, incident, act, Blocked(known))
    return run(request, incident, act, lambda data: verb_form(chosen, incident, request.user, data), call, known=known)


def _act(chosen: Verb, incident: Incident) -> Act:
    process = any(guard.process for guard in chosen.guards)
    has_reason = any(given.name == "reason" for given in chosen.inputs)
    needs_reason = any(guard.field == "reason" for guard in chosen.guards)
    folded = ["occurred_at"]
    if has_reason and not needs_reason and chosen.weight == "main":
        folded.insert(0, "reason")
    if chosen.name == "declare":
        folded += ["update", "next_update_in"]
    if chosen.name == "resolve":
        folded += ["confirmed_by", "next_update_in"]
    return Act(
        heading=chosen.label.replace(" …", ""),
        submit=chosen.label.replace(" …", ""),
        back=incident.get_absolute_url(),
        explains=chosen.explains,
        folded=tuple(folded),
        anyway="reason" if process and has_reason else "",
        danger=chosen.name in DANGER,
    )


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def acknowledge(request: Request, pk: int) -> HttpResponse:
    """One press, no form; without a script the GET is a page with that one button."""
    incident = find(request, pk)
    back = incident.get_absolute_url()
    act = Act("Acknowledge", "Acknowledge", back, "You have it. The paging of others stops.")
    if request.method == "GET":
        from incidents.forms import ActForm

        return run(request, incident, act, ActForm, lambda _g, _o: "")
    try:
        escalation.acknowledge(pk, by=request.user)
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    return done(request, incident, "You acknowledged. Nobody else is called.", back)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def severity(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        if given["severity"] is None:
            from incidents.problems import refuse

            raise refuse("severity_missing", "Choose a severity.", field="severity")
        notes.set_severity(pk, given["severity"], by=request.user, reason=given["reason"])
        return f"Severity is {given['severity'].code}."

    def make(data: Any) -> SeverityForm:
        return SeverityForm(data, initial={"severity": incident.severity_id})

    act = Act("Change severity", "Change it", incident.get_absolute_url(), "When in doubt, the higher.")
    return run(request, incident, act, make, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def facts(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        services, shared = list(given.pop("services")), list(given.pop("shared_with"))
        notes.set_facts(pk, by=request.user, services=services, shared_with=shared, **given)
        return "The facts are up to date."

    act = Act(
        "Edit the facts",
        "Save",
        incident.get_absolute_url(),
        "What is known now. Every change stays on the timeline.",
        folded=("services", "private", "shared_with", "summary"),
    )
    return run(request, incident, act, lambda data: FactsForm(incident, data), call)
