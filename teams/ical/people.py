"""Whom an imported event means. Pure."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

# Usernames and addresses are made of these; what else may stand around them is punctuation.
_WORD = re.compile(r"[\w.@+\-]+")
# As PagerDuty writes it, On Call - Alice Archer - Primary, and people do: Alice Archer (primary), Bob Brown.
_PART = re.compile(r"\s[-–—]+\s|[,;:|/&()\[\]<>]|\sand\s")


@dataclass(frozen=True, slots=True)
class Attendee:
    """An ATTENDEE line: the address in lower case or "", and the name that the calendar gives."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What an event says about whom it is for."""

    attendees: tuple[Attendee, ...] = ()
    summary: str = ""
    description: str = ""

    @property
    def candidates(self) -> tuple[str, ...]:
        """The texts in which a person is looked for, in order."""
        people = [text for each in self.attendees for text in (each.address, each.name)]
        return tuple(text for text in (*people, self.summary, self.description) if text)


@dataclass(frozen=True, slots=True)
class Directory(Generic[K]):
    """People by username or e-mail address (`handles`) and by full name (`names`), all casefolded."""

    handles: Mapping[str, K]
    names: Mapping[str, K] = field(default_factory=dict)


def match(named: Named, directory: Directory[K]) -> tuple[K, ...]:
    """The people meant, each once, in the order in which they are named; () for nobody known.

    Attendees come first, and where one is known the texts are not looked at. Then the summary: all of it or parts of
    it are a full name, a username or an address; else one of the latter two is a word in it. Then the description,
    for a username or an address.
    """
    return (
        _once(key for each in named.attendees for key in _attendee(each, directory))
        or _once(_parts(named.summary, directory))
        or _once(_words(named.summary, directory))
        or _once(_words(named.description, directory))
    )


def _attendee(attendee: Attendee, directory: Directory[K]) -> Iterable[K]:
    return next((found for text in (attendee.address, attendee.name) if (found := _exactly(text, directory))), ())


def _parts(text: str, directory: Directory[K]) -> Iterable[K]:
    return (key for part in (text, *_PART.split(text)) for key in _exactly(part, directory))


def _words(text: str, directory: Directory[K]) -> Iterable[K]:
    for word in _WORD.findall(text.casefold()):
        for handle in (word, word.strip(".-@+")):
            if handle in directory.handles:
                yield directory.handles[handle]
                break


def _exactly(text: str, directory: Directory[K]) -> tuple[K, ...]:
    folded = " ".join(text.casefold().split())
    return tuple(known[folded] for known in (directory.handles, directory.names) if folded in known)[:1]


def _once(keys: Iterable[K]) -> tuple[K, ...]:
    return tuple(dict.fromkeys(keys))
