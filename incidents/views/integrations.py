"""The pages of integrations: the list, setting one up, its keys, what it sent, and its mapping beside a preview."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions import heartbeats, integrations
from incidents.forms.integrations import (
    LATELY,
    EventFilter,
    HeartbeatForm,
    IntegrationFilter,
    IntegrationForm,
    RenewForm,
)
from incidents.forms.mapping import MappingForm
from incidents.models import Event, Integration, IntegrationKey
from incidents.presenters import events as events_shown
from incidents.presenters import mapping as mapping_shown
from incidents.presenters import setup
from incidents.sources.registry import SOURCES
from incidents.views.common import Request, console
from teams.console import zone_of

PER_PAGE = 30
EVENTS = 50
FORMER_KEYS = 10
VERB = integrations.VERB


def find(request: Request, pk: int) -> Integration:
    """The integration, or 404 where it is none that this person keeps."""
    mine = Integration.objects.visible_to(request.user).select_related("team", "service")
    return get_object_or_404(mine, pk=pk)


def find_event(request: Request, pk: int, public_id: UUID) -> Event:
    return get_object_or_404(find(request, pk).events, public_id=public_id)


@require_safe
@console(VERB)
def integration_list(request: Request) -> HttpResponse:
    now = timezone.now()
    form = IntegrationFilter(request.GET, user=request.user)
    found = form.narrow(Integration.objects.visible_to(request.user).select_related("team"), now)
    good = Prefetch("keys", IntegrationKey.objects.good(now), to_attr="good_keys")
    page = Paginator(found.prefetch_related(good).order_by("name"), PER_PAGE).get_page(request.GET.get("page"))
    counts = Event.objects.counted([each.pk for each in page], now - LATELY)
    context = {
        "filter_form": form,
        "page": page,
        "rows": [(each, counts.get(each.pk, {})) for each in page],
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
    }
    return render(request, "incidents/integrations/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console(VERB)
@never_cache
def integration_new(request: Request) -> HttpResponse:
    """First what it speaks, then the rest; at the end its key, which is shown this once."""
    source = SOURCES.get(request.GET.get("kind", ""))
    if source is None:
        return render(request, "incidents/integrations/kinds.html", {"groups": setup.kinds()})
    form = IntegrationForm(request.POST if request.method == "POST" else None, source=source, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            made, key = integrations.connect(by=request.user, **form.given())
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            return _show_key(request, made, key, is_new=True)
    context = {"form": form, "source": source}
    return render(request, "incidents/integrations/edit.html", context, status=422 if form.errors else 200)


def _show_key(request: Request, integration: Integration, key: str, *, is_new: bool = False) -> HttpResponse:
    context = {"integration": integration, "setup": setup.of(integration, key), "is_new": is_new}
    return render(request, "incidents/integrations/made.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console(VERB)
def integration_edit(request: Request, pk: int) -> HttpResponse:
    integration = find(request, pk)
    data = request.POST if request.method == "POST" else None
    form = IntegrationForm(data, source=integration.source, user=request.user, integration=integration)
    if form.is_bound and form.is_valid():
        try:
            kept = integrations.keep(integration, by=request.user, **form.given())
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, f"“{kept}” is kept.")
            return redirect(kept)
    context = {"form": form, "source": integration.source, "integration": integration}
    return render(request, "incidents/integrations/edit.html", context, status=422 if form.errors else 200)


@require_safe
@console(VERB)
def integration_page(request: Request, pk: int) -> HttpResponse:
    """One integration. What it sent renews itself: htmx asks for that part alone."""
    integration = find(request, pk)
    context = {"integration": integration} | _events(request, integration)
    if request.htmx and request.htmx.target == "events":
        return render(request, "incidents/integrations/_events.html", context)
    now = timezone.now()
    keys = list(integration.keys.select_related("created_by")[:FORMER_KEYS])
    for key in keys:
        key.works = key.is_good(now)  # type: ignore[attr-defined]
    context |= {
        "setup": setup.of(integration),
        "keys": keys,
        "working": sum(key.is_good(now) for key in keys),
        "renew_form": RenewForm(),
        "heartbeats": list(integration.heartbeats.all()),
        "mapped": integration.kind in mapping_shown.MAPPED,
    }
    return render(request, "incidents/integrations/integration.html", context)


def _events(request: Request, integration: Integration) -> dict[str, Any]:
    """The last events, or those before one of them: counting all of a storm would cost more than to show it."""
    form = EventFilter(request.GET)
    found = form.narrow(Event.objects.filter(integration=integration)).defer("body")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(found.order_by("-pk")[: EVENTS + 1])
    return {
        "event_filter": form,
        "rows": events_shown.rows(rows[:EVENTS], request.user),
        "older": rows[EVENTS - 1].pk if len(rows) > EVENTS else None,
        "is_older": bool(before),
        "narrowed": bool(form.cleaned_data.get("state")),
    }


@require_POST
@console(VERB)
def test(request: Request, pk: int) -> HttpResponse:
    """Send a test alert, and show what becomes of it."""
    integration = find(request, pk)
    event = integrations.send_test(integration, by=request.user)
    if request.htmx:
        return _became(request, integration, event)
    messages.success(request, "A test was sent. What became of it is shown here; load the page again if it waits.")
    return redirect("incidents:integration_event", pk, event.public_id)


@require_safe
@console(VERB)
def event_became(request: Request, pk: int, public_id: UUID) -> HttpResponse:
    """What became of an event; while it waits, this asks again."""
    event = find_event(request, pk, public_id)
    if not request.htmx:
        return redirect("incidents:integration_event", pk, public_id)
    return _became(request, event.integration, event)


def _became(request: Request, integration: Integration, event: Event) -> HttpResponse:
    (row,) = events_shown.rows([event], request.user)
    context = {"integration": integration, "row": row, "event": event}
    return render(request, "incidents/integrations/_became.html", context)


@require_safe
@console(VERB)
def event_page(request: Request, pk: int, public_id: UUID) -> HttpResponse:
    """An event as it came, with what became of it: in a dialog, or a page of its own."""
    return _event(request, find_event(request, pk, public_id), again="again" in request.GET)


def _event(request: Request, event: Event, *, again: bool = False) -> HttpResponse:
    (row,) = events_shown.rows([event], request.user)
    integration = event.integration
    shows = integration.shows_bodies_to(request.user)
    context = {
        "integration": integration,
        "event": event,
        "row": row,
        "again": again,
        "dialog": bool(request.htmx),
        "shows": shows,
        "body": events_shown.body(event) if shows else "",
        "is_cut": events_shown.is_cut(event),
    }
    name = "_event" if request.htmx else "event"
    return render(request, f"incidents/integrations/{name}.html", context)


@require_POST
@console(VERB)
def event_again(request: Request, pk: int, public_id: UUID) -> HttpResponse:
    event = integrations.send_again(find_event(request, pk, public_id), by=request.user)
    if request.htmx:
        return _event(request, event, again=True)
    messages.success(request, "It was sent again. What became of it is shown here; load the page again if it waits.")
    return redirect("incidents:integration_event", pk, event.public_id)


@require_POST
@console(VERB)
@never_cache
def renew(request: Request, pk: int) -> HttpResponse:
    """A new key, shown this once; the former works beside it for as long as was asked for."""
    integration = find(request, pk)
    form = RenewForm(request.POST)
    form.is_valid()
    return _show_key(request, integration, integrations.add_key(integration, by=request.user, overlap=form.overlap))


@require_POST
@console(VERB)
def stop_former(request: Request, pk: int) -> HttpResponse:
    integration = find(request, pk)
    stopped = integrations.stop_former_keys(integration, by=request.user)
    said = f"{stopped} former key{'s' if stopped > 1 else ''} stopped." if stopped else "There was no former key."
    messages.success(request, f"{said} The newest works.")
    return redirect(integration)


@require_POST
@console(VERB)
def revoke(request: Request, pk: int, key: int) -> HttpResponse:
    integration = find(request, pk)
    row = get_object_or_404(integration.keys, pk=key)
    if integrations.revoke_key(row, by=request.user):
        messages.success(request, f"The key {row} opens nothing any more.")
    else:
        messages.info(request, f"The key {row} had already stopped.")
    return redirect(integration)


@require_http_methods(["GET", "HEAD", "POST"])
@console(VERB)
def heartbeat(request: Request, pk: int, heartbeat: int) -> HttpResponse:
    """How often a sign of life has to come."""
    integration = find(request, pk)
    row = get_object_or_404(integration.heartbeats, pk=heartbeat)
    zone = zone_of(request)
    asked = {name: getattr(row, name) for name in HeartbeatForm.base_fields}
    if not row.cron:
        asked["time_zone"] = zone
    form = HeartbeatForm(request.POST if request.method == "POST" else None, initial=asked)
    if form.is_bound and form.is_valid():
        try:
            heartbeats.keep(row, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, f"“{row}” is kept.")
            return redirect(integration)
    context = {"form": form, "integration": integration, "heartbeat": row}
    return render(request, "incidents/integrations/heartbeat.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@console(VERB)
def mapping(request: Request, pk: int) -> HttpResponse:
    """Where in a body an alert's parts are. Typing sends the form to see what it makes of a body; one button keeps
    it."""
    integration = find(request, pk)
    if integration.kind not in mapping_shown.MAPPED:
        raise Http404
    form = MappingForm(request.POST if request.method == "POST" else None, integration=integration, user=request.user)
    if form.is_bound and form.is_valid() and "keep" in request.POST and not request.htmx:
        try:
            integrations.map_fields(integration, form.mapping(), by=request.user)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, "The mapping is kept. What comes from now on is read by it.")
            return redirect(integration)
    sent = form.sent()
    seen = mapping_shown.preview(integration, form.mapping(), sent)
    context = {
        "integration": integration,
        "form": form,
        "seen": seen,
        "lines": [(field, seen.found.get(field.name, [])) for field in form.fields_shown],
        "tried_body": events_shown.text(sent.body),
    }
    if request.htmx:
        return render(request, "incidents/integrations/_preview.html", context | {"oob": True})
    return render(request, "incidents/integrations/mapping.html", context, status=422 if form.errors else 200)
