"""The Communications Lead's desk: every open incident's clock, what readers were told, and what waits to be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from comms import ledgers
from comms.actions import allowed, drafting
from comms.forms import READERS
from comms.models import PageIncident, StatusPage, StatusUpdate
from comms.standing import may_read
from comms.views import previewing
from comms.views.approval import waits
from incidents.models import Incident
from teams import permits
from teams.console import Request, console

Status = StatusUpdate.Status
PER_PAGE = 25
# Updates whose mail is looked at.
MOST_GOING = 50
ORDER = {Status.ASKED: 0, Status.DRAFT: 1, Status.SCHEDULED: 2}


class DeskFilter(forms.Form):
    """Which incidents to show."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    show = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "All open"),
            ("due", "Update due or overdue"),
            ("approval", "Waiting for approval"),
            ("draft", "With a draft"),
        ],
    )


@dataclass
class Row:
    """One incident on the desk. `waiting` are its unpublished updates, what an approver is asked for first;
    `going` those whose mail goes out."""

    incident: Incident
    state: str
    told: list[PageIncident] = field(default_factory=list)
    going: list[StatusUpdate] = field(default_factory=list)
    waiting: list[StatusUpdate] = field(default_factory=list)

    @property
    def next(self) -> StatusUpdate | None:
        return self.waiting[0] if self.waiting else None

    @property
    def audiences(self) -> str:
        """Who was told, in words."""
        pages = [told.page for told in self.told if not told.is_over]
        return ", ".join(dict.fromkeys(READERS[StatusPage.Audience(page.audience)] for page in pages))


@console("update.view")
def desk(request: Request) -> HttpResponse:
    """Open incidents by when their next update is due; the chosen one's next update as its readers would see it."""
    form = DeskFilter(request.GET)
    values = form.cleaned_data if form.is_valid() else {}
    now = timezone.now()
    found = Incident.objects.where(request.user, "update.view").active()
    if words := values.get("q"):
        found = found.filter(Q(title__icontains=words) | Q(page_incidents__title__icontains=words)).distinct()
    if values.get("show") == "due":
        found = found.filter(next_update_due_at__lte=now)
    elif show := values.get("show"):
        status = Status.ASKED if show == "approval" else Status.DRAFT
        found = found.filter(pk__in=StatusUpdate.objects.filter(status=status).values("page_incident__incident"))
    ordered = found.select_related("severity", "team").order_by(F("next_update_due_at").asc(nulls_last=True), "-pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    rows = _rows(list(page.object_list), now)
    context: dict[str, Any] = {
        "filter_form": form,
        "page": page,
        "rows": rows,
        "filtered": any(values.values()),
        "chosen": _chosen(request, rows),
        "may_subscribers": permits.may_somewhere(request.user, "subscriber.view"),
    }
    if context["chosen"] is not None:
        going = context["chosen"].going
        context["going"] = [ledgers.of(each) for each in going if may_read(request.user, each.page_incident.page)]
        context |= _shown(request, context["chosen"])
    return render(request, "comms/desk.html", context)


def _rows(incidents: list[Incident], now: Any) -> list[Row]:
    unread = (
        StatusUpdate.objects.filter(status__in=drafting.WAITING)
        .select_related("author", "page_incident__page", "page_incident__incident")
        .order_by("pk")
    )
    told = PageIncident.objects.filter(incident__in=incidents).select_related("page", "incident")
    by_incident: dict[int | None, list[PageIncident]] = {}
    for each in told.prefetch_related(Prefetch("updates", unread, to_attr="unread")).order_by("page__name"):
        by_incident.setdefault(each.incident_id, []).append(each)
    going = _going(incidents)
    rows = []
    for incident in incidents:
        mine = by_incident.get(incident.pk, [])
        waiting = [update for each in mine for update in each.unread]  # type: ignore[attr-defined]
        waiting.sort(key=lambda update: ORDER[Status(update.status)])
        shown = [each for each in mine if each.mail_title]
        rows.append(Row(incident, incident.comms_track(now), shown, going.get(incident.pk, []), waiting))
    return rows


def _going(incidents: list[Incident]) -> dict[int | None, list[StatusUpdate]]:
    since = timezone.now() - ledgers.RECENT
    told = StatusUpdate.objects.published().filter(page_incident__incident__in=incidents, published_at__gte=since)
    told = told.select_related("page_incident__page").order_by("-published_at", "pk")[:MOST_GOING]
    found: dict[int | None, list[StatusUpdate]] = {}
    for update, _ in ledgers.going_out(told):
        found.setdefault(update.page_incident.incident_id, []).append(update)
    return found


def _chosen(request: Request, rows: list[Row]) -> Row | None:
    """The one that was asked for, else the first with something to be published, else the first."""
    wanted = request.GET.get("incident", "")
    named = (row for row in rows if str(row.incident.pk) == wanted)
    ready = (row for row in rows if row.next is not None and row.next.status != Status.SCHEDULED)
    return next(named, None) or next(ready, None) or next(iter(rows), None)


def _shown(request: Request, row: Row) -> dict[str, Any]:
    update = row.next
    about = row.incident
    may_write = permits.may(request.user, "update.write", update or about)
    if update is None:
        return {"may_write": may_write}
    pages = allowed.pages_of(update)
    return {
        **previewing.shown(request, update),
        **waits(update, request.user),
        "may_write": may_write,
        "may_publish": update.status != Status.ASKED
        and permits.may(request.user, "update.publish", update)
        and all(allowed.publishes_on(p, by=request.user) for p in pages),
        "may_ask": update.status == Status.DRAFT and may_write,
    }
