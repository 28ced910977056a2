"""Where people of an incident meet: a video room and a chat channel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import timeline
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.models import Incident
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import bridges
from teams.models import User
from teams.models.service import on_the_web

WORDS = {"call_url": "video room", "chat_url": "chat channel"}


def prepare(incident: Incident) -> None:
    """Fill the rooms that nobody has named from the team's templates; the caller saves."""
    team = incident.team
    if team is None:
        return
    severity = incident.severity.code.lower() if incident.severity else ""
    values = bridges.values(
        number=incident.pk,
        reference=incident.reference.lower(),
        title="" if incident.private else incident.title,
        team=team.slug,
        severity=severity,
    )
    incident.call_url = incident.call_url or bridges.filled(team.call_template, values)
    incident.chat_url = incident.chat_url or bridges.filled(team.chat_template, values)


@transaction.atomic
def set_rooms(incident_pk: int, *, by: User, **rooms: str) -> Incident:
    """Say where people meet: `call_url` and `chat_url`, web addresses or empty. What stays the same leaves no trace.
    Raises Blocked."""
    incident = lock(incident_pk, by=by)
    if not incident.is_open:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    changed = {name: url.strip() for name, url in rooms.items() if name in WORDS}
    changed = {name: url for name, url in changed.items() if getattr(incident, name) != url}
    wrong = []
    for name, url in changed.items():
        try:
            if url:
                on_the_web(url)
        except ValidationError:
            wrong.append(Blocker("url_wrong", "Give a web address, with https://.", field=name))
    if wrong:
        raise Blocked(wrong)
    if not changed:
        return incident
    for name, url in changed.items():
        setattr(incident, name, url)
    incident.save(update_fields=list(changed))
    said = "; ".join(f"{WORDS[name]}: {url or 'none'}" for name, url in changed.items())
    timeline.record(incident, Kind.LINK, "rooms.set", f"{by} set the {said}", by=by, data=changed)
    return incident
