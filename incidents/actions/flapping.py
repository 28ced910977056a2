"""Alerts that come and go: recognized as they begin to fire, so that they are told and paged for once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Count, F

from incidents import timeline
from incidents.models import Alert, Incident, Integration
from incidents.timeline import Kind, Line

# Three returns in half an hour are no longer one trouble that came back: nobody mends something three times so fast.
TIMES = 4
WINDOW = timedelta(minutes=30)


@dataclass(slots=True)
class Flaps:
    """What is new of it among alerts that begin to fire: those that begin to flap, each with how often it came."""

    begun: list[tuple[Alert, int]] = field(default_factory=list)
    untold: set[int] = field(default_factory=set)
    """Keys of incidents of which something changed that no line tells."""

    def tells(self, alerts: Iterable[Alert]) -> bool:
        """Whether one of these is worth a line. What is known to flap is not told again and again."""
        new = {id(alert) for alert, _ in self.begun}
        return any(not alert.flapping or id(alert) in new for alert in alerts)

    def lines(self) -> list[Line]:
        return [_line(alert, times) for alert, times in self.begun]

    def freshen(self, told: Iterable[Line]) -> None:
        """Let open pages show what changed without a line, in the caller's transaction."""
        unseen = self.untold - {line.incident.pk for line in told}
        if unseen:
            Incident.objects.filter(pk__in=unseen).update(version=F("version") + 1)


def recognize(integration: Integration, beginning: Sequence[Alert], now: datetime) -> Flaps:
    """Mark those of the alerts that begin to fire, in their order and with their incidents, that began to fire at least
    TIMES in WINDOW. One query, none without alerts; they are not saved by this."""
    found = Flaps()
    if not beginning:
        return found
    lately = Alert.objects.filter(
        integration=integration,
        fingerprint__in={alert.fingerprint for alert in beginning},
        received_at__gt=now - WINDOW,
    )
    times: Counter[str] = Counter()
    known: set[tuple[str, int | None]] = set()
    counted = (
        lately.order_by().values("fingerprint", "incident").annotate(count=Count("pk"), flapped=BoolOr("flapping"))
    )
    rows = counted.values_list("fingerprint", "incident", "count", "flapped")
    for fingerprint, incident, count, flapped in rows:
        times[fingerprint] += count
        if flapped:
            known.add((fingerprint, incident))
    for alert in beginning:
        times[alert.fingerprint] += 1
        alert.flapping = times[alert.fingerprint] >= TIMES
        place = (alert.fingerprint, alert.incident_id)
        if not alert.flapping:
            continue
        if place not in known:
            known.add(place)
            found.begun.append((alert, times[alert.fingerprint]))
        if alert.incident_id is not None:
            found.untold.add(alert.incident_id)
    return found


def _line(alert: Alert, times: int) -> Line:
    assert alert.incident is not None, "what flaps fires in an incident"
    minutes = WINDOW // timedelta(minutes=1)
    return timeline.line(
        alert.incident,
        Kind.ALERT,
        "alert.flapping",
        f"Flapping: {alert.title} came and went {times} times in {minutes} min. It is told and paged for again once it"
        " is steady",
        by=None,
        data={"alerts": [alert.pk], "times": times},
    )
