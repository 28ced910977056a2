"""Runs' steps: who is paged now, what was made of every target, and when each run looks again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from incidents import timeline, urgency
from incidents.actions.escalation.runs import end, managers, page_again, severities_of, stop
from incidents.actions.escalation.targets import Asking, Called
from incidents.actions.facts import try_lock_all
from incidents.models import Consideration, EscalationRun, Incident, Page
from incidents.phases import Phase
from incidents.timeline import Kind, Line
from teams import escalation, faultpoints, moments, reach
from teams.models import User, Webhook

log = logging.getLogger(__name__)
State = EscalationRun.State
Outcome = Consideration.Outcome
RETRY = (5, 15, 30, 60, 120)
# Runs of one transaction: large enough that its queries count for little, small enough that a worse one, which goes
# first in the next, is never long in coming.
AT_ONCE = 100


def due(now: datetime, *, passed: Collection[int] = (), limit: int = AT_ONCE) -> list[int]:
    """Runs that are due: those of the worst severity that any has, the longest waiting first, but not those that were
    `passed`."""
    weight = Coalesce("severity", Value(urgency.UNKNOWN))
    weighed = (
        EscalationRun.objects.due(now).exclude(pk__in=passed).annotate(weight=weight).order_by("weight", "due_at", "pk")
    )
    found = list(weighed.values_list("pk", "weight")[:limit])
    # The others come in the next transaction: what is critical does not wait until they are written, too.
    return [pk for pk, each in found if each == found[0][1]]


def advance_due(*, budget: float = 1.0) -> tuple[int, bool]:
    """Advance what is due for about `budget` seconds, the worst first. Returns how many runs took a step, and whether
    some that are due may be left."""
    end = time.monotonic() + budget
    done = 0
    passed: set[int] = set()
    while keys := due(moments.now(), passed=passed):
        taken = advance_all(keys)
        done += taken
        if taken < len(keys):
            # Somebody holds some of them at this moment: they take the step, or the next sweep does.
            passed |= set(keys)
        if time.monotonic() >= end:
            return done, True
    return done, False


def advance(run_pk: int) -> bool:
    """Take the step of a run that is due. Returns whether it did anything."""
    return bool(advance_all([run_pk]))


def advance_all(keys: Sequence[int]) -> int:
    """Take the steps of runs that are due: pages, history and each one's next `due_at` in one transaction.

    Returns how many did anything; a run that somebody else holds, or that is not due, is left alone, so two sweepers
    can't page twice. Where a step raises, each is taken by itself, and that one is tried again later rather than lost.
    """
    try:
        did = _advance(keys)
        faultpoints.reached("advanced")
        return did
    except Exception:
        if len(keys) > 1:
            log.exception("%s escalation runs could not advance together; each goes by itself", len(keys))
            return sum(advance_all([pk]) for pk in keys)
        log.exception("escalation run %s could not advance and will be tried again", keys[0])
        _try_again(keys[0])
        return 0


@transaction.atomic
def _try_again(run_pk: int) -> None:
    run = EscalationRun.objects.select_for_update().get(pk=run_pk)
    if run.due_at is not None:
        run.attempts += 1
        run.due_at = moments.now() + timedelta(seconds=RETRY[min(run.attempts, len(RETRY)) - 1])
        run.save(update_fields=["attempts", "due_at"])


def hurry(page: Page) -> bool:
    """Let the next step of a page's run be due now, because nothing can reach the page's person. Nothing happens where
    somebody else of the same step may still answer, or a later step was taken. Returns whether it did."""
    others = Page.objects.filter(run=page.run_id, loop=page.loop, level=page.level).exclude(pk=page.pk)
    if others.exists():
        return False
    later = Page.objects.filter(run=page.run_id, pk__gt=page.pk)
    return bool(
        not later.exists()
        and EscalationRun.objects.filter(pk=page.run_id, state=State.RUNNING).update(due_at=moments.now())
    )


@dataclass(slots=True)
class Step:
    """A run that takes its step, and what was decided for it."""

    run: EscalationRun
    incident: Incident
    policy: escalation.Policy
    severity: int | None
    decision: escalation.Decision[Called]

    @property
    def people(self) -> list[tuple[User, escalation.Target]]:
        return [(each, target) for each, target in self.decision.people if isinstance(each, User)]

    @property
    def webhooks(self) -> list[Webhook]:
        return [each for each, _ in self.decision.people if isinstance(each, Webhook)]


@transaction.atomic
def _advance(keys: Sequence[int]) -> int:
    # Somebody may work on an incident at this moment; the others' pages don't wait for that.
    incidents = try_lock_all(Incident.objects.filter(runs__in=keys))
    now = moments.now()
    locked = (
        EscalationRun.objects.due(now).select_for_update(skip_locked=True, of=("self",)).filter(incident__in=incidents)
    )
    found = {run.pk: run for run in locked.filter(pk__in=keys).select_related("request__team")}
    steps: list[Step] = []
    asking = Asking(now)
    severities = severities_of([incidents[run.incident_id] for run in found.values()])
    policies: dict[str, escalation.Policy] = {}
    for run in (found[pk] for pk in keys if pk in found):
        incident = incidents[run.incident_id]
        if run.state == State.ACKNOWLEDGED:
            _come_back(run, incident)
        elif run.request_id is not None and not incident.is_active:
            end(run, State.STOPPED, incident.get_phase_display())
        elif not incident.is_active:
            stop(incident, State.STOPPED, incident.get_phase_display(), by=None, at=now, quiet=True)
        else:
            steps.append(_decided(run, incident, severities[incident.pk], asking, policies))
    _take(steps, asking, now)
    faultpoints.reached("advancing")
    return len(found)


def _decided(
    run: EscalationRun,
    incident: Incident,
    severity: int | None,
    asking: Asking,
    policies: dict[str, escalation.Policy],
) -> Step:
    snapshot = json.dumps(run.snapshot)
    policy = policies.get(snapshot)
    if policy is None:
        policy = policies[snapshot] = escalation.from_json(run.snapshot)
    decision = escalation.decide(
        policy, run.level, run.loop, asking.people, lambda step: step.holds(severity, asking.at)
    )
    asking.paged(decision.people)
    return Step(run, incident, policy, severity, decision)


def _take(steps: list[Step], asking: Asking, now: datetime) -> None:
    """Write down what was decided: considerations, pages, history and when each run looks again."""
    Consideration.objects.bulk_create(row for step in steps for row in _considered(step, asking))
    ended = [step for step in steps if step.decision.exhausted]
    going = [step for step in steps if not step.decision.exhausted]
    pages = Page.objects.bulk_create(page for step in going for page in _pages(step, asking))
    of_run: dict[int, list[Page]] = {}
    for page in pages:
        of_run.setdefault(page.run_id, []).append(page)
    joined = Incident.participants.through
    joined.objects.bulk_create(
        {(p.incident_id, p.user_id): joined(incident_id=p.incident_id, user_id=p.user_id) for p in pages}.values(),
        ignore_conflicts=True,
    )
    lost = reach.lost({page.user_id: page.user for page in pages}.values())
    _go_on(going, of_run, lost, now)
    lines: list[Line] = []
    for step in steps:
        lines += _gaps(step, asking)
        if step.decision.exhausted:
            continue
        mine = of_run.get(step.run.pk, [])
        lines += _unreachable(step, [page.user for page in mine if page.user_id in lost])
        if step.decision.people:
            lines.append(_sent(step, mine))
    lines += [_exhausted(step, now) for step in ended]
    timeline.record_all(lines)


def _go_on(steps: list[Step], pages: dict[int, list[Page]], lost: set[int], now: datetime) -> None:
    """Set the next position of each run and when it is due: at once where nobody of the step can be reached."""
    places: dict[tuple[int, int, datetime, int | None], list[int]] = {}
    for step in steps:
        mine, decision = pages.get(step.run.pk, []), step.decision
        hopeless = bool(mine) and all(page.user_id in lost for page in mine)
        due_at = now if hopeless else now + decision.delay
        place = (decision.next_level, decision.next_loop, due_at, step.severity)
        places.setdefault(place, []).append(step.run.pk)
    for (level, loop, due_at, severity), keys in places.items():
        EscalationRun.objects.filter(pk__in=keys).update(
            level=level, loop=loop, due_at=due_at, attempts=0, severity=severity
        )


def _come_back(run: EscalationRun, incident: Incident) -> None:
    """The answer has lasted as long as the policy lets it: whoever gave it has not declared the incident."""
    run.due_at = None
    run.save(update_fields=["due_at"])
    if incident.phase != Phase.DETECT or incident.acknowledged_at is None:
        return
    by = incident.acknowledged_by or "Somebody"
    page_again(incident, f"{by} acknowledged, and nobody declared it in time: it pages again", run=run)


def _considered(step: Step, asking: Asking) -> Iterator[Consideration]:
    """A row for everything that the decision looked at, in words that stay true when its rows change."""
    run, decision = step.run, step.decision
    for level in decision.passed:
        yield Consideration(
            run=run,
            loop=run.loop,
            level=level,
            target=f"Step {level + 1}",
            outcome=Outcome.PASSED,
            why=_condition(step.policy.steps[level], step.severity),
        )
    seen: set[Called] = set()
    paged = dict(decision.people)
    for level, target, found in decision.asked:
        name = asking.name(target)[:200]
        if not found:
            yield Consideration(
                run=run, loop=run.loop, level=level, target=name, outcome=Outcome.NOBODY, why=_nobody(target)
            )
        for each in found:
            outcome = Outcome.ALREADY if each in seen or each not in paged else Outcome.PAGED
            seen.add(each)
            yield Consideration(
                run=run,
                loop=run.loop,
                level=level,
                target=name,
                user=each if isinstance(each, User) else None,
                outcome=outcome if isinstance(each, User) else Outcome.CALLED,
            )


def _condition(step: escalation.Step, severity: int | None) -> str:
    if step.worst_level is not None and severity is not None and severity > step.worst_level:
        return f"Only for severities up to SEV{step.worst_level}, and this is SEV{severity}"
    return f"Only in its hours, on the clock of {step.zone}"


def _nobody(target: escalation.Target) -> str:
    if target.kind == "schedule":
        return "Nobody is on call" if target.way == "on_call" else "Nobody is in its rotation"
    return {"user": "Has left", "team": "Nobody is in the team", "webhook": "It was removed"}[target.kind]


def _pages(step: Step, asking: Asking) -> Iterable[Page]:
    decision = step.decision
    for user, target in step.people:
        yield Page(
            incident=step.incident,
            run=step.run,
            user=user,
            level=decision.level,
            loop=decision.loop,
            urgency=asking.urgency(step.severity),
            severity=step.severity,
            target_kind=target.kind,
            target_id=target.id,
            target_way=target.way,
            why=_why(asking.name(target), decision.level, decision.used_fallback)[:200],
        )


def _why(name: str, level: int, used_fallback: bool) -> str:
    if used_fallback:
        return f"Fallback of the policy: nobody was on call for step {level + 1}"
    return f"Step {level + 1} of the policy: {name}"


def _sent(step: Step, pages: list[Page]) -> Line:
    decision, webhooks = step.decision, step.webhooks
    told = [f"Paged {', '.join(page.user.name for page in pages)}"] if pages else []
    told += [f"Called the webhook {', '.join(hook.name for hook in webhooks)}"] if webhooks else []
    return timeline.line(
        step.incident,
        Kind.PAGE,
        "page.sent",
        "; ".join(told) + (" again" if decision.loop else ""),
        by=None,
        data={
            "pages": [page.pk for page in pages],
            "run": step.run.pk,
            "level": decision.level,
            "loop": decision.loop,
            **({"webhooks": [hook.pk for hook in webhooks]} if webhooks else {}),
        },
    )


def _unreachable(step: Step, lost: list[User]) -> Iterator[Line]:
    """Somebody without any way to be reached can't be paged: that is said."""
    if lost:
        yield timeline.line(
            step.incident,
            Kind.PAGE,
            "page.undeliverable",
            f"No e-mail address and no other way to page: {', '.join(user.name for user in lost)}",
            by=None,
            notify=[user for user in managers(step.incident) if user not in lost],
        )


def _gaps(step: Step, asking: Asking) -> Iterator[Line]:
    decision = step.decision
    if decision.empty:
        names = ", ".join(asking.name(target) for target in decision.empty)
        yield timeline.line(
            step.incident,
            Kind.PAGE,
            "page.gap",
            f"Nobody on call: {names}." + (" The policy's fallback is paged." if decision.used_fallback else ""),
            by=None,
            notify=managers(step.incident),
        )


def _exhausted(step: Step, now: datetime) -> Line:
    """End a run that has nobody left to page."""
    run = step.run
    asked = run.request.team if run.request else None
    nobody = not run.pages.exists()
    run.state, run.due_at, run.ended_at = State.EXHAUSTED, None, now
    run.ended_reason = "The policy names nobody" if nobody else "Nobody answered"
    run.save()
    return timeline.line(
        step.incident,
        Kind.PAGE,
        "page.exhausted",
        ("There was nobody to page" if nobody else "Nobody answered the pages")
        + (f" of {asked.name}" if asked else "")
        + ". Team managers and administrators were told.",
        by=None,
        data={"run": run.pk},
        notify=managers(step.incident, asked),
    )
