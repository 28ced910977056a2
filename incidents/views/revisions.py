"""The history of a postmortem: what was written when and by whom, how two versions differ, and taking one again."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from incidents import merging
from incidents.actions import postmortem as actions
from incidents.forms import ActForm
from incidents.forms.writing import HistoryFilter
from incidents.models import Postmortem, SectionRevision
from incidents.presenters import history as reads
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from incidents.views.writing import one

PER_PAGE = 40


@require_safe
@console("incident.view")
def history(request: Request, pk: int) -> HttpResponse:
    """Everything that became of the postmortem, newest first."""
    incident = find(request, pk)
    postmortem = Postmortem.objects.filter(incident=incident).first()
    if postmortem is None:
        return redirect("incidents:postmortem", pk=pk)
    form = HistoryFilter([(s.key, s.title) for s in postmortem.sections.all()], request.GET)
    asked = form.asked()
    page = Paginator(reads.rows(postmortem, **asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "filter_form": form,
        "page": page,
        "lines": reads.read(page.object_list),
        "narrowed": any(asked.values()),
    }
    return render(request, "incidents/postmortem/history.html", context)


@require_safe
@console("incident.view")
def section_history(request: Request, pk: int, key: str) -> HttpResponse:
    """The versions of a section, and how two of them differ: `older` and `newer`, or the newest from the one before."""
    incident, postmortem, shown = one(request, pk, key)
    rows = shown.row.revisions.select_related("by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    numbers = list(shown.row.revisions.values_list("number", flat=True)[:1000])
    newer = _number(request.GET.get("newer"), numbers, numbers[0] if numbers else 0)
    before = next((n for n in numbers if n < newer), newer)
    older = _number(request.GET.get("older"), numbers, before)
    older, newer = sorted((older, newer))
    both = {each.number: each for each in rows.filter(number__in={older, newer})}
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "section": shown.row,
        "may_write": shown.editable,
        "page": page,
        "older": both.get(older),
        "newer": both.get(newer),
        "pieces": merging.pieces(_lines(both[older]), _lines(both[newer])) if both and older != newer else [],
    }
    return render(request, "incidents/postmortem/section_history.html", context)


def _lines(revision: SectionRevision) -> str:
    """Its text with line ends as all are stored by now."""
    return revision.text.replace("\r\n", "\n")


def _number(given: str | None, known: list[int], otherwise: int) -> int:
    return int(given) if given and given.isdecimal() and len(given) < 10 and int(given) in known else otherwise


@require_http_methods(["GET", "POST"])
@console("review.write")
def restore(request: Request, pk: int, key: str, number: int) -> HttpResponse:
    """Let a section say again what it said in an earlier version, as a new one."""
    incident = find(request, pk)
    revision = get_object_or_404(
        SectionRevision.objects.select_related("section__postmortem"),
        section__postmortem__incident=incident,
        section__key=key,
        number=number,
    )

    def call(_given: dict[str, Any], _override: bool) -> str:
        actions.restore(pk, key, number, by=request.user)
        return f"“{revision.section}” says again what it said in version {number}."

    back = reverse("incidents:section_history", args=[pk, key])
    act = Act(
        f"Take version {number} of “{revision.section}” again",
        "Take it again",
        back,
        "What it says now stays in the history.",
    )
    return run(request, incident, act, ActForm, call)
