from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar, cast

from celery import shared_task

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Nudged(Protocol[P, R_co]):
    """A task as the apps see it: something to call, or to be woken once the transaction commits."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def delay_on_commit(self) -> None:
        """Wake a worker after the commit. May be lost: the sweeps find whatever nobody was woken for."""


def nudged(work: Callable[P, R_co]) -> Nudged[P, R_co]:
    """A shared Celery task whose nudges are checked like calls."""
    return cast("Nudged[P, R_co]", shared_task(work))
