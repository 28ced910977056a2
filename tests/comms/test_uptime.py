"""How a component was, from what was published: days on the page's clock, and how much of the time it was up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from comms.actions import publishing
from comms.models import Component, PageIncident, StatusPage
from comms.uptime import Change, Spell, days, percent, spells, uptime
from teams.models import User

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OK, DEGRADED, PARTIAL, MAJOR = "operational", "degraded_performance", "partial_outage", "major_outage"


def at(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


def test_nothing_happened() -> None:
    found = spells([], OK, at(days=90), NOW)
    assert uptime(found) == 1
    assert {day.worst for day in days(found, ZoneInfo("UTC"), NOW, since=at(days=90))} == {OK}


def test_an_outage_across_midnight_is_on_both_days_of_the_zone() -> None:
    changes = [
        Change(datetime(2026, 3, 8, 22, tzinfo=UTC), OK, MAJOR),
        Change(datetime(2026, 3, 9, 1, tzinfo=UTC), MAJOR, OK),
    ]
    found = spells(changes, OK, at(days=10), NOW)
    trouble = {d.day: d.trouble for d in days(found, ZoneInfo("UTC"), NOW, since=at(days=10)) if d.trouble}
    assert trouble == {date(2026, 3, 8): {MAJOR: 7200}, date(2026, 3, 9): {MAJOR: 3600}}
    berlin = {d.day: d.trouble for d in days(found, ZoneInfo("Europe/Berlin"), NOW, since=at(days=10)) if d.trouble}
    assert berlin == {date(2026, 3, 8): {MAJOR: 3600}, date(2026, 3, 9): {MAJOR: 7200}}
    assert uptime(found) == pytest.approx(1 - 3 / 240)


def test_a_partial_outage_counts_by_30_percent_and_what_is_slow_is_up() -> None:
    changes = [Change(at(hours=10), OK, PARTIAL), Change(at(hours=5), PARTIAL, DEGRADED)]
    found = spells(changes, DEGRADED, at(hours=20), NOW)
    assert uptime(found) == pytest.approx(1 - 0.3 * 5 / 20)


def test_what_was_broken_before_the_first_change_was_so_from_the_start() -> None:
    found = spells([Change(at(hours=1), MAJOR, OK)], OK, at(hours=4), NOW)
    assert found == [Spell(MAJOR, at(hours=4), at(hours=1)), Spell(OK, at(hours=1), NOW)]


def test_days_before_anybody_watched_are_not_known() -> None:
    told = days(spells([], OK, at(days=3), NOW), ZoneInfo("UTC"), NOW, since=at(days=3), count=10)
    assert [day.known for day in told] == [False] * 6 + [True] * 4


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_of_another_length_is_as_long_as_it_is(day: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime.fromisoformat(day).replace(hour=23, minute=59, tzinfo=zone)
    start = now - timedelta(days=5)
    (last,) = days([Spell(MAJOR, start, now + timedelta(days=1))], zone, now, since=start, count=1)
    assert last.trouble[MAJOR] == {"2026-03-29": 23, "2026-10-25": 25}[day] * 3600


@pytest.mark.parametrize(("share", "said"), [(1.0, "100 %"), (0.999999, "99.99 %"), (0.5, "50.00 %"), (0.0, "0.00 %")])
def test_a_share_is_never_rounded_up(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.django_db
def test_the_page_draws_it_and_says_it(
    status_page: StatusPage, alice: User, django_assert_max_num_queries: Any
) -> None:
    StatusPage.objects.update(time_zone="UTC")
    with time_machine.travel(at(days=20), tick=False):
        payments = Component.objects.create(page=status_page, name="Payments")
    told = PageIncident.objects.create(page=status_page, title="Payments fail")
    with time_machine.travel(at(days=10), tick=False):
        publishing.publish_update(
            told, by=alice, title=told.title, body="We look into it.", component_states={payments: MAJOR}
        )
    with time_machine.travel(at(days=10) + timedelta(hours=12), tick=False):
        publishing.publish_update(told, by=alice, body="It is over.", state="resolved")
    with time_machine.travel(NOW, tick=False), django_assert_max_num_queries(12):
        page = Client().get(f"/status/{status_page.slug}/").content.decode()
    assert "Payments, 90 days: up 97.50 % of the time, trouble on 1 of them" in page
    assert "28 Feb 2026: major outage 12 h" in page
    assert "97.50 % up" in page
