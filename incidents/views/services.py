"""Services in the console: how they are, one service's page, and the map of what depends on what.

They stand in this room and not beside the teams' pages, since they show incidents, and no more of those than somebody
may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Case, Count, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.actions import escalation
from incidents.models import Change, Incident
from incidents.presenters import service_map
from incidents.presenters.health import STATES, UNRATED, Healths, named
from incidents.views.common import Request, console
from teams import permits, sentences
from teams.catalogue import graph
from teams.models import EscalationPolicy, EscalationTarget, Schedule, Service, ServiceLink, Team
from teams.views import standings

PER_PAGE = 30
SHOWN = 20
CHANGES = 8
LOOK_BACK = timedelta(days=90)
# More than this and a picture is a thicket.
MOST_DRAWN = 300
REACHES = (("1", "Its neighbours"), ("2", "Two steps"), ("all", "Everything it reaches"))


class ServiceFilter(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team", to_field_name="slug")
    tier = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[("", "Any tier"), *((n, f"Tier {n}") for n in (1, 2, 3))]
    )
    lifecycle = forms.ChoiceField(required=False, choices=[("", "Any"), *Service.Lifecycle.choices])
    health = forms.ChoiceField(required=False, choices=[("", "Any"), *STATES])


class MapFilter(forms.Form):
    """What part of the map is shown."""

    service = forms.ModelChoiceField(
        Service.objects.all(), required=False, empty_label="All services", to_field_name="slug", label="Around"
    )
    reach = forms.ChoiceField(required=False, choices=REACHES, label="How far")
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team", to_field_name="slug")
    show = forms.ChoiceField(required=False, choices=[("", "Everything"), ("trouble", "Trouble and what it reaches")])


@require_safe
@console("team.view")
def service_list(request: Request) -> HttpResponse:
    """Services, those in trouble first."""
    form = ServiceFilter(request.GET)
    form.is_valid()
    healths = Healths(request.user)
    found = _narrowed(Service.objects.select_related("team"), form.cleaned_data, healths)
    found = found.annotate(
        needs=Count("dependencies", distinct=True),
        needed=Count("needed_by", distinct=True),
        rank=Case(
            *(When(pk__in=rows, then=Value(level)) for level, rows in sorted(healths.levels().items())),
            When(pk__in=healths.exposed, then=Value(UNRATED + 1)),
            default=Value(UNRATED + 2),
        ),
    )
    page = Paginator(found.order_by("rank", "name"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter_form": form,
        "page": page,
        "rows": [(service, healths.of(service.pk)) for service in page],
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
        "may_edit": permits.may_somewhere(request.user, "team.change"),
    }
    return render(request, "incidents/services/list.html", context)


def _narrowed(found: Any, asked: dict[str, Any], healths: Healths) -> Any:
    if text := asked.get("q"):
        found = found.search(text)
    for name in ("team", "tier", "lifecycle"):
        if asked.get(name):
            found = found.filter(**{name: asked[name]})
    if state := asked.get("health"):
        if state == "calm":
            return found.exclude(pk__in=[*healths.incidents, *healths.exposed])
        return found.filter(pk__in=list(healths.in_state(state)))
    return found


@require_safe
@console("team.view")
def service_page(request: Request, slug: str) -> HttpResponse:
    """One service: who answers for it and is on call, what it depends on, what goes on with it and what was changed."""
    user, now = request.user, timezone.now()
    service = get_object_or_404(
        Service.objects.select_related("team__escalation_policy", "escalation_policy__team", "rollback_webhook"),
        slug=slug,
    )
    healths = Healths(user)
    around = _around(healths.graph, [service.pk], "1")
    services = named([*around, *healths.of(service.pk).sources])
    drawn = service_map.picture({pk: services[pk] for pk in around}, healths, here=service.pk, width=service_map.COLUMN)
    health = healths.of(service.pk)
    incidents = Incident.objects.visible_to(user).filter(services=service)
    policy = escalation.policy_of(Service.objects.filter(pk=service.pk), service.team)
    links = list(service.links.all())
    context = {
        "service": service,
        "health": health,
        "sources": [services[pk] for pk in health.sources if pk in services],
        "picture": drawn,
        "line": next(line for line in drawn.lines if line.here),
        "incidents": list(incidents.open().with_faces().order_by("severity__level", "-pk")[:SHOWN]),
        "lately": incidents.filter(drill=False, detected_at__gte=now - LOOK_BACK).count(),
        "look_back": LOOK_BACK.days,
        "changes": list(
            Change.objects.visible_to(user).filter(service=service).select_related("service").order_by("-at")[:CHANGES]
        ),
        "policy": policy,
        "said": sentences.of_policy(sentences.prefetched([policy])[0]) if policy else [],
        "standings": standings(_schedules(policy, service.team), now),
        "runbooks": [link for link in links if link.kind == ServiceLink.Kind.RUNBOOK],
        "links": [link for link in links if link.kind != ServiceLink.Kind.RUNBOOK],
        "now": now,
        "windows": list(service.maintenances.visible_to(user).filter(ends_at__gt=now).order_by("starts_at")[:CHANGES]),
        "metrics": list(service.metric_checks.all()),
        "waits": list(Service.objects.filter(needed_by__service=service, needed_by__suppresses=True)),
        "may_maintain": permits.may(user, "quiet.change", service),
        "may_report": permits.may(user, "incident.report", service.team),
        "may_edit": permits.may(user, "team.change", service),
        "may_audit": permits.may(user, "audit.view", service.team),
    }
    return render(request, "incidents/services/service.html", context)


def _schedules(policy: EscalationPolicy | None, team: Team) -> list[Schedule]:
    """The schedules that `policy` pages; where it names none, those of the team."""
    paged = EscalationTarget.objects.filter(step__policy=policy).values("schedule")
    schedules = Schedule.objects.select_related("team").order_by("team__name", "name")
    return list(schedules.filter(pk__in=paged)) or list(schedules.filter(team=team))


@require_safe
@console("team.view")
def service_map_page(request: Request) -> HttpResponse:
    """What depends on what, as a picture and as a table: all of it, or what is around one service."""
    form = MapFilter(request.GET)
    form.is_valid()
    asked, healths = form.cleaned_data, Healths(request.user)
    service: Service | None = asked.get("service")
    wanted = _asked_for(asked, healths)
    too_many = len(wanted) > MOST_DRAWN
    services = {} if too_many else named(wanted)
    context = {
        "filter_form": form,
        "service": service,
        "picture": service_map.picture(services, healths, here=service.pk if service else None),
        "too_many_text": f"{len(wanted)} services are more than anybody reads in one picture. Look around one of them, "
        "or choose a team or what is in trouble.",
        "too_many": too_many,
        "any_service": bool(wanted) or Service.objects.exists(),
        "may_edit": permits.may_somewhere(request.user, "team.change"),
    }
    return render(request, "incidents/services/map.html", context)


def _asked_for(asked: dict[str, Any], healths: Healths) -> list[int]:
    """The keys of the services that are to be shown."""
    service: Service | None = asked.get("service")
    if service is not None:
        found = _around(healths.graph, [service.pk], asked.get("reach") or "1")
    else:
        rows = Service.objects.filter(team=asked["team"]) if asked.get("team") else Service.objects.all()
        found = list(rows.values_list("pk", flat=True))
        if asked.get("team"):
            found = _around(healths.graph, found, "1")
    if asked.get("show") == "trouble":
        kept = {*healths.incidents, *healths.exposed, *([service.pk] if service else ())}
        found = [pk for pk in found if pk in kept]
    return found


def _around(known: dict[int, list[int]], services: list[int], reach: str) -> list[int]:
    """Services with what they depend on and what depends on them."""
    steps = None if reach == "all" else int(reach)
    up, down = graph.reach(known, services, steps), graph.reach(graph.turned(known), services, steps)
    return list(dict.fromkeys([*services, *up, *down]))
