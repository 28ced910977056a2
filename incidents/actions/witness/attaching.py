"""Attaching metrics to an incident, by hand and by themselves, and taking them away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F

from incidents import timeline
from incidents.actions.facts import lock
from incidents.actions.witness import probing
from incidents.models import Incident, MetricCheck, Witness
from incidents.problems import refuse
from incidents.timeline import Kind, Line
from teams import moments, permits
from teams.models import Service, User

# More than these and nobody looks at any of them.
MOST = 8
COPIED = tuple(name for name in probing.GIVEN if name not in ("url", "secret"))
Attach = MetricCheck.Attach


@transaction.atomic
def attach(incident_pk: int, *, by: User, check: MetricCheck | None = None, **given: Any) -> Witness:
    """Watch a metric during the incident: one of `check`, or as `given` says (`probing.GIVEN`). It is read at once.
    Raises Blocked."""
    incident = lock(incident_pk, by=by)
    if not incident.is_active:
        raise refuse(
            "incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}: reopen it first."
        )
    if incident.drill:
        raise refuse(
            "drill_has_its_own", "A drill shows what its story measures; nothing real is asked.", field="title"
        )
    standing = list(Witness.objects.standing().filter(incident=incident))
    if len(standing) >= MOST:
        raise refuse("too_many", f"{MOST} metrics are watched already. Remove one first.", field="title")
    if check is not None:
        if any(each.check_of_id == check.pk for each in standing):
            raise refuse("already_attached", f"{check.title} is watched already.")
        witness = _copy(check)
    else:
        witness = Witness()
        probing.fill(witness, given)
    _save(witness, incident, by)
    timeline.record_all([_line(witness, incident, by)])
    return witness


@transaction.atomic
def remove(witness_pk: int, *, by: User) -> Witness:
    """Watch it no longer. What was read of it stays with the incident. Raises Blocked."""
    known = Witness.objects.get(pk=witness_pk)
    incident = lock(known.incident_id, by=by)
    witness = Witness.objects.select_for_update().get(pk=witness_pk)
    if witness.removed_at is not None:
        raise refuse("already_removed", f"{witness.title} was removed already.")
    witness.removed_at, witness.removed_by = moments.now(), by
    witness.due_at = witness.leased_until = None
    # Nobody asks there again, so that nothing that opens a door is kept.
    witness.secret = witness.url = ""
    witness.save()
    timeline.record(
        incident,
        Kind.WITNESS,
        "metric.removed",
        f"{by} removed the metric {witness.title}",
        by=by,
        data={"metric": witness.pk},
    )
    return witness


def attach_themselves(incidents: Iterable[Incident]) -> None:
    """Attach what the services of the locked incidents have for where these stand, in the caller's transaction. What
    was attached before, or removed by somebody, is left alone. Two queries where there is nothing to attach."""
    wanted = {each.pk: each for each in incidents if each.is_active and not each.drill}
    named = Incident.services.through.objects.filter(incident__in=wanted).values_list("service", "incident")
    by_service: dict[int, list[int]] = {}
    for service, incident in named:
        by_service.setdefault(service, []).append(incident)
    checks = list(
        MetricCheck.objects.filter(service__in=by_service, attach__in=(Attach.OPEN, Attach.DECLARE)).order_by("pk")
    )
    if not checks:
        return
    known: dict[int, set[int | None]] = {}
    for incident, source in Witness.objects.filter(incident__in=wanted).values_list("incident", "check_of"):
        known.setdefault(incident, set()).add(source)
    lines: list[Line] = []
    for check in checks:
        for pk in by_service[check.service_id]:
            mine = known.setdefault(pk, set())
            early = check.attach == Attach.DECLARE and wanted[pk].declared_at is None
            if early or check.pk in mine or len(mine) >= MOST:
                continue
            mine.add(check.pk)
            witness = _copy(check)
            _save(witness, wanted[pk], None)
            lines.append(_line(witness, wanted[pk], None))
    timeline.record_all(lines)


def wake(incident: Incident) -> None:
    """Read the metrics of a locked incident that goes on again, in the caller's transaction."""
    now = moments.now()
    rows = Witness.objects.standing().filter(incident=incident)
    rows.update(due_at=now, tidy_at=now, proposed_at=None, leased_until=None, reads=F("reads") + 1)


@transaction.atomic
def keep(check: MetricCheck | None, service: Service, *, by: User, **given: Any) -> MetricCheck:
    """Make or change a metric of a service; incidents that watch it already go on as they were attached. Raises
    Blocked."""
    permits.require(by, "team.change", service)
    row = MetricCheck(service=service) if check is None else MetricCheck.objects.select_for_update().get(pk=check.pk)
    if "attach" in given:
        row.attach = given.pop("attach")
    probing.fill(row, given)
    if MetricCheck.objects.filter(service=service, title=row.title).exclude(pk=row.pk).exists():
        raise refuse("title_taken", f"{service} has a metric of that name already.", field="title")
    row.save()
    return row


@transaction.atomic
def drop(check: MetricCheck, *, by: User) -> None:
    """Take a metric of a service away. Incidents that watch it go on doing so."""
    permits.require(by, "team.change", check.service)
    check.delete()


def _copy(check: MetricCheck) -> Witness:
    witness = Witness(check_of=check, host=check.host, **{name: getattr(check, name) for name in COPIED})
    # As they are sealed: a key that is missing now must not hold up whoever declares an incident.
    for name in ("url", "secret"):
        witness.__dict__[name] = check.__dict__[name]
    return witness


def _save(witness: Witness, incident: Incident, by: User | None) -> None:
    now = moments.now()
    witness.incident, witness.attached_by = incident, by
    witness.attached_at = witness.due_at = witness.tidy_at = now
    witness.save()


def _line(witness: Witness, incident: Incident, by: User | None) -> Line:
    who = f"{by} attached a metric" if by else "A metric attached itself"
    return timeline.line(
        incident,
        Kind.WITNESS,
        "metric.attached",
        f"{who}: {witness.title}, to be {witness.rule}",
        by=by,
        data={"metric": witness.pk},
    )
