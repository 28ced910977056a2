"""The history of a page for feed readers."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import strip_tags
from django.views.decorators.http import require_safe

from comms.letters import times
from comms.models import PageIncident
from comms.snapshot import serializer
from comms.snapshot.public import PublicIncident
from comms.views.pages import page_or_404
from teams import permits

KINDS: dict[str, type[Rss201rev2Feed | Atom1Feed]] = {"rss": Rss201rev2Feed, "atom": Atom1Feed}
LATEST = 25


@permits.open_to("public.read")
@require_safe
def history(request: HttpRequest, kind: str, slug: str = "") -> HttpResponse:
    """The latest incidents as RSS 2.0 (`rss`) or Atom (`atom`), each with its updates, newest first."""
    make = KINDS.get(kind)
    if make is None:
        raise Http404("There is no such feed.")
    row = page_or_404(slug)
    page = serializer.page(row)
    base = settings.WATCHBILL_BASE_URL
    feed = make(
        title=f"{page.name}: incident history",
        link=base + page.url,
        # Readers of feeds show it as HTML, and nobody wrote it as that.
        description=strip_tags(page.description) or strip_tags(f"Incidents of {page.name}"),
        language="en",
        # Atom asks for one, of the feed or of each entry.
        author_name=page.name,
        feed_url=base + reverse("comms:page_feed", args=[page.slug, kind]),
    )
    told = PageIncident.objects.filter(page=row).told().with_story()[:LATEST]
    for incident in map(serializer.incident, told):
        url = base + incident.url
        feed.add_item(
            title=incident.title,
            link=url,
            description=story(incident, page.time_zone),
            unique_id=url,
            unique_id_is_permalink=True,
            pubdate=incident.created_at,
            updateddate=incident.updated_at,
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=5"
    return response


def story(incident: PublicIncident, zone: str) -> str:
    """The updates as one piece of HTML."""
    told = [(times(update.shown_at, zone), update) for update in incident.story]
    return render_to_string("comms/_story.html", {"told": told, "base_url": settings.WATCHBILL_BASE_URL})
