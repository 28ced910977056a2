"""Playbooks as a Markdown file: front matter, a summary, and a numbered list of steps. Pure.

    ---
    title: Checkout is slow
    kind: playbook
    team: payments
    services: [checkout]
    ---
    When customers wait for more than a second.

    ## Steps

    1. @operations-lead: Look at the queue.
    2. @bob: Call the provider.
    3. Anybody: tell support.

A step may begin with whose it is: `@` and the slug of a role or the username of a person. What is indented below a
number belongs to its step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from teams.catalogue import documents

HEADING = "## Steps"
FENCE = "---"
INDENT = "   "
MOST_STEPS = 60
LONGEST_STEP = 4000
LISTS = ("services", "types", "severities", "phases")
NAMES = ("title", "kind", "team", *LISTS)


class Unreadable(ValueError):
    """Why a text is no playbook, and the line of it, counted from 1."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(f"Line {line}: {text}" if line else text)
        self.line = line


@dataclass(slots=True)
class Step:
    """`owner` is the slug of a role or a username, empty for anybody."""

    text: str
    owner: str = ""


@dataclass(slots=True)
class Written:
    """A playbook as its file says; what the file leaves out is empty."""

    title: str = ""
    kind: str = ""
    team: str = ""
    services: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    severities: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    summary: str = ""
    steps: list[Step] = field(default_factory=list)


def _numbered(line: str) -> str | None:
    """What stands after the number of a line that begins a step; None for any other line."""
    number = line[: len(line) - len(line.lstrip("0123456789"))]
    rest = line[len(number) :]
    if not number or len(number) > 3 or rest[:1] not in (".", ")") or (len(rest) > 1 and rest[1] not in " \t"):
        return None
    return rest[1:].strip()


def _step(lines: list[str]) -> Step:
    first, *rest = lines
    text = "\n".join([first, *(line.removeprefix(INDENT) for line in rest)]).strip()
    owner = ""
    if text.startswith("@") and ":" in text.split("\n", 1)[0]:
        name, _, after = text[1:].partition(":")
        if name and " " not in name:
            owner, text = name, after.strip()
    return Step(text, owner)


def read_steps(text: str, *, first_line: int = 1) -> list[Step]:
    """The steps of a numbered list. Unreadable for what stands before the first number or is not indented below one."""
    found: list[list[str]] = []
    for at, raw in enumerate(text.splitlines(), first_line):
        line = raw.rstrip().expandtabs(4)
        begun = _numbered(line)
        if begun is not None:
            found.append([begun])
        elif not line:
            if found:
                found[-1].append("")
        elif line.startswith(" ") and found:
            found[-1].append(line)
        else:
            raise Unreadable("Begin each step with its number, such as “1. ”, and indent what belongs to it.", at)
    steps = [_step(lines) for lines in found]
    if len(steps) > MOST_STEPS:
        raise Unreadable(f"{len(steps)} steps are more than anybody follows. Keep it to {MOST_STEPS}.")
    for number, step in enumerate(steps, 1):
        if not step.text:
            raise Unreadable(f"Step {number} says nothing.")
        if len(step.text) > LONGEST_STEP:
            raise Unreadable(f"Step {number} is longer than {LONGEST_STEP} letters. Split it.")
    return steps


def write_steps(steps: Iterable[Step]) -> str:
    """The numbered list that `read_steps` reads."""
    lines = []
    for number, step in enumerate(steps, 1):
        first, *rest = step.text.splitlines() or [""]
        owner = f"@{step.owner}: " if step.owner else ""
        lines.append(f"{number}. {owner}{first}")
        lines += [INDENT + line if line else "" for line in rest]
    return "\n".join(lines)


def read(text: str) -> Written:
    """A playbook from its file. Raises Unreadable."""
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    found, at = Written(), 0
    if lines[0].strip() == FENCE:
        end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
        if end is None:
            raise Unreadable(f"The front matter is not closed by “{FENCE}”.", 1)
        _front(found, "\n".join(lines[1:end]))
        at = end + 1
    heading = next((n for n in range(at, len(lines)) if lines[n].strip().casefold() == HEADING.casefold()), None)
    first = next((n for n in range(at, len(lines)) if _numbered(lines[n].rstrip()) is not None), len(lines))
    begins = heading + 1 if heading is not None else first
    found.summary = "\n".join(lines[at : heading if heading is not None else first]).strip()
    found.steps = read_steps("\n".join(lines[begins:]), first_line=begins + 1)
    return found


def _front(found: Written, text: str) -> None:
    try:
        nodes = documents.read(text)
    except documents.Unreadable as error:
        raise Unreadable(str(error), (error.line or 1) + 1) from None
    if not nodes:
        return
    fields = nodes[0].fields
    if fields is None:
        raise Unreadable("The front matter has to be names with values, such as “title: Checkout is slow”.", 2)
    for name, node in fields.items():
        if name not in NAMES:
            raise Unreadable(f"There is no “{name}”. Known here: {', '.join(NAMES)}.", node.line + 1)
        if name in LISTS:
            items = node.items if node.items is not None else ([node] if node.text else [])
            setattr(found, name, [item.text.strip() for item in items if item.text])
        elif node.text is not None:
            setattr(found, name, node.text.strip())


def write(playbook: Written) -> str:
    """The file that `read` reads."""
    front: dict[str, Any] = {name: getattr(playbook, name) for name in NAMES if getattr(playbook, name)}
    head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, default_flow_style=None).strip()
    parts = [f"{FENCE}\n{head}\n{FENCE}", playbook.summary.strip(), HEADING, write_steps(playbook.steps)]
    return "\n\n".join(part for part in parts if part) + "\n"
