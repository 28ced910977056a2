"""The link in a digest of pages: it works without signing in, shows what was held, and answers all of it."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from comms.actions import digests
from comms.actions.bundling import unanswered
from comms.models import Bundle, Delivery
from comms.tokens import bundle_from_token
from incidents.models import Incident
from incidents.views.pressed import pressed
from teams import permits

PAGE = 50


@permits.open_to("link.use")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def digest(request: HttpRequest, token: str) -> HttpResponse:
    """GET lists the incidents and shows one button, so that what follows links answers nothing; POST answers."""
    bundle = bundle_from_token(token)
    if bundle is None:
        return render(request, "incidents/pages/gone.html", status=404)
    if request.method == "POST":
        digests.answer(bundle)
        return redirect(request.path)
    told = Delivery.objects.filter(bundle=bundle, kind=Delivery.Kind.PAGE).values("page__incident")
    incidents = Incident.objects.filter(pk__in=told).select_related("severity", "acknowledged_by")
    page = Paginator(incidents.order_by("severity_id", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "comms/digest.html",
        {"bundle": bundle, "page": page, "open": 0 if bundle.answered_at else unanswered(bundle).count()},
    )


@pressed(bundle_from_token)
def acknowledge(bundle: Bundle) -> JsonResponse:
    digests.answer(bundle)
    return JsonResponse({"acknowledged": True, "message": "You are on all of them."})
