"""What tools send, read into one shape. Pure.

`reading.decode` turns a body into JSON; each other module reads one protocol. All text that comes out is fit
for PostgreSQL (no NUL, no lone surrogate) and bounded, and every moment is aware and in UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict


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


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """Something that somebody changed: a deploy, a flag, a migration.

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


@dataclass(frozen=True, slots=True)
class Parsed:
    """A batch: what could be read, what could not, and how many alerts the sender says it left out."""

    reports: list[AlertReport]
    problems: list[SourceError]
    truncated: int = 0
