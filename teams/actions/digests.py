"""Telling of roster warnings by mail: every morning what is new, and at once what hurts within a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Prefetch
from django.urls import reverse

from teams import mails, reach
from teams.hours import instant
from teams.models import Membership, Organization, RosterWarning, Team, User

# On the organization's clock.
MORNING = time(8)
Kind = RosterWarning.Kind
# What somebody is told of themselves, beside those who look after the team.
OWN = frozenset({Kind.UNREACHABLE, Kind.TWICE, Kind.AWAY})


@dataclass(slots=True)
class _Letter:
    reader: User
    rows: dict[str, RosterWarning] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Line:
    """A warning in a letter, and where it is mended."""

    heading: str
    text: str
    url: str
    label: str


@transaction.atomic
def tell_of_warnings(now: datetime) -> int:
    """Write one letter to each of those whom the warnings that are due concern; how many letters.

    The rows are claimed and the letters put among the deliveries in this one transaction: a worker that dies leaves
    them due. What nobody can be told of stays due as well.
    """
    due = RosterWarning.objects.due(now, _morning(now)).select_for_update(skip_locked=True, of=("self",))
    rows = list(due.select_related("team", "schedule__team", "user"))
    if not rows:
        return 0
    letters: dict[int, _Letter] = {}
    readers = _Readers({row.team_id for row in rows})
    told = []
    for row in rows:
        for reader in (found := readers.of(row)):
            # A warning that concerns two teams is told once to who looks after both.
            letters.setdefault(reader.pk, _Letter(reader)).rows.setdefault(row.key, row)
        if found:
            told.append(row.pk)
    for letter in letters.values():
        _write(letter.reader, list(letter.rows.values()), now)
    RosterWarning.objects.filter(pk__in=told).update(told_at=now)
    return len(letters)


def _morning(now: datetime) -> datetime:
    """The last time at which digests were written. Whatever was found before it and is not told of yet is due, so that
    nobody gets two in a day however often this is asked."""
    zone = Organization.current().time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    mornings = (instant(datetime.combine(day, MORNING), zone) for day in (today, today - timedelta(days=1)))
    return next(morning for morning in mornings if morning <= now)


class _Readers:
    """Whom warnings of `teams` concern. Managers who left, or whom no mail reaches, hide nothing: owners and admins
    stand in for them."""

    def __init__(self, teams: Iterable[int]) -> None:
        managing = Membership.objects.filter(
            role=Membership.Role.MANAGER, user__is_active=True, user__is_service=False
        ).select_related("user")
        found = Team.objects.filter(pk__in=teams).prefetch_related(Prefetch("memberships", managing))
        self.managers = {team.pk: [m.user for m in team.memberships.all()] for team in found}
        self.staff = list(User.objects.present().filter(role__in=[User.Role.OWNER, User.Role.ADMIN]))
        everybody = {user.pk: user for users in (*self.managers.values(), self.staff) for user in users}
        self.lost = reach.unreachable(everybody.values())

    def of(self, row: RosterWarning) -> list[User]:
        managers = self._reached(self.managers.get(row.team_id, ()))
        found = {user.pk: user for user in managers or self._reached(self.staff)}
        # To their own address even where nobody has proved it to be theirs: there is no other.
        if row.kind in OWN and row.user is not None and row.user.is_active and row.user.email:
            found.setdefault(row.user.pk, row.user)
        return list(found.values())

    def _reached(self, users: Iterable[User]) -> list[User]:
        return [user for user in users if user.pk not in self.lost]


def _write(reader: User, rows: Sequence[RosterWarning], now: datetime) -> None:
    rows = sorted(rows, key=lambda row: (not row.urgent(now), row.starts_at or datetime.max.replace(tzinfo=now.tzinfo)))
    urgent = [row for row in rows if row.urgent(now)]
    coming = [row for row in rows if not row.urgent(now)]
    named = urgent or coming
    count = f"{len(named)} warnings" if len(named) > 1 else named[0].get_kind_display()
    where = f" in {named[0].team}" if len({row.team_id for row in named}) == 1 else ""
    mails.send(
        reader.email,
        "roster_warnings",
        f"{'Within a day' if urgent else 'Ahead'}{where}: {count}",
        urgent=[_line(row, reader, now) for row in urgent],
        coming=[_line(row, reader, now) for row in coming],
        count=len(rows),
        url=mails.absolute(reverse("teams:warnings")),
    )


def _line(row: RosterWarning, reader: User, now: datetime) -> _Line:
    own = row.user_id == reader.pk
    if row.kind == Kind.UNREACHABLE and own:
        url, label = reverse("account_email"), "Confirm your e-mail address"
    elif row.kind in (Kind.GAP, Kind.AWAY, Kind.TWICE) and row.cover_url(now):
        url, label = row.cover_url(now), "Find cover"
    else:
        url, label = row.get_absolute_url(), "See the calendar" if row.schedule else "See the team"
    return _Line(row.get_kind_display(), row.text, mails.absolute(url), label)
