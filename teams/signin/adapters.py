"""What django-allauth asks of us."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from teams.signin.through_provider import ThroughProvider


class Accounts(ThroughProvider, DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves: people are invited, or come from an identity provider."""
        return False
