"""The deck of a service: its generic mitigations, written and approved before they are needed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import deck as reads
from incidents.actions import deck
from incidents.forms.deck import CardForm, DeckFilter
from incidents.models import Incident, Mitigation, MitigationCard
from incidents.problems import Blocked
from incidents.views.common import Request, console
from teams import moments, permits
from teams.models import Organization, Service

PER_PAGE = 30
SHOWN = 20
SAID = {
    "approve": "“{}” is approved: incidents offer it.",
    "retire": "“{}” is retired. What was done with it stays.",
    "take_back": "“{}” is a draft again.",
}


def _service(slug: str) -> Service:
    found: Service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    return found


def _card(slug: str, pk: int) -> MitigationCard:
    rows = MitigationCard.objects.select_related("service__team", "approved_by", "created_by")
    return get_object_or_404(rows, service__slug=slug, pk=pk)


@require_safe
@console("team.view")
def card_list(request: Request, slug: str) -> HttpResponse:
    service, now = _service(slug), moments.now()
    form = DeckFilter(request.GET)
    found = form.narrow(service.cards.select_related("approved_by"))
    page = Paginator(found.order_by("title", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    cards, days = list(page), Organization.current().card_stale_days
    known = reads.records(cards, request.user)
    context = {
        "service": service,
        "filter_form": form,
        "page": page,
        "rows": [reads.Held(card, known.get(card.pk, reads.Record()), 0, card.is_stale(now, days)) for card in cards],
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
        "may_change": permits.may(request.user, "deck.change", service),
        "stale_days": days,
    }
    return render(request, "incidents/deck/list.html", context)


@require_safe
@console("team.view")
def card_page(request: Request, slug: str, pk: int) -> HttpResponse:
    """One card: how it is done, its record, and where it was tried."""
    card, days = _card(slug, pk), Organization.current().card_stale_days
    seen = Incident.objects.visible_to(request.user).values("pk")
    tried = Mitigation.objects.filter(card=card, incident__in=seen).exclude(executed_at=None)
    context = {
        "card": card,
        "service": card.service,
        "record": reads.records([card], request.user).get(card.pk, reads.Record()),
        "stale": not card.retired_at and card.is_stale(moments.now(), days),
        "tried": list(tried.select_related("incident", "carried_by").order_by("-executed_at")[:SHOWN]),
        "may_change": permits.may(request.user, "deck.change", card.service),
        "may_approve": permits.may(request.user, "deck.approve", card.service),
        "may_audit": permits.may(request.user, "audit.view", card.service.team),
    }
    return render(request, "incidents/deck/card.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console("deck.change")
def card_new(request: Request, slug: str) -> HttpResponse:
    return _edit(request, MitigationCard(service=_service(slug)))


@require_http_methods(["GET", "HEAD", "POST"])
@console("deck.change")
def card_edit(request: Request, slug: str, pk: int) -> HttpResponse:
    return _edit(request, _card(slug, pk))


def _edit(request: Request, card: MitigationCard) -> HttpResponse:
    service = card.service
    permits.require(request.user, "deck.change", service)
    may_approve = permits.may(request.user, "deck.approve", service)
    form = CardForm(card, request.POST if request.method == "POST" else None, may_approve=may_approve)
    if request.method == "POST" and form.is_valid():
        try:
            kept = deck.keep(card if card.pk else None, by=request.user, service=service, **form.given())
        except Blocked as blocked:
            form.refuse(blocked)
        else:
            try:
                if form.cleaned_data.get("approve"):
                    deck.approve(kept, by=request.user)
                approved = bool(form.cleaned_data.get("approve"))
                said = "is kept and approved." if approved else "is kept. A manager of the team approves it."
                messages.success(request, f"“{kept}” {said}")
            except Blocked as blocked:
                text = " ".join(each.message for each in blocked.blockers)
                messages.warning(request, f"“{kept}” is kept, but not approved. {text}")
            return redirect(kept)
    context = {"form": form, "card": card, "service": service}
    return render(request, "incidents/deck/edit.html", context, status=422 if form.errors else 200)


@require_POST
@console("deck.change")
def card_do(request: Request, slug: str, pk: int, verb: str) -> HttpResponse:
    """Approve a card, retire it, or take it back."""
    if verb not in deck.VERBS:
        raise Http404
    card = _card(slug, pk)
    try:
        done: Any = deck.VERBS[verb](card, by=request.user)
        messages.success(request, SAID[verb].format(done))
    except Blocked as blocked:
        messages.warning(request, " ".join(each.message for each in blocked.blockers))
    return redirect(card)
