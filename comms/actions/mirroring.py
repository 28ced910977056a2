"""Keeping the copy in an object store up to date, by workers and never by whoever publishes. What is there, the store
says itself; a turn that fails is done again by the next one."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError

from comms.actions import snapshots
from comms.models import StatusPage
from comms.snapshot import mirror
from comms.snapshot.mirror import Turn

log = logging.getLogger(__name__)
# As long as nothing changes here, what lies there is looked at that seldom.
LOOK_SECONDS = 300.0
_done: tuple[object, float] = (None, 0.0)


def mirror_due() -> bool:
    """Copy what has changed, if a store is named; whether anything is left. Nothing is raised: of a store that is away
    the log tells, and the next turn tries again."""
    global _done
    if not settings.WATCHBILL_PUBLIC_STORAGE:
        return False
    seen = _state()
    if seen == _done[0] and time.monotonic() - _done[1] < LOOK_SECONDS:
        return False
    try:
        turn = copy()
    except Exception as error:  # noqa: BLE001 - each storage has its own
        log.warning("the public pages could not be copied to their store and will be tried again: %s", error)
        return False
    if turn is None or turn.left:
        return turn is not None
    _done = (seen, time.monotonic())
    if turn.put or turn.removed:
        log.info("copied the public pages to their store: %d files put, %d taken away", turn.put, turn.removed)
    return False


def copy() -> Turn | None:
    """One turn; None where another process is at it. Needs no database. Raises Unfit and what the storage raises."""
    with _alone() as mine:
        if not mine:
            return None
        target = mirror.opened(settings.WATCHBILL_PUBLIC_STORAGE)
        return mirror.copy(snapshots.store(), target, existing=_existing())


def _existing() -> set[str] | None:
    try:
        return set(StatusPage.objects.values_list("uid", flat=True))
    except DatabaseError:
        return None


def _state() -> object:
    try:
        there = snapshots.store().path.stat()
    except OSError:
        return None
    return (str(snapshots.store().path), there.st_mtime_ns, there.st_ino)


@contextmanager
def _alone() -> Iterator[bool]:
    """Two at once of one machine would put the same files; between machines the later version of a page stays."""
    folder = snapshots.store().folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".mirror").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
