"""The pages of single sign-on. They parse, hand over to django-allauth or an action, and show."""

from __future__ import annotations

import time

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from teams.audit.events import address_of
from teams.models import IdentityProvider
from teams.permits import open_to
from teams.signin import discovery, id_token
from teams.signin.flow import CONFIRMING, Callback, Flow
from teams.signin.social import refused
from teams.signin.through_provider import LEAVING, came_from, end_by_provider

BACKCHANNEL_PER_MINUTE = 60


def onward(request: HttpRequest, name: str, url: str) -> HttpResponse:
    """A page that leads on to `url` by itself. A redirect would be the answer to a form, and a policy that lets forms
    lead to this site only forbids that."""
    response = render(request, "socialaccount/onward.html", {"name": name, "url": url})
    response["Cache-Control"] = "no-store"
    return response


@open_to("public.read")
@never_cache
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """GET asks, POST leads to the provider."""
    provider = get_object_or_404(IdentityProvider, slug=provider_id, active=True)
    try:
        response: HttpResponse = OAuth2LoginView.adapter_view(Flow(request, provider_id))(request)
    except discovery.Trouble as trouble:
        return refused(request, provider, f"{provider.name} can't be used right now. {trouble}", status=503)
    if isinstance(response, HttpResponseRedirect):
        return onward(request, provider.name, response.url)
    return response


@open_to("self.change")
@never_cache
def confirm(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Prove again who one is, at the provider: GET asks, POST leads there. The way back is `callback`'s."""
    provider = get_object_or_404(IdentityProvider, slug=provider_id, active=True)
    back = get_next_redirect_url(request)
    if request.method != "POST":
        return render(request, "socialaccount/confirm.html", {"provider": provider, "redirect_field_value": back})
    try:
        response = Flow(request, provider_id).get_provider().redirect(request, CONFIRMING, next_url=back)
    except discovery.Trouble as trouble:
        return refused(request, provider, f"{provider.name} can't be used right now. {trouble}", status=503)
    return onward(request, provider.name, response.url)


@open_to("public.read")
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the provider sends people back to."""
    get_object_or_404(IdentityProvider, slug=provider_id, active=True)
    response: HttpResponse = Callback.adapter_view(Flow(request, provider_id))(request)
    return response


@open_to("public.read")
@never_cache
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """After the sign-out here: on to the provider, so that it ends its session as well."""
    url = request.session.pop(LEAVING, "")
    return onward(request, "your identity provider", url) if url else redirect("account_login")


@open_to("public.read")
@never_cache
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people after it signed them out."""
    provider = came_from(request.GET.get("state", ""))
    if provider is not None:
        messages.success(request, f"You are signed out here and at {provider}.")
    return redirect("account_login")


@open_to("public.read")
@csrf_exempt
@never_cache
@require_POST
def backchannel(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider tells of a sign-out elsewhere with a signed `logout_token`: 200 when the sessions have ended, 400
    with a reason when the token can't be believed."""
    window = f"oidc:backchannel:{address_of(request)}:{int(time.time() // 60)}"
    cache.add(window, 0, 120)
    if cache.incr(window) > BACKCHANNEL_PER_MINUTE:
        return JsonResponse({"error": "temporarily_unavailable"}, status=429, headers={"Retry-After": "60"})
    provider = get_object_or_404(IdentityProvider, slug=provider_id, active=True)
    try:
        claims = id_token.logout_of(request.POST.get("logout_token"), provider)
    except discovery.Trouble as trouble:
        return JsonResponse({"error": "invalid_request", "error_description": str(trouble)}, status=400)
    if not cache.add(f"oidc:jti:{provider.slug}:{claims['jti']}"[:240], value=True, timeout=600):
        return JsonResponse({"error": "invalid_request", "error_description": "Used before."}, status=400)
    end_by_provider(provider, claims)
    return HttpResponse(status=200)
