"""The console's side of subscribers: the list, one's whole history and what is done about them, and files of them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comms.actions import importing, keeping, subscribing
from comms.models import Subscriber, SubscriberImport
from comms.models.subscriber import SubscriberQuerySet
from comms.standing import pages_where
from comms.subscriber_files import MOST_BYTES
from comms.subscribers import exporting, history
from comms.subscribers.forms import AddForm, HistoryFilter, ImportForm, SubscriberFilter
from incidents.problems import Blocked
from teams import permits
from teams.bodies import bounded
from teams.console import Request, console

PER_PAGE = 50
PER_HISTORY = 30
PER_REPORT = 50
VIEW, CHANGE = "subscriber.view", "subscriber.change"
State = Subscriber.State
TONES: dict[str, tuple[str, str]] = {
    State.PENDING: ("info", "clock"),
    State.ACTIVE: ("ok", "check"),
    State.UNSUBSCRIBED: ("neutral", "signout"),
    State.SUPPRESSED: ("danger", "cancelled"),
}
IMPORTS: dict[str, tuple[str, str]] = {
    SubscriberImport.State.WAITING: ("info", "clock"),
    SubscriberImport.State.RUNNING: ("info", "arrow"),
    SubscriberImport.State.DONE: ("ok", "check"),
    SubscriberImport.State.FAILED: ("danger", "warn"),
}
# A poll that finds the import over loads the whole page again.
LIVE = "live"


def _seen(request: HttpRequest, verb: str = VIEW) -> SubscriberQuerySet:
    return Subscriber.objects.filter(page__in=pages_where(request.user, verb))


@console(VIEW)
@require_safe
def subscriber_list(request: Request) -> HttpResponse:
    """Subscribers of the pages that this person keeps, and how many of each state fit the filters."""
    form = SubscriberFilter(request.GET, pages=pages_where(request.user, VIEW))
    seen = _seen(request)
    counted = form.narrow(seen, but="state").order_by().values_list("state").annotate(count=Count("pk"))
    counts = dict(counted)
    found = form.sorted(form.narrow(seen)).select_related("page").prefetch_related("components", "groups")
    page = Paginator[Any](found, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.tone, row.symbol = TONES[row.state]
    return render(
        request,
        "comms/subscribers/list.html",
        {
            "filter_form": form,
            "page": page,
            "states": [(value, label, counts.get(value, 0)) for value, label in State.choices],
            "total": sum(counts.values()),
            "state": form.asked.get("state", ""),
            "narrowed": any(name != "sort" for name in form.asked),
            "one_page": pages_where(request.user, VIEW).count() == 1,
            "may_change": permits.may_somewhere(request.user, CHANGE),
        },
    )


@console(VIEW)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, all pages of it, as a file."""
    form = SubscriberFilter(request.GET, pages=pages_where(request.user, VIEW))
    found = form.sorted(form.narrow(_seen(request)))
    user = cast("Request", request).user
    answer = exporting.export(found, by=user, request=request, asked=form.asked)
    return cast("HttpResponse", answer)


@console(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request) -> HttpResponse:
    """Subscribe somebody to the page that `?on=` names, else to the first that this person keeps."""
    pages = pages_where(request.user, CHANGE).order_by("-is_default", "name")
    wanted = request.GET.get("on", "")
    page = (pages.filter(slug=wanted) if wanted else pages).first()
    if page is None:
        if wanted:
            raise Http404
        return render(request, "comms/maintenance/no_page.html", {})
    form = AddForm(request.POST if request.method == "POST" else None, page=page)
    if request.method == "POST" and form.is_valid():
        asks, consent = form.asks, form.cleaned_data["consent"]
        try:
            made, outcome = keeping.add(page, by=request.user, cells=form.cells(), asks=asks, consent=consent)
        except Blocked as blocked:
            form.explain(blocked)
        else:
            if outcome != "added":
                said = f"{made.email} is a subscriber already."
                messages.info(request, f"{said} The choice was changed." if outcome == "changed" else said)
            elif made.state == State.ACTIVE:
                messages.success(request, f"{made.email} is told from now on.")
            else:
                messages.success(request, f"{made.email} is asked by mail to confirm.")
            return redirect("comms:subscriber", pk=made.pk)
    return render(
        request,
        "comms/subscribers/add.html",
        {"form": form, "status_page": page, "pages": list(pages)},
        status=422 if form.errors else 200,
    )


@console(VIEW)
@require_safe
def subscriber(request: Request, pk: int) -> HttpResponse:
    """One subscriber: what they chose, and all that happened, the newest first."""
    row = get_object_or_404(_seen(request).select_related("page"), pk=pk)
    form = HistoryFilter(request.GET)
    show = form.cleaned_data["show"] if form.is_valid() else ""
    lines: Any = history.lines(row, show)
    return render(
        request,
        "comms/subscribers/subscriber.html",
        {
            "row": row,
            "tone": TONES[State(row.state)],
            "components": list(row.components.order_by("name")),
            "groups": list(row.groups.order_by("name")),
            "incidents": list(row.incidents.order_by("pk")),
            "others": _seen(request).filter(email__iexact=row.email).exclude(pk=row.pk).select_related("page"),
            "filter_form": form,
            "page": Paginator[Any](lines, PER_HISTORY).get_page(request.GET.get("page")),
            "show": show,
            "may_change": permits.may(request.user, CHANGE, row),
        },
    )


@console(CHANGE)
@require_POST
def act(request: Request, pk: int, verb: str) -> HttpResponse:
    """Unsubscribe them (`unsubscribe`), `ask` them to confirm, `resend` a delivery, or `erase` them."""
    row = get_object_or_404(_seen(request, CHANGE).select_related("page"), pk=pk)
    permits.require(request.user, CHANGE, row)
    try:
        if verb == "erase":
            return _erase(request, row)
        said = _act(request, row, verb)
    except Blocked as blocked:
        messages.warning(request, str(blocked))
    else:
        messages.success(request, said)
    return redirect("comms:subscriber", pk=pk)


def _act(request: Request, row: Subscriber, verb: str) -> str:
    if verb == "unsubscribe":
        subscribing.unsubscribe(row.pk, by=request.user)
        return "They are told no more."
    if verb == "ask":
        keeping.ask_again(row.pk, by=request.user)
        return f"A mail to {row.email} asks them to confirm."
    if verb == "resend":
        number = request.POST.get("delivery", "")
        keeping.send_missed(row.pk, int(number) if number.isdecimal() and len(number) < 18 else 0, by=request.user)
        return "It is sent once more."
    raise Http404


def _erase(request: Request, row: Subscriber) -> HttpResponse:
    if request.POST.get("confirm", "").strip().lower() != row.email.lower():
        messages.warning(request, f"Nothing was erased. Type the address, {row.email}, to confirm.")
        return redirect("comms:subscriber", pk=row.pk)
    pages = list(pages_where(request.user, CHANGE).values_list("pk", flat=True))
    keeping.erase(row.pk, by=request.user, pages=pages)
    messages.success(request, "Everything that was kept of the address on your pages is erased.")
    return redirect("comms:subscribers")


@bounded(MOST_BYTES + 1_000_000)
@console(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: Request) -> HttpResponse:
    pages = pages_where(request.user, CHANGE)
    if not pages.exists():
        return render(request, "comms/maintenance/no_page.html", {})
    posted = request.method == "POST"
    initial = {"page": request.GET.get("on") or pages.order_by("-is_default", "name").values_list("slug")[0][0]}
    given = (request.POST, request.FILES) if posted else (None, None)
    form = ImportForm(*given, pages=pages, initial=initial)
    if posted and form.is_valid():
        name, raw = form.brought()
        typed = form.cleaned_data
        try:
            made = importing.begin(
                typed["page"], by=request.user, name=name, raw=raw, asks=form.asks, consent=typed["consent"]
            )
        except Blocked as blocked:
            form.explain(blocked)
        else:
            return redirect("comms:subscriber_import", pk=made.pk)
    latest = SubscriberImport.objects.filter(page__in=pages).select_related("page", "by").defer("text")[:8]
    for row in latest:
        row.tone, row.symbol = IMPORTS[row.state]  # type: ignore[attr-defined]
    return render(
        request,
        "comms/subscribers/import_new.html",
        {"form": form, "latest": latest},
        status=422 if form.errors else 200,
    )


def _import(request: Request, pk: int) -> SubscriberImport:
    rows = SubscriberImport.objects.filter(page__in=pages_where(request.user, CHANGE))
    found: SubscriberImport = get_object_or_404(rows.select_related("page", "by").defer("text"), pk=pk)
    return found


@console(CHANGE)
@require_safe
def import_page(request: Request, pk: int) -> HttpResponse:
    """How far an import is, and which lines were not taken."""
    row = _import(request, pk)
    running = row.state in (SubscriberImport.State.WAITING, SubscriberImport.State.RUNNING)
    response = render(
        request,
        "comms/subscribers/import.html",
        {
            "row": row,
            "tone": IMPORTS[SubscriberImport.State(row.state)],
            "running": running,
            "page": Paginator(row.problems.order_by("line"), PER_REPORT).get_page(request.GET.get("page")),
            "found_url": f"{reverse('comms:subscribers')}?on={row.page.slug}",
        },
    )
    if not running and LIVE in request.GET and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@console(CHANGE)
@require_safe
def import_report(request: Request, pk: int) -> HttpResponse:
    """The lines that were not taken, as a file to mend and bring again."""
    return cast("HttpResponse", exporting.report(_import(request, pk)))
