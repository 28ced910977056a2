"""How much may stand in an address: bounded before anything reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from config.api.problems import MEDIA_TYPE, problem

# Characters. A cursor of the API, the longest thing we write into an address ourselves, has some hundreds.
LONGEST_QUERY = 8000
LONGEST_SEARCH = 200
MOST_WORDS = 20
SEARCHES = ("q", "search")
# Headers together. A browser with a session sends about two thousand characters.
MOST_HEADERS = 32_000


class Bounds:
    """Refuses an address that is longer than any of ours (414), headers that are larger than any browser's (431), and
    a search for more than a person looks for (400)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if len(request.path) + len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return refused(request, 414, "too_long", "This address is too long.")
        if sum(len(str(v)) for k, v in request.META.items() if k.startswith("HTTP_")) > MOST_HEADERS:
            return refused(request, 431, "headers_too_large", "The headers of this request are too large.")
        for name in SEARCHES:
            words = request.GET.get(name, "")
            if len(words) > LONGEST_SEARCH or len(words.split()) > MOST_WORDS:
                said = f"Search for at most {LONGEST_SEARCH} characters and {MOST_WORDS} words."
                return refused(request, 400, "invalid", said, field=name)
        return self.get_response(request)


def refused(request: HttpRequest, status: int, code: str, detail: str, *, field: str = "") -> HttpResponse:
    """A page, or a problem for a program."""
    if not request.path.startswith("/api/v1/"):
        return render(request, "400.html", {"detail": detail}, status=status)
    errors = [{"field": field, "code": code, "message": detail}]
    body = problem(status, code, f"{field}: {detail}" if field else detail, **({"errors": errors} if field else {}))
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)
