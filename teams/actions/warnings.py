"""Looking ahead: what will hurt in the rosters, kept as rows that open when it is seen and go when it is mended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from teams import foresight, oncall, reach
from teams.foresight import Absence, Duty, Finding, Look, Person, Roster, Unread
from teams.models import CalendarSource, Organization, RosterWarning, Schedule, TimeOff, User
from teams.zones import is_zone

# What has gone on for longer than this has no begin that would tell anybody anything.
BACK = timedelta(days=35)
# A turn of a month that begins at the end of the look-ahead is seen whole.
BEYOND = timedelta(days=32)
KEPT = timedelta(days=90)
# One at a time looks ahead, so that the later one sees what the earlier one wrote.
LOCK = 7_304_412
FIELDS = ("schedule_id", "user_id", "text", "starts_at", "ends_at")
# About spans; the others are about a roster as a whole.
Kind = RosterWarning.Kind
DATED = frozenset({Kind.GAP, Kind.TWICE, Kind.UNREACHABLE, Kind.AWAY})


def look_soon() -> None:
    """Look ahead again once this transaction commits. It may be lost: the hourly sweep finds it."""
    from teams.tasks import look_ahead as task

    task.delay_on_commit()


@transaction.atomic
def look_ahead(now: datetime) -> tuple[int, int]:
    """Bring the warnings of all teams in step with the rosters; how many opened, and how many went.

    One that stays keeps its row, and with it whether it was told. The number of queries is the same however many there
    are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    standing = {(row.team_id, row.key): row for row in RosterWarning.objects.filter(gone_at=None)}
    found = {(each.team, each.key): each for each in _foresee(now, {key for _, key in standing})}
    opened = [_opened(each, now) for key, each in found.items() if key not in standing]
    changed = [row for key, row in standing.items() if key in found and _follow(row, found[key])]
    mended = [row.pk for key, row in standing.items() if key not in found]
    RosterWarning.objects.bulk_create(opened)
    RosterWarning.objects.bulk_update(changed, FIELDS)
    RosterWarning.objects.filter(pk__in=mended).update(gone_at=now)
    RosterWarning.objects.filter(gone_at__lt=now - KEPT).delete()
    return len(opened), len(mended)


def _foresee(now: datetime, known: set[str]) -> list[Finding]:
    organization = Organization.current()
    weeks = organization.warn_weeks
    look = Look(
        now=now,
        weeks=weeks,
        since=now - BACK,
        beyond=now + timedelta(weeks=weeks) + BEYOND,
        nights=organization.nights_limit,
        known=known,
    )
    rosters, users = _rosters(look)
    lost = reach.unreachable(users.values())
    people = {pk: Person(pk, user.name, _zone(user), pk not in lost) for pk, user in users.items()}
    absences = TimeOff.objects.filter(user__in=users, ends_at__gt=now, starts_at__lt=look.until)
    unread = CalendarSource.objects.exclude(error="").values_list("schedule", "error", "read_at")
    return foresight.foresee(
        rosters,
        people,
        [Absence(row.pk, row.user_id, row.starts_at, row.ends_at) for row in absences],
        [Unread(*row) for row in unread],
        look,
    )


def _rosters(look: Look) -> tuple[list[Roster], dict[int, User]]:
    """Every schedule with the duty of those who are still there, and these people."""
    found: list[Roster] = []
    people: dict[int, User] = {}
    for rota in oncall.load(Schedule.objects.select_related("team").order_by("pk"), since=look.since):
        duties: list[Duty] = []
        for watch in rota.watches(look.since, look.beyond):
            for user in watch.present:
                people[user.pk] = user
                duties.append(Duty(user.pk, watch.start, watch.end))
        row = rota.schedule
        found.append(Roster(row.pk, row.team_id, str(row), row.time_zone, tuple(duties)))
    return found, people


def _zone(user: User) -> str:
    return user.time_zone if is_zone(user.time_zone) else ""


def _opened(found: Finding, now: datetime) -> RosterWarning:
    row = RosterWarning(team_id=found.team, kind=found.kind, key=found.key, found_at=now, starts_at=now)
    _follow(row, found)
    return row


def _follow(row: RosterWarning, found: Finding) -> bool:
    """Write into `row` what is found now; whether that is something else. What began too long ago to say when, began
    when it was found."""
    dated = found.kind in DATED
    starts = found.start or (row.starts_at if dated else None)
    new = (found.schedule, found.person, found.text, starts, found.end)
    if new == tuple(getattr(row, name) for name in FIELDS):
        return False
    for name, value in zip(FIELDS, new, strict=True):
        setattr(row, name, value)
    return True
