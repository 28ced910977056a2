"""The sections of a postmortem as a template has them. PURE."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Section:
    """`key` names it for Watchbill, which drafts those that it knows; `hint` says what belongs there."""

    key: str
    title: str
    hint: str = ""
    required: bool = False


SUMMARY, IMPACT, DETECTION, FACTORS, RESOLUTION = "summary", "impact", "detection", "factors", "resolution"

DEFAULT = (
    Section(SUMMARY, "Summary", "What happened, in three sentences that a newcomer understands.", True),
    Section(IMPACT, "Impact", "Who could not do what, for how long, in numbers.", True),
    Section(DETECTION, "Detection", "How did we learn of it? What would have told us sooner?", True),
    Section(FACTORS, "What came together", "How the contributing factors met: none of them alone was enough."),
    Section(RESOLUTION, "Mitigation and resolution", "What restored service, what did not, and how we knew.", True),
    Section("went_well", "What went well", "What helped, so that we keep it."),
    Section("was_hard", "What was hard", "What slowed us down or was missing."),
    Section("got_lucky", "Where we got lucky", "What could have been worse, and was not by chance."),
    Section("open_questions", "Open questions", "What we still don't know, and who finds out."),
)


def stored(sections: tuple[Section, ...]) -> list[dict[str, Any]]:
    """As a version of a template keeps them."""
    return [asdict(section) for section in sections]


def read(rows: list[dict[str, Any]]) -> tuple[Section, ...]:
    """The other way round."""
    return tuple(Section(**row) for row in rows)
