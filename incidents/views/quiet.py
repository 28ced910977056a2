"""The pages of silences and of maintenance windows: what holds alerts back, and what it held back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import routing
from incidents.actions import quiet
from incidents.forms.quiet import MaintenanceForm, QuietFilter, SilenceForm, of_alert
from incidents.models import Alert, Incident, Maintenance, Silence
from incidents.presenters import quiet as shown
from incidents.views.common import Request, console
from teams import moments, permits
from teams.console import zone_of
from teams.models import Service

PER_PAGE = 30
SHOWN = 50


def _list(request: Request, rows: Any, context: dict[str, Any]) -> HttpResponse:
    now = moments.now()
    form = QuietFilter(request.GET)
    found = form.narrow(rows.visible_to(request.user), request.user, now)
    # What ends first is what somebody has to think of first; of what is over the last.
    order = ["-ends_at", "-pk"] if form.cleaned_data.get("state") in ("over", "all") else ["ends_at", "pk"]
    counted = found.select_related("team", "created_by").with_counts().order_by(*order)  # type: ignore[attr-defined]
    page = Paginator(counted, PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "filter_form": form,
        "page": page,
        "lines": shown.lines(page, request.user, now),
        "narrowed": any(form.cleaned_data.get(name) for name in ("q", "team", "by", "state")),
        "may_make": permits.may_somewhere(request.user, "quiet.change"),
    }
    return render(request, "incidents/quiet/list.html", context)


@require_safe
@console("incident.view")
def silences(request: Request) -> HttpResponse:
    return _list(request, Silence.objects.all(), {"kind": "silence"})


@require_safe
@console("incident.view")
def maintenances(request: Request) -> HttpResponse:
    return _list(request, Maintenance.objects.prefetch_related("services"), {"kind": "maintenance"})


def _page(request: Request, row: Silence | Maintenance, kind: str) -> HttpResponse:
    (line,) = shown.lines([row], request.user, moments.now())
    alerts = Alert.objects.visible_to(request.user).filter(**{kind: row}).select_related("integration", "incident")
    context = {
        "kind": kind,
        "row": row,
        "line": line,
        "alerts": alerts.order_by("-received_at", "-pk")[:SHOWN],
        "history": row.created_at,
    }
    return render(request, "incidents/quiet/page.html", context)


@require_safe
@console("incident.view")
def silence(request: Request, pk: int) -> HttpResponse:
    rows = Silence.objects.visible_to(request.user).select_related("team", "created_by", "ended_by").with_counts()
    return _page(request, get_object_or_404(rows, pk=pk), "silence")


@require_safe
@console("incident.view")
def maintenance(request: Request, pk: int) -> HttpResponse:
    rows = Maintenance.objects.visible_to(request.user).select_related("team", "created_by", "ended_by").with_counts()
    return _page(request, get_object_or_404(rows.prefetch_related("services"), pk=pk), "maintenance")


@require_http_methods(["GET", "HEAD", "POST"])
@console("quiet.change")
def silence_new(request: Request) -> HttpResponse:
    """With `?alert=` it is filled in for what is like that alert, with `?like=` as a silence of before."""
    alert = _alert(request)
    row = of_alert(alert) if alert else Silence()
    like = request.GET.get("like", "")
    if like.isdecimal() and len(like) < 10:
        found = Silence.objects.visible_to(request.user).filter(pk=int(like)).first()
        if found:
            row = Silence(reason=found.reason, conditions=found.conditions, team=found.team, private=found.private)
    return _edit_silence(request, row, alert)


def _alert(request: Request) -> Alert | None:
    try:
        key = UUID(request.GET.get("alert", ""))
    except ValueError:
        return None
    rows = Alert.objects.visible_to(request.user).select_related("integration__team", "incident__team", "team")
    return rows.filter(public_id=key).first()


@require_http_methods(["GET", "HEAD", "POST"])
@console("quiet.change")
def silence_edit(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Silence.objects.visible_to(request.user).select_related("team"), pk=pk)
    permits.require(request.user, "quiet.change" if row.team else "quiet.everywhere", row)
    return _edit_silence(request, row, None)


def _edit_silence(request: Request, row: Silence, alert: Alert | None) -> HttpResponse:
    """Three buttons send the same form: keep it, see what it would hold back, or give it more rows."""
    now = moments.now()
    pressed = next((name for name in ("more", "try") if name in request.POST), "")
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and pressed == "more":
        rows = data.get("labels-TOTAL_FORMS", "")
        data["labels-TOTAL_FORMS"] = str((int(rows) if rows.isdecimal() and len(rows) < 4 else 0) + 1)
    pages = shown.pages_on(alert)
    theirs = pages if pages and permits.may(request.user, "incident.respond", pages) else None
    form = SilenceForm(data, user=request.user, row=row, zone=zone_of(request), pages=theirs)
    likely = None
    if data is not None and pressed == "more":
        form.without_errors()
    elif data is not None and form.is_valid():
        given = form.given(now)
        try:
            if not pressed:
                hush = theirs.pk if theirs and form.cleaned_data.get("hush") else None
                kept = quiet.silence(row if row.pk else None, by=request.user, hush=hush, **given)
                said = f"“{kept}” holds back what it asks for{_until(kept, now)}.{_told(pages, hush)}"
                messages.success(request, said)
                return redirect(kept)
            likely = shown.likely(Silence(conditions=given["conditions"], team=given["team"]), request.user, now)
        except ValidationError as refusal:
            form.refused(refusal)
        except routing.InvalidRuleError as refusal:
            form.refused(ValidationError({at: [message] for at, message in refusal.problems}))
    elif data is None and row.conditions:
        likely = shown.likely(row, request.user, now)
    wrong = bool(form.errors or any(form.labels.errors))
    context = {"form": form, "row": row, "alert": alert, "pages": pages, "likely": likely, "kind": "silence"}
    return render(request, "incidents/quiet/silence.html", context, status=422 if wrong else 200)


def _told(pages: Incident | None, hush: int | None) -> str:
    """What becomes of the pages of the incident that the alert is part of."""
    if pages is None:
        return ""
    said = "pages nobody until it ends." if hush else "pages on until somebody acknowledges it."
    return f" {pages.reference} {said}"


def _until(row: Silence | Maintenance, now: Any) -> str:
    return " from its start on" if row.starts_at > now else " from now on"


@require_http_methods(["GET", "HEAD", "POST"])
@console("quiet.change")
def maintenance_new(request: Request) -> HttpResponse:
    """With `?service=` it is filled in for that one."""
    row = Maintenance()
    chosen = Service.objects.filter(slug=request.GET.get("service", "")).first()
    return _edit_maintenance(request, row, chosen)


@require_http_methods(["GET", "HEAD", "POST"])
@console("quiet.change")
def maintenance_edit(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Maintenance.objects.visible_to(request.user).select_related("team"), pk=pk)
    permits.require(request.user, "quiet.change", row)
    return _edit_maintenance(request, row, None)


def _edit_maintenance(request: Request, row: Maintenance, chosen: Service | None) -> HttpResponse:
    now = moments.now()
    form = MaintenanceForm(
        request.POST if request.method == "POST" else None, user=request.user, row=row, zone=zone_of(request)
    )
    if chosen is not None and request.method != "POST":
        form.initial["services"] = [chosen.pk]
    if request.method == "POST" and form.is_valid():
        try:
            kept = quiet.maintain(row if row.pk else None, by=request.user, **form.given(now))
            messages.success(request, f"“{kept}” holds back what its services say{_until(kept, now)}.")
            return redirect(kept)
        except ValidationError as refusal:
            form.refused(refusal)
    context = {"form": form, "row": row, "kind": "maintenance"}
    return render(request, "incidents/quiet/maintenance.html", context, status=422 if form.errors else 200)


def _end(request: Request, row: Silence | Maintenance) -> HttpResponse:
    quiet.end(row, by=request.user)
    messages.success(request, f"“{row}” is over. What still fires is taken as if it came now.")
    return redirect(row)


@require_POST
@console("quiet.change")
def silence_end(request: Request, pk: int) -> HttpResponse:
    return _end(request, get_object_or_404(Silence.objects.visible_to(request.user), pk=pk))


@require_POST
@console("quiet.change")
def maintenance_end(request: Request, pk: int) -> HttpResponse:
    return _end(request, get_object_or_404(Maintenance.objects.visible_to(request.user), pk=pk))
