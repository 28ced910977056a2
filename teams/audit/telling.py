"""Events as sentences and tables: names instead of keys, words instead of columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from teams.audit.tracked import TRACKED, Tracked
from teams.models import AuditEvent, User
from teams.words import listed

ACCESS = "teams.accessevent"
DONE = {"insert": "added", "update": "changed", "delete": "removed"}
LONGEST = 300
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the before/after table, in words; empty where there was nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One event for people. `sentence` goes on from `who`, unless `who` is empty: then it says it all."""

    event: AuditEvent
    who: str
    sentence: str
    noun: str
    fields: list[Field] = field(default_factory=list)

    @property
    def text(self) -> str:
        return f"{self.who} {self.sentence}" if self.who else self.sentence

    @property
    def began(self) -> bool:
        """Nothing was there before, so that a column for it would be empty."""
        return not any(line.before for line in self.fields)

    @property
    def ended(self) -> bool:
        """Nothing was there after."""
        return not any(line.after for line in self.fields)

    @property
    def whence(self) -> list[str]:
        """From where and through what, as short pieces."""
        told = self.event.context
        pieces = [
            self.event.through,
            told.get("task") or told.get("command") or "",
            f"token {told['token_hint']}…" if told.get("token_hint") else "",
            self.event.address or "",
        ]
        return [piece for piece in pieces if piece]

    @property
    def request(self) -> str:
        return " ".join(filter(None, (self.event.context.get("method"), self.event.context.get("url"))))


def tell(events: Iterable[AuditEvent]) -> list[Told]:
    """Events in words, in a number of queries that doesn't depend on how many they are."""
    rows = list(events)
    names = _names(rows)
    return [_told(row, names) for row in rows]


def noun_of(kind: str) -> str:
    """What a row of a table is called: `teams.layermember` is a person in rotation."""
    if kind == ACCESS:
        return "access"
    return TRACKED[kind].noun if kind in TRACKED else kind


def nouns() -> list[tuple[str, str]]:
    """Every kind of the log with its noun, for a choice."""
    found = [(kind, noun_of(kind).capitalize()) for kind in TRACKED]
    return sorted(found, key=lambda pair: pair[1])


def name_of(ref: str) -> str:
    """What `kind:key` is called, or was called when it was last seen; the reference itself if nobody knows."""
    kind, _, key = ref.partition(":")
    noun = noun_of(kind)
    name = _resolve({(kind, key)}).get((kind, key))
    return f"{noun} {name}" if name else f"{noun} {key}"


def _told(event: AuditEvent, names: dict[Key, str]) -> Told:
    tracked = TRACKED.get(event.kind)
    noun = noun_of(event.kind)
    fields = list(_fields(event, tracked, names))
    if event.kind == ACCESS:
        return Told(event, "", event.label or event.done, noun, fields)
    who = _who(event, names)
    what = f"{noun} {event.label}".strip()
    if event.done == "update":
        changed = _listed([f.name for f in fields])
        return Told(event, who, f"changed {changed} of {what}", noun, fields)
    return Told(event, who, f"{DONE.get(event.done, event.done)} {what}", noun, fields)


def _who(event: AuditEvent, names: dict[Key, str]) -> str:
    if event.user_id is not None:
        return names.get(("teams.user", str(event.user_id))) or f"Somebody (account {event.user_id})"
    if event.through == "task":
        return "Watchbill"
    if event.through == "cli":
        return f"{event.context.get('account') or 'Somebody'} on the command line"
    return "Somebody not signed in" if event.through else "Somebody in the database itself"


def _listed(words: Sequence[str]) -> str:
    shown = list(words[:3])
    if len(words) > 3:
        shown.append(f"{len(words) - 3} more")
    return listed(shown) or "something"


def _columns(tracked: Tracked | None) -> dict[str, Any]:
    return {str(f.column): f for f in tracked.table._meta.concrete_fields} if tracked else {}


def _fields(event: AuditEvent, tracked: Tracked | None, names: dict[Key, str]) -> Iterable[Field]:
    columns = _columns(tracked) if event.kind != ACCESS else {}
    before, after = event.before or {}, event.after or {}
    for column in [c for c in columns if c in before or c in after] + sorted(
        (before.keys() | after.keys()) - {*columns}
    ):
        found = columns.get(column)
        if found is not None and found.primary_key and event.done != "update":
            continue
        name = str(found.verbose_name) if found is not None else column.replace("_", " ")
        pair = [_value(found, row.get(column), names) for row in (before, after)]
        if any(pair):
            yield Field(name, *pair)


def _value(found: Any, value: Any, names: dict[Key, str]) -> str:
    if value is None or value == "":
        return ""
    if found is not None and found.is_relation:
        return names.get((found.related_model._meta.label_lower, str(value))) or f"number {value}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if found is not None and found.flatchoices:
        return str(dict(found.flatchoices).get(value, value))
    if isinstance(found, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return _moment(moment)
    if isinstance(value, (dict, list)):
        return _nested(value)
    return str(value)[:LONGEST]


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def _nested(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k}: {_nested(v)}" for k, v in value.items())[:LONGEST]
    if isinstance(value, list):
        return ", ".join(_nested(v) for v in value)[:LONGEST]
    return str(value)


def _names(events: Sequence[AuditEvent]) -> dict[Key, str]:
    wanted: set[Key] = set()
    for event in events:
        if event.user_id is not None:
            wanted.add(("teams.user", str(event.user_id)))
        if event.kind == ACCESS:
            continue
        for column, found in _columns(TRACKED.get(event.kind)).items():
            if found.is_relation:
                kind = found.related_model._meta.label_lower
                told = ((event.before or {}).get(column), (event.after or {}).get(column))
                wanted |= {(kind, str(value)) for value in told if value is not None}
    return _resolve(wanted)


def _resolve(wanted: set[Key]) -> dict[Key, str]:
    """What rows are called now; of those that are gone, what they were called when they went."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, key in wanted:
        if kind in TRACKED:
            by_kind[kind].add(key)
    found: dict[Key, str] = {}
    for kind, keys in by_kind.items():
        tracked = TRACKED[kind]
        numbers = [int(k) for k in keys if k.isascii() and k.isdecimal() and len(k) < 19]
        rows = tracked.table._default_manager.select_related(*_joins(tracked)).filter(pk__in=numbers)
        found |= {(kind, str(row.pk)): called(tracked, row) for row in rows}
    gone = [f"{kind}:{key}" for kind, key in wanted if kind in by_kind and (kind, key) not in found]
    if gone:
        last = AuditEvent.objects.filter(about__overlap=gone, kind__in=by_kind, done="delete").order_by("at")
        for kind, key, label in last.values_list("kind", "object", "label"):
            found.setdefault((kind, key), label)
    return found


def _paths(tracked: Tracked) -> list[str]:
    return re.findall(r"\{(\w+)\}", tracked.label)


def _joins(tracked: Tracked) -> list[str]:
    """What has to be fetched with a row to say what it is called."""
    joins = set()
    for path in _paths(tracked):
        model: type[models.Model] = tracked.table
        steps: list[str] = []
        for step in path.split("__"):
            found: Any = model._meta.get_field(step)
            if not found.is_relation:
                break
            steps.append(step)
            model = found.related_model
        if steps:
            joins.add("__".join(steps))
    return sorted(joins)


def called(tracked: Tracked, row: models.Model) -> str:
    """What a row is called, as the triggers write it; people by their name alone."""
    if isinstance(row, User):
        return row.name

    def piece(found: re.Match[str]) -> str:
        value: Any = row
        for step in found[1].split("__"):
            value = getattr(value, step, None)
        return value.name if isinstance(value, User) else "" if value is None else str(value)

    return re.sub(r"\{(\w+)\}", piece, tracked.label).strip()
