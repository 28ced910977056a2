"""What tools sent and what became of it, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from incidents.models import Event, Incident
from incidents.sources import Envelope as Sent
from incidents.sources import InvalidEventError, SourceError, reading, registry

# Characters of a body that a page shows, and incidents that one event names.
MOST_SHOWN = 20_000
MOST_NAMED = 10
LED = {"opened": "opened", "attached": "joined", "resolved": "recovery told to"}
COUNTED = {"repeats": "repeated", "unknown": "recovered that did not fire"}
ACTED = {
    "acknowledgement": "acknowledged",
    "unacknowledgement": "took back the acknowledgement of",
    "snooze": "snoozed",
    "note": "noted on",
    "closing": "closed",
}
# By what alerts are held back, and where that is looked at.
HELD_BACK = {
    "silence": ("a silence", "/silences/{}/"),
    "maintenance": ("a maintenance window", "/maintenance/{}/"),
    "dependency": ("trouble in a service that they need", ""),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A part of what became of an event: `before`, and what leads to `url`, which may be empty. `after` is muted."""

    before: str
    name: str = ""
    url: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.before} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """An event as a list shows it."""

    event: Event
    became: list[Said]
    problems: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether it was taken and nothing came of it."""
        return self.event.state == Event.State.DONE and not self.became and not self.problems


def rows(events: Iterable[Event], user: Any) -> list[Row]:
    """Each event with what `user` may know of what became of it, in one query however many they are."""
    found = list(events)
    keys = {pk for event in found for pk in _incidents(event)}
    seen = Incident.objects.visible_to(user).filter(pk__in=keys) if keys else Incident.objects.none()
    titles = dict(seen.values_list("pk", "title"))
    return [Row(event, became(event, titles), problems(event)) for event in found]


def _incidents(event: Event) -> Iterable[int]:
    for word in LED:
        yield from event.outcome.get(word, ())
    yield from filter(None, map(_incident_of, event.outcome.get("acts", ())))
    for held in event.outcome.get("suppressed", ()):
        if held.get("by") == "dependency" and held.get("key"):
            yield held["key"]


def became(event: Event, titles: Mapping[int, str] | None = None) -> list[Said]:
    """What came of an event; nothing for one that waits, was rejected or meant nothing. `titles` are of the incidents
    that may be named; None names all, by their numbers alone."""
    outcome = event.outcome
    led = [(word, pk) for word in LED for pk in outcome.get(word, ())]
    said = [_led(LED[word], pk, titles) for word, pk in led[:MOST_NAMED]]
    if len(led) > MOST_NAMED:
        said.append(Said(f"{len(led) - MOST_NAMED} more"))
    said += [_held_back(held, titles) for held in outcome.get("suppressed", ())]
    if outcome.get("folded"):
        said.append(Said(f"{outcome['folded']} folded, more than the ceiling"))
    said += [Said(f"{outcome[name]} {words}") for name, words in COUNTED.items() if outcome.get(name)]
    said += [_acted(act, titles) for act in outcome.get("acts", ())]
    said += [Said(f"heartbeat {name or 'without a name'}") for name in outcome.get("heartbeats", ())]
    return said + [Said(f"change {pk}") for pk in outcome.get("changes", ())]


def _led(word: str, pk: int, titles: Mapping[int, str] | None) -> Said:
    if titles is not None and pk not in titles:
        return Said(f"{word} a private incident")
    return Said(word, f"INC-{pk}", reverse("incidents:incident", args=[pk]), titles[pk] if titles else "")


def _acted(act: Mapping[str, str], titles: Mapping[int, str] | None) -> Said:
    did = ACTED.get(act["did"], act["did"])
    if pk := _incident_of(act):
        return _led(did, pk, titles)
    return Said(f"{did} nothing that is known")


def _incident_of(act: Mapping[str, str]) -> int | None:
    number = act.get("incident", "").removeprefix("INC-")
    return int(number) if number.isdecimal() else None


def _held_back(held: Mapping[str, Any], titles: Mapping[int, str] | None) -> Said:
    by, key = held.get("by", ""), held.get("key")
    words, place = HELD_BACK.get(by, (str(by) or "something", ""))
    before = f"{held.get('count', 1)} suppressed by"
    if by == "dependency" and key and (titles is None or key in titles):
        return Said(f"{before} {words}:", f"INC-{key}", reverse("incidents:incident", args=[key]))
    return Said(before, words, place.format(key) if place and key else "")


def problems(event: Event) -> list[str]:
    """What could not be read of it, by field, and why it waits."""
    told = [f"{each['field']}: {each['message']}" if each["field"] else each["message"] for each in _problems(event)]
    if more := event.outcome.get("more"):
        told.append(f"{more} more were refused within that minute")
    waits = event.outcome.get("waits")
    return [*told, *([f"could not be taken yet and is tried again: {waits}"] if waits else [])]


def _problems(event: Event) -> list[dict[str, str]]:
    found: list[dict[str, str]] = event.outcome.get("problems", [])
    return found


def body(event: Event) -> str:
    """What was sent, indented where it is JSON, without the key where that stands in it; at most MOST_SHOWN."""
    raw = bytes(event.body)
    key = _key_in(event, raw)
    return text(raw.replace(key.encode(), f"{key[:4]}…".encode()) if key else raw)


def text(raw: bytes) -> str:
    """A body as it can be read: indented where it is JSON; at most MOST_SHOWN characters."""
    try:
        return json.dumps(reading.decode(raw), indent=2, ensure_ascii=False)[:MOST_SHOWN]
    except SourceError:
        return raw.decode(errors="replace")[:MOST_SHOWN]


def is_cut(event: Event) -> bool:
    """Whether a page shows only the beginning of it."""
    return len(bytes(event.body)) > MOST_SHOWN or "cut" in event.outcome


def _key_in(event: Event, raw: bytes) -> str:
    """The key that stands in a body; "" where there is none, or nothing that could be one."""
    source = registry.named(event.source)
    if source is None or source.key is None:
        return ""
    try:
        key = source.key(Sent(raw, event.headers))
    except (SourceError, InvalidEventError):
        return ""
    return key if isinstance(key, str) and len(key) >= 16 else ""
