"""The link in a drill's message: it works without signing in, and says only that the message came."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from comms.actions import drills
from comms.models import Delivery, DrillCall
from comms.tokens import drill_from_token
from incidents.views.pressed import pressed
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
    over = not call.drill.is_open(moments.now())
    late = call.state == DrillCall.State.LATE
    return render(request, "comms/drills/answer.html", {"call": call, "drill": call.drill, "over": over, "late": late})


@pressed(drill_from_token)
def confirm(delivery: Delivery) -> JsonResponse:
    call = drills.confirm(delivery, through="by a button")
    late = call.state == DrillCall.State.LATE
    return JsonResponse({"acknowledged": True, "late": late, "message": LATE if late else IN_TIME})
