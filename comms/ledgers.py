"""What became of the deliveries of one update, counted: of a StatusUpdate or of a MaintenanceUpdate.

Counts come from an index alone, however many rows there are, and are shared for a moment by everybody who watches. What
the index doesn't know (channels, replies, rates) takes a look at the rows, and is shared for longer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Q

from comms.actions import reckoning
from comms.models import Correction, Delivery, MaintenanceUpdate, StatusUpdate
from comms.models.delivery import DeliveryQuerySet
from comms.outcomes import OUTCOMES, class_of
from teams import moments

Told = StatusUpdate | MaintenanceUpdate
State = Delivery.State
GOING = (State.QUEUED, State.SENDING)
# Seconds for which a count is everybody's: while it changes, and once nothing does any more.
FRESH, STILL = 1, 20
# Seconds after which one of those who watch looks at the rows again, and the others are shown what was there: of many
# rows that takes a tenth of a second and more.
DETAILS, DETAILS_OF_MANY, MANY = 5, 15, 20_000
KEPT = 600
RATE_OF_OLD = 300
MINUTE = timedelta(minutes=1)
MOST_REPLIES = 6
# What is still going out was published in this time.
RECENT = timedelta(days=1)

DETAILED = """
SELECT channel, state, relay, state = 'queued' AND attempts > 0, count(*), min(sent_at), max(sent_at),
    count(*) FILTER (WHERE sent_at > %s), min(due_at) FILTER (WHERE state = 'queued' AND attempts > 0)
FROM comms_delivery WHERE {column} = %s AND correction_id IS NULL
GROUP BY 1, 2, 3, 4
"""
REPLIED = """
SELECT channel, substring(reply FROM '^[245][0-9][0-9]( [245]\\.[0-9]{{1,3}}\\.[0-9]{{1,3}})?'), count(*), min(reply)
FROM comms_delivery
WHERE {column} = %s AND correction_id IS NULL AND reply != ''
    AND (state IN ('failed', 'bounced') OR state = 'queued' AND attempts > 0)
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the picture: `x` and `width` are its place, in percent of the whole."""

    outcome: str
    count: int
    x: str
    width: str

    @property
    def label(self) -> str:
        return OUTCOMES[self.outcome].label


@dataclass(frozen=True)
class Tally:
    """How many rows there are of each outcome; see `outcomes.OUTCOMES`."""

    counts: dict[str, int]

    def of(self, *outcomes: str) -> int:
        return sum(self.counts.get(outcome, 0) for outcome in outcomes)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """Those of which nothing more is to come."""
        return self.of(*(name for name, outcome in OUTCOMES.items() if outcome.settled))

    @property
    def going(self) -> int:
        """Those that go out as fast as the relay takes them."""
        return self.of("queued", "sending")

    @property
    def is_over(self) -> bool:
        return self.settled == self.total

    @property
    def missed(self) -> int:
        return self.of("failed", "bounced", "suppressed")

    @property
    def parts(self) -> list[Part]:
        """Its picture. What is there is seen, however little it is."""
        there = [(name, self.counts[name]) for name in OUTCOMES if self.counts.get(name)]
        total = sum(count for _, count in there)
        widths = [max(100 * count / total, 1.0) for _, count in there]
        scale = 100 / sum(widths) if widths else 1
        found, x = [], 0.0
        for (name, count), width in zip(there, widths, strict=True):
            found.append(Part(name, count, f"{x:.2f}%", f"{width * scale:.2f}%"))
            x += width * scale
        return found

    @property
    def summary(self) -> str:
        """The picture in words: "1,200 of 2,000 sent, 12 bounced, 788 waiting"."""
        if not self.total:
            return "nobody was to be told"
        rest = [f"{part.count:,} {part.label}" for part in self.parts if part.outcome != "sent"]
        return ", ".join([f"{self.of('sent'):,} of {self.total:,} sent", *rest])


@dataclass(frozen=True)
class Reply:
    """Replies of one class. `example` is the whole of one, which may name an address."""

    name: str
    count: int
    example: str
    channel: str


@dataclass(frozen=True)
class Ledger:
    """The deliveries of one update. `tally` is of its own mail, without its corrections'."""

    told: Told
    tally: Tally
    channels: dict[str, Tally] = field(default_factory=dict)
    relays: dict[str, int] = field(default_factory=dict)
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    next_try_at: datetime | None = None
    rate: float = 0.0
    """Letters of it that went out a second, in the last minute."""
    ahead: int = 0
    """Those that are sent before it."""
    replies: list[Reply] = field(default_factory=list)

    @cached_property
    def left(self) -> timedelta | None:
        """About how long until what can go out has gone out; None where nothing is going."""
        if not self.tally.going:
            return None
        pace = self.rate or usual_rate()
        return timedelta(seconds=(self.ahead + self.tally.going) / pace)

    @property
    def left_in_words(self) -> str:
        return "" if self.left is None else about(self.left)

    @property
    def milestone(self) -> str:
        """What is worth saying aloud: it changes four times on the way, and when it is over."""
        tally = self.tally
        if not tally.total:
            return ""
        if tally.is_over:
            return f"Everything is done: {tally.summary}."
        if not tally.going:
            return f"What could go out has gone out: {tally.summary}."
        quarter = 4 * (tally.total - tally.going) // tally.total
        return ("Going out.", "A quarter is done.", "Half is done.", "Three quarters are done.")[min(quarter, 3)]


def about(left: timedelta) -> str:
    """A measured guess, said as one: "about 2 min left"."""
    minutes = ceil(left.total_seconds() / 60)
    if left.total_seconds() < 50:
        return "under a minute left"
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {round(minutes / 60)} h left"


def column(told: Told) -> str:
    return "maintenance_update" if isinstance(told, MaintenanceUpdate) else "update"


def rows(told: Told) -> DeliveryQuerySet:
    """Every delivery of an update, those of its corrections among them."""
    return Delivery.objects.filter(**{column(told): told})


def tallies(updates: Collection[Told]) -> dict[int, Tally]:
    """The counts of each of `updates`, which are all of one kind, by its pk: two queries, or none where somebody has
    just asked. Without a look at the rows what is to be tried again counts as waiting."""
    if not updates:
        return {}
    name = column(next(iter(updates)))
    keys = {f"ledger:{name}:{update.pk}": update.pk for update in updates}
    found: dict[int, dict[str, int]] = {keys[key]: counts for key, counts in cache.get_many(keys).items()}
    unknown = [pk for pk in keys.values() if pk not in found]
    if unknown:
        counted = _counted(name, unknown)
        found |= counted
        for life in (FRESH, STILL):
            some = {pk: counts for pk, counts in counted.items() if life == (FRESH if _moves(counts) else STILL)}
            cache.set_many({f"ledger:{name}:{pk}": counts for pk, counts in some.items()}, life)
    return {pk: Tally(counts) for pk, counts in found.items()}


def _moves(counts: dict[str, int]) -> bool:
    return any(counts.get(state) for state in GOING)


def _counted(name: str, pks: list[int]) -> dict[int, dict[str, int]]:
    """By the index on the update and the state alone, and less what is of corrections."""
    counted = {pk: Counter[str]() for pk in pks}
    every = Delivery.objects.filter(**{f"{name}__in": pks}).order_by()
    for pk, state, count in every.values_list(name, "state").annotate(count=Count("*")):
        counted[pk][state] += count
    corrections = (
        dict(Correction.objects.filter(update__in=pks).values_list("pk", "update")) if name == "update" else {}
    )
    if corrections:
        theirs = Delivery.objects.filter(correction__in=corrections).order_by()
        for correction, state, count in theirs.values_list("correction", "state").annotate(count=Count("*")):
            counted[corrections[correction]][state] -= count
    return {pk: {state: count for state, count in counts.items() if count > 0} for pk, counts in counted.items()}


def of_corrections(update: StatusUpdate) -> list[tuple[Correction, Tally]]:
    """Each of its corrections that was mailed, the newest first, with the counts of its own mail."""
    corrections = list(update.corrections.filter(notify=True).select_related("by").order_by("-at", "-pk"))
    counted = {correction.pk: Counter[str]() for correction in corrections}
    if corrections:
        theirs = Delivery.objects.filter(correction__in=corrections).order_by()
        for pk, state, count in theirs.values_list("correction", "state").annotate(count=Count("*")):
            counted[pk][state] += count
    return [(correction, Tally(dict(counted[correction.pk]))) for correction in corrections]


def companions(update: StatusUpdate) -> list[StatusUpdate]:
    """What was said with it on other pages, in the order of their names."""
    first = update.companion_of_id or update.pk
    family = StatusUpdate.objects.published().filter(Q(pk=first) | Q(companion_of=first)).exclude(pk=update.pk)
    return list(family.select_related("page_incident__page").order_by("page_incident__page__name"))


def of(told: Told) -> Ledger:
    """All of it."""
    now = moments.now()
    counts = dict(tallies([told])[told.pk].counts)
    details = _details(told, counts, now)
    deferred = min(details["deferred"], counts.get(State.QUEUED, 0))
    if deferred:
        counts[State.QUEUED] -= deferred
        counts["deferred"] = deferred
    tally = Tally(counts)
    return Ledger(
        told,
        tally,
        channels={channel: Tally(theirs) for channel, theirs in details["channels"].items()},
        relays=details["relays"],
        first_sent_at=_moment(details["first"]),
        last_sent_at=_moment(details["last"]),
        next_try_at=_moment(details["next"]),
        rate=details["rate"],
        ahead=details["ahead"],
        replies=[Reply(**each) for each in details["replies"]],
    )


def forget(told: Told) -> None:
    """Count again, as something has just been queued."""
    key = f"ledger:{column(told)}:{told.pk}"
    cache.delete_many([key, f"{key}:details", f"{key}:details:asked"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _details(told: Told, counts: dict[str, int], now: datetime) -> dict[str, Any]:
    key = f"ledger:{column(told)}:{told.pk}:details"
    found: dict[str, Any] | None = cache.get(key)
    moves = _moves(counts)
    if found is not None:
        life = DETAILS_OF_MANY if sum(counts.values()) > MANY else DETAILS
        ended = found["moves"] and not moves
        if not ended and (now - datetime.fromisoformat(found["at"])).total_seconds() < life:
            return found
        if not cache.add(f"{key}:asked", 1, DETAILS):
            return found
    found = _looked(told, now) | {"at": now.isoformat(), "moves": moves}
    cache.set(key, found, KEPT)
    return found


def _looked(told: Told, now: datetime) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(DETAILED.format(column=f"{column(told)}_id"), [now - MINUTE, told.pk])
        groups = cursor.fetchall()
        cursor.execute(REPLIED.format(column=f"{column(told)}_id"), [told.pk])
        replied = cursor.fetchall()
    channels: dict[str, Counter[str]] = {}
    relays: Counter[str] = Counter()
    for channel, state, relay, tried, count, *_ in groups:
        channels.setdefault(channel, Counter())["deferred" if tried else state] += count
        if state == State.SENT:
            relays[relay] += count
    first = min((group[5] for group in groups if group[5]), default=None)
    last = max((group[6] for group in groups if group[6]), default=None)
    again = min((group[8] for group in groups if group[8]), default=None)
    recent = sum(group[7] for group in groups)
    seconds = min(MINUTE, now - first).total_seconds() if first else 60
    return {
        "channels": channels,
        "relays": {relay: count for relay, count in relays.most_common() if relay},
        "first": first and first.isoformat(),
        "last": last and last.isoformat(),
        "next": again and again.isoformat(),
        "deferred": sum(theirs["deferred"] for theirs in channels.values()),
        "rate": recent / max(seconds, 1.0),
        "ahead": _ahead(told, now) if any(theirs[state] for theirs in channels.values() for state in GOING) else 0,
        "replies": _by_class(replied),
    }


def _ahead(told: Told, now: datetime) -> int:
    """How many are sent before the first of it: what is more urgent, and what was due before it was published."""
    urgent = Q(priority__lt=Delivery.PRIORITY[Delivery.Kind.UPDATE])
    earlier = Q(priority=Delivery.PRIORITY[Delivery.Kind.UPDATE], due_at__lt=told.published_at)
    due = Delivery.objects.filter(state__in=GOING, due_at__lte=now, channel=Delivery.Channel.EMAIL)
    return due.filter(urgent | earlier).count()


def _by_class(replied: Iterable[tuple[str, str, int, str]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for channel, _, count, example in replied:
        name = class_of(example, channel)
        known = found.setdefault(name, {"name": name, "count": 0, "example": example, "channel": channel})
        known["count"] += count
    return sorted(found.values(), key=lambda each: -each["count"])[:MOST_REPLIES]


def usual_rate() -> float:
    """Letters a second, as the last update that went to many was sent."""
    found: float | None = cache.get("ledger:rate")
    if found is None:
        found = reckoning.rate()
        cache.set("ledger:rate", found, RATE_OF_OLD)
    return found


def going_out(updates: Iterable[StatusUpdate]) -> list[tuple[StatusUpdate, Tally]]:
    """Those of `updates` whose mail is going out, with their counts: only what was published lately is looked at."""
    since = moments.now() - RECENT
    lately = [update for update in updates if update.published_at and update.published_at >= since]
    counted = tallies(lately)
    return [(update, counted[update.pk]) for update in lately if counted[update.pk].going]


def lately(now: datetime) -> dict[str, int]:
    """How many deliveries of the updates of the last day there are in each state, corrections' and maintenance's among
    them; 0 for what there is none of."""
    told = StatusUpdate.objects.published().filter(published_at__gte=now - RECENT).values("pk")
    planned = MaintenanceUpdate.objects.filter(at__gte=now - RECENT).values("pk")
    counted = dict.fromkeys(State.values, 0)
    for of_them in (Q(update__in=told), Q(maintenance_update__in=planned)):
        rows = Delivery.objects.filter(of_them).order_by().values_list("state")
        for state, count in rows.annotate(count=Count("*")):
            counted[state] += count
    return counted
