"""What the picture is made of. Places are percent of a week's width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import NamedTuple

from teams.models import User

HUES = 12
# Spans, bars and facts are made by the hundred for a page: not frozen, which would double what each takes.


def digits(percent: float) -> str:
    """A percentage of 0 to 100 as calendar.css reads it, a word for each digit: 37.4 is "t3 u7 d4".

    The page's policy lets no style stand in the page itself, so a place is said in words that the sheet adds up.
    """
    return _digits(round(percent * 10))


@cache
def _digits(tenths: int) -> str:
    return f"t{tenths // 100} u{tenths // 10 % 10} d{tenths % 10}"


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def iso(moment: datetime) -> str:
    """A moment in UTC that needs no quoting in an address: "2027-03-22T08:00:00Z"."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Words(NamedTuple):
    """What a bar says: whole, where there is less room, and where there is hardly any."""

    name: str
    first: str
    short: str


NOBODY = Words("Nobody", "Nobody", "gap")


def given_name(user: User) -> str:
    return user.first_name or user.username


def words_of(people: Sequence[User], by: User | None = None, instead_of: User | None = None) -> Words:
    """Everybody of a shift; `by` stands in for `instead_of`."""
    if not people:
        return NOBODY

    def told(name: str, user: User, other: str) -> str:
        return f"{name} for {other}" if user == by and other else name

    other = (instead_of.name, given_name(instead_of)) if instead_of else ("", "")
    return Words(
        ", ".join(told(u.name, u, other[0]) for u in people),
        ", ".join(told(given_name(u), u, other[1]) for u in people),
        " ".join(u.initials for u in people),
    )


@dataclass(slots=True)
class Span:
    """Time in [start, end), UTC, that `people` stand together; nobody stands it where that is empty."""

    start: datetime
    end: datetime
    people: tuple[User, ...]
    why: str
    words: Words


def side_by_side(spans: list[Span]) -> list[list[Span]]:
    """Spans over as few lines as it takes for none to cover another."""
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda s: s.start):
        for row in rows:
            if row[-1].end <= span.start:
                row.append(span)
                break
        else:
            rows.append([span])
    return rows


class Placed:
    """Something with a `left` and a `width`, as calendar.css reads them."""

    __slots__ = ()
    left: float
    width: float

    @property
    def left_digits(self) -> str:
        return digits(self.left)

    @property
    def width_digits(self) -> str:
        """From the ends as they are drawn, so that bars which touch also touch in the picture."""
        return digits(round(self.left + self.width, 1) - round(self.left, 1))


@dataclass(slots=True)
class Bar(Placed):
    """A span's part in one week. `hue` None: nobody's. `also`: the colours of the others of the shift. `start` and
    `end` are the whole span's; `over` is one that can't be changed any more."""

    left: float
    width: float
    hue: int | None
    also: tuple[int, ...]
    words: Words
    title: str
    continues: bool
    over: bool
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mark(Placed):
    """Something about a part of the final schedule. `kind`: swap or away."""

    left: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of bars. `kind`: final, swap, override, layer or away."""

    label: str
    kind: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale of hours. `kind`: day, noon or hour."""

    left: float
    label: str
    kind: str

    @property
    def left_digits(self) -> str:
        return digits(self.left)


@dataclass(frozen=True, slots=True)
class Scale:
    """The hours of a week on one clock. `own`: the clock of the picture, whose days are in the head already."""

    zone: str
    own: bool
    ticks: tuple[Tick, ...]

    @property
    def place(self) -> str:
        return self.zone.rsplit("/", 1)[-1].replace("_", " ")


@dataclass(frozen=True, slots=True)
class Day:
    """`hours` is how many there are, empty for the usual 24; `outside` is a day of another month."""

    date: date
    label: str
    today: bool
    outside: bool
    hours: str
    holiday: str


@dataclass(frozen=True)
class Week:
    """`now` is the percent at which this moment stands, None in other weeks. `lines` are its midnights in seconds of
    the epoch, as the page's script reads them."""

    label: str
    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    scales: tuple[Scale, ...]
    now: float | None
    lines: str

    @property
    def now_digits(self) -> str:
        return "" if self.now is None else digits(self.now)

    @cached_property
    def grid(self) -> tuple[Tick, ...]:
        """The lines behind the lanes, where the week has hours."""
        return next((scale.ticks for scale in self.scales if scale.own), ())


@dataclass(slots=True)
class Fact:
    """One row of the list below the picture. `begin` or `end` None: further than anybody looked."""

    begin: datetime | None
    end: datetime | None
    people: tuple[User, ...]
    who: str
    hue: int
    why: str
    begin_text: str
    end_text: str
    also: str
    length: timedelta | None
    over: bool
    now: bool
    notes: tuple[str, ...]

    @property
    def user(self) -> User | None:
        return next(iter(self.people), None)


@dataclass(frozen=True, slots=True)
class Clash:
    """`user` is on call in [start, end) and away."""

    user: User
    start: datetime
    end: datetime
    text: str
