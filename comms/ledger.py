"""Why somebody was paged for an incident, and why somebody wasn't: each run with everything it looked at, whom it
paged, through what, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from comms.models import Delivery
from incidents.models import Consideration, EscalationRun, Incident, Page
from teams.models import User

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Tried:
    """One notification. `waited` is seconds from when its rule wanted it until the other side had it, None before."""

    channel: str
    to: str
    rule: str
    due_at: datetime
    state: str
    said: str
    attempts: int
    sent_at: datetime | None
    waited: float | None
    took_ms: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a run did or left out at `at`. `tried` are the notifications of a page."""

    at: datetime
    step: int
    loop: int
    target: str
    user: User | None
    outcome: str
    why: str
    answered_at: datetime | None = None
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One walk through a policy, its lines in order of time, and why it ended or what it waits for."""

    run: EscalationRun
    lines: tuple[Line, ...]

    @property
    def reason(self) -> str:
        if self.run.state == EscalationRun.State.RUNNING:
            return "It goes on."
        return f"{self.run.ended_reason}."


def runs_of(incident: Incident, *, about: User | None = None) -> list[Run]:
    """The incident's runs, the last first; `about` leaves only what concerns one person. Four queries, however much
    there is."""
    deliveries = Delivery.objects.select_related("method", "bundle").order_by("place", "pk")
    pages = Page.objects.select_related("user").prefetch_related(Prefetch("deliveries", deliveries)).order_by("pk")
    rows = (
        EscalationRun.objects.filter(incident=incident)
        .select_related("policy__team", "incident")
        .prefetch_related(
            Prefetch("considerations", Consideration.objects.select_related("user")), Prefetch("pages", pages)
        )
        .order_by("-pk")
    )
    return [Run(run, tuple(_lines(run, about))) for run in rows]


def _lines(run: EscalationRun, about: User | None) -> Iterable[Line]:
    pages = {(page.loop, page.level, page.user_id): page for page in run.pages.all()}
    found: list[Line] = []
    for each in run.considerations.all():
        # The step that a decision came to at last is the one that its pages name.
        page = pages.pop((each.loop, each.level, each.user_id), None) if each.user_id else None
        if page is None and each.outcome == Consideration.Outcome.PAGED and each.user_id:
            page = next((pages.pop(key) for key in list(pages) if key[2] == each.user_id and key[0] == each.loop), None)
        found.append(_line(each, page))
    # Those of before anything was kept of what a run looked at.
    found += [_bare(page) for page in pages.values()]
    found.sort(key=lambda line: line.at)
    return [line for line in found if about is None or line.user is None or line.user == about]


def _line(each: Consideration, page: Page | None) -> Line:
    return Line(
        each.at,
        each.level + 1,
        each.loop,
        each.target,
        each.user,
        each.get_outcome_display(),
        page.why if page else each.why,
        page.acknowledged_at if page else None,
        _tried(page),
    )


def _bare(page: Page) -> Line:
    outcome = Consideration.Outcome.PAGED.label
    return Line(
        page.created_at, page.level + 1, page.loop, "", page.user, outcome, page.why, page.acknowledged_at, _tried(page)
    )


def _tried(page: Page | None) -> tuple[Tried, ...]:
    return tuple(_of(row) for row in page.deliveries.all()) if page else ()


def _of(row: Delivery) -> Tried:
    wanted = row.first_due_at or row.created_at
    waited = (row.sent_at - wanted).total_seconds() if row.sent_at else None
    channel = row.method.get_kind_display() if row.method else row.get_channel_display()
    to = str(row.method.label or row.method.shown) if row.method else _masked(row.address)
    return Tried(
        channel,
        to,
        row.rule,
        wanted,
        row.get_state_display(),
        row.reply,
        row.attempts,
        row.sent_at,
        None if waited is None else max(0.0, waited),
        row.took_ms,
    )


def _masked(address: str) -> str:
    name, at, host = address.partition("@")
    return f"{name[:2]}…@{host}" if at else address
