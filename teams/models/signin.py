"""Django-allauth's tables, as far as our migrations put triggers on them: a trigger belongs to an app's migrations,
and a proxy makes it ours."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount


class TrackedEmailAddress(EmailAddress):
    class Meta:
        proxy = True


class TrackedAuthenticator(Authenticator):
    class Meta:
        proxy = True


class TrackedSocialAccount(SocialAccount):
    class Meta:
        proxy = True
