"""Paging: a run walks its policy until somebody answers. Its row is the whole plan, so that whatever crashes, the
next sweep goes on from it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions.facts import lock, try_lock
from incidents.models import EscalationRun, Incident, Page
from incidents.phases import Phase
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import escalation, oncall
from teams.models import EscalationPolicy, Organization, Schedule, Service, Team, User

log = logging.getLogger(__name__)
State = EscalationRun.State
RETRY = (5, 15, 30, 60, 120)
BETWEEN_RUNS = timedelta(minutes=5)
ANSWER_LASTS = timedelta(hours=1)


def policy_for(incident: Incident) -> EscalationPolicy | None:
    """The policy that pages for an incident: its services' (the most important tier first), its team's, the
    organization's."""
    services = incident.services.exclude(escalation_policy=None).select_related("escalation_policy")
    service: Service | None = services.order_by("tier", "pk").first()
    if service is not None:
        return service.escalation_policy
    if incident.team and incident.team.escalation_policy:
        return incident.team.escalation_policy
    return Organization.current().default_policy


def snapshot(policy: EscalationPolicy) -> escalation.Policy:
    """A policy's rows as the pure value that a run keeps."""
    steps = []
    for step in policy.steps.prefetch_related("targets"):
        targets = [_target(t) for t in step.targets.all()]
        steps.append(escalation.Step(timedelta(minutes=step.delay_minutes), tuple(targets)))
    return escalation.Policy(tuple(steps), policy.repeat, policy.fallback_user_id)


def _target(target: Any) -> escalation.Target:
    if target.schedule_id:
        return escalation.Target("schedule", target.schedule_id)
    return escalation.Target("user", target.user_id) if target.user_id else escalation.Target("team", target.team_id)


def start(incident: Incident, *, by: User | None, due_at: datetime | None = None) -> EscalationRun:
    """Begin to page whoever owns the incident, in the caller's transaction; the first page is due at once, or at
    `due_at`."""
    from incidents.tasks import escalate_run

    policy = policy_for(incident)
    run = EscalationRun.objects.create(
        incident=incident,
        policy=policy,
        snapshot=escalation.to_json(snapshot(policy)) if policy else {"steps": [], "repeat": 0},
        due_at=due_at or timezone.now(),
    )
    escalate_run.delay_on_commit(run.pk)
    return run


def resume(incident: Incident, *, was_quiet: bool) -> None:
    """Page again for an incident in Detect to which new alerts came, in the caller's transaction.

    Nothing happens while a run pages, or where somebody answered lately. An answer is forgotten when the trouble had
    gone and comes back an hour later or more. An alert that flaps starts a run every `BETWEEN_RUNS` at most.
    """
    now = timezone.now()
    if incident.phase != Phase.DETECT or incident.runs.filter(state=State.RUNNING).exists():
        return
    if incident.acknowledged_at is not None:
        if not was_quiet or now - incident.acknowledged_at < ANSWER_LASTS:
            return
        incident.acknowledged_at, incident.acknowledged_by = None, None
        incident.save(update_fields=["acknowledged_at", "acknowledged_by"])
    last = incident.runs.order_by("-pk").first()
    start(incident, by=None, due_at=max(now, last.started_at + BETWEEN_RUNS) if last else now)


def due(now: datetime, limit: int = 100) -> list[int]:
    """Runs that are due, the longest waiting first."""
    return list(EscalationRun.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:limit])


def advance(run_pk: int) -> bool:
    """Take the step of a run that is due: pages, history and the next `due_at` in one transaction.

    Returns whether it did anything; a run that somebody else holds, or that is not due, is left alone, so two
    sweepers can't page twice. A step that raises is tried again later rather than lost.
    """
    try:
        return _advance(run_pk)
    except Exception:
        log.exception("escalation run %s could not advance and will be tried again", run_pk)
        with transaction.atomic():
            run = EscalationRun.objects.select_for_update().get(pk=run_pk)
            if run.state == State.RUNNING:
                run.attempts += 1
                run.due_at = timezone.now() + timedelta(seconds=RETRY[min(run.attempts, len(RETRY)) - 1])
                run.save(update_fields=["attempts", "due_at"])
        return False


@transaction.atomic
def _advance(run_pk: int) -> bool:
    known = EscalationRun.objects.values_list("incident_id", flat=True).get(pk=run_pk)
    incident = try_lock(known)
    if incident is None:
        # Somebody works on it at this moment; the others' pages don't wait for that.
        return False
    now = timezone.now()
    run = EscalationRun.objects.due(now).select_for_update(skip_locked=True).filter(pk=run_pk).first()
    if run is None:
        return False
    if not incident.is_active:
        stop(incident, State.STOPPED, incident.get_phase_display(), by=None, at=now, quiet=True)
        return True
    policy = escalation.from_json(run.snapshot)
    decision = escalation.decide(policy, run.level, run.loop, lambda target: resolve(target, now))
    _tell_gaps(incident, decision.empty, decision.used_fallback)
    if decision.exhausted:
        _exhaust(run, incident, now)
        return True
    run.level, run.loop, run.attempts = decision.next_level, decision.next_loop, 0
    run.due_at = now + decision.delay
    run.save()
    if decision.people:
        _page(run, incident, decision)
    return True


def _page(run: EscalationRun, incident: Incident, decision: escalation.Decision[User]) -> None:
    pages = Page.objects.bulk_create(
        Page(
            incident=incident,
            run=run,
            user=user,
            level=decision.level,
            loop=decision.loop,
            why=_why(target, decision.level, decision.used_fallback),
        )
        for user, target in decision.people
    )
    incident.participants.add(*[page.user for page in pages])
    _tell_unreachable(run, incident, [page.user for page in pages])
    timeline.record(
        incident,
        Kind.PAGE,
        "page.sent",
        "Paged " + ", ".join(page.user.name for page in pages) + (" again" if decision.loop else ""),
        by=None,
        data={"pages": [page.pk for page in pages], "run": run.pk, "level": decision.level, "loop": decision.loop},
    )


def _tell_unreachable(run: EscalationRun, incident: Incident, people: list[User]) -> None:
    """Somebody without an address can't be paged: that is said, and where nobody else is left the next step is due."""
    lost = [user for user in people if not user.email]
    if not lost:
        return
    timeline.record(
        incident,
        Kind.PAGE,
        "page.undeliverable",
        f"No e-mail address to page: {', '.join(user.name for user in lost)}",
        by=None,
        notify=[user for user in managers(incident) if user not in lost],
    )
    if len(lost) == len(people):
        run.due_at = timezone.now()
        run.save(update_fields=["due_at"])


def resolve(target: escalation.Target, at: datetime) -> list[User]:
    """The people behind a target at `at`: who is on call, the person, or all of the team. None for a gap."""
    if target.kind == "schedule":
        schedule = Schedule.objects.select_related("team").filter(pk=target.id).first()
        return list(oncall.crew(schedule, at)) if schedule else []
    people = User.objects.present()
    if target.kind == "user":
        return list(people.filter(pk=target.id))
    return list(people.filter(memberships__team_id=target.id))


def _name(target: escalation.Target) -> str:
    model: Any = {"schedule": Schedule, "user": User, "team": Team}[target.kind]
    found = model.objects.filter(pk=target.id).first()
    return str(found) if found else f"a {target.kind} that no longer exists"


def _why(target: escalation.Target, level: int, used_fallback: bool) -> str:
    if used_fallback:
        return f"Fallback of the policy: nobody was on call for step {level + 1}"
    return f"Step {level + 1} of the policy: {_name(target)}"


def _tell_gaps(incident: Incident, empty: tuple[escalation.Target, ...], used_fallback: bool) -> None:
    if empty:
        names = ", ".join(_name(t) for t in empty)
        timeline.record(
            incident,
            Kind.PAGE,
            "page.gap",
            f"Nobody on call: {names}." + (" The policy's fallback is paged." if used_fallback else ""),
            by=None,
            notify=managers(incident),
        )


def _exhaust(run: EscalationRun, incident: Incident, now: datetime) -> None:
    nobody = not run.pages.exists()
    run.state, run.due_at, run.ended_at = State.EXHAUSTED, None, now
    run.ended_reason = "The policy names nobody" if nobody else "Nobody answered"
    run.save()
    timeline.record(
        incident,
        Kind.PAGE,
        "page.exhausted",
        "There was nobody to page. Team managers and administrators were told."
        if nobody
        else "Nobody answered the pages. Team managers and administrators were told.",
        by=None,
        data={"run": run.pk},
        notify=managers(incident),
    )


def managers(incident: Incident) -> list[User]:
    """Whom to tell when paging itself fails: the team's managers and the administrators."""
    people = User.objects.present()
    found = (
        people.filter(memberships__team=incident.team, memberships__role="manager") if incident.team else people.none()
    )
    return list(found.union(people.filter(role=User.Role.OWNER)))


@transaction.atomic
def acknowledge(incident_pk: int, *, by: User, page: Page | None = None) -> Incident:
    """Say "I have it": further paging stops. A second acknowledgement changes nothing and is no error; one after the
    incident is over raises Blocked."""
    incident = lock(incident_pk, by=by)
    now = timezone.now()
    Page.objects.filter(incident=incident, user=by, acknowledged_at=None).update(acknowledged_at=now)
    if incident.acknowledged_at is not None:
        return incident
    if incident.phase != Phase.DETECT and not incident.runs.filter(state=State.RUNNING).exists():
        if page is not None:
            return incident
        raise refuse("not_paging", f"{incident.reference} is past acknowledging: {incident.get_phase_display()}.")
    incident.acknowledged_at, incident.acknowledged_by = now, by
    incident.save(update_fields=["acknowledged_at", "acknowledged_by"])
    incident.participants.add(by)
    stop(incident, State.ACKNOWLEDGED, f"Acknowledged by {by}", by=by, at=now, quiet=True)
    timeline.record(incident, Kind.ACKNOWLEDGED, "page.acknowledged", f"{by} acknowledged", by=by)
    return incident


def answers_for(incident: Incident, user: User | None) -> bool:
    """Whether somebody who acts on an incident answers its pages by that: they were paged, or it is their team's. A
    stranger who declares it must not silence the people who can mend it."""
    if user is None:
        return False
    if incident.pages.filter(user=user).exists():
        return True
    return incident.team is not None and incident.team.memberships.filter(user=user).exists()


def stop(incident: Incident, state: str, reason: str, *, by: User | None, at: datetime, quiet: bool = False) -> None:
    """End the run that pages for an incident, if one does, in the caller's transaction."""
    run = incident.runs.select_for_update().filter(state=State.RUNNING).first()
    if run is None:
        return
    run.state, run.due_at, run.ended_at, run.ended_reason = state, None, timezone.now(), reason
    run.save()
    if not quiet and run.pages.exists():
        timeline.record(
            incident,
            Kind.PAGE,
            "page.stopped",
            f"Paging stopped: {reason}",
            by=by,
            occurred_at=at,
            data={"run": run.pk},
        )
