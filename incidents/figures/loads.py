"""The load on people as small multiples: a column for each kind of load, a row for each person. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from incidents.witness.charting import Size

ROW, HEAD, GAP = 26, 26, 10


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody had, in the order of the columns. `told` says each in words, `urls` lead to the incidents."""

    name: str
    values: Sequence[float]
    told: Sequence[str]
    urls: Sequence[str]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    text: str
    told: str
    url: str
    own: bool
    end: float

    @property
    def text_y(self) -> float:
        return self.y + 13


@dataclass(frozen=True, slots=True)
class Name:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of load. `median_x` and `p90_x` are everybody's, where there are enough people."""

    head: Name
    names: tuple[Name, ...]
    bars: tuple[Bar, ...]
    left: float
    top: float
    floor: float
    median_x: float | None
    p90_x: float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    size: Size
    panels: tuple[Panel, ...]

    @property
    def stop(self) -> str:
        """Where the Tab key comes to: the first bar that leads anywhere."""
        return next((bar.url for panel in self.panels for bar in panel.bars if bar.url), "")


def sheets(
    heads: Sequence[str], people: Sequence[Person], spread: Sequence[tuple[float | None, float | None]]
) -> tuple[Sheet, ...]:
    """`spread` has everybody's median and ninetieth percentile of each column. Beside each other where there is room,
    else below each other, with the names at each."""
    tall = HEAD + len(people) * ROW
    wide = Size("wide", 820, tall + 6, left=150, right=8)
    narrow = Size("narrow", 340, len(heads) * (tall + GAP), left=112, right=8)
    column = (wide.end - wide.left) / len(heads)
    return (
        Sheet(
            wide,
            tuple(
                _panel(n, heads[n], people, spread[n], wide.left + n * column, 0, column - 14, named=n == 0)
                for n in range(len(heads))
            ),
        ),
        Sheet(
            narrow,
            tuple(
                _panel(
                    n, heads[n], people, spread[n], narrow.left, n * (tall + GAP), narrow.end - narrow.left, named=True
                )
                for n in range(len(heads))
            ),
        ),
    )


def _panel(
    n: int,
    head: str,
    people: Sequence[Person],
    spread: tuple[float | None, float | None],
    left: float,
    top: float,
    width: float,
    *,
    named: bool,
) -> Panel:
    most = max([1.0, *(person.values[n] for person in people), *(each for each in spread if each is not None)])
    # Numbers stand at the right, clear of the bars and of everybody's lines.
    texts = [_number(person.values[n]) for person in people]
    room = width - max([42, *(14 + 9 * len(text) for text in texts)])
    bars, names = [], []
    for row, person in enumerate(people):
        y, value = top + HEAD + row * ROW + 4, person.values[n]
        bars.append(
            Bar(
                round(left, 1),
                y,
                round(max(value / most * room, 1), 1),
                texts[row],
                person.told[n],
                person.urls[n] if value else "",
                person.own,
                round(left + width, 1),
            )
        )
        if named:
            names.append(Name(8 if width < 200 else 4, y + 13, _short(person.name, 17 if width < 220 else 14)))
    ends = (None if each is None else round(left + each / most * room, 1) for each in spread)
    return Panel(
        Name(round(left, 1), top + 16, head),
        tuple(names),
        tuple(bars),
        round(left, 1),
        top + HEAD,
        top + HEAD + len(people) * ROW,
        *ends,
    )


def _number(value: float) -> str:
    return f"{value:g}" if value < 100 else f"{value:,.0f}"


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
