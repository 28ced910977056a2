"""What an action says when it can't be done. Faces turn these into answers; actions only raise them."""

from __future__ import annotations

from collections.abc import Sequence

from incidents.guards import Blocker


class Blocked(Exception):
    """An action was refused. `blockers` says all that is missing and how to supply it; nothing was changed."""

    def __init__(self, blockers: Sequence[Blocker]) -> None:
        self.blockers = list(blockers)
        super().__init__("; ".join(b.message for b in self.blockers))

    @property
    def overridable(self) -> bool:
        """Whether a reason is all that it takes."""
        return all(b.overridable for b in self.blockers)


def refuse(code: str, message: str, *, field: str = "", fix_url: str = "") -> Blocked:
    """One refusal, to raise."""
    return Blocked([Blocker(code, message, fix_url=fix_url, field=field)])
