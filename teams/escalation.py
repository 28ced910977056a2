"""Whom an escalation pages next, and when it looks again. Pure: it knows neither clock nor rows.

A run stands at (level, loop), both from 0. The step at the level is paged at once; when its delay passes
without an answer, the next step is due; after the last step the policy starts over, `repeat` more times, and
then is exhausted. A run keeps its policy as a snapshot (`to_json`), which a later edit does not change.

    due = decide(policy, run.level, run.loop, resolve)
    page due.people; run.level, run.loop = due.next_level, due.next_loop
    run.due_at = None if due.exhausted else now + due.delay
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar, cast

Person = TypeVar("Person", bound=Hashable)

KINDS = ("schedule", "user", "team")
FALLBACK_DELAY = timedelta(minutes=5)
LEAST_ROUND_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(days=31)
MOST_REPEATS = 100


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step pages: a schedule's person on call, a user, or a whole team, by its id."""

    kind: Literal["schedule", "user", "team"]
    id: int


@dataclass(frozen=True, slots=True)
class Step:
    """Pages `targets`, then waits `delay` for an answer before the next step is due."""

    delay: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """`steps`, once and `repeat` more times; the fallback user is paged where a step finds nobody."""

    steps: tuple[Step, ...]
    repeat: int = 0
    fallback_user_id: int | None = None

    @property
    def fallback(self) -> Target | None:
        return None if self.fallback_user_id is None else Target("user", self.fallback_user_id)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due at a position. `exhausted`: nothing, nobody is left to page, and `targets` is empty."""

    targets: tuple[Target, ...]
    delay: timedelta
    next_level: int
    next_loop: int
    exhausted: bool


@dataclass(frozen=True, slots=True)
class Decision(Generic[Person]):
    """Whom to page now, after the targets were asked who they are.

    - `people`: each once, in the order of the targets, with the target that named them first.
    - `level`, `loop`: the position that is paged, later than the one asked for where steps found nobody.
    - `empty`: targets met on the way that resolved to nobody: gaps to tell the team about.
    - `used_fallback`: the step found nobody, and the policy's fallback is paged instead.
    - `delay`, `next_level`, `next_loop`: when the run is due again, and at which position.
    - `exhausted`: nobody is paged, and the run is over. Empty `people` without it: nobody now, look again.
    """

    people: tuple[tuple[Person, Target], ...]
    level: int
    loop: int
    empty: tuple[Target, ...]
    used_fallback: bool
    delay: timedelta
    next_level: int
    next_loop: int
    exhausted: bool


def plan(policy: Policy, level: int, loop: int) -> Plan:
    """What is due at (level, loop): its step's targets at once, and the next position after the step's delay.

    The last step of a round waits at least a minute, lest steps without delay page one person many times at
    once. A policy without steps pages its fallback, as if that were its only step. A position past the end,
    such as the one after the last step of the last loop, is exhausted. ValueError for a negative position.
    """
    if level < 0 or loop < 0:
        raise ValueError(f"no position {level}, {loop}: levels and loops count from 0")
    steps = _steps(policy)
    if level >= len(steps) or loop > policy.repeat:
        return Plan((), timedelta(0), level, loop, exhausted=True)
    step, last = steps[level], level + 1 == len(steps)
    delay = max(step.delay, LEAST_ROUND_DELAY) if last else step.delay
    return Plan(step.targets, delay, *after(policy, level, loop), exhausted=False)


def after(policy: Policy, level: int, loop: int) -> tuple[int, int]:
    """The position after (level, loop): the next step, or the first of the next loop.

    After the very last comes one past the end, which `plan` calls exhausted.
    """
    count = len(_steps(policy))
    if level + 1 < count or loop >= policy.repeat:
        return level + 1, loop
    return 0, loop + 1


def decide(policy: Policy, level: int, loop: int, resolve: Callable[[Target], Iterable[Person]]) -> Decision[Person]:
    """Whom to page now at (level, loop). `resolve` names a target's people now, none for a gap or a leaver.

    A step that finds nobody pages the fallback at once, and waits its own delay. Where the fallback resolves
    to nobody either, the next step is taken at once. When a whole round finds nobody, the run waits the last
    step's delay and looks again in its next loop, if one is left: somebody may have come on call by then.
    """
    empty: dict[Target, None] = {}
    due = plan(policy, level, loop)
    for _ in _steps(policy):
        if due.exhausted:
            break
        people = _resolved(due.targets, resolve, empty)
        fallback = policy.fallback
        used_fallback = not people and fallback is not None and fallback not in due.targets
        if used_fallback and fallback is not None:
            people = _resolved((fallback,), resolve, empty)
        if people:
            return _decision(due, level, loop, people, empty, used_fallback=used_fallback)
        level, loop, delay = due.next_level, due.next_loop, due.delay
        due = plan(policy, level, loop)
    else:
        if not due.exhausted:
            waits = Plan((), max(delay, LEAST_ROUND_DELAY), level, loop, exhausted=False)
            return _decision(waits, level, loop, {}, empty)
    return _decision(due, level, loop, {}, empty)


def to_json(policy: Policy) -> dict[str, Any]:
    """The snapshot: repeat, fallback_user_id, steps; a step has delay_seconds and targets of kind and id."""
    return {
        "repeat": policy.repeat,
        "fallback_user_id": policy.fallback_user_id,
        "steps": [
            {
                "delay_seconds": int(step.delay.total_seconds()),
                "targets": [{"kind": target.kind, "id": target.id} for target in step.targets],
            }
            for step in policy.steps
        ],
    }


def from_json(value: object) -> Policy:
    """The policy of a snapshot. Unknown keys are ignored; ValueError names the field that is wrong."""
    data = _object(value, "policy")
    steps = _list(data.get("steps"), "steps")
    fallback = data.get("fallback_user_id")
    return Policy(
        tuple(_step(step, f"steps[{index}]") for index, step in enumerate(steps)),
        _whole(data.get("repeat", 0), "repeat", 0, MOST_REPEATS),
        None if fallback is None else _whole(fallback, "fallback_user_id", 1),
    )


def _steps(policy: Policy) -> tuple[Step, ...]:
    if policy.steps or policy.fallback is None:
        return policy.steps
    return (Step(FALLBACK_DELAY, (policy.fallback,)),)


def _resolved(
    targets: Iterable[Target], resolve: Callable[[Target], Iterable[Person]], empty: dict[Target, None]
) -> dict[Person, Target]:
    people: dict[Person, Target] = {}
    for target in targets:
        found = list(resolve(target))
        if not found:
            empty[target] = None
        for person in found:
            people.setdefault(person, target)
    return people


def _decision(
    due: Plan,
    level: int,
    loop: int,
    people: dict[Person, Target],
    empty: Iterable[Target],
    *,
    used_fallback: bool = False,
) -> Decision[Person]:
    return Decision(
        tuple(people.items()),
        level,
        loop,
        tuple(empty),
        used_fallback,
        due.delay,
        due.next_level,
        due.next_loop,
        due.exhausted,
    )


def _step(value: object, where: str) -> Step:
    data = _object(value, where)
    seconds = _whole(data.get("delay_seconds"), f"{where}.delay_seconds", 0, int(LONGEST_DELAY.total_seconds()))
    targets = _list(data.get("targets"), f"{where}.targets")
    return Step(
        timedelta(seconds=seconds),
        tuple(_target(target, f"{where}.targets[{index}]") for index, target in enumerate(targets)),
    )


def _target(value: object, where: str) -> Target:
    data = _object(value, where)
    kind = data.get("kind")
    if kind not in KINDS:
        raise ValueError(f"{where}.kind: give one of {', '.join(KINDS)}, not {kind!r}")
    return Target(cast(Literal["schedule", "user", "team"], kind), _whole(data.get("id"), f"{where}.id", 1))


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: give an object")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: give a list")
    return value


def _whole(value: object, where: str, least: int, most: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        span = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise ValueError(f"{where}: give a whole number {span}, not {value!r}")
    return value
