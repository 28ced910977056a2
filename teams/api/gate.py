"""The API's door."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import exceptions, permissions
from rest_framework.request import Request

from teams import access, permits
from teams.signin import again, second_factor


class SecondFactorNeeded(exceptions.PermissionDenied):
    default_detail = (
        "Your organization asks for a second factor beside the password, and this account has none. Set one up in the "
        "console; this works again at once."
    )
    default_code = "second_factor_needed"

    @property
    def more(self) -> dict[str, str]:
        return {"fix_url": settings.WATCHBILL_BASE_URL + reverse("mfa_index")}


class ReauthenticationNeeded(exceptions.PermissionDenied):
    default_detail = (
        "You signed in a while ago, and this takes a fresh proof of who you are. Confirm it in the console, then send "
        "this again."
    )
    default_code = "reauthentication_needed"

    @property
    def more(self) -> dict[str, str]:
        return {"fix_url": settings.WATCHBILL_BASE_URL + reverse("account_reauthenticate")}


class ByTable(permissions.BasePermission):
    """The table of access at the door of the API: a view's `verbs` name the verb of each of its actions.

    An action that is not named answers nobody. Here is asked whether the caller may do it anywhere; the views and
    actions ask about the row, once it is known that the caller may see it.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.action is None:
            # A method that the address does not have; the view says so to whoever is signed in.
            return bool(request.user.is_authenticated)
        verb = view.verbs.get(view.action) if hasattr(view, "verbs") else None
        if verb is None:
            return False
        if verb in access.OPEN:
            return True
        if not request.user.is_authenticated:
            return False
        if not permits.may_somewhere(request.user, verb):
            raise permits.refusal(request.user, verb)
        if second_factor.is_missing(request):
            raise SecondFactorNeeded
        if request.method not in again.SAFE and again.is_due(request._request, verb):
            raise ReauthenticationNeeded
        return True
