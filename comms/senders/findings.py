"""What a check found, and what it asks the DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Level = Literal["ok", "warning", "error"]
Address = str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `about` names it (SPF, DKIM …), `text` is what was found, `mend` what to do about
    it, "" where there is nothing to do."""

    level: Level
    about: str
    text: str
    mend: str = ""


class Unanswered(Exception):
    """The DNS could not be asked, or its servers failed; nothing is known then."""


class Names(Protocol):
    """The DNS. Every method returns nothing for a name that there isn't, and raises Unanswered."""

    def txt(self, name: str) -> list[str]: ...

    def addresses(self, name: str) -> list[Address]:
        """Of both kinds."""

    def mx(self, name: str) -> list[tuple[int, str]]:
        """(preference, host), the host "" for one that says that no mail is taken."""
