"""The deadlines of a review: when it meets, when those who meet have the text, and when it is published."""

from __future__ import annotations

import logging
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions.deadlines import overdue, reminder_of, workdays_after, workdays_before
from incidents.actions.facts import try_lock
from incidents.models import Postmortem
from incidents.timeline import Kind
from teams.models import Organization, User

log = logging.getLogger(__name__)
State = Postmortem.State
OPEN = (State.DRAFT, State.IN_REVIEW, State.APPROVED)
# Days after a deadline from which on the team lead hears of it, too.
TO_THE_LEAD = 7


def set_out(postmortem: Postmortem, at: datetime) -> None:
    """Its deadlines by the severity, counted in working days from `at`, on the object."""
    severity = postmortem.incident.severity
    postmortem.due_on = workdays_after(at.date(), severity.postmortem_days if severity else 5)
    postmortem.meet_by = workdays_after(at.date(), severity.meeting_days if severity else 5)
    circulated(postmortem)
    remind_anew(postmortem)


def circulated(postmortem: Postmortem) -> None:
    """The text is there before the meeting: the one that was planned, else the last day for it. On the object."""
    meeting = postmortem.meeting_at
    meets = meeting.astimezone(ZoneInfo(Organization.current().time_zone)).date() if meeting else postmortem.meet_by
    severity = postmortem.incident.severity
    days = severity.circulate_days if severity else 1
    postmortem.circulate_on = workdays_before(meets, days) if meets else None


def remind_anew(postmortem: Postmortem) -> None:
    """When its next reminder goes out, on the object: nobody was reminded of these deadlines yet."""
    drill = postmortem.incident.drill
    postmortem.remind_at = None if drill else reminder_of(_waited_for(postmortem), timezone.now(), first=True)


def _waited_for(postmortem: Postmortem) -> list[date | None]:
    """The deadlines whose work is still to be done."""
    if postmortem.state not in OPEN:
        return []
    meets = postmortem.meet_by if postmortem.meeting_at is None else None
    return [postmortem.due_on, meets, postmortem.circulate_on if postmortem.state == State.DRAFT else None]


def remind_due(now: datetime, limit: int = 200) -> int:
    """Send the reminders of postmortems that are due at `now`; returns how many were sent. One that fails is logged and
    keeps none of the others back; one that somebody works on at this moment comes next time."""
    waiting = Postmortem.objects.filter(remind_at__lte=now, state__in=OPEN).order_by("remind_at")
    sent = 0
    for pk in list(waiting.values_list("incident_id", flat=True)[:limit]):
        try:
            sent += _remind(pk)
        except Exception:
            log.exception("reminding of the postmortem of incident %s failed", pk)
    return sent


@transaction.atomic
def _remind(incident_pk: int) -> bool:
    incident = try_lock(incident_pk)
    if incident is None:
        return False
    postmortem = (
        Postmortem.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("owner", "facilitator")
        .filter(incident=incident, state__in=OPEN)
        .first()
    )
    now = timezone.now()
    if postmortem is None or postmortem.remind_at is None or postmortem.remind_at > now:
        return False
    postmortem.incident = incident
    days = _waited_for(postmortem)
    postmortem.remind_at = reminder_of(days, now)
    postmortem.save(update_fields=["remind_at"])
    said = _said(postmortem, now.date())
    if not said:
        return False
    people = _people(postmortem, now.date(), days)
    names = ", ".join(person.name for person in people)
    timeline.record(
        incident,
        Kind.REVIEW,
        "postmortem.reminded",
        "; ".join([*said, f"{names} reminded"] if names else said),
        by=None,
        data={"postmortem": postmortem.pk},
        notify=people,
    )
    return True


def _said(postmortem: Postmortem, today: date) -> list[str]:
    """What is due in two days or less, in words; what is due last, where nothing is."""
    due, meets, circulate = _waited_for(postmortem)
    said = []
    if _is_near(due, today) or (due is not None and not _is_near(circulate, today) and not _is_near(meets, today)):
        said.append(f"The postmortem is {_when(due, today, 'due')}")
    if _is_near(circulate, today):
        said.append(f"handing it in for review is {_when(circulate, today, 'due')}")
    if _is_near(meets, today):
        said.append(f"the review has no meeting yet, which is {_when(meets, today, 'due')}")
    return [said[0][0].upper() + said[0][1:], *said[1:]] if said else []


def _is_near(day: date | None, today: date) -> bool:
    return day is not None and (day - today).days <= 2


def _when(day: date | None, today: date, word: str) -> str:
    assert day is not None, "only what is near is told of"
    late = (today - day).days
    return overdue(late) if late > 0 else f"{word} {day:%d %b}"


def _people(postmortem: Postmortem, today: date, days: list[date | None]) -> list[User]:
    """Whoever writes it and whoever leads it; the team lead as well once something is a week late."""
    people = [postmortem.owner, postmortem.facilitator]
    late = max(((today - day).days for day in days if day is not None), default=0)
    team = postmortem.incident.team
    if late >= TO_THE_LEAD and team is not None:
        people += User.objects.managing(team)
    return list({person.pk: person for person in people if person is not None and person.is_active}.values())
