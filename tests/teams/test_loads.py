"""Fairness read from real rows: the page, the file, the pages that people got, and the start that is proposed."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import EscalationRun, Incident, Page
from teams import loads, oncall
from teams.models import Layer, Override, Schedule, Team, User
from tests import factories

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def weekly(payments: Team, alice: User, bob: User) -> Schedule:
    """Alice has the weeks of 2 and 16 November, Bob those of 9 and 23."""
    return factories.schedule(payments, [alice, bob], name="Weekly", anchor_date=date(2026, 11, 2))


def shares(*schedules: Schedule, start: datetime = MONDAY, end: datetime = NOW, reader: Any = None) -> loads.Shares:
    return loads.shares(schedules, start, end, reader=reader or User.objects.first(), now=timezone.now())


def told(found: loads.Shares) -> dict[str, float]:
    return {row.user.username: row.load.total / HOUR for row in found.rows}


def page(incident: Incident, user: User, at: datetime, *, answered: bool = False) -> Page:
    run = incident.runs.first() or EscalationRun.objects.create(
        incident=incident, state="stopped", due_at=None, ended_at=at, ended_reason="Over"
    )
    number = Page.objects.count()
    return Page.objects.create(
        incident=incident, run=run, user=user, level=number, created_at=at, acknowledged_at=at if answered else None
    )


def test_the_past_is_as_it_really_was_and_all_of_it_is_somebodys(weekly: Schedule, alice: User, bob: User) -> None:
    Override.objects.create(schedule=weekly, user=bob, starts_at=MONDAY, ends_at=MONDAY + 10 * HOUR)
    found = shares(weekly)
    assert told(found) == {"bob": 346, "alice": 326}
    assert (found.most, found.least, found.spread.verdict) == (bob, alice, "even")


def test_somebody_who_stands_in_is_shown_and_is_not_one_of_those_who_share(
    weekly: Schedule, alice: User, charlie: User
) -> None:
    Override.objects.create(
        schedule=weekly, user=charlie, replaces=alice, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=7)
    )
    found = shares(weekly)
    assert {row.user.username: row.regular for row in found.rows} == {"alice": True, "bob": True, "charlie": False}
    assert found.spread.verdict == "uneven"
    assert found.even(lambda row: row.load.total / HOUR) == (168 + 336) / 2


def test_two_on_a_shift_both_have_it(payments: Team, alice: User, bob: User) -> None:
    schedule = factories.schedule(payments, [alice], name="Pair", anchor_date=date(2026, 11, 2))
    schedule.layers.get().rota.create(user=bob, position=0)
    assert told(shares(schedule)) == {"alice": 672, "bob": 672}


def test_whoever_left_keeps_what_they_stood_and_has_nothing_to_come(weekly: Schedule, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    past = shares(weekly)
    assert told(past) == {"alice": 336, "bob": 336}
    assert [row.user.username for row in past.regulars] == ["alice"]
    assert told(shares(weekly, start=NOW, end=NOW + timedelta(days=28))) == {"alice": 336}


def test_night_and_holidays_are_those_of_the_person_else_of_the_schedule(
    payments: Team, alice: User, bob: User
) -> None:
    """Both stand 24 December 20:00Z to 26 December 08:00Z: Bob in Tokyo, Alice where the schedule is."""
    Schedule.objects.all().delete()
    schedule = factories.schedule(
        payments, [alice], name="Christmas", kind="day", anchor_date=date(2026, 12, 1), handoff_time=time(20)
    )
    schedule.layers.get().rota.create(user=bob, position=0)
    Schedule.objects.update(country="DE")
    User.objects.filter(pk=bob.pk).update(country="JP", time_zone="Asia/Tokyo")
    start, end = datetime(2026, 12, 24, 20, tzinfo=UTC), datetime(2026, 12, 26, 8, tzinfo=UTC)
    found = {row.user.username: row.load for row in shares(Schedule.objects.get(), start=start, end=end).rows}
    assert (len(found["alice"].nights), sorted(found["alice"].holidays)) == (
        2,
        [date(2026, 12, 25), date(2026, 12, 26)],
    )
    assert (found["alice"].holiday / HOUR, found["bob"].holiday) == (32, timedelta())
    assert (len(found["bob"].nights), found["bob"].night / HOUR) == (2, 2 + 8)


def test_a_team_is_the_sum_of_its_schedules(payments: Team, weekly: Schedule, alice: User) -> None:
    both = shares(*Schedule.objects.filter(team=payments))
    assert told(both) == {"alice": 672 + 336, "bob": 336}
    # A night on both schedules is one night.
    assert len(next(row for row in both.rows if row.user == alice).load.nights) == 28


def test_it_takes_as_many_queries_for_ten_schedules_as_for_one(payments: Team, weekly: Schedule, alice: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            shares(*Schedule.objects.filter(team=payments), reader=alice)
        return len(seen)

    few = cost()
    for number in range(8):
        factories.schedule(payments, [factories.UserFactory(), factories.UserFactory()], name=f"More {number}")
    assert cost() == few


def test_pages_count_that_came_to_somebody_on_duty(weekly: Schedule, payments: Team, alice: User, bob: User) -> None:
    incident = factories.incident(payments, alice)
    Page.objects.all().delete()
    page(incident, alice, MONDAY, answered=True)
    page(incident, alice, MONDAY + 2 * HOUR)
    page(incident, alice, MONDAY + timedelta(days=8), answered=True)  # it was Bob's week: she was not on call here
    page(incident, bob, MONDAY + timedelta(days=7), answered=True)  # at the hand-off second it is his
    page(incident, bob, MONDAY - HOUR)
    found = {row.user.username: (row.paged, row.answered) for row in shares(weekly).rows}
    assert found == {"alice": (2, 1), "bob": (1, 1)}


def test_pages_of_a_private_incident_count_for_whoever_may_see_it_alone(
    weekly: Schedule, payments: Team, alice: User, charlie: User
) -> None:
    incident = factories.incident(payments, alice, private=True)
    Page.objects.all().delete()
    page(incident, alice, MONDAY, answered=True)
    assert [(row.paged, row.answered) for row in shares(weekly, reader=alice).rows if row.user == alice] == [(1, 1)]
    assert not any(row.paged for row in shares(weekly, reader=charlie).rows)
    client = Client()
    client.force_login(charlie)
    assert next(csv.DictReader(_file(client, weekly)))["pages_sent"] == "0"


def test_the_page_says_it_in_words_in_bars_and_in_a_table(client: Client, weekly: Schedule, alice: User) -> None:
    client.force_login(alice)
    body = client.get(f"/schedules/{weekly.pk}/fairness/?from=2026-11-02&until=2026-11-29").content.decode()
    assert "Hours: Alice has the most with 336 h, Bob the least with 327 h. An even share is 331.5 h." in body
    assert 'aria-sort="descending"' in body
    assert 'data-label="Nights">14<' in body
    assert "style=" not in body
    for link in (f"/schedules/{weekly.pk}/", f"/teams/{weekly.team.slug}/"):
        assert "/fairness/" in client.get(link).content.decode()


@pytest.mark.parametrize(
    ("order", "first"),
    [("", "Alice"), ("-hours", "Bob"), ("name", "Alice"), ("-name", "Bob"), ("pages", "Bob"), ("nonsense", "Alice")],
)
def test_the_table_is_sorted_as_asked(order: str, first: str, client: Client, weekly: Schedule, alice: User) -> None:
    bob = User.objects.get(username="bob")
    page(factories.incident(weekly.team, alice), bob, MONDAY + timedelta(days=8), answered=True)
    client.force_login(alice)
    rows = client.get(f"/schedules/{weekly.pk}/fairness/?from=2026-11-02&until=2026-11-29&sort={order}").context["rows"]
    assert rows[0][0].user.name == first


@pytest.mark.parametrize(
    ("asked", "days", "status"),
    [
        ("", ("2026-09-01", "2026-11-30"), 200),
        ("range=30", ("2026-10-31", "2026-11-30"), 200),
        ("range=365", ("2025-11-30", "2026-11-30"), 200),
        ("range=next", ("2026-11-30", "2027-02-28"), 200),
        ("range=nonsense", ("2026-09-01", "2026-11-30"), 200),
        ("from=2026-12-24&until=2026-12-26", ("2026-12-24", "2026-12-26"), 200),
        ("from=2026-12-24", ("2026-12-24", "2027-01-23"), 200),
        ("until=2026-12-24", ("2026-11-24", "2026-12-24"), 200),
        ("from=2026-12-24&until=2026-12-23", ("2026-09-01", "2026-11-30"), 422),
        ("from=2020-12-24&until=2026-12-23", ("2026-09-01", "2026-11-30"), 422),
        ("from=soon", ("2026-09-01", "2026-11-30"), 422),
    ],
)
def test_the_time_is_chosen_by_the_address(
    asked: str, days: tuple[str, str], status: int, client: Client, weekly: Schedule, alice: User
) -> None:
    client.force_login(alice)
    answer = client.get(f"/schedules/{weekly.pk}/fairness/?{asked}")
    span = answer.context["span"]
    assert ((span.first.isoformat(), span.last.isoformat()), answer.status_code) == (days, status)


def test_there_is_something_to_read_without_schedules_people_or_duty(
    client: Client, payments: Team, search: Team, alice: User
) -> None:
    client.force_login(alice)
    assert "No schedule yet" in client.get("/teams/search/fairness/").content.decode()
    empty = Schedule.objects.create(team=search, name="Empty")
    assert "Nobody is on call in this time" in client.get(f"/schedules/{empty.pk}/fairness/").content.decode()
    alone = Schedule.objects.get(team=payments)
    assert "is alone in the rotation" in client.get(f"/schedules/{alone.pk}/fairness/").content.decode()


def _file(client: Client, schedule: Schedule, asked: str = "from=2026-11-02&until=2026-11-29") -> io.StringIO:
    return io.StringIO(client.get(f"/schedules/{schedule.pk}/fairness.csv?{asked}").content.decode())


def test_the_file_has_the_same_figures_and_runs_as_no_formula(
    client: Client, weekly: Schedule, alice: User, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(first_name="=cmd()")
    client.force_login(alice)
    rows = {row["username"]: row for row in csv.DictReader(_file(client, weekly))}
    assert rows["bob"]["person"] == "'=cmd()"
    assert (rows["alice"]["hours"], rows["alice"]["nights"], rows["alice"]["weekend_hours"]) == ("336.0", "14", "96.0")
    assert float(rows["alice"]["weighted_hours"]) == 336 + 8 * 14 + 96
    body = client.get(f"/teams/{weekly.team.slug}/fairness.csv?range=30")
    assert re.search(r'filename="watchbill-fairness-payments-\d{8}-\d{8}.csv"', body["Content-Disposition"])


def proposed(schedule: Schedule) -> loads.Proposed | None:
    rota = oncall.load([schedule])[0]
    return loads.propose(rota, rota.layers[-1], timezone.now())


def test_a_new_rotation_starts_with_whoever_had_least(payments: Team, alice: User, bob: User, charlie: User) -> None:
    """Alice has been on call alone for 90 days; four-week turns from today, so that the start makes a difference."""
    old = Schedule.objects.get(team=payments)
    Layer.objects.filter(schedule=old).update(ends_at=NOW)
    new = factories.schedule(
        payments, [alice, charlie], name="New", every=5, anchor_date=date(2026, 11, 30), time_zone="Europe/Berlin"
    )
    Schedule.objects.filter(pk=new.pk).update(country="DE")
    Override.objects.create(schedule=old, user=charlie, starts_at=NOW - timedelta(days=1), ends_at=NOW)
    found = proposed(Schedule.objects.get(pk=new.pk))
    assert found is not None
    assert found.after.share <= found.before.share
    assert "between most and least" in found.sentence


def test_duty_on_other_schedules_counts(payments: Team, alice: User, bob: User) -> None:
    """Who has Christmas on another schedule doesn't begin with it here."""
    Schedule.objects.all().delete()
    other = factories.schedule(payments, [factories.UserFactory(username="zoe")], name="Other")
    Override.objects.create(
        schedule=other, user=alice, starts_at=NOW + timedelta(days=21), ends_at=NOW + timedelta(days=35)
    )
    new = factories.schedule(payments, [alice, bob], name="New", every=4, anchor_date=date(2026, 12, 7))
    Schedule.objects.filter(pk=new.pk).update(country="DE")
    found = proposed(Schedule.objects.get(pk=new.pk))
    assert (found.crew, [user.username for user in found.starts]) == (2, ["bob"])
    assert found.sentence == (
        f"Starting with Bob evens it: {found.after.percent} % between most and least instead of "
        f"{found.before.percent} %."
    )
    assert found.after.percent < found.before.percent


def test_nothing_is_proposed_where_there_is_nothing_to_choose(payments: Team, alice: User) -> None:
    assert proposed(Schedule.objects.get(team=payments)) is None
