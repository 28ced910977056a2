"""Finding the page that an address means, for who may read it, in the language that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from comms import places, readers
from comms.models import StatusPage
from comms.readers import Carried, Standing, face_of
from comms.standing import may_read
from teams import moments
from teams.signin import second_factor

Answer = Callable[..., HttpResponse]
# Where `config.published` notes the page whose domain was asked, and that there are pages for people of the
# organization; neither can be sent from outside.
DOMAIN, INSIDE = "watchbill.domain", "watchbill.inside"


def of_page(view: Answer) -> Answer:
    """Give a view the page that `slug` names, or the one at the short addresses, in the language `lang`. Who may not
    read it is answered as if there were none; who comes with the key of its link gets a cookie in the place of it."""

    @wraps(view)
    def inner(request: HttpRequest, slug: str = "", lang: str = "", **kwargs: Any) -> HttpResponse:
        page = StatusPage.objects.filter(slug=slug).first() if slug else StatusPage.objects.short()
        if page is None and not slug:
            raise Http404("There is no status page yet.")
        if page is None or (lang and lang not in page.languages):
            return nothing_here(request)
        found = _standing(request, page)
        if found is Standing.STRANGER:
            return nothing_here(request)
        _shown(request, page, lang)
        if lang == page.language:
            return redirect(_without_language(request, page))
        with translation.override(page.lang):  # type: ignore[attr-defined] # set by `_shown`
            answer = view(request, page, **kwargs)
        return answer if page.is_public else _for_readers(request, page, found, answer)

    return inner


def _standing(request: HttpRequest, page: StatusPage) -> Standing:
    if page.is_public or getattr(request, "renders", "") == page.uid:
        return Standing.READER
    found = readers.standing(page.uid, face_of(page), carried(request), moments.now().timestamp())
    if page.audience == StatusPage.Audience.CUSTOMERS and found is not Standing.STRANGER:
        return found
    # A session is the last word on who is signed in: a cookie that was handed out before it ended opens files alone.
    knows = may_read(request.user, page) and not second_factor.note_missing(request)
    return Standing.STALE if knows else Standing.STRANGER


def carried(request: HttpRequest) -> Carried:
    return Carried(request.COOKIES, request.GET.get(readers.KEY, ""))


def _shown(request: HttpRequest, page: StatusPage, lang: str) -> None:
    """Note on the page how it was asked for, for its links."""
    page.lang = lang or page.language  # type: ignore[attr-defined]
    page.base = "/" if request.META.get(DOMAIN) == page.domain != "" else places.usual(page)  # type: ignore[attr-defined]


def _without_language(request: HttpRequest, page: StatusPage) -> str:
    below = request.path.removeprefix(places.usual(page)).removeprefix(f"{page.language}/")
    query = request.META.get("QUERY_STRING", "")
    return f"{page.base}{below}{'?' if query else ''}{query}"  # type: ignore[attr-defined]


def _for_readers(request: HttpRequest, page: StatusPage, found: Standing, answer: HttpResponse) -> HttpResponse:
    """An answer that no cache between may keep, with the cookie for the next one."""
    if getattr(request, "renders", ""):
        return answer
    enters = found is Standing.KEY and changes_address(answer.headers.get("Content-Type", ""), request.path)
    if enters and request.method in ("GET", "HEAD"):
        answer = redirect(without_key(request.path, request.GET, page))
    # Whoever reads a customers' page because they are signed in reads it as long as they are.
    if enters or (found is Standing.STALE and page.audience != StatusPage.Audience.CUSTOMERS):
        readers.let_in(answer, page.uid, face_of(page), carried(request), moments.now().timestamp())
    answer["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ["Cookie"])
    if found is not Standing.KEY and "Access-Control-Allow-Origin" in answer:
        del answer["Access-Control-Allow-Origin"]
    return answer


def changes_address(content_type: str, path: str) -> bool:
    """Whether a key is to go from the address: people share theirs, programs and frames keep it."""
    return content_type.startswith("text/html") and not path.endswith(places.EMBEDDED)


def without_key(path: str, query: Any, page: StatusPage | None = None) -> str:
    """The address again, without the page's key."""
    if page is not None:
        path = page.base + path.removeprefix(places.usual(page))  # type: ignore[attr-defined]
    rest = [(name, value) for name, values in query.lists() for value in values if name != readers.KEY]
    return f"{path}?{urlencode(rest)}" if rest else path


def nothing_here(request: HttpRequest) -> HttpResponse:
    """What a stranger is told of a page that is not for them, and of one that there isn't: the same."""
    answer = render(request, "comms/nothing_here.html", {"elsewhere": bool(request.META.get(DOMAIN))}, status=404)
    answer["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ["Cookie"])
    return answer
