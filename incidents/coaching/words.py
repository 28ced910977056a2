"""Text as the coach reads it: words in sentences, without what somebody else said and what is code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# What is quoted beyond so many characters is a quotation mark that somebody forgot.
LONGEST_QUOTE = 400
QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’"}
FENCES = ("```", "~~~")
ENDS = ".!?"
ABBREVIATED = frozenset({"approx", "ca", "etc", "incl", "vs"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and where it stands."""

    text: str
    start: int
    end: int
    # Something other than spaces stands before it: a comma, a colon, a dash.
    apart: bool = False
    capital: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """From `start` to `end`, its full stop included. Words that are quoted or code are left out."""

    start: int
    end: int
    words: tuple[Word, ...]
    asks: bool = False


def plain(word: str) -> str:
    return word.replace("’", "'").casefold()


def sentences(text: str) -> list[Sentence]:
    """The sentences of `text`, which is Markdown with "\\n" between lines."""
    left_out = exempt(text)
    found = []
    for start, end in _spans(text):
        words: list[Word] = []
        before = start
        for match in WORD.finditer(text, start, end):
            if any(left_out[match.start() : match.end()]):
                continue
            begin = match.start()
            # “@ann” names somebody, as “Ann” does; in an address it does not.
            mentions = begin > start and text[begin - 1] == "@" and not text[max(start, begin - 2)].isalnum()
            begin -= mentions
            apart = bool(text[before:begin].strip(" \n*_")) and bool(words)
            words.append(Word(plain(match[0]), begin, match.end(), apart, mentions or match[0][0].isupper()))
            before = match.end()
        if words:
            found.append(Sentence(start, end, tuple(words), text[start:end].rstrip("*_ ").endswith("?")))
    return found


def exempt(text: str) -> bytearray:
    """1 for each character that is a quotation, code or an address."""
    marks = bytearray(len(text))
    fence = ""
    at = 0
    for block in text.splitlines(keepends=True):
        bare = block.strip()
        opens = next((each for each in FENCES if bare.startswith(each)), "")
        if fence or opens or bare.startswith(">") or block.startswith(("    ", "\t")):
            marks[at : at + len(block)] = b"\x01" * len(block)
        if opens and not fence:
            fence = opens
        elif fence and bare.startswith(fence):
            fence = ""
        at += len(block)
    for start, end in (*_code(text, marks), *_quotes(text, marks), *_addresses(text)):
        marks[start:end] = b"\x01" * (end - start)
    return marks


def _code(text: str, marks: bytearray) -> Iterator[tuple[int, int]]:
    at = text.find("`")
    while at >= 0:
        closes = text.find("`", at + 1)
        if closes < 0:
            return
        if "\n\n" not in text[at:closes] and not marks[at]:
            yield at, closes + 1
            at = text.find("`", closes + 1)
        else:
            at = closes


def _quotes(text: str, marks: bytearray) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(text):
        closes = QUOTES.get(text[at])
        # An apostrophe that an editor made curly opens nothing.
        if closes and not marks[at] and not (at and text[at - 1].isalnum()):
            end = text.find(closes, at + 1, at + LONGEST_QUOTE)
            if end > 0 and "\n\n" not in text[at:end]:
                yield at, end + 1
                at = end
        at += 1


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    at = text.find("://")
    while at >= 0:
        start, end = at, at
        while start and text[start - 1].isalpha():
            start -= 1
        while end < len(text) and not text[end].isspace() and text[end] not in ")>]":
            end += 1
        yield start, end
        at = text.find("://", end)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end: at full stops, between paragraphs, and at each point of a list."""
    start = 0
    for at, char in enumerate(text):
        if char == "\n":
            rest = text[at + 1 : at + 8].lstrip(" ")
            if rest.startswith(("\n", "#", ">", "|", *FENCES)) or rest[:2] in ("- ", "* ", "+ ") or _numbered(rest):
                yield from _whole(text, start, at)
                start = at + 1
        elif char in ENDS and _stops(text, at):
            yield from _whole(text, start, at + 1)
            start = at + 1
    yield from _whole(text, start, len(text))


def _numbered(rest: str) -> bool:
    number, dot, _ = rest.partition(". ")
    return bool(dot) and number.isdecimal()


def _stops(text: str, at: int) -> bool:
    rest = text[at + 1 : at + 4].lstrip("\"')”’*_")
    if rest and not rest[0].isspace():
        return False
    # “e.g. this” goes on; a sentence that begins with a username does not.
    last = text[max(0, at - 6) : at].rpartition(" ")[2].lstrip("(").casefold()
    return not (rest.strip()[:1].islower() and ("." in last or last in ABBREVIATED))


def _whole(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and (text[start].isspace() or text[start] in "-*+#>|"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
