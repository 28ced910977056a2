"""Metrics of an incident and of a service: attach, try, change, remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from incidents.actions.witness import attaching, probing
from incidents.forms import ActForm
from incidents.forms.witness import FOLDED, MetricCheckForm, MetricForm
from incidents.models import Incident, MetricCheck, Witness
from incidents.models.witness import Probe
from incidents.problems import Blocked
from incidents.views.acting import Act, done, refused, run, show
from incidents.views.common import Request, console, find
from teams import permits
from teams.models import Service

TEMPLATE = "incidents/metrics/form.html"


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def attach(request: Request, pk: int) -> HttpResponse:
    """Watch a metric: one of the incident's services with one press, or any other. `try` in a POST only shows what it
    gives now."""
    incident = find(request, pk)
    back = f"{incident.get_absolute_url()}#witness"
    watched = Witness.objects.standing().filter(incident=incident, check_of__isnull=False)
    offered = MetricCheck.objects.filter(service__incidents=incident).exclude(pk__in=watched.values("check_of"))
    act = Act(
        "Attach a metric",
        "Attach it",
        back,
        "What everybody then sees beside the timeline: whether service is back, and since when.",
        folded=FOLDED,
        template=TEMPLATE,
        context={"offered": list(offered.select_related("service").distinct()[:20])},
    )
    if wanted := request.POST.get("check", ""):
        check = get_object_or_404(offered, pk=int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0)
        try:
            attaching.attach(pk, by=request.user, check=check)
        except Blocked as blocked:
            return refused(request, incident, blocked, back)
        return done(request, incident, f"{check.title} is watched.", back)
    if "try" in request.POST:
        return _tried(request, incident, act, MetricForm(request.POST), Witness())

    def call(given: dict[str, Any], _override: bool) -> str:
        return f"{attaching.attach(pk, by=request.user, **given).title} is watched."

    return run(request, incident, act, MetricForm, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def remove(request: Request, pk: int, metric: int) -> HttpResponse:
    incident = find(request, pk)
    row = get_object_or_404(Witness.objects.filter(incident=incident), pk=metric)

    def call(_given: dict[str, Any], _override: bool) -> str:
        attaching.remove(metric, by=request.user)
        return f"{row.title} is no longer watched."

    back = f"{incident.get_absolute_url()}#witness"
    act = Act(f"Remove the metric {row.title}?", "Remove it", back, "The timeline keeps what it showed.", danger=True)
    return run(request, incident, act, ActForm, call)


@require_http_methods(["GET", "POST"])
@console("team.change")
def check_new(request: Request, slug: str) -> HttpResponse:
    service = _service(request, slug)
    return _check(request, service, None, "Add it", f"A metric of {service}")


@require_http_methods(["GET", "POST"])
@console("team.change")
def check_edit(request: Request, slug: str, pk: int) -> HttpResponse:
    service = _service(request, slug)
    return _check(request, service, get_object_or_404(service.metric_checks, pk=pk), "Save", f"A metric of {service}")


@require_http_methods(["GET", "POST"])
@console("team.change")
def check_remove(request: Request, slug: str, pk: int) -> HttpResponse:
    service = _service(request, slug)
    row = get_object_or_404(service.metric_checks, pk=pk)

    def call(_given: dict[str, Any], _override: bool) -> str:
        attaching.drop(row, by=request.user)
        return f"{row.title} is removed."

    act = Act(
        f"Remove {row.title} from {service}?",
        "Remove it",
        f"{service.get_absolute_url()}#metrics",
        "It attaches itself to no more incidents. Those that watch it go on doing so.",
        danger=True,
    )
    return run(request, None, act, ActForm, call)


def _service(request: Request, slug: str) -> Service:
    service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    permits.require(request.user, request.verb, service)
    return service


def _check(request: Request, service: Service, check: MetricCheck | None, submit: str, heading: str) -> HttpResponse:
    act = Act(
        heading,
        submit,
        f"{service.get_absolute_url()}#metrics",
        "By which one sees whether it works. Incidents of the service watch it.",
        folded=FOLDED,
        template=TEMPLATE,
    )
    if "try" in request.POST:
        return _tried(request, None, act, MetricCheckForm(check, request.POST), check or MetricCheck(service=service))

    def call(given: dict[str, Any], _override: bool) -> str:
        return f"{attaching.keep(check, service, by=request.user, **given).title} is kept."

    make: Callable[[Any], ActForm] = lambda data: MetricCheckForm(check, data)  # noqa: E731
    return run(request, None, act, make, call)


def _tried(request: Request, incident: Incident | None, act: Act, form: MetricForm, probe: Probe) -> HttpResponse:
    """The form again, with what the metric gives now."""
    if not form.is_valid():
        return show(request, incident, act, form, [], status=422)
    try:
        probing.fill(probe, form.cleaned_data)
    except Blocked as blocked:
        return show(request, incident, act, form, form.take(blocked.blockers), status=422)
    value, why = probing.try_out(probe)
    tried = {"value": probe.spell(value), "holds": probe.holds_at(value)} if value is not None else {"why": why}
    return show(request, incident, replace(act, context={**act.context, "tried": tried, "probe": probe}), form, [])
