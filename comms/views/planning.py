"""The console's side of planned maintenance: the list, the form with its preview, and what is done with each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comms import ledgers, reader_letters
from comms.actions import allowed, maintaining, telling
from comms.maintenance.forms import MaintenanceFilter, MaintenanceForm, StepForm
from comms.models import MaintenanceComponent, MaintenanceUpdate, PageMaintenance, StatusPage, Subscriber
from comms.uids import short_uid
from incidents.models import Maintenance
from incidents.problems import Blocked
from teams import moments, permits
from teams.console import Request, console, zone_of

PER_PAGE = 25
VERBS = {
    "start": (maintaining.start, "It is in progress. The page says so."),
    "verify": (maintaining.verify, "The page says that you look it over."),
    "complete": (maintaining.complete, "It is completed. The page says so."),
    "cancel": (maintaining.cancel, "It is cancelled. The page says so."),
    "extend": (maintaining.extend, "It lasts longer. The page says so."),
    "tell": (maintaining.tell, "Readers are told."),
}


@console("maintenance.view")
@require_safe
def maintenance_list(request: Request) -> HttpResponse:
    form = MaintenanceFilter(request.GET)
    rows = form.narrow(PageMaintenance.objects.visible_to(request.user))
    rows = rows.select_related("page", "author", "window").prefetch_related("components")
    context = {
        "filter_form": form,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "narrowed": any(form.cleaned_data.get(name) for name in ("q", "state", "page")),
        "may_plan": permits.may_somewhere(request.user, "maintenance.plan"),
    }
    return render(request, "comms/maintenance/list.html", context)


@console("maintenance.plan")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Plan one on the page that `?page=` names, else on the default one."""
    page = _page(request)
    if page is None:
        return render(request, "comms/maintenance/no_page.html", {})
    data = request.POST if request.method == "POST" else None
    form = MaintenanceForm(data, page=page, zone=zone_of(request), uid=short_uid())
    if request.method == "POST" and form.is_valid() and request.POST.get("do") != "preview":
        values = form.values()
        try:
            made = maintaining.plan(page, by=request.user, uid=form.cleaned_data["uid"], **values)
        except Blocked as blocked:
            form.explain(blocked)
        except PermissionDenied as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"“{made}” is planned. It is on {page.name} from now on.")
            return redirect(made.get_console_url())
    return _form_page(request, page, form)


@console("maintenance.plan")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, uid: str) -> HttpResponse:
    row = _one(request, uid)
    permits.require(request.user, request.verb, row)
    if row.is_over:
        messages.warning(request, f"It is {row.get_state_display().lower()} already.")
        return redirect(row.get_console_url())
    data = request.POST if request.method == "POST" else None
    form = MaintenanceForm(data, page=row.page, zone=zone_of(request), row=row)
    if request.method == "POST" and form.is_valid() and request.POST.get("do") != "preview":
        try:
            maintaining.change(row.pk, by=request.user, **form.values())
        except Blocked as blocked:
            form.explain(blocked)
        else:
            messages.success(request, "Kept. Readers see it as it is now.")
            return redirect(row.get_console_url())
    return _form_page(request, row.page, form, row=row)


def _page(request: Request) -> StatusPage | None:
    slug = request.GET.get("page", "")
    pages = StatusPage.objects.all()
    return pages.filter(slug=slug).first() if slug else pages.order_by("-is_default", "pk").first()


def _form_page(
    request: Request, page: StatusPage, form: MaintenanceForm, *, row: PageMaintenance | None = None
) -> HttpResponse:
    # What is typed survives a lost connection on this device.
    form.fields["body"].widget.attrs["data-keep"] = f"maintenance:{row.uid if row else page.slug}"
    previewed = request.POST.get("do") == "preview"
    context = {
        "form": form,
        "row": row,
        "status_page": page,
        "pages": list(StatusPage.objects.order_by("name")) if row is None else [],
        "subscribers": Subscriber.objects.active().filter(page=page).count(),
        "may_publish": allowed.plans_on(page, by=request.user),
    }
    if previewed:
        context |= _previewed(form, row)
    return render(request, "comms/maintenance/form.html", context, status=422 if form.errors else 200)


@console("maintenance.plan")
@require_POST
def preview(request: Request) -> HttpResponse:
    """What the page and the mail would show, from what is typed and without keeping any of it. `?of=` is the one that
    is changed."""
    row = _one(request, request.GET["of"]) if request.GET.get("of") else None
    page = row.page if row else _page(request)
    if page is None:
        raise Http404
    form = MaintenanceForm(request.POST, page=page, zone=zone_of(request), row=row)
    return render(request, "comms/maintenance/_preview.html", {"form": form, **_previewed(form, row)})


def _previewed(form: MaintenanceForm, row: PageMaintenance | None) -> dict[str, Any]:
    """What the preview shows of a form; nothing where the form makes no sense yet."""
    if not form.is_valid():
        return {"previewed": True}
    values, page = form.values(), form.page
    if values["scheduled_for"] >= values["scheduled_until"]:
        form.add_error("scheduled_until", "Give a time after its beginning.")
        return {"previewed": True}
    times = {name: values[name] for name in ("scheduled_for", "scheduled_until")}
    told = PageMaintenance(page=page, title=values["title"], mail_title=row.mail_title if row else "", **times)
    moved = row is not None and (row.scheduled_for, row.scheduled_until) != tuple(times.values())
    kind = MaintenanceUpdate.Kind.PLANNED
    if row is not None:
        kind = MaintenanceUpdate.Kind.MOVED if moved else MaintenanceUpdate.Kind.CHANGED
    was = {"was_for": row.scheduled_for, "was_until": row.scheduled_until} if row is not None and moved else {}
    update = MaintenanceUpdate(
        maintenance=told, kind=kind, state=row.state if row else told.state, body=values["body"], **times, **was
    )
    chosen = form.chosen()
    parts = [
        MaintenanceComponent(component=component, status=chosen[component.pk])
        for component in form.components
        if component.pk in chosen
    ]
    touched = chosen.keys() | ({part.component_id for part in row.parts.all()} if row else set())
    return reader_letters.maintenance_context(update, page.time_zone, parts) | {
        "previewed": True,
        "subject": reader_letters.maintenance_subject(told),
        "notify": values["notify"],
        "recipients": telling.concerned(page, touched).count() if values["notify"] else 0,
        "subscribers": Subscriber.objects.active().filter(page=page).count(),
    }


def _one(request: Request, uid: str) -> PageMaintenance:
    rows = PageMaintenance.objects.visible_to(request.user).select_related("page", "window", "author")
    found: PageMaintenance = get_object_or_404(rows.prefetch_related("parts__component"), uid=uid)
    return found


@console("maintenance.view")
@require_safe
def maintenance(request: Request, uid: str) -> HttpResponse:
    """One, with all that was told of it and what can be done with it."""
    row = _one(request, uid)
    return _own_page(request, row, StepForm(initial={"mail": row.notify, "minutes": 30}))


def _own_page(request: Request, row: PageMaintenance, form: StepForm) -> HttpResponse:
    updates = row.updates.select_related("author").prefetch_related("component_changes__component")
    told = list(updates)
    tallies = ledgers.tallies(told)
    for update in told:
        update.tally = tallies.get(update.pk)  # type: ignore[attr-defined] # for the template
    parts = list(row.parts.all())
    window = row.window
    seen = window is not None and Maintenance.objects.visible_to(request.user).filter(pk=window.pk).exists()
    context = {
        "row": row,
        "parts": parts,
        "form": form,
        "updates": told,
        "concerned": telling.concerned(row.page, {part.component_id for part in parts}).count(),
        "may_plan": permits.may(request.user, "maintenance.plan", row) and allowed.plans_on(row.page, by=request.user),
        "window": window if seen else None,
        "held_back": window is not None and window.ends_at > moments.now(),
    }
    return render(request, "comms/maintenance/maintenance.html", context, status=422 if form.errors else 200)


@console("maintenance.plan")
@require_POST
def act(request: Request, uid: str, verb: str) -> HttpResponse:
    """Begin it, look it over, complete, extend or cancel it, or say more of it."""
    if verb not in VERBS:
        raise Http404("There is no such verb.")
    row = _one(request, uid)
    permits.require(request.user, request.verb, row)
    form = StepForm(request.POST)
    if form.is_valid():
        do, said = VERBS[verb]
        try:
            do(row.pk, by=request.user, **form.given(verb))  # type: ignore[operator] # each takes what its form gives
        except Blocked as blocked:
            form.explain(blocked)
        else:
            messages.success(request, said)
            return redirect(row.get_console_url())
    return _own_page(request, _one(request, uid), form)
