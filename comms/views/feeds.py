"""The history of a page for feed readers."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from comms import places
from comms.letters import times
from comms.models import PageIncident, StatusPage
from comms.views.pages import of_page
from teams import permits

KINDS: dict[str, type[Rss201rev2Feed | Atom1Feed]] = {"rss": Rss201rev2Feed, "atom": Atom1Feed}
LATEST = 25


@permits.open_to("public.read")
@require_safe
@of_page
def history(request: HttpRequest, page: StatusPage, kind: str) -> HttpResponse:
    """The latest incidents as RSS 2.0 (`rss`) or Atom (`atom`), each with its updates, newest first."""
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
        feed_url=places.absolute(page, "feed", kind, lang=lang),
    )
    for incident in PageIncident.objects.filter(page=page).told().with_story()[:LATEST]:
        url = places.absolute(page, "incident", incident.uid, lang=lang)
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


def story(incident: PageIncident, zone: str) -> str:
    """The updates as one piece of HTML."""
    told = [(times(update.shown_at, zone), update) for update in incident.story]
    return render_to_string("comms/_story.html", {"told": told})
