"""Why somebody was paged, and why somebody wasn't: for one incident, and for oneself over all of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from comms.paging import ledger
from comms.paging.unpaged import why_not
from incidents.models import EscalationRun, Incident, Page
from teams.console import Request, console
from teams.forms import field_of
from teams.models import Team, User

PAGE = 25
MISSED = "missed"


class LedgerFilter(forms.Form):
    person = forms.ModelChoiceField(User.objects.none(), required=False, label="About", empty_label="Everybody")

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = field_of(self, "person", forms.ModelChoiceField)
        field.queryset = people
        field.label_from_instance = lambda user: str(user.name)  # type: ignore[assignment]


class MineFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Incident or rule", widget=forms.TextInput({"type": "search"})
    )
    show = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "Every page to me"),
            ("answered", "Those I answered"),
            ("open", "Those I did not answer"),
            (MISSED, "What did not page me"),
        ],
    )
    urgency = forms.ChoiceField(
        required=False, label="Urgency", choices=[("", "Any"), ("high", "High urgency"), ("low", "Low urgency")]
    )


@console("incident.view")
@require_safe
def page(request: Request, pk: int) -> HttpResponse:
    """`?person=` leaves only what concerns somebody, and says why a run did not come to them."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=pk)
    form = LedgerFilter(request.GET, people=_askable(incident, request.user))
    chosen = form.cleaned_data.get("person") if form.is_valid() else None
    runs = [(each, why_not(each.run, chosen) if chosen else "") for each in ledger.runs_of(incident, about=chosen)]
    return render(
        request,
        "comms/ledger.html",
        {"incident": incident, "runs": runs, "filter_form": form, "chosen": chosen},
    )


def _askable(incident: Incident, user: User) -> QuerySet[User]:
    """About whom one may ask: whoever was looked at, the incident's team, and oneself."""
    seen = Q(pk__in=ledger.people_of(incident).values("pk"))
    team = Q(memberships__team=incident.team_id) if incident.team_id else Q(pk=user.pk)
    return User.objects.filter(seen | team | Q(pk=user.pk), is_service=False).distinct()


@console("self.view")
@require_safe
def mine(request: Request) -> HttpResponse:
    """Every page to oneself with what became of it, or the runs of one's teams that paged others."""
    form = MineFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    missed = asked.get("show") == MISSED
    found = _missed(request.user, asked) if missed else _pages(request.user, asked)
    shown = Paginator[Any](found, PAGE).get_page(request.GET.get("page"))
    for row in shown:
        if missed:
            row.others = list(dict.fromkeys(each.user.name for each in row.pages.all()))
        else:
            row.tried = ledger.tried(row)
    return render(
        request,
        "comms/my_pages.html",
        {
            "filter_form": form,
            "page": shown,
            "missed": missed,
            "searched": any(request.GET.get(name) for name in ("q", "show", "urgency")),
        },
    )


def _pages(user: User, asked: dict[str, Any]) -> QuerySet[Page]:
    found = ledger.pages_of(user)
    if asked.get("show"):
        found = found.filter(acknowledged_at__isnull=asked["show"] == "open")
    if asked.get("urgency"):
        found = found.filter(urgency=asked["urgency"])
    if words := asked.get("q", "").strip():
        found = found.filter(_about(words) | Q(why__icontains=words))
    return found


def _missed(user: User, asked: dict[str, Any]) -> QuerySet[EscalationRun]:
    """Runs for incidents of one's teams in which nobody called oneself, the latest first."""
    seen = Incident.objects.visible_to(user).filter(team__in=Team.objects.filter(memberships__user=user))
    found = EscalationRun.objects.filter(incident__in=seen.values("pk")).exclude(pages__user=user)
    if asked.get("urgency"):
        found = found.filter(pages__urgency=asked["urgency"]).distinct()
    if words := asked.get("q", "").strip():
        found = found.filter(_about(words))
    return found.select_related("incident__team", "policy__team").prefetch_related("pages__user").order_by("-pk")


def _about(words: str) -> Q:
    number = words.upper().removeprefix("INC-")
    found = Q(incident__title__icontains=words)
    return found | Q(incident=int(number)) if number.isdecimal() and len(number) < 10 else found
