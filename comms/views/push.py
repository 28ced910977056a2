"""The console as an app on a phone: its manifest, the worker that shows pushes, and browsers that take them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from comms.actions import push
from teams import permits
from teams.console import Request, console

LONGEST_BODY = 8_000
ICONS = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("icon-maskable-512", 512, "maskable"))


@cache
def _script() -> bytes:
    found = finders.find("comms/sw.js")
    assert isinstance(found, str), "it belongs to the app"
    with open(found, "rb") as file:  # noqa: PTH123 - what the finder returns is a string
        return file.read()


@permits.open_to("public.read")
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """From the root, since a worker serves what lies below its own address; asked again at each visit, so that a
    mistake in it lasts for no longer than that."""
    response = HttpResponse(_script(), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@permits.open_to("public.read")
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    icons = [
        {"src": static(f"comms/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in ICONS
    ]
    told = {
        "id": "/",
        "name": "Watchbill",
        "short_name": "Watchbill",
        "description": "Incidents, who is on call, and what to do next.",
        "start_url": reverse("incidents:list"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#0d3745",
        "theme_color": "#0d3745",
        "icons": icons,
        "shortcuts": [
            {"name": "My on-call", "url": reverse("teams:my_oncall")},
            {"name": "How you are paged", "url": reverse("comms:contacts")},
        ],
    }
    response = JsonResponse(told)
    response["Content-Type"] = "application/manifest+json"
    response["Cache-Control"] = "public, max-age=3600"
    return response


@console("self.change")
@require_POST
def subscribe(request: Request) -> HttpResponse:
    """Take the subscription of the browser that asks. Pushes count once the code that is sent by one was typed."""
    given = request.POST
    try:
        made = push.subscribe(
            request.user,
            given.get("subscription", ""),
            by=request.user,
            label=given.get("label", ""),
            former=_former(given.get("former", "")),
        )
    except ValidationError as refusal:
        return JsonResponse({"message": " ".join(refusal.messages)}, status=422)
    if made.verified_at is not None:
        messages.success(request, f"{made} takes pushes again.")
        return JsonResponse({"method": made.pk, "message": "It takes pushes again."})
    messages.success(request, f"A code is on its way to {made}. Type it in below, and it counts.")
    return JsonResponse({"method": made.pk, "message": "A code is on its way."}, status=201)


def _former(text: str) -> tuple[str, str] | None:
    """The endpoint and secret of before, as the browser kept them; None where it kept nothing that can be read."""
    try:
        found = json.loads(text)
        return str(found["endpoint"]), str(found["auth"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


@permits.open_to("link.use")
@csrf_exempt  # A worker has no token; knowing the former subscription's secret is all the permission there is.
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """JSON of `endpoint` and `auth`, which the subscription had until now, and `subscription`, the new one."""
    body = request.read(LONGEST_BODY + 1)
    try:
        given: Any = json.loads(body) if len(body) <= LONGEST_BODY else None
        endpoint, auth, new = str(given["endpoint"]), str(given["auth"]), json.dumps(given["subscription"])
        known = push.renew(endpoint, auth, new)
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"message": "Give endpoint, auth and subscription."}, status=400)
    except ValidationError as refusal:
        return JsonResponse({"message": " ".join(refusal.messages)}, status=422)
    # The same answer for a secret that is wrong and for an address that nobody has.
    return JsonResponse({"renewed": known}, status=200 if known else 404)
