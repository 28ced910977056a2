"""What the coach says of a whole postmortem, and of a text that somebody writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from incidents import coach
from incidents.coaching import Kind, Remark
from incidents.models import Incident


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: plain where `remark` is None, else what remark number `number` is about."""

    text: str
    remark: Remark | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A remark as the page has it. `start`, `end`, `from_` and `to` count as browsers do, in UTF-16."""

    number: int
    remark: Remark
    start: int
    end: int
    from_: int
    to: int
    before: str
    after: str

    @property
    def rewrite(self) -> str | None:
        return self.remark.rewrite

    @property
    def leaves_out(self) -> bool:
        """The rewrite takes the marked words away, and is little more than a letter by itself."""
        return self.rewrite is not None and len(self.rewrite) < 2


def shown(incident: Incident, texts: Iterable[tuple[str, str, str]], factors: int = -1) -> dict[str, Any]:
    """`coach`: the sections with remarks, how many of each kind and in all. `texts` are (key, title, text) of the
    sections, `factors` how many factors stand as rows (-1: that is not asked). Three queries."""
    reviewed = [each for each in coach.review(texts, incident) if each.remarks]
    one = coach.only_one(factors)
    kinds = Counter(remark.kind for each in reviewed for remark in each.remarks)
    if one:
        kinds[one.kind] += 1
    return {
        "coach": {
            "sections": reviewed,
            "kinds": [(kind.label, kinds[kind]) for kind in Kind if kinds[kind]],
            "count": sum(kinds.values()),
            "one_factor": one,
        }
    }


def looked_at(text: str, remarks: Sequence[Remark]) -> dict[str, Any]:
    """`lines`: the remarks; `pieces`: the text with them marked; `count`."""
    units = _units(text)
    lines = []
    for number, remark in enumerate(remarks, start=1):
        before = text[remark.from_ : remark.to]
        lines.append(
            Line(
                number=number,
                remark=remark,
                start=units[remark.start],
                end=units[remark.end],
                from_=units[remark.from_],
                to=units[remark.to],
                before=before,
                after=_after(text, remark),
            )
        )
    return {"lines": lines, "pieces": _pieces(text, remarks), "count": len(remarks)}


def _units(text: str) -> Sequence[int]:
    if text.isascii():
        return range(len(text) + 1)
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if ord(char) > 0xFFFF else 1))
    return places


def _after(text: str, remark: Remark) -> str:
    """How it would read: the rewrite within a few words of what stands around it."""
    if remark.rewrite is None:
        return ""
    head = text[max(0, remark.from_ - 30) : remark.from_].rpartition("\n")[2]
    tail = text[remark.to : remark.to + 30].partition("\n")[0]
    if remark.from_ > 30:
        head = "…" + head.partition(" ")[2]
    if remark.to + 30 < len(text):
        tail = tail.rpartition(" ")[0] + "…"
    return f"{head}{remark.rewrite}{tail}"


def _pieces(text: str, remarks: Sequence[Remark]) -> list[Piece]:
    pieces, at = [], 0
    for number, remark in enumerate(remarks, start=1):
        pieces += [Piece(text[at : remark.start]), Piece(text[remark.start : remark.end], remark, number)]
        at = remark.end
    return [*pieces, Piece(text[at:])]
