"""What incidents have to do with each other: parts of a larger one, causes, recurrences, and what goes with it."""

from __future__ import annotations

from django.db import connection, transaction

from incidents import timeline
from incidents.actions import recurrence
from incidents.actions.facts import lock
from incidents.models import Incident, Relation
from incidents.models.relation import LOCK, REVERSE
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

KINDS = Relation.Kind


@transaction.atomic
def relate(incident_pk: int, other_pk: int, *, by: User | None, kind: str = KINDS.RELATED) -> Relation:
    """Say that an incident is `kind` of (or by) another one, on the timelines of both. Saying so twice changes nothing.
    Raises Blocked: an incident is part of one other at most, and never of its own parts."""
    if incident_pk == other_pk:
        raise refuse("target_same", "Choose another incident.", field="other")
    if kind not in KINDS.values:
        raise refuse("kind_unknown", f"Choose one of: {', '.join(KINDS.values)}.", field="kind")
    rows = {pk: lock(pk, by=by) for pk in sorted({incident_pk, other_pk})}
    incident, other = rows[incident_pk], rows[other_pk]
    if incident.drill != other.drill:
        raise refuse("drill_and_earnest", "A drill has nothing to do with a real incident.", field="other")
    known = Relation.objects.filter(incident__in=rows, other__in=rows, kind=kind).first()
    if known is not None:
        if known.incident_id != incident_pk and kind != KINDS.RELATED:
            raise refuse("related_the_other_way", "They are related the other way round already.", field="other")
        return known
    if kind == KINDS.PARENT:
        _may_be_part(incident, other)
    made = Relation.objects.create(incident=incident, other=other, kind=kind, created_by=by)
    _tell(made, incident, other, by, "relation.added", made.get_kind_display())
    if kind == KINDS.RECURS:
        recurrence.came_back(other, incident, by=by, called=named(incident))
    return made


@transaction.atomic
def unrelate(relation_pk: int, *, by: User) -> None:
    """Take a relation back, on the timelines of both."""
    made = Relation.objects.get(pk=relation_pk)
    rows = {pk: lock(pk, by=by) for pk in sorted({made.incident_id, made.other_id})}
    made = Relation.objects.select_for_update().get(pk=relation_pk)
    incident, other = rows[made.incident_id], rows[made.other_id]
    _tell(made, incident, other, by, "relation.removed", f"No longer {made.get_kind_display().lower()}")
    if made.kind == KINDS.RECURS:
        recurrence.not_after_all(other, incident)
    made.delete()


def _may_be_part(incident: Incident, parent: Incident) -> None:
    standing = incident.relations.filter(kind=KINDS.PARENT).first()
    if standing is not None:
        raise refuse("has_parent", "It is part of another incident already. Take that back first.", field="other")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    seen = {parent.pk}
    step: int | None = parent.pk
    while step is not None:
        step = Relation.objects.filter(incident=step, kind=KINDS.PARENT).values_list("other", flat=True).first()
        if step == incident.pk:
            raise refuse("part_in_circle", f"{parent.reference} is itself part of this one.", field="other")
        if step in seen:
            break
        if step is not None:
            seen.add(step)


def named(one: Incident) -> str:
    """How a timeline calls another incident: a private one is not named, since others read it. The page names it to
    whoever may see it."""
    return "a private incident" if one.private else f"{one.reference} {one.title}"


def _tell(made: Relation, incident: Incident, other: Incident, by: User | None, verb: str, word: str) -> None:
    """A line on each. Neither names a private incident to whom may not see it."""
    data = {"relation": made.pk, "kind": made.kind}
    text = f"{word} {named(other)}"
    timeline.record(incident, Kind.RELATION, verb, text, by=by, data={**data, "incident": other.pk})
    back = REVERSE[made.kind] if verb == "relation.added" else f"No longer: {REVERSE[made.kind].lower()}"
    text = f"{back} {named(incident)}"
    timeline.record(other, Kind.RELATION, verb, text, by=by, data={**data, "incident": incident.pk})
