"""How it is, as a picture for other sites."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from comms.models import StatusPage
from comms.rollup import overall
from comms.views.pages import of_page
from teams import permits

# Of one letter at 11 px, and what is left and right of a text.
LETTER = 6.6
EDGE = 10
COLOURS = {"ok": "#1a7f4b", "info": "#1f6feb", "caution": "#8a6100", "warn": "#b4540a", "danger": "#b42318"}


@permits.open_to("public.read")
@require_safe
@of_page
def badge(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """The page's name and its overall state, as SVG."""
    found = overall(page.components.values_list("status", flat=True))
    state = gettext(found.description)
    left, right = (round(len(text) * LETTER + 2 * EDGE) for text in (page.name, state))
    context = {
        "name": page.name,
        "state": state,
        "left": left,
        "right": right,
        "whole": left + right,
        "left_middle": left / 2,
        "right_middle": left + right / 2,
        "colour": COLOURS[found.tone],
    }
    response = render(request, "comms/badge.svg", context, content_type="image/svg+xml")
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=5"
    return response
