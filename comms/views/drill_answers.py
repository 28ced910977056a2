"""The link in a drill's message: it works without signing in, and says only that the message came."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from comms.actions import drills
from comms.models import Drill, DrillCall
from comms.tokens import drill_from_token
from teams import moments, permits

LATE = "It came, but late: the drill was over."
IN_TIME = "You were reached. Nothing else is to do."


@permits.open_to("link.use")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button, so that what follows links confirms nothing; POST confirms."""
    delivery = drill_from_token(token)
    call = delivery.drill_call if delivery else None
    if delivery is None or call is None:
        return render(request, "incidents/pages/gone.html", status=404)
    if request.method == "POST":
        drills.confirm(delivery, through="by the link")
        return redirect(request.path)
    over = call.drill.state != Drill.State.RUNNING or moments.now() >= call.drill.ends_at
    late = call.state == DrillCall.State.LATE
    return render(request, "comms/drills/answer.html", {"call": call, "drill": call.drill, "over": over, "late": late})


@permits.open_to("link.use")
@csrf_exempt  # The token is all the permission there is, and no cookie counts here.
@require_POST
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """What a button in a push or a chat, or a program that was called, posts to."""
    delivery = drill_from_token(token)
    if delivery is None:
        return JsonResponse({"acknowledged": False, "message": "This link is no longer good."}, status=404)
    call = drills.confirm(delivery, through="by a button")
    late = call.state == DrillCall.State.LATE
    return JsonResponse({"acknowledged": True, "late": late, "message": LATE if late else IN_TIME})
