"""What every page of the console begins with: which verb it is, who asks, and that no cache keeps it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.middleware import HtmxDetails

from teams import permits
from teams.models import Organization, User


class Request(HttpRequest):
    """A request of somebody who is signed in and may do `verb` somewhere."""

    user: User
    htmx: HtmxDetails
    verb: str


View = Callable[..., HttpResponse]


def zone_of(request: Request) -> str:
    """The zone in which forms read and show times: the person's own, else the organization's."""
    return request.user.time_zone or Organization.of(request).time_zone


def console(verb: str, **by_method: str) -> Callable[[View], View]:
    """A page of the console that is `verb` of the table (another for a method: `POST="roster.change"`).

    `config.middleware.TableGate` sends whoever is not signed in to do so and refuses whoever may do it nowhere; whether
    they may do it to this row is asked where the row is found. The same address answers htmx with a part and a browser
    with a page, so caches are told apart by that.
    """

    def decorate(view: View) -> View:
        @permits.open_to(verb, **by_method)
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            patch_vary_headers(response, ["HX-Request", "Cookie"])
            return response

        return inner

    return decorate
