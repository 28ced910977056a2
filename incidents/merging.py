"""How two texts differ, and what becomes of one text that two people changed at once. PURE."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
# Comparing costs about as much as there are pairs of equal parts. Texts of equal words are not worth it.
MOST_PAIRS = 100_000

SAME, ADDED, REMOVED = "same", "added", "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a difference; `kind` is same, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` stands in the place of the characters [start, end)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Merged:
    """`collisions` is in how many places both changed the same words: there `text` has both, one after the other."""

    text: str
    collisions: int


def edits(before: str, after: str) -> list[Edit]:
    """What makes `after` of `before`, in its order, by lines and in changed lines by words."""
    found = []
    for start, end, changed in _compare(LINE.findall(before), LINE.findall(after)):
        found += [
            Edit(start + low, start + high, text)
            for low, high, text in _compare(WORD.findall(before[start:end]), WORD.findall(changed))
        ]
    return found


def pieces(before: str, after: str) -> list[Piece]:
    """The difference to be read: `before` is what is same and removed, `after` what is same and added."""
    found, at = [], 0
    for edit in edits(before, after):
        found += [Piece(SAME, before[at : edit.start]), Piece(REMOVED, before[edit.start : edit.end])]
        found.append(Piece(ADDED, edit.text))
        at = edit.end
    return [piece for piece in (*found, Piece(SAME, before[at:])) if piece.text]


def merge(base: str, mine: str, theirs: str) -> Merged:
    """What both made of `base`, in one text: what only one changed is theirs, and nothing that was added is lost."""
    text, at, collisions = [], 0, 0
    for start, end, own, other in _regions(edits(base, mine), edits(base, theirs)):
        text.append(base[at:start])
        ours, others = _within(base, start, end, own), _within(base, start, end, other)
        if not other or (own and ours == others):
            text.append(ours)
        elif not own:
            text.append(others)
        else:
            collisions += 1
            text.append(_both(ours, others))
        at = end
    return Merged("".join((*text, base[at:])), collisions)


def _both(ours: str, others: str) -> str:
    """Both, one after the other; whoever continued what the other wrote has it once."""
    if others.startswith(ours):
        return others
    if ours.startswith(others):
        return ours
    gap = "\n" if "\n" in ours + others else " "
    return ours + ("" if not ours or ours[-1].isspace() or others[:1].isspace() else gap) + others


def _within(base: str, start: int, end: int, changes: Sequence[Edit]) -> str:
    """What [start, end) reads after some edits."""
    text, at = [], start
    for edit in changes:
        text += [base[at : edit.start], edit.text]
        at = edit.end
    return "".join((*text, base[at:end]))


def _regions(mine: list[Edit], theirs: list[Edit]) -> Iterator[tuple[int, int, list[Edit], list[Edit]]]:
    """Places of the base that were changed, each with whose edits they are. Edits that touch are in one place."""
    rows = sorted([(edit, 0) for edit in mine] + [(edit, 1) for edit in theirs], key=lambda row: row[0].start)
    while rows:
        first, _ = rows[0]
        start, end, sides = first.start, first.end, ([], [])  # type: tuple[int, int, tuple[list[Edit], list[Edit]]]
        while rows and (rows[0][0].start < end or rows[0][0].start == start or _touches(rows[0][0], end)):
            edit, side = rows.pop(0)
            end = max(end, edit.end)
            sides[side].append(edit)
        yield start, end, *sides


def _touches(edit: Edit, end: int) -> bool:
    """Two that write at the very same point; where one ends and the other begins later, neither is in the way."""
    return edit.start == end and edit.start == edit.end


def _compare(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """What differs, as characters [start, end) of `before` and the text in their place."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if not old and not new:
        return
    start = sum(map(len, before[:head]))
    if not old or not new or _pairs(old, new) > MOST_PAIRS:
        yield start, start + sum(map(len, old)), "".join(new)
        return
    matcher = SequenceMatcher(str.isspace, old, new, autojunk=False)
    for tag, low, high, from_, to in matcher.get_opcodes():
        if tag != "equal":
            begin = start + sum(map(len, old[:low]))
            yield begin, begin + sum(map(len, old[low:high])), "".join(new[from_:to])


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counted = Counter(new)
    return sum(times * counted[part] for part, times in Counter(old).items() if not part.isspace())
