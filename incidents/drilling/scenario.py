"""Scenarios: scripts of drills as people write them, in YAML. Pure. docs/drills.md describes the format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from incidents.drilling.script import (
    ALERT,
    CHANGE,
    EVENTS,
    LIMIT,
    METRIC,
    NOTE,
    RESOLVED,
    STEPS,
    Answer,
    Event,
    Hint,
    Metric,
    Script,
)
from teams.catalogue import documents
from teams.catalogue.documents import Node, Unreadable

MAX_BYTES = 64_000
MOST_EVENTS = 200
KINDS = (
    *("roll_back", "fail_over", "scale_up", "feature_off", "restart", "shed_load", "fix_forward", "watch", "other"),
)
FIELDS = {
    "": (
        *("title", "summary", "goals", "services", "severity", "roles", "targets", "metric"),
        *("events", "answers", "hints"),
    ),
    "metric": ("name", "unit", "good"),
    "event": ("at", *EVENTS),
    "answer": ("to", "about", "works", "events"),
    "hint": ("at", "until", "text"),
    ALERT: ("name", "title", "summary", "severity", "service", "labels"),
    CHANGE: ("summary", "service", "version"),
    NOTE: ("from", "text"),
}
_TIME = re.compile(r"(?P<sign>-?)(?:(?P<h>\d{1,3})h)? ?(?:(?P<m>\d{1,4})m)? ?(?:(?P<s>\d{1,5})s)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and in which line of the text, counted from 1; None where it is about the whole."""

    line: int | None
    text: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}" if self.line else self.text


def read(text: str) -> tuple[Script | None, list[Problem]]:
    """The script of a scenario, or None and everything that is wrong with it."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        return None, [Problem(None, f"That is more than {MAX_BYTES // 1000} kB. Make it shorter.")]
    try:
        found = documents.read(text)
    except Unreadable as error:
        return None, [Problem(error.line, str(error))]
    if len(found) != 1 or found[0].fields is None:
        return None, [Problem(None, "A scenario is one document with a title and events.")]
    reader = _Reader()
    script = reader.script(found[0])
    problems = sorted(reader.problems, key=lambda each: each.line or 0)
    return (None, problems) if problems else (script, [])


class _Reader:
    """Reads all that can be read, so that one answer says everything that is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.events = 0

    def script(self, top: Node) -> Script:
        self.known(top, "")
        script = Script(
            title=self.text(top, "title", most=120),
            summary=self.text(top, "summary", most=2000, wanted=False),
            goals=tuple(self.texts(top, "goals", most=300)),
            services=tuple(self.texts(top, "services", most=80)),
            severity=self.severity(top),
            roles=tuple(self.roles(top)),
            targets=self.targets(top),
            metric=self.metric(top),
            events=self.happens(top, "events"),
            answers=tuple(self.answer(node) for node in self.many(top, "answers")),
            hints=tuple(self.hint(node) for node in self.many(top, "hints")),
        )
        self.whole(top, script)
        return script

    def whole(self, top: Node, script: Script) -> None:
        """What no single place says: whether the parts fit together."""
        alerts = {e.data.get("name") for e in script.events if e.kind == ALERT}
        later = [e for answer in script.answers for e in answer.events]
        if not alerts and top.at("events"):
            self.wrong(top.at("events"), "Nobody would notice: let at least one alert fire.")
        for event in (*script.events, *later):
            if event.kind == RESOLVED and event.data.get("name") not in alerts:
                self.wrong(top.at("events"), f"“{event.data.get('name')}” is resolved and never fires.")
            if event.kind == METRIC and script.metric is None:
                self.wrong(top, "There are values and no metric that they are of. Add “metric:” with a name.")
                break
        if script.answers and not any(answer.works for answer in script.answers):
            self.wrong(top.at("answers"), "No mitigation works. Let at least one of the answers have “works: yes”.")
        if not script.answers and top.fields and "title" in top.fields:
            self.wrong(top, "Say under “answers:” which mitigation works, and what is seen then.")

    def wrong(self, node: Node | None, text: str) -> None:
        self.problems.append(Problem(node.line if node else None, text))

    def known(self, node: Node, kind: str) -> bool:
        """Whether it is a map; names in it that mean nothing are told of."""
        if node.fields is None:
            self.wrong(node, f"Write this as names with values: {', '.join(FIELDS[kind])}.")
            return False
        for name in node.fields:
            if name not in FIELDS[kind]:
                line = node.keys.get(name, node.line)
                self.problems.append(
                    Problem(line, f"“{name[:40]}” means nothing here. There are: {', '.join(FIELDS[kind])}.")
                )
        return True

    def text(self, node: Node, name: str, *, most: int, wanted: bool = True) -> str:
        found = node.at(name)
        if found is None:
            if wanted:
                self.wrong(node, f"“{name}” is missing.")
            return ""
        if found.text is None:
            self.wrong(found, f"“{name}” is a text.")
            return ""
        words = found.text.strip()
        if len(words) > most:
            self.wrong(found, f"“{name}” has {len(words)} characters; {most} are the most.")
        if "\0" in words:
            self.wrong(found, f"“{name}” has signs in it that no text has.")
        return words

    def texts(self, node: Node, name: str, *, most: int) -> Iterable[str]:
        for each in self.many(node, name):
            if each.text is None or not each.text.strip():
                self.wrong(each, f"Each of “{name}” is a text.")
            elif len(each.text) > most:
                self.wrong(each, f"This has {len(each.text)} characters; {most} are the most.")
            else:
                yield each.text.strip()

    def many(self, node: Node, name: str) -> list[Node]:
        found = node.at(name)
        if found is None:
            return []
        if found.items is None:
            self.wrong(found, f"“{name}” is a list: a dash before each.")
            return []
        if len(found.items) > MOST_EVENTS:
            self.wrong(found, f"“{name}” has {len(found.items)} entries; {MOST_EVENTS} are the most.")
            return []
        return found.items

    def seconds(self, node: Node | None, *, above: Node, early: bool = False) -> int:
        """A time such as `90s`, `4m`, `1h 30m` or `-4m`."""
        if node is None:
            self.wrong(above, "Say when: “at: 4m” is four minutes after the first alert.")
            return 0
        found = _TIME.fullmatch((node.text or "").strip())
        if found is None or not any(found[part] for part in "hms"):
            self.wrong(node, f"“{(node.text or '')[:20]}” is no time. Write it as 90s, 4m or 1h 30m.")
            return 0
        seconds = int(found["h"] or 0) * 3600 + int(found["m"] or 0) * 60 + int(found["s"] or 0)
        if seconds > LIMIT:
            self.wrong(node, "A day is the most.")
        if found["sign"] and not early:
            self.wrong(node, "This can't be before the first alert.")
        return -seconds if found["sign"] else seconds

    def number(self, node: Node) -> float:
        found = _NUMBER.fullmatch((node.text or "").strip())
        if found is None:
            self.wrong(node, f"“{(node.text or '')[:20]}” is no number.")
            return 0.0
        return float(found[0])

    def severity(self, top: Node) -> int | None:
        found = top.at("severity")
        if found is None:
            return None
        if found.text not in ("1", "2", "3", "4"):
            self.wrong(found, "The severity is a number from 1, the worst, to 4.")
            return None
        return int(found.text)

    def roles(self, top: Node) -> Iterable[str]:
        for each in self.many(top, "roles"):
            if each.text is None or not _SLUG.fullmatch(each.text):
                self.wrong(each, "A role is named by its short name, such as incident-commander.")
            else:
                yield each.text

    def targets(self, top: Node) -> dict[str, int]:
        found = top.at("targets")
        if found is None:
            return {}
        if found.fields is None:
            self.wrong(found, f"Write this as names with times: {', '.join(STEPS)}.")
            return {}
        targets = {}
        for name, node in found.fields.items():
            if name not in STEPS:
                self.wrong(node, f"“{name[:40]}” is no step. There are: {', '.join(STEPS)}.")
            else:
                targets[name] = self.seconds(node, above=found)
        return targets

    def metric(self, top: Node) -> Metric | None:
        found = top.at("metric")
        if found is None or not self.known(found, "metric"):
            return None
        metric = Metric(self.text(found, "name", most=80), self.text(found, "unit", most=12, wanted=False))
        good = found.at("good")
        if good is None:
            return metric
        words = (good.text or "").split()
        if len(words) != 2 or words[0] not in ("below", "above"):
            self.wrong(good, "Say from where on all is well: “below 1” or “above 99.9”.")
            return metric
        return replace(metric, good=self.number(replace(good, value=words[1])), above=words[0] == "above")

    def happens(self, node: Node, name: str) -> tuple[Event, ...]:
        found = [event for each in self.many(node, name) if (event := self.event(each, early=name == "events"))]
        self.events += len(found)
        if self.events > MOST_EVENTS:
            self.wrong(node, f"{MOST_EVENTS} events are the most.")
        if not found and not self.problems:
            self.wrong(node, f"“{name}” is missing.")
        return tuple(sorted(found, key=lambda event: event.at))

    def event(self, node: Node, *, early: bool) -> Event | None:
        if not self.known(node, "event"):
            return None
        fields = node.fields or {}
        kinds = [kind for kind in EVENTS if kind in fields]
        if len(kinds) != 1:
            self.wrong(node, f"Say what happens, one thing at a time: {', '.join(EVENTS)}.")
            return None
        (kind,) = kinds
        at = self.seconds(node.at("at"), above=node, early=early and kind in (CHANGE, METRIC, NOTE))
        return Event(at, kind, self.details(kind, fields[kind]))

    def details(self, kind: str, node: Node) -> dict[str, Any]:
        if kind == METRIC:
            return {"value": self.number(node)}
        if kind == RESOLVED:
            return {"name": (node.text or "").strip()}
        if not self.known(node, kind):
            return {}
        if kind == CHANGE:
            return {
                "summary": self.text(node, "summary", most=300),
                "service": self.text(node, "service", most=80, wanted=False),
                "version": self.text(node, "version", most=80, wanted=False),
            }
        if kind == NOTE:
            return {"source": self.text(node, "from", most=80), "text": self.text(node, "text", most=2000)}
        return {
            "name": self.text(node, "name", most=80),
            "title": self.text(node, "title", most=200),
            "summary": self.text(node, "summary", most=2000, wanted=False),
            "severity": self.text(node, "severity", most=40, wanted=False),
            "service": self.text(node, "service", most=80, wanted=False),
            "labels": self.labels(node.at("labels")),
        }

    def labels(self, node: Node | None) -> dict[str, str]:
        if node is None:
            return {}
        fields = node.fields
        if fields is None or len(fields) > 20 or any(each.text is None for each in fields.values()):
            self.wrong(node, "Labels are up to 20 names with a text each.")
            return {}
        return {name[:80]: (each.text or "")[:200] for name, each in fields.items()}

    def answer(self, node: Node) -> Answer:
        if not self.known(node, "answer"):
            return Answer((), works=False)
        to = node.at("to")
        kinds = [each.text or "" for each in to.items or [to]] if to else []
        for kind in kinds:
            if kind not in KINDS:
                self.wrong(to, f"“{kind[:40]}” is no mitigation. There are: {', '.join(KINDS)}.")
        if not kinds:
            self.wrong(node, f"Say which mitigation it answers: “to: roll_back”. There are: {', '.join(KINDS)}.")
        works = node.at("works")
        said = (works.text or "").lower() if works else ""
        if said not in ("yes", "no", "true", "false"):
            self.wrong(works or node, "Say whether it works: “works: yes” or “works: no”.")
        about = self.text(node, "about", most=80, wanted=False)
        return Answer(tuple(kinds), said in ("yes", "true"), about, self.happens(node, "events"))

    def hint(self, node: Node) -> Hint:
        if not self.known(node, "hint"):
            return Hint(0, "")
        until = self.text(node, "until", most=40, wanted=False)
        if until and until not in STEPS:
            self.wrong(node.at("until"), f"“{until}” is no step. There are: {', '.join(STEPS)}.")
        return Hint(self.seconds(node.at("at"), above=node), self.text(node, "text", most=500), until)
