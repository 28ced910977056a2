"""The API's door."""

from __future__ import annotations

from typing import Any

from rest_framework import permissions
from rest_framework.request import Request

from teams import access, permits


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
        return True
