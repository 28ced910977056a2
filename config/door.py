"""The tools' own door: what sends alerts needs no session, form or page, and in a storm every tenth of a millisecond
counts. A request of theirs is counted, shown to its view, and answered, past everything that is for people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver

from config import limits
from teams import permits

PLACES = ("/integrations/", "/v2/")
ADDRESSES = "incidents.tool_urls"
VERB = "event.send"
# A tool loads nothing. A person who opens such an answer in a browser loads nothing, either.
POLICY = "default-src 'none'; frame-ancestors 'none'"


class ToolsDoor:
    """Answers the addresses of `ADDRESSES`; everything else goes on. The same limit counts as at the people's door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.resolver = get_resolver(ADDRESSES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PLACES):
            return self.get_response(request)
        try:
            match = self.resolver.resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        assert permits.verb_of(match.func, request.method or "GET") == VERB, "only tools come in here"
        request.resolver_match = match
        spent = limits.spend("event", limits.of_tool(request, match.kwargs))
        response: HttpResponse = (
            match.func(request, *match.args, **match.kwargs)
            if spent is None or spent.allowed
            else limits.refusal(request, spent)
        )
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Security-Policy"] = POLICY
        return limits.told(response, spent)
