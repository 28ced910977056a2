"""The postmortem as a document: its text, and beside it what is recorded, for a page, a file or the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch

from incidents import postmortem_markdown, review_path
from incidents.actions import knowing
from incidents.actions.review_guards import is_written
from incidents.anonymous import without_names
from incidents.models import (
    ActionItem,
    Factor,
    Incident,
    Mitigation,
    Postmortem,
    PostmortemSection,
    ReviewApproval,
    ReviewParticipant,
    RoleAssignment,
    TimelineEntry,
    Witness,
)
from incidents.postmortem_draft import Attempt
from incidents.postmortem_markdown import Table
from incidents.presenters.parts import witness
from incidents.review_path import Standing, Step
from incidents.witness.figures import lasting
from teams.mails import absolute
from teams.models import Organization, User

WAITING = ReviewApproval.Answer.WAITING


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the impact. `value` is empty where nobody knows it, and `help` says what it counts."""

    label: str
    value: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody in a role, from when to when; `person` is empty where people stand by their roles. `after` is whom they
    took over from."""

    role: str
    person: str
    since: datetime | None
    until: datetime | None
    after: str = ""


@dataclass(slots=True)
class Shown:
    """Everything of a postmortem that one reader may see; without names where it `hides` them."""

    incident: Incident
    postmortem: Postmortem
    title: str
    hides: bool
    figures: list[Figure]
    sections: list[PostmortemSection]
    story: list[TimelineEntry]
    seats: list[Seat]
    attempts: list[Attempt]
    items: list[ActionItem]
    factors: list[Factor]
    charts: list[witness.Shown]
    participants: list[ReviewParticipant] = field(default_factory=list)
    approvals: list[ReviewApproval] = field(default_factory=list)

    @property
    def standing(self) -> Standing:
        mine = self.postmortem
        return Standing(
            state=str(mine.state),
            owner=mine.owner.name if mine.owner else "",
            facilitator=mine.facilitator.name if mine.facilitator else "",
            asked=[each.user.name for each in self.approvals if each.answer == WAITING],
            unwritten=[each.title for each in self.sections if each.required and not is_written(each)],
            public_unsaid=mine.public and not mine.public_wording.strip() and not mine.public_as_written,
        )

    @property
    def steps(self) -> list[Step]:
        return review_path.steps(self.standing)

    @property
    def sent_back(self) -> list[ReviewApproval]:
        """Comments of those who sent it back, the newest first."""
        found = [each for each in self.approvals if each.answer == ReviewApproval.Answer.SENT_BACK]
        return found[::-1]


def find(incident: Incident) -> Postmortem | None:
    """The postmortem of an incident with the people of its review. A handful of queries, however many they are."""
    approvals = ReviewApproval.objects.select_related("user", "asked_by")
    found = (
        Postmortem.objects.select_related("owner", "facilitator", "approved_by", "template__template")
        .prefetch_related(
            "seen_by",
            Prefetch(
                "participations", ReviewParticipant.objects.select_related("user").order_by("user__first_name", "pk")
            ),
            Prefetch("approvals", approvals),
        )
        .filter(incident=incident)
        .first()
    )
    if found is not None:
        found.incident = incident
    return found


def hides_names(postmortem: Postmortem) -> bool:
    """Whether people stand in it by their roles: once it is published, where it or the organization says so."""
    if postmortem.state != Postmortem.State.PUBLISHED:
        return False
    chosen = postmortem.names_as_roles
    return Organization.current().names_as_roles if chosen is None else chosen


def shown(
    postmortem: Postmortem,
    user: User,
    now: datetime,
    *,
    sections: list[PostmortemSection] | None = None,
    items: list[ActionItem] | None = None,
    factors: list[Factor] | None = None,
) -> Shown:
    """The document for one reader, of a postmortem that `find` has found. The same queries, however long it is. What a
    page has read of it already it gives, and finds worded as the document words it."""
    incident = postmortem.incident
    tried = knowing.tried(incident)
    hides = hides_names(postmortem)
    found = Shown(
        incident=incident,
        postmortem=postmortem,
        title=postmortem.title,
        hides=hides,
        figures=figures(postmortem),
        sections=list(postmortem.sections.all()) if sections is None else sections,
        story=list(TimelineEntry.objects.of(incident, user).filter(postmortems=postmortem)),
        seats=_seats(incident),
        attempts=[knowing.attempt(row) for row in tried],
        items=list(incident.action_items.select_related("owner", "team")) if items is None else items,
        factors=list(postmortem.factors.prefetch_related("tags")) if factors is None else factors,
        charts=_charts(incident, tried, now),
        participants=list(postmortem.participations.all()),
        approvals=list(postmortem.approvals.all()),
    )
    if hides:
        _unname(found)
    return found


def figures(postmortem: Postmortem) -> list[Figure]:
    """What a reader wants to know first. Those that nobody knows are left out but for how long it lasted."""
    incident = postmortem.incident
    began, over = incident.impact_started_at, incident.impact_ended_at or incident.mitigated_at
    found = [
        Figure("Impact lasted", _span(began, over) or "not known", "From the beginning of the impact to its end."),
        Figure("Detected after", _span(began, incident.detected_at), "From the beginning of the impact."),
        Figure("Mitigated after", _span(began, incident.mitigated_at), "From the beginning of the impact."),
        Figure("Resolved after", _span(began or incident.detected_at, incident.resolved_at), "From its beginning."),
        _count("affected", postmortem.people_affected, postmortem.people_unit or "people"),
        _count("affected", postmortem.requests_affected, postmortem.requests_unit or "requests"),
    ]
    if postmortem.cost is not None:
        found.append(Figure("Cost", f"{_amount(postmortem.cost)} {postmortem.cost_currency}"))
    return [each for each in found if each.value]


def _count(word: str, number: int | None, unit: str) -> Figure:
    return Figure(f"{unit[:1].upper()}{unit[1:]} {word}", f"{number:,}" if number is not None else "")


def _amount(value: Any) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _span(start: datetime | None, end: datetime | None) -> str:
    return lasting(end - start) if start is not None and end is not None and end >= start else ""


def _seats(incident: Incident) -> list[Seat]:
    rows = RoleAssignment.objects.filter(incident=incident, held_at__isnull=False).select_related("role", "user")
    found: list[Seat] = []
    last: dict[int, str] = {}
    for row in rows.order_by("role__position", "role", "held_at", "pk"):
        after = last.get(row.role_id, "") if row.single_seat else ""
        found.append(Seat(row.role.name, row.user.name, row.held_at, row.ended_at, after))
        last[row.role_id] = row.user.name
    return found


def _charts(incident: Incident, tried: Sequence[Mitigation], now: datetime) -> list[witness.Shown]:
    rows = list(Witness.objects.standing().filter(incident=incident))
    return witness.drawn(incident, rows, tried, now)


def _unname(found: Shown) -> None:
    """Roles in the place of names, in all that the document says. Owners of action items keep theirs: somebody has to
    ask them."""
    texts = [found.title, *(each.text for each in found.sections)]
    texts += [text for each in found.story for text in (each.text, each.reason)]
    texts += [text for each in found.attempts for text in (each.title, each.note)]
    texts += [each.text for each in found.factors]
    texts += [text for each in found.items for text in (each.title, each.end_state)]
    told = iter(without_names(found.incident, texts))
    found.title = next(told)
    for section in found.sections:
        section.text = next(told)
    for entry in found.story:
        entry.text, entry.reason, entry.actor = next(told), next(told), None
    found.attempts = [
        Attempt(next(told), each.outcome, each.worked, each.began_at, each.effect, each.held, next(told), "")
        for each in found.attempts
    ]
    for factor in found.factors:
        factor.text = next(told)
    for item in found.items:
        item.title, item.end_state = next(told), next(told)
    found.seats = [Seat(each.role, "", each.since, each.until) for each in found.seats]


def markdown(found: Shown) -> str:
    """The whole document as a file. Times are in UTC."""
    mine, incident = found.postmortem, found.incident
    facts = [
        ("Incident", f"{incident.reference} {incident.title}"),
        ("Severity", str(incident.severity) if incident.severity else "not set"),
        ("State", mine.get_state_display()),
        ("Owner", mine.owner.name if mine.owner and not found.hides else ""),
        ("Published", _day(mine.published_at)),
        ("Detected", _moment(incident.detected_at)),
        ("Resolved", _moment(incident.resolved_at)),
        *((each.label, each.value) for each in found.figures),
    ]
    return postmortem_markdown.written(
        postmortem_markdown.Document(
            title=found.title,
            url=absolute(mine.get_absolute_url()),
            facts=[(label, value) for label, value in facts if value],
            sections=[(each.title, each.text) for each in found.sections],
            tables=_tables(found),
        )
    )


def _tables(found: Shown) -> list[Table]:
    story = [
        (_moment(each.occurred_at), each.text, each.actor.name if each.actor and not found.hides else "")
        for each in found.story
    ]
    seats = [(each.role, each.person, _moment(each.since), _moment(each.until)) for each in found.seats]
    tried = [
        (
            each.title,
            each.outcome,
            _moment(each.began_at),
            lasting(each.effect) if each.effect is not None else "",
            each.note,
        )
        for each in found.attempts
    ]
    items = [
        (
            each.title,
            each.owner.name if each.owner else "nobody",
            f"{each.due_on:%Y-%m-%d}" if each.due_on else "no date",
            each.get_kind_display(),
            each.get_state_display(),
            each.end_state,
        )
        for each in found.items
    ]
    factors = [(each.text, ", ".join(tag.name for tag in each.tags.all())) for each in found.factors]
    metrics = [(each.witness.title, each.witness.condition, each.value, each.state) for each in found.charts]
    tables = [
        Table("Timeline", ("When (UTC)", "What", "Who"), story, "No entry was chosen."),
        Table("Roles", ("Role", "Who", "From (UTC)", "Until (UTC)"), seats, "Nobody held a role."),
        Table("Mitigations", ("What", "Outcome", "Begun (UTC)", "Took", "Note"), tried, "Nothing was tried."),
        Table("Contributing factors", ("What", "Tags"), factors, "None is named."),
        Table("Action items", ("What", "Owner", "Due", "Kind", "State", "Done when"), items, "None."),
    ]
    if metrics:
        tables.insert(0, Table("Metrics", ("Metric", "As it should be", "Last", "State"), metrics))
    return tables


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else ""


def _day(at: datetime | date | None) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else ""
