"""How urgent an incident is while nobody has said how bad it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable

# A level that nobody knows counts as this one: between the bad and the worst.
UNKNOWN = 2
# In the words of the tools that send alerts: the level of severity that they mean.
WORDS = {
    **dict.fromkeys(("critical", "fatal", "emergency", "alert", "disaster", "page", "p1", "sev1", "blocker"), 1),
    **dict.fromkeys(("error", "high", "major", "p2", "sev2"), 2),
    **dict.fromkeys(("warning", "warn", "average", "moderate", "medium", "minor", "p3", "sev3"), 3),
    **dict.fromkeys(("info", "information", "informational", "notice", "low", "none", "debug", "p4", "p5", "sev4"), 4),
}


def level_of(words: Iterable[str]) -> int | None:
    """The worst level, 1 to 4, that the severities of alerts mean; None where one of them says nothing that is known:
    what nobody can judge is not taken lightly."""
    levels = [WORDS.get(word.strip().lower()) for word in words]
    known = [level for level in levels if level is not None]
    if not known:
        return None
    worst = min(known)
    return worst if worst == 1 or len(known) == len(levels) else None
