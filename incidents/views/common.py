"""What every view of the console begins with: who asks, and which incident they may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.middleware import HtmxDetails

from incidents.models import Incident
from teams.models import User


class Request(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


View = Callable[..., HttpResponse]


def console(view: View) -> View:
    """A page of the console: signed in, never shown from a cache.

    The same address answers htmx with a part and a browser with a page, so caches are told apart by that.
    """

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response

    return inner


def find(request: Request, pk: int) -> Incident:
    """The incident with all that a page shows of it, or 404 where there is none for this person."""
    return get_object_or_404(Incident.objects.visible_to(request.user).with_faces(), pk=pk)
