"""Where an alert goes: ordered rules, of which the first that matches decides, and the default that always does. Pure.

A rule's conditions are kept as JSON, one object each, and all of them have to hold:

    {"what": "label", "name": "env", "is": "one_of", "values": ["prod", "live"]}
    {"what": "text", "values": ["disk", "inode"]}                    any of them, in any case
    {"what": "severity", "values": ["critical", "page"]}             in the tool's own words
    {"what": "service", "values": [7]}, {"what": "integration", "values": [3]}
    {"what": "time", "zone": "Europe/Berlin", "inside": true,
     "hours": [{"weekdays": [0, 1], "start": "09:00", "end": "17:00"}]}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incidents import grouping
from incidents.sources import AlertReport
from teams.escalation import Step
from teams.hours import Restriction, restrictions_from_json
from teams.words import listed

MOST_CONDITIONS = 20
MOST_VALUES = 50
LONGEST_NAME = 200
LONGEST_VALUE = 500
LONGEST_WINDOW = 60 * 24 * 31
# How a label is compared, in words that go between its name and the values.
LABEL_TESTS = {
    "equals": "is",
    "not": "is not",
    "like": "is like",
    "one_of": "is one of",
    "present": "is there",
    "absent": "is not there",
}
WITHOUT_VALUES = frozenset({"present", "absent"})
ONE_VALUE = frozenset({"equals", "like"})
GROUPINGS = {
    "tool": "as the tool groups them",
    "labels": "by labels",
    "service": "by service",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class InvalidRuleError(ValueError):
    """What is wrong with a rule, by field: `conditions[2].values` and a sentence that says what to give."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{at}: {message}" for at, message in problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Case:
    """An alert and where it came in: the key of its integration, and those of the services that it is about."""

    report: AlertReport
    integration: int = 0
    services: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that has to hold. `name` and `test` are a label's; `keys` are rows, for a service or an integration."""

    what: str
    name: str = ""
    test: str = ""
    values: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()
    hours: tuple[Restriction, ...] = ()
    zone: str = "UTC"
    inside: bool = True

    def holds(self, case: Case, at: datetime) -> bool:
        return HOLDS[self.what](self, case, at)

    def sentence(self, names: Names) -> str:
        """What it asks for, in words."""
        if self.what == "label":
            values = [] if self.test in WITHOUT_VALUES else [f"“{value}”" for value in self.values]
            test = "is none of" if self.test == "not" and len(values) > 1 else LABEL_TESTS[self.test]
            return f"label {self.name} {test} {listed(values, 'or')}".strip()
        if self.what == "time":
            spans = ", ".join(_span(each) for each in self.hours)
            return f"{'within' if self.inside else 'outside'} {spans} ({self.zone})"
        if self.what == "text":
            return f"text contains {listed([f'“{value}”' for value in self.values], 'or')}"
        if self.what == "severity":
            return f"severity is {listed([f'“{value}”' for value in self.values], 'or')}"
        known = names.services if self.what == "service" else names.integrations
        gone = f"a {self.what} that is gone"
        told = listed([known.get(key, gone) for key in self.keys], "or")
        return f"service is {told}" if self.what == "service" else f"from {told}"

    def found(self, case: Case, at: datetime, names: Names) -> str:
        """What the alert has instead, in words."""
        report = case.report
        if self.what == "label":
            value = report.labels.get(self.name)
            return f"it has no label {self.name}" if value is None else f"it is “{_short(value)}”"
        if self.what == "time":
            return "it is not that time"
        if self.what == "text":
            return "its text has none of that"
        if self.what == "severity":
            return f"it says “{report.severity}”" if report.severity else "it says none"
        if self.what == "service":
            told = [names.services.get(key, "another") for key in case.services]
            return f"it is about {listed(told)}" if told else "it is about no service that is known"
        return f"it comes from {names.integrations.get(case.integration, 'another')}"


@dataclass(frozen=True, slots=True)
class Names:
    """What rows are called, by their keys."""

    services: dict[int, str] = field(default_factory=dict)
    integrations: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which alerts become one incident: `by` one of GROUPINGS. `minutes`: only while the incident was opened at most
    so long ago; None: as long as it is active."""

    by: str = "tool"
    labels: tuple[str, ...] = ()
    minutes: int | None = None

    @property
    def sentence(self) -> str:
        by = f"by {listed(self.labels)}" if self.by == "labels" else GROUPINGS[self.by]
        return by if self.minutes is None else f"{by}, for {self.minutes} min"


@dataclass(frozen=True, slots=True)
class Rule:
    """`key` 0 is a rule that is not kept yet. A private one never shares an incident with what is not private."""

    key: int
    name: str
    conditions: tuple[Condition, ...] = ()
    grouping: Grouping = field(default_factory=Grouping)
    private: bool = False
    is_default: bool = False

    def misses(self, case: Case, at: datetime) -> list[Condition]:
        """Those of its conditions that do not hold."""
        return [each for each in self.conditions if not each.holds(case, at)]

    def matches(self, case: Case, at: datetime) -> bool:
        return self.is_default or all(each.holds(case, at) for each in self.conditions)


# How the keys of groups that are not the tool's own begin.
OURS = ("rule:", "private:", "labels:", "service:", "tool:", "ceiling:")
# What happens where nobody made any rule.
DEFAULT = Rule(0, "Everything else", is_default=True)


@dataclass(frozen=True, slots=True)
class Routed:
    """The rule that decides for an alert, and those before it that were asked."""

    rule: Rule
    passed: tuple[Rule, ...] = ()


def decide(rules: Iterable[Rule], case: Case, at: datetime) -> Routed:
    """The first of `rules` that matches at the aware moment `at`; DEFAULT where none does."""
    passed: list[Rule] = []
    for rule in rules:
        if rule.matches(case, at):
            return Routed(rule, tuple(passed))
        passed.append(rule)
    return Routed(DEFAULT, tuple(passed))


def group_key(rule: Rule, case: Case) -> str:
    """The group within its integration (at most 320 characters), of which at most one incident is active.

    The default's is the tool's own, so that what was open before there were rules goes on. Where an alert has none of
    the labels, or is about no service that is known, it stays in the tool's group: what nobody described is not thrown
    together.
    """
    found = ""
    if rule.grouping.by == "labels":
        labels = case.report.labels
        if any(name in labels for name in rule.grouping.labels):
            found = "labels:" + _digest([[name, labels.get(name)] for name in sorted(rule.grouping.labels)])
    elif rule.grouping.by == "service" and case.services:
        found = f"service:{case.services[0]}"
    # A rule that was made private must not add to what everybody sees.
    begins = ("" if rule.is_default else f"rule:{rule.key}:") + ("private:" if rule.private else "")
    own = grouping.group_key(case.report)
    # No tool speaks its way into a rule's group.
    return begins + (found or (f"tool:{own}" if own.startswith(OURS) else own))


def is_over(rule_grouping: Grouping, opened_at: datetime, at: datetime) -> bool:
    """Whether an incident was opened too long ago to take a further alert."""
    return rule_grouping.minutes is not None and at - opened_at > timedelta(minutes=rule_grouping.minutes)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:40]


def is_like(text: str, pattern: str) -> bool:
    """Whether `text` is as `pattern` says, where each * stands for anything; in the same case. Its time grows with the
    length of both, whatever the pattern: no expression is made of it."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _label_holds(condition: Condition, case: Case, at: datetime) -> bool:
    value = case.report.labels.get(condition.name)
    if condition.test in WITHOUT_VALUES:
        return (value is not None) == (condition.test == "present")
    if condition.test == "not":
        return value not in condition.values
    if value is None:
        return False
    if condition.test == "like":
        return any(is_like(value, pattern) for pattern in condition.values)
    return value in condition.values


def _text_holds(condition: Condition, case: Case, at: datetime) -> bool:
    report = case.report
    text = "\n".join((report.title, report.summary, *report.annotations.values())).casefold()
    return any(value.casefold() in text for value in condition.values)


def _severity_holds(condition: Condition, case: Case, at: datetime) -> bool:
    said = (case.report.severity or "").strip().casefold()
    return any(said == value.casefold() for value in condition.values)


def _time_holds(condition: Condition, case: Case, at: datetime) -> bool:
    return Step(timedelta(), (), hours=condition.hours, zone=condition.zone).holds(None, at) == condition.inside


HOLDS: dict[str, Callable[[Condition, Case, datetime], bool]] = {
    "label": _label_holds,
    "text": _text_holds,
    "severity": _severity_holds,
    "service": lambda condition, case, at: not set(condition.keys).isdisjoint(case.services),
    "integration": lambda condition, case, at: case.integration in condition.keys,
    "time": _time_holds,
}


def conditions_from_json(value: object, *, is_zone: Callable[[str], bool] = lambda name: True) -> tuple[Condition, ...]:
    """Read conditions as they are kept. InvalidRuleError names every one that is wrong, by its place and field."""
    if not isinstance(value, list):
        raise InvalidRuleError([("conditions", "Give a list.")])
    if len(value) > MOST_CONDITIONS:
        raise InvalidRuleError([("conditions", f"Give at most {MOST_CONDITIONS}; make two rules of it.")])
    found: list[Condition] = []
    problems: list[tuple[str, str]] = []
    for index, item in enumerate(value):
        where = f"conditions[{index}]"
        try:
            found.append(_condition(item, where, is_zone))
        except InvalidRuleError as error:
            problems += error.problems
    if problems:
        raise InvalidRuleError(problems)
    return tuple(found)


def _condition(item: object, where: str, is_zone: Callable[[str], bool]) -> Condition:
    if not isinstance(item, dict):
        raise InvalidRuleError([(where, "Give an object with “what”.")])
    what = item.get("what")
    if what == "label":
        return _label(item, where)
    if what in ("text", "severity"):
        return Condition(what, values=_values(item, where))
    if what in ("service", "integration"):
        keys = item.get("values")
        if not isinstance(keys, list) or not keys or any(type(key) is not int for key in keys):
            raise InvalidRuleError([(f"{where}.values", f"Choose at least one {what}.")])
        return Condition(what, keys=tuple(keys[:MOST_VALUES]))
    if what == "time":
        return _time(item, where, is_zone)
    raise InvalidRuleError([(f"{where}.what", f"Give one of {listed(list(HOLDS), 'or')}.")])


def _label(item: dict[str, Any], where: str) -> Condition:
    name, test = item.get("name"), item.get("is")
    problems = []
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        problems.append((f"{where}.name", f"Give the label's name, at most {LONGEST_NAME} characters."))
    if test not in LABEL_TESTS:
        problems.append((f"{where}.is", f"Give one of {listed(list(LABEL_TESTS), 'or')}."))
    values: tuple[str, ...] = ()
    if test not in WITHOUT_VALUES:
        try:
            values = _values(item, where)
        except InvalidRuleError as error:
            problems += error.problems
        if test in ONE_VALUE and len(values) > 1:
            problems.append((f"{where}.values", "Give one value, or choose “is one of”."))
    if problems:
        raise InvalidRuleError(problems)
    return Condition("label", name=str(name).strip(), test=str(test), values=values)


def _values(item: dict[str, Any], where: str) -> tuple[str, ...]:
    values = item.get("values")
    if not isinstance(values, list) or any(not isinstance(each, str) for each in values):
        raise InvalidRuleError([(f"{where}.values", "Give a list of texts.")])
    given = tuple(dict.fromkeys(each.strip() for each in values if each.strip()))
    if not given:
        raise InvalidRuleError([(f"{where}.values", "Give at least one value.")])
    if len(given) > MOST_VALUES or any(len(each) > LONGEST_VALUE for each in given):
        raise InvalidRuleError(
            [(f"{where}.values", f"Give at most {MOST_VALUES} values of at most {LONGEST_VALUE} characters.")]
        )
    return given


def _time(item: dict[str, Any], where: str, is_zone: Callable[[str], bool]) -> Condition:
    zone, inside = item.get("zone", "UTC"), item.get("inside", True)
    if not isinstance(zone, str) or not is_zone(zone):
        raise InvalidRuleError([(f"{where}.zone", "Give a time zone such as Europe/Berlin.")])
    if not isinstance(inside, bool):
        raise InvalidRuleError([(f"{where}.inside", "Give true or false.")])
    try:
        hours = restrictions_from_json(item.get("hours"))
    except ValueError as error:
        raise InvalidRuleError([(f"{where}.hours", f"These hours can't be read: {error}.")]) from error
    if not hours:
        raise InvalidRuleError([(f"{where}.hours", "Choose at least one day.")])
    return Condition("time", hours=hours, zone=zone, inside=inside)


def grouping_from(by: str, labels: Sequence[str], minutes: int | None) -> Grouping:
    """Read how a rule groups. InvalidRuleError names what is wrong."""
    problems = []
    if by not in GROUPINGS:
        problems.append(("group_by", f"Give one of {listed(list(GROUPINGS), 'or')}."))
    names = tuple(dict.fromkeys(name.strip() for name in labels if name.strip()))
    if by == "labels" and not names:
        problems.append(("group_labels", "Name the labels whose values are the same in one incident."))
    if len(names) > MOST_CONDITIONS or any(len(name) > LONGEST_NAME for name in names):
        problems.append(("group_labels", f"Give at most {MOST_CONDITIONS} names of at most {LONGEST_NAME} characters."))
    if minutes is not None and not 1 <= minutes <= LONGEST_WINDOW:
        problems.append(("group_minutes", f"Give 1 to {LONGEST_WINDOW} minutes, or nothing."))
    if problems:
        raise InvalidRuleError(problems)
    return Grouping(by, names if by == "labels" else (), minutes)


def _span(each: Restriction) -> str:
    days = sorted(each.weekdays)
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        told = f"{DAYS[days[0]]} to {DAYS[days[-1]]}"
    else:
        told = " ".join(DAYS[day] for day in days)
    return f"{told} {each.start:%H:%M}–{each.end:%H:%M}"


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
