"""What a button in a push or a chat, or a program that was called, posts to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teams import permits

Row = TypeVar("Row")


def pressed(
    find: Callable[[str], Row | None],
) -> Callable[[Callable[[Row], JsonResponse]], Callable[..., HttpResponse]]:
    """A POST that answers in JSON whoever has the link: the view gets the row that `find` reads from its token.

    The token is all the permission there is, and no cookie counts here, so none is asked for.
    """

    def decorate(view: Callable[[Row], JsonResponse]) -> Callable[..., HttpResponse]:
        @permits.open_to("link.use")
        @csrf_exempt
        @require_POST
        @never_cache
        @wraps(view)
        def inner(request: HttpRequest, token: str) -> HttpResponse:
            row = find(token)
            if row is None:
                return JsonResponse({"acknowledged": False, "message": "This link is no longer good."}, status=404)
            return view(row)

        return inner

    return decorate
