"""What django-allauth asks of us about single sign-on: the providers are our own rows, and so are the rules."""

from __future__ import annotations

import logging
from typing import Any

import requests
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from teams.audit.events import note
from teams.models import IdentityProvider, User
from teams.signin import addresses, discovery, joining
from teams.signin.flow import CONFIRMING, Provider
from teams.zones import is_zone

log = logging.getLogger(__name__)
KIND = "openid_connect"


def refused(request: HttpRequest, provider: Any, why: str, *, status: int = 403) -> HttpResponse:
    """The page that says why somebody did not come in."""
    return render(request, "socialaccount/authentication_error.html", {"provider": provider, "why": why}, status=status)


class Providers(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """Providers in the shape that allauth knows; none of its own rows is looked at. One that is asked for by its
        slug may be inactive, so that links with it can still be undone; the pages that let people in look."""
        named = bool(provider) and provider != KIND
        found = (
            IdentityProvider.objects.filter(slug=provider) if named else IdentityProvider.objects.filter(active=True)
        )
        if client_id:
            found = found.filter(client_id=client_id)
        return [_app(each) for each in found]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        return Provider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def list_providers(self, request: HttpRequest) -> list[Any]:
        return [Provider(request, app=app) for app in self.list_apps(request)]

    def get_requests_session(self) -> requests.Session:
        return discovery.session()

    def authenticate_by_email(self, sociallogin: Any) -> None:
        """`joining.find` finds accounts, with rules of its own."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whose account it is and sync it, or say why nobody comes in. Whoever is in already and confirms who they
        are goes on to what they were about to do."""
        if sociallogin.state.get("process") == CONFIRMING:
            raise ImmediateHttpResponse(_confirmed(request, sociallogin))
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            return
        identity, claims = sociallogin.provider.app.identity, sociallogin.claims
        if not sociallogin.is_existing:
            person = joining.find(identity, claims)
            if person is not None:
                sociallogin.connect(request, person)
            elif why := joining.why_not_new(identity, claims):
                note("sso.refused", f"Nobody came in through {identity}: {why}", through="oidc", request=request)
                raise ImmediateHttpResponse(refused(request, sociallogin.provider, why))
            else:
                return
        if sociallogin.user.is_active:
            joining.keep_verified(sociallogin.user, claims)
            joining.sync(sociallogin.user, identity, claims, request=request)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return bool(sociallogin.provider.app.identity.create_accounts)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.first_name, user.last_name = user.first_name[:150], user.last_name[:150]
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Make the account of somebody who comes in for the first time."""
        identity, claims = sociallogin.provider.app.identity, sociallogin.claims
        user: User = sociallogin.user
        user.set_unusable_password()
        user.username = joining.free_username(claims)
        user.role = identity.default_role
        zone = claims.get("zoneinfo")
        user.time_zone = zone if isinstance(zone, str) and is_zone(zone) else ""
        # django-allauth writes the row of the address, verified or not as the provider says.
        user.address_follows = True  # type: ignore[attr-defined]
        sociallogin.save(request)
        del user.address_follows  # type: ignore[attr-defined]
        addresses.vouch(user)
        note("person.provisioned", f"{user} came in through {identity}", user=user, through="oidc", request=request)
        joining.sync(user, identity, claims, new=True, request=request)
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Our page, in our words; what the provider said goes to the log."""
        if error == AuthError.CANCELLED:
            why = f"You cancelled at {provider.name}. Nothing has changed."
        elif isinstance(exception, discovery.Trouble):
            why = f"{provider.name} can't be believed or reached. {exception}"
        elif exception is not None:
            why = f"{provider.name} did not let Watchbill finish the sign-in. Try again; if it stays, tell an owner."
        else:
            why = "This sign-in was begun elsewhere, is too old, or was used before. Start again."
        if error != AuthError.CANCELLED:
            log.warning("Sign-in through %s failed: %s %s", provider.name, error, str(exception or why)[:300])
            note("sso.refused", f"Nobody came in through {provider.name}: {why}", through="oidc", request=request)
        raise ImmediateHttpResponse(refused(request, provider, why, status=401))


def _confirmed(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    user, provider = request.user, sociallogin.provider
    if not user.is_authenticated or sociallogin.user.pk != user.pk:
        known = user if isinstance(user, User) else None
        note("reauthentication.refused", f"{user} confirmed as somebody else", user=known, request=request)
        return refused(request, provider, f"At {provider.name} you are somebody else. Sign in there as {user}.")
    record_authentication(
        request, user, method="socialaccount", reauthenticated=True, provider=sociallogin.account.provider
    )
    return resume_request(request) or HttpResponseRedirect(sociallogin.get_redirect_url(request) or "/")


def _app(identity: IdentityProvider) -> Any:
    from allauth.socialaccount.models import SocialApp

    app = SocialApp(
        provider=KIND,
        provider_id=identity.slug,
        name=identity.name,
        client_id=identity.client_id,
        secret=identity.client_secret,
        settings={
            "server_url": identity.issuer,
            "oauth_pkce_enabled": True,
            "scope": ["openid", *(s for s in identity.scopes.split() if s != "openid")],
        },
    )
    app.identity = identity
    return app
