"""What all trackers have in common: an issue, what is sent of one, and how a call can go wrong. PURE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

OPEN, DONE, DROPPED = "open", "done", "dropped"
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `headers` have their names in lower case; `data` is the JSON of the body, None where it is none."""

    status: int
    headers: Mapping[str, str]
    data: Any = None


class Send(Protocol):
    """One request to the tracker's API, `path` from its root. Raises Unreachable; an answer of any status is one."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        given: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply: ...


class Trouble(Exception):
    """It did not work; the text says why and what to do, for people."""


class Unreachable(Trouble):
    """Nobody answered, or the other side has trouble: try again later. Whether it was done is not known."""


class Limited(Trouble):
    """Too much was asked. `seconds` until it may be asked again."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class Denied(Trouble):
    """The token opens nothing any more: the tracker as a whole does not work."""


class Gone(Trouble):
    """The issue (or the project) is not there: deleted, moved away, or not to be seen with this token."""


class Refused(Trouble):
    """This one thing can't be done so; asking the same again changes nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where issues are kept and what they are called there. `opens`, `dones` and `drops` are the names of states that
    an admin gave, lower case, the first of each as it is moved to; empty ones mean what is usual."""

    kind: str
    base_url: str
    project: str
    labels: tuple[str, ...] = ()
    issue_type: str = ""
    opens: tuple[str, ...] = ()
    dones: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as the tracker has it. `state` is open, done or dropped; `assignee` is a login (or account id)."""

    number: str
    title: str
    state: str
    url: str
    updated_at: datetime
    assignee: str = ""
    due_on: date | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    comments: int = 0
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what an issue says: a label and its text, with an address where it leads somewhere."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue that is to be opened. `marker` is written into it, so that it is found again."""

    marker: str
    title: str
    lines: tuple[Line, ...]
    assignee: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different: only what is in `fields` (title, state, assignee, due_on). `note` is said before a
    state is changed."""

    fields: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What changed since it was looked last: numbers of issues and when each was changed. `etag` is for the next time;
    `whole` is False where there is more than was read."""

    changed: tuple[tuple[str, datetime], ...] = ()
    etag: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook tells: that something is new about an issue. `number` is empty where it is about none."""

    delivery: str
    number: str = ""
    project: str = ""


class Dialect(Protocol):
    """What is asked of a tracker. Each method raises Trouble."""

    title: str
    has_due: bool

    def project(self) -> str:
        """The project's name, once it is sure that issues can be read there."""

    def find(self, marker: str, since: datetime) -> Issue | None:
        """The issue that was opened with this marker after `since`, if there is one."""

    def create(self, draft: Draft) -> Issue: ...

    def read(self, number: str) -> Issue: ...

    def change(self, number: str, change: Change) -> Issue: ...

    def say(self, number: str, note: str) -> None:
        """Comment on an issue."""

    def changed(self, since: datetime, now: datetime, etag: str) -> Seen: ...

    def login_of(self, email: str) -> str:
        """Who has this address there; empty where nobody is found."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A webhook's request; names of headers in lower case."""

    headers: Mapping[str, str]
    body: bytes
    data: Any = field(default=None)


Opener = Callable[[Place, Send], Dialect]


def moment(text: Any) -> datetime:
    """A time as APIs write it. The beginning of time where it is none, so that everything else is newer."""
    try:
        found = datetime.fromisoformat(str(text).strip())
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None


def title(text: Any) -> str:
    """A title in one line, as long as ours may be."""
    return " ".join(str(text or "").replace("\x00", "").split())[:LONGEST_TITLE]


def mapping(found: Any) -> dict[str, Any]:
    """`found` where it is an object, else an empty one: what comes from outside may be anything."""
    return found if isinstance(found, dict) else {}


def rows(found: Any) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def first_of(row: dict[str, Any], name: str) -> str:
    """What the first assignee is called: of several, or of one as older APIs have it."""
    several = rows(row.get("assignees"))
    return str((several[0] if several else mapping(row.get("assignee"))).get(name) or "")


def judge(reply: Reply, what: str, said: str = "") -> None:
    """Raise what an answer of this status means; nothing for 2xx and 304. `said` are the tracker's own words."""
    status = reply.status
    if status < 300 or status == 304:
        return
    tail = f" It says: {said[:200]}" if said else ""
    if status == 429:
        raise Limited(f"{what} wants to be asked less often.", patience(reply))
    if status == 401:
        raise Denied(f"{what} does not accept the token any more (401).{tail} Give a new one.")
    if status == 403:
        raise Denied(f"{what} does not let this token do it (403).{tail} Look at its scopes.")
    if status in (404, 410):
        raise Gone(f"{what} has it no more, or the token may not see it ({status}).")
    if 300 <= status < 400:
        raise Gone(f"{what} answers that it has moved ({status}).")
    if status >= 500 or status in (408, 425):
        raise Unreachable(f"{what} has trouble of its own ({status}).")
    raise Refused(f"{what} refuses it ({status}).{tail}")


def patience(reply: Reply) -> float:
    """How many seconds `Retry-After` asks for; a minute where it says nothing that can be read, a day at most."""
    text = reply.headers.get("retry-after", "").strip()
    return min(float(text), 86400.0) if text.isdecimal() and len(text) < 9 else 60.0
