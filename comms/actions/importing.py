"""Bringing a file of subscribers in. It is a row first; workers read it some lines at a time, each time together with
what was counted, so that a worker that dies has done its last lines wholly or not at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from comms import subscriber_files
from comms.actions import subscribing, suppressing
from comms.addresses import Unwritable, ascii_form
from comms.models import (
    Component,
    ComponentGroup,
    StatusPage,
    Subscriber,
    SubscriberEvent,
    SubscriberImport,
    SubscriberImportProblem,
)
from comms.subscriber_cells import READ, Refused, wishes
from comms.subscriber_files import EMAIL, INCIDENTS, KIND, QUARANTINED, SCOPE, Line, Unreadable
from incidents.problems import Blocked, refuse
from teams import faultpoints, moments
from teams.audit import events
from teams.models import User

log = logging.getLogger(__name__)
State = Subscriber.State
Progress = SubscriberImport.State
LEASE = timedelta(seconds=60)
CHUNK = 100
LIVING = ("", "active", "confirmed", "subscribed", "verified")
WAITING = ("pending", "unconfirmed", "waiting for confirmation")
LEFT = "They unsubscribed. Only they themselves can come back."
REFUSED = "Mail to this address came back, or was called spam. They can subscribe again themselves."


def begin(
    page: StatusPage, *, by: User, name: str, raw: bytes | str, asks: bool, consent: str = ""
) -> SubscriberImport:
    """Keep a file to be read by a worker. Whoever is not asked to confirm has agreed before: `consent` says where.

    Raises Blocked for a file that can't be read, and without a word of where they agreed.
    """
    from comms.tasks import import_subscribers

    consent = consent.strip()
    if not asks and not consent:
        said = "Say where they agreed to be told: it is kept with each of them."
        raise refuse("consent_missing", said, field="consent")
    if len(raw) > subscriber_files.MOST_BYTES:
        raise refuse("file_too_large", "A file has at most 5 MB. Bring it in parts.", field="file")
    try:
        text = subscriber_files.decode(raw) if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
        found = subscriber_files.table(text.replace("\x00", ""))
        count = sum(1 for _ in found.lines())
    except Unreadable as error:
        raise refuse("file_unreadable", str(error), field="file") from None
    if not count:
        raise refuse("file_empty", "There is no line below the heading.", field="file")
    name = "".join(c for c in name if c.isprintable())[:200] or "subscribers.csv"
    with transaction.atomic():
        made = SubscriberImport.objects.create(
            page=page,
            by=by,
            name=name,
            text=found.text,
            asks=asks,
            consent="" if asks else consent[:300],
            lines=count,
            problem=f"Columns that were not read: {', '.join(found.unknown)}"[:300] if found.unknown else "",
        )
        events.note(
            "subscribers.imported",
            f"{by.name} brought {count} lines of subscribers to {page.name}",
            by=by,
            file=name,
            page=page.slug,
            asks=asks,
            consent=made.consent,
        )
        import_subscribers.delay_on_commit()
    return made


def work(*, budget: float = 2.0) -> tuple[int, bool]:
    """Read imports for about `budget` seconds; how many lines that were, and whether some are left."""
    end = time.monotonic() + budget
    done = 0
    while (claimed := _claim(moments.now())) is not None:
        try:
            done += _read(claimed, end)
        except (OperationalError, InterfaceError):
            # Another worker goes on once the lease has run out.
            raise
        except Exception as error:
            log.exception("import %s could not be read to its end", claimed.pk)
            said = f"Reading stopped after {claimed.read} lines: {error}. What was read stays."
            _mine(claimed).update(
                state=Progress.FAILED, problem=said[:300], text="", lease_until=None, ended_at=moments.now()
            )
        if time.monotonic() >= end:
            return done, SubscriberImport.objects.exclude(state__in=[Progress.DONE, Progress.FAILED]).exists()
    return done, False


def _claim(now: datetime) -> SubscriberImport | None:
    with transaction.atomic():
        due = Q(state=Progress.WAITING) | Q(state=Progress.RUNNING, lease_until__lte=now)
        rows = SubscriberImport.objects.select_for_update(skip_locked=True, of=("self",)).filter(due)
        found = rows.order_by("pk").first()
        if found is not None:
            found.state, found.lease_until = Progress.RUNNING, now + LEASE
            found.save(update_fields=["state", "lease_until"])
        return found


def _read(claimed: SubscriberImport, end: float) -> int:
    """Read lines until the time is up or there is none left."""
    done = 0
    lines = islice(subscriber_files.table(claimed.text).lines(), claimed.read, None)
    while chunk := list(islice(lines, CHUNK)):
        if not _take(claimed, chunk):
            return done
        done += len(chunk)
        if time.monotonic() >= end and claimed.read < claimed.lines:
            _mine(claimed).update(lease_until=moments.now())
            return done
    _mine(claimed).update(state=Progress.DONE, text="", lease_until=None, ended_at=moments.now())
    return done


def _mine(claimed: SubscriberImport) -> Any:
    """The row as this worker has it: where another goes on with it, it matches no more."""
    return SubscriberImport.objects.filter(pk=claimed.pk, state=Progress.RUNNING, lease_until=claimed.lease_until)


@transaction.atomic
def _take(claimed: SubscriberImport, chunk: list[Line]) -> bool:
    """Take these lines and count them, all of it or nothing. Returns whether the import is still this worker's."""
    if not _mine(claimed).select_for_update(of=("self",)).values_list("pk"):
        return False
    reader = Reader(claimed)
    counts = reader.take(chunk)
    for name, count in counts.items():
        setattr(claimed, name, getattr(claimed, name) + count)
    claimed.read += len(chunk)
    faultpoints.reached("lines imported")
    lease_until = moments.now() + LEASE
    _mine(claimed).update(
        read=claimed.read,
        lease_until=lease_until,
        **{name: getattr(claimed, name) for name in ("added", "changed", "same", "refused")},
    )
    claimed.lease_until = lease_until
    return True


@dataclass
class Wanted:
    """What one line asks for; None for what it leaves open."""

    email: str
    components: list[Component] = field(default_factory=list)
    groups: list[ComponentGroup] = field(default_factory=list)
    language: str | None = None
    wishes: dict[str, Any] = field(default_factory=dict)
    is_pending: bool = False


class Reader:
    """Takes lines of one import, in the caller's transaction."""

    def __init__(self, row: SubscriberImport, kind: str = SubscriberEvent.Kind.IMPORTED) -> None:
        self.row = row
        self.page = row.page
        self.kind = kind
        self.components = _Named(Component.objects.filter(page=self.page))
        self.groups = _Named(ComponentGroup.objects.filter(page=self.page))

    def take(self, lines: list[Line]) -> dict[str, int]:
        known = self._known(lines)
        counts = dict.fromkeys(("added", "changed", "same", "refused"), 0)
        problems = []
        for line in lines:
            try:
                counts[self._line(line, known)] += 1
            except Refused as why:
                counts["refused"] += 1
                problems.append(
                    SubscriberImportProblem(
                        found_in=self.row,
                        line=line.number,
                        content=line.as_written()[:500],
                        column=why.column,
                        problem=why.problem[:300],
                    )
                )
        SubscriberImportProblem.objects.bulk_create(problems, ignore_conflicts=True)
        return counts

    def one(self, line: Line) -> tuple[str, Subscriber]:
        """Take one line; what came of it, and whose it is. Raises Refused."""
        known = self._known([line])
        outcome = self._line(line, known)
        [subscriber] = known.values()
        return outcome, subscriber

    def _known(self, lines: list[Line]) -> dict[str, Subscriber]:
        """Those of the page who have an address of these lines, locked, by that in lower case."""
        addresses = {_written(line.cells.get(EMAIL, "")).lower() for line in lines}
        rows = Subscriber.objects.select_for_update(of=("self",)).annotate(lower=Lower("email"))
        rows = rows.filter(page=self.page, channel=Subscriber.Channel.EMAIL, lower__in=addresses).order_by("pk")
        return {row.email.lower(): row for row in rows}

    def _line(self, line: Line, known: dict[str, Subscriber]) -> str:
        wanted = self._wanted(line)
        subscriber = known.get(wanted.email.lower())
        if subscriber is None:
            subscriber = known[wanted.email.lower()] = self._add(wanted, line)
            return "added"
        if subscriber.state == State.UNSUBSCRIBED:
            raise Refused(EMAIL, LEFT)
        if subscriber.state == State.SUPPRESSED:
            raise Refused(EMAIL, REFUSED)
        return "changed" if self._change(subscriber, wanted, line) else "same"

    def _wanted(self, line: Line) -> Wanted:
        """What the line asks for. Raises Refused for the first thing that makes no sense."""
        cells = line.cells
        email = self._email(cells.get(EMAIL, ""))
        kind = cells.get(KIND, "").lower()
        if kind not in ("", "email", "e-mail", "mail"):
            raise Refused(KIND, f"Only e-mail can be brought in, not {kind[:40]}.")
        state = cells.get("state", "").lower()
        if state not in (*LIVING, *WAITING):
            raise Refused("state", f"This line says that they are not told: {state[:60]}.")
        if cells.get(SCOPE, "").lower() == INCIDENTS:
            raise Refused(SCOPE, "They follow single incidents only, which no file can bring back.")
        if cells.get(QUARANTINED):
            raise Refused(QUARANTINED, "This line says that mail to the address came back.")
        return Wanted(
            email,
            components=self.components.of("components", cells.get("components", "")),
            groups=self.groups.of("groups", cells.get("groups", "")),
            language=self._language(cells.get("language", "")),
            wishes=wishes(cells),
            is_pending=state in WAITING,
        )

    def _email(self, text: str) -> str:
        if not text:
            raise Refused(EMAIL, "There is no address.")
        try:
            email = subscribing.cleaned(text)
        except Blocked as blocked:
            raise Refused(EMAIL, str(blocked)) from None
        if not subscribing.may_be_told(self.page, email):
            raise Refused(EMAIL, "This page is for people of the organization, and nobody of them has the address.")
        return email

    def _language(self, text: str) -> str | None:
        code = text.replace("_", "-").partition("-")[0].lower()
        if not code:
            return None
        if code not in self.page.languages:
            offered = ", ".join(self.page.languages)
            raise Refused("language", f"The page is not offered in {text[:20]}. Write one of {offered}, or nothing.")
        return code

    def _add(self, wanted: Wanted, line: Line) -> Subscriber:
        if suppressing.is_refused(wanted.email):
            raise Refused(EMAIL, REFUSED)
        is_active = not self.row.asks and not wanted.is_pending
        made = Subscriber(
            page=self.page,
            email=wanted.email,
            state=State.ACTIVE if is_active else State.PENDING,
            confirmed_at=moments.now() if is_active else None,
            all_components=not (wanted.components or wanted.groups),
            language=wanted.language or "",
            **{"time_zone": self.page.time_zone, **wanted.wishes},
        )
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            # Between this statement and the one that looked.
            raise Refused(EMAIL, "They subscribed at this very moment. Bring the line again to change it.") from None
        made.components.set(wanted.components)
        made.groups.set(wanted.groups)
        self._say(made, line)
        if not is_active:
            subscribing.send_confirmation(made, can_wait=True)
        return made

    def _change(self, subscriber: Subscriber, wanted: Wanted, line: Line) -> bool:
        """Let a known subscriber have what the line asks for; what it leaves open stays. Returns whether that was
        anything new."""
        before = _choice(subscriber)
        if wanted.components or wanted.groups:
            subscriber.all_components = False
            subscriber.components.set(wanted.components)
            subscriber.groups.set(wanted.groups)
        if wanted.language is not None:
            subscriber.language = wanted.language
        for name, value in wanted.wishes.items():
            setattr(subscriber, name, value)
        confirms = subscriber.state == State.PENDING and not self.row.asks and not wanted.is_pending
        if confirms:
            subscriber.state, subscriber.confirmed_at = State.ACTIVE, moments.now()
        changed = confirms or _choice(subscriber) != before
        if changed:
            subscriber.save()
            self._say(subscriber, line)
        if subscriber.state == State.PENDING:
            subscribing.send_confirmation(subscriber, can_wait=True)
        return changed

    def _say(self, subscriber: Subscriber, line: Line) -> None:
        said = [f"{self.row.name}, line {line.number}"] if self.row.name else []
        said += [f"They agreed before: {self.row.consent}"] if self.row.consent else []
        suppressing.note(subscriber, self.kind, ". ".join(said), by=self.row.by)


class _Named:
    """Rows of a page by what a file may call them: their name in any case, or their id."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.by_uid: dict[str, Any] = {}
        self.by_name: dict[str, list[Any]] = {}
        for row in rows:
            self.by_uid[row.uid] = row
            self.by_name.setdefault(row.name.strip().lower(), []).append(row)

    def of(self, column: str, cell: str) -> list[Any]:
        return [self._one(column, word) for word in subscriber_files.several(cell)]

    def _one(self, column: str, word: str) -> Any:
        if word in self.by_uid:
            return self.by_uid[word]
        found = self.by_name.get(word.lower(), [])
        found = [row for row in found if row.name == word] or found
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(row.uid for row in found[:4])
            raise Refused(column, f"Several are called {word[:60]}. Write the id of the one you mean: {ids}.")
        raise Refused(column, f"The page has none called {word[:100]}. Put | between several.")


def _choice(subscriber: Subscriber) -> tuple[Any, ...]:
    return (
        subscriber.all_components,
        set(subscriber.components.values_list("pk", flat=True)),
        set(subscriber.groups.values_list("pk", flat=True)),
        subscriber.language,
        *(getattr(subscriber, name) for name in READ),
    )


def _written(text: str) -> str:
    try:
        return ascii_form(text)
    except Unwritable:
        return text
