"""The pages of swaps: asking, answering, and the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import actions, permits
from teams.actions import swaps
from teams.console import Request, console
from teams.models import Schedule, Swap, User
from teams.swaps import reading
from teams.swaps.forms import DeclineForm, SwapFilter, SwapForm

PAGE = 25
TONES = {"open": ("info", "clock"), "accepted": ("ok", "check")}


@console("self.view")
@require_safe
def swap_list(request: Request) -> HttpResponse:
    user, now = request.user, timezone.now()
    form = SwapFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    found = _shown(user, asked.get("show", ""), now).in_state(asked.get("state", ""), now)
    if words := asked.get("q", "").strip():
        found = found.filter(_matching(words))
    if asked.get("team"):
        found = found.filter(schedule__team=asked["team"])
    page = Paginator(found.order_by("-starts_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    waiting = set(reading.to_answer(user, now).filter(pk__in=[swap.pk for swap in page]).values_list("pk", flat=True))
    return render(
        request,
        "teams/swaps/list.html",
        {
            "filter_form": form,
            "page": page,
            "rows": [_row(swap, now) | {"waiting": swap.pk in waiting} for swap in page],
            "searched": any(request.GET.get(name) for name in ("q", "show", "state", "team")),
        },
    )


def _shown(user: User, show: str, now: datetime) -> Any:
    waiting = Q(pk__in=reading.to_answer(user, now).values("pk"))
    asker = Q(user=user)
    match show:
        case "answer":
            return reading.shown().filter(waiting)
        case "mine":
            return reading.shown().filter(asker)
        case "teams":
            return reading.shown().filter(schedule__in=reading.my_schedules(user).values("pk"))
        case "all":
            return reading.shown()
    return reading.shown().filter(waiting | asker | Q(asked=user) | Q(answered_by=user))


def _matching(words: str) -> Q:
    found = Q(schedule__name__icontains=words) | Q(schedule__team__name__icontains=words) | Q(note__icontains=words)
    for who in ("user", "asked", "answered_by"):
        for name in ("first_name", "last_name", "username"):
            found |= Q(**{f"{who}__{name}__icontains": words})
    return found


def _row(swap: Swap, now: datetime) -> dict[str, Any]:
    state = swap.stands(now)
    tone, symbol = TONES.get(state, ("neutral", "cancelled"))
    return {"swap": swap, "state": state, "tone": tone, "symbol": symbol}


@console("override.add")
@require_http_methods(["GET", "HEAD", "POST"])
def swap_new(request: Request, pk: int) -> HttpResponse:
    """Ask for a swap. `look` in the form, and any reading of the page, only shows who is free and what they have."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    permits.require(request.user, "override.add", schedule)
    sent = request.method == "POST" and "look" not in request.POST
    given = request.POST if request.method == "POST" else request.GET
    form = SwapForm(
        request.POST if sent else None, user=request.user, schedule=schedule, given=given, now=timezone.now()
    )
    if sent and form.is_valid():
        try:
            made = actions.ask_swap(schedule, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            whom = f"{made.asked} gets" if made.asked else "Everybody of the team and the rotation gets"
            messages.success(request, f"{whom} a mail. Until somebody accepts, the duty stays yours.")
            return redirect(made)
    return render(
        request, "teams/swaps/new.html", {"schedule": schedule, "form": form}, status=422 if form.errors else 200
    )


@console("team.view")
@require_safe
def swap_page(request: Request, pk: int) -> HttpResponse:
    user, now = request.user, timezone.now()
    swap = get_object_or_404(reading.shown(), pk=pk)
    row = _row(swap, now)
    is_open = row["state"] == Swap.State.OPEN
    may_answer = is_open and swaps.may_answer(user, swap)
    accepted = row["state"] == Swap.State.ACCEPTED
    may_undo = accepted and swaps.may_undo(user, swap)
    span, back = swaps.spans(swap)
    other = swap.answered_by if accepted else swap.asked
    trades = [{"span": span, "before": swap.user, "after": other}]
    if back is not None:
        trades.append({"span": back, "before": other, "after": swap.user})
    return render(
        request,
        "teams/swaps/swap.html",
        row
        | {
            "trades": trades,
            "may_answer": may_answer,
            "may_decline": is_open and user.pk == swap.asked_id,
            "may_withdraw": is_open and swaps.may_withdraw(user, swap),
            "may_undo": may_undo,
            "undone": accepted and not any(o.ends_at > o.starts_at for o in swap.overrides.all()),
            "mind": " ".join(swaps.cautions(swap, user)) if may_answer else "",
            "decline_form": DeclineForm(),
            "now": now,
        },
    )


def _answering(request: Request, pk: int, act: Callable[[], str]) -> HttpResponse:
    """Do it, and say on the swap's page what became of it."""
    get_object_or_404(Swap, pk=pk)
    try:
        messages.success(request, act())
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("teams:swap", pk)


@console("override.add")
@require_POST
def swap_accept(request: Request, pk: int) -> HttpResponse:
    def accept() -> str:
        done = actions.accept_swap(pk, by=request.user)
        for warning in done.warnings:
            messages.warning(request, f"Mind: {warning}")
        return f"You stand in for {done.swap.user}, who gets a mail."

    return _answering(request, pk, accept)


@console("override.add")
@require_POST
def swap_decline(request: Request, pk: int) -> HttpResponse:
    form = DeclineForm(request.POST)
    word = form.cleaned_data["word"] if form.is_valid() else ""
    return _answering(
        request, pk, lambda: f"{actions.decline_swap(pk, by=request.user, word=word).user} gets a mail that says no."
    )


@console("override.add")
@require_POST
def swap_withdraw(request: Request, pk: int) -> HttpResponse:
    def withdraw() -> str:
        actions.withdraw_swap(pk, by=request.user)
        return "It is withdrawn: nobody can accept it any more."

    return _answering(request, pk, withdraw)


@console("override.add")
@require_POST
def swap_undo(request: Request, pk: int) -> HttpResponse:
    def undo() -> str:
        actions.undo_swap(pk, by=request.user)
        return "The swap is undone. The rotation gives the duty to whom it gave it before."

    return _answering(request, pk, undo)


def panels(user: User, now: datetime) -> dict[str, Any]:
    """What the page of one's own duty shows of swaps."""
    mine = reading.shown().in_state(Swap.State.OPEN, now).filter(user=user)
    return {"swaps_to_answer": list(reading.to_answer(user, now)), "swaps_asked": list(mine)}
