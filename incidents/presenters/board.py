"""Everything that an incident's page shows, loaded in a number of queries that does not depend on how much there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from incidents.actions import mitigation as board_actions
from incidents.actions import recovery
from incidents.actions.lifecycle import facts_of
from incidents.models import (
    ActionItem,
    Alert,
    Change,
    EscalationRun,
    Incident,
    Mitigation,
    Page,
    Postmortem,
    RoleAssignment,
    TimelineEntry,
)
from incidents.phases import VERBS, Phase
from incidents.presenters import fixes, flips, helm, parts
from incidents.timeline import Kind
from teams import access, permits
from teams.models import Role, User

# What a page offers, and the verb of the table that it takes.
MAY = {
    "respond": "incident.respond",
    "review": "review.write",
    "tell": "update.write",
    "report": "incident.report",
    "silence": "quiet.change",
}
FOLLOWS = "You follow along here. To help, ask whoever commands for a role in this incident."
SHOWN_ENTRIES = 150
SHOWN_ALERTS = 50
SHOWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "phases": ("Phases", (Kind.PHASE, Kind.SEVERITY, Kind.IMPACT, Kind.REVIEW, Kind.ACTION_ITEM)),
    "signals": ("Alerts and pages", (Kind.ALERT, Kind.REPORT, Kind.PAGE, Kind.ACKNOWLEDGED)),
    "work": ("Mitigation", (Kind.MITIGATION, Kind.CHANGE, Kind.ROLE)),
    "words": ("Notes and decisions", (Kind.NOTE, Kind.DECISION)),
    "updates": ("Updates", (Kind.UPDATE, Kind.PROMISE)),
}
GUARDS = {guard.code: guard.message for verb in VERBS.values() for guard in verb.guards}
MOVES = {
    "approve": ("Approve", "check"),
    "execute": ("Carry it out", "arrow"),
    "verify": ("Watch for effect", "eye"),
    "worked": ("It worked", "resolve"),
    "partly": ("It worked partly", "partial"),
    "no_effect": ("No effect", "cancelled"),
    "harmful": ("It made things worse", "major"),
    "undo": ("Undo it", "undo"),
    "drop": ("Drop it", "trash"),
}
# The button that is meant most of the time comes first.
ORDER = {
    Mitigation.State.PROPOSED: ("execute", "approve", "drop"),
    Mitigation.State.APPROVED: ("execute", "drop"),
    Mitigation.State.EXECUTING: ("worked", "no_effect", "verify"),
    Mitigation.State.VERIFYING: ("worked", "no_effect", "partly"),
}


@dataclass(slots=True)
class Card:
    """A mitigation with its buttons, those beyond the third folded."""

    mitigation: Mitigation
    buttons: list[helm.Button]
    more: list[helm.Button]


@dataclass(slots=True)
class Seat:
    """A role of the incident and who sits there; `others` hold the same role where several may."""

    role: Role
    held: RoleAssignment | None
    offers: list[RoleAssignment] = field(default_factory=list)
    mine: bool = False

    @property
    def person(self) -> User | None:
        return self.held.user if self.held else None

    @property
    def waits(self) -> bool:
        """The roster put them there and they have not said yes."""
        return self.held is not None and self.held.accepted_at is None


@dataclass(slots=True)
class Line:
    """A timeline entry as it is shown; or several, of which the entry is the last, that `said` puts together."""

    entry: TimelineEntry
    correction: TimelineEntry | None
    overrode: list[str]
    day: str
    folded: list[Line] = field(default_factory=list)
    said: str = ""


def board(incident: Incident, user: User, *, show: str = "", everything: bool = False) -> dict[str, Any]:
    """The context of the incident's page and of its parts. `show` is a key of `SHOWS`, or empty for the whole story."""
    now = timezone.now()
    facts = facts_of(incident, by=user)
    mitigations = list(incident.mitigations.select_related("carried_by", "proposed_by", "approved_by", "change"))
    for one in mitigations:
        one.incident = incident
    assignments = _assignments(incident)
    wanted = incident.is_open and incident.phase != Phase.DETECT
    seats, other_roles = _seats(assignments, user, wanted=wanted)
    changes = list(Change.objects.before(incident).select_related("service")[:10])
    postmortem = _postmortem(incident)
    target = _target(incident, user)
    runs = _runs(incident)
    scene = helm.Scene(
        incident=incident,
        user=user,
        now=now,
        paging=any(run.state == EscalationRun.State.RUNNING and run.request_id is None for run in runs),
        facts=facts,
        mitigations=mitigations,
        command=next((a for a in assignments if a.role.slug == Role.COMMANDER and a.state == "held"), None),
        offered=[a for a in assignments if a.state == RoleAssignment.State.OFFERED],
        postmortem=postmortem,
        target=target,
        nearest_change=next((c for c in changes if c.concerned and c.at <= incident.detected_at), None),  # type: ignore[attr-defined]
    )
    following = helm.next_thing(scene)
    big, rest = helm.buttons(scene, following)
    held = permits.on(user, incident)
    may = {name: access.allows(verb, held, private=incident.private) for name, verb in MAY.items()}
    if not may["respond"]:
        following, big, rest = replace(following, button=None, explains=FOLLOWS), [], []
    lines, earlier = _lines(incident, user, show, everything)
    latest = flips.latest(incident)
    return {
        "incident": incident,
        "now": now,
        "lasted": incident.over_at - incident.detected_at if incident.over_at else None,
        "relapsed": _times("relapse", incident.relapses),
        "reopened": _times("reopening", incident.reopens),
        "recovering": recovery.pending(incident),
        "next": following,
        "buttons": big,
        "more_buttons": rest,
        "may": may,
        "cards": _cards(mitigations, incident, may=may["respond"]),
        "changes": [_change(c, incident) for c in changes],
        "alerts": flips.fired(incident, latest.order_by("status", "-received_at", "-pk")[:SHOWN_ALERTS]),
        "alert_counts": latest.aggregate(firing=Count("pk", filter=Q(status=Alert.Status.FIRING)), all=Count("pk")),
        "downstream": incident.alerts_downstream.visible_to(user).quiet().count(),
        "seats": seats,
        "other_roles": other_roles,
        "runs": runs,
        "postmortem": postmortem,
        "shared_with": list(incident.shared_with.all()) if incident.private else [],
        "items_open": incident.action_items.filter(state=ActionItem.State.OPEN).count() if postmortem else 0,
        "merged_into": target,
        "merged_from": list(incident.merged_from.visible_to(user)) if incident.is_open else [],
        "comms_state": incident.comms_track(now),
        "estimate": incident.estimates.filter(late_at=incident.eta_at).first() if incident.eta_at else None,
        "compose_url": fixes.compose_url(incident),
        "panel_url": _panel_url(incident),
        "lines": lines,
        "user": user,
        "may_remove_any": permits.may(user, "attachment.remove", incident),
        "earlier": earlier,
        "show": show,
        "shows": [(key, label) for key, (label, _) in SHOWS.items()],
        "everything": everything,
        **parts.shown(scene, may),
    }


def _times(what: str, count: int) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}" if count else ""


def _panel_url(incident: Incident) -> str:
    try:
        return reverse("comms:panel", args=[incident.pk])
    except NoReverseMatch:
        return ""


def _postmortem(incident: Incident) -> Postmortem | None:
    return Postmortem.objects.select_related("owner", "facilitator").filter(incident=incident).first()


def _target(incident: Incident, user: User) -> Incident | None:
    """What it was merged into, as far as `user` may see that."""
    if incident.merged_into_id is None:
        return None
    return Incident.objects.visible_to(user).filter(pk=incident.merged_into_id).first()


def _assignments(incident: Incident) -> list[RoleAssignment]:
    live = (RoleAssignment.State.HELD, RoleAssignment.State.OFFERED)
    return list(incident.assignments.filter(state__in=live).select_related("role", "user", "offered_by").order_by("pk"))


def _seats(assignments: list[RoleAssignment], user: User, *, wanted: bool) -> tuple[list[Seat], list[Role]]:
    """A row for each seat that is wanted, taken or offered, and the roles that nobody asked for."""
    rows: list[Seat] = []
    spare = []
    for role in Role.objects.all():
        held = [a for a in assignments if a.role_id == role.pk and a.state == RoleAssignment.State.HELD]
        offers = [a for a in assignments if a.role_id == role.pk and a.state == RoleAssignment.State.OFFERED]
        if held:
            rows += [Seat(role, a, offers if n == 0 else [], a.user_id == user.pk) for n, a in enumerate(held)]
        elif offers or (role.wanted and wanted):
            rows.append(Seat(role, None, offers))
        seen = bool(held or offers)
        if (not seen and not (role.wanted and wanted)) or (seen and not role.single_seat):
            spare.append(role)
    return rows, spare


def _cards(mitigations: Iterable[Mitigation], incident: Incident, *, may: bool) -> list[Card]:
    """What runs first, then what waits, then what was tried, the latest first."""
    rank = dict.fromkeys(Mitigation.IN_FLIGHT, 0) | dict.fromkeys(Mitigation.WAITING, 1)
    cards = []
    for one in sorted(mitigations, key=lambda m: (rank.get(m.state, 2), -m.pk)):
        verbs = board_actions.allowed(one) if incident.is_open and may else []
        first = [v for v in ORDER.get(one.state, ()) if v in verbs]
        rest = [v for v in verbs if v not in first]
        cards.append(Card(one, [move(one, v) for v in first], [move(one, v) for v in rest]))
    return cards


def move(mitigation: Mitigation, verb: str) -> helm.Button:
    label, icon = MOVES[verb]
    url = reverse("incidents:mitigation", args=[mitigation.incident_id, mitigation.pk, verb])
    return helm.Button(label, url, icon, name=f"mitigation-{mitigation.pk}-{verb}")


def _change(change: Any, incident: Incident) -> dict[str, Any]:
    before = incident.detected_at - change.at
    return {
        "change": change,
        "before": before if before > timedelta(0) else None,
        "suspect": incident.suspect_change_id == change.pk,
    }


def _runs(incident: Incident) -> list[EscalationRun]:
    pages = Page.objects.select_related("user").order_by("-pk")
    runs = incident.runs.select_related("policy").prefetch_related(Prefetch("pages", pages, to_attr="calls"))
    return list(runs[:3])


def _lines(incident: Incident, user: User, show: str, everything: bool) -> tuple[list[Line], bool]:
    """The newest lines of the story, oldest first, and whether there are earlier ones."""
    story: QuerySet[TimelineEntry] = TimelineEntry.objects.of(incident, user)
    if show in SHOWS:
        kinds = SHOWS[show][1]
        story = story.filter(Q(kind__in=kinds) | Q(corrects__kind__in=kinds))
    newest = story.order_by("-happened_at", "-pk")  # type: ignore[misc]
    rows = list(newest if everything else newest[: SHOWN_ENTRIES + 1])
    earlier = not everything and len(rows) > SHOWN_ENTRIES
    rows = rows[:SHOWN_ENTRIES][::-1] if earlier else rows[::-1]
    corrections = {e.corrects_id: e for e in sorted(rows, key=lambda e: e.pk) if e.corrects_id}
    lines = [
        Line(
            entry,
            corrections.get(entry.pk) if entry.corrects_id is None else _later(entry, corrections),
            [GUARDS.get(code, code) for code in entry.overridden],
            f"{timezone.localtime(entry.happened_at):%a} {timezone.localtime(entry.happened_at).day} "  # type: ignore[attr-defined]
            f"{timezone.localtime(entry.happened_at):%b %Y}",  # type: ignore[attr-defined]
        )
        for entry in rows
    ]
    return _folded(lines), earlier


def _folded(lines: list[Line]) -> list[Line]:
    """Lines with those of alerts that only came and went put together."""
    plain = [not (line.correction or line.entry.corrects_id or line.overrode) for line in lines]
    shown: list[Line] = []
    at = 0
    for first, after in flips.runs([line.entry for line in lines], plain):
        shown += lines[at:first]
        at = after
        for day, part in groupby(lines[first:after], lambda line: line.day):
            run = list(part)
            if len(run) < flips.FOLDED:
                shown += run
            else:
                said = flips.said([line.entry for line in run])
                shown.append(Line(run[-1].entry, None, [], day, run, said))
    return shown + lines[at:]


def _later(entry: TimelineEntry, corrections: dict[int, TimelineEntry]) -> TimelineEntry | None:
    """The newer correction of the same entry, which makes this one outdated too."""
    newest = corrections.get(entry.corrects_id or 0)
    return newest if newest is not None and newest.pk != entry.pk else None
