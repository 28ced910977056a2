"""All that strangers may be told, as plain values. Pure: no database, no Django.

Pages, JSON, feeds, badges and the mail of updates are written from these alone, so that what has no field here reaches
no reader, however a template is written. To tell more, add a field: `comms.snapshot.serializer` reads the attribute of
the same name of the row, and refuses what is not plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class PublicLogo:
    """A picture in the place of a page's name, in pixels."""

    variant: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A status page. `url` is its path, as of everything here. `lang` is the language that it is shown in and `base`
    the path that it is shown below; `theme` changes with its colours and is empty for ours."""

    uid: str
    name: str
    slug: str
    description: str
    time_zone: str
    support_url: str
    updated_at: datetime
    domain: str
    language: str
    languages: tuple[str, ...]
    lang: str
    base: str
    theme: str
    logos: tuple[PublicLogo, ...]
    url: str


@dataclass(frozen=True, slots=True)
class PublicGroup:
    uid: str
    name: str
    position: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PublicComponent:
    """`status` is one of `Component.Status`."""

    uid: str
    name: str
    description: str
    status: str
    position: int
    only_show_if_degraded: bool
    created_at: datetime
    updated_at: datetime
    group: PublicGroup | None

    @property
    def full_name(self) -> str:
        return f"{self.group.name} - {self.name}" if self.group else self.name


@dataclass(frozen=True, slots=True)
class PublicChange:
    """What an update did to a component."""

    component: PublicComponent
    old_status: str
    new_status: str
    new_label: str


@dataclass(frozen=True, slots=True)
class PublicCorrection:
    """An update said something else until `at`; `before` is that in Markdown, and empty where it was erased."""

    at: datetime
    before: str
    erased: bool


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """One thing that was said; `body` is Markdown, as it was written. `published_at` is None in a preview."""

    uid: str
    state: str
    state_label: str
    body: str
    notify: bool
    shown_at: datetime
    published_at: datetime | None
    updated_at: datetime
    eta_early_at: datetime | None
    eta_at: datetime | None
    eta_confidence: str
    next_update_at: datetime | None
    changes: tuple[PublicChange, ...]
    corrections: tuple[PublicCorrection, ...]


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """What a page tells of an incident. `story` has the newest update first, and `affected` the components that those
    touched, in the page's order; both are empty where only its head is needed."""

    uid: str
    title: str
    state: str
    impact: str
    impact_label: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime
    monitoring_at: datetime | None
    resolved_at: datetime | None
    expected_from: datetime | None
    expected_at: datetime | None
    sure: str
    next_update_at: datetime | None
    promise_is_late: bool
    is_over: bool
    lasted: timedelta | None
    url: str
    story: tuple[PublicUpdate, ...]
    affected: tuple[PublicComponent, ...]


@dataclass(frozen=True, slots=True)
class PublicPart:
    """A component that is worked on, and how it is meanwhile."""

    component: PublicComponent
    status: str


@dataclass(frozen=True, slots=True)
class PublicMaintenance:
    """Planned work; `when` are its times in words and in the page's zone. `story`, `parts` and `affected` are empty
    where only its head is needed."""

    uid: str
    title: str
    state: str
    when: str
    created_at: datetime
    updated_at: datetime
    scheduled_for: datetime
    scheduled_until: datetime
    started_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    is_running: bool
    is_over: bool
    lasted: timedelta | None
    url: str
    story: tuple[PublicUpdate, ...]
    parts: tuple[PublicPart, ...]
    affected: tuple[PublicComponent, ...]


@dataclass(frozen=True, slots=True)
class PublicPostmortem:
    """A published postmortem; `sections` are (label, Markdown) without people's names."""

    title: str
    published_at: datetime | None
    sections: tuple[tuple[str, str], ...]
    url: str


@dataclass(frozen=True, slots=True)
class PublicMonth:
    """A month of a page's history: `name` is `2026-11`, `label` `November 2026`."""

    name: str
    label: str
    url: str
