"""The incident's page, and the poll that keeps it fresh."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.models import Incident, Presence, Witness
from incidents.models.presence import last_seen, who_is_here
from incidents.presenters.board import board
from incidents.presenters.composer import composer
from incidents.presenters.fresh import state_key
from incidents.presenters.log import Chosen
from incidents.presenters.parts import witness
from incidents.presenters.parts.glance import people_here, people_key
from incidents.views.common import Request, console, find
from teams import permits
from teams.models import Organization

KNOWN_BY_POLL = (
    "version",
    "phase",
    "soak_until",
    "comms_required",
    "declared_at",
    "next_update_due_at",
    "final_update_at",
    "recovery_due_at",
)


@require_safe
@console("incident.view")
def page(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)
    Presence.objects.note(incident, request.user, timezone.now())
    context = board(incident, request.user, Chosen.of(request.GET), Organization.of(request))
    return render(request, "incidents/incident.html", context | composer(incident))


@require_safe
@console("incident.view")
def live(request: Request, pk: int) -> HttpResponse:
    """204 while nothing changed since `v`; else the parts of the page, to be put in their places, or one alone
    where only who is here changed, or a metric was read.

    The question costs one query beside those of the session, and a note every ten seconds that somebody is here; only
    an answer loads the page.
    """
    now = timezone.now()
    known = Incident.objects.visible_to(request.user).filter(pk=pk).only(*KNOWN_BY_POLL)
    seen = known.annotate(people=who_is_here(now), noted_at=last_seen(request.user), ticks=witness.ticks()).first()
    if seen is None:
        raise Http404
    if seen.noted_at is None or now - seen.noted_at > Presence.NOTED_EVERY:
        Presence.objects.note(seen, request.user, now)
    known_state, known_people, known_ticks = [*request.GET.get("v", "").split("~"), "", ""][:3]
    if known_state == state_key(seen, now):
        here, ticks = people_key(seen.people), str(seen.ticks or 0)
        parts = [("presence", known_people != here), ("witness", known_ticks != ticks)]
        if changed := [name for name, is_new in parts if is_new]:
            shared = {"incident": seen, "page_key": f"{known_state}~{here}", "witness_ticks": ticks}
            return HttpResponse(_only(request, changed, shared, now))
        return HttpResponse(status=204)
    response = HttpResponse(regions(request, pk, news=True))
    response["HX-Trigger"] = "incident-changed"
    return response


def _only(request: Request, changed: list[str], shared: dict[str, Any], now: datetime) -> str:
    """The parts of these names, and the poll that knows of them."""
    context = {**shared, "oob": True}
    if "presence" in changed:
        context["people_here"] = people_here(shared["incident"], now)
    if "witness" in changed:
        incident = find(request, shared["incident"].pk)
        rows = list(Witness.objects.standing().filter(incident=incident))
        context |= witness.context(incident, rows, list(incident.mitigations.all()), now)
        context |= {"incident": incident, "may_attach": permits.may(request.user, "incident.respond", incident)}
    return "".join(render_to_string(f"incidents/regions/{name}.html", context, request) for name in ("live", *changed))


def regions(
    request: Request, pk: int, *, said: str = "", tone: str = "success", focus: bool = False, news: bool = False
) -> str:
    """The page's parts, each to replace the one of its id. `said` is shown on top; `focus` moves the focus to the next
    thing; `news` reads the newest line out to a screen reader."""
    shown = urlsplit(request.htmx.current_url or "").query
    asked = {key: values[-1] for key, values in parse_qs(shown, keep_blank_values=True).items()}
    context = board(find(request, pk), request.user, Chosen.of(asked), Organization.of(request))
    extra = {"oob": True, "said": said, "tone": tone, "focus": focus, "news": news}
    return render_to_string("incidents/regions/all.html", context | extra, request)
