"""Keeping the published files up to date. What is to be rendered is known by comparing each page's row, which counts
its changes, with what lies in the folder: whoever finds a difference renders, and of two the newer reading stays."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from comms.models import StatusPage
from comms.readers import face_of
from comms.snapshot import rendering
from comms.snapshot.store import Store
from teams import moments

log = logging.getLogger(__name__)
# A page says as of when it is; besides, days pass.
AGAIN = timedelta(minutes=5)


def store() -> Store:
    return Store(settings.WATCHBILL_VAR / "public")


def render_due() -> int:
    """Render the pages that have changed, or that say too old a time; returns how many. Several may run at once."""
    held = store()
    before = held.read()
    rows = dict(StatusPage.objects.values_list("uid", "changed"))
    oldest = moments.now().timestamp() - AGAIN.total_seconds()
    done = 0
    for uid, changed in rows.items():
        known = before.pages.get(uid)
        fresh = known is not None and known.version[0] == changed and known.code == rendering.code()
        if known is None or not fresh or known.version[1] < oldest:
            done += _try(uid)
    if before.pages.keys() - rows.keys():
        held.keep_only(set(rows))
    if done:
        held.sweep()
    return done


def _try(uid: str) -> bool:
    try:
        return render(uid)
    except Exception:
        log.exception("status page %s could not be rendered and will be tried again", uid)
        return False


def render(uid: str) -> bool:
    """Render a page and publish it; False where it is gone, or a newer rendering was there already."""
    held = store()
    with transaction.atomic():
        if len(connection.atomic_blocks) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        page = StatusPage.objects.filter(uid=uid).first()
        if page is None:
            return False
        version = (page.changed, moments.now().timestamp())
        face = face_of(page)
        held.turn(uid, page.changed, face)
        files = rendering.render(page, held.read().pages.get(uid))
    done = held.publish(uid, version, rendering.code(), files, face)
    if done and settings.WATCHBILL_PUBLIC_STORAGE:
        from comms.tasks import mirror_pages

        mirror_pages.delay_on_commit()
    return done


def render_soon(page: StatusPage) -> None:
    """Have a page rendered as soon as what changed it is committed: at once, lest whoever published it reads the former
    state, and should that fail, by the sweep."""
    uid = page.uid

    def now() -> None:
        began = time.monotonic()
        if _try(uid):
            log.info("status page %s was rendered in %.2f s", uid, time.monotonic() - began)

    transaction.on_commit(now, robust=True)
