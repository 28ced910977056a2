"""Rewrites: what could stand where a phrase blames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incidents.coaching.engine import _Reading

# A longer subject has a sentence in it, which no question takes.
LONGEST_SUBJECT = 8
SPACES = " \n,;:—–-"


@dataclass(frozen=True, slots=True)
class Made:
    """`text` in place of what stands from `start` to `end`. `checked`: only where it is not marked itself."""

    text: str
    start: int
    end: int
    checked: bool = True


def ways(rewrite: str, puts: str, reading: _Reading, text: str, start: int, end: int) -> Iterator[Made]:
    """Rewrites of what words[start:end] say, the best first; none where the sentence is too tangled for any."""
    if puts == "words":
        made = _replaced(rewrite, reading, text, start, end) if rewrite else _left_out(reading, text, start, end)
    else:
        made = _asked(rewrite, reading, text, start, end) if rewrite else None
    if made is not None:
        yield made
    if named := reading.named(start, end):
        first, after, person = named
        role = _role(person.role, reading)
        begin, finish = reading.words[first].start, reading.words[after - 1].end
        owns = "'s" if reading.words[after - 1].text.endswith("'s") else ""
        yield Made(_cased(role, text, begin, reading) + owns, begin, finish, checked=False)


def _replaced(rewrite: str, reading: _Reading, text: str, start: int, end: int) -> Made:
    begin, finish = reading.words[start].start, reading.words[end - 1].end
    put = rewrite[0].upper() + rewrite[1:] if text[begin].isupper() else rewrite
    return Made(put, begin, finish)


def _left_out(reading: _Reading, text: str, start: int, end: int) -> Made | None:
    words = reading.words
    begin, finish = words[start].start, words[end - 1].end
    if start and words[start - 1].text in reading.language.predicates:
        return None
    if end < len(words) and (not words[end].apart or start == 0):
        upper = begin == reading.sentence.start
        letter = text[words[end].start]
        return Made(letter.upper() if upper else letter, begin, words[end].start + 1)
    if start and not words[start].apart:
        return Made("", words[start - 1].end, finish)
    return None


def _asked(rewrite: str, reading: _Reading, text: str, start: int, end: int) -> Made | None:
    """The sentence as a question, with what stands before and after it in the sentence kept."""
    words, sentence, spoken = reading.words, reading.sentence, reading.language
    clause = start
    while clause and not words[clause].apart and words[clause - 1].text not in spoken.joins:
        clause -= 1
    if clause and not words[clause].apart:
        return None
    # A second predicate of the same subject fits into no question.
    if any(word.text in spoken.goes_on - {"and"} and not word.apart for word in words[end:]):
        return None
    begins_at = sentence.start if clause else words[0].start
    head = text[begins_at : words[clause].start].strip(SPACES)
    if head and words[0].text in spoken.joins | {"if", "had"}:
        head = ""
    stop = next((at for at in range(end, len(words)) if words[at].apart and words[at].text in spoken.goes_on), None)
    rest_end = words[stop].start if stop else sentence.end
    after = text[words[end - 1].end : rest_end]
    begins = words[end - 1].end + len(after) - len(after.lstrip(SPACES))
    rest = after.strip(SPACES + ".!?")
    tail = text[words[stop].end : sentence.end].strip() if stop else ""
    slots = {
        "subject": _subject(reading, text, clause, start),
        "person": _subject(reading, text, clause, _person_end(reading, start, end)),
        "verb": next((base for word in words[start:end] if (base := _base(word.text, reading))), ""),
        "last": words[end - 1].text,
        "rest": _told(rest, begins, reading, text),
    }
    if any(f"{{{name}}}" in rewrite and not value for name, value in slots.items()):
        return None
    asked = rewrite
    for name, value in slots.items():
        asked = asked.replace(f"{{{name}}}", value)
    if head:
        asked = f"{head}, {asked[0].lower()}{asked[1:]}"
    if tail:
        asked = f"{asked} {tail[0].upper()}{tail[1:]}"
    return Made(asked, begins_at, sentence.end)


def _person_end(reading: _Reading, start: int, end: int) -> int:
    return next((spans[0] for at in range(start, end) if (spans := reading.spans("person", at))), start)


def _base(word: str, reading: _Reading) -> str:
    return reading.language.harm.get(word) or reading.language.slip.get(word) or ""


def _subject(reading: _Reading, text: str, start: int, end: int) -> str:
    """words[start:end] as they stand within a question, people by their roles; empty where that can't be said."""
    words, spoken = reading.words, reading.language
    if not 0 < end - start <= LONGEST_SUBJECT:
        return ""
    if end - start == 1 and words[start].text in spoken.objects:
        return spoken.objects[words[start].text]
    said = _told(text[words[start].start : words[end - 1].end], words[start].start, reading, text)
    if words[start].text in spoken.small | spoken.people | spoken.nobody and words[start].text != "i":
        said = said[0].lower() + said[1:]
    return said


def _told(said: str, begin: int, reading: _Reading, text: str) -> str:
    """`said`, which stands in the text from `begin`, with roles in place of names."""
    words, out, at = reading.words, "", begin
    end = begin + len(said)
    step = 0
    while step < len(words):
        found = reading.names.at(words, step) or reading.names.at(words, step, owning=True)
        if found and words[step].start >= begin and words[found[0] - 1].end <= end:
            owns = "'s" if words[found[0] - 1].text.endswith("'s") else ""
            out += text[at : words[step].start] + _role(found[1].role, reading) + owns
            at, step = words[found[0] - 1].end, found[0]
        else:
            step += 1
    return out + text[at:end]


def _role(role: str, reading: _Reading) -> str:
    return f"{reading.language.article} {role}" if role else reading.language.no_role


def _cased(said: str, text: str, begin: int, reading: _Reading) -> str:
    return said[0].upper() + said[1:] if begin == reading.sentence.start else said
