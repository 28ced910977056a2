"""Everything that an incident's page shows, loaded in a number of queries that does not depend on how much there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from incidents import remembering, suggesting
from incidents.actions import mitigation as board_actions
from incidents.actions import recovery
from incidents.actions.facts import Known, gather
from incidents.actions.facts import wanted as wanted_fields
from incidents.models import (
    ActionItem,
    Alert,
    CustomField,
    CustomValue,
    EscalationRun,
    Incident,
    Mitigation,
    Page,
    Postmortem,
    RoleAssignment,
    TimelineEntry,
    Witness,
)
from incidents.phases import Phase
from incidents.presenters import fixes, flips, helm, log, parts
from incidents.presenters.there import There
from incidents.presenters.there import of as what_there_is
from teams import access, permits
from teams.models import Organization, Role, User

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


def board(
    incident: Incident, user: User, chosen: log.Chosen = WHOLE_STORY, organization: Organization | None = None
) -> dict[str, Any]:
    """The context of the incident's page and of its parts; `chosen` says which lines of the timeline. The incident
    comes `with_faces()`."""
    now = timezone.now()
    there = what_there_is(incident)
    organization = organization or Organization.current()
    mitigations = _mitigations(incident) if "mitigations" in there else []
    offered = _offered(incident) if "offers" in there else []
    assignments = sorted([*incident.held_roles, *offered], key=lambda each: each.pk)
    postmortem = _postmortem(incident) if "postmortem" in there else None
    witnesses = list(Witness.objects.standing().filter(incident=incident)) if "witnesses" in there else []
    fields = list(CustomField.objects.asked())
    values = _values(incident) if "values" in there else {}
    moves = list(_moves(incident))
    known = Known(
        seats=incident.held_roles,
        mitigations=mitigations,
        postmortem=postmortem,
        witnesses=witnesses,
        firing=there.firing,
        reopen_days=organization.reopen_days,
        fields_wanted=wanted_fields(each for each in fields if each.pk not in values),
        said_last=moves[-1][3] if moves else "",
        said_at=moves[-1][2] if moves else None,
    )
    facts = gather(incident, by=user, now=now, known=known)
    wanted = incident.is_open and incident.phase != Phase.DETECT
    roles = list(Role.objects.all())
    seats, other_roles = _seats(roles, assignments, user, wanted=wanted)
    suggestions = suggesting.suggested(incident, user)
    target = _target(incident, user)
    runs = _runs(incident) if "runs" in there else []
    scene = helm.Scene(
        incident=incident,
        user=user,
        now=now,
        organization=organization,
        there=there,
        moves=[(to, at, recorded) for to, at, recorded, _ in moves],
        fields=fields,
        values=values,
        witnesses=witnesses,
        facts=facts,
        mitigations=mitigations,
        command=next((a for a in assignments if a.role.slug == Role.COMMANDER and a.state == "held"), None),
        offered=offered,
        postmortem=postmortem,
        target=target,
        suggestions=suggestions,
        memories=remembering.remembered(incident, user) if incident.is_active else [],
        roles=roles,
    )
    following = helm.next_thing(scene)
    big, rest = helm.buttons(scene, following)
    held = getattr(incident, "reader_is", None) or permits.on(user, incident)
    may = {name: access.allows(verb, held, private=incident.private) for name, verb in MAY.items()}
    if not may["respond"]:
        following, big, rest = replace(following, button=None, explains=FOLLOWS), [], []
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
        **_alerts(incident, user, there),
        "seats": seats,
        "other_roles": other_roles,
        "runs": runs,
        "postmortem": postmortem,
        "shared_with": list(incident.shared_with.all()) if incident.private else [],
        "items_open": incident.action_items.filter(state=ActionItem.State.OPEN).count() if postmortem else 0,
        "merged_into": target,
        "merged_from": list(incident.merged_from.visible_to(user)) if "merged" in there and incident.is_open else [],
        "comms_state": incident.comms_track(now),
        "estimate": incident.estimates.filter(late_at=incident.eta_at).first() if incident.eta_at else None,
        "compose_url": fixes.compose_url(incident),
        "panel_url": _panel_url(incident),
        "user": user,
        "may_remove_any": may["remove_any"],
        **log.shown(incident, user, chosen, there),
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


def _mitigations(incident: Incident) -> list[Mitigation]:
    found = list(incident.mitigations.select_related("carried_by", "proposed_by", "approved_by", "change", "call"))
    for one in found:
        one.incident = incident
    return found


def _offered(incident: Incident) -> list[RoleAssignment]:
    rows = incident.assignments.filter(state=RoleAssignment.State.OFFERED)
    return list(rows.select_related("role", "user", "offered_by").order_by("pk"))


def _values(incident: Incident) -> dict[int, CustomValue]:
    return {value.field_id: value for value in incident.custom_values.select_related("field", "person")}


def _moves(incident: Incident) -> Iterable[tuple[str, datetime | None, datetime, str]]:
    """What tells of a phase, as it was recorded: to which, when it was, when it was written, and how."""
    rows = TimelineEntry.objects.filter(incident=incident, kind=TimelineEntry.Kind.PHASE).order_by("pk")
    return rows.values_list("phase_to", "occurred_at", "recorded_at", "text")


def _alerts(incident: Incident, user: User, there: There) -> dict[str, Any]:
    found: dict[str, Any] = {"alerts": [], "alert_counts": {"firing": 0, "all": 0}, "downstream": 0}
    if "alerts" in there:
        latest = flips.latest(incident)
        shown = latest.order_by("status", "-received_at", "-pk")[:SHOWN_ALERTS]
        counted = latest.aggregate(firing=Count("pk", filter=Q(status=Alert.Status.FIRING)), all=Count("pk"))
        found |= {"alerts": flips.fired(incident, shown), "alert_counts": counted}
    if "downstream" in there:
        found["downstream"] = incident.alerts_downstream.visible_to(user).quiet().count()
    return found


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
