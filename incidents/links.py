"""Links that work without signing in, and can do one thing only."""

from __future__ import annotations

from django.core import signing

from incidents.models import Page

SALT = "watchbill.page"
MAX_AGE = 7 * 24 * 3600


def page_token(page: Page) -> str:
    """What a page's link carries: signed, so that it can't be guessed, and good for a week."""
    return signing.dumps(page.pk, salt=SALT)


def page_from_token(token: str) -> Page | None:
    """The page that a link belongs to, with its person and incident; None for a forged or an old link."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return (
        Page.objects.select_related("user", "incident", "run__request__team")
        .filter(pk=pk, user__is_active=True)
        .first()
    )
