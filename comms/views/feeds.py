"""The history of a page for feed readers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from comms import places
from comms.models import PageIncident, PageMaintenance, StatusPage
from comms.snapshot import serializer
from comms.snapshot.public import PublicIncident, PublicMaintenance, PublicUpdate
from comms.times import expected, times
from comms.views.pages import of_page
from teams import permits

KINDS: dict[str, type[Rss201rev2Feed | Atom1Feed]] = {"rss": Rss201rev2Feed, "atom": Atom1Feed}
LATEST = 25


@permits.open_to("public.read")
@require_safe
@of_page
def history(request: HttpRequest, page: StatusPage, kind: str) -> HttpResponse:
    """The latest incidents and maintenance as RSS 2.0 (`rss`) or Atom (`atom`), each with its updates, newest first."""
    make = KINDS.get(kind)
    if make is None:
        raise Http404("There is no such feed.")
    lang = page.lang  # type: ignore[attr-defined] # set by `of_page`
    feed = make(
        title=gettext("%(page)s: incident history") % {"page": page.name},
        link=places.absolute(page, lang=lang),
        # Readers of feeds show it as HTML, and nobody wrote it as that.
        description=strip_tags(page.description) or strip_tags(gettext("Incidents of %(page)s") % {"page": page.name}),
        language=lang,
        # Atom asks for one, of the feed or of each entry.
        author_name=page.name,
        feed_url=places.absolute(page, "feed", kind, lang=lang),
    )
    for told in _latest(page):
        part = "maintenance" if isinstance(told, PublicMaintenance) else "incident"
        url = places.absolute(page, part, told.uid, lang=lang)
        feed.add_item(
            title=told.title,
            link=url,
            description=story(told, page.time_zone),
            unique_id=url,
            unique_id_is_permalink=True,
            pubdate=told.created_at,
            updateddate=told.updated_at,
            categories=["maintenance"] if isinstance(told, PublicMaintenance) else [],
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=5"
    return response


def _latest(page: StatusPage) -> list[PublicIncident | PublicMaintenance]:
    incidents = PageIncident.objects.filter(page=page).told().with_story()[:LATEST]
    planned = PageMaintenance.objects.filter(page=page).with_story().order_by("-created_at", "-pk")[:LATEST]
    found: list[PublicIncident | PublicMaintenance] = [
        *map(serializer.incident, incidents),
        *map(serializer.maintenance, planned),
    ]
    return sorted(found, key=lambda told: told.created_at, reverse=True)[:LATEST]


def story(told: PublicIncident | PublicMaintenance, zone: str) -> str:
    """The updates as one piece of HTML; of a maintenance also when it is."""
    context: dict[str, Any] = {
        "base_url": settings.WATCHBILL_BASE_URL,
        "told": [(times(update.shown_at, zone), update, _ahead(update, zone)) for update in told.story],
    }
    if isinstance(told, PublicMaintenance):
        context["span"] = told.when
    return render_to_string("comms/_story.html", context)


def _ahead(update: PublicUpdate, zone: str) -> list[str]:
    """What an update said of what was to come."""
    told = []
    if update.eta_at:
        told.append(gettext("Service expected back %(eta)s") % {"eta": expected(update, zone)} + ".")
    if update.next_update_at:
        told.append(
            gettext("Next update by %(next_update)s") % {"next_update": times(update.next_update_at, zone)} + "."
        )
    return told
