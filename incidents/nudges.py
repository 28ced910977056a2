"""What a commander is reminded of, from what is known of an incident. A reminder never blocks anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

COMMANDER, DEPUTY = "incident-commander", "deputy"
# A role that only watches is no work of its own, and answers to nobody.
WATCHING = frozenset({"shadow", "observer"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Minutes, hours and counts from which on something is said; 0 never. `answer_minutes` is always set."""

    quiet_minutes: int = 20
    load: int = 3
    relief_hours: int = 4
    span: int = 7
    answer_minutes: int = 5


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody in a seat. `since`: from when on they count as on duty in this incident, None while they have not said
    yes."""

    assignment: int
    role: str
    role_name: str
    user: int
    user_name: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    assignment: int
    role: str
    role_name: str
    user_name: str
    offered_at: datetime
    by: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A mitigation that runs. `due_at` None: nobody said when it is judged."""

    id: int
    title: str
    carried_by: int | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """`written_at`: when somebody last wrote or did something on the record. `empty`: seats that are wanted and that
    nobody has or was offered, slug and name. `busy`: how many open tasks each person has. `teams`: how many that report
    to the commander as one."""

    now: datetime
    written_at: datetime | None = None
    promised_at: datetime | None = None
    attempts: Sequence[Attempt] = ()
    seats: Sequence[Seat] = ()
    offers: Sequence[Offer] = ()
    empty: Sequence[tuple[str, str]] = ()
    busy: Mapping[int, int] = field(default_factory=dict)
    teams: int = 0


@dataclass(frozen=True, slots=True)
class Nudge:
    """A reminder. `key` stays the same as long as it is about the same thing. `does` is what its button does: update,
    note, judge, fill, offer, hand_over or divide, with the role `role`, the mitigation or the person `about`."""

    key: str
    text: str
    does: str
    why: str = ""
    tone: str = "warn"
    role: str = ""
    about: int | None = None


def find(facts: Facts, limits: Limits) -> tuple[list[Nudge], datetime | None]:
    """What is to be said now, what hurts users first, and when there may be something more to say, None where time
    alone brings nothing."""
    said: list[tuple[datetime, Nudge]] = [
        *_overdue(facts),
        *_quiet(facts, limits),
        *_hands_on(facts),
        *_unanswered(facts, limits),
        *_empty(facts),
        *_tired(facts, limits),
        *_loaded(facts, limits),
        *_wide(facts, limits),
    ]
    later = [at for at, _ in said if at > facts.now]
    return [nudge for at, nudge in said if at <= facts.now], min(later, default=None)


def _overdue(facts: Facts) -> Iterable[tuple[datetime, Nudge]]:
    for each in facts.attempts:
        if each.due_at is not None:
            text = f"Did it work? Time is up for: {each.title}"
            why = "Say what you see, and try the next thing if it isn't this one."
            yield each.due_at, Nudge(f"judge:{each.id}", text, "judge", why, "danger", about=each.id)


def _quiet(facts: Facts, limits: Limits) -> Iterable[tuple[datetime, Nudge]]:
    if facts.promised_at is not None:
        why = "“Nothing new yet, we are on it” is an update too."
        yield facts.promised_at, Nudge("update", "The promised update is late.", "update", why, "danger")
    if facts.written_at is not None and limits.quiet_minutes:
        at = facts.written_at + timedelta(minutes=limits.quiet_minutes)
        minutes = max(limits.quiet_minutes, int((facts.now - facts.written_at).total_seconds() // 60))
        why = "Ask each role for condition, actions and needs, and write it down."
        yield at, Nudge("quiet", f"Nobody has written anything for {minutes} min.", "note", why)


def _hands_on(facts: Facts) -> Iterable[tuple[datetime, Nudge]]:
    commander = next((seat for seat in facts.seats if seat.role == COMMANDER), None)
    for each in facts.attempts:
        if commander is not None and each.carried_by == commander.user:
            text = f"{commander.user_name} commands and carries out: {each.title}"
            why = "Nobody keeps the overview meanwhile. Hand over command, or let somebody else carry it out."
            yield facts.now, Nudge(f"hands:{each.id}", text, "hand_over", why, role=COMMANDER)


def _unanswered(facts: Facts, limits: Limits) -> Iterable[tuple[datetime, Nudge]]:
    for offer in facts.offers:
        at = offer.offered_at + timedelta(minutes=limits.answer_minutes)
        text = f"{offer.user_name} has not answered whether they take {offer.role_name}."
        yield at, Nudge(f"offer:{offer.assignment}", text, "offer", "Ask somebody else.", role=offer.role)


def _empty(facts: Facts) -> Iterable[tuple[datetime, Nudge]]:
    for slug, name in facts.empty:
        tone = "danger" if slug == COMMANDER else "warn"
        why = "Without one nobody decides." if slug == COMMANDER else "What nobody does is the commander's own work."
        yield facts.now, Nudge(f"seat:{slug}", f"Nobody is {name}.", "fill", why, tone, role=slug)


def _tired(facts: Facts, limits: Limits) -> Iterable[tuple[datetime, Nudge]]:
    if not limits.relief_hours:
        return
    for seat in facts.seats:
        if seat.since is None or seat.role in WATCHING:
            continue
        at = seat.since + timedelta(hours=limits.relief_hours)
        hours = max(limits.relief_hours, int((facts.now - seat.since).total_seconds() // 3600))
        text = f"{seat.user_name} has been on duty for {hours} h ({seat.role_name})."
        why = "Tired people miss things. Hand over while they can still say where it stands."
        yield at, Nudge(f"tired:{seat.user}:{seat.role}", text, "offer", why, role=seat.role, about=seat.user)


def _loaded(facts: Facts, limits: Limits) -> Iterable[tuple[datetime, Nudge]]:
    if not limits.load:
        return
    jobs = Counter(seat.user for seat in facts.seats if seat.role not in WATCHING)
    jobs.update(each.carried_by for each in facts.attempts if each.carried_by is not None)
    jobs.update(facts.busy)
    named = {seat.user: seat for seat in reversed(facts.seats) if seat.role not in WATCHING}
    for user, count in jobs.most_common():
        if count >= limits.load and user in named:
            # Command is the last thing to give away: whatever else they hold goes first.
            others = [s for s in facts.seats if s.user == user and s.role not in (COMMANDER, *WATCHING)]
            seat = others[0] if others else named[user]
            text = f"{seat.user_name} does {count} things at once."
            yield facts.now, Nudge(f"load:{user}", text, "offer", f"Give {seat.role_name} away.", role=seat.role)


def _wide(facts: Facts, limits: Limits) -> Iterable[tuple[datetime, Nudge]]:
    commander = next((seat.user for seat in facts.seats if seat.role == COMMANDER), None)
    people = {seat.user for seat in facts.seats if seat.role not in (COMMANDER, *WATCHING)} - {commander}
    count = len(people) + facts.teams
    if commander is not None and limits.span and count > limits.span:
        text = f"{count} people report to the commander; {limits.span} are as many as one can hear."
        why = "Let them report to the Operations Lead, or name a Deputy."
        yield facts.now, Nudge("span", text, "divide", why, role=DEPUTY)
