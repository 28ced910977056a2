"""How services are: what is going on with each as far as somebody may see it, and where trouble reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from incidents.models import Incident
from teams.actions.services import dependencies
from teams.catalogue import graph
from teams.models import Service, User

# An incident that nobody has rated yet, behind those that somebody has.
UNRATED = 9
TONES = {1: "danger", 2: "warn", 3: "caution", 4: "neutral", UNRATED: "caution"}
STATES = (("trouble", "In trouble"), ("exposed", "Depends on trouble"), ("calm", "No trouble known"))


@dataclass(frozen=True, slots=True)
class Health:
    """`trouble`: an incident is going on, the worst first. `exposed`: none is, but with something that the service
    depends on (`sources`, the nearest first). Else `calm`, which is only as much as this person may know."""

    incidents: tuple[Incident, ...] = ()
    sources: tuple[int, ...] = ()

    @property
    def state(self) -> str:
        return "trouble" if self.incidents else "exposed" if self.sources else "calm"

    @property
    def worst(self) -> Incident | None:
        return next(iter(self.incidents), None)

    @property
    def level(self) -> int:
        """The severity of the worst incident; `UNRATED` where it has none."""
        return rank(self.incidents[0]) if self.incidents else UNRATED

    @property
    def tone(self) -> str:
        return TONES[self.level] if self.incidents else "caution" if self.sources else "ok"

    @property
    def symbol(self) -> str:
        if self.incidents:
            return "detect" if self.level == UNRATED else f"sev{self.level}"
        return "partial" if self.sources else "operational"

    @property
    def word(self) -> str:
        """What it is in a word or two."""
        if not self.incidents:
            return "Depends on trouble" if self.sources else "No trouble known"
        return "Not rated yet" if self.level == UNRATED else f"SEV{self.level}"


CALM = Health()


def rank(incident: Incident) -> int:
    return incident.severity_id or UNRATED


class Healths:
    """The health of every service as `user` may know it, in two queries."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def incidents(self) -> dict[int, list[Incident]]:
        """What is going on with each service, the worst first. Drills are none."""
        going_on = Incident.objects.visible_to(self.user).active().filter(drill=False)
        through = Incident.services.through.objects.filter(incident__in=going_on.values("pk"))
        found: dict[int, list[Incident]] = {}
        for row in through.select_related("incident__severity").order_by("incident_id"):
            found.setdefault(row.service_id, []).append(row.incident)
        return {service: sorted(rows, key=rank) for service, rows in found.items()}

    @cached_property
    def graph(self) -> dict[int, list[int]]:
        return dependencies()

    @cached_property
    def exposed(self) -> frozenset[int]:
        """Services that depend on one in trouble and are in none themselves."""
        reached = graph.reach(graph.turned(self.graph), self.incidents)
        return frozenset(reached.keys() - self.incidents.keys())

    def of(self, service: int) -> Health:
        if rows := self.incidents.get(service):
            return Health(tuple(rows), self._sources(service))
        return Health((), self._sources(service)) if service in self.exposed else CALM

    def _sources(self, service: int) -> tuple[int, ...]:
        return tuple(pk for pk in graph.reach(self.graph, [service]) if pk in self.incidents)

    def levels(self) -> Mapping[int, list[int]]:
        """Services in trouble by the severity of their worst incident."""
        found: dict[int, list[int]] = {}
        for service, rows in self.incidents.items():
            found.setdefault(rank(rows[0]), []).append(service)
        return found

    def in_state(self, state: str) -> Iterable[int]:
        """Services that are in `trouble`, or `exposed`."""
        return self.incidents if state == "trouble" else self.exposed


def named(services: Iterable[int]) -> dict[int, Service]:
    """Services by key with their teams. One query."""
    return {service.pk: service for service in Service.objects.filter(pk__in=list(services)).select_related("team")}
