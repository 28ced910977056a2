"""Days and moments as they are written in the language that is spoken: what a reader's own language would write."""

from __future__ import annotations

import datetime as dt

from django.utils import dateformat, translation

# By language: a day of this year, a day, and a day with its name, in Django's letters. Browsers write the same
# (`writeTime` in watchbill.js), so that nothing jumps when the page's script takes over.
FORMATS = {
    "en": ("j M", "j M Y", "D j M Y"),
    "de": ("j. N", "j. N Y", "D, j. N Y"),
    "fr": ("j N", "j N Y", "D j N Y"),
    "es": ("j b", "j b Y", "D, j b Y"),
}
_SHORT, _LONG, _NAMED = range(3)


def short(day: dt.date) -> str:
    """`27 Nov`"""
    return _written(day, _SHORT)


def long(day: dt.date) -> str:
    """`27 Nov 2026`"""
    return _written(day, _LONG)


def named(day: dt.date) -> str:
    """`Fri 27 Nov 2026`"""
    return _written(day, _NAMED)


def month(day: dt.date) -> str:
    """`November 2026`"""
    return dateformat.format(day, "F Y")


def _written(day: dt.date, which: int) -> str:
    formats = FORMATS.get((translation.get_language() or "en")[:2], FORMATS["en"])
    return dateformat.format(day, formats[which])
