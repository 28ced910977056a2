"""What an update would say before it says it: on each of its pages and in its mail, and to how many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone

from comms import reader_letters
from comms.actions import allowed, fanning, reckoning, speaking
from comms.forms import READERS
from comms.models import Component, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.models import Incident
from teams import permits
from teams.console import Request, console

FIRST = 10
PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """One page's side of it. `readers` are the first addresses that are mailed, none where the viewer may not see them;
    `minutes` is how long mail to all `recipients` takes."""

    page: StatusPage
    update: StatusUpdate
    told: PageIncident
    audience: str
    subject: str
    mail: str
    expected: str
    changes: list[tuple[str, str]]
    recipients: int
    subscribers: int
    minutes: int
    readers: list[str]
    touched: str
    impact: str

    @property
    def more(self) -> int:
        return self.recipients - len(self.readers)


def previews(update: StatusUpdate, user: Any) -> list[Preview]:
    """The update, saved or not, as each of its pages would tell it now; its own page first."""
    about = update.page_incident
    found = []
    for page in allowed.pages_of(update):
        told = about if page == about.page else speaking.unsaved(page, update, about)
        found.append(_preview(update, told, user))
    return found


def _preview(update: StatusUpdate, told: PageIncident, user: Any) -> Preview:
    page = told.page
    row = speaking.on_page(update, told, timezone.now())
    row.publish_at = update.publish_at
    shown = PageIncident(
        page=page, incident=told.incident, title=update.title or told.title or "(no title yet)", uid=told.uid
    )
    names = {str(pk): name for pk, name in page.components.values_list("pk", "name")}
    states = row.component_states
    changes = [(names[pk], Component.Status(state).label) for pk, state in states.items()]
    told_of = fanning.told_of(row) if update.notify else Subscriber.objects.none()
    count = told_of.count()
    sees = permits.may(user, "subscriber.view", page)
    row.page_incident = shown
    context = reader_letters.update_context(row, page.time_zone) | {"changes": changes}
    return Preview(
        page=page,
        update=row,
        told=shown,
        audience=READERS[StatusPage.Audience(page.audience)],
        subject=f"[{page.name}] {told.mail_title or shown.title}",
        mail=render_to_string("comms/mail/_update_body.txt", context).strip(),
        expected=context["eta"],
        changes=changes,
        recipients=count,
        subscribers=Subscriber.objects.active().filter(page=page).count(),
        minutes=reckoning.minutes_for(count),
        readers=list(told_of.order_by("email").values_list("email", flat=True)[:FIRST]) if sees else [],
        touched=",".join(sorted(states, key=int)),
        impact=update.impact or told.impact,
    )


@console("subscriber.view")
def recipients(request: Request, pk: int) -> HttpResponse:
    """Everybody whom an update of this incident on `?on=` (a page's slug) would be sent to, if it touched
    `?components=` (their numbers) beside what was touched before, with `?impact=` and `?state=`."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=pk)
    page = get_object_or_404(StatusPage, slug=request.GET.get("on", ""))
    permits.require(request.user, request.verb, page)
    told = PageIncident.objects.filter(page=page, incident=incident).first() or PageIncident(
        page=page, incident=incident
    )
    numbers = [n for n in request.GET.get("components", "").split(",") if n.isascii() and n.isdecimal() and len(n) < 16]
    row = StatusUpdate(
        page_incident=told,
        component_states=dict.fromkeys(numbers, Component.Status.DEGRADED),
        impact=_one_of(PageIncident.Impact.values, request.GET.get("impact", ""), ""),
        state=_one_of(PageIncident.State.values, request.GET.get("state", ""), PageIncident.State.INVESTIGATING),
    )
    words = request.GET.get("q", "").strip()[:200]
    found = fanning.told_of(row).order_by("email")
    if words:
        found = found.filter(email__icontains=words)
    context = {
        "incident": incident,
        "status_page": page,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "q": words,
        "on": page.slug,
        "components": ",".join(numbers),
        "impact": row.impact,
        "state": row.state,
    }
    return render(request, "comms/recipients.html", context)


def _one_of(known: Collection[str], given: str, otherwise: str) -> str:
    return given if given in known else otherwise


def shown(request: HttpRequest, update: StatusUpdate) -> dict[str, Any]:
    """What the template of a preview needs."""
    found = previews(update, request.user)
    return {"previews": found, "update": update, "incident_pk": update.page_incident.incident_id}
