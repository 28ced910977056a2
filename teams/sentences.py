"""An escalation policy in sentences, for everybody who must know what it does before the night it does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from teams.models import EscalationPolicy, EscalationStep, EscalationTarget
from teams.versions import said_hours
from teams.words import listed

Way = EscalationTarget.Way
# The least severity there is: a step up to it is for all.
LOWEST = 4


def of_policy(policy: EscalationPolicy) -> list[str]:
    """What `policy` does, in order. Free of queries where `prefetched` fetched it."""
    steps = [(s.delay_minutes, [of_target(t) for t in s.targets.all()], of_condition(s)) for s in policy.steps.all()]
    return of_steps(steps, policy.repeat, str(policy.fallback_user or ""), policy.acknowledge_minutes)


def of_target(target: EscalationTarget) -> str:
    group = target.schedule or target.team
    if group and target.way == Way.ROUND_ROBIN:
        return f"one after the other in {group}"
    if target.schedule:
        everybody = target.way == Way.EVERYBODY
        return f"{'everybody in the rotation of' if everybody else 'whoever is on call in'} {target.schedule}"
    if target.team:
        return f"everybody in {target.team}"
    return f"the webhook {target.webhook.name}" if target.webhook else str(target.user or "nobody")


def of_condition(step: EscalationStep) -> str:
    """ "only for SEV1 and SEV2, only Mon to Fri 09:00–17:00 (Europe/Berlin)"; empty for a step that always holds."""
    parts = []
    if step.worst_level is not None and step.worst_level < LOWEST:
        parts.append(f"only for {listed([f'SEV{level}' for level in range(1, step.worst_level + 1)])}")
    if step.hours:
        hours = " and ".join(said_hours(each) for each in step.hours)
        parts.append(f"{hours if hours.startswith('every day') else f'only {hours}'} ({step.time_zone or 'UTC'})")
    return ", ".join(parts)


def of_steps(
    steps: Sequence[tuple[int, Sequence[str], str]], repeat: int, fallback: str, lasts: int | None = None
) -> list[str]:
    """Sentences for steps of (minutes to wait, whom, on which condition), which start over `repeat` times. `lasts`:
    minutes that an acknowledgement lasts."""
    said, waited = [], 0
    for minutes, targets, condition in steps:
        when = "At once" if waited == 0 else f"After {spell(waited)}"
        said.append(
            f"{when}{f', {condition}' if condition else ''}: "
            f"{listed(targets) or 'nobody, no one is named in this step'}."
        )
        waited += minutes
    if any(condition for *_, condition in steps):
        said.append("A step whose condition does not hold is passed over, and the next one is taken at once.")
    if steps and repeat:
        times = "once more" if repeat == 1 else f"up to {repeat} times more"
        said.append(f"After {spell(waited)} without an answer it starts over, {times}, and then gives up.")
    elif steps:
        said.append(f"After {spell(waited)} without an answer it gives up.")
    if fallback:
        nobody = "When a step finds nobody on call" if steps else "There are no steps"
        said.append(f"{nobody}: {fallback}, at once.")
    elif not steps:
        said.append("There are no steps and no fallback: nobody is paged.")
    else:
        said.append("When a step finds nobody on call, the next one is taken: there is no fallback person.")
    if steps and lasts:
        said.append(f"Acknowledged and not declared within {spell(lasts)}: it pages again.")
    return said


def prefetched(policies: Iterable[EscalationPolicy]) -> list[EscalationPolicy]:
    """`policies` with what the sentences need, in one query a kind of row."""
    from django.db.models import prefetch_related_objects

    rows = list(policies)
    prefetch_related_objects(
        rows,
        "fallback_user",
        "steps__targets__schedule__team",
        "steps__targets__user",
        "steps__targets__team",
        "steps__targets__webhook",
    )
    return rows


def spell(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d} min" if rest else f"{hours} h"
