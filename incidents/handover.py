"""What a hand-over says, in sections, and how whoever takes over says it back.

A brief is Markdown: `## ` begins a section. Whoever takes over ticks each section, or says it in their own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

SHORTEST_READ_BACK = 8
TICKED = "Ticked: "


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an incident stands, each line as it is to be written."""

    state: str
    impact: str = ""
    running: Sequence[str] = ()
    waiting: Sequence[str] = ()
    tried: Sequence[str] = ()
    tasks: Sequence[str] = ()
    promised: Sequence[str] = ()
    open_questions: Sequence[str] = ()
    holders: Sequence[str] = field(default=())


def compose(standing: Standing) -> str:
    """The brief: condition, actions, needs, and what was promised. A section with nothing in it says so: silence would
    read like something that was forgotten."""
    actions = [
        *(f"Runs: {line}" for line in standing.running),
        *(f"Waits: {line}" for line in standing.waiting),
        *(f"Tried: {line}" for line in standing.tried),
        *(f"Task: {line}" for line in standing.tasks),
    ]
    sections = [
        Section("Condition", _lines([standing.state, standing.impact])),
        Section("Actions", _lines(actions) or "Nothing runs, and nothing was tried yet."),
        Section("Needs", _lines(standing.open_questions) or "Nothing is open that Watchbill knows of."),
        Section("Promised", _lines(standing.promised) or "Nothing was promised to anybody."),
        Section("Who holds what", _lines(standing.holders) or "Nobody else holds a role."),
    ]
    return write(sections)


def write(sections: Iterable[Section]) -> str:
    return "\n\n".join(f"## {section.title}\n{section.body}".rstrip() for section in sections) + "\n"


def sections(brief: str) -> list[Section]:
    """A brief taken apart. What stands before the first heading, or without any, is a section of its own."""
    found: list[tuple[str, list[str]]] = []
    for line in brief.strip().splitlines():
        if line.startswith("## "):
            found.append((line[3:].strip(), []))
            continue
        if not found:
            found.append(("Hand-over", []))
        found[-1][1].append(line)
    parts = [Section(title, "\n".join(body).strip()) for title, body in found]
    return [part for part in parts if part.body or part.title]


def said_back(brief: str, ticked: Iterable[str], words: str) -> str:
    """The read-back as it is kept: somebody's own words, or the sections that they ticked, which have to be all of the
    brief's; else nothing. `ticked` are positions from 0, as a form sends them."""
    if words.strip():
        return words.strip()
    parts = sections(brief)
    if {str(n) for n in range(len(parts))} <= set(ticked) and parts:
        return TICKED + ", ".join(part.title for part in parts)
    return ""


def is_read_back(text: str) -> bool:
    """Whether it says anything back: a nod of a few letters does not."""
    return len(text.strip()) >= SHORTEST_READ_BACK


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines if line)
