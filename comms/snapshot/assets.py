"""What the published pages load, for wherever they are copied to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

LOADED = (
    "watchbill/watchbill.css",
    "watchbill/public.css",
    "watchbill/watchbill.js",
    "watchbill/mark.svg",
    "watchbill/widget.css",
    "watchbill/widget.js",
)


class Missing(Exception):
    """The installation lacks one of them; the message is its name."""


def loaded() -> Iterator[tuple[str, Path]]:
    """The address by which the pages load each, and its file. Raises Missing."""
    for name in LOADED:
        address = static(name).split("?")[0]
        below = address.removeprefix(settings.STATIC_URL)
        collected = Path(settings.STATIC_ROOT) / below if settings.STATIC_ROOT else None
        found = collected if collected and collected.exists() else finders.find(name)
        if not found:
            raise Missing(name)
        yield address, Path(str(found))
