"""Calendar feeds: what a calendar program reads of them over weeks, and who can read them no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import recurring_ical_events
import time_machine
from django.test import Client
from icalendar import Calendar
from rest_framework.test import APIClient

from teams import actions, oncall
from teams.actions import LayerChange
from teams.ical import feeds
from teams.models import ApiToken, CalendarFeed, Layer, Membership, PublishedShift, Schedule, Team, User
from teams.signin import leaving
from tests import factories

pytestmark = pytest.mark.django_db

# A Monday, three hours after the hand-over.
NOW = datetime(2026, 3, 23, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def schedule(clock: Any, payments: Team, alice: User, bob: User) -> Schedule:
    return factories.schedule(payments, [alice, bob], name="Weekly", time_zone="Europe/Berlin")


def path(address: str) -> str:
    return address[address.index("/feeds/") :]


def read(address: str, **headers: str) -> Any:
    return Client().get(path(address), headers=headers)


def events(address: str) -> dict[str, Any]:
    answer = read(address)
    assert answer.status_code == 200
    return {str(e["UID"]): e for e in Calendar.from_ical(answer.content).events}


def told(address: str) -> list[tuple[datetime, datetime, str, str]]:
    return sorted((e["DTSTART"].dt, e["DTEND"].dt, str(e["STATUS"]), e["SUMMARY"]) for e in events(address).values())


class TestWhatIsRead:
    def test_a_schedules_feed_is_the_final_schedule_from_15_days_back_to_180_ahead(
        self, schedule: Schedule, alice: User, bob: User
    ) -> None:
        actions.add_override(
            schedule, by=alice, user=alice, starts_at=NOW + timedelta(days=8), ends_at=NOW + timedelta(days=9)
        )
        _, address = feeds.issue(by=bob, schedule=schedule)
        answer = read(address)
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        start, end = NOW - timedelta(days=15), NOW + timedelta(days=180)
        rota = oncall.load([schedule], since=start)[0]
        expected = [(w.start, w.end, w.user.name) for w in rota.watches(start, end)]
        seen = recurring_ical_events.of(Calendar.from_ical(answer.content)).between(start, end)
        found = sorted((e["DTSTART"].dt, e["DTEND"].dt, str(e["SUMMARY"]).partition(" on call")[0]) for e in seen)
        # The first and the last are told whole rather than cut.
        assert found[1:-1] == expected[1:-1]
        assert found[0][1:] == expected[0][1:]
        assert found[0][0] == datetime(2026, 3, 2, 8, tzinfo=UTC)
        assert found[-1][0] == expected[-1][0]
        assert found[-1][1] >= end

    def test_ones_own_feed_is_ones_own_duty_on_all_schedules(
        self, schedule: Schedule, search: Team, alice: User, bob: User
    ) -> None:
        factories.schedule(search, [bob], name="Search", kind="day")
        _, address = feeds.issue(by=bob)
        summaries = {str(e["SUMMARY"]) for e in events(address).values()}
        assert summaries == {"On call: Payments · Weekly", "On call: Search · Search"}
        _, theirs = feeds.issue(by=alice)
        assert {str(e["SUMMARY"]) for e in events(theirs).values()} == {
            "On call: Payments · Weekly",
            "On call: Payments · Primary",
        }

    def test_it_says_what_changed_by_sequence_and_what_went_away_as_cancelled(
        self, schedule: Schedule, clock: Any, alice: User, bob: User
    ) -> None:
        _, address = feeds.issue(by=alice, schedule=schedule)
        first = events(address)
        uid = next(u for u, e in first.items() if e["DTSTART"].dt == datetime(2026, 3, 30, 7, tzinfo=UTC))
        assert all(e["SEQUENCE"] == 0 and e["TRANSP"] == "TRANSPARENT" for e in first.values())
        clock.shift(60)
        whole = {"starts_at": datetime(2026, 3, 30, 7, tzinfo=UTC), "ends_at": datetime(2026, 4, 6, 7, tzinfo=UTC)}
        stands_in = actions.add_override(schedule, by=alice, user=alice, **whole)
        second = events(address)
        assert (second[uid]["STATUS"], second[uid]["SEQUENCE"]) == ("CANCELLED", 1)
        assert second[uid]["LAST-MODIFIED"].dt == NOW + timedelta(seconds=60)
        assert set(first) < set(second)
        actions.remove_override(stands_in.pk, by=alice)
        third = events(address)
        assert (third[uid]["STATUS"], third[uid]["SEQUENCE"]) == ("CONFIRMED", 2)

    def test_events_keep_their_uid_for_months_even_of_a_shift_that_never_ends(
        self, payments: Team, clock: Any, alice: User
    ) -> None:
        only = payments.schedules.get(name="Primary")
        _, address = feeds.issue(by=alice, schedule=only)
        [(uid, event)] = events(address).items()
        for days in (1, 30, 45, 61):
            clock.move_to(NOW + timedelta(days=days))
            [(again, later)] = events(address).items()
            assert (again, later["STATUS"], later["DTSTART"].dt) == (uid, "CONFIRMED", event["DTSTART"].dt)
            assert later["SEQUENCE"] <= 3

    def test_a_change_of_the_rotation_leaves_the_past_as_it_was_told(
        self, schedule: Schedule, clock: Any, alice: User, bob: User
    ) -> None:
        _, address = feeds.issue(by=alice, schedule=schedule)
        before = {line for line in told(address) if line[0] <= NOW}
        layer = Layer.objects.newest().get(schedule=schedule)
        actions.change_roster(schedule, [LayerChange(layer, crews=[[bob]])], by=None)
        after = told(address)
        assert before <= set(after)
        assert {who for start, _, state, who in after if start > NOW and state == "CONFIRMED"} == {
            "Bob on call: Payments · Weekly"
        }

    def test_what_is_long_over_is_forgotten(self, schedule: Schedule, clock: Any, alice: User) -> None:
        _, address = feeds.issue(by=alice, schedule=schedule)
        read(address)
        clock.move_to(NOW + timedelta(days=120))
        read(address)
        assert PublishedShift.objects.filter(schedule=schedule).earliest("ends_at").ends_at > NOW + timedelta(days=59)


class TestHowItIsRead:
    def test_what_has_not_changed_is_not_sent_again(self, schedule: Schedule, clock: Any, alice: User) -> None:
        _, address = feeds.issue(by=alice, schedule=schedule)
        first = read(address)
        clock.shift(3600)
        same = read(address, if_none_match=first["ETag"])
        assert (same.status_code, same.content) == (304, b"")
        assert read(address, if_modified_since=first["Last-Modified"]).status_code == 304
        actions.add_override(
            schedule, by=alice, user=alice, starts_at=NOW + timedelta(days=8), ends_at=NOW + timedelta(days=9)
        )
        assert read(address, if_none_match=first["ETag"]).status_code == 200
        assert read(address, if_modified_since=first["Last-Modified"]).status_code == 200

    def test_its_last_use_is_noted_at_most_once_an_hour(self, schedule: Schedule, clock: Any, alice: User) -> None:
        feed, address = feeds.issue(by=alice)
        for minutes, used in ((0, NOW), (59, NOW), (61, NOW + timedelta(minutes=61))):
            clock.move_to(NOW + timedelta(minutes=minutes))
            read(address)
            feed.refresh_from_db()
            assert feed.last_used_at == used

    def test_it_only_reads(self, schedule: Schedule, alice: User) -> None:
        _, address = feeds.issue(by=alice)
        assert Client().post(path(address)).status_code == 405

    def test_reading_it_costs_the_same_for_one_schedule_and_for_many_shifts(
        self, schedule: Schedule, alice: User, django_assert_max_num_queries: Any
    ) -> None:
        _, address = feeds.issue(by=alice, schedule=schedule)
        read(address)
        with django_assert_max_num_queries(9):
            read(address)


class TestWhoReadsItNoMore:
    def test_a_revoked_and_an_unknown_link_are_not_there(self, schedule: Schedule, alice: User) -> None:
        feed, address = feeds.issue(by=alice)
        feeds.revoke(feed.pk, by=alice)
        assert read(address).status_code == 404
        assert Client().get("/feeds/on-call/nothing.ics").status_code == 404
        assert Client().get(f"/feeds/on-call/{'x' * 2000}.ics").status_code == 404

    def test_whoever_has_left_reads_nothing_not_even_when_back(self, schedule: Schedule, bob: User) -> None:
        feeds.issue(by=bob)
        _, address = feeds.issue(by=bob, schedule=schedule)
        leaving.deactivate(bob, by=None, through="admin")
        assert read(address).status_code == 404
        leaving.reactivate(bob, by=None, through="admin")
        assert read(address).status_code == 404

    def test_the_link_is_kept_as_a_digest(self, schedule: Schedule, alice: User) -> None:
        _, address = feeds.issue(by=alice)
        key = address.rsplit("/", 1)[1].removesuffix(".ics")
        assert len(key) >= 43
        assert key not in str(CalendarFeed.objects.values())


class TestPages:
    def test_one_makes_a_feed_sees_its_link_once_and_revokes_it(self, schedule: Schedule, alice: User) -> None:
        client = Client()
        client.force_login(alice)
        assert f"/on-call/feeds/?schedule={schedule.pk}" in client.get(schedule.get_absolute_url()).content.decode()
        assert "/on-call/feeds/" in client.get("/on-call/").content.decode()
        chosen = client.get(f"/on-call/feeds/?schedule={schedule.pk}").content.decode()
        assert f'<option value="{schedule.pk}" selected>' in chosen
        made = client.post("/on-call/feeds/", {"schedule": schedule.pk}).content.decode()
        address = made.partition('readonly value="')[2].partition('"')[0]
        assert read(address).status_code == 200
        assert f'href="webcal:{address.partition(":")[2]}"' in made
        listed = client.get("/on-call/feeds/").content.decode()
        assert address not in listed
        feed = CalendarFeed.objects.get()
        assert feed.hint in listed
        client.post(f"/on-call/feeds/{feed.pk}/revoke/")
        assert read(address).status_code == 404
        assert feed.hint not in client.get("/on-call/feeds/").content.decode()

    def test_nobody_revokes_or_sees_the_feeds_of_others(self, schedule: Schedule, alice: User, bob: User) -> None:
        feed, address = feeds.issue(by=alice)
        client = Client()
        client.force_login(bob)
        assert client.post(f"/on-call/feeds/{feed.pk}/revoke/").status_code == 404
        assert feed.hint not in client.get("/on-call/feeds/").content.decode()
        assert read(address).status_code == 200

    def test_the_fifty_first_is_refused_with_the_way_out(self, schedule: Schedule, alice: User) -> None:
        for number in range(feeds.MOST):
            CalendarFeed.objects.create(user=alice, digest=str(number), hint="x")
        client = Client()
        client.force_login(alice)
        answer = client.post("/on-call/feeds/", {})
        assert answer.status_code == 422
        assert "Revoke one that you no longer use first" in answer.content.decode()


class TestApi:
    def test_a_program_lists_makes_and_revokes(self, schedule: Schedule, alice: User, bob: User) -> None:
        feeds.issue(by=bob)
        _, key = ApiToken.issue(alice, "script", scopes=["read", "rosters"])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}", HTTP_IDEMPOTENCY_KEY="one")
        made = client.post("/api/v1/calendar-feeds/", {"schedule": schedule.pk}, format="json")
        assert made.status_code == 201
        assert made.json()["schedule"]["name"] == "Weekly"
        assert read(made.json()["url"]).status_code == 200
        again = client.post("/api/v1/calendar-feeds/", {"schedule": schedule.pk}, format="json")
        assert (again.status_code, again.json()["code"]) == (409, "shown_once")
        [shown] = client.get("/api/v1/calendar-feeds/").json()["results"]
        assert "url" not in shown
        assert client.delete(f"/api/v1/calendar-feeds/{shown['id']}/").status_code == 204
        assert client.get("/api/v1/calendar-feeds/").json()["results"] == []
        assert read(made.json()["url"]).status_code == 404

    def test_a_schedule_that_there_is_not_is_named(self, schedule: Schedule, alice: User) -> None:
        client = APIClient()
        client.force_authenticate(alice)
        answer = client.post("/api/v1/calendar-feeds/", {"schedule": 999_999}, format="json")
        assert answer.status_code == 400
        assert "schedule" in str(answer.json()["errors"])


def test_a_member_of_no_team_reads_too(schedule: Schedule, charlie: User) -> None:
    """Who to call is no secret among those who may sign in."""
    assert not Membership.objects.filter(user=charlie).exists()
    _, address = feeds.issue(by=charlie, schedule=schedule)
    assert read(address).status_code == 200
