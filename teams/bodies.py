"""How large a request's body may be, said by the view that reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
# Files of a form are not bounded by Django: a view that says nothing takes forms of this size.
MOST_BYTES = 2_500_000


def bounded(most: int) -> Callable[[View], View]:
    """Say how many bytes a form that is sent to this view may have in all, files included. `config.middleware` refuses
    what is larger before it reads any of it."""

    def mark(view: View) -> View:
        view.most_bytes = most  # type: ignore[attr-defined]
        return view

    return mark


def most_of(view: Any) -> int:
    """What a view says; `most_bytes` of an API's view set."""
    most: int | None = getattr(view, "most_bytes", None) or getattr(getattr(view, "cls", None), "most_bytes", None)
    return most or MOST_BYTES
