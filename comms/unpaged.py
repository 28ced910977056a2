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
    """A sentence for somebody whom `run` has not paged, "" for somebody whom it has. A few queries for each step."""
    if run.pages.filter(user=user).exists():
        return ""
    policy = escalation.from_json(run.snapshot)
    if not policy.steps and policy.fallback is None:
        return f"{run.policy or 'No policy'}: there was no step to take."
    aside = ""
    for level, step in enumerate(policy.steps):
        for target in step.targets:
            if _stands_behind(target, user, run, level):
                return _kept(run, policy, level, target)
            aside = aside or _off_duty(target, user, run, level)
    if aside:
        return aside
    if policy.fallback_user_id == user.pk:
        return "The policy's fallback is paged where a step finds nobody, and each that was taken found somebody."
    return "No step of the policy names this person, a team of theirs or a schedule that they are on."


def _looked(run: EscalationRun, level: int) -> Consideration | None:
    """The first thing that the run made of a step, None for one that it never came to."""
    return run.considerations.filter(level=level).order_by("pk").first()


def _stands_behind(target: escalation.Target, user: User, run: EscalationRun, level: int) -> bool:
    everybody = replace(target, way="everybody") if target.way == "round_robin" else target
    looked = _looked(run, level)
    return user in paging.resolve(everybody, looked.at if looked else timezone.now(), look_only={})


def _kept(run: EscalationRun, policy: escalation.Policy, level: int, target: escalation.Target) -> str:
    name, looked = paging.name_of(target), _looked(run, level)
    where = f"Step {level + 1} names this person through {name}"
    if looked is None:
        if run.state == State.RUNNING:
            return f"{where}; it has not been reached yet."
        return f"{where}, and was not reached: {run.ended_reason}."
    if looked.outcome == Outcome.PASSED:
        return f"{where}, and was passed over: {looked.why}."
    if target.way == "round_robin":
        return f"{where}, and it was somebody else's turn."
    return f"{where} now, and did not when the step was taken."


def _off_duty(target: escalation.Target, user: User, run: EscalationRun, level: int) -> str:
    """Of a schedule whose rotation somebody is in, while another was on call."""
    if target.kind != "schedule" or target.way != "on_call":
        return ""
    if not LayerMember.objects.in_effect().filter(layer__schedule=target.id, user=user).exists():
        return ""
    looked = _looked(run, level)
    if looked is None:
        return ""
    name = paging.name_of(target)
    there = run.considerations.filter(level=level, target=name, user__isnull=False).select_related("user").first()
    then = f"that was {there.user.name}" if there and there.user else "that was nobody"
    return f"Step {level + 1} pages whoever is on call in {name}, and when it was taken {then}."
