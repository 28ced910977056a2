"""Schedules that are fed by a calendar elsewhere: what is to come follows it, and what was stays.

One network read at a time for each calendar, under a lease and outside of any transaction; what was read last stays in
effect while it can't be read, and the page says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from random import uniform
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from teams import actions, outward, permits, pinned
from teams.actions.remembering import remember
from teams.ical import people, reading
from teams.models import CalendarSource, ImportedShift, Schedule, User

EVERY = timedelta(minutes=15)
# A file doesn't change, but its repeated events reach further each day.
EVERY_FILE = timedelta(days=1)
LONGEST_WAIT = timedelta(hours=6)
LEASE = timedelta(minutes=2)
AHEAD = timedelta(days=366)
MOST_TOLD = 50
SECONDS = 15.0
SCHEMES = ("https", "http")


class Failed(Exception):
    """The calendar could not be read this time; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A shift that the calendar wants."""

    uid: str
    user: int
    start: datetime
    end: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a calendar says, matched with the people here."""

    turns: tuple[Turn, ...]
    unmatched: list[dict[str, Any]]
    problems: list[str]
    name: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """`body` None: as it was."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


def address(given: str) -> str:
    """A calendar's address as it is fetched: `webcal://` is `https://`. ValidationError names `url`."""
    url = given.strip()
    for scheme, real in (("webcals:", "https:"), ("webcal:", "https:")):
        if url.lower().startswith(scheme):
            url = real + url[len(scheme) :]
    try:
        outward.parse(url, SCHEMES)
    except outward.Unsafe as unsafe:
        raise ValidationError({"url": str(unsafe)}) from None
    return url


@transaction.atomic
def set_calendar(
    schedule: Schedule, *, by: User, url: str = "", file: bytes | None = None, file_name: str = ""
) -> CalendarSource:
    """Let `schedule` be fed by the calendar at `url`, or by the file `file`, in the place of what fed it before.

    Nothing is fetched yet; `refresh` does that, and a worker is due to. ValidationError names `url` or `file`.
    """
    permits.require(by, "roster.change", schedule)
    locked = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    if bool(url.strip()) == (file is not None):
        raise ValidationError({"url": "Give either an address or a file."})
    body = b""
    if file is not None:
        now = timezone.now()
        try:
            reading.read(file, now, now + AHEAD, locked.time_zone)
        except ValueError as wrong:
            raise ValidationError({"file": str(wrong)}) from None
        body = file
    else:
        url = address(url)
    source = CalendarSource.objects.filter(schedule=locked).first() or CalendarSource(schedule=locked, created_by=by)
    source.url, source.body, source.file_name = url, body, _file_name(file_name) if body else ""
    source.etag = source.last_modified = source.error = ""
    source.unmatched, source.problems = [], []
    source.failures, source.due_at, source.leased_until, source.read_at = 0, timezone.now(), None, None
    source.save()
    return source


def try_out(schedule: Schedule, *, by: User, url: str = "", file: bytes | None = None) -> Found:
    """What the calendar at `url`, or in `file`, would give, without using it. ValidationError names `url` or `file`."""
    permits.require(by, "roster.change", schedule)
    field = "url" if file is None else "file"
    try:
        body = file if file is not None else _fetch(CalendarSource(schedule=schedule, url=address(url))).body or b""
        return look(body, schedule, timezone.now())
    except (Failed, ValueError) as wrong:
        raise ValidationError({field: str(wrong)}) from None


@transaction.atomic
def drop_calendar(schedule: Schedule, *, by: User) -> bool:
    """Let `schedule` be fed no longer: what the calendar gave ends now, and what is over stays. False where there was
    none."""
    permits.require(by, "roster.change", schedule)
    Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    dropped, _ = CalendarSource.objects.filter(schedule=schedule).delete()
    _put(schedule, (), timezone.now())
    return bool(dropped)


def refresh(schedule: Schedule, *, by: User | None) -> CalendarSource:
    """Read the calendar of `schedule` now; returns its row, whose `error` says what went wrong. ValidationError where
    there is none, or another read is under way."""
    permits.require(by, "roster.change", schedule)
    source = CalendarSource.objects.filter(schedule=schedule).first()
    if source is None:
        raise ValidationError("This schedule has no calendar.")
    claimed = _claim(timezone.now(), Q(pk=source.pk))
    if claimed is None:
        raise ValidationError("The calendar is being read at this moment. Look again in a minute.")
    return _read(claimed)


def refresh_due(now: datetime, *, limit: int = 20) -> int:
    """Read the calendars that are due; returns how many."""
    count = 0
    while count < limit and (claimed := _claim(now, Q(due_at__lte=now))) is not None:
        _read(claimed)
        count += 1
    return count


def look(body: bytes, schedule: Schedule, now: datetime) -> Found:
    """What `body` says of the year from `now`. ValueError when it can't be read at all."""
    read = reading.read(body, now, now + AHEAD, schedule.time_zone)
    known = directory()
    turns: dict[tuple[Any, ...], Turn] = {}
    strangers: Counter[str] = Counter()
    for event in read.events:
        found = people.match(event.named, known)
        if not found:
            strangers[_called(event.named)] += 1
        for user in found:
            turn = Turn(event.uid, user, event.start, event.end, event.summary)
            turns.setdefault((user, event.start, event.end), turn)
    unmatched = [{"name": name, "shifts": count} for name, count in strangers.most_common(MOST_TOLD)]
    problems = [str(problem)[:500] for problem in read.problems]
    if len(problems) > MOST_TOLD:
        problems = [*problems[: MOST_TOLD - 1], f"… and {len(problems) - MOST_TOLD + 1} more."]
    return Found(tuple(turns.values()), unmatched, problems, read.name)


def directory() -> people.Directory[int]:
    """Everybody who could be on call: by username, by address, and by a full name that nobody shares."""
    handles: dict[str, int] = {}
    names: dict[str, set[int]] = {}
    rows = list(User.objects.present())
    for user in rows:
        names.setdefault(" ".join(user.name.casefold().split()), set()).add(user.pk)
    for user in rows:
        if user.email:
            handles[user.email.casefold()] = user.pk
    # Somebody's username that is somebody else's address: who signs in with it is meant.
    handles |= {user.username.casefold(): user.pk for user in rows}
    return people.Directory(handles, {name: next(iter(pks)) for name, pks in names.items() if len(pks) == 1})


@transaction.atomic
def _claim(now: datetime, which: Q) -> CalendarSource | None:
    """Take a calendar for this process alone, for as long as a read may take."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    rows = CalendarSource.objects.select_for_update(skip_locked=True, of=("self",)).select_related("schedule__team")
    source = rows.filter(free, which).order_by("due_at", "pk").first()
    if source is not None:
        source.leased_until = now + LEASE
        source.tried_at = now
        source.save(update_fields=["leased_until", "tried_at"])
    return source


def _read(claimed: CalendarSource) -> CalendarSource:
    lease = claimed.leased_until
    try:
        fetched = _fetch(claimed)
        body = bytes(claimed.body) if fetched.body is None else fetched.body
        try:
            found = look(body, claimed.schedule, timezone.now())
        except ValueError as wrong:
            raise Failed(str(wrong)) from None
    except Failed as failure:
        return _failed(claimed, lease, str(failure))
    return _succeeded(claimed, lease, found, body, fetched)


def _fetch(source: CalendarSource) -> Fetched:
    if not source.url:
        return Fetched(None)
    headers = {"Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
    if source.body and source.etag:
        headers["If-None-Match"] = source.etag
    if source.body and source.last_modified:
        headers["If-Modified-Since"] = source.last_modified
    try:
        answer = pinned.get(source.url, headers=headers, most=reading.MAX_BYTES, seconds=SECONDS)
    except pinned.Unreachable as error:
        raise Failed(str(error)) from None
    if answer.status == 304 and source.body:
        return Fetched(None, source.etag, source.last_modified)
    if answer.status != 200:
        raise Failed(_refused(answer.status))
    return Fetched(answer.body, answer.headers.get("etag", "")[:400], answer.headers.get("last-modified", "")[:80])


def _refused(status: int) -> str:
    if status in (401, 403):
        return f"It is not open to Watchbill ({status}). Give the calendar's secret address, which needs no sign-in."
    if status in (404, 410):
        return f"There is no calendar at this address any more ({status}). Look whether it was moved or made private."
    if status == 429 or status >= 500:
        return f"The other side has trouble ({status}). It is tried again."
    return f"The other side answered {status} instead of a calendar. Look whether the address is whole."


@transaction.atomic
def _succeeded(
    claimed: CalendarSource, lease: datetime | None, found: Found, body: bytes, fetched: Fetched
) -> CalendarSource:
    Schedule.objects.select_for_update(no_key=True).get(pk=claimed.schedule_id)
    source = _still(claimed, lease)
    if source is None:
        return claimed
    now = timezone.now()
    _put(source.schedule, found.turns, now)
    source.body, source.etag, source.last_modified = body, fetched.etag, fetched.last_modified
    source.unmatched, source.problems, source.error = found.unmatched, found.problems, ""
    source.read_at, source.failures, source.leased_until = now, 0, None
    source.due_at = now + (EVERY if source.url else EVERY_FILE)
    source.save()
    actions.look_soon()
    return source


@transaction.atomic
def _failed(claimed: CalendarSource, lease: datetime | None, why: str) -> CalendarSource:
    source = _still(claimed, lease)
    if source is None:
        return claimed
    source.error, source.leased_until = why, None
    source.failures += 1
    wait = min(EVERY * 2 ** min(source.failures - 1, 10), LONGEST_WAIT)
    source.due_at = timezone.now() + wait * uniform(0.9, 1.1)  # noqa: S311 - so that not all come back at once
    source.save(update_fields=["error", "failures", "due_at", "leased_until"])
    actions.look_soon()
    return source


def _still(claimed: CalendarSource, lease: datetime | None) -> CalendarSource | None:
    """The row, locked, unless somebody set another calendar or took the lease over meanwhile."""
    rows = CalendarSource.objects.select_for_update(of=("self",)).select_related("schedule__team")
    return rows.filter(pk=claimed.pk, leased_until=lease).first()


def _put(schedule: Schedule, turns: Iterable[Turn], now: datetime) -> None:
    """Let the shifts to come be `turns`. One that runs ends now where it is wanted no more, and gets its new end where
    that moved; one that would have begun before now begins now. What was known is remembered. In a transaction that
    has locked the schedule."""
    wanted = [turn for turn in turns if turn.end > now]
    coming = {(turn.user, turn.start, turn.end): turn for turn in wanted if turn.start >= now}
    running = [turn for turn in wanted if turn.start < now]
    rows = ImportedShift.objects.select_for_update(of=("self",)).filter(schedule=schedule, ends_at__gt=now)
    for row in rows:
        if row.starts_at >= now:
            if coming.pop((row.user_id, row.starts_at, row.ends_at), None) is None:
                row.known_until = now
                row.save(update_fields=["known_until"])
            continue
        turn = _same(row, running)
        if turn is not None:
            running.remove(turn)
        ends = turn.end if turn else now
        if ends != row.ends_at:
            remember(row, now)
            row.ends_at, row.known_from = ends, now
            row.save(update_fields=["ends_at", "known_from"])
    ImportedShift.objects.bulk_create(
        ImportedShift(
            schedule=schedule,
            user_id=turn.user,
            starts_at=max(turn.start, now),
            ends_at=turn.end,
            uid=turn.uid[:500],
            summary=turn.summary[:500],
            known_from=now,
        )
        for turn in (*running, *coming.values())
    )


def _same(row: ImportedShift, running: Iterable[Turn]) -> Turn | None:
    """The turn that goes on what `row` began: to the same end, since some calendars name their events anew each time,
    or else of the same event."""
    mine = [turn for turn in running if turn.user == row.user_id]
    to_its_end = next((turn for turn in mine if turn.end == row.ends_at), None)
    return to_its_end or next((turn for turn in mine if turn.uid[:500] == row.uid), None)


def _called(named: people.Named) -> str:
    """How people find an event's person in the calendar."""
    first = next((each.address or each.name for each in named.attendees), "")
    return (first or named.summary or named.description or "An event without a title")[:120]


def _file_name(given: str) -> str:
    return PurePath(given.replace("\\", "/")).name[:120] or "calendar.ics"
