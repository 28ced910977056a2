"""Every address, by the room that answers it. `/healthz` and `/readyz` are answered earlier, in `config.health`."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import wellknown
from config.design import DesignView
from teams import permits

# Pages of django-allauth that are there before one has signed in; all others are one's own account.
BEFORE_SIGNING_IN = (
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_trust",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "openid_connect_login",
    "openid_connect_callback",
)
# What changes how somebody gets in. The library asks again by itself only who has a password.
PROOFS = (
    "account_set_password",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_add_webauthn",
    "mfa_remove_webauthn",
)
ACCOUNT = dict.fromkeys(BEFORE_SIGNING_IN, "public.read") | dict.fromkeys(PROOFS, "self.prove") | {"": "self.change"}


def _administration() -> tuple[Any, str, str]:
    """The administration's addresses; its door and each of its pages ask the table again for what they show."""
    patterns, app_name, namespace = admin.site.urls
    permits.opened(patterns, by_name={"": "admin.enter", "login": "public.read", "jsi18n": "public.read"})
    return patterns, app_name, namespace


urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", _administration()),
    # Before the library's, whose page of sessions ours stands in for.
    path("account/", include("teams.signin.urls")),
    path("account/", include("teams.signin.sso_urls")),
    path("account/", permits.opened("allauth.urls", by_name=ACCOUNT)),
    path("scim/v2/", include("teams.scim.urls")),
    path(".well-known/security.txt", wellknown.security_txt, name="security_txt"),
    path("", include("config.mailsink.urls")),
    path("", include("incidents.urls")),
    path("", include("comms.urls")),
    path("", include("teams.urls")),
    path("api/v1/", include("config.api_urls")),
]
if settings.WATCHBILL_MAIL_SINK:
    urlpatterns.append(path("design/", permits.open_to("public.read")(DesignView.as_view()), name="design"))
