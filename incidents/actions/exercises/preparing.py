"""A drill before it runs: its incident, whose clock stands until somebody starts it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from incidents import timeline
from incidents.actions.exercises import replaying, scenarios
from incidents.drilling import script as scripts
from incidents.drilling.script import Script
from incidents.models import Exercise, ExerciseEvent, Incident
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.models import Service, Team, User

TITLE = "Drill"
MOST_PARTICIPANTS = 100


def of_scenario(
    slug: str,
    *,
    by: User,
    team: Team,
    participants: Iterable[User] = (),
    speed: int = 1,
    service: Service | None = None,
) -> Exercise:
    """Prepare a drill of a scenario for `team`. `service` stands for the first one that the scenario names; the others
    are the organization's services of that name, where there are some. Raises Blocked."""
    text = scenarios.text_of(slug)
    if text is None:
        raise refuse("scenario_unknown", f"There is no scenario “{slug}”.", field="scenario")
    return prepare(
        scenarios.read(text),
        by=by,
        team=team,
        participants=participants,
        speed=speed,
        service=service,
        scenario=slug,
    )


def of_incident(
    past: Incident, *, by: User, team: Team | None = None, participants: Iterable[User] = (), speed: int = 1
) -> Exercise:
    """Prepare a drill that replays a past incident. One of a private incident is private, to whom that is. Raises
    Blocked for one that goes on, that was a drill itself, or of which no alert is known."""
    permits.require(by, "incident.view", past)
    team = past.team if past.private or team is None else team
    if team is None:
        raise refuse("team_missing", "Say which team drills.", field="team")
    return prepare(replaying.script_of(past), by=by, team=team, participants=participants, speed=speed, past=past)


@transaction.atomic
def prepare(
    script: Script,
    *,
    by: User,
    team: Team,
    participants: Iterable[User] = (),
    speed: int = 1,
    service: Service | None = None,
    scenario: str = "",
    past: Incident | None = None,
) -> Exercise:
    """Open the room of a drill. Nobody is called: whoever takes part finds it in the console."""
    permits.require(by, "exercise.run", team)
    if speed not in Exercise.Speed.values:
        raise refuse("speed_unknown", "Choose a speed of 1, 2 or 5.", field="speed")
    people = {user.pk: user for user in (by, *participants) if user.is_active and not user.is_service}
    if len(people) > MOST_PARTICIPANTS:
        raise refuse("too_many", f"{MOST_PARTICIPANTS} people are the most.", field="participants")
    private = past is not None and past.private
    incident = Incident.objects.create(
        title=TITLE, drill=True, private=private, team=team, reported_by=by, detected_at=moments.now()
    )
    incident.services.set(_services(script, service, past))
    if past is not None and private:
        incident.shared_with.set(past.shared_with.all())
        # A private one doesn't become known by a drill of it.
        hidden = [user for user in people.values() if not permits.may(user, "incident.view", past)]
        if hidden:
            names = ", ".join(str(user) for user in hidden)
            raise refuse("participant_may_not_see", f"{names} may not see this incident.", field="participants")
    incident.participants.add(*people.values())
    exercise = Exercise.objects.create(
        incident=incident,
        name=script.title,
        scenario=scenario,
        past=past,
        script=scripts.to_json(script),
        speed=speed,
        facilitator=by,
    )
    ExerciseEvent.objects.bulk_create(
        ExerciseEvent(exercise=exercise, kind=event.kind, at=event.at, data=event.data) for event in script.events
    )
    timeline.record(
        incident, Kind.EXERCISE, "exercise.prepared", f"{by} prepared a drill. Nothing of it leaves the house.", by=by
    )
    return exercise


def _services(script: Script, first: Service | None, past: Incident | None) -> list[Service]:
    if past is not None:
        return list(past.services.all())
    names = script.services[1:] if first is not None else script.services
    known = Service.objects.filter(slug__in=names) | Service.objects.filter(name__in=names)
    return list({service.pk: service for service in (*([first] if first else []), *known)}.values())
