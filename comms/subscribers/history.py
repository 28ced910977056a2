"""One subscriber's whole history: what they and others did, and what was sent to them, in one line of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, QuerySet, Value

from comms.actions.keeping import MISSED, TOLD
from comms.models import Delivery, Subscriber, SubscriberEvent

EVENT, DELIVERY = "event", "delivery"
State = Delivery.State
Kind = SubscriberEvent.Kind
# tone and icon
EVENTS: dict[str, tuple[str, str]] = {
    Kind.ASKED: ("neutral", "mail"),
    Kind.CONFIRMED: ("ok", "check"),
    Kind.CHOSE: ("neutral", "edit"),
    Kind.UNSUBSCRIBED: ("caution", "signout"),
    Kind.RETURNED: ("ok", "undo"),
    Kind.BOUNCED: ("warn", "warn"),
    Kind.COMPLAINED: ("danger", "warn"),
    Kind.SUPPRESSED: ("danger", "cancelled"),
    Kind.FAILING: ("warn", "warn"),
    Kind.ADDED: ("info", "plus"),
    Kind.IMPORTED: ("info", "plus"),
    Kind.REMOVED: ("caution", "signout"),
}
STATES: dict[str, tuple[str, str]] = {
    State.HELD: ("neutral", "clock"),
    State.QUEUED: ("info", "clock"),
    State.SENDING: ("info", "arrow"),
    State.SENT: ("ok", "check"),
    State.FAILED: ("danger", "major"),
    State.BOUNCED: ("danger", "undo"),
    State.SUPERSEDED: ("neutral", "arrow"),
    State.SUPPRESSED: ("caution", "cancelled"),
}
NEEDED = (
    "update__page_incident",
    "superseded_by",
    "told_in",
    "maintenance_update__maintenance",
    "correction",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the two. `about` is what a delivery tells of, in the words of its readers."""

    at: datetime
    event: SubscriberEvent | None = None
    delivery: Delivery | None = None

    @property
    def tone(self) -> str:
        return self._look[0]

    @property
    def symbol(self) -> str:
        return self._look[1]

    @property
    def _look(self) -> tuple[str, str]:
        if self.event is not None:
            return EVENTS[self.event.kind]
        assert self.delivery is not None, "it is one of the two"
        return STATES[self.delivery.state]

    @property
    def about(self) -> str:
        delivery = self.delivery
        if delivery is None:
            return ""
        if delivery.update is not None:
            told = delivery.update.page_incident
            return told.mail_title or told.title
        if delivery.maintenance_update is not None:
            told_of = delivery.maintenance_update.maintenance
            return told_of.mail_title or told_of.title
        return ""

    @property
    def what(self) -> str:
        delivery = self.delivery
        if delivery is None:
            return ""
        if delivery.correction_id is not None:
            return "Correction"
        if delivery.maintenance_update is not None:
            return f"Maintenance: {delivery.maintenance_update.get_kind_display().lower()}"
        if delivery.update is not None:
            return f"Update: {delivery.update.get_state_display().lower()}"
        return str(delivery.get_kind_display())

    @property
    def was_missed(self) -> bool:
        return self.delivery is not None and self.delivery.kind in TOLD and self.delivery.state in MISSED


class Lines:
    """What a Paginator counts and slices: the newest first, with a query for each of the two kinds of a slice."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self.rows = rows

    def count(self) -> int:
        return self.rows.count()

    def __getitem__(self, piece: slice) -> list[Entry]:
        found = list(self.rows[piece])
        events = SubscriberEvent.objects.select_related("by", "delivery").in_bulk(_keys(found, EVENT))
        deliveries = Delivery.objects.select_related(*NEEDED).in_bulk(_keys(found, DELIVERY))
        return [
            Entry(at, event=events[pk]) if what == EVENT else Entry(at, delivery=deliveries[pk])
            for what, pk, at in found
            if pk in (events if what == EVENT else deliveries)
        ]


def _keys(rows: list[Any], wanted: str) -> list[int]:
    return [pk for what, pk, _ in rows if what == wanted]


def lines(subscriber: Subscriber, show: str = "") -> Lines:
    """All of it, or only `events`, what was `sent`, or what was `missed`."""
    events = _of(SubscriberEvent.objects.filter(subscriber=subscriber), EVENT, "at")
    deliveries = Delivery.objects.filter(subscriber=subscriber)
    if show == "missed":
        deliveries = deliveries.filter(state__in=[*MISSED, State.SUPERSEDED])
    sent = _of(deliveries, DELIVERY, "created_at")
    rows = {"events": events, "sent": sent, "missed": sent}.get(show) or events.union(sent, all=True)
    return Lines(rows.order_by("-when", "-pk"))


def _of(rows: QuerySet[Any], what: str, at: str) -> QuerySet[Any, Any]:
    named: QuerySet[Any] = rows.order_by().annotate(what=Value(what, output_field=CharField()), when=F(at))
    return named.values_list("what", "pk", "when")
