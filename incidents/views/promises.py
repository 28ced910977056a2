"""How well teams keep what they promise: updates on time, and service back when it was expected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import metrics
from incidents.models import Promise, Severity
from incidents.presenters import promises as shown
from incidents.views.common import Request, console
from teams import moments
from teams.forms import NamedField
from teams.models import Team

PER_PAGE = 30
PERIODS = [("30", "Last 30 days"), ("90", "Last 90 days"), ("365", "Last 365 days")]
USUAL = "90"


class ScoreFilter(forms.Form):
    """What the score is of. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Any severity")
    period = forms.ChoiceField(required=False, label="Time", choices=PERIODS, initial=USUAL)
    show = forms.ChoiceField(required=False, label="List", choices=[("", "Broken ones"), ("all", "All of them")])

    def asked(self) -> metrics.Asked:
        self.is_valid()
        given = self.cleaned_data
        now = moments.now()
        return metrics.Asked(
            since=now - timedelta(days=int(given.get("period") or USUAL)),
            until=now,
            team=given.get("team"),
            severity=given.get("severity"),
            words=given.get("q") or "",
        )


@require_safe
@console("incident.view")
def score(request: Request) -> HttpResponse:
    given: Any = request.GET.copy()
    given.setdefault("period", USUAL)
    form = ScoreFilter(given)
    asked = form.asked()
    rows = asked.promises(request.user)
    kept = metrics.promise_score(rows, asked)
    listed = rows if form.cleaned_data.get("show") == "all" else rows.filter(outcome=Promise.Outcome.BROKEN)
    faces = listed.select_related("incident__team", "incident__severity", "made_by").order_by("-due_at", "-pk")
    page = Paginator(faces, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter_form": form,
        "period": dict(PERIODS)[form.cleaned_data.get("period") or USUAL],
        "kept": kept,
        "picture": shown.picture(kept),
        "hits": metrics.estimate_score(asked.estimates(request.user)),
        "page": page,
        "lines": shown.lines(page, asked.until),
        "narrowed": any(form.cleaned_data.get(name) for name in ("q", "team", "severity")),
        "everything": form.cleaned_data.get("show") == "all",
    }
    return render(request, "incidents/promises.html", context)
