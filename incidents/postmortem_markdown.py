"""A whole postmortem as one Markdown text. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# What would begin or end something else than text, within a line.
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|~#"})
_FENCES = ("```", "~~~")


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are plain texts, as many as `head` has. Empty, it says `nothing`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`facts` and `tables` are plain texts; `sections` are (title, Markdown). `url` is where it came from."""

    title: str
    url: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[tuple[str, str]]
    tables: Sequence[Table]


def written(document: Document) -> str:
    """The text, with a newline at its end. What people wrote as Markdown stays so, below the headings of this text."""
    parts = [f"# {plain(document.title)}", "\n".join(f"- **{plain(k)}:** {plain(v)}" for k, v in document.facts)]
    for title, text in document.sections:
        parts += [f"## {plain(title)}", _below(text.strip()) or "*Not written yet.*"]
    for table in document.tables:
        parts += [f"## {plain(table.title)}", _table(table)]
    parts.append(f"*From {document.url}*")
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """One line that reads as it is written, whatever is in it."""
    line = " ".join(text.split()).translate(_MARKS)
    first = line.partition(" ")[0]
    # At the beginning of a line these make a list, a quotation or a rule.
    if first[:1] in ("-", "+", ">", "=") or (first.rstrip(".)").isdecimal() and first[-1:] in (".", ")")):
        return f"{line[: len(first) - 1]}\\{line[len(first) - 1 :]}" if first[:1].isdecimal() else f"\\{line}"
    return line


def _table(table: Table) -> str:
    if not table.rows:
        return f"*{table.nothing or 'Nothing.'}*"
    lines = [_row(table.head), _row("---" for _ in table.head), *(_row(map(_cell, row)) for row in table.rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).translate(_MARKS)


def _below(text: str) -> str:
    """Two levels lower, so that a heading in a section stays within it; what stands in code is no heading."""
    lines, fence = [], ""
    for line in text.replace("\r\n", "\n").split("\n"):
        begins = line.lstrip()
        mark = next((each for each in _FENCES if begins.startswith(each)), "")
        if mark and not fence:
            fence = mark
        elif mark == fence:
            fence = ""
        hashes = len(line) - len(line.lstrip("#"))
        heading = not fence and 0 < hashes <= 6 and line[hashes : hashes + 1] in (" ", "")
        lines.append("#" * min(6, hashes + 2) + line[hashes:] if heading else line)
    # A fence that nobody closed would swallow the rest of the text.
    return "\n".join([*lines, fence]) if fence else "\n".join(lines)
