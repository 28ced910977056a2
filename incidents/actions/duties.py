"""The checklist of a role, ticked on the record, and reminders that are put off."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions.facts import lock
from incidents.models import DutyDone, Incident, NudgeSnooze, RoleDuty
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

SNOOZE = timedelta(minutes=15)


@transaction.atomic
def tick(incident_pk: int, duty: RoleDuty, *, by: User, done: bool = True) -> Incident:
    """Tick a duty of a role, or take that back. Whoever is of the incident may, so that a deputy can help; who did is
    on the timeline. What is so already leaves no trace. Raises Blocked where the incident is over."""
    incident = lock(incident_pk, by=by)
    if not incident.is_open:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    standing = DutyDone.objects.filter(incident=incident, duty=duty)
    if standing.exists() == done:
        return incident
    if done:
        DutyDone.objects.create(incident=incident, duty=duty, done_by=by, done_at=timezone.now())
    else:
        standing.delete()
    timeline.record(
        incident,
        Kind.ROLE,
        "role.duty_done" if done else "role.duty_undone",
        f"{by} ticked for {duty.role.name}: {duty.text}" if done else f"{by} took back: {duty.text}",
        by=by,
        data={"role": duty.role.slug, "duty": duty.pk},
    )
    return incident


@transaction.atomic
def snooze(incident_pk: int, key: str, *, by: User) -> NudgeSnooze:
    """Put a reminder off for everybody of the incident, for `SNOOZE`. `key` is that of a `nudges.Nudge`."""
    incident = lock(incident_pk, by=by)
    until = timezone.now() + SNOOZE
    made, _ = NudgeSnooze.objects.update_or_create(incident=incident, key=key[:60], defaults={"until": until, "by": by})
    # Every open page looks again; nothing of it belongs on the timeline.
    Incident.objects.filter(pk=incident.pk).update(version=incident.version + 1)
    return made
