"""The bars of a lane as HTML. A month of ten layers has hundreds, for which a template would take most of the time that
the page takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from django.utils.safestring import SafeString, mark_safe

from teams.calendar.shapes import Bar


def bars(drawn: Iterable[Bar], *, final: bool, pick_url: str = "") -> SafeString:
    """`final`: with what the page's script reads. With `pick_url`, an address with a query, each that is not over leads
    there with its time."""
    tag = "a" if final else "span"
    return mark_safe("".join(f"<{tag} {' '.join(_said(b, final, pick_url))}>{_inside(b)}</{tag}>" for b in drawn))  # noqa: S308


def _said(bar: Bar, final: bool, pick_url: str) -> Iterator[str]:
    yield 'class="cal__bar"'
    yield "data-gap" if bar.hue is None else f'data-hue="{bar.hue}"'
    if bar.continues:
        yield "data-continues"
    yield f'data-left="{bar.left_digits}" data-width="{bar.width_digits}"'
    yield f'data-first="{escape(bar.words.first)}" data-short="{escape(bar.words.short)}" title="{escape(bar.title)}"'
    if not final:
        return
    yield f'data-start="{bar.start}" data-end="{bar.end}" draggable="false"'
    if bar.over:
        yield "data-over"
    elif pick_url:
        yield f'href="{escape(f"{pick_url}&starts_at={bar.start}&ends_at={bar.end}#override")}"'


def _inside(bar: Bar) -> str:
    also = "".join(f'<span class="cal__with" data-hue="{hue}"></span>' for hue in bar.also)
    return f'<span class="cal__name">{escape(bar.words.name)}</span>{also}'
