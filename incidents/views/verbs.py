"""The verbs of an incident's life, and reporting one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from incidents import urgency
from incidents.actions import escalation, fields, lifecycle, notes
from incidents.forms import ActForm, FactsForm, ReportForm, SeverityForm, verb_form
from incidents.forms.custom import CustomForm, required_to_declare, still_required, values_of
from incidents.guards import Verb
from incidents.likely import likely
from incidents.models import Alert, Incident, Severity
from incidents.phases import VERBS, blockers
from incidents.problems import Blocked, refuse
from incidents.views.acting import Act, done, overtaken, refused, run
from incidents.views.common import Request, console, find
from teams.models import Service
from teams.words import storable

DANGER = ("cancel", "merge")


@require_http_methods(["GET", "POST"])
@console("incident.report")
def new(request: Request) -> HttpResponse:
    """Say what is wrong, and press how bad it is: that declares it. Or report it only, and whoever is on call looks."""
    made: list[Incident] = []

    def call(given: dict[str, Any], override: bool) -> str:
        own, severity, reason = values_of(given), given.pop("severity"), given.pop("reason")
        given["services"] = list(given["services"])
        filled = {key: value for key, value in own.items() if value not in (None, "")}
        if severity is None:
            with transaction.atomic():
                incident = lifecycle.report(by=request.user, **given)
                # After what the report itself misses, so that all of that is named first.
                if "only" not in request.POST:
                    raise refuse("severity_missing", "Press how bad it is, or report it only.", field="severity")
                if filled:
                    fields.set_values(incident.pk, filled, by=request.user)
        else:
            incident = lifecycle.report_and_declare(
                by=request.user, severity=severity, fields=filled, reason=reason, override=override, **given
            )
        made.append(incident)
        return f"{incident.reference} is {'declared' if severity else 'reported'}."

    slug = storable(request.GET.get("service", ""))
    named = Service.objects.filter(slug=slug).values_list("pk", flat=True)
    act = Act(
        heading="Declare an incident",
        submit="Declare",
        back=reverse("incidents:list"),
        folded=("team", "affected", "type", "summary", "occurred_at", "impact_started_at", "private", "reason"),
        anyway="reason",
        template="incidents/act/declare.html",
        context=_severities(None)
        | {
            "before_severity": ("title", "services", "impact", *(f"field_{f.key}" for f in required_to_declare())),
            "likely_url": reverse("incidents:likely"),
            "report_only": True,
        },
    )
    response = run(
        request, None, act, partial(ReportForm, initial={"services": list(named.values_list("pk", flat=True))}), call
    )
    if made and response.status_code in (200, 302):
        response[("HX-Redirect" if request.htmx else "Location")] = made[0].get_absolute_url()
    return response


@require_safe
@console("incident.report")
def likely_same(request: Request) -> HttpResponse:
    """What goes on already and sounds like what is being typed, as a part of the form."""
    chosen = [int(pk) for pk in request.GET.getlist("services") if pk.isdecimal() and len(pk) < 10]
    found = likely(request.user, storable(request.GET.get("title", ""))[:200], chosen, timezone.now())
    return render(request, "incidents/act/_likely.html", {"likely": found})


def _severities(incident: Incident | None) -> dict[str, Any]:
    """The severities to press, and which is suggested: what a routing rule said, else what the alerts mean."""
    suggested = None
    if incident is not None:
        firing = incident.alerts.filter(status=Alert.Status.FIRING).values_list("severity", flat=True)
        suggested = incident.severity_id or urgency.level_of(firing[:50])
    return {"severities": list(Severity.objects.all()), "suggested": suggested}


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
        occurred_at, own = given.pop("occurred_at"), values_of(given)
        filled = {key: value for key, value in own.items() if value not in (None, "")}
        with transaction.atomic():
            if filled:
                fields.set_values(pk, filled, by=request.user)
            lifecycle.perform(verb, pk, by=request.user, inputs=given, override=override, occurred_at=occurred_at)
        return f"You {chosen.past}."

    known = blockers(chosen, lifecycle.facts_of(incident, by=request.user), {})
    if request.method == "GET" and known and known[0].code == "wrong_phase":
        return overtaken(request, incident, act, Blocked(known))

    def make(data: Any) -> ActForm:
        form = verb_form(chosen, incident, request.user, data)
        if "target" in form.fields:
            form.initial["target"] = request.GET.get("target", "")[:20]
        return form

    return run(request, incident, act, make, call, known=known)


def _act(chosen: Verb, incident: Incident) -> Act:
    process = any(guard.process for guard in chosen.guards)
    has_reason = any(given.name == "reason" for given in chosen.inputs)
    needs_reason = any(guard.field == "reason" for guard in chosen.guards)
    folded = ["occurred_at"]
    if has_reason and not needs_reason and chosen.weight == "main":
        folded.insert(0, "reason")
    template, context = "incidents/act/form.html", {}
    if chosen.name == "declare":
        folded += ["commander", "update", "next_update_in"]
        template = "incidents/act/declare.html"
        own = [f"field_{field.key}" for field in still_required(incident, chosen)]
        context = _severities(incident) | {"before_severity": ("impact", *own)}
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
        template=template,
        context=context,
    )


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def own_fields(request: Request, pk: int) -> HttpResponse:
    """The organization's own fields of an incident."""
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        fields.set_values(pk, values_of(given), by=request.user)
        return "Written down."

    act = Act("More facts", "Save", incident.get_absolute_url(), "What this organization wants to know of incidents.")
    return run(request, incident, act, lambda data: CustomForm(incident, data), call)


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
        folded=("type", "services", "private", "shared_with", "summary"),
    )
    return run(request, incident, act, lambda data: FactsForm(incident, data), call)
