"""What django-allauth does to links with identity providers, written down."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.dispatch import receiver

from teams.audit.events import note


@receiver(social_account_added, dispatch_uid="teams.sso_linked")
def linked(request: Any, sociallogin: Any, **_: Any) -> None:
    user, provider = sociallogin.user, sociallogin.account.provider
    note("person.sso_linked", f"{user}'s account was linked to {provider}", user=user, through="oidc", request=request)


@receiver(social_account_removed, dispatch_uid="teams.sso_unlinked")
def unlinked(request: Any, socialaccount: Any, **_: Any) -> None:
    user, provider = socialaccount.user, socialaccount.provider
    note("person.sso_unlinked", f"{user}'s account was unlinked from {provider}", user=user, request=request)
