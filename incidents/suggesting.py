"""Ways to stop the bleeding that what is known suggests: the changes that may have done it, likeliest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Case, IntegerField, Value, When

from incidents import phases, ranking
from incidents.models import Change, ChangeMark, Incident
from teams.models import User

HOURS = 24
# So many changes are weighed, the nearest services first; nobody reads more.
WEIGHED = 200
# So far along dependencies trouble is looked for.
STEPS = 4
# So many earlier marks say how often a service's changes were the cause.
REMEMBERED = 300
State = ChangeMark.State
PLACES = {State.CAUSED: 0, State.SUSPECT: 1, State.FIXED: 2}
NOT_COUNTED = (phases.Phase.CANCELLED, phases.Phase.MERGED)
Key = tuple[int, str]


@dataclass(slots=True)
class Suggestion:
    """A change with why it stands where it stands. `minutes` before the trouble began, negative: after; `steps` to its
    service, None: elsewhere. `mark` is a `ChangeMark.State` or empty."""

    change: Change
    facts: ranking.Facts
    score: float
    reason: str
    mark: str = ""
    marked_by: str = ""
    last_deploy: bool = False

    @property
    def minutes(self) -> float:
        return self.facts.minutes

    @property
    def kind(self) -> str:
        return self.facts.kind

    @property
    def steps(self) -> int | None:
        return self.facts.steps

    @property
    def own(self) -> bool:
        return self.facts.steps == 0

    @property
    def before(self) -> bool:
        return self.facts.minutes >= 0

    @property
    def worth_taking_back(self) -> bool:
        """On the way to the trouble, before it began, and neither ruled out nor what fixed it."""
        return self.before and self.steps is not None and self.mark not in (State.DISMISSED, State.FIXED)

    @property
    def mark_label(self) -> str:
        return State(self.mark).label if self.mark else ""


def reached_from(services: Collection[int]) -> dict[int, int]:
    """The services themselves (0) and what they depend on, however indirectly, by key with the fewest steps."""
    if not services:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE reached(id, steps) AS (
                SELECT id, 0 FROM unnest(%s::bigint[]) AS id
                UNION
                SELECT d.depends_on_id, r.steps + 1
                FROM teams_servicedependency d JOIN reached r ON d.service_id = r.id
                WHERE r.steps < %s
            )
            SELECT id, min(steps) FROM reached GROUP BY id
            """,
            [list(services), STEPS],
        )
        return dict(cursor.fetchall())


def reached(incident: Incident) -> dict[int, int]:
    """`reached_from` the services of an incident."""
    return reached_from([service.pk for service in incident.services.all()])


def suggested(incident: Incident, user: User, *, hours: int = HOURS) -> list[Suggestion]:
    """Changes since `hours` before it began, on its services, on what these depend on, and of its team: what was said
    to have caused it, what is suspected, the last deploy, and then the likeliest first. What was ruled out is last.

    At most five queries, one fewer where the services are prefetched.
    """
    services = list(incident.services.all())
    near = reached_from([service.pk for service in services])
    changes = list(_weighed(incident, near, hours))
    if not changes:
        return []
    marks = {mark.change_id: mark for mark in incident.marks.select_related("by")}
    past = _past(incident, user, {change.service_id for change in changes if change.service_id})
    of = services[0].name if len(services) == 1 else "its services"
    found = []
    for change in changes:
        facts = _facts(change, incident.began_at, near, past)
        why = ranking.reason(facts, change.service.name if change.service else "", of)
        mark = marks.get(change.pk)
        said_by = str(mark.by or "") if mark else ""
        found.append(Suggestion(change, facts, ranking.score(facts), why, mark.state if mark else "", said_by))
    found.sort(key=lambda each: (-each.score, -each.change.pk))
    if last := _last_deploy(found):
        last.last_deploy = True
    return sorted(found, key=_place)


def _weighed(incident: Incident, reached: dict[int, int], hours: int) -> Iterable[Change]:
    near = [When(service__in=[pk for pk, n in reached.items() if n == steps], then=Value(steps)) for steps in (0, 1)]
    rows = Change.objects.around(incident, reached, hours=hours).select_related("service__rollback_webhook")
    rows = rows.annotate(near=Case(*near, default=Value(2), output_field=IntegerField()))
    return rows.order_by("near", "-at", "-pk")[:WEIGHED]


def _past(incident: Incident, user: User, services: Collection[int]) -> tuple[Counter[Key], Counter[Key]]:
    """How many changes of a service and a kind were the cause of earlier incidents, and how many were looked at."""
    caused: Counter[Key] = Counter()
    judged: Counter[Key] = Counter()
    if not services:
        return caused, judged
    counted = Incident.objects.visible_to(user).exclude(phase__in=NOT_COUNTED).exclude(pk=incident.pk)
    rows = ChangeMark.objects.filter(change__service__in=services, incident__in=counted.filter(drill=False))
    told = ("change__service", "change__summary", "change__source", "change__details", "state")
    for service, summary, source, details, state in rows.order_by("-pk").values_list(*told)[:REMEMBERED]:
        key = (service, ranking.kind_of(summary, source, details))
        # What fixed the trouble is no case for or against the change that brought it.
        judged[key] += state != State.FIXED
        caused[key] += state == State.CAUSED
    return caused, judged


def _facts(
    change: Change, began_at: datetime, reached: dict[int, int], past: tuple[Counter[Key], Counter[Key]]
) -> ranking.Facts:
    kind = ranking.kind_of(change.summary, change.source, change.details)
    caused, judged = past
    key = (change.service_id or 0, kind)
    minutes = (began_at - change.at).total_seconds() / 60
    return ranking.Facts(minutes, reached.get(change.service_id or 0), kind, caused[key], judged[key])


def _last_deploy(found: Iterable[Suggestion]) -> Suggestion | None:
    """The last one before it began, on the nearest service that had any; not one that was ruled out."""
    deploys = [each for each in found if each.kind == ranking.DEPLOY and each.before and each.steps is not None]
    deploys = [each for each in deploys if each.mark != State.DISMISSED]
    return min(deploys, key=lambda each: (each.steps, each.minutes, -each.change.pk), default=None)


def _place(each: Suggestion) -> int:
    """In which group it stands; within one, the order is kept."""
    if each.mark == State.DISMISSED:
        return 9
    return PLACES.get(State(each.mark), 2) if each.mark else 2 if each.last_deploy else 3
