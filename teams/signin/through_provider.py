"""What single sign-on adds to signing in and out: passwords where they are refused, the mark on a session, and the way
out by the provider. A mixin of the account adapter."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from allauth.core import context
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from teams import mails
from teams.audit.events import address_of, note
from teams.models import IdentityProvider, Organization, User
from teams.signin import discovery
from teams.signin.ending import end_where

if TYPE_CHECKING:
    from allauth.account.adapter import DefaultAccountAdapter as _Adapter
else:
    _Adapter = object

# In a session: the provider's slug, what the sign-out sends back to it, and the provider's own session.
SSO, ID_TOKEN, SID = "watchbill_sso", "watchbill_sso_id_token", "watchbill_sso_sid"
LEAVING = "watchbill_sso_leaving"
LEAVING_SALT, LEAVING_SECONDS = "watchbill.sso.leaving", 900


class ThroughProvider(_Adapter):
    def pre_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse | None:
        """Where people sign in through a provider only, refuse every other way but an owner's."""
        # A mark that an abandoned sign-in left must not vouch for another one.
        for name in (SSO, ID_TOKEN, SID):
            request.session.pop(name, None)
        if _login_of(more) is None and user.role != User.Role.OWNER and Organization.current().sso_only:
            note("sign_in.refused", f"{user} tried to sign in without an identity provider", user=user, request=request)
            why = "Sign in with your organization's identity provider: passwords are switched off here."
            return render(request, "socialaccount/authentication_error.html", {"why": why}, status=403)
        response: HttpResponse | None = super().pre_login(request, user, **more)
        return response

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        login = _login_of(more)
        if login is not None and hasattr(login, "raw_id_token"):
            request.session[SSO] = login.account.provider
            request.session[ID_TOKEN] = login.raw_id_token
            request.session[SID] = str(login.claims.get("sid") or "")
        elif login is None and Organization.current().sso_only:
            _break_glass(user, request)
        response: HttpResponse = super().post_login(request, user, **more)
        return response

    def logout(self, request: HttpRequest) -> None:
        slug, raw = request.session.get(SSO), request.session.get(ID_TOKEN)
        super().logout(request)
        if slug and (leaving := _way_out(slug, raw)):
            request.session[LEAVING] = leaving

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has neither a password nor a second factor confirms who they are at the provider they came from."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        slug = context.request.session.get(SSO)
        if methods or not slug or not IdentityProvider.objects.filter(slug=slug, active=True).exists():
            return methods
        return [{"id": "provider", "description": "Sign in again", "url": reverse("sso_confirm", args=[slug])}]

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """By the provider, where one vouched for the session: asked before the session ends."""
        if request.session.get(SSO):
            return reverse("sso_leave")
        url: str = super().get_logout_redirect_url(request)
        return url


def _login_of(more: dict[str, Any]) -> Any:
    return (more.get("signal_kwargs") or {}).get("sociallogin")


def _way_out(slug: str, raw: str | None) -> str:
    """The provider's address that ends its session as well; empty where it has none or can't be asked."""
    provider = IdentityProvider.objects.filter(slug=slug, active=True).first()
    try:
        end = discovery.read(provider).get("end_session_endpoint") if provider else None
    except discovery.Trouble:
        end = None
    if provider is None or not end:
        return ""
    params = {
        "client_id": provider.client_id,
        "post_logout_redirect_uri": provider.signed_out_uri,
        "state": signing.dumps([slug, secrets.token_urlsafe(8)], salt=LEAVING_SALT),
        **({"id_token_hint": raw} if raw else {}),
    }
    return f"{end}{'&' if '?' in end else '?'}{urlencode(params)}"


def came_from(state: str) -> IdentityProvider | None:
    """The provider that a sign-out comes back from, by the state that was sent there."""
    try:
        slug, _ = signing.loads(state, salt=LEAVING_SALT, max_age=LEAVING_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return IdentityProvider.objects.filter(slug=slug).first()


def end_by_provider(provider: IdentityProvider, claims: dict[str, Any]) -> int:
    """End what a logout token names: the sessions of a subject that came through `provider`, or one of them."""
    sid, sub = str(claims.get("sid") or ""), claims.get("sub")
    known = SocialAccount.objects.filter(provider=provider.slug, uid=str(sub)).values_list("user_id", flat=True)
    people = {str(pk) for pk in known}
    ended = end_where(
        lambda person, held: (
            held.get(SSO) == provider.slug and (not sub or person in people) and (not sid or held.get(SID) == sid)
        )
    )
    for user in User.objects.filter(pk__in=ended):
        text = f"{provider} signed {user} out"
        note("session.ended", text, user=user, through="oidc", sessions=ended[str(user.pk)])
    return ended.total()


def _break_glass(user: User, request: HttpRequest) -> None:
    """Tell all owners that one of them came in by password while passwords are off."""
    note("sign_in.break_glass", f"{user} signed in with a password although these are off", user=user, request=request)
    context = {
        "person": user,
        "address": address_of(request) or "an unknown address",
        "base_url": settings.WATCHBILL_BASE_URL,
    }
    for owner in User.objects.filter(role=User.Role.OWNER, is_active=True):
        subject = f"{user} used the break-glass sign-in"
        mails.post(owner.email, subject, "teams/mail/break_glass", context, mails.AUTOMATIC)
