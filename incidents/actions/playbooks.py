"""Playbooks: kept by teams, started in incidents, and checked off there on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from incidents import phases, timeline
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.models import Incident, Playbook, PlaybookRun, PlaybookStep, RunStep
from incidents.models.playbook import MOST_STEPS
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.models import Role, Team, User

WRITTEN = ("kind", "title", "summary", "phases")
RELATED = ("services", "types", "severities")
State = RunStep.State
PAST = {State.DONE: "Done", State.SKIPPED: "Skipped", State.OPEN: "To do again"}


@dataclass(frozen=True, slots=True)
class StepGiven:
    """A step as it is written down: whose it is by a role or by a person, or neither."""

    text: str
    role: Role | None = None
    person: User | None = None


@transaction.atomic
def keep(
    playbook: Playbook | None, *, by: User, team: Team, steps: Sequence[StepGiven] | None = None, **given: Any
) -> Playbook:
    """Write a playbook, or change one; `given` has those of `WRITTEN` and `RELATED` that change, `steps` replaces them
    all. What runs in incidents stays as it was started.

    Raises Blocked naming all that is wrong, PermissionDenied unless they may keep playbooks of the team."""
    permits.require(by, "deck.change", team)
    if playbook is None:
        row = Playbook(team=team, created_at=moments.now())
    else:
        row = _locked(playbook)
        permits.require(by, "deck.change", row)
        row.team = team
    for name in WRITTEN:
        if name in given:
            value = given[name]
            setattr(row, name, value.strip() if isinstance(value, str) else value)
    _check(row, steps)
    row.updated_at, row.updated_by = moments.now(), by
    row.save()
    for name in RELATED:
        if name in given:
            getattr(row, name).set(given[name])
    if steps is not None:
        _write(row, steps)
    return row


def _locked(playbook: Playbook) -> Playbook:
    return Playbook.objects.select_for_update(of=("self",)).select_related("team").get(pk=playbook.pk)


def _check(row: Playbook, steps: Sequence[StepGiven] | None) -> None:
    wrong = []
    if not row.title:
        wrong.append(Blocker("title_missing", "Say in a few words what it is for.", field="title"))
    elif Playbook.objects.kept().filter(team=row.team, title=row.title).exclude(pk=row.pk).exists():
        wrong.append(Blocker("title_taken", f"{row.team} has a playbook of this name already.", field="title"))
    if row.kind not in Playbook.Kind.values:
        wrong.append(Blocker("kind_unknown", "Choose playbook or runbook.", field="kind"))
    if unknown := sorted(set(row.phases) - {phase.value for phase in phases.PATH}):
        wrong.append(Blocker("phase_unknown", f"There is no phase {', '.join(unknown)}.", field="phases"))
    wrong += _wrong_steps(steps) if steps is not None else []
    if wrong:
        raise Blocked(wrong)


def _wrong_steps(steps: Sequence[StepGiven]) -> list[Blocker]:
    wrong = []
    if not steps:
        wrong.append(Blocker("steps_missing", "Write down at least one step.", field="steps"))
    if len(steps) > MOST_STEPS:
        wrong.append(Blocker("too_many_steps", f"Keep it to {MOST_STEPS} steps.", field="steps"))
    for number, step in enumerate(steps, 1):
        if not step.text.strip():
            wrong.append(Blocker("step_empty", f"Step {number} says nothing.", field="steps"))
        if step.role is not None and step.person is not None:
            wrong.append(Blocker("two_owners", f"Step {number} is a role's or a person's, not both.", field="steps"))
    return wrong


def _write(row: Playbook, steps: Sequence[StepGiven]) -> None:
    """Make the steps these; those that stay the same are left alone, so that the audit log tells what changed."""
    known = {step.position: step for step in row.steps.all()}
    for position, step in enumerate(steps, 1):
        kept = known.pop(position, None) or PlaybookStep(playbook=row, position=position)
        said = (step.text.strip(), step.role, step.person)
        if kept.pk is None or (kept.text, kept.role, kept.person) != said:
            kept.text, kept.role, kept.person = said
            kept.save()
    row.steps.filter(pk__in=[step.pk for step in known.values()]).delete()


@transaction.atomic
def retire(playbook: Playbook, *, by: User) -> Playbook:
    """Suggest it no more. Where it runs it goes on."""
    row = _locked(playbook)
    permits.require(by, "deck.change", row)
    if row.retired_at is None:
        row.retired_at = moments.now()
        row.save()
    return row


@transaction.atomic
def take_back(playbook: Playbook, *, by: User) -> Playbook:
    """Keep a retired one again."""
    row = _locked(playbook)
    permits.require(by, "deck.change", row)
    if Playbook.objects.kept().filter(team=row.team, title=row.title).exclude(pk=row.pk).exists():
        raise refuse("title_taken", f"{row.team} has another playbook of this name by now.", field="title")
    row.retired_at = None
    row.save()
    return row


VERBS = {"retire": retire, "take_back": take_back}


@transaction.atomic
def start(incident_pk: int, playbook: Playbook, *, by: User) -> PlaybookRun:
    """Put a playbook to work in an incident. Whom a step names is told, as far as they may see the incident. Raises
    Blocked where it runs there already or is not kept any more."""
    incident = lock(incident_pk, by=by)
    if not incident.is_open:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    if playbook.retired_at:
        raise refuse("playbook_retired", f"“{playbook}” is retired. Choose another.", field="playbook")
    if incident.playbook_runs.filter(playbook=playbook, ended_at=None).exists():
        raise refuse("runs_already", f"“{playbook}” runs here already.", field="playbook")
    steps = list(playbook.steps.select_related("person"))
    if not steps:
        raise refuse("steps_missing", f"“{playbook}” has no steps.", field="playbook")
    run = PlaybookRun.objects.create(
        incident=incident,
        playbook=playbook,
        title=playbook.title,
        kind=playbook.kind,
        started_by=by,
        started_at=moments.now(),
    )
    RunStep.objects.bulk_create(
        RunStep(run=run, position=number, text=step.text, role_id=step.role_id, person_id=step.person_id)
        for number, step in enumerate(steps, 1)
    )
    named = {step.person.pk: step.person for step in steps if step.person is not None and step.person.pk != by.pk}
    timeline.record(
        incident,
        Kind.PLAYBOOK,
        "playbook.started",
        f"{by} started “{run.title}”: {len(steps)} step{'s' if len(steps) > 1 else ''}",
        by=by,
        data={"run": run.pk, "playbook": playbook.pk},
        notify=[person for person in named.values() if permits.may(person, "incident.view", incident)],
    )
    return run


@transaction.atomic
def settle(step_pk: int, state: str, *, by: User, reason: str = "") -> RunStep:
    """Check a step off (`done`), skip it with a `reason` (`skipped`), or open it again (`open`), on the record. The
    last one ends the run. Raises Blocked."""
    known = RunStep.objects.select_related("run").get(pk=step_pk)
    incident = lock(known.run.incident_id, by=by)
    step = RunStep.objects.select_for_update(of=("self",)).select_related("run", "settled_by").get(pk=step_pk)
    run = step.run
    if state not in State.values:
        raise refuse("state_unknown", f"Choose one of: {', '.join(State.values)}.", field="state")
    if step.state == state:
        who = f" by {step.settled_by}" if step.settled_by else ""
        raise refuse("wrong_state", f"It is {step.get_state_display().lower()} already{who}.")
    if not incident.is_open:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    if state == State.SKIPPED and not reason.strip():
        raise refuse("reason_missing", "Say why it is skipped. It is kept on the timeline.", field="reason")
    if state == State.OPEN:
        _only_one_runs(run)
    now = moments.now()
    step.state = state
    step.settled_at, step.settled_by = (None, None) if state == State.OPEN else (now, by)
    step.reason = reason.strip()[:500] if state == State.SKIPPED else ""
    step.save()
    left = run.steps.filter(state=State.OPEN).count()
    run.ended_at = None if left else (run.ended_at or now)
    run.save()
    said = step.text.splitlines()[0][:160]
    timeline.record(
        incident,
        Kind.PLAYBOOK,
        f"playbook.step_{state}",
        f"{PAST[State(state)]}: {said} (step {step.position} of “{run.title}”)"
        + ("" if left else ". It was the last."),
        by=by,
        reason=step.reason,
        data={"run": run.pk, "step": step.position, "state": state, "left": left},
    )
    return step


def _only_one_runs(run: PlaybookRun) -> None:
    others = PlaybookRun.objects.filter(incident=run.incident_id, playbook=run.playbook_id, ended_at=None)
    if run.playbook_id is not None and run.ended_at is not None and others.exists():
        raise refuse("runs_already", f"“{run.title}” was started anew meanwhile. Go on there.")


@transaction.atomic
def put_away(run_pk: int, *, by: User, reason: str) -> PlaybookRun:
    """End a run before its last step, with a reason. Raises Blocked."""
    known = PlaybookRun.objects.get(pk=run_pk)
    incident: Incident = lock(known.incident_id, by=by)
    run = PlaybookRun.objects.select_for_update(of=("self",)).get(pk=run_pk)
    if run.ended_at is not None:
        raise refuse("wrong_state", f"“{run.title}” has ended already.")
    if not reason.strip():
        raise refuse("reason_missing", "Say why it is put away. It is kept on the timeline.", field="reason")
    run.ended_at = moments.now()
    run.save()
    left = run.steps.filter(state=State.OPEN).count()
    timeline.record(
        incident,
        Kind.PLAYBOOK,
        "playbook.put_away",
        f"{by} put “{run.title}” away with {left} step{'s' if left != 1 else ''} left",
        by=by,
        reason=reason.strip(),
        data={"run": run.pk, "left": left},
    )
    return run
