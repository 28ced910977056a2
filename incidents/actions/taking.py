"""One taking of alerts: what is there is read, and every alert is judged in memory. `taken` writes what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from incidents.actions import holding
from incidents.actions.holding import Holding
from incidents.actions.joining import Named, firing_now, hold
from incidents.actions.routes import Route, Routing, Targets
from incidents.models import Alert, Incident, Integration
from incidents.sources import AlertReport
from incidents.suppression import Held


@dataclass(slots=True)
class Received:
    """What became of alerts: keys of incidents opened, joined and told of a recovery; how many alerts were repeats of
    what fires already, recoveries of nothing that does, and folded into one incident above the ceiling; and how many
    each silence, maintenance window or incident (the reason and its key) holds back."""

    opened: list[int] = field(default_factory=list)
    attached: list[int] = field(default_factory=list)
    resolved: list[int] = field(default_factory=list)
    repeats: int = 0
    unknown: int = 0
    folded: int = 0
    held: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def told(self) -> dict[str, Any]:
        """By the names of the fields, fit for JSON."""
        told: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__ if name != "held"}
        return told | {"suppressed": [{"by": by, "key": key, "count": n} for (by, key), n in self.held.items()]}


@dataclass(slots=True)
class Group:
    """The new alerts of one group, and the incident that they join or (None) open."""

    incident: Incident | None
    route: Route
    reports: list[AlertReport] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    released: list[Alert] = field(default_factory=list)
    """Of its alerts those that were held back before."""
    batches: Counter[int] = field(default_factory=Counter)
    """How many of them came in the batch of each number."""
    is_fold: bool = False
    """Of what was more than the integration's ceiling."""
    was_quiet: bool = False
    """Nothing of the incident was firing before one of them."""
    targets: Targets = field(init=False)
    """What the rule makes of it, once all of its reports are there."""


class Taking:
    """One call of `receive_all`: what is there is read at the beginning, and every alert is judged in memory."""

    def __init__(
        self, integration: Integration, batches: Sequence[Sequence[AlertReport]], *, at: datetime | None = None
    ) -> None:
        everything = [report for batch in batches for report in batch]
        self.integration = integration
        self.now = at or timezone.now()
        self.received = [Received() for _ in batches]
        self.known = Named(integration, everything)
        self.routing = Routing(integration, self.now)
        self.firing = firing_now(integration, everything)
        # By the identity of each report: equal ones of different batches are alerts of their own.
        self.routes = {
            id(report): self.routing.route(report, self.known.of([report])) for report in self._to_route(everything)
        }
        self.holding = Holding(self.now)
        groups = {route.key: route.grouping for route in self.routes.values()}
        self.current, self.held = hold(integration, self.firing.values(), groups, self.now)
        self.matched: Counter[int] = Counter()
        # How many fire of each incident, by its key; of one that is still to be opened by the key of its group.
        self.left: Counter[int | str] = Counter(firing_of(self.held))
        self.places: dict[str, int | str] = {
            alert.fingerprint: alert.incident_id for alert in self.firing.values() if alert.incident_id
        }
        self.groups: dict[str, Group] = {}
        self.repeated: dict[int, Alert] = {}
        self.ended: dict[int, Alert] = {}
        # Held back, by their identity: new ones, and others whose reason is another now.
        self.held_back: dict[int, Alert] = {}
        self.recoveries: list[tuple[int, Alert, int]] = []

    def _to_route(self, reports: Sequence[AlertReport]) -> Iterator[AlertReport]:
        """Those of which something may become: not what repeats what fires already."""
        over = {report.fingerprint for report in reports if report.status != "firing"}
        for report in reports:
            if report.status == "firing":
                known = self.firing.get(report.fingerprint)
                if known is None or known.suppression or _is_newer(report, known) or report.fingerprint in over:
                    yield report

    def take(self, number: int, report: AlertReport) -> None:
        """Judge one alert of the batch of that number."""
        known = self.firing.get(report.fingerprint)
        if report.status != "firing":
            if known is None or _is_older(report, known):
                self.received[number].unknown += 1
            else:
                self._resolve(number, known, report.ends_at)
        elif known is None:
            self._fire(number, report)
        elif _is_newer(report, known):
            # Nobody told us that the old one was over; a newer start says so.
            self._resolve(number, known, report.starts_at)
            self._fire(number, report)
        else:
            known.count += 1
            known.last_received_at = self.now
            if known.pk:
                self.repeated[known.pk] = known
            self.received[number].repeats += 1
            if known.suppression:
                self._judge_again(number, report, known)

    def let_go(self, report: AlertReport) -> None:
        """Judge again an alert that is held back, of which nothing new was told."""
        known = self.firing.get(report.fingerprint)
        if known is not None and known.suppression:
            self._judge_again(0, report, known)

    def _judge_again(self, number: int, report: AlertReport, known: Alert) -> None:
        held, targets = self._why(report)
        if held is None:
            # What began long ago is known of from now on.
            self._join(number, replace(report, starts_at=None), self.routes[id(report)], known)
        else:
            self._hold(number, known, held, targets)

    def _why(self, report: AlertReport) -> tuple[Held | None, Targets | None]:
        """What holds back an alert, and whose it would be; both None where nothing holds back anything."""
        if not self.holding:
            return None, None
        route = self.routes[id(report)]
        targets = self.routing.targets(route, self.known.of([report]))
        return self.holding.why(route.case, targets), targets

    def _hold(self, number: int, alert: Alert, held: Held, targets: Targets | None) -> None:
        assert targets is not None, "whatever holds something back knows whose it is"
        self.received[number].held[held.by, held.key] += 1
        self.firing[alert.fingerprint] = alert
        if holding.is_news(alert, held, self.now):
            holding.put(alert, held, targets)
            self.held_back[id(alert)] = alert

    def _fire(self, number: int, report: AlertReport) -> None:
        route = self.routes[id(report)]
        if route.row is not None:
            self.matched[route.row.pk] += 1
        alert = Alert(
            integration=self.integration,
            fingerprint=report.fingerprint,
            title=report.title,
            summary=report.summary,
            severity=report.severity or "",
            service=report.service or "",
            group_key=report.group_key,
            labels=report.labels,
            annotations=report.annotations,
            links=report.links,
            starts_at=report.starts_at,
            received_at=self.now,
            last_received_at=self.now,
        )
        held, targets = self._why(report)
        if held is None:
            self._join(number, report, route, alert)
        else:
            self._hold(number, alert, held, targets)

    def _join(self, number: int, report: AlertReport, route: Route, alert: Alert) -> None:
        """Let an alert join the incident of its group, or the one that will be opened for that."""
        key = route.key
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(self.held.get(self.current.get(key, 0)), route)
        place = self.places[report.fingerprint] = group.incident.pk if group.incident else key
        group.was_quiet |= not self.left[place]
        self.left[place] += 1
        group.reports.append(report)
        group.alerts.append(alert)
        group.batches[number] += 1
        alert.incident = group.incident
        if alert.pk:
            holding.release(alert)
            group.released.append(alert)
        self.firing[report.fingerprint] = alert

    def _resolve(self, number: int, alert: Alert, ends_at: datetime | None) -> None:
        del self.firing[alert.fingerprint]
        alert.status = Alert.Status.RESOLVED
        alert.ends_at = ends_at or self.now
        alert.last_received_at = self.now
        if alert.pk:
            self.ended[alert.pk] = alert
            self.repeated.pop(alert.pk, None)
        if alert.suppression:
            self.received[number].held[holding.reason(alert)] += 1
            return
        place = self.places[alert.fingerprint]
        self.left[place] -= 1
        self.recoveries.append((number, alert, self.left[place]))


def firing_of(incidents: Iterable[int]) -> Counter[int]:
    """How many alerts of each incident fire, by its key."""
    found = Alert.objects.filter(incident__in=incidents, status=Alert.Status.FIRING).order_by()
    return Counter(dict(found.values_list("incident").annotate(Count("pk"))))


def _is_newer(report: AlertReport, known: Alert) -> bool:
    return report.starts_at is not None and (known.starts_at is None or report.starts_at > known.starts_at)


def _is_older(report: AlertReport, known: Alert) -> bool:
    """Whether it tells of a time before the one that fires: news that was overtaken."""
    return bool(report.starts_at and known.starts_at and report.starts_at < known.starts_at)
