"""Who is chosen for a role: by policy, from the rosters, and last of all whoever declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Min

from incidents import phases, timeline
from incidents.actions import escalation
from incidents.actions.seating import hold, seat_of
from incidents.models import Incident, Page, RoleAssignment, RolePolicy
from incidents.problems import refuse
from incidents.role_policies import Case, ranked
from incidents.timeline import Kind
from teams import oncall
from teams.models import (
    EscalationPolicy,
    EscalationTarget,
    Organization,
    Role,
    Schedule,
    Service,
    TimeOff,
    User,
)
from teams.words import listed

State = RoleAssignment.State
# A page that old says nothing of how long somebody has been up.
LONGEST_WATCH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a roster names, and `why` in words. `source` is one of policy, team, role, on_call, roster,
    declarer, named; `policy` the key of the role policy."""

    user: User
    why: str
    source: str
    policy: int | None = None


@dataclass(slots=True)
class Choice:
    """Who was chosen, None where there is nobody, and who was passed over for which reason."""

    candidate: Candidate | None = None
    passed_over: list[tuple[User, str]] = field(default_factory=list)

    @property
    def user(self) -> User | None:
        return self.candidate.user if self.candidate else None

    @property
    def explained(self) -> str:
        """The choice in a sentence or two, as the timeline keeps it."""
        said = [f"Chosen {self.candidate.why}."] if self.candidate else []
        if self.passed_over:
            said.append("Passed over: " + listed([f"{user} ({why})" for user, why in self.passed_over], "and") + ".")
        return " ".join(said)

    @property
    def data(self) -> dict[str, Any]:
        return {
            "source": self.candidate.source if self.candidate else "",
            "policy": self.candidate.policy if self.candidate else None,
            "passed_over": [{"user": user.pk, "why": why} for user, why in self.passed_over],
        }


class Staffing:
    """Who could hold which role of one incident at `at`. Each kind of row is read once."""

    def __init__(self, incident: Incident, at: datetime, services: Iterable[Service] | None = None) -> None:
        """`services`: those of an incident that is only thought of, and not in the database."""
        self.incident = incident
        self.at = at
        self._given = None if services is None else list(services)
        self._crews: dict[int, tuple[User, ...]] = {}
        self._reasons: dict[int, str] = {}

    @cached_property
    def policies(self) -> list[RolePolicy]:
        return list(RolePolicy.objects.with_names())

    def case(self, role: Role) -> Case:
        """What of the incident decides which policies hold."""
        return Case(
            role=role.pk,
            severity=self.incident.severity_id,
            type=self.incident.type_id,
            team=self.incident.team_id,
            services=self._services,
        )

    @cached_property
    def _services(self) -> frozenset[int]:
        if self._given is not None:
            return frozenset(service.pk for service in self._given)
        return frozenset(self.incident.services.values_list("pk", flat=True))

    @cached_property
    def _policy(self) -> EscalationPolicy | None:
        if self._given is not None:
            return escalation.policy_of(self._given, self.incident.team)
        return escalation.policy_for(self.incident)

    def matching(self, role: Role) -> list[RolePolicy]:
        """The policies that hold for a role, in the order in which their rosters are asked."""
        by_key = {policy.pk: policy for policy in self.policies}
        return [by_key[each.id] for each in ranked((p.read() for p in self.policies), self.case(role))]

    def rosters(self, role: Role) -> list[tuple[Schedule, str, str, int | None]]:
        """The rosters that are asked for a role, each with why, its source, and its policy."""
        found: list[tuple[Schedule, str, str, int | None]] = [
            (policy.schedule, f"by the policy “{policy.name}”", "policy", policy.pk) for policy in self.matching(role)
        ]
        team = self.incident.team
        if role.slug == Role.COMMANDER and team is not None and team.commander_schedule is not None:
            found.append((team.commander_schedule, f"from the commander roster of {team.name}", "team", None))
        if role.schedule is not None:
            found.append((role.schedule, f"from the roster of {role.name}", "role", None))
        return found

    def on_duty(self, role: Role) -> Iterator[Candidate]:
        """Everybody whom a roster names now, in the order in which they are asked; one person may come twice."""
        for schedule, why, source, policy in self.rosters(role):
            for user in self._crew(schedule):
                if self._takes_part(user):
                    yield Candidate(user, why, source, policy)
        if role.slug in (Role.COMMANDER, Role.OPERATIONS):
            team = self.incident.team
            for user in filter(self._takes_part, self._primaries):
                yield Candidate(user, f"as on call for {team.name}" if team else "as on call", "on_call")

    @cached_property
    def _primaries(self) -> list[User]:
        return list(first_of(self._policy, self.at))

    def _takes_part(self, user: User) -> bool:
        """Nobody outside a drill is asked for anything of it."""
        return not user.is_service and (self._drilling is None or user.pk in self._drilling)

    @cached_property
    def _drilling(self) -> set[int] | None:
        drill = self.incident.drill
        return set(self.incident.participants.values_list("pk", flat=True)) if drill else None

    def _crew(self, schedule: Schedule) -> tuple[User, ...]:
        if schedule.pk not in self._crews:
            self._crews[schedule.pk] = oncall.crew(schedule, self.at)
        return self._crews[schedule.pk]

    def choose(
        self, role: Role, *, declarer: User | None = None, outside: Iterable[int] = (), empty: bool = False
    ) -> Choice:
        """Whom to ask for a role, but none of the people `outside`. Who is away, commands, or has been on duty for too
        long is passed over; for command the declarer acts where nobody is left, and without one, where the seat would
        be `empty`, whoever was passed over first is asked after all."""
        choice = Choice()
        gone = set(outside)
        if declarer is not None and declarer.is_service:
            # A tool that declares answers nobody.
            declarer = None
        found = [(each, reason) for each, reason in self.asked(role) if each.user.pk not in gone]
        for candidate, reason in found:
            if not reason:
                choice.candidate = candidate
                return choice
            choice.passed_over.append((candidate.user, reason))
        if role.slug != Role.COMMANDER:
            return choice
        if declarer is not None and declarer.pk not in gone and declarer.is_active:
            choice.candidate = Candidate(declarer, "to act, as whoever declared it", "declarer")
        elif empty and declarer is None and found:
            first = found[0][0]
            choice.candidate = Candidate(
                first.user, f"{first.why}, as nobody else is there", first.source, first.policy
            )
        return choice

    def asked(self, role: Role) -> list[tuple[Candidate, str]]:
        """Everybody whom the rosters name for a role now, in the order in which they are asked, each with the reason
        for passing them over, empty where there is none."""
        found: dict[int, Candidate] = {}
        for each in self.on_duty(role):
            found.setdefault(each.user.pk, each)
        self._look_up(found)
        return [(candidate, self._reasons[pk]) for pk, candidate in found.items()]

    def relief(self, role: Role, *, outside: Iterable[int]) -> Candidate | None:
        """Whom to offer a role that somebody should be relieved of: who is on call for it, else who comes next on its
        rosters, however it is filled otherwise."""
        if ready := self.choose(role, outside=outside).candidate:
            return ready
        gone = set(outside)
        schedules = [schedule for schedule, *_ in self.rosters(role)] or self._watches
        names: dict[int, Candidate] = {}
        for rota in oncall.load(schedules, since=self.at):
            for user in _following(list(rota.users.values()), self._crew(rota.schedule)):
                if user.is_active and self._takes_part(user) and user.pk not in gone:
                    names.setdefault(user.pk, Candidate(user, f"next on {rota.schedule.name}", "roster"))
        self._look_up(names)
        return next((each for pk, each in names.items() if not self._reasons[pk]), None)

    @cached_property
    def _watches(self) -> list[Schedule]:
        targets = EscalationTarget.objects.filter(step__policy=self._policy)
        rows = targets.exclude(schedule=None).select_related("schedule__team").order_by("step__position", "pk")
        return list({row.schedule_id: row.schedule for row in rows if row.schedule}.values())

    def _look_up(self, people: Iterable[int]) -> None:
        """Learn why any of `people` should be spared, in a few queries for all of them."""
        unknown = {pk for pk in people if pk not in self._reasons}
        if not unknown:
            return
        self._reasons.update(dict.fromkeys(unknown, ""))
        hours = Organization.current().relief_hours
        if hours:
            for pk, since in on_duty_since(unknown, self.at).items():
                if self.at - since > timedelta(hours=hours):
                    long = int((self.at - since).total_seconds() // 3600)
                    self._reasons[pk] = f"on duty for {long} h"
        commanding = RoleAssignment.objects.filter(
            user__in=unknown,
            state=State.HELD,
            role__slug=Role.COMMANDER,
            incident__phase__in=phases.ACTIVE,
            incident__drill=False,
        ).exclude(incident_id=self.incident.pk)
        self._reasons.update(dict.fromkeys(commanding.values_list("user", flat=True), "commands another incident"))
        away = TimeOff.objects.filter(user__in=unknown, starts_at__lte=self.at, ends_at__gt=self.at)
        self._reasons.update(dict.fromkeys(away.values_list("user", flat=True), "away"))


def _following(people: list[User], now: tuple[User, ...]) -> list[User]:
    """Those of a rotation in the order in which they come after whoever has the watch."""
    here = next((n for n, user in enumerate(people) if user in now), -1)
    return people[here + 1 :] + people[: here + 1]


def on_duty_since(people: Iterable[int], at: datetime, incident: Incident | None = None) -> dict[int, datetime]:
    """Since when each of `people` has worked without a break: a role that they hold in an incident that goes on, or a
    page that they answered there in the last day. `incident`: in this one alone."""
    anywhere = {"incident__phase__in": phases.ACTIVE, "incident__drill": False}
    live: dict[str, Any] = {"incident": incident} if incident else anywhere
    held = RoleAssignment.objects.filter(user__in=people, state=State.HELD, accepted_at__isnull=False, **live)
    called = Page.objects.filter(
        user__in=people, acknowledged_at__isnull=False, acknowledged_at__gte=at - LONGEST_WATCH, **live
    )
    found: dict[int, datetime] = {}
    for pk, since in [
        *held.order_by().values_list("user").annotate(since=Min("held_at")),
        *called.order_by().values_list("user").annotate(since=Min("acknowledged_at")),
    ]:
        found[pk] = min(found.get(pk, since), since)
    return found


def assign_on_declare(
    incident: Incident, *, commander: User | None, by: User | None, at: datetime
) -> list[RoleAssignment]:
    """Fill the seats from policies and rosters, in the declaring transaction.

    Command goes to whoever was named, else by the role policies, else the team's commander roster, else the role's own
    roster, else the team's primary on call, else the declarer as acting commander: declaring never waits for a
    commander. Whoever was chosen is called and has still to accept; why it is they stands on the timeline.
    """
    seats = []
    commands: list[int] = []
    staff = Staffing(incident, at)
    for role in Role.objects.select_related("schedule__team"):
        if seat_of(incident, role) is not None:
            continue
        if role.slug == Role.COMMANDER and commander is not None:
            choice = Choice(Candidate(commander, f"by {by}" if by else "by whoever declared it", "named"))
        else:
            choice = staff.choose(role, declarer=by, outside=commands, empty=True)
        if choice.user is None and role.slug == Role.COMMANDER and by is not None and by.is_service:
            raise refuse(
                "not_a_person",
                f"{by} is a service account, nobody is on call, and somebody has to command. Name a person.",
                field="commander",
            )
        if choice.user is None:
            continue
        if role.slug == Role.COMMANDER:
            commands.append(choice.user.pk)
        seats.append(put(incident, role, choice, by=by, at=at))
    return seats


def put(incident: Incident, role: Role, choice: Choice, *, by: User | None, at: datetime) -> RoleAssignment:
    """Let whoever was chosen hold the seat, to be accepted unless it is `by`; the caller holds the incident's lock."""
    user = choice.user
    assert user is not None, "somebody was chosen"
    own = by is not None and user.pk == by.pk
    seat = hold(incident, role, user, at=at, accepted=own, by=by)
    timeline.record(
        incident,
        Kind.ROLE,
        "role.assigned",
        f"{user} is {role.name}" if own else f"{user} is {role.name} (to be accepted)",
        by=by,
        occurred_at=at,
        reason=choice.explained,
        data={
            "role": role.slug,
            "user": user.pk,
            "assignment": seat.pk,
            "accepted": own,
            **choice.data,
            **({} if own or incident.pages.filter(user=user, run__request=None).exists() else called(incident, role)),
        },
        notify=[] if own else [user],
    )
    return seat


def following(incident: Incident, seat: RoleAssignment, at: datetime) -> Choice:
    """Who is asked for a seat after whoever was given it has not taken it: somebody whom nobody has asked yet."""
    before = incident.assignments.filter(role=seat.role)
    asked, declined = set(before.values_list("user", flat=True)), before.filter(state=State.DECLINED)
    commands = incident.assignments.filter(role__slug=Role.COMMANDER, state=State.HELD).exclude(role=seat.role)
    declarer = seat.offered_by if seat.offered_by_id != seat.user_id else None
    if declarer is not None and not declined.filter(user=declarer).exists():
        asked.discard(declarer.pk)
    outside = {*asked, seat.user_id, *commands.values_list("user", flat=True)}
    return Staffing(incident, at).choose(seat.role, declarer=declarer, outside=outside)


def pass_on(
    incident: Incident, seat: RoleAssignment, choice: Choice, *, by: User | None, at: datetime
) -> RoleAssignment:
    """Give a seat that was not taken to whoever was chosen next, in the same moment; the caller holds the lock. `by` is
    whoever said no, None where nobody said anything."""
    assert choice.candidate is not None, "somebody was chosen"
    user, role = choice.candidate.user, seat.role
    made = hold(incident, role, user, at=at, accepted=False, by=seat.offered_by)
    acts = choice.candidate.source == "declarer"
    if by is None:
        said = f"{seat.user} did not accept {role.name} in time: {user} " + ("acts" if acts else "is asked next")
    else:
        said = f"{user} is {role.name} (to be accepted)"
    timeline.record(
        incident,
        Kind.ROLE,
        "role.passed",
        said,
        by=None,
        occurred_at=at,
        reason=choice.explained,
        data={
            "role": role.slug,
            "user": user.pk,
            "assignment": made.pk,
            "from": seat.user_id,
            **choice.data,
            **called(incident, role),
        },
        notify=[user],
    )
    return made


def called(incident: Incident, role: Role) -> dict[str, str]:
    """Command is not left to mail: whoever is to have it is called as for a page of this severity."""
    return {"call": escalation.urgency_of(incident.severity_id)} if role.slug == Role.COMMANDER else {}


def first_of(policy: EscalationPolicy | None, at: datetime) -> Iterator[User]:
    """People on call at `at` in the order in which a policy would page them."""
    targets = EscalationTarget.objects.filter(step__policy=policy).select_related("schedule__team", "user")
    for target in targets.order_by("step__position", "pk"):
        people = oncall.crew(target.schedule, at) if target.schedule else [target.user]
        yield from (user for user in people if user is not None and user.is_active)
