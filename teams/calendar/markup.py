"""The lanes of the picture and the rows of its list as HTML. A month of ten layers has hundreds of them, for which a
template would take most of the time that the page takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.utils.safestring import SafeString, mark_safe

from teams.calendar.shapes import Bar, Fact, Lane, Mark, Week, iso

# The same few names stand on all of them.
safe = lru_cache(maxsize=1024)(escape)


def lanes(week: Week, *, pick_url: str = "", hide_layers: bool = False) -> SafeString:
    """With `pick_url`, an address with a query, each shift of the final schedule that is not over leads there with its
    time, and the page's script finds what it needs."""
    now = f'<span class="cal__now" aria-hidden="true" data-left="{week.now_digits}"></span>' if week.now_digits else ""
    shown = (lane for lane in week.lanes if lane.kind != "layer" or not hide_layers)
    return mark_safe("".join(_lane(lane, week, now, pick_url) for lane in shown))  # noqa: S308


def _lane(lane: Lane, week: Week, now: str, pick_url: str) -> str:
    label = safe(lane.label)
    if lane.kind != "final":
        bars = "".join(f"<span {' '.join(_said(bar))}>{_inside(bar)}</span>" for bar in lane.bars)
        return (
            f'<div class="cal__lane" data-kind="{lane.kind}" aria-hidden="true"><span class="cal__label">{label}</span>'
            f'<div class="cal__track">{bars}{now}</div></div>'
        )
    bars = "".join(f"<a {' '.join((*_said(bar), *_led(bar, pick_url)))}>{_inside(bar)}</a>" for bar in lane.bars)
    track = f' data-track aria-label="Final schedule, {escape(week.label)}"' if pick_url else ""
    return (
        f'<div class="cal__lane" data-kind="final"><span class="cal__label" aria-hidden="true">{label}</span>'
        f'<div class="cal__track"{track}>{bars}{"".join(map(_mark, lane.marks))}{now}</div></div>'
    )


def _mark(mark: Mark) -> str:
    return (
        f'<span class="cal__mark" aria-hidden="true" data-kind="{mark.kind}" data-left="{mark.left_digits}" '
        f'data-width="{mark.width_digits}" title="{escape(mark.title)}"></span>'
    )


def _said(bar: Bar) -> Iterator[str]:
    yield 'class="cal__bar"'
    yield "data-gap" if bar.hue is None else f'data-hue="{bar.hue}"'
    if bar.continues:
        yield "data-continues"
    yield f'data-left="{bar.left_digits}" data-width="{bar.width_digits}"'
    yield f'data-first="{safe(bar.words.first)}" data-short="{safe(bar.words.short)}" title="{escape(bar.title)}"'


def _led(bar: Bar, pick_url: str) -> Iterator[str]:
    start, end = iso(bar.start), iso(bar.end)
    yield f'data-start="{start}" data-end="{end}" draggable="false"'
    if bar.over:
        yield "data-over"
    elif pick_url:
        yield f'href="{safe(pick_url)}&amp;starts_at={start}&amp;ends_at={end}#override"'


def _inside(bar: Bar) -> str:
    also = "".join(f'<span class="cal__with" data-hue="{hue}"></span>' for hue in bar.also)
    return f'<span class="cal__name">{safe(bar.words.name)}</span>{also}'


@dataclass(frozen=True, slots=True)
class Icons:
    """What the list shows beside its words, as HTML."""

    nobody: str
    note: str
    now: str
    cover: str


def rows(facts: Iterable[Fact], icons: Icons, *, pick_url: str = "") -> SafeString:
    """The list's body. With `pick_url`, each that can be covered leads there."""
    return mark_safe("".join("".join(_row(fact, icons, pick_url)) for fact in facts))  # noqa: S308


def _row(fact: Fact, icons: Icons, pick_url: str) -> Iterator[str]:
    begin, end = safe(fact.begin_text), safe(fact.end_text)
    states = {"gap": not fact.people, "now": fact.now, "over": fact.over}
    yield f"<tr{''.join(f' data-{name}' for name, held in states.items() if held)}>"
    who = f' data-hue="{fact.hue}">{safe(fact.who)}' if fact.people else f">{icons.nobody} Nobody"
    notes = "".join(f'<span class="facttable__note">{icons.note} {safe(note)}</span>' for note in fact.notes)
    now = f' <span class="chip" data-tone="info">{icons.now}now</span>' if fact.now else ""
    yield f'<td class="cell-main"><span class="strong"{who}</span>{now}{notes}</td>'
    yield f'<td data-label="from"><span class="num">{begin}</span></td>'
    yield f'<td data-label="until"><span class="num">{end}</span></td>'
    if fact.also:
        yield f'<td data-label="there"><span class="muted small">{escape(fact.also)}</span></td>'
    yield f'<td data-label="by">{safe(fact.why)}</td>'
    if pick_url:
        yield f"<td>{_cover(fact, icons.cover, pick_url)}</td>"
    yield "</tr>"


def _cover(fact: Fact, icon: str, pick_url: str) -> str:
    if fact.over or not fact.begin or not fact.end:
        return ""
    start, end = iso(fact.begin), iso(fact.end)
    return (
        f'<a class="btn btn--small" data-cover="{start} {end}" '
        f'href="{safe(pick_url)}&amp;starts_at={start}&amp;ends_at={end}#override">{icon}Cover'
        f'<span class="hidden"> {safe(fact.begin_text)} to {safe(fact.end_text)}</span></a>'
    )
