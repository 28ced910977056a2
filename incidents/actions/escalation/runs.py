"""A run's begin and its end: whom an incident pages by, and what an answer does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from incidents import timeline, urgency
from incidents.actions.facts import lock
from incidents.models import Alert, EscalationRun, Incident, Page, Severity, TeamRequest
from incidents.phases import Phase
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import escalation, moments
from teams.hours import restrictions_from_json
from teams.models import EscalationPolicy, EscalationTarget, Organization, Service, Team, User

State = EscalationRun.State
BETWEEN_RUNS = timedelta(minutes=5)
# What came four times in half an hour came every ten minutes: if it fires for longer than that, it has stayed.
STAYS = timedelta(minutes=10)
ANSWER_LASTS = timedelta(hours=1)


def policy_for(incident: Incident) -> EscalationPolicy | None:
    """The policy that pages for an incident: the one that a routing rule chose, else its services' (the most important
    tier first), its team's, the organization's."""
    if incident.escalation_policy is not None:
        return incident.escalation_policy
    services = incident.services.exclude(escalation_policy=None).select_related("escalation_policy__team")
    return policy_of(services, incident.team)


def policy_of(services: Iterable[Service], team: Team | None) -> EscalationPolicy | None:
    """The policy that pages for trouble of these services, whose policies are loaded, and this team."""
    for service in sorted(services, key=lambda service: (service.tier, service.pk)):
        if service.escalation_policy is not None:
            return service.escalation_policy
    if team and team.escalation_policy:
        return team.escalation_policy
    return Organization.current().default_policy


def snapshot(policy: EscalationPolicy) -> escalation.Policy:
    """A policy's rows as the pure value that a run keeps."""
    steps = []
    for step in policy.steps.prefetch_related("targets"):
        targets = [_target(t) for t in step.targets.all()]
        steps.append(
            escalation.Step(
                timedelta(minutes=step.delay_minutes),
                tuple(targets),
                step.worst_level,
                restrictions_from_json(step.hours),
                step.time_zone or "UTC",
            )
        )
    lasts = policy.acknowledge_minutes
    return escalation.Policy(
        tuple(steps), policy.repeat, policy.fallback_user_id, timedelta(minutes=lasts) if lasts else None
    )


def _target(target: EscalationTarget) -> escalation.Target:
    way: Any = target.way
    if target.schedule_id:
        return escalation.Target("schedule", target.schedule_id, way)
    if target.team_id:
        return escalation.Target("team", target.team_id, "round_robin" if way == "round_robin" else "everybody")
    if target.user_id:
        return escalation.Target("user", target.user_id)
    assert target.webhook_id is not None, "a target is one thing"
    return escalation.Target("webhook", target.webhook_id)


def severity_of(incident: Incident) -> int | None:
    """The level of the incident's severity, or while nobody has set one what its alerts say; None: nobody knows."""
    return severities_of([incident])[incident.pk]


def severities_of(incidents: Iterable[Incident]) -> dict[int, int | None]:
    """`severity_of` of each of many, by their keys, in one query."""
    found = {incident.pk: incident.severity_id for incident in incidents}
    unset = [pk for pk, level in found.items() if level is None]
    words: dict[int, list[str]] = {pk: [] for pk in unset}
    if unset:
        firing = Alert.objects.filter(incident__in=unset, status=Alert.Status.FIRING).order_by()
        for pk, word in firing.values_list("incident", "severity").distinct():
            words[pk].append(word)
    return found | {pk: urgency.level_of(said) for pk, said in words.items()}


def urgencies() -> dict[int, str]:
    """By the level of each severity which of their rules people are paged by."""
    return dict(Severity.objects.values_list("level", "urgency"))


def urgency_of(severity: int | None, known: Mapping[int, str] | None = None) -> str:
    """By which of their rules people are paged for a severity; what nobody can judge is of high urgency. `known` are
    the `urgencies`, where somebody has them."""
    if severity is None:
        return "high"
    return (urgencies() if known is None else known).get(severity) or "high"


def start(incident: Incident, *, by: User | None, due_at: datetime | None = None) -> EscalationRun | None:
    """Begin to page whoever owns the incident, in the caller's transaction; the first page is due at once, or at
    `due_at`. None for a drill, which pages nobody."""
    runs = begin([(incident, policy_for(incident), severity_of(incident))], due_at=due_at)
    return runs[0] if runs else None


def begin(
    wanted: Sequence[tuple[Incident, EscalationPolicy | None, int | None]], *, due_at: datetime | None = None
) -> list[EscalationRun]:
    """Begin to page for many incidents, each given with its policy and its severity as it is known. Drills page nobody:
    the database refuses a run of theirs, too."""
    from incidents.tasks import escalate_due

    wanted = [each for each in wanted if not each[0].drill]
    if not wanted:
        return []
    due_at = due_at or moments.now()
    snapshots: dict[int | None, Any] = {None: {"steps": [], "repeat": 0}}
    for _, policy, _ in wanted:
        if policy is not None and policy.pk not in snapshots:
            snapshots[policy.pk] = escalation.to_json(snapshot(policy))
    runs = EscalationRun.objects.bulk_create(
        EscalationRun(
            incident=incident,
            policy=policy,
            snapshot=snapshots[policy.pk if policy else None],
            severity=severity,
            due_at=due_at,
        )
        for incident, policy, severity in wanted
    )
    escalate_due.delay_on_commit()
    return runs


def call_in(request: TeamRequest, policy: EscalationPolicy) -> EscalationRun:
    """Begin to page a team that is asked to help, in the caller's transaction; the first page is due at once."""
    from incidents.tasks import escalate_due

    run = EscalationRun.objects.create(
        incident=request.incident,
        request=request,
        policy=policy,
        snapshot=escalation.to_json(snapshot(policy)),
        severity=severity_of(request.incident),
        due_at=moments.now(),
    )
    escalate_due.delay_on_commit()
    return run


def resume(incident: Incident, *, was_quiet: bool, flaps: bool = False) -> None:
    """Page again for an incident in Detect, or one that a rule declared and nobody has taken yet, to which new alerts
    came, in the caller's transaction.

    Nothing happens while a run pages, or where somebody answered lately. An answer is forgotten when the trouble had
    gone and comes back an hour later or more. What comes and goes starts a run every `BETWEEN_RUNS` at most; where all
    that came `flaps`, it is paged for only if it is worse than before or fires for as long as `STAYS`.
    """
    now = moments.now()
    if not (incident.phase == Phase.DETECT or _waits_for_somebody(incident)):
        return
    running, last = _runs_of(incident)
    if running is not None and (running.level or running.loop or (running.due_at or now) <= now):
        return
    due_at = _again_at(incident, last, now, flaps=flaps)
    if running is not None:
        # It still waits with its first step, and what came now may not.
        if running.due_at is not None and due_at < running.due_at:
            running.due_at = due_at
            running.save(update_fields=["due_at"])
        return
    if incident.acknowledged_at is not None:
        if not was_quiet or now - incident.acknowledged_at < ANSWER_LASTS:
            return
        _forget_answer(incident)
    start(incident, by=None, due_at=due_at)


def _runs_of(incident: Incident) -> tuple[EscalationRun | None, EscalationRun | None]:
    """The run that pages for it, and the last of those that are over."""
    runs = list(incident.runs.own().order_by("-pk")[:2])
    running = runs.pop(0) if runs and runs[0].state == State.RUNNING else None
    return running, runs[0] if runs else None


def _again_at(incident: Incident, last: EscalationRun | None, now: datetime, *, flaps: bool) -> datetime:
    if last is None:
        return now
    if flaps and _weight(severity_of(incident)) >= _weight(last.severity):
        return now + STAYS
    return max(now, last.started_at + BETWEEN_RUNS)


def _weight(severity: int | None) -> int:
    return urgency.UNKNOWN if severity is None else severity


def _waits_for_somebody(incident: Incident) -> bool:
    """Whether it is declared and nobody has answered its page or accepted a role."""
    if incident.phase != Phase.DECLARE or incident.acknowledged_at is not None:
        return False
    return not incident.assignments.filter(accepted_at__isnull=False).exists()


def end(run: EscalationRun, state: str, reason: str) -> None:
    """End a run, and say why."""
    run.state, run.due_at, run.ended_at, run.ended_reason = state, None, moments.now(), reason[:200]
    run.save()


def managers(incident: Incident, team: Team | None = None) -> list[User]:
    """Whom to tell when paging itself fails: the managers of the incident's team and of `team`, and the
    administrators."""
    people = User.objects.present()
    of = [each for each in (incident.team, team) if each is not None]
    return list(User.objects.managing(*of).union(people.filter(role=User.Role.OWNER)))


@transaction.atomic
def acknowledge(
    incident_pk: int,
    *,
    by: User | None,
    page: Page | None = None,
    through: str = "",
    who: str = "",
    until: datetime | None = None,
) -> Incident:
    """Say "I have it": further paging stops. A second acknowledgement changes nothing and is no error; one after the
    incident is over raises Blocked. `through`: by which way it came, in words, where it was not the console. `by` None
    is somebody in a tool, `who` in its words. A `page` by which a team is called in is answered by its team's yes.

    Where the policy says how long an answer lasts, or somebody says `until` when, the run comes back then unless
    somebody has declared the incident.
    """
    if page is not None and by is not None and page.run.request_id is not None:
        from incidents.actions import crews

        return crews.accept(page.run.request_id, by=by, through=through).incident
    incident = lock(incident_pk, by=by)
    now = moments.now()
    if by is not None:
        Page.objects.filter(incident=incident, run__request=None, user=by, acknowledged_at=None).update(
            acknowledged_at=now
        )
    if incident.acknowledged_at is not None:
        return incident
    if incident.phase != Phase.DETECT and not incident.runs.own().filter(state=State.RUNNING).exists():
        if page is not None:
            return incident
        raise refuse("not_paging", f"{incident.reference} is past acknowledging: {incident.get_phase_display()}.")
    incident.acknowledged_at, incident.acknowledged_by = now, by
    incident.save(update_fields=["acknowledged_at", "acknowledged_by"])
    if by is not None:
        incident.participants.add(by)
    name = str(by or who)
    stop(incident, State.ACKNOWLEDGED, f"Acknowledged by {name}"[:200], by=by, at=now, quiet=True)
    _come_back(incident, now, until)
    said = f"{name} acknowledged" + (f" {through}" if through else "")
    if until is not None:
        said += f" until {until:%H:%M} UTC"
    timeline.record(
        incident, Kind.ACKNOWLEDGED, "page.acknowledged", said, by=by, data={"through": through} if through else None
    )
    return incident


@transaction.atomic
def take_back(incident_pk: int, *, who: str) -> None:
    """Somebody in a tool says that nobody has it after all: it pages again. Nothing happens where nobody had answered
    or the incident has gone on from Detect."""
    incident = lock(incident_pk, by=None)
    if incident.phase != Phase.DETECT or incident.acknowledged_at is None:
        return
    incident.runs.own().filter(state=State.ACKNOWLEDGED).update(due_at=None)
    page_again(incident, f"{who} took the acknowledgement back: it pages again")


def page_again(incident: Incident, why: str, *, run: EscalationRun | None = None) -> None:
    """Forget the answer to an incident's pages and begin anew, in the caller's transaction. `run` is the one whose
    acknowledgement ran out."""
    _forget_answer(incident)
    data = {"run": run.pk} if run else None
    timeline.record(incident, Kind.PAGE, "page.unacknowledged", why, by=None, data=data)
    start(incident, by=None)


def _forget_answer(incident: Incident) -> None:
    incident.acknowledged_at, incident.acknowledged_by = None, None
    incident.save(update_fields=["acknowledged_at", "acknowledged_by"])


def _come_back(incident: Incident, now: datetime, until: datetime | None) -> None:
    """Let the last run look again when the answer has lasted long enough."""
    run = incident.runs.own().order_by("-pk").first()
    if run is None or incident.phase != Phase.DETECT:
        return
    lasts = escalation.from_json(run.snapshot).acknowledged_for
    back = until or (None if lasts is None else now + lasts)
    if back is not None:
        run.state, run.due_at = State.ACKNOWLEDGED, back
        run.save(update_fields=["state", "due_at"])


def answers_for(incident: Incident, user: User | None) -> bool:
    """Whether somebody who acts on an incident answers its pages by that: they were paged, or it is their team's. A
    stranger who declares it must not silence the people who can mend it."""
    if user is None:
        return False
    if incident.pages.filter(user=user, run__request=None).exists():
        return True
    return incident.team is not None and incident.team.memberships.filter(user=user).exists()


def stop(incident: Incident, state: str, reason: str, *, by: User | None, at: datetime, quiet: bool = False) -> bool:
    """End the run that pages for an incident, in the caller's transaction; whether one did, and had paged anybody."""
    run = incident.runs.own().select_for_update().filter(state=State.RUNNING).first()
    if run is None:
        return False
    end(run, state, reason)
    paged = run.pages.exists()
    if not quiet and paged:
        timeline.record(
            incident,
            Kind.PAGE,
            "page.stopped",
            f"Paging stopped: {reason}",
            by=by,
            occurred_at=at,
            data={"run": run.pk, "answered": state == State.ACKNOWLEDGED},
        )
    return paged
