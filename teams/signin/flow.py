"""The authorization code flow with an identity provider: django-allauth's, with a nonce, and with the ID token's
signature checked even where it came straight from the provider."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse

from teams.models import IdentityProvider
from teams.signin import discovery, id_token

LONGEST_SUBJECT = 191
ENTERING = (AuthProcess.LOGIN, AuthProcess.CONNECT)
# Whoever has a session proves again who they are: `teams.signin.again`.
CONFIRMING = AuthProcess.REDIRECT
# Asks the provider not to be content with a session of its own.
ANEW = {"prompt": "login", "max_age": "0"}


class Client(OAuth2Client):
    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, Any]) -> str:
        """The provider's page with our question; its address may have a query of its own."""
        plain: str = super().get_redirect_url("", scope, extra_params)
        return authorization_url + ("&" if "?" in authorization_url else "?") + plain.removeprefix("?")


class Flow(OpenIDConnectOAuth2Adapter):
    """One sign-in. `state` is what was kept in the session when it began."""

    client_class = Client

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request, provider_id)
        self.state: dict[str, Any] = {}

    @property
    def identity(self) -> IdentityProvider:
        found: IdentityProvider = self.get_provider().app.identity
        return found

    @property
    def openid_config(self) -> discovery.Document:
        """The discovery document, judged. Raises `discovery.Trouble`."""
        return discovery.read(self.identity)

    @property
    def basic_auth(self) -> bool:
        methods = self.openid_config.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return bool(self.identity.client_secret) and "client_secret_post" not in methods

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """The address that the settings name, whatever host was asked."""
        return self.identity.redirect_uri

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            data: dict[str, Any] = super().get_access_token_data(*args, **kwargs)
        except (KeyError, ValueError):
            raise discovery.Trouble("Its token endpoint answers something that is no token.") from None
        return data

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who signed in, once the ID token is proved and userinfo speaks of the same subject."""
        raw = kwargs["response"].get("id_token")
        claims = id_token.claims_of(raw, self.identity, nonce=str(self.state.get("nonce") or ""))
        if not isinstance(claims["sub"], str) or len(claims["sub"]) > LONGEST_SUBJECT:
            raise id_token.Forged("The subject is longer than any that is known.")
        asked, proved = self.state.get("asked_at"), claims.get("auth_time")
        # Not every provider says when; one that does must not have taken an old sign-in for a new one.
        if asked and isinstance(proved, int | float) and proved < asked - id_token.LEEWAY_SECONDS:
            raise id_token.Forged("It did not ask again who you are.")
        claims = merged(claims, self._userinfo(token.token, claims["sub"]))
        login = self.get_provider().sociallogin_from_response(request, {"userinfo": claims})
        login.claims, login.raw_id_token = claims, raw
        return login

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        url = self.openid_config.get("userinfo_endpoint")
        if not url:
            return {}
        with discovery.session() as asks:
            answer = asks.get(url, headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"})
        if answer.status_code != 200 or "json" not in answer.headers.get("Content-Type", ""):
            return {}
        try:
            found = json.loads(answer.content)
        except ValueError:
            return {}
        if not isinstance(found, dict) or found.get("sub") != subject:
            raise id_token.Forged("Userinfo speaks of somebody else.")
        return found


def merged(proved: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    """Claims of the ID token with what userinfo adds. Whether an address is verified is believed only of whoever named
    that address."""
    claims = {**info, **{k: v for k, v in proved.items() if v is not None}}
    source = proved if proved.get("email") else info
    verified = source.get("email_verified")
    if verified is None and source is proved and info.get("email") == proved.get("email"):
        verified = info.get("email_verified")
    # Some providers write it as text.
    claims["email_verified"] = verified is True or str(verified).lower() == "true"
    return claims


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Flow

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """What the owners chose; a link must not ask for more."""
        scope: list[str] = self.get_scope()
        return scope

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        params: dict[str, Any] = self.get_auth_params()
        return params

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        if kwargs["process"] not in ENTERING:
            kwargs["process"] = AuthProcess.LOGIN
        return kwargs

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        params = {**(kwargs.pop("auth_params", None) or self.get_auth_params()), "nonce": nonce}
        if process == CONFIRMING:
            params |= ANEW
            kwargs["asked_at"] = time.time()
        response: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=params, nonce=nonce, **kwargs
        )
        return response

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is kept with the link: enough to tell it from another, and no groups."""
        claims = data["userinfo"]
        return {k: claims[k] for k in ("email", "preferred_username", "name") if isinstance(claims.get(k), str)}


class Callback(OAuth2CallbackView):
    adapter: Flow

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response
