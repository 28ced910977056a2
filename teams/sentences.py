"""An escalation policy in sentences, for everybody who must know what it does before the night it does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from teams.models import EscalationPolicy, EscalationTarget
from teams.words import listed


def of_policy(policy: EscalationPolicy) -> list[str]:
    """What `policy` does, in order. Free of queries where `prefetched` fetched it."""
    steps = [(s.delay_minutes, [of_target(t) for t in s.targets.all()]) for s in policy.steps.all()]
    return of_steps(steps, policy.repeat, str(policy.fallback_user or ""))


def of_target(target: EscalationTarget) -> str:
    if target.schedule:
        return f"whoever is on call in {target.schedule}"
    if target.team:
        return f"everybody in {target.team}"
    return str(target.user or "nobody")


def of_steps(steps: Sequence[tuple[int, Sequence[str]]], repeat: int, fallback: str) -> list[str]:
    """Sentences for steps of (minutes to wait, whom), which start over `repeat` times."""
    said, waited = [], 0
    for minutes, targets in steps:
        when = "At once" if waited == 0 else f"After {spell(waited)}"
        said.append(f"{when}: {listed(targets) or 'nobody, no one is named in this step'}.")
        waited += minutes
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
    return said


def prefetched(policies: Iterable[EscalationPolicy]) -> list[EscalationPolicy]:
    """`policies` with what the sentences need, in three queries."""
    from django.db.models import prefetch_related_objects

    rows = list(policies)
    prefetch_related_objects(
        rows,
        "fallback_user",
        "steps__targets__schedule__team",
        "steps__targets__user",
        "steps__targets__team",
    )
    return rows


def spell(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d} min" if rest else f"{hours} h"
