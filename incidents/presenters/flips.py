"""Alerts that fired several times in one incident, put together: one row for each, and one for its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count, Max, Min, QuerySet

from incidents.models import Alert, Incident, TimelineEntry

SIGNALS = ("alert.firing", "alert.resolved")
# Fewer lines than these are read faster than unfolded.
FOLDED = 3
# A line about more alerts tells of a storm, which is no coming and going.
MOST_NAMED = 20
Source = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert as it fired last in an incident, and how often and in what time it began to fire there."""

    alert: Alert
    times: int
    first_at: datetime
    last_at: datetime

    @property
    def took(self) -> timedelta:
        return self.last_at - self.first_at


def latest(incident: Incident) -> QuerySet[Alert]:
    """The alerts of an incident, of each the last time that it fired."""
    by_source = incident.alerts.order_by("integration_id", "fingerprint", "-received_at", "-pk")
    return incident.alerts.filter(pk__in=by_source.distinct("integration_id", "fingerprint").values("pk"))


def fired(incident: Incident, alerts: Iterable[Alert]) -> list[Fired]:
    """Each of these alerts of an incident with the times that it fired there; one query however many they are."""
    found = list(alerts)
    rows = incident.alerts.filter(fingerprint__in={alert.fingerprint for alert in found}).order_by()
    counted = rows.values("integration", "fingerprint").annotate(
        times=Count("pk"), first_at=Min("received_at"), last_at=Max("received_at")
    )
    known = {(row["integration"], row["fingerprint"]): row for row in counted}
    told = []
    for alert in found:
        row = known[alert.integration_id, alert.fingerprint]
        told.append(Fired(alert, row["times"], row["first_at"], row["last_at"]))
    return told


def runs(entries: Sequence[TimelineEntry], plain: Sequence[bool]) -> list[tuple[int, int]]:
    """Where consecutive lines say only that alerts came and went that did so again and again: the first and the one
    after the last. `plain`: of which nothing else is to be shown. The first time that an alert fired is news and stays
    in sight, as does one that fired once."""
    about = _sources([entry for entry, is_plain in zip(entries, plain, strict=True) if is_plain])
    begun: Counter[Source] = Counter()
    news = set()
    for entry in entries:
        if entry.verb == "alert.firing" and (sources := about.get(entry.pk)):
            if not all(begun[source] for source in sources):
                news.add(entry.pk)
            begun.update(sources)

    def flips(n: int) -> bool:
        sources = about.get(entries[n].pk)
        return bool(sources) and entries[n].pk not in news and all(begun[source] > 1 for source in sources or ())

    found = []
    for is_flip, numbers in groupby(range(len(entries)), flips):
        span = list(numbers)
        if is_flip and len(span) >= FOLDED:
            found.append((span[0], span[-1] + 1))
    return found


def _sources(entries: Iterable[TimelineEntry]) -> dict[int, set[Source]]:
    """By the keys of lines that tell of an alert's coming or going, whose it was."""
    named = {
        entry.pk: entry.data.get("alerts", [])
        for entry in entries
        if entry.verb in SIGNALS and len(entry.data.get("alerts", [])) <= MOST_NAMED
    }
    if not named:
        return {}
    keys = {pk for found in named.values() for pk in found}
    known = {
        pk: (integration, fingerprint)
        for pk, integration, fingerprint in Alert.objects.filter(pk__in=keys).values_list(
            "pk", "integration", "fingerprint"
        )
    }
    return {
        entry: {known[pk] for pk in found}
        for entry, found in named.items()
        if found and all(pk in known for pk in found)
    }


def said(entries: Sequence[TimelineEntry]) -> str:
    """A run in words: how often they began, and how often one was over."""
    times = Counter(entry.verb for entry in entries)
    begun, over = times["alert.firing"], times["alert.resolved"]
    return f"Came and went: fired {_times(begun)}, was over {_times(over)}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
