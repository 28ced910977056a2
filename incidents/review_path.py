"""The way of a postmortem from draft to published: where it is, what it lacks, and for whom it waits. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PATH = (("draft", "Draft"), ("in_review", "In review"), ("approved", "Approved"), ("published", "Published"))
DONE, HERE, AHEAD = "done", "here", "ahead"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a postmortem stands. Names are those of people; `unwritten` are the titles of sections."""

    state: str
    owner: str = ""
    facilitator: str = ""
    asked: Sequence[str] = ()
    unwritten: Sequence[str] = ()
    public_unsaid: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """`place` is one of DONE, HERE and AHEAD; `says` is what is missing or waited for, empty where nothing is."""

    key: str
    label: str
    place: str
    says: str = ""


def steps(standing: Standing) -> list[Step]:
    """The whole way. A waived postmortem ends at once."""
    if standing.state == "waived":
        return [Step("draft", "Draft", DONE), Step("waived", "Waived", HERE)]
    here = [key for key, _ in PATH].index(standing.state)
    found = []
    for number, (key, label) in enumerate(PATH):
        place = DONE if number < here else HERE if number == here else AHEAD
        # What is published waits for nothing.
        found.append(Step(key, label, place, waits_for(standing) if place == HERE else ""))
    return found


def waits_for(standing: Standing) -> str:
    """What has to happen next, and by whom."""
    if standing.state == "draft":
        if standing.unwritten:
            return f"Still to be written: {', '.join(standing.unwritten)}."
        return f"{standing.owner or 'Somebody'} hands it in."
    if standing.state == "in_review":
        if standing.asked:
            return f"Waits for {_either(standing.asked)} to approve it."
        return f"Waits for somebody other than {standing.owner or 'its writers'} to approve it."
    if standing.state == "approved":
        if standing.public_unsaid:
            return "It is to be public, and nothing says what the public reads."
        return f"Waits for {standing.owner or 'somebody'} to publish it."
    return ""


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
