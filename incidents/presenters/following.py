"""Action items as pages show them: what each lacks, what came back, what it cost, and how urgent it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from incidents import concreteness, follow_up
from incidents.actions import deadlines
from incidents.actions.notices import when
from incidents.models import ActionItem, Counterfactual, Incident, ItemRecurrence, NoItemsDecision
from teams.models import User

SOON = timedelta(days=7)
URGENCIES = {
    "overdue": "Overdue",
    "soon": "Due within a week",
    "later": "Later",
    "undated": "Without a date",
    "settled": "Settled",
}


@dataclass(slots=True)
class Row:
    """One item. `lacks` by the names of `concreteness.SUPPLIES`, `remarks` in sentences, `back` the later incidents
    that the reader may see, in which it came back."""

    item: ActionItem
    lacks: list[str]
    remarks: list[str]
    back: list[ItemRecurrence]
    urgency: str
    due: str
    cost: str = ""

    @property
    def supplies(self) -> list[str]:
        return [concreteness.SUPPLIES[name] for name in self.lacks]

    @property
    def back_word(self) -> str:
        """How it stood when it came back, in words that go before the incidents."""
        stood = {each.stood for each in self.back}
        if "done" in stood:
            return "Closed, and it came back"
        return "Not done, and it came back" if "dropped" in stood else "Open, and it came back"


def rows(items: Iterable[ActionItem], user: User, today: date | None = None) -> list[Row]:
    """Items with their incident's severity and their owner, in one query more. What it cost is told of those that were
    read `with_cost`."""
    items, today = list(items), today or timezone.localdate()
    back = defaultdict(list)
    found = ItemRecurrence.objects.filter(item__in=items, incident__in=Incident.objects.visible_to(user))
    for each in found.select_related("incident") if items else ():
        back[each.item_id].append(each)
    return [_row(item, back[item.pk], today) for item in items]


def _row(item: ActionItem, back: list[ItemRecurrence], today: date) -> Row:
    is_open = item.state == ActionItem.State.OPEN
    return Row(
        item,
        item.missing() if is_open else [],
        remarks(item) if is_open else [],
        back,
        urgency(item, today),
        when(item.due_on, today) if item.due_on and is_open else "",
        cost(getattr(item, "cost_incidents", 0), getattr(item, "cost_minutes", 0)),
    )


def remarks(item: ActionItem) -> list[str]:
    """What would make one item better, without standing in its way."""
    return concreteness.remarks(
        item.title,
        item.end_state,
        due_on=item.due_on,
        latest=deadlines.latest_of(item),
        late_reason=item.late_reason,
        words=item.wording,
    )


def urgency(item: ActionItem, today: date) -> str:
    """One of URGENCIES."""
    if item.state != ActionItem.State.OPEN:
        return "settled"
    if item.due_on is None:
        return "undated"
    return "overdue" if item.due_on < today else "soon" if item.due_on <= today + SOON else "later"


def cost(incidents: int, minutes: int) -> str:
    """What it cost to have an item open: “would have helped in 2 later incidents, by about 50 min”."""
    if not incidents:
        return ""
    said = f"would have helped in {incidents} later incident{'s' if incidents > 1 else ''}"
    return said + (f", by about {_span(minutes)}" if minutes else "")


def _span(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if minutes < 120 else f"{hours} h" + (f" {rest} min" if rest else "")


@dataclass(slots=True)
class Group:
    key: str
    heading: str
    rows: list[Row] = field(default_factory=list)


def grouped(found: Iterable[Row], by: str) -> list[Group]:
    """Rows under headings, in the order in which they come: by `urgency`, by `owner`, else by team."""
    groups: dict[str, Group] = {}
    for row in found:
        key, heading = _place(row, by)
        groups.setdefault(key, Group(key, heading)).rows.append(row)
    if by == "urgency":
        return [groups[key] for key in URGENCIES if key in groups]
    return list(groups.values())


def _place(row: Row, by: str) -> tuple[str, str]:
    if by == "urgency":
        return row.urgency, URGENCIES[row.urgency]
    about: Any = row.item.owner if by == "owner" else row.item.team
    return (str(about.pk), about.name) if about else ("", "Nobody yet" if by == "owner" else "Without a team")


@dataclass(slots=True)
class Panel:
    """The items of one incident, as its review shows them."""

    rows: list[Row]
    concrete: int
    counted: int
    remarks: list[str]
    decision: NoItemsDecision | None
    may_decide: bool
    came_back: list[ItemRecurrence]
    answered: list[Any]

    @property
    def lacking(self) -> list[Row]:
        return [row for row in self.rows if row.lacks]

    @property
    def says(self) -> str:
        """“3 of 4 are concrete”, or nothing where there are none."""
        if not self.counted:
            return ""
        if self.concrete == self.counted:
            return "Concrete" if self.counted == 1 else f"All {self.counted} are concrete"
        return f"{self.concrete} of {self.counted} {'is' if self.concrete == 1 else 'are'} concrete"


def panel(incident: Incident, user: User, *, owner_id: int | None, may: bool) -> Panel:
    """The items of `incident`, whose postmortem belongs to `owner_id`; `may`: the reader may write the review."""
    items = incident.action_items.with_cost(user).select_related("owner", "team")
    items = items.prefetch_related("tracker_links__tracker")
    shown = list(items.order_by("state", "due_on", "priority", "pk"))
    for item in shown:
        item.incident = incident
    kept = [item for item in shown if item.state != ActionItem.State.DROPPED]
    decided = follow_up.decision(incident)
    earlier = Incident.objects.visible_to(user)
    back = ItemRecurrence.objects.filter(incident=incident, item__incident__in=earlier)
    about = Q(effect=Counterfactual.Effect.NONE) | Q(item__incident__in=earlier) | Q(mitigation__incident__in=earlier)
    answers = incident.counterfactuals.visible_to(user).filter(about)
    return Panel(
        rows(shown, user),
        sum(not item.missing() for item in kept),
        len(kept),
        concreteness.of_all([item.kind for item in kept]),
        decided,
        may and owner_id != user.pk and decided is None and not any(item.state == "open" for item in kept),
        list(back.select_related("item__incident", "item__owner")),
        list(answers.select_related("item__incident", "mitigation__incident")),
    )
