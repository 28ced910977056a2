"""Rewrites: what could stand where a phrase blames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incidents.coaching.engine import _Reading

# A longer subject has a sentence in it, which no question takes.
LONGEST_SUBJECT = 8
VOWELS = "aeiou"
# A longer sentence is a list, or several that nobody set apart, of which no question can be made.
LONGEST_SENTENCE = 80
SPACES = " \n,;:—–-"
EMPHASIS = "*_"
BRACKETS = (("(", ")"), ("[", "]"))


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
    if made is not None and _keeps_markdown(text[made.start : made.end], made.text):
        yield made
    if named := reading.named(start, end):
        first, after, person = named
        role = _role(person.role, reading)
        begin, finish = reading.words[first].start, reading.words[after - 1].end
        owns = "'s" if reading.words[after - 1].text.endswith("'s") else ""
        yield Made(_cased(role, text, begin, reading) + owns, begin, finish, checked=False)


def _replaced(rewrite: str, reading: _Reading, text: str, start: int, end: int) -> Made:
    begin, finish = reading.words[start].start, reading.words[end - 1].end
    rewrite = rewrite.replace("{first}", reading.words[start].text).replace("{last}", reading.words[end - 1].text)
    put = rewrite[0].upper() + rewrite[1:] if text[begin].isupper() else rewrite
    return Made(put, begin, finish)


def _left_out(reading: _Reading, text: str, start: int, end: int) -> Made | None:
    words = reading.words
    begin, finish = words[start].start, words[end - 1].end
    spoken = reading.language
    if start and words[start - 1].text in spoken.predicates:
        return None
    if end < len(words) and (words[end].text in spoken.lone or (start and not _sounds_so(reading, start, end))):
        return None
    if end < len(words) and (not words[end].apart or start == 0):
        upper = begin == reading.sentence.start
        letter = text[words[end].start]
        return Made(letter.upper() if upper else letter, begin, words[end].start + 1)
    if start and not words[start].apart:
        return Made("", words[start - 1].end, finish)
    return None


def _sounds_so(reading: _Reading, start: int, end: int) -> bool:
    """Whether the article before words[start:end] is also that of the word after them."""
    one, other = reading.words[start].text[0], reading.words[end].text[0]
    return reading.words[start - 1].text not in reading.language.sounded or (one in VOWELS) == (other in VOWELS)


def _asked(rewrite: str, reading: _Reading, text: str, start: int, end: int) -> Made | None:
    """The sentence as a question, with what stands before and after it in the sentence kept."""
    words, sentence, spoken = reading.words, reading.sentence, reading.language
    if len(words) > LONGEST_SENTENCE:
        return None
    clause = _clause_of(reading, start)
    # A second predicate of the same subject fits into no question.
    if any(word.text in spoken.goes_on - {"and"} and not word.apart for word in words[end:]):
        return None
    begins_at = sentence.start if clause or "{before}" in rewrite else words[0].start
    head = _head(rewrite, reading, text, clause)
    if head is None:
        return None
    stop = next((at for at in range(end, len(words)) if words[at].apart and words[at].text in spoken.goes_on), None)
    if not _fits(rewrite, reading, end, stop) or (stop and not _set_apart(reading, text, stop)):
        return None
    tail = text[words[stop].end : sentence.end].strip() if stop else ""
    slots = _slots(reading, text, start, end, clause, words[stop].start if stop else sentence.end)
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


def _head(rewrite: str, reading: _Reading, text: str, clause: int) -> str | None:
    """What stands before the question: what led to the clause. None where no question takes it."""
    words, spoken = reading.words, reading.language
    if not clause:
        return ""
    if not _set_apart(reading, text, clause):
        return None
    if "{before}" in rewrite or words[0].text in {"if", "had"}:
        return ""
    # “When the disk was full, …” is a fact, which may not be lost, and leads into no question.
    if words[0].text in spoken.joins - spoken.goes_on:
        return None
    return text[reading.sentence.start : words[clause].start].strip(SPACES)


def _set_apart(reading: _Reading, text: str, at: int) -> bool:
    """Whether punctuation that ends a clause stands before the word `at`: not “on-call/backup”, nor “14:05”."""
    between = text[reading.words[at - 1].end : reading.words[at].start]
    mark = between.rstrip()
    return mark != between and mark.endswith((",", ";", ":", " –", " —", " -"))


def _keeps_markdown(before: str, after: str) -> bool:
    """Whether `after` can stand for `before` without cutting a table, an emphasis, a link or code in two."""
    marks, left = _emphasis(before), _emphasis(after)
    if "|" in before or any(marks.count(mark) % 2 for mark in marks) or (left and left != marks):
        return False
    return after.count("`") % 2 == 0 and all(after.count(one) == after.count(other) for one, other in BRACKETS)


def _emphasis(text: str) -> list[str]:
    """Runs of “*” and “_” in the order of `text`; the “_” of “max_conns” is none."""
    found, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and text[end] in EMPHASIS and text[end] == text[at]:
            end += 1
        if end > at and not (text[at] == "_" and text[at - 1 : at].isalnum() and text[end : end + 1].isalnum()):
            found.append(text[at:end])
        at = max(end, at + 1)
    return found


def _clause_of(reading: _Reading, start: int) -> int:
    """Where the clause begins in which the word `start` stands."""
    words = reading.words
    while start and not words[start].apart and words[start - 1].text not in reading.language.joins:
        start -= 1
    return start


def _slots(reading: _Reading, text: str, start: int, end: int, clause: int, stop: int) -> dict[str, str]:
    """What a rewrite may name, empty where the sentence has none of it: the clause begins with the word `clause`, and
    goes on up to text[stop]."""
    words = reading.words
    person = _person_end(reading, start, end)
    after = text[words[end - 1].end : stop]
    begins = words[end - 1].end + len(after) - len(after.lstrip(SPACES))
    rest = after.strip(SPACES + ".!?")
    return {
        "subject": _subject(reading, text, clause, start),
        "person": _subject(reading, text, clause, person),
        "whom": _subject(reading, text, _whom(reading, start, clause, person), person),
        "before": _before(reading, text, start),
        "verb": next((base for word in words[start:end] if (base := reading.language.base(word.text))), ""),
        "last": words[end - 1].text,
        "rest": _told(rest, begins, reading, text),
        "clause": _told(_clause(rest, begins, reading, end), begins, reading, text),
    }


def _fits(rewrite: str, reading: _Reading, end: int, stop: int | None) -> bool:
    """Whether words[end:stop] can stand in the question, and those from `stop` on by themselves."""
    words, spoken = reading.words[end:stop], reading.language
    # “…, but saw it later” has no subject.
    if stop is not None and any(spoken.is_past(word.text) for word in reading.words[stop + 1 : stop + 2]):
        return False
    # “… to check it and then went home” fits into none.
    joined = any(
        word.text in spoken.goes_on and any(spoken.is_past(after.text) for after in words[at + 1 : at + 3])
        for at, word in enumerate(words)
    )
    # Nor does “… to check it, which it was, first”.
    tangled = any(word.apart or word.text in spoken.bars for word in words)
    return not (joined and "have {" not in rewrite) and not (tangled and not rewrite.endswith("}?"))


def _person_end(reading: _Reading, start: int, end: int) -> int:
    return next((spans[0] for at in range(start, end) if (spans := reading.spans("person", at))), start)


def _whom(reading: _Reading, start: int, clause: int, person: int) -> int:
    """Where begins of whom a phrase tells: after what leads there, such as “why did”, or with the clause."""
    leads = reading.language.leads
    at = start
    while at < person and reading.words[at].text in leads:
        at += 1
    return at if at > start else clause


def _before(reading: _Reading, text: str, start: int) -> str:
    """What stands before the word `start`, where it can be a sentence of its own."""
    words, spoken = reading.words, reading.language
    no_statement = spoken.leads | spoken.asks | (spoken.joins - spoken.goes_on)
    if not start or any(word.text in no_statement for word in words[:start]):
        return ""
    said = text[reading.sentence.start : words[start - 1].end]
    return _cased(_told(said, reading.sentence.start, reading, text), text, words[0].start, reading)


def _clause(rest: str, begins: int, reading: _Reading, end: int) -> str:
    """`rest`, which stands from `begins`, up to what a comma sets apart."""
    stop = next((word.start for word in reading.words[end + 1 :] if word.apart), begins + len(rest))
    return rest[: max(0, stop - begins)].rstrip(SPACES + ".!?")


def _subject(reading: _Reading, text: str, start: int, end: int) -> str:
    """words[start:end] as they stand within a question, people by their roles; empty where that can't be said."""
    words, spoken = reading.words, reading.language
    if not 0 < end - start <= LONGEST_SUBJECT or words[start].text in spoken.leads | spoken.asks:
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
