"""Why somebody was paged for an incident, and why somebody wasn't: each run with everything it looked at, whom it
paged, through what, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from comms.models import Delivery, DrillCall
from comms.paging import lanes
from incidents.models import Consideration, EscalationRun, Incident, Page
from teams import phonebook
from teams.models import ContactMethod, User

Outcome = Consideration.Outcome


@dataclass(frozen=True, slots=True)
class Tried:
    """One notification. `outcome` is a state of deliveries and `state` the same in words; one that still waits when its
    page is answered counts as suppressed already. `waited` is seconds from when its rule wanted it until the other side
    had it, None before."""

    channel: str
    to: str
    rule: str
    due_at: datetime
    outcome: str
    state: str
    said: str
    attempts: int
    sent_at: datetime | None
    waited: float | None
    took_ms: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a run did or left out at `at`. `tried` are the notifications of a page, or a webhook's call."""

    at: datetime
    step: int
    loop: int
    target: str
    user: User | None
    outcome: str
    why: str
    answered_at: datetime | None = None
    tried: tuple[Tried, ...] = ()

    @property
    def name(self) -> str:
        return self.user.name if self.user else self.target


@dataclass(frozen=True, slots=True)
class Run:
    """One walk through a policy, its lines in order of time, and why it ended or what it waits for."""

    run: EscalationRun
    lines: tuple[Line, ...]

    @property
    def picture(self) -> lanes.Picture | None:
        return lanes.draw(self.lines, self.run.started_at, self.run.ended_at or self.run.started_at)

    @property
    def reason(self) -> str:
        if self.run.state == EscalationRun.State.RUNNING:
            return "It goes on."
        return f"{self.run.ended_reason}."


def people_of(incident: Incident) -> QuerySet[User]:
    """Everybody whom a run of the incident looked at."""
    paged, seen = Q(pages__incident=incident), Q(pk__in=_considered(incident))
    return User.objects.filter(paged | seen).distinct().order_by("first_name", "last_name", "username")


def _considered(incident: Incident) -> QuerySet[Consideration, Any]:
    return Consideration.objects.filter(run__incident=incident, user__isnull=False).values("user")


def runs_of(incident: Incident, *, about: User | None = None) -> list[Run]:
    """The incident's runs, the last first; `about` leaves only what concerns one person. Five queries, however much
    there is."""
    pages = Page.objects.select_related("user", "incident").prefetch_related(tries()).order_by("pk")
    hooks = Delivery.objects.filter(kind=Delivery.Kind.PAGE, page=None, entry__incident=incident, webhook__isnull=False)
    called: dict[tuple[str, str], Delivery] = {}
    for row in hooks.select_related("method", "webhook__team").order_by("pk"):
        # The key names the run, the round and the step.
        called.setdefault((":".join(row.key.split(":")[1:3]), str(row.webhook)), row)
    rows = (
        EscalationRun.objects.filter(incident=incident)
        .select_related("policy__team", "incident")
        .prefetch_related(
            Prefetch("considerations", Consideration.objects.select_related("user")), Prefetch("pages", pages)
        )
        .order_by("-pk")
    )
    return [Run(run, tuple(_lines(run, about, called))) for run in rows]


def pages_of(user: User) -> QuerySet[Page]:
    """Every page to somebody with what `tried` wants of it, the latest first."""
    return user.pages.select_related("incident__team", "run").prefetch_related(tries()).order_by("-pk")


def tries() -> Prefetch[Any]:
    """The notifications of pages, as `tried` wants them."""
    return Prefetch("deliveries", Delivery.objects.select_related("method", "bundle").order_by("place", "pk"))


def _lines(run: EscalationRun, about: User | None, called: dict[tuple[str, str], Delivery]) -> Iterable[Line]:
    pages = {(page.loop, page.level, page.user_id): page for page in run.pages.all()}
    found: list[Line] = []
    for each in run.considerations.all():
        # The step that a decision came to at last is the one that its pages name.
        page = pages.pop((each.loop, each.level, each.user_id), None) if each.user_id else None
        if page is None and each.outcome == Outcome.PAGED and each.user_id:
            page = next((pages.pop(key) for key in list(pages) if key[2] == each.user_id and key[0] == each.loop), None)
        hook = called.pop((f"{run.pk}:{each.loop}", each.target), None) if each.outcome == Outcome.CALLED else None
        found.append(_line(each, page, (_of(hook),) if hook else tried(page)))
    # Those of before anything was kept of what a run looked at.
    found += [_bare(page) for page in pages.values()]
    found.sort(key=lambda line: line.at)
    return [line for line in found if about is None or line.user is None or line.user == about]


def _line(each: Consideration, page: Page | None, through: tuple[Tried, ...]) -> Line:
    return Line(
        each.at,
        each.level + 1,
        each.loop,
        each.target,
        each.user,
        each.get_outcome_display(),
        page.why if page else each.why,
        page.acknowledged_at if page else None,
        through,
    )


def _bare(page: Page) -> Line:
    outcome = Outcome.PAGED.label
    return Line(
        page.created_at, page.level + 1, page.loop, "", page.user, outcome, page.why, page.acknowledged_at, tried(page)
    )


def tried(page: Page | DrillCall | None) -> tuple[Tried, ...]:
    """The notifications of a page, or of one person's part in a drill, in the order of that person's rules."""
    over = isinstance(page, Page) and page.is_answered
    return tuple(_of(row, over=over) for row in page.deliveries.all()) if page else ()


def _of(row: Delivery, *, over: bool = False) -> Tried:
    outcome, state = row.state, row.get_state_display()
    if over and row.state in (Delivery.State.QUEUED, Delivery.State.HELD):
        outcome, state = Delivery.State.SUPPRESSED, "Not needed any more"
    wanted = row.first_due_at or row.created_at
    waited = (row.sent_at - wanted).total_seconds() if row.sent_at else None
    if row.method:
        to = str(row.method.label or row.method.shown)
    else:
        to = phonebook.shown(ContactMethod.Kind.EMAIL, row.address) if "@" in row.address else row.address
    return Tried(
        row.way,
        to,
        row.rule,
        wanted,
        outcome,
        state,
        row.reply,
        row.attempts,
        row.sent_at,
        None if waited is None else max(0.0, waited),
        row.took_ms,
    )
