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
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar, cast
from zoneinfo import ZoneInfo

from teams.clock import WEEK, ticks
from teams.hours import Restriction, restrictions_from_json, utc, week_of

Person = TypeVar("Person", bound=Hashable)
Kind = Literal["schedule", "user", "team", "webhook"]
Way = Literal["on_call", "everybody", "round_robin"]

KINDS = ("schedule", "user", "team", "webhook")
WAYS = ("on_call", "everybody", "round_robin")
FALLBACK_DELAY = timedelta(minutes=5)
LEAST_ROUND_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(days=31)
MOST_REPEATS = 100


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step pages, by its id: a schedule, a user, a team or a webhook. `way` says who of a schedule or a team."""

    kind: Kind
    id: int
    way: Way = "on_call"


@dataclass(frozen=True, slots=True)
class Step:
    """Pages `targets`, then waits `delay` for an answer before the next step is due.

    Only for severities up to `worst_level` (1 is the worst) and in the `hours` of `zone`, where those are given; a
    severity that nobody knows yet is one of them.
    """

    delay: timedelta
    targets: tuple[Target, ...]
    worst_level: int | None = None
    hours: tuple[Restriction, ...] = ()
    zone: str = "UTC"

    def holds(self, severity: int | None, at: datetime) -> bool:
        """Whether the step is taken for a severity (its level) at the aware moment `at`."""
        if self.worst_level is not None and severity is not None and severity > self.worst_level:
            return False
        edges = week_of(self.hours)
        if edges is None:
            return True
        local = utc(at).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0)
        monday = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=local.weekday())
        now = ticks(local) - ticks(monday)
        # The last hours of a week may run into the next.
        spans = list(zip(edges[::2], edges[1::2], strict=True))
        return any(start <= moment < end for start, end in spans for moment in (now, now + WEEK))


@dataclass(frozen=True, slots=True)
class Policy:
    """`steps`, once and `repeat` more times; the fallback user is paged where a step finds nobody. An answer lasts
    `acknowledged_for`, None: for good."""

    steps: tuple[Step, ...]
    repeat: int = 0
    fallback_user_id: int | None = None
    acknowledged_for: timedelta | None = None

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
    - `passed`: levels of steps met on the way whose conditions did not hold.
    - `asked`: (level, target, who was found) for every target that was asked, the fallback too, in order.
    - `used_fallback`: the step found nobody, and the policy's fallback is paged instead.
    - `delay`, `next_level`, `next_loop`: when the run is due again, and at which position.
    - `exhausted`: nobody is paged, and the run is over. Empty `people` without it: nobody now, look again.
    """

    people: tuple[tuple[Person, Target], ...]
    level: int
    loop: int
    empty: tuple[Target, ...]
    passed: tuple[int, ...]
    asked: tuple[tuple[int, Target, tuple[Person, ...]], ...]
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


def decide(
    policy: Policy,
    level: int,
    loop: int,
    resolve: Callable[[Target], Iterable[Person]],
    holds: Callable[[Step], bool] = lambda _: True,
) -> Decision[Person]:
    """Whom to page now at (level, loop). `resolve` names a target's people now, none for a gap or a leaver; `holds`
    says whether a step's conditions are met.

    A step that finds nobody pages the fallback at once, and waits its own delay. Where the fallback resolves
    to nobody either, the next step is taken at once, as it is where a step's conditions don't hold. When a whole round
    finds nobody, the fallback is paged if no step has asked for it yet; else the run waits the last step's delay and
    looks again in its next loop, if one is left: somebody may have come on call by then.
    """
    asking = _Asking(resolve)
    fallback = (policy.fallback,) if policy.fallback is not None else ()
    steps, asked_fallback = _steps(policy), False
    last, due = (level, loop), plan(policy, level, loop)
    for _ in steps:
        if due.exhausted:
            break
        if not holds(steps[level]):
            asking.passed[level] = None
        elif people := asking.ask(level, due.targets):
            return asking.decided(due, level, loop, people)
        elif not set(fallback) <= set(due.targets):
            asked_fallback = True
            if people := asking.ask(level, fallback):
                return asking.decided(due, level, loop, people, used_fallback=True)
        last, delay = (level, loop), due.delay
        level, loop = due.next_level, due.next_loop
        due = plan(policy, level, loop)
    else:
        if not due.exhausted:
            due = Plan((), max(delay, LEAST_ROUND_DELAY), level, loop, exhausted=False)
    if asking.passed and not asked_fallback and (people := asking.ask(last[0], fallback)):
        # Conditions kept every step that was left from being taken: better the fallback than nobody. It is named by
        # the step that was met last.
        ends = Plan((), max(due.delay, LEAST_ROUND_DELAY), level, loop, exhausted=False)
        return asking.decided(ends, *last, people, used_fallback=True)
    return asking.decided(due, level, loop, {})


class _Asking(Generic[Person]):
    """Who was asked for on the way to a decision, and what was passed over."""

    def __init__(self, resolve: Callable[[Target], Iterable[Person]]) -> None:
        self.resolve = resolve
        self.asked: list[tuple[int, Target, tuple[Person, ...]]] = []
        self.passed: dict[int, None] = {}

    def ask(self, level: int, targets: Iterable[Target]) -> dict[Person, Target]:
        people: dict[Person, Target] = {}
        for target in targets:
            answer = tuple(self.resolve(target))
            self.asked.append((level, target, answer))
            for person in answer:
                people.setdefault(person, target)
        return people

    def decided(
        self, due: Plan, level: int, loop: int, people: dict[Person, Target], *, used_fallback: bool = False
    ) -> Decision[Person]:
        return Decision(
            tuple(people.items()),
            level,
            loop,
            tuple(dict.fromkeys(target for _, target, answer in self.asked if not answer)),
            tuple(self.passed),
            tuple(self.asked),
            used_fallback,
            due.delay,
            due.next_level,
            due.next_loop,
            due.exhausted,
        )


def to_json(policy: Policy) -> dict[str, Any]:
    """The snapshot: repeat, fallback_user_id, acknowledged_seconds and steps, each of delay_seconds, its conditions and
    targets of kind, id and way."""
    lasts = policy.acknowledged_for
    return {
        "repeat": policy.repeat,
        "fallback_user_id": policy.fallback_user_id,
        "acknowledged_seconds": None if lasts is None else int(lasts.total_seconds()),
        "steps": [
            {
                "delay_seconds": int(step.delay.total_seconds()),
                "targets": [{"kind": target.kind, "id": target.id, "way": target.way} for target in step.targets],
                "worst_level": step.worst_level,
                "hours": [
                    {
                        "weekdays": sorted(each.weekdays),
                        "start": each.start.isoformat("minutes"),
                        "end": each.end.isoformat("minutes"),
                    }
                    for each in step.hours
                ],
                "zone": step.zone,
            }
            for step in policy.steps
        ],
    }


def from_json(value: object) -> Policy:
    """The policy of a snapshot. Unknown keys are ignored; ValueError names the field that is wrong."""
    data = _object(value, "policy")
    steps = _list(data.get("steps"), "steps")
    fallback = data.get("fallback_user_id")
    lasts = data.get("acknowledged_seconds")
    return Policy(
        tuple(_step(step, f"steps[{index}]") for index, step in enumerate(steps)),
        _whole(data.get("repeat", 0), "repeat", 0, MOST_REPEATS),
        None if fallback is None else _whole(fallback, "fallback_user_id", 1),
        None if lasts is None else timedelta(seconds=_whole(lasts, "acknowledged_seconds", 1)),
    )


def _steps(policy: Policy) -> tuple[Step, ...]:
    if policy.steps or policy.fallback is None:
        return policy.steps
    return (Step(FALLBACK_DELAY, (policy.fallback,)),)


def _step(value: object, where: str) -> Step:
    data = _object(value, where)
    seconds = _whole(data.get("delay_seconds"), f"{where}.delay_seconds", 0, int(LONGEST_DELAY.total_seconds()))
    targets = _list(data.get("targets"), f"{where}.targets")
    worst = data.get("worst_level")
    try:
        hours = restrictions_from_json(data.get("hours") or [])
    except ValueError as error:
        raise ValueError(f"{where}.hours: {error}") from error
    return Step(
        timedelta(seconds=seconds),
        tuple(_target(target, f"{where}.targets[{index}]") for index, target in enumerate(targets)),
        None if worst is None else _whole(worst, f"{where}.worst_level", 1),
        hours,
        str(data.get("zone") or "UTC"),
    )


def _target(value: object, where: str) -> Target:
    data = _object(value, where)
    kind = data.get("kind")
    if kind not in KINDS:
        raise ValueError(f"{where}.kind: give one of {', '.join(KINDS)}, not {kind!r}")
    way = data.get("way", "on_call")
    if way not in WAYS:
        raise ValueError(f"{where}.way: give one of {', '.join(WAYS)}, not {way!r}")
    return Target(cast(Kind, kind), _whole(data.get("id"), f"{where}.id", 1), cast(Way, way))


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
