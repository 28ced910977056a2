"""The timeline as the incident's page shows it: which lines somebody chose, and those that are pinned on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from incidents.models import Incident, Pin, TimelineEntry
from incidents.phases import VERBS
from incidents.presenters import flips
from incidents.presenters.there import ANYTHING, There
from incidents.timeline import Kind
from teams.models import User
from teams.words import storable

SHOWN_ENTRIES = 150
SHOWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "phases": ("Phases", (Kind.PHASE, Kind.SEVERITY, Kind.IMPACT, Kind.REVIEW, Kind.ACTION_ITEM, Kind.RELATION)),
    "signals": ("Alerts and pages", (Kind.ALERT, Kind.REPORT, Kind.PAGE, Kind.ACKNOWLEDGED, Kind.WITNESS)),
    "work": ("Work", (Kind.MITIGATION, Kind.CHANGE, Kind.ROLE, Kind.TASK, Kind.TEAM, Kind.PLAYBOOK)),
    "words": ("Notes and decisions", (Kind.NOTE, Kind.DECISION, Kind.LINK)),
    "updates": ("Updates", (Kind.UPDATE, Kind.PROMISE)),
}
GUARDS = {guard.code: guard.message for verb in VERBS.values() for guard in verb.guards}
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which lines are wanted, as the address of the page says. `show` is a key of `SHOWS`, `who` a person's key, `text`
    what lines say; `pinned` alone; `everything`: also those before the newest."""

    show: str = ""
    who: int | None = None
    text: str = ""
    pinned: bool = False
    everything: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Chosen:
        """From the parameters of an address; what makes no sense is not chosen."""
        show, who = str(asked.get("show", "")), str(asked.get("who", ""))
        return cls(
            show=show if show in SHOWS else "",
            who=int(who) if who.isdecimal() and len(who) < 10 else None,
            text=storable(str(asked.get("q", ""))).strip()[:LONGEST_SEARCH],
            pinned="pinned" in asked,
            everything="all" in asked,
        )

    @property
    def narrow(self) -> bool:
        """Whether anything but the kind was asked for."""
        return bool(self.who or self.text or self.pinned)

    def query(self, **other: Any) -> str:
        """The parameters of an address that chooses the same, but for what is given."""
        values = {"show": self.show, "who": self.who, "q": self.text, "pinned": "yes" if self.pinned else ""} | other
        return urlencode({key: value for key, value in values.items() if value})


@dataclass(slots=True)
class Line:
    """A timeline entry as it is shown; or several, of which the entry is the last, that `said` puts together. `unseen`
    are people whom it mentions and who were told nothing, because they can't see the incident."""

    entry: TimelineEntry
    correction: TimelineEntry | None
    overrode: list[str]
    day: str
    folded: list[Line] = field(default_factory=list)
    said: str = ""
    unseen: list[User] = field(default_factory=list)


def shown(incident: Incident, user: User, chosen: Chosen, there: There = ANYTHING) -> dict[str, Any]:
    """The timeline's part of the page's context, in a number of queries that does not depend on its length."""
    pins = _pins(incident, user) if "pins" in there else []
    writers = _writers(incident, user)
    story: QuerySet[TimelineEntry] = TimelineEntry.objects.of(incident, user, alone="merged" not in there)
    files = "merged" in there or "attachments" in there
    story = story if files else story.prefetch_related(None)
    lines, earlier = _lines(incident, story, chosen, {pin.entry_id for pin in pins}, writers)
    for line in lines if not files else ():
        for each in (line, *line.folded):
            each.entry.has_files = False  # type: ignore[attr-defined]
    return {
        "lines": lines,
        "earlier": earlier,
        "pins": pins,
        "pinned": {pin.entry_id for pin in pins},
        "chosen": chosen,
        "show": chosen.show,
        "everything_query": chosen.query(show=""),
        "all_query": "&".join(filter(None, [chosen.query(), "all"])),
        "shows": [(key, label, chosen.query(show=key)) for key, (label, _) in SHOWS.items()],
        "writers": writers,
        "everything": chosen.everything,
    }


def _pins(incident: Incident, user: User) -> list[Pin]:
    """What is pinned, as far as `user` may see it, each with the `entry` and what was said last of it as `now_says`."""
    newest = TimelineEntry.objects.order_by("pk")
    rows = incident.pins.filter(entry__incident__in=Incident.objects.visible_to(user))
    pins = list(
        rows.select_related("pinned_by", "entry__actor").prefetch_related(Prefetch("entry__corrections", newest))
    )
    for pin in pins:
        corrections = list(pin.entry.corrections.all())
        pin.says = corrections[-1] if corrections else pin.entry  # type: ignore[attr-defined]
    return pins


def _writers(incident: Incident, user: User) -> list[User]:
    """Whose lines there are."""
    return list(User.objects.filter(pk__in=incident.timeline.order_by().values("actor")))


def _lines(
    incident: Incident, story: QuerySet[TimelineEntry], chosen: Chosen, pinned: set[int], writers: Sequence[User]
) -> tuple[list[Line], bool]:
    """The newest lines of the story, oldest first, and whether there are earlier ones."""
    story = story.select_related(None)
    if chosen.show:
        kinds = SHOWS[chosen.show][1]
        story = story.filter(Q(kind__in=kinds) | Q(corrects__kind__in=kinds))
    if chosen.who:
        story = story.filter(actor=chosen.who)
    if chosen.text:
        story = story.filter(Q(text__icontains=chosen.text) | Q(reason__icontains=chosen.text))
    if chosen.pinned:
        story = story.filter(Q(pk__in=pinned) | Q(corrects__in=pinned))
    newest = story.order_by("-happened_at", "-pk")  # type: ignore[misc]
    rows = list(newest if chosen.everything else newest[: SHOWN_ENTRIES + 1])
    earlier = not chosen.everything and len(rows) > SHOWN_ENTRIES
    rows = rows[:SHOWN_ENTRIES][::-1] if earlier else rows[::-1]
    _attach(rows, incident, writers)
    corrections = {e.corrects_id: e for e in sorted(rows, key=lambda e: e.pk) if e.corrects_id}
    unseen = _unseen(incident, rows)
    lines = [
        Line(
            entry,
            corrections.get(entry.pk) if entry.corrects_id is None else _later(entry, corrections),
            [GUARDS.get(code, code) for code in entry.overridden],
            _day(timezone.localtime(entry.happened_at)),  # type: ignore[attr-defined]
            unseen=[unseen[pk] for pk in _mentioned_unseen(entry) if pk in unseen],
        )
        for entry in rows
    ]
    return _folded(lines), earlier


def _attach(rows: Iterable[TimelineEntry], incident: Incident, writers: Sequence[User]) -> None:
    """Give each line its incident and its actor: few for many lines, so a join would read the same rows for each. Two
    queries more where incidents were merged into this one."""
    incidents, people = {incident.pk: incident}, {user.pk: user for user in writers}
    incidents |= Incident.objects.in_bulk({row.incident_id for row in rows} - incidents.keys())
    people |= User.objects.in_bulk({row.actor_id for row in rows if row.actor_id} - people.keys())
    for row in rows:
        row.incident = incidents[row.incident_id]
        row.actor = people[row.actor_id] if row.actor_id else None


def _day(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b %Y}"


def _mentioned_unseen(entry: TimelineEntry) -> list[int]:
    return [row["person"] for row in entry.data.get("mentions", ()) if row.get("unseen") and "person" in row]


def _unseen(incident: Incident, rows: Iterable[TimelineEntry]) -> dict[int, User]:
    """Those who could not see the incident when they were mentioned in it, and still take no part; by their key."""
    keys = {pk for entry in rows for pk in _mentioned_unseen(entry)} if incident.private else set()
    if not keys:
        return {}
    people = User.objects.present().filter(pk__in=keys).exclude(incidents_joined=incident)
    return {user.pk: user for user in people}


def _folded(lines: Sequence[Line]) -> list[Line]:
    """Lines with those of alerts that only came and went put together."""
    plain = [not (line.correction or line.entry.corrects_id or line.overrode) for line in lines]
    found: list[Line] = []
    at = 0
    for first, after in flips.runs([line.entry for line in lines], plain):
        found += lines[at:first]
        at = after
        for day, part in groupby(lines[first:after], lambda line: line.day):
            run = list(part)
            if len(run) < flips.FOLDED:
                found += run
            else:
                said = flips.said([line.entry for line in run])
                found.append(Line(run[-1].entry, None, [], day, run, said))
    return [*found, *lines[at:]]


def _later(entry: TimelineEntry, corrections: dict[int, TimelineEntry]) -> TimelineEntry | None:
    """The newer correction of the same entry, which makes this one outdated too."""
    newest = corrections.get(entry.corrects_id or 0)
    return newest if newest is not None and newest.pk != entry.pk else None
