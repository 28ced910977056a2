"""The shares as a picture: places in percent of the width, which SVG takes without any style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor, log10

from teams.loads import Share, Shares
from teams.shares.measures import BY_KEY, MEASURES, Measure, figure, in_hours

PARTS = (
    ("plain", "By day, on working days"),
    ("night", "Nights"),
    ("weekend", "Weekends"),
    ("holiday", "Public holidays"),
)


@dataclass(frozen=True, slots=True)
class Part:
    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Row:
    """`parts` of a bar from the left; `text` is its figure."""

    share: Share
    parts: tuple[Part, ...]
    text: str
    also: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`even` is where the bar of an even share would end, empty where there is no such share."""

    measure: Measure
    rows: tuple[Row, ...]
    even: str
    even_text: str
    summary: str
    ticks: tuple[Tick, ...] = ()


def hours(shares: Shares, rows: Sequence[Share]) -> Chart:
    """Each person's hours in parts that tell every hour once."""
    measure = BY_KEY["hours"]
    top = max([measure.value(s) for s in rows] + [shares.even(measure.value), 1])
    step = _step(top)
    ticks = [n * step for n in range(int(top / step) + 1)]
    return Chart(
        measure,
        tuple(_stacked(share, top) for share in rows),
        *_even(shares, measure, top),
        _summary(shares, measure),
        tuple(
            Tick(_percent(at, top), f"{figure(at)} h", "start" if not at else "end" if at > top * 0.95 else "middle")
            for at in ticks
        ),
    )


def small(shares: Shares, rows: Sequence[Share], *, pages: bool) -> list[Chart]:
    """One for each other measure, each on its own scale; of pages there are none yet where all is still to come."""
    told = [measure for measure in MEASURES if measure.key != "hours" and (pages or measure.key != "pages")]
    return [_small(shares, rows, measure) for measure in told]


def _stacked(share: Share, top: float) -> Row:
    load = share.load
    lengths = {
        "plain": load.plain,
        "night": load.night_alone,
        "weekend": load.weekend_alone,
        "holiday": load.holiday,
    }
    parts, at = [], timedelta()
    for kind, _ in PARTS:
        if lengths[kind]:
            parts.append(Part(kind, _percent(in_hours(at), top), _percent(in_hours(lengths[kind]), top)))
        at += lengths[kind]
    told = ", ".join(f"{label.lower()} {figure(in_hours(lengths[kind]))} h" for kind, label in PARTS if lengths[kind])
    measure = BY_KEY["hours"]
    return Row(share, tuple(parts), measure.text(share), title=f"{share.user.name}: {told or 'nothing'}")


def _small(shares: Shares, rows: Sequence[Share], measure: Measure) -> Chart:
    pages = measure.key == "pages"
    top = max([measure.value(s) for s in rows] + [s.paged for s in rows if pages] + [shares.even(measure.value), 1])

    def row(share: Share) -> Row:
        parts = [Part("sent", "0%", _percent(share.paged, top))] if pages else []
        parts.append(Part("all", "0%", _percent(measure.value(share), top)))
        text = f"{measure.text(share)} of {share.paged}" if pages else measure.text(share)
        return Row(share, tuple(parts), text)

    return Chart(
        measure,
        tuple(row(share) for share in rows),
        *(("", "") if pages else _even(shares, measure, top)),
        _summary(shares, measure),
    )


def _even(shares: Shares, measure: Measure, top: float) -> tuple[str, str]:
    even = shares.even(measure.value)
    if len(shares.regulars) < 2 or not even:
        return "", ""
    return _percent(even, top), measure.said(even)


def _summary(shares: Shares, measure: Measure) -> str:
    """The picture in a sentence, for whoever does not see it."""
    rows = shares.regulars
    if len(rows) < 2:
        return f"{measure.label} of each person. The table below has the same figures."
    most, least = max(rows, key=measure.value), min(rows, key=measure.value)
    if measure.value(most) == measure.value(least):
        told = f"{measure.label}: {measure.text(most)} each"
    else:
        told = (
            f"{measure.label}: {most.user.name} has the most with {measure.text(most)}, {least.user.name} the least "
            f"with {measure.text(least)}"
        )
    even = shares.even(measure.value)
    return f"{told}. An even share is {measure.said(even)}. The table below has the same figures."


def _percent(value: float, top: float) -> str:
    return f"{value / top * 100:.2f}%"


def _step(top: float) -> float:
    """A round number of hours of which three to six fit below `top`."""
    raw = top / 6
    power = 10.0 ** floor(log10(raw))
    return next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= raw)
