"""Links that work without signing in, and can do one thing only."""

from __future__ import annotations

from django.core import signing

from incidents.models import ActionItem, Page

SALT = "watchbill.page"
MAX_AGE = 7 * 24 * 3600
ITEM_SALT = "watchbill.action-item"
ITEM_MAX_AGE = 30 * 24 * 3600


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


def item_token(item: ActionItem) -> str:
    """What the link carries that asks an item's owner whether it is still relevant: good for a month, for this owner
    and this question alone."""
    return signing.dumps([item.pk, item.owner_id, _asked(item)], salt=ITEM_SALT)


def item_from_token(token: str) -> ActionItem | None:
    """The open item that a link asks about, with its owner and incident; None for a forged or old link, and once it was
    answered or given to somebody else."""
    try:
        pk, owner, asked = signing.loads(token, salt=ITEM_SALT, max_age=ITEM_MAX_AGE)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    rows = ActionItem.objects.open().select_related("owner", "incident__severity", "incident__team", "team")
    item = rows.filter(pk=pk, owner=owner, owner__is_active=True).first()
    return item if item is not None and _asked(item) == asked else None


def _asked(item: ActionItem) -> int:
    return int(item.asked_at.timestamp() * 1000) if item.asked_at else 0
