"""The meeting of a review: who takes part, and the invitation that their calendars follow.

What each invitation says stands in the line of the timeline that it is mailed for, so that it reads the same however
often it is tried.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions.review_rows import lock_review
from incidents.guards import Blocker
from incidents.models import Postmortem, ReviewParticipant
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams.models import User

REQUEST, CANCEL = "request", "cancel"
# What calendars show of it: where one of these changes, the invitation goes out again.
SHOWN = ("meeting_at", "meeting_minutes", "meeting_place")


def fill(postmortem: Postmortem) -> None:
    """Let those take part who held a role or did something in the incident; nobody is taken out."""
    incident = postmortem.incident
    held = User.objects.present().filter(assignments__incident=incident, assignments__held_at__isnull=False)
    joined = User.objects.present().filter(incidents_joined=incident)
    people = (held | joined).filter(is_service=False).distinct()
    ReviewParticipant.objects.bulk_create(
        [ReviewParticipant(postmortem=postmortem, user=person) for person in people.order_by("pk")],
        ignore_conflicts=True,
    )


@transaction.atomic
def set_participants(
    incident_pk: int, people: Iterable[User], *, by: User, seen: Iterable[int] | None = None
) -> Postmortem:
    """Let `people` take part and nobody else. `seen` are the numbers of those whom the writer saw taking part: only
    what they changed of that is done, so that nobody goes whom somebody else added meanwhile. To a meeting that was
    announced whoever is new is invited, and whoever is not wanted any more is told so."""
    incident, postmortem = lock_review(incident_pk, by=by)
    wanted = {person.pk: person for person in people}
    there = {row.user_id: row for row in postmortem.participations.select_related("user")}
    shown = set(there) if seen is None else set(seen)
    new = [person for pk, person in wanted.items() if pk not in there and (seen is None or pk not in shown)]
    gone = [row for pk, row in there.items() if pk not in wanted and pk in shown]
    ReviewParticipant.objects.filter(pk__in=[row.pk for row in gone]).delete()
    ReviewParticipant.objects.bulk_create(ReviewParticipant(postmortem=postmortem, user=person) for person in new)
    incident.participants.add(*new)
    if postmortem.invited_at is not None:
        told = [row.user for row in gone if row.invited is not None]
        if told or new:
            # Whoever was taken out and comes again has a cancellation of the version before.
            postmortem.meeting_sequence += 1
            postmortem.save(update_fields=["meeting_sequence"])
        if told:
            _send(postmortem, CANCEL, told, by=by, text=f"{by} takes {_names(told)} out of the review's meeting")
        if new:
            _send(postmortem, REQUEST, new, by=by, text=f"{by} invites {_names(new)} to the review's meeting")
    return postmortem


@transaction.atomic
def invite(incident_pk: int, *, by: User) -> Postmortem:
    """Mail the invitation to everybody who takes part; sent again, it says the same as a newer version. Raises Blocked
    with all that is missing."""
    postmortem = lock_review(incident_pk, by=by)[1]
    rows = list(postmortem.participations.select_related("user"))
    missing = []
    if postmortem.meeting_at is None:
        missing.append(Blocker("meeting_missing", "Say when the review meets.", field="meeting_at"))
    elif postmortem.meeting_at <= timezone.now():
        missing.append(Blocker("meeting_over", "The meeting lies in the past. Give it a new time.", field="meeting_at"))
    if not rows:
        missing.append(Blocker("participants_missing", "Say who takes part.", field="participants"))
    if missing:
        raise Blocked(missing)
    again = postmortem.invited_at is not None
    name(postmortem)
    if again:
        postmortem.meeting_sequence += 1
    else:
        postmortem.meeting_organizer = postmortem.facilitator or postmortem.owner
    postmortem.invited_at = timezone.now()
    postmortem.save(update_fields=["meeting_uid", "meeting_sequence", "meeting_organizer", "invited_at"])
    people = [row.user for row in rows]
    said = "sent the invitation to the review's meeting again" if again else "invited to the review's meeting"
    _send(postmortem, REQUEST, people, by=by, text=f"{by} {said}: {_names(people)}")
    return postmortem


@transaction.atomic
def call_off(incident_pk: int, *, by: User, reason: str = "") -> Postmortem:
    """Take the meeting out of everybody's calendar; its time is forgotten. Raises Blocked where nobody was invited."""
    postmortem = lock_review(incident_pk, by=by)[1]
    if postmortem.invited_at is None:
        raise refuse("not_invited", "Nobody was invited to a meeting yet.")
    _called_off(postmortem, by=by, reason=reason)
    postmortem.save(update_fields=["meeting_at", "meeting_uid", "meeting_sequence", "meeting_organizer", "invited_at"])
    return postmortem


def name(postmortem: Postmortem) -> None:
    """What calendars know the meeting by, on the object, from its first time on: a file that somebody took into theirs
    and the invitation are one meeting."""
    if postmortem.meeting_uid is None:
        postmortem.meeting_uid = uuid.uuid4()


def forget(postmortem: Postmortem) -> None:
    """It has no meeting, on the object, and nobody is invited to one. The next is another one in people's calendars."""
    postmortem.meeting_at = postmortem.invited_at = postmortem.meeting_uid = postmortem.meeting_organizer = None
    postmortem.meeting_sequence = 0
    postmortem.participations.update(invited=None)


def follow(postmortem: Postmortem, before: dict[str, Any], *, by: User) -> None:
    """Bring the calendars to what the postmortem says now, in the caller's transaction, which saves it afterwards;
    `before` is what of SHOWN it said."""
    if postmortem.meeting_at is not None:
        name(postmortem)
    if postmortem.invited_at is None or all(before.get(name, now) == now for name, now in _shown(postmortem).items()):
        return
    if postmortem.meeting_at is None:
        moved = {name: before[name] for name in SHOWN if name in before}
        _called_off(postmortem, by=by, was=moved)
        return
    postmortem.meeting_sequence += 1
    people = [row.user for row in postmortem.participations.select_related("user")]
    when = f"{postmortem.meeting_at:%d %b, %H:%M} UTC"
    _send(postmortem, REQUEST, people, by=by, text=f"{by} moved the review's meeting: {when}")


def _shown(postmortem: Postmortem) -> dict[str, Any]:
    return {name: getattr(postmortem, name) for name in SHOWN}


def _called_off(postmortem: Postmortem, *, by: User, reason: str = "", was: dict[str, Any] | None = None) -> None:
    postmortem.meeting_sequence += 1
    rows = postmortem.participations.exclude(invited=None).select_related("user")
    people = [row.user for row in rows]
    text = f"{by} called off the review's meeting"
    _send(postmortem, CANCEL, people, by=by, text=text, reason=reason, was=was)
    forget(postmortem)


def _send(
    postmortem: Postmortem,
    method: str,
    people: list[User],
    *,
    by: User,
    text: str,
    reason: str = "",
    was: dict[str, Any] | None = None,
) -> None:
    told = _shown(postmortem) | (was or {})
    at = told["meeting_at"]
    assert at is not None, "what is announced has a time"
    rows = list(postmortem.participations.all())
    to = [person.pk for person in people]
    timeline.record(
        postmortem.incident,
        Kind.REVIEW,
        f"postmortem.meeting_{method}",
        text,
        by=by,
        reason=reason,
        data={
            "postmortem": postmortem.pk,
            "calendar": {
                "method": method,
                "uid": str(postmortem.meeting_uid),
                "sequence": postmortem.meeting_sequence,
                "title": postmortem.title,
                "starts_at": at.isoformat(),
                "minutes": told["meeting_minutes"],
                "place": told["meeting_place"],
                "organizer": postmortem.meeting_organizer_id or postmortem.facilitator_id or postmortem.owner_id,
                "people": [row.user_id for row in rows],
                # Whose calendars it is for, and which of them have the meeting already.
                "to": to,
                "again": [row.user_id for row in rows if row.invited is not None and row.user_id in to],
            },
        },
        notify=people,
    )
    if method == REQUEST:
        postmortem.participations.filter(user__in=people).update(invited=postmortem.meeting_sequence)


def _names(people: list[User]) -> str:
    return ", ".join(person.name for person in people)
