"""What everybody may read: the status page, its incidents, its history, and published postmortems.

These views ask `comms` alone; of an incident itself they know nothing that a person did not write for the public.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from comms import bars
from comms.anonymous import without_names
from comms.models import Component, ComponentGroup, PageIncident, StatusPage, StatusUpdate
from comms.rollup import overall, worst
from comms.views.pages import of_page
from comms.views.subscriptions import SubscribeForm
from incidents.models import Postmortem
from teams import dates, permits
from teams.forms import field_of

RECENT_DAYS = 14
PER_PAGE = 20


@dataclass
class Group:
    """Components under one heading; `heading` is empty for those of no group."""

    heading: str
    components: list[Component] = field(default_factory=list)
    histories: dict[int, bars.History] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[Component, bars.History]]:
        return [(component, self.histories[component.pk]) for component in self.components]

    @property
    def status(self) -> str:
        return worst(component.status for component in self.components)


@dataclass
class Day:
    """What happened on a day, or from `day` back to `until` where nothing did."""

    day: date
    until: date
    incidents: list[PageIncident] = field(default_factory=list)


@permits.open_to("public.read")
@require_safe
@of_page
def page(request: HttpRequest, found: StatusPage) -> HttpResponse:
    """The status page: how it is now, what is going on, and the last two weeks."""
    components = list(found.components.select_related("group"))
    told = PageIncident.objects.filter(page=found).with_story()
    active = list(told.active())
    context = {
        "status_page": found,
        "overall": overall(component.status for component in components),
        "groups": _groups(components, bars.of_page(found, components, timezone.now())),
        "all_days": bars.all_days(),
        "active": active,
        "days": _days(found, told, active),
        "form": SubscribeForm(found),
        "now": timezone.now(),
    }
    return render(request, "comms/page.html", context)


def _groups(components: list[Component], histories: dict[int, bars.History]) -> list[Group]:
    """Components as the page shows them: those without a group first, then group by group."""
    loose = Group("", histories=histories)
    groups: dict[ComponentGroup, Group] = {}
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


def _days(found: StatusPage, told: Any, active: list[PageIncident]) -> list[Day]:
    """The last fourteen days in the page's zone, newest first; days without anything are told together. No day on which
    something `active` went on is called one without incidents."""
    zone = ZoneInfo(found.time_zone)
    today = timezone.now().astimezone(zone).date()
    since = timezone.now() - timedelta(days=RECENT_DAYS + 1)
    by_day: dict[date, list[PageIncident]] = {}
    over = told.told().filter(state__in=PageIncident.OVER, started_at__gte=since)
    for incident in over.order_by("-started_at"):
        by_day.setdefault(incident.started_at.astimezone(zone).date(), []).append(incident)
    troubled_since = min((i.started_at.astimezone(zone).date() for i in active), default=None)
    days: list[Day] = []
    for number in range(RECENT_DAYS):
        day = today - timedelta(days=number)
        incidents = by_day.get(day, [])
        if not incidents and troubled_since and day >= troubled_since:
            continue
        if not incidents and days and not days[-1].incidents:
            days[-1].until = day
        else:
            days.append(Day(day, day, incidents))
    return days


@permits.open_to("public.read")
@require_safe
@of_page
def page_incident(request: HttpRequest, found: StatusPage, uid: str) -> HttpResponse:
    """One incident with all its updates."""
    incident = get_object_or_404(PageIncident.objects.filter(page=found).told().with_story(), uid=uid)
    context = {
        "status_page": found,
        "incident": incident,
        "postmortem": _published(Q(incident__page_incidents=incident)).first(),
    }
    return render(request, "comms/page_incident.html", context)


class HistoryFilter(forms.Form):
    """What to look for in the history of a page."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"), widget=forms.TextInput({"type": "search"}))
    month = forms.ChoiceField(required=False, label=_("Month"))
    component = forms.ModelChoiceField(
        Component.objects.none(), required=False, label=_("Component"), empty_label=_("Any"), to_field_name="uid"
    )

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = (
            PageIncident.objects.told()
            .filter(page=page)
            .annotate(month=TruncMonth("started_at", tzinfo=ZoneInfo(page.time_zone)))
            .order_by("-month")
            .values_list("month", flat=True)
            .distinct()
        )
        chosen = [(f"{month:%Y-%m}", dates.month(month)) for month in months]
        field_of(self, "month", forms.ChoiceField).choices = [("", gettext("Any")), *chosen]
        field_of(self, "component", forms.ModelChoiceField).queryset = page.components.all()


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
            page_incident=OuterRef("pk"), component_changes__component=component
        )
        told = told.filter(Exists(touched))
    context = {
        "status_page": found,
        "filter_form": form,
        "page": Paginator(told, PER_PAGE).get_page(request.GET.get("page")),
        "filtered": any(values.values()),
    }
    return render(request, "comms/history.html", context)


def _in_month(told: Any, month: str, zone: ZoneInfo) -> Any:
    year, _, number = month.partition("-")
    return told.annotate(month=TruncMonth("started_at", tzinfo=zone)).filter(
        month__year=int(year), month__month=int(number)
    )


def _published(where: Q) -> Any:
    """Postmortems that somebody published and meant for everybody; never those of a private incident. They lead to
    what everybody was told alone."""
    told = PageIncident.objects.told().filter(page__audience=StatusPage.Audience.PUBLIC)
    return (
        Postmortem.objects.filter(where, state=Postmortem.State.PUBLISHED, public=True, incident__private=False)
        .select_related("incident")
        .prefetch_related(Prefetch("incident__page_incidents", told.select_related("page")))
    )


@permits.open_to("public.read")
@require_safe
def postmortem(request: HttpRequest, slug: str) -> HttpResponse:
    """A published postmortem, with roles in the place of people's names."""
    found = get_object_or_404(_published(Q(public_slug=slug)))
    told = next(iter(found.incident.page_incidents.all()), None)
    texts = [found.title, *(getattr(found, name) for name, _, _ in Postmortem.SECTIONS)]
    title, *bodies = without_names(found.incident, texts)
    sections = [(label, body) for (_, label, _), body in zip(Postmortem.SECTIONS, bodies, strict=True) if body.strip()]
    context = {
        "status_page": told.page if told else StatusPage.objects.short(),
        "told": told,
        "title": title,
        "sections": sections,
        "published_at": found.published_at,
    }
    shown = context["status_page"]
    with translation.override(shown.language if shown else None):
        return render(request, "comms/postmortem.html", context)
