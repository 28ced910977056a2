"""Recurring factors as strips: a row a tag, a cell a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from incidents.learning import Recurring

CELL, HEIGHT, GAP = 24, 24, 2
# The darkest cell has as many incidents as the most of any; there are so many shades.
SHADES = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of a tag; `shade` 0 to 4, `x` where it stands, `key` as the address has it."""

    month: date
    count: int
    shade: int
    x: int

    @property
    def key(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def text_x(self) -> int:
        return self.x + (CELL - GAP) // 2


@dataclass(frozen=True, slots=True)
class Strip:
    row: Recurring
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Picture:
    """`width` and `height` of one strip; `summary` says it in words."""

    strips: Sequence[Strip]
    months: Sequence[date]
    width: int
    height: int
    summary: str


def months(last: datetime, count: int) -> list[date]:
    """The first days of the last `count` months, the oldest first; `last` lies in the last one."""
    number = last.year * 12 + last.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in reversed(range(count))]


def begins(month: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(month, time.min, tzinfo=zone)


def ends(month: date, zone: ZoneInfo) -> datetime:
    """When the next one begins."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return begins(after, zone)


def picture(rows: Sequence[Recurring], of: Sequence[date]) -> Picture:
    most = max((count for row in rows for count in row.by_month.values()), default=0)
    strips = [
        Strip(
            row,
            [
                Cell(month, count, -(-count * SHADES // most) if most else 0, place * CELL)
                for place, month in enumerate(of)
                for count in [row.by_month.get(month, 0)]
            ],
        )
        for row in rows
    ]
    told = ", ".join(f"{row.tag.name} in {row.count}" for row in rows[:3])
    return Picture(strips, of, CELL * len(of), HEIGHT, f"Factors by how many incidents had them: {told}.")
