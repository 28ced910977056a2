"""Everything that an incident's page shows, loaded in a number of queries that does not depend on how much there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from incidents import remembering, suggesting
from incidents.actions import mitigation as board_actions
from incidents.actions import recovery
from incidents.actions.lifecycle import facts_of
from incidents.models import (
    ActionItem,
    Alert,
    EscalationRun,
    Incident,
    Mitigation,
    Page,
    Postmortem,
    RoleAssignment,
)
from incidents.phases import Phase
from incidents.presenters import fixes, flips, helm, log, parts
from teams import access, permits
from teams.models import Role, User

# What a page offers, and the verb of the table that it takes.
MAY = {
    "respond": "incident.respond",
    "review": "review.write",
    "tell": "update.write",
    "report": "incident.report",
    "silence": "quiet.change",
    "remove_any": "attachment.remove",
}
WHOLE_STORY = log.Chosen()
FOLLOWS = "You follow along here. To help, ask whoever commands for a role in this incident."
SHOWN_ALERTS = 50
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


def board(incident: Incident, user: User, chosen: log.Chosen = WHOLE_STORY) -> dict[str, Any]:
    """The context of the incident's page and of its parts; `chosen` says which lines of the timeline."""
    now = timezone.now()
    facts = facts_of(incident, by=user)
    mitigations = list(
        incident.mitigations.select_related("carried_by", "proposed_by", "approved_by", "change", "call")
    )
    for one in mitigations:
        one.incident = incident
    assignments = _assignments(incident)
    wanted = incident.is_open and incident.phase != Phase.DETECT
    roles = list(Role.objects.all())
    seats, other_roles = _seats(roles, assignments, user, wanted=wanted)
    suggestions = suggesting.suggested(incident, user)
    postmortem = _postmortem(incident)
    target = _target(incident, user)
    runs = _runs(incident)
    scene = helm.Scene(
        incident=incident,
        user=user,
        now=now,
        paging=incident.runs.own().filter(state=EscalationRun.State.RUNNING).exists(),
        facts=facts,
        mitigations=mitigations,
        command=next((a for a in assignments if a.role.slug == Role.COMMANDER and a.state == "held"), None),
        offered=[a for a in assignments if a.state == RoleAssignment.State.OFFERED],
        postmortem=postmortem,
        target=target,
        suggestions=suggestions,
        memories=remembering.remembered(incident, user) if incident.is_active else [],
        roles=roles,
    )
    following = helm.next_thing(scene)
    big, rest = helm.buttons(scene, following)
    held = permits.on(user, incident)
    may = {name: access.allows(verb, held, private=incident.private) for name, verb in MAY.items()}
    if not may["respond"]:
        following, big, rest = replace(following, button=None, explains=FOLLOWS), [], []
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
        "user": user,
        "may_remove_any": may["remove_any"],
        **log.shown(incident, user, chosen),
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


def _seats(
    roles: list[Role], assignments: list[RoleAssignment], user: User, *, wanted: bool
) -> tuple[list[Seat], list[Role]]:
    """A row for each seat that is wanted, taken or offered, and the roles that nobody asked for."""
    rows: list[Seat] = []
    spare = []
    for role in roles:
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


def _runs(incident: Incident) -> list[EscalationRun]:
    pages = Page.objects.select_related("user").order_by("-pk")
    runs = incident.runs.select_related("policy").prefetch_related(Prefetch("pages", pages, to_attr="calls"))
    return list(runs[:3])
