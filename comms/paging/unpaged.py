"""Why a run did not page somebody: how its policy could have come to them, and what kept it from that."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from incidents.actions import escalation as paging
from incidents.models import Consideration, EscalationRun
from teams import escalation
from teams.models import LayerMember, User

Outcome = Consideration.Outcome
State = EscalationRun.State


def why_not(run: EscalationRun, user: User) -> str:
    """A sentence for somebody whom `run` has not paged, "" for somebody whom it has. A few queries for each step, and
    none for the run's pages and considerations where they are loaded with it."""
    if any(page.user_id == user.pk for page in run.pages.all()):
        return ""
    policy = escalation.from_json(run.snapshot)
    if not policy.steps and policy.fallback is None:
        return f"{run.policy or 'No policy'}: there was no step to take."
    aside = ""
    for level, step in enumerate(policy.steps):
        seen = [each for each in run.considerations.all() if each.level == level]
        for target in step.targets:
            if _stands_behind(target, user, seen):
                return _kept(run, level, target, seen)
            aside = aside or _off_duty(target, user, level, seen)
    if aside:
        return aside
    if policy.fallback_user_id == user.pk:
        return "The policy's fallback is paged where a step finds nobody, and each that was taken found somebody."
    return "No step of the policy names this person, a team of theirs or a schedule that they are on."


def _stands_behind(target: escalation.Target, user: User, seen: list[Consideration]) -> bool:
    """`seen` is what the run made of the target's step, in order; nothing where it never came to it."""
    everybody = replace(target, way="everybody") if target.way == "round_robin" else target
    return user in paging.resolve(everybody, seen[0].at if seen else timezone.now(), look_only={})


def _kept(run: EscalationRun, level: int, target: escalation.Target, seen: list[Consideration]) -> str:
    where = f"Step {level + 1} names this person through {paging.name_of(target)}"
    if not seen:
        if run.state == State.RUNNING:
            return f"{where}; it has not been reached yet."
        return f"{where}, and was not reached: {run.ended_reason}."
    if seen[0].outcome == Outcome.PASSED:
        return f"{where}, and was passed over: {seen[0].why}."
    if target.way == "round_robin":
        return f"{where}, and it was somebody else's turn."
    return f"{where} now, and did not when the step was taken."


def _off_duty(target: escalation.Target, user: User, level: int, seen: list[Consideration]) -> str:
    """Of a schedule whose rotation somebody is in, while another was on call."""
    if target.kind != "schedule" or target.way != "on_call" or not seen:
        return ""
    if not LayerMember.objects.in_effect().filter(layer__schedule=target.id, user=user).exists():
        return ""
    name = paging.name_of(target)
    there = next((each.user for each in seen if each.target == name and each.user), None)
    then = f"that was {there.name}" if there else "that was nobody"
    return f"Step {level + 1} pages whoever is on call in {name}, and when it was taken {then}."
