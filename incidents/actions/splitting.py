"""Splitting an incident: what turns out to be trouble of its own goes on as a new one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from incidents import timeline
from incidents.actions import alerts, escalation, followers, lifecycle, relations
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.models import Alert, Incident, Relation, Severity, TimelineEntry
from incidents.problems import Blocked, refuse
from teams import moments, permits
from teams.models import Service, User

COPIED = "entry.copied"


@transaction.atomic
def split(
    incident_pk: int,
    *,
    by: User,
    title: str,
    severity: Severity | None,
    services: Sequence[Service] = (),
    alert_pks: Iterable[int] = (),
    entry_pks: Iterable[int] = (),
    reason: str = "",
) -> Incident:
    """Declare a new incident out of an active one, and return it. The alerts that were chosen move; entries stay where
    they are and are told again on the new one's timeline, at their own time, with a pointer. It is as private as the
    other, is followed by the same people, and its roles are filled from the rosters.

    Merged into the other, it is undone. Raises Blocked with all that is missing.
    """
    source = lock(incident_pk, by=by)
    if not source.is_active:
        raise refuse("incident_over", f"{source.reference} is {source.get_phase_display().lower()}.")
    if source.drill:
        raise refuse("drill_not_split", "A drill is one story and is not split.")
    chosen, entries = set(alert_pks), set(entry_pks)
    missing = []
    if not title.strip():
        missing.append(Blocker("title_missing", "Say in a few words what is wrong.", field="title"))
    if severity is None:
        missing.append(Blocker("severity_missing", "Choose a severity. When in doubt, the higher.", field="severity"))
    if not chosen and not entries:
        missing.append(Blocker("nothing_chosen", "Choose an alert or an entry that belongs to it.", field="entries"))
    if missing:
        raise Blocked(missing)
    told = list(TimelineEntry.objects.of(source, by).filter(pk__in=entries).order_by("pk"))
    if len(told) < len(entries):
        raise refuse("entry_elsewhere", "An entry that you chose is not of this incident.", field="entries")
    if any(entry.incident.private and entry.incident_id != source.pk for entry in told):
        raise refuse(
            "entry_private",
            "An entry that you chose is of a private incident that was merged into this one. Leave it where it is.",
            field="entries",
        )
    made = _opened(source, by, title.strip(), list(services), told, list(Alert.objects.filter(pk__in=chosen)))
    _copy(made, source, told, by)
    # What the organization asks for when one is declared was asked of the other; what that lacks holds up no split.
    inputs = {"severity": severity, "reason": reason or f"Split from {source.reference}"}
    lifecycle.perform("declare", made.pk, by=by, inputs=inputs, override=True)
    relations.relate(made.pk, source.pk, by=by, kind=Relation.Kind.SPLIT_FROM)
    if chosen:
        alerts.move(source.pk, chosen, to=made.pk, by=by, reason=reason)
    followers.carry(source, made)
    return Incident.objects.get(pk=made.pk)


def _opened(
    source: Incident,
    by: User,
    title: str,
    services: list[Service],
    entries: list[TimelineEntry],
    moved: list[Alert],
) -> Incident:
    team = source.team if source.private or not services else services[0].team
    permits.require(by, "incident.report", team)
    now = moments.now()
    times = [entry.occurred_at for entry in entries] + [alert.starts_at for alert in moved]
    made = Incident.objects.create(
        title=title[:200],
        team=team,
        private=source.private,
        type=source.type,
        drill=source.drill,
        reported_by=by,
        detected_at=min([now, *(at for at in times if at is not None)]),
    )
    made.services.set(services)
    for value in source.custom_values.all():
        value.pk, value.incident = None, made
        value.save()
    if source.private:
        made.shared_with.set(source.shared_with.all())
    made.participants.add(by)
    text = f"{by} split this from {source.reference}: {title}"
    timeline.record(made, timeline.Kind.REPORT, "incident.opened", text, by=by)
    escalation.start(made, by=by)
    return made


def _copy(made: Incident, source: Incident, entries: list[TimelineEntry], by: User) -> None:
    timeline.record_all(
        [
            timeline.line(
                made,
                entry.kind,
                COPIED,
                entry.text,
                by=by,
                occurred_at=entry.occurred_at,
                phase=entry.phase,
                reason=f"From {source.reference}, recorded by {entry.actor or 'Watchbill'}",
                data={"copy_of": entry.pk, "incident": source.pk},
            )
            for entry in entries
        ]
    )
