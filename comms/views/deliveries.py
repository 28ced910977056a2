"""What became of an update's mail: live while it goes out, row by row, and again to those who missed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from comms import ledgers, letters, outcomes
from comms.actions import resending
from comms.actions.resending import Who
from comms.addresses import Unwritable
from comms.ledgers import Ledger, Tally, Told
from comms.models import Delivery, MaintenanceUpdate, PageMaintenance, StatusPage, StatusUpdate
from comms.models.delivery import DeliveryQuerySet
from comms.standing import may_read
from comms.views.console import update_of
from incidents.models import Incident
from incidents.problems import Blocked
from teams import permits
from teams.console import Request, console

PER_PAGE = 25
# The part of the page that is fetched again while mail goes out.
LIVE = "live"
# Seconds between two looks: while mail goes out, and while there is only something to be tried again much later.
OFTEN, SELDOM = 2, 30
FOUND_BY: dict[str, tuple[str, dict[str, Any]]] = {
    "missed": ("Missed it", {"state__in": ["failed", "bounced", "suppressed"]}),
    "deferred": ("To be tried again", {"state": "queued", "attempts__gt": 0}),
    "queued": ("Waiting", {"state": "queued", "attempts": 0}),
    **{
        name: (outcome.label.capitalize(), {"state": name})
        for name, outcome in outcomes.OUTCOMES.items()
        if name not in ("deferred", "queued")
    },
}


class DeliveryFilter(forms.Form):
    """Which deliveries to list."""

    q = forms.CharField(required=False, max_length=200, label="Address", widget=forms.TextInput({"type": "search"}))
    outcome = forms.ChoiceField(
        required=False,
        label="Outcome",
        choices=[("", "Any"), *((name, label) for name, (label, _) in FOUND_BY.items())],
    )
    channel = forms.ChoiceField(
        required=False,
        label="Channel",
        choices=[("", "Any"), ("email", "E-mail"), ("webhook", "Webhook"), ("chat", "Chat")],
    )

    def narrow(self, rows: DeliveryQuerySet) -> DeliveryQuerySet:
        asked = self.cleaned_data if self.is_valid() else {}
        if words := asked.get("q", "").strip():
            rows = rows.filter(address__icontains=words)
        if outcome := asked.get("outcome"):
            rows = rows.filter(**FOUND_BY[outcome][1])
        if channel := asked.get("channel"):
            rows = rows.filter(channel=channel)
        return rows


class WhoForm(forms.Form):
    """Who of those that missed it gets it again."""

    who = forms.MultipleChoiceField(
        label="Send it to those",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who gets it."},
    )

    def __init__(self, *args: Any, missed: resending.Missed, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = [who for who in Who if missed.counts[who]]
        self.fields["who"].choices = [(str(who), f"{missed.counts[who]:,} {who.label}") for who in there]  # type: ignore[attr-defined]
        # Who came later did not miss it by a fault of ours: that is chosen.
        self.initial.setdefault("who", [str(who) for who in there if who != Who.SINCE])


@dataclass(frozen=True)
class Subject:
    """What the page is of, and where its parts are."""

    told: Told
    page: StatusPage
    title: str
    crumbs: Sequence[tuple[str, str]]
    home: str
    resend: str
    letter: Callable[[int], str]


@dataclass(frozen=True)
class Row:
    """One delivery as it is shown."""

    delivery: Delivery
    outcome: outcomes.Outcome
    says: str
    history: str
    letter: str

    @property
    def reply(self) -> str:
        """The last reply as it came, where it isn't all of what is said already."""
        return "" if self.delivery.reply == self.says else self.delivery.reply


class Unpublished(Exception):
    """Nothing of it was sent yet. `review` is where it is read."""

    def __init__(self, review: str) -> None:
        super().__init__(review)
        self.review = review


def _published(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of what was sent: of an update that is still to be published it leads to where that is done."""

    @wraps(view)
    def inner(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Unpublished as unpublished:
            messages.info(request, "It is not published yet, so nothing was sent.")
            return redirect(unpublished.review)

    return inner


def _of_update(request: Request, pk: int, uid: str) -> Subject:
    """An update on a page whose words the viewer may read. Raises Unpublished."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=pk)
    update = update_of(incident, uid)
    page = update.page_incident.page
    permits.require(request.user, "update.view", update)
    writes = permits.may(request.user, "update.write", update)
    if not (writes or may_read(request.user, page)):
        raise Http404("It is for others.")
    if update.status != StatusUpdate.Status.PUBLISHED:
        raise Unpublished(reverse("comms:review_update", args=[pk, uid]))
    crumbs = [(f"{incident.reference} {incident.title}", incident.get_absolute_url())]
    if writes:
        crumbs.append(("Updates", reverse("comms:compose", args=[pk])))
    return Subject(
        told=update,
        page=page,
        title=f"{update.get_state_display()}: {update.page_incident.title}",
        crumbs=crumbs,
        home=reverse("comms:deliveries", args=[pk, uid]),
        resend=reverse("comms:resend_update", args=[pk, uid]),
        letter=lambda delivery: reverse("comms:letter", args=[pk, uid, delivery]),
    )


def _of_maintenance(request: Request, uid: str, update: str) -> Subject:
    row = get_object_or_404(PageMaintenance.objects.visible_to(request.user).select_related("page"), uid=uid)
    told = get_object_or_404(
        MaintenanceUpdate.objects.select_related("maintenance__page", "author"), maintenance=row, uid=update
    )
    return Subject(
        told=told,
        page=row.page,
        title=f"{told.get_kind_display()}: {row.title}",
        crumbs=[("Planned maintenance", reverse("comms:maintenances")), (row.title, row.get_console_url())],
        home=reverse("comms:maintenance_deliveries", args=[uid, update]),
        resend=reverse("comms:maintenance_resend", args=[uid, update]),
        letter=lambda delivery: reverse("comms:maintenance_letter", args=[uid, update, delivery]),
    )


@console("update.view")
@require_safe
@_published
def of_update(request: Request, pk: int, uid: str) -> HttpResponse:
    """The ledger of one update's mail. `?live=` is what was said aloud last, and gets the counts alone."""
    return _ledger(request, _of_update(request, pk, uid))


@console("maintenance.view")
@require_safe
def of_maintenance(request: Request, uid: str, update: str) -> HttpResponse:
    return _ledger(request, _of_maintenance(request, uid, update))


def _ledger(request: Request, subject: Subject) -> HttpResponse:
    ledger = ledgers.of(subject.told)
    sees = permits.may(request.user, "subscriber.view", subject.page)
    context = _counted(subject, ledger, sees) | {"subject": subject}
    if LIVE in request.GET and request.htmx:
        context |= {"live": True, "news": ledger.milestone != request.GET[LIVE]}
        response = render(request, "comms/deliveries/_live.html", context)
        if not context["every"]:
            response["HX-Trigger"] = "settled"
        return response
    form = DeliveryFilter(request.GET)
    if sees:
        found = form.narrow(ledgers.rows(subject.told)).select_related("subscriber", "superseded_by", "correction")
        page = Paginator(found.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
        letters_too = permits.may(request.user, "delivery.view", subject.told)
        context |= {"page": page, "rows": [_row(each, subject if letters_too else None) for each in page]}
    context |= {
        "filter_form": form,
        "narrowed": any(request.GET.get(name) for name in ("q", "outcome", "channel")),
        "may_resend": resending.may_resend(subject.told, by=request.user),
        "elsewhere": _elsewhere(request, subject.told),
    }
    return render(request, "comms/deliveries/ledger.html", context)


def _counted(subject: Subject, ledger: Ledger, sees: bool) -> dict[str, Any]:
    """What `_live.html` shows, and in how many seconds it looks again: 0 for never."""
    told = subject.told
    corrections = ledgers.of_corrections(told) if isinstance(told, StatusUpdate) else []
    tallies = [ledger.tally, *(tally for _, tally in corrections)]
    going = any(tally.going for tally in tallies)
    retried = any(tally.of("deferred") for tally in tallies)
    return {
        "ledger": ledger,
        "corrections": corrections,
        "sees": sees,
        "going": going,
        "every": OFTEN if going or getattr(subject.told, "fan_out_at", None) else SELDOM if retried else 0,
    }


def _elsewhere(request: Request, told: Told) -> list[tuple[StatusUpdate, Tally]]:
    if isinstance(told, MaintenanceUpdate):
        return []
    others = [each for each in ledgers.companions(told) if may_read(request.user, each.page_incident.page)]
    counted = ledgers.tallies(others)
    return [(each, counted[each.pk]) for each in others]


def _row(delivery: Delivery, subject: Subject | None) -> Row:
    outcome = outcomes.of(delivery.state, delivery.attempts)
    mailed = delivery.channel == Delivery.Channel.EMAIL
    return Row(
        delivery,
        outcomes.OUTCOMES[outcome],
        outcomes.explain(outcome, delivery.reply, delivery.channel),
        reverse("comms:subscriber", args=[delivery.subscriber_id]) if delivery.subscriber_id else "",
        subject.letter(delivery.pk) if subject is not None and mailed else "",
    )


@console("delivery.view")
@require_safe
@_published
def letter_of_update(request: Request, pk: int, uid: str, delivery: int) -> HttpResponse:
    """The headers of one reader's mail, as they were sent."""
    return _letter(request, _of_update(request, pk, uid), delivery)


@console("delivery.view")
@require_safe
def letter_of_maintenance(request: Request, uid: str, update: str, delivery: int) -> HttpResponse:
    return _letter(request, _of_maintenance(request, uid, update), delivery)


def _letter(request: Request, subject: Subject, pk: int) -> HttpResponse:
    permits.require(request.user, "delivery.view", subject.told)
    found = ledgers.rows(subject.told).filter(channel=Delivery.Channel.EMAIL)
    delivery = letters.reload(get_object_or_404(found, pk=pk))
    context: dict[str, Any] = {"subject": subject, "row": _row(delivery, None)}
    try:
        letter = letters.write(delivery)
    except Unwritable as error:
        context["unwritable"] = str(error)
    else:
        head, _, _ = letter.content.partition(b"\r\n\r\n")
        context |= {"headers": head.decode("ascii", "replace").replace("\r\n", "\n"), "letter": letter}
        text = letter.message.get_body(("plain",))
        context["text"] = text.get_content() if text is not None else ""
    return render(request, "comms/deliveries/letter.html", context)


@console("update.publish")
@require_http_methods(["GET", "HEAD", "POST"])
@_published
def resend_update(request: Request, pk: int, uid: str) -> HttpResponse:
    """Who missed it, how many of which kind, and the button that sends it to them."""
    return _resend(request, _of_update(request, pk, uid), resending.resend)


@console("maintenance.plan")
@require_http_methods(["GET", "HEAD", "POST"])
def resend_maintenance(request: Request, uid: str, update: str) -> HttpResponse:
    return _resend(request, _of_maintenance(request, uid, update), resending.resend_maintenance)


def _resend(request: Request, subject: Subject, send: Callable[..., dict[str, int]]) -> HttpResponse:
    if not resending.may_resend(subject.told, by=request.user):
        what = subject.told.maintenance if isinstance(subject.told, MaintenanceUpdate) else subject.told
        permits.require(request.user, request.verb, what)
        raise PermissionDenied(f"On {subject.page} an approver sends updates again.")
    missed = resending.missed(subject.told)
    form = WhoForm(request.POST if request.method == "POST" else None, missed=missed)
    if request.method == "POST" and not missed.total:
        messages.info(request, "Nobody is left who missed it: it is queued for them already.")
        return redirect(subject.home)
    if request.method == "POST" and form.is_valid():
        try:
            queued = sum(send(subject.told.pk, form.cleaned_data["who"], by=request.user).values())
        except Blocked as blocked:
            form.add_error(None, str(blocked))
        else:
            messages.success(request, f"It goes to {queued:,} {'reader' if queued == 1 else 'readers'} now.")
            return redirect(subject.home)
    context = {"subject": subject, "missed": missed, "form": form}
    return render(request, "comms/deliveries/resend.html", context, status=422 if form.errors else 200)
