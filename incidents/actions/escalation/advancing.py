"""A run's steps: who is paged now, what was made of every target, and when the run looks again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from incidents import timeline
from incidents.actions.escalation.runs import managers, severity_of, start, stop, urgency_of
from incidents.actions.escalation.targets import Called, name_of, resolve
from incidents.actions.facts import try_lock
from incidents.models import Consideration, EscalationRun, Incident, Page
from incidents.phases import Phase
from incidents.timeline import Kind
from teams import escalation, faultpoints, moments, reach
from teams.models import User, Webhook

log = logging.getLogger(__name__)
State = EscalationRun.State
Outcome = Consideration.Outcome
RETRY = (5, 15, 30, 60, 120)


def due(now: datetime, limit: int = 100) -> list[int]:
    """Runs that are due, the longest waiting first."""
    return list(EscalationRun.objects.due(now).order_by("due_at").values_list("pk", flat=True)[:limit])


def advance(run_pk: int) -> bool:
    """Take the step of a run that is due: pages, history and the next `due_at` in one transaction.

    Returns whether it did anything; a run that somebody else holds, or that is not due, is left alone, so two
    sweepers can't page twice. A step that raises is tried again later rather than lost.
    """
    try:
        did = _advance(run_pk)
        faultpoints.reached("advanced")
        return did
    except Exception:
        log.exception("escalation run %s could not advance and will be tried again", run_pk)
        with transaction.atomic():
            run = EscalationRun.objects.select_for_update().get(pk=run_pk)
            if run.due_at is not None:
                run.attempts += 1
                run.due_at = moments.now() + timedelta(seconds=RETRY[min(run.attempts, len(RETRY)) - 1])
                run.save(update_fields=["attempts", "due_at"])
        return False


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


@transaction.atomic
def _advance(run_pk: int) -> bool:
    known = EscalationRun.objects.values_list("incident_id", flat=True).get(pk=run_pk)
    incident = try_lock(known)
    if incident is None:
        # Somebody works on it at this moment; the others' pages don't wait for that.
        return False
    now = moments.now()
    run = EscalationRun.objects.due(now).select_for_update(skip_locked=True).filter(pk=run_pk).first()
    if run is None:
        return False
    if run.state == State.ACKNOWLEDGED:
        _come_back(run, incident, now)
        return True
    if not incident.is_active:
        stop(incident, State.STOPPED, incident.get_phase_display(), by=None, at=now, quiet=True)
        return True
    severity = severity_of(incident)
    policy = escalation.from_json(run.snapshot)
    decision = escalation.decide(
        policy, run.level, run.loop, lambda target: resolve(target, now), lambda step: step.holds(severity, now)
    )
    Consideration.objects.bulk_create(_considered(run, policy, decision, severity))
    _tell_gaps(incident, decision.empty, decision.used_fallback)
    if decision.exhausted:
        _exhaust(run, incident, now)
        return True
    run.level, run.loop, run.attempts = decision.next_level, decision.next_loop, 0
    run.due_at = now + decision.delay
    run.save()
    if decision.people:
        _page(run, incident, decision, severity)
    faultpoints.reached("advancing")
    return True


def _come_back(run: EscalationRun, incident: Incident, now: datetime) -> None:
    """The answer has lasted as long as the policy lets it: whoever gave it has not declared the incident."""
    run.due_at = None
    run.save(update_fields=["due_at"])
    if incident.phase != Phase.DETECT or incident.acknowledged_at is None:
        return
    by, incident.acknowledged_at, incident.acknowledged_by = incident.acknowledged_by, None, None
    incident.save(update_fields=["acknowledged_at", "acknowledged_by"])
    timeline.record(
        incident,
        Kind.PAGE,
        "page.unacknowledged",
        f"{by or 'Somebody'} acknowledged, and nobody declared it in time: it pages again",
        by=None,
        data={"run": run.pk},
    )
    start(incident, by=None, due_at=now)


def _considered(
    run: EscalationRun, policy: escalation.Policy, decision: escalation.Decision[Called], severity: int | None
) -> Iterator[Consideration]:
    """A row for everything that the decision looked at, in words that stay true when its rows change."""
    for level in decision.passed:
        yield Consideration(
            run=run,
            loop=run.loop,
            level=level,
            target=f"Step {level + 1}",
            outcome=Outcome.PASSED,
            why=_condition(policy.steps[level], severity),
        )
    seen: set[Called] = set()
    paged = dict(decision.people)
    for level, target, found in decision.asked:
        name = name_of(target)[:200]
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


def _page(run: EscalationRun, incident: Incident, decision: escalation.Decision[Called], severity: int | None) -> None:
    urgency = urgency_of(severity)
    people = [(each, target) for each, target in decision.people if isinstance(each, User)]
    webhooks = [each for each, _ in decision.people if isinstance(each, Webhook)]
    pages = Page.objects.bulk_create(
        Page(
            incident=incident,
            run=run,
            user=user,
            level=decision.level,
            loop=decision.loop,
            urgency=urgency,
            severity=severity,
            target_kind=target.kind,
            target_id=target.id,
            target_way=target.way,
            why=_why(target, decision.level, decision.used_fallback)[:200],
        )
        for user, target in people
    )
    incident.participants.add(*[page.user for page in pages])
    _tell_unreachable(run, incident, [page.user for page in pages])
    told = [f"Paged {', '.join(page.user.name for page in pages)}"] if pages else []
    told += [f"Called the webhook {', '.join(hook.name for hook in webhooks)}"] if webhooks else []
    timeline.record(
        incident,
        Kind.PAGE,
        "page.sent",
        "; ".join(told) + (" again" if decision.loop else ""),
        by=None,
        data={
            "pages": [page.pk for page in pages],
            "run": run.pk,
            "level": decision.level,
            "loop": decision.loop,
            **({"webhooks": [hook.pk for hook in webhooks]} if webhooks else {}),
        },
    )


def _tell_unreachable(run: EscalationRun, incident: Incident, people: list[User]) -> None:
    """Somebody without any way to be reached can't be paged: that is said, and where nobody else is left the next step
    is due."""
    keys = reach.lost(people)
    lost = [user for user in people if user.pk in keys]
    if not lost:
        return
    timeline.record(
        incident,
        Kind.PAGE,
        "page.undeliverable",
        f"No e-mail address and no other way to page: {', '.join(user.name for user in lost)}",
        by=None,
        notify=[user for user in managers(incident) if user not in lost],
    )
    if len(lost) == len(people):
        run.due_at = moments.now()
        run.save(update_fields=["due_at"])


def _why(target: escalation.Target, level: int, used_fallback: bool) -> str:
    if used_fallback:
        return f"Fallback of the policy: nobody was on call for step {level + 1}"
    return f"Step {level + 1} of the policy: {name_of(target)}"


def _tell_gaps(incident: Incident, empty: tuple[escalation.Target, ...], used_fallback: bool) -> None:
    if empty:
        names = ", ".join(name_of(t) for t in empty)
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
