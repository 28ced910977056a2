"""What every request of somebody who is signed in passes: the limits of their session, the second factor that they
must have, and being asked again who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from teams import access, permits
from teams.signin import again, second_factor, sessions

Respond = Callable[[HttpRequest], HttpResponse]
ACCOUNT = "/account/"
API = "/api/"


class SessionLimits:
    """Ends a session that was idle, or lasted, too long; the request goes on as nobody's, so a page asks to sign in
    and the API answers 401."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and request.user.is_authenticated:
            why = sessions.see(request, timezone.now())
            if why:
                sessions.close(request, why)
                if not request.path.startswith(API):
                    messages.info(request, f"You were signed out. {why} Sign in to go on.")
        return self.get_response(request)


class SecondFactorNeeded:
    """Sends whoever must have a second factor, and has none, to set one up. Their account's pages, and all that takes
    no account, stay open; the API's own gate answers for the API."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return None
        if request.path.startswith(API) or permits.verb_of(view, request.method or "GET") in access.OPEN:
            return None
        if not second_factor.note_missing(request) or request.path.startswith(ACCOUNT):
            return None
        url = reverse("mfa_index")
        if getattr(request, "htmx", False):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)


class AskAgain:
    """Asks again who it is where the table says so of the view's verb, or where the view itself finds out."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        verb = permits.verb_of(view, request.method or "GET")
        if verb is None or request.path.startswith(API) or not request.user.is_authenticated:
            return None
        # Whoever may not do it is refused, and not asked for their password first.
        if again.is_due(request, verb) and permits.may_somewhere(request.user, verb):
            return again.ask(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ReauthenticationRequired):
            return None
        if not request.user.is_authenticated:
            # The library would keep what nobody sent, in a session of nobody's.
            return redirect_to_login(request.get_full_path() if request.method in again.SAFE else request.path)
        return again.ask(request)
