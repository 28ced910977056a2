"""Teams that are called in: asked, paged by their own policy, and released when they have helped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from incidents import timeline
from incidents.actions import escalation, followers
from incidents.actions.facts import lock
from incidents.models import EscalationRun, Incident, Page, TeamRequest
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.models import Team, User

State = TeamRequest.State
VERBS = ("accept", "decline", "release")


@transaction.atomic
def ask(incident_pk: int, team: Team, *, by: User, why: str, share: bool = False) -> TeamRequest:
    """Ask a team to help, and page it by its policy until one of it says yes. Where nobody can be paged, everybody of
    it is told by mail. With a team that may not see a private incident it is shared, if `share` says so. Raises
    Blocked."""
    incident = lock(incident_pk, by=by)
    if not incident.is_active:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    if not why.strip():
        raise refuse("why_missing", "Say what is needed of them: they read it at night.", field="why")
    if incident.team_requests.filter(team=team, state__in=TeamRequest.STANDING).exists():
        raise refuse("already_asked", f"{team} has been asked already.", field="team")
    shared = _share(incident, team, by, share)
    request = TeamRequest.objects.create(
        incident=incident, team=team, why=why.strip(), asked_by=by, asked_at=moments.now()
    )
    policy = escalation.policy_of([], team)
    people: list[User] = []
    if policy is not None and not incident.drill:
        escalation.call_in(request, policy)
    elif policy is None:
        people = [user for user in User.objects.present().filter(memberships__team=team) if user != by]
    _tell(
        request,
        "team.asked",
        f"{by} asked {team} to help" + (", who see this private incident from now on" if shared else ""),
        by=by,
        reason=request.why,
        notify=people,
        data={"shared": shared},
    )
    return request


@transaction.atomic
def accept(request_pk: int, *, by: User, through: str = "") -> TeamRequest:
    """Say yes for one's team: its paging stops. Saying so twice, or after a teammate, changes nothing. `through`: by
    which way it came, in words. Raises Blocked for who is neither of the team nor was paged for it."""
    request = _locked(request_pk, by=by)
    _of_team(request, by)
    if request.state == State.ACCEPTED:
        return request
    _must(request, State.ASKED)
    request.state, request.answered_by, request.answered_at = State.ACCEPTED, by, moments.now()
    request.save()
    _quiet(request, EscalationRun.State.ACKNOWLEDGED, f"{by} came to help")
    Page.objects.filter(run__request=request, user=by, acknowledged_at=None).update(acknowledged_at=moments.now())
    request.incident.participants.add(by)
    followers.took_part(request.incident, by)
    said = f"{by} accepted for {request.team}" + (f" {through}" if through else "")
    _tell(request, "team.accepted", said, by=by, notify=_asker(request, by))
    return request


@transaction.atomic
def decline(request_pk: int, *, by: User, reason: str) -> TeamRequest:
    """Say no for one's team, with the reason; whoever asked is told. Raises Blocked."""
    request = _locked(request_pk, by=by)
    _of_team(request, by)
    _must(request, State.ASKED)
    if not reason.strip():
        raise refuse("reason_missing", "Say why, and who could help instead.", field="reason")
    now = moments.now()
    request.state, request.reason, request.ended_at = State.DECLINED, reason.strip(), now
    request.answered_by, request.answered_at = by, now
    request.save()
    _quiet(request, EscalationRun.State.STOPPED, f"{by} declined")
    text = f"{by} declined for {request.team}"
    _tell(request, "team.declined", text, by=by, reason=request.reason, notify=_asker(request, by))
    return request


@transaction.atomic
def release(request_pk: int, *, by: User) -> TeamRequest:
    """Let a team go that has helped, or take the question back. Raises Blocked where it has ended."""
    request = _locked(request_pk, by=by)
    _must(request, *TeamRequest.STANDING)
    helped = request.state == State.ACCEPTED
    _end(request, by)
    people = [request.answered_by] if request.answered_by not in (None, by) else []
    text = f"{by} released {request.team}" if helped else f"{by} asks {request.team} no more"
    _tell(request, "team.released" if helped else "team.withdrawn", text, by=by, notify=[p for p in people if p])
    return request


def let_go(incident: Incident, *, by: User | None) -> None:
    """End all that is asked of other teams, in the caller's transaction: the trouble is over."""
    standing = list(_standing(incident))
    for request in standing:
        _end(request, by)
    if standing:
        names = ", ".join(str(request.team) for request in standing)
        data = {"requests": [request.pk for request in standing]}
        timeline.record(incident, Kind.TEAM, "team.released", f"Released: {names}", by=by, data=data)


def move(incident: Incident, target: Incident) -> list[int]:
    """Bring what stands of other teams to another incident, in the caller's transaction. A team that is asked there
    already, or may not see that, stays behind and is released. Returns the keys of what went."""
    there = {request.team_id for request in _standing(target)}
    shared = {target.team_id, *target.shared_with.values_list("pk", flat=True)}
    went = []
    for request in _standing(incident):
        if request.team_id in there or (target.private and request.team_id not in shared):
            _end(request, None)
            continue
        request.incident = target
        request.save(update_fields=["incident"])
        EscalationRun.objects.filter(request=request).update(incident=target)
        Page.objects.filter(run__request=request).update(incident=target)
        went.append(request.pk)
    return went


def move_back(keys: Sequence[int], source: Incident, *, where: Iterable[int]) -> None:
    """Undo `move` for what still stands, in the caller's transaction."""
    there = {request.team_id for request in _standing(source)}
    rows = TeamRequest.objects.filter(pk__in=keys, incident__in=list(where), state__in=TeamRequest.STANDING)
    for request in rows.exclude(team__in=there):
        request.incident = source
        request.save(update_fields=["incident"])
        EscalationRun.objects.filter(request=request).update(incident=source)
        Page.objects.filter(run__request=request).update(incident=source)


def _standing(incident: Incident) -> Any:
    return incident.team_requests.filter(state__in=TeamRequest.STANDING).select_related("team", "answered_by")


def _share(incident: Incident, team: Team, by: User, share: bool) -> bool:
    """Let the team see a private incident, where it may not yet and somebody says so."""
    if not incident.private or team.pk == incident.team_id or incident.shared_with.filter(pk=team.pk).exists():
        return False
    if not share:
        raise refuse(
            "not_shared",
            f"This incident is private, and {team} can't see it. Asking them shares it with everybody of {team}.",
            field="share",
        )
    permits.require(by, "incident.share", incident)
    incident.shared_with.add(team)
    return True


def _locked(request_pk: int, *, by: User) -> TeamRequest:
    while True:
        place = TeamRequest.objects.values_list("incident_id", flat=True).get(pk=request_pk)
        incident = lock(place, by=by)
        rows = TeamRequest.objects.select_for_update(of=("self",)).select_related("team", "asked_by", "answered_by")
        request = rows.get(pk=request_pk)
        # Meanwhile a merge may have taken it elsewhere.
        if request.incident_id == incident.pk:
            request.incident = incident
            return request


def _of_team(request: TeamRequest, by: User) -> None:
    mine = request.team.memberships.filter(user=by).exists()
    if not mine and not Page.objects.filter(run__request=request, user=by).exists():
        raise refuse("not_yours", f"This is for somebody of {request.team} to answer.")


def _must(request: TeamRequest, *states: str) -> None:
    if request.state not in states:
        raise refuse("wrong_state", f"{request.team}: {request.get_state_display().lower()} already.")


def _end(request: TeamRequest, by: User | None) -> None:
    helped = request.state == State.ACCEPTED
    request.state = State.RELEASED if helped else State.WITHDRAWN
    request.ended_at = moments.now()
    request.save()
    _quiet(request, EscalationRun.State.STOPPED, f"{request.team} is not needed any more")


def _quiet(request: TeamRequest, state: str, reason: str) -> None:
    for run in request.runs.select_for_update().filter(state=EscalationRun.State.RUNNING):
        escalation.end(run, state, reason)


def _asker(request: TeamRequest, by: User) -> list[User]:
    return [request.asked_by] if request.asked_by is not None and request.asked_by != by else []


def _tell(request: TeamRequest, verb: str, text: str, *, by: User | None, **more: Any) -> None:
    data = {"request": request.pk, "team": request.team_id, **more.pop("data", {})}
    timeline.record(request.incident, Kind.TEAM, verb, text, by=by, data=data, **more)
