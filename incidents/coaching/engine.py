"""Finds phrases in a text and says what is to be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from incidents.coaching import rewriting
from incidents.coaching.languages import Language, language
from incidents.coaching.patterns import BAR, CLASSES, Pattern, compiled
from incidents.coaching.people import People, Person
from incidents.coaching.words import Sentence, sentences

# So many words before a phrase a “not” still belongs to it.
NEGATED_WITHIN = 4
MOST_REMARKS = 100
# Classes by how patterns have them.
WRITTEN = {name: f"<{name}>" for name in CLASSES} | {f"{name}'s": f"<{name}>'s" for name in ("person", "name")}


class Kind(StrEnum):
    BLAME = "blame"
    NAME = "name"
    COUNTERFACTUAL = "counterfactual"
    HINDSIGHT = "hindsight"
    FIRST_CAUSE = "first_cause"
    ASKS_WHY = "asks_why"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Kind.BLAME: "Blames",
    Kind.NAME: "Names a person as the cause",
    Kind.COUNTERFACTUAL: "Counterfactual",
    Kind.HINDSIGHT: "Hindsight",
    Kind.FIRST_CAUSE: "Stops at the first cause",
    Kind.ASKS_WHY: "Asks why or who",
}
# What a question that asks how or what may say.
MAY_BE_ASKED = (Kind.COUNTERFACTUAL, Kind.ASKS_WHY)


@dataclass(frozen=True, slots=True)
class Phrase:
    """`pattern` and `unless` as `patterns` reads them, one a line; a sentence in which `unless` is found is let pass.
    `why` is a sentence, `asks` the question to ask instead. `rewrite` stands for the `sentence` or for the `words`
    alone; it may say {subject}, {person}, {whom}, {before}, {verb}, {last}, {rest} and {clause}, as
    `rewriting` has them, one for words {first} and {last}; an empty one for words leaves them out."""

    slug: str
    kind: str
    pattern: str
    why: str
    asks: str = ""
    unless: str = ""
    rewrite: str = ""
    puts: str = "sentence"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of text[start:end]. `rewrite` would stand for text[from_:to]; None where there is none."""

    start: int
    end: int
    words: str
    kind: Kind
    why: str
    asks: str
    phrase: str
    rewrite: str | None = None
    from_: int = 0
    to: int = 0


class Coach:
    """Reads texts with the phrases of one language. Raises PatternError where a phrase can't be read.

    A text takes time in proportion to its length; reading one changes nothing.
    """

    def __init__(self, phrases: Iterable[Phrase], code: str = "en") -> None:
        self.language: Language = language(code)
        self._phrases = [
            (phrase, compiled(phrase.pattern), compiled(phrase.unless) if phrase.unless.strip() else ())
            for phrase in phrases
        ]

    def read(self, text: str, people: Sequence[Person] = (), *, most: int = MOST_REMARKS) -> list[Remark]:
        """The remarks in the order of the text, none upon another, at most `most`. Lines of `text` end with "\\n";
        `people` are those who took part."""
        names = People(people)
        found: list[Remark] = []
        for sentence in sentences(text):
            if len(found) >= most:
                break
            # Each takes a rewrite, which is read again: no more of them are made than are told.
            found += islice(self._of(sentence, text, names), most - len(found))
        return found

    def _of(self, sentence: Sentence, text: str, names: People) -> Iterator[Remark]:
        reading = _Reading(sentence, self.language, names)
        hits = sorted(self._hits(reading), key=lambda hit: (not hit[2].rewrite, hit[0] - hit[1], hit[0]))
        taken: list[tuple[int, int, Phrase]] = []
        covered = bytearray(len(sentence.words))
        for start, end, phrase in hits:
            if not any(covered[start:end]):
                covered[start:end] = b"\x01" * (end - start)
                taken.append((start, end, phrase))
        for start, end, phrase in sorted(taken, key=lambda hit: hit[0]):
            yield self._remark(reading, text, start, end, phrase)

    def _hits(self, reading: _Reading) -> Iterator[tuple[int, int, Phrase]]:
        for phrase, patterns, unless in self._phrases:
            if phrase.kind in MAY_BE_ASKED and reading.asks_how:
                continue
            spots = [spot for spot in reading.found(patterns) if not reading.negated(spot[0])]
            if spots and not any(True for _ in reading.found(unless)):
                yield from ((start, end, phrase) for start, end in spots)

    def _remark(self, reading: _Reading, text: str, start: int, end: int, phrase: Phrase) -> Remark:
        words = reading.words
        named = reading.named(start, end)
        remark = Remark(
            start=words[start].start,
            end=words[end - 1].end,
            words=text[words[start].start : words[end - 1].end],
            kind=Kind.NAME if named else Kind(phrase.kind),
            why=phrase.why,
            asks=phrase.asks,
            phrase=phrase.slug,
        )
        for made in rewriting.ways(phrase.rewrite, phrase.puts, reading, text, start, end):
            # What the coach offers it would not mark itself.
            if not made.checked or not any(True for _ in self._marks(made.text)):
                return replace(remark, rewrite=made.text, from_=made.start, to=made.end)
        return remark

    def _marks(self, text: str) -> Iterator[tuple[int, int, Phrase]]:
        for sentence in sentences(text):
            yield from self._hits(_Reading(sentence, self.language, People(())))


class _Reading:
    """A sentence, and what its words are in this language and among these people."""

    def __init__(self, sentence: Sentence, spoken: Language, names: People) -> None:
        self.sentence = sentence
        self.words = sentence.words
        self.language = spoken
        self._classes = spoken.classes
        self._spans: dict[tuple[str, int], Sequence[int]] = {}
        self.names = names
        asked = {word.text for word in self.words if word.apart or word is self.words[0]}
        self.asks_how = sentence.asks and bool(asked & spoken.asks)

        places = range(len(self.words))
        self.present = frozenset(word.text for word in self.words) | {
            written for name, written in WRITTEN.items() if any(self.spans(name, at) for at in places)
        }

    def spans(self, name: str, at: int) -> Sequence[int]:
        """Ends of what is `name` at the word `at`, a class of patterns."""
        if (name, at) not in self._spans:
            self._spans[name, at] = self._found(name, at)
        return self._spans[name, at]

    def _found(self, name: str, at: int) -> Sequence[int]:
        if name in ("person", "name"):
            if found := self.names.at(self.words, at):
                return (found[0],)
            return (at + 1,) if name == "person" and self.words[at].text in self.language.people else ()
        if name in ("person's", "name's"):
            if found := self.names.at(self.words, at, owning=True):
                return (found[0],)
            owner = self.words[at].text
            owns = owner.endswith("'s") and owner.removesuffix("'s") in self.language.people
            return (at + 1,) if name == "person's" and owns else ()
        said = self.words[at].text
        if name == BAR:
            return (at + 1,) if said in self.language.bars or self.language.denies(said) else ()
        return (at + 1,) if said in self._classes.get(name, ()) else ()

    def found(self, patterns: Sequence[Pattern]) -> Iterator[tuple[int, int]]:
        for pattern in patterns:
            if not pattern.may_match(self.present):
                continue
            for start in range(len(self.words)):
                if end := pattern.match(self.words, start, self.spans):
                    yield start, end

    def negated(self, start: int) -> bool:
        """Whether what begins at the word `start` is denied: “this was not human error”."""
        spoken = self.language
        for at in range(start - 1, max(-1, start - 1 - NEGATED_WITHIN), -1):
            if self.words[at + 1].apart or self.words[at].text in spoken.joins:
                return False
            if spoken.denies(self.words[at].text):
                return True
        return False

    def named(self, start: int, end: int) -> tuple[int, int, Person] | None:
        """The first name within words[start:end], as its first word, the word after it, and whose it is."""
        for at in range(start, end):
            found = self.names.at(self.words, at) or self.names.at(self.words, at, owning=True)
            if found:
                return at, found[0], found[1]
        return None
