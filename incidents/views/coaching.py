"""The coach at work: a text that somebody writes is looked at. It never blocks, and changes nothing."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from incidents import coach
from incidents.models import Postmortem
from incidents.presenters.parts import coach as presenter
from incidents.views.common import Request, console, find
from teams.words import storable

MOST_FIELDS = 40


@require_http_methods(["GET", "POST"])
@console("incident.view", POST="review.write")
def look(request: Request, pk: int) -> HttpResponse:
    """GET: the whole postmortem as it is saved, as a page, or as the panel of the page that shows it, which does not
    wait for it. POST with `text`: what is said of one text, as a part of a page. POST of a form whose button `of` names
    its fields, with commas between: what is said of each, as a page."""
    incident = find(request, pk)
    postmortem = get_object_or_404(Postmortem, incident=incident)
    if request.method == "POST" and "text" in request.POST:
        text, remarks = coach.read(storable(request.POST["text"]), incident)
        return render(request, "incidents/postmortem/_remarks.html", presenter.looked_at(text, remarks))
    saved = coach.texts(postmortem)
    if request.htmx and request.method == "GET":
        context = {"incident": incident, **presenter.shown(incident, saved, postmortem.factors.count())}
        return render(request, "incidents/postmortem/_coach.html", context)
    texts = _typed(request, saved) if request.method == "POST" else saved
    looked = [(each, presenter.looked_at(each.text, each.remarks)) for each in coach.review(texts, incident)]
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "looked": [(each, seen) for each, seen in looked if each.remarks],
        "read": sum(bool(each.text.strip()) for each, _ in looked),
        "in_part": [each.title for each, _ in looked if not each.whole],
        "unsaved": request.method == "POST",
    }
    return render(request, "incidents/postmortem/coach.html", context)


def _typed(request: Request, saved: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    titles = {key: title for key, title, _ in saved}
    names = storable(request.POST.get("of", "")).split(",")[:MOST_FIELDS]
    keys = [(name, name.removeprefix("text_")) for name in names]
    return [(key, titles.get(key, key.capitalize()), storable(request.POST.get(name, ""))) for name, key in keys]
