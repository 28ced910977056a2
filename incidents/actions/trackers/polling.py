"""Looking trackers through for changes that no webhook told of, and taking what webhooks tell. Either only says which
issues are to be read again: what is believed is what the tracker answers when it is asked."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from incidents.actions.trackers import alarming
from incidents.models import Tracker, TrackerDelivery, TrackerLink
from incidents.trackers import github, gitlab, jira, signing, wire
from incidents.trackers.shapes import Denied, Gone, Incoming, Limited, Seen, Told, Trouble
from teams import moments
from teams.words import storable

log = logging.getLogger(__name__)
AT_ONCE = 8
# The project and some pages, of which each request ends after ten seconds.
LEASE = timedelta(seconds=90)
# Clocks of both sides differ, and what is written there late has an earlier time.
OVERLAP = timedelta(minutes=2)
KEPT = timedelta(days=7)
READS = {"github": github.told, "gitlab": gitlab.told, "jira": jira.told, "jira_dc": jira.told}


def poll_due(limit: int = 20) -> int:
    """Look through the trackers that are due, several at once; returns how many. One that fails, or is slow to answer,
    holds up no other."""
    done = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="polls") as threads:
        while done < limit and (claimed := _claimed(min(AT_ONCE, limit - done))):
            done += len(claimed)
            asked = {
                threads.submit(_look, tracker, now): (tracker, now) for tracker, now in claimed if _has_to(tracker)
            }
            for future in as_completed(asked):
                _heard(*asked[future], future)
    return done


def _claimed(most: int) -> list[tuple[Tracker, datetime]]:
    """At most so many that are due, each with the time of its claim."""
    found: list[tuple[Tracker, datetime]] = []
    while len(found) < most and (tracker := _claim(now := moments.now())):
        found.append((tracker, now))
    return found


def _has_to(tracker: Tracker) -> bool:
    """Whether there is anything to look for; otherwise it is let go until the next time."""
    now = moments.now()
    TrackerDelivery.objects.filter(tracker=tracker, received_at__lt=now - KEPT).delete()
    if tracker.paused_at or tracker.links.exclude(number="").exists():
        return True
    _release(tracker, poll_due_at=now + timedelta(minutes=tracker.poll_minutes))
    return False


def _look(tracker: Tracker, now: datetime) -> Seen:
    """Ask the tracker, in a thread: nothing here touches the database."""
    dialect = wire.dialect_of(tracker)
    if tracker.paused_at:
        dialect.project()
    return dialect.changed(_since(tracker, now), now, tracker.etag)


def _since(tracker: Tracker, now: datetime) -> datetime:
    return tracker.seen_until or now - OVERLAP


def _heard(tracker: Tracker, now: datetime, answer: Future[Seen]) -> None:
    later = now + timedelta(minutes=tracker.poll_minutes)
    try:
        _keep(tracker, answer.result(), now, later)
    except Limited as limited:
        until = now + timedelta(seconds=limited.seconds + 1)
        alarming.quiet(tracker.pk, until, str(limited))
        _release(tracker, poll_due_at=until)
    except (Denied, Gone) as denied:
        if _mine(tracker).exists():
            alarming.pause(tracker.pk, str(denied), by_itself=True)
    except Trouble as trouble:
        if tracker.paused_at:
            alarming.pause(tracker.pk, tracker.error, by_itself=True)
        else:
            _release(tracker, poll_due_at=later, error=str(trouble)[:400])
    except Exception:
        log.exception("tracker %s could not be looked through; it is tried again", tracker.pk)
        _release(tracker, poll_due_at=moments.now() + timedelta(minutes=1))


def _keep(tracker: Tracker, seen: Seen, now: datetime, later: datetime) -> None:
    _take(tracker, seen.changed)
    until = _seen_until(seen, _since(tracker, now), now)
    # While nothing changes the same is asked again, which a tracker that knows ETags answers with nothing.
    etag = seen.etag[:200] if until == tracker.seen_until else ""
    kept = _release(tracker, poll_due_at=later if seen.whole else now, seen_until=until, etag=etag)
    if kept and (tracker.paused_at or tracker.told_at or tracker.error):
        alarming.works(tracker.pk, looked=True)


@transaction.atomic
def _claim(now: datetime) -> Tracker | None:
    rows = Tracker.objects.due(now).filter(Q(quiet_until=None) | Q(quiet_until__lte=now))
    tracker = rows.select_for_update(skip_locked=True, of=("self",)).order_by("poll_due_at", "pk").first()
    if tracker is not None:
        tracker.leased_until = now + LEASE
        tracker.save(update_fields=["leased_until"])
    return tracker


def _mine(tracker: Tracker) -> Any:
    return Tracker.objects.filter(pk=tracker.pk, leased_until=tracker.leased_until)


def _release(tracker: Tracker, **fields: Any) -> bool:
    return bool(_mine(tracker).update(leased_until=None, **fields))


def _seen_until(seen: Seen, since: datetime, now: datetime) -> datetime:
    newest = max((at for _, at in seen.changed), default=None)
    if newest is None:
        return since
    return max(since, min(newest, now) - OVERLAP) if seen.whole else newest


def _take(tracker: Tracker, changed: Iterable[tuple[str, datetime]]) -> None:
    """Read those again that changed since they were read last."""
    times = dict(changed)
    now = moments.now()
    rows = TrackerLink.objects.filter(tracker=tracker, number__in=times).values_list(
        "pk", "number", "remote_at", "synced_at"
    )
    # Times there may be whole seconds: what was read in the same one may have changed after that.
    due = [
        pk
        for pk, number, at, read in rows
        if at is None or times[number] > at or (times[number] == at and read and read - at <= timedelta(seconds=2))
    ]
    # Of a moved issue Jira tells the new key; the daily look finds those.
    with transaction.atomic():
        if TrackerLink.objects.filter(pk__in=due).update(due_at=now):
            alarming.wake()


def tracker_of(key: str) -> Tracker | None:
    """Whose webhooks come with this key."""
    return Tracker.objects.filter(hook_digest=Tracker.digest_of(key)).first()


def is_proved(tracker: Tracker, sent: Incoming) -> bool:
    """Whether it was signed with the tracker's secret, where it has one."""
    secret = tracker.webhook_secret
    return not secret or signing.is_proved(tracker.kind, sent, secret)


@transaction.atomic
def take_delivery(tracker: Tracker, sent: Incoming) -> str:
    """Take what a webhook tells, once: "taken", "known already", or "nothing to do"."""
    told: Told = READS[tracker.kind](sent)
    mine = not told.project or told.project.lower() == tracker.project.lower() or tracker.project.isdecimal()
    links = TrackerLink.objects.filter(tracker=tracker, number=told.number)
    if not told.number or not mine or not links.exists():
        return "nothing to do"
    delivery = storable(told.delivery)[:100] or hashlib.sha256(sent.body).hexdigest()
    _, is_new = TrackerDelivery.objects.get_or_create(tracker=tracker, delivery=delivery)
    if not is_new:
        return "known already"
    links.update(due_at=moments.now())
    alarming.wake()
    return "taken"
