"""The search over incidents, timelines and postmortems."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import searching
from incidents.searching import SearchForm
from incidents.views.common import Request, console

PER_PAGE = 15


@require_safe
@console("incident.view")
def search(request: Request) -> HttpResponse:
    form = SearchForm(request.GET)
    found = searching.search(form, request.user)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "fields": [form[name] for name in SearchForm.SHOWN],
        "page": page,
        "shown": searching.complete(page.object_list, form, request.user) if found else [],
        "newest_lines": sum(each.lines for each in found) >= searching.MOST_LINES and searching.MOST_LINES,
    }
    return render(request, "incidents/boards/search.html", context)
