"""What everybody may read: the status page, its incidents, its history, and published postmortems.

These views ask `comms` alone; of an incident itself they know nothing that a person did not write for the public.
Templates get no rows but what `comms.snapshot.serializer` makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from comms import bars, months
from comms.models import Component, PageIncident, PageMaintenance, StatusPage, StatusUpdate
from comms.postmortems import SAID, worded
from comms.rollup import overall, worst
from comms.snapshot import serializer
from comms.snapshot.public import PublicComponent, PublicGroup, PublicIncident, PublicMaintenance, PublicMonth
from comms.views.pages import of_page
from incidents.models import Postmortem
from teams import dates, permits
from teams.forms import field_of

RECENT_DAYS = 14
PER_PAGE = 20


@dataclass
class Group:
    """Components under one heading; `heading` is empty for those of no group."""

    heading: str
    components: list[PublicComponent] = field(default_factory=list)
    histories: dict[str, bars.History] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[PublicComponent, bars.History]]:
        return [(component, self.histories[component.uid]) for component in self.components]

    @property
    def status(self) -> str:
        return worst(component.status for component in self.components)


@dataclass
class Day:
    """What happened on a day, or from `day` back to `until` where nothing did."""

    day: date
    until: date
    incidents: list[PublicIncident] = field(default_factory=list)
    maintenances: list[PublicMaintenance] = field(default_factory=list)

    @property
    def told(self) -> bool:
        return bool(self.incidents or self.maintenances)


@permits.open_to("public.read")
@require_safe
@of_page
def page(request: HttpRequest, found: StatusPage) -> HttpResponse:
    """The status page: how it is now, what is going on, and the last two weeks."""
    components = [serializer.component(row) for row in found.components.select_related("group")]
    told = PageIncident.objects.filter(page=found).with_story()
    active = [serializer.incident(row) for row in told.active()]
    planned = PageMaintenance.objects.filter(page=found).with_story()
    context = {
        "status_page": serializer.page(found),
        "overall": overall(component.status for component in components),
        "groups": _groups(components, bars.of_page(found, components, timezone.now())),
        "all_days": bars.all_days(),
        "active": active,
        "running": [serializer.maintenance(row) for row in planned.running()],
        "upcoming": [serializer.maintenance(row) for row in planned.upcoming()],
        "days": _days(found, told, active),
        "now": timezone.now(),
    }
    return render(request, "comms/page.html", context)


def _groups(components: list[PublicComponent], histories: dict[str, bars.History]) -> list[Group]:
    """Components as the page shows them: those without a group first, then group by group."""
    loose = Group("", histories=histories)
    groups: dict[PublicGroup, Group] = {}
    for component in components:
        if component.only_show_if_degraded and component.status == Component.Status.OPERATIONAL:
            continue
        if component.group is None:
            loose.components.append(component)
        else:
            group = groups.setdefault(component.group, Group(component.group.name, histories=histories))
            group.components.append(component)
    ordered = [groups[key] for key in sorted(groups, key=lambda g: (g.position, g.name))]
    return [loose, *ordered] if loose.components else ordered


def _days(found: StatusPage, told: Any, active: list[PublicIncident]) -> list[Day]:
    """The last fourteen days in the page's zone, newest first; days without anything are told together. No day on which
    something `active` went on is called one without incidents."""
    zone = ZoneInfo(found.time_zone)
    today = timezone.now().astimezone(zone).date()
    since = timezone.now() - timedelta(days=RECENT_DAYS + 1)
    by_day: dict[date, list[PublicIncident]] = {}
    over = told.told().filter(state__in=PageIncident.OVER, started_at__gte=since)
    for incident in map(serializer.incident, over.order_by("-started_at")):
        by_day.setdefault(incident.started_at.astimezone(zone).date(), []).append(incident)
    done: dict[date, list[PublicMaintenance]] = {}
    completed = PageMaintenance.objects.filter(page=found, state=PageMaintenance.State.COMPLETED, started_at__gte=since)
    for maintenance in map(serializer.planned, completed.select_related("page").order_by("-started_at")):
        if maintenance.started_at is not None:
            done.setdefault(maintenance.started_at.astimezone(zone).date(), []).append(maintenance)
    troubled_since = min((i.started_at.astimezone(zone).date() for i in active), default=None)
    days: list[Day] = []
    for number in range(RECENT_DAYS):
        day = today - timedelta(days=number)
        incidents, maintenances = by_day.get(day, []), done.get(day, [])
        nothing = not incidents and not maintenances
        if nothing and troubled_since and day >= troubled_since:
            continue
        if nothing and days and not days[-1].told:
            days[-1].until = day
        else:
            days.append(Day(day, day, incidents, maintenances))
    return days


@permits.open_to("public.read")
@require_safe
@of_page
def page_incident(request: HttpRequest, found: StatusPage, uid: str) -> HttpResponse:
    """One incident with all its updates."""
    told = get_object_or_404(PageIncident.objects.filter(page=found).told().with_story(), uid=uid)
    review = published(Q(incident__page_incidents=told)).first()
    context = {
        "status_page": serializer.page(found),
        "incident": serializer.incident(told),
        "postmortem": serializer.postmortem(review) if review else None,
    }
    return render(request, "comms/page_incident.html", context)


class HistoryFilter(forms.Form):
    """What to look for in the history of a page."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"), widget=forms.TextInput({"type": "search"}))
    month = forms.ChoiceField(required=False, label=_("Month"))
    component = forms.ChoiceField(required=False, label=_("Component"))

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = ZoneInfo(page.time_zone)
        found = (
            PageIncident.objects.told()
            .filter(page=page)
            .annotate(month=TruncMonth("started_at", tzinfo=zone))
            .order_by("-month")
            .values_list("month", flat=True)
            .distinct()
        )
        self.months = [months.of(month, zone) for month in found]
        chosen = [(month, dates.month(date.fromisoformat(f"{month}-01"))) for month in self.months]
        anything = ("", gettext("Any"))
        field_of(self, "month", forms.ChoiceField).choices = [anything, *chosen]
        known = serializer.readable(tuple(page.components.values_list("uid", "name")))
        field_of(self, "component", forms.ChoiceField).choices = [anything, *known]


@permits.open_to("public.read")
@require_safe
@of_page
def history(request: HttpRequest, found: StatusPage) -> HttpResponse:
    """Every incident that the page told of, newest first, with search and filters."""
    form = HistoryFilter(found, request.GET)
    told = PageIncident.objects.filter(page=found).told().with_story().order_by("-started_at", "-pk")
    values = form.cleaned_data if form.is_valid() else {}
    if words := values.get("q"):
        said = StatusUpdate.objects.published().filter(page_incident=OuterRef("pk"), body__icontains=words)
        told = told.filter(Q(title__icontains=words) | Exists(said))
    if month := values.get("month"):
        told = _in_month(told, month, ZoneInfo(found.time_zone))
    if component := values.get("component"):
        touched = StatusUpdate.objects.published().filter(
            page_incident=OuterRef("pk"), component_changes__component__uid=component
        )
        told = told.filter(Exists(touched))
    shown = serializer.Told(told, serializer.incident)
    context = {
        "status_page": serializer.page(found),
        "filter_form": form,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "filtered": any(values.values()),
        "years": _years(found, form.months),
    }
    return render(request, "comms/history.html", context)


def _years(found: StatusPage, named: list[str]) -> list[tuple[str, list[PublicMonth]]]:
    """The months that have anything, newest first, by year."""
    told = [serializer.month(found, name) for name in named]
    return [(year, list(each)) for year, each in groupby(told, lambda month: month.name[:4])]


def _in_month(told: Any, month: str, zone: ZoneInfo) -> Any:
    span = months.span(month, zone)
    return told.filter(started_at__gte=span[0], started_at__lt=span[1]) if span else told.none()


def published(where: Q) -> QuerySet[Postmortem]:
    """Postmortems that somebody published and meant for everybody, with something said of them to everybody; never
    those of a private incident or a drill."""
    told = PageIncident.objects.told().filter(page__audience=StatusPage.Audience.PUBLIC).select_related("page")
    return (
        Postmortem.objects.filter(
            where, SAID, state=Postmortem.State.PUBLISHED, public=True, incident__private=False, incident__drill=False
        )
        .select_related("incident")
        .prefetch_related("sections", "factors", Prefetch("incident__page_incidents", told, to_attr="told_on"))
    )


def told_of(found: Postmortem) -> PageIncident | None:
    """What a page told of the incident of a postmortem fetched as `published`; that page shows it, or the default one
    where none did."""
    return next(iter(found.incident.told_on), None)  # type: ignore[attr-defined] # set by `published`


@permits.open_to("public.read")
@require_safe
def postmortem(request: HttpRequest, slug: str) -> HttpResponse:
    """A published postmortem, with roles in the place of people's names."""
    found = get_object_or_404(published(Q(public_slug=slug)))
    told = told_of(found)
    page = told.page if told else StatusPage.objects.short()
    title, sections = worded(found)
    context = {
        "status_page": serializer.page(page, dressed=True) if page else None,
        "told": serializer.head(told) if told else None,
        "postmortem": serializer.postmortem(found, title, sections),
    }
    with translation.override(page.language if page else None):
        return render(request, "comms/postmortem.html", context)
