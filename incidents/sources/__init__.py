"""What tools send, read into one shape. Pure.

`reading` turns bodies into JSON, text, times and links; each other module reads one protocol by its function
`read(sent: Envelope) -> Parsed`, and `registry` is the table of them all. All text that comes out is fit for
PostgreSQL (no NUL, no lone surrogate) and bounded, and every moment is aware and in UTC. What can't be read is
refused with SourceError or InvalidEventError, never with another exception.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict
from uuid import uuid4


class SourceError(ValueError):
    """A body's `field`, such as `alerts[1].startsAt`, breaks the protocol; `message` says what to give."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class InvalidEventError(ValueError):
    """A PagerDuty event that breaks the protocol; `errors` are sentences in that protocol's own words."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors

    @property
    def body(self) -> dict[str, Any]:
        """The answer that PagerDuty's clients expect with status 400."""
        return {"status": "invalid event", "message": "Event object is invalid", "errors": self.errors}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request as it came, before anything in it is believed.

    - `headers`: by name, in any case; ask with `header()`. `query`: one value of each name.
    - `body`: its bytes, which whoever received them has capped.
    - `path`: what the protocol itself puts into the address, such as "v2/alerts/4711/close"; unquoted, without
      slashes at its ends. Empty where the address is only the integration's.
    - `settings`: what the integration keeps for its source, such as the mapping of generic JSON.
    - `request_id`: another one for each request. It names what its sender gave no name, so that reading the same
      envelope twice (the transaction was tried again) gives the same alert.
    """

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid4()))

    def header(self, name: str) -> str:
        """The header's value, "" where it was not sent."""
        wanted = name.lower()
        return next((value for each, value in self.headers.items() if each.lower() == wanted), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender is told, in the words of its protocol; `body` is sent as JSON."""

    status: int
    body: Mapping[str, Any]


class Link(TypedDict):
    """`href` is an absolute http or https URL; `text` is not empty. Ready for a JSON column."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class AlertReport:
    """One alert as its tool tells it now.

    - `fingerprint`: which alert, within one integration; at most 128 characters.
    - `title`: the alert's name (255); `summary`: its sentence (4000), perhaps empty.
    - `severity`: in the tool's own words (40), None when it says nothing; `service`: a name to look up (255).
    - `labels`, `annotations`: at most 64 each, names to 200 and values to 2000 and 8000 characters.
    - `ends_at`: None while firing. A tool's clock may put it before `starts_at`.
    - `group_key`: which group the tool put it in (255), empty for none; `grouping.group_key` always has one.
    - `declares`: somebody who may do so wants the incident declared at once.
    """

    fingerprint: str
    status: Literal["firing", "resolved"]
    title: str
    summary: str = ""
    severity: str | None = None
    service: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    group_key: str = ""
    links: list[Link] = field(default_factory=list)
    declares: bool = False


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """Something that somebody changed: a deploy, a flag, a migration.

    `routing_key` is the integration's, where the body tells it; empty where the address did.
    `summary` is not empty and has at most 1024 characters, `source` at most 255; `timestamp` is None when the
    sender told none. `service` is `custom_details.service`, where that is text.
    """

    routing_key: str
    summary: str
    source: str = ""
    timestamp: datetime | None = None
    custom_details: dict[str, Any] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody does to an alert from outside.

    - `fingerprint`: the alert's. Where `known_as` is "id" or "number" it is the name that Watchbill gave the alert.
    - `by`: who, in the words of the sender (100); perhaps empty.
    - `note`: what they say about it (8000); perhaps empty.
    """

    fingerprint: str
    known_as: Literal["fingerprint", "id", "number"] = "fingerprint"
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(Act):
    """Somebody looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledgement(Act):
    """Nobody looks at it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze(Act):
    """It pages nobody `until` then, a moment that may be over."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Act):
    """Only the `note`, which is not empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(Act):
    """It is over, somebody says; what its tool says of it comes as an AlertReport."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life. `name` (200) is one of the integration's heartbeats, empty where it has but one.

    `failed` is True when the job says that it went wrong, which is no sign of life.
    """

    name: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was in one request.

    - `reports`: alerts, of which each fingerprint is there once; `acts` come after them.
    - `changes`, `heartbeats`: the rest of it.
    - `problems`: what could not be read while the rest could.
    - `truncated`: how many alerts the sender says it left out.
    - `key`: the name by which the sender will speak of its alert, where the protocol answers with it (255).
    - `confirm`: an address to fetch, which is how a subscription is confirmed; its host has been checked.

    Empty of all of them for what is sent but means nothing here, such as a ping.
    """

    reports: list[AlertReport] = field(default_factory=list)
    problems: list[SourceError] = field(default_factory=list)
    truncated: int = 0
    changes: list[ChangeReport] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    key: str = ""
    confirm: str = ""
