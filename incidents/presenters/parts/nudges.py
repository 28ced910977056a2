"""What the commander is reminded of, with the button that does something about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from incidents import nudges
from incidents.actions import staffing
from incidents.guards import Facts
from incidents.models import Incident, NudgeSnooze, RoleAssignment, TimelineEntry
from incidents.presenters.fixes import compose_url
from incidents.presenters.helm import Scene
from incidents.timeline import Kind
from teams import permits
from teams.models import Organization, Role, User

LEADS = (Role.COMMANDER, Role.DEPUTY)
# What tells of work: somebody has looked up and said where it stands.
NEWS = (Kind.NOTE, Kind.DECISION, Kind.MITIGATION, Kind.UPDATE, Kind.PHASE, Kind.SEVERITY, Kind.IMPACT, Kind.TASK)
SOONEST, LATEST = 5, 3600
KNOWN_SECONDS = 120


@dataclass(slots=True)
class Shown:
    """A reminder with its button: `post` does it at once, `plain` goes to a page, else it opens a form."""

    nudge: nudges.Nudge
    label: str
    url: str
    post: bool = False
    plain: bool = False
    to: tuple[int, str] | None = None


def shown(scene: Scene, may: Mapping[str, bool], *, look_up: bool = False) -> dict[str, Any]:
    """`nudges`, whether they are the reader's own to answer (`nudges_mine`), and in how many seconds there may be more
    (`nudges_again`).

    Reading rosters takes a query for each kind of row of each: the page names whom they were last known to name, and
    asks for the rest at once, by itself, as `look_up`.
    """
    incident = scene.incident
    if not incident.is_active or incident.declared_at is None or not may["respond"]:
        return {"nudges": [], "nudges_mine": False, "nudges_again": None}
    found, again = standing(scene)
    leads = {seat.user_id for seat in incident.held_roles if seat.role.slug in LEADS}
    mine = scene.user.pk in leads
    # What hurts most first; each kind stays in its order.
    found.sort(key=lambda nudge: nudge.tone != "danger")
    if not mine:
        # Whoever made an offer is told what became of it, commander or not.
        own = {f"offer:{offer.pk}" for offer in scene.offered if offer.offered_by_id == scene.user.pk}
        found.sort(key=lambda nudge: nudge.key not in own)
        mine = bool(found) and found[0].key in own
    wanted = [nudge.role for nudge in found if nudge.does in ("offer", "fill")]
    relief = suggested(incident, wanted, scene, look_up=look_up) if wanted and mine else {}
    unknown = mine and not look_up and not relief.keys() >= set(wanted)
    return {
        "nudges": [_button(incident, nudge, relief.get(nudge.role)) for nudge in found],
        "nudges_mine": mine,
        "nudges_again": 1 if unknown else _seconds(again, scene.now),
    }


def alone(incident: Incident, user: User) -> dict[str, Any]:
    """The context of the reminders without the rest of the page; the incident comes `with_faces()`."""
    may = {"respond": permits.may(user, "incident.respond", incident)}
    return {"incident": incident, **shown(scene_of(incident, user), may, look_up=True)}


def scene_of(incident: Incident, user: User) -> Scene:
    """As much of a scene as reminders look at; the incident comes with its `held_roles`."""
    now = timezone.now()
    offers = incident.assignments.filter(state=RoleAssignment.State.OFFERED).select_related("role", "user")
    return Scene(
        incident=incident,
        user=user,
        now=now,
        facts=Facts(incident.pk, incident.phase, now),
        mitigations=list(incident.mitigations.all()),
        command=None,
        offered=list(offers),
        postmortem=None,
    )


def standing(scene: Scene) -> tuple[list[nudges.Nudge], datetime | None]:
    """What is to be said of an incident that nobody put off, and when there may be more. A handful of
    queries, however much there is."""
    settings = scene.organization or Organization.current()
    limits = nudges.Limits(
        settings.quiet_minutes,
        settings.load_limit,
        settings.relief_hours,
        settings.span_limit,
        settings.answer_minutes,
    )
    found, again = nudges.find(_facts(scene), limits)
    rows = NudgeSnooze.objects.filter(incident=scene.incident, until__gt=scene.now)
    off = dict(rows.values_list("key", "until"))
    times = [at for at in [again, *off.values()] if at is not None]
    return [nudge for nudge in found if nudge.key not in off], min(times, default=None)


def _facts(scene: Scene) -> nudges.Facts:
    incident, now, offered = scene.incident, scene.now, scene.offered
    held = incident.held_roles
    running = [each for each in scene.mitigations if each.is_in_flight]
    since = staffing.on_duty_since([seat.user_id for seat in held], now, incident) if held else {}
    taken = {seat.role_id for seat in [*held, *offered]}
    roles = scene.roles or Role.objects.all()
    by_people = TimelineEntry.objects.filter(incident=incident, kind__in=NEWS, actor__isnull=False)
    owned = incident.tasks.unfinished().filter(owner__isnull=False)
    owners = owned.values_list("owner", flat=True) if "tasks" in scene.there else ()
    return nudges.Facts(
        now=now,
        written_at=by_people.aggregate(at=Max("recorded_at"))["at"] or incident.declared_at,
        promised_at=incident.next_update_due_at if incident.comms_required else None,
        attempts=[nudges.Attempt(m.pk, m.title, m.carried_by_id, m.deadline_at) for m in running],
        seats=[
            nudges.Seat(
                seat.pk,
                seat.role.slug,
                seat.role.name,
                seat.user_id,
                seat.user.name,
                since.get(seat.user_id) if seat.accepted_at else None,
            )
            for seat in held
        ],
        offers=[
            nudges.Offer(o.pk, o.role.slug, o.role.name, o.user.name, o.offered_at, o.offered_by_id) for o in offered
        ],
        empty=[(role.slug, role.name) for role in roles if role.wanted and role.pk not in taken],
        busy=Counter(owners),
        teams=incident.team_requests.filter(state="accepted").count() if "crews" in scene.there else 0,
    )


def _seconds(at: datetime | None, now: datetime) -> int | None:
    if at is None:
        return None
    # A little later than the moment itself, so that it has come for every clock.
    wait = at - now + timedelta(seconds=2)
    return min(max(int(wait.total_seconds()), SOONEST), LATEST)


def suggested(
    incident: Incident, slugs: list[str], scene: Scene, *, look_up: bool
) -> dict[str, tuple[int, str] | None]:
    """Key and name of whom the rosters name for roles, by the role's slug, so that one press offers it: nobody who has
    a role in the incident, and nobody twice. None where they name nobody; left out what nobody has looked up lately."""
    keys = {slug: f"relief:{incident.pk}:{slug}" for slug in dict.fromkeys(slugs)}
    outside = {seat.user_id for seat in [*incident.held_roles, *scene.offered]}
    if not look_up:
        known = cache.get_many(list(keys.values()))
        found = {slug: known[key] or None for slug, key in keys.items() if key in known}
        return {slug: to for slug, to in found.items() if to is None or to[0] not in outside}
    staff = staffing.Staffing(incident, scene.now)
    named: dict[str, tuple[int, str] | None] = {}
    for role in Role.objects.filter(slug__in=keys).select_related("schedule__team"):
        candidate = staff.relief(role, outside=outside)
        named[role.slug] = (candidate.user.pk, candidate.user.name) if candidate else None
        outside |= {candidate.user.pk} if candidate else set()
    cache.set_many({keys[slug]: to or () for slug, to in named.items()}, KNOWN_SECONDS)
    return named


def _button(incident: Incident, nudge: nudges.Nudge, to: tuple[int, str] | None) -> Shown:
    if nudge.does == "update":
        url = compose_url(incident)
        return Shown(nudge, "Write an update", url or f"{incident.get_absolute_url()}#updates", plain=True)
    if nudge.does == "note":
        return Shown(nudge, "Write a note", reverse("incidents:note", args=[incident.pk]))
    if nudge.does == "judge":
        return Shown(nudge, "Judge it", f"{incident.get_absolute_url()}#mitigation-{nudge.about}", plain=True)
    seat = reverse("incidents:role", args=[incident.pk, nudge.role])
    if nudge.does in ("offer", "fill") and to is not None:
        url = reverse("incidents:role_verb", args=[incident.pk, nudge.role, "offer"])
        return Shown(nudge, f"Offer to {to[1]}", url, post=True, to=to)
    label = {"fill": "Fill it", "hand_over": "Hand over command", "divide": "Name a Deputy"}.get(nudge.does, "Choose …")
    return Shown(nudge, label, seat)
