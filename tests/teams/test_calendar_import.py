"""Schedules fed by a calendar elsewhere: read from real servers on loopback, good ones and bad ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from config.fleet import free_port
from teams import oncall, tasks
from teams.ical import importing
from teams.models import CalendarSource, ImportedShift, Schedule, Team, User
from tests import factories
from tests.standins.server import Handler, Server, redirect, serving

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def schedule(clock: Any, payments: Team) -> Schedule:
    return Schedule.objects.create(team=payments, name="From elsewhere", time_zone="Europe/Berlin")


def event(who: str, start: datetime, end: datetime, uid: str = "", *more: str) -> str:
    stamp = "%Y%m%dT%H%M%SZ"
    return "\r\n".join(
        [
            "BEGIN:VEVENT",
            f"UID:{uid or f'{who}-{start:%d%H}'}",
            f"DTSTART:{start:{stamp}}",
            f"DTEND:{end:{stamp}}",
            f"SUMMARY:{who}",
            *more,
            "END:VEVENT",
            "",
        ]
    )


def calendar(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


class Served(Server):
    """A calendar's server; `body`, `status` and `headers` may be changed between two reads."""

    def __init__(self) -> None:
        self.body, self.headers = b"", {"ETag": '"one"'}
        super().__init__("/secret/basic.ics")

    def usual(self, handler: Handler) -> None:
        same = self.status == 200 and handler.headers.get("If-None-Match") == self.headers.get("ETag", "-")
        body = b"" if same else self.body
        handler.reply(304 if same else self.status, body, **self.headers, **{"Content-Length": str(len(body))})


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(Served()) as served:
        yield served


@pytest.fixture
def fed(schedule: Schedule, served: Served, alice: User, bob: User) -> Schedule:
    """Alice since this morning until eight in the evening, then Bob until the next, then Alice."""
    served.body = calendar(
        event("alice", NOW - 4 * HOUR, NOW + 8 * HOUR),
        event("bob", NOW + 8 * HOUR, NOW + 20 * HOUR),
        event("alice", NOW + 20 * HOUR, NOW + 32 * HOUR),
    )
    importing.set_calendar(schedule, by=alice, url=served.url)
    assert importing.refresh(schedule, by=alice).error == ""
    return schedule


def on_call(schedule: Schedule, at: datetime, known_at: datetime | None = None) -> str:
    watch = oncall.load([schedule], since=at, known_at=known_at)[0].who(at)
    return "" if watch is None else " ".join(user.username for user in watch.users)


def hours(schedule: Schedule) -> list[tuple[str, int, int]]:
    """The shifts that hold, as hours from now."""
    rows = ImportedShift.objects.filter(schedule=schedule).select_related("user")
    return [(row.user.username, round((row.starts_at - NOW) / HOUR), round((row.ends_at - NOW) / HOUR)) for row in rows]


def reread(schedule: Schedule, served: Served, *events: str) -> CalendarSource:
    served.body, served.headers = calendar(*events), {"ETag": f'"{len(served.asked)}"'}
    return importing.refresh(schedule, by=None)


class TestWhoIsOnCall:
    def test_the_calendar_gives_the_shifts(self, fed: Schedule, served: Served) -> None:
        assert hours(fed) == [("alice", 0, 8), ("bob", 8, 20), ("alice", 20, 32)]
        assert [on_call(fed, NOW + n * HOUR) for n in (0, 8, 19, 20, 32)] == ["alice", "bob", "bob", "alice", ""]
        source = fed.calendar_source
        assert (source.read_at, source.due_at, source.failures) == (NOW, NOW + timedelta(minutes=15), 0)

    def test_the_past_is_not_rewritten_by_what_is_read_now(self, fed: Schedule) -> None:
        assert on_call(fed, NOW - HOUR) == ""

    def test_several_guests_stand_the_shift_together(
        self, schedule: Schedule, served: Served, alice: User, bob: User
    ) -> None:
        guests = ["ATTENDEE;CN=A:mailto:alice@example.org", "ATTENDEE:mailto:bob@example.org"]
        served.body = calendar(event("Duty", NOW + HOUR, NOW + 2 * HOUR, "u", *guests))
        importing.set_calendar(schedule, by=alice, url=served.url)
        importing.refresh(schedule, by=alice)
        assert on_call(schedule, NOW + HOUR) == "alice bob"

    def test_a_rotation_of_the_schedule_wins(self, fed: Schedule, bob: User) -> None:
        from datetime import date, time

        from teams.actions import LayerChange, change_roster

        values = {"name": "Own", "anchor_date": date(2026, 3, 1), "handoff_time": time(0), "kind": "week"}
        change_roster(fed, [LayerChange(None, values, [[bob]])], by=None, effective_at=NOW + 20 * HOUR)
        assert [on_call(fed, NOW + n * HOUR) for n in (0, 21)] == ["alice", "bob"]


class TestReadingAgain:
    def test_what_is_to_come_follows_and_what_was_known_can_be_asked(
        self, fed: Schedule, served: Served, clock: Any
    ) -> None:
        clock.move_to(NOW + HOUR)
        reread(fed, served, event("alice", NOW - 4 * HOUR, NOW + 8 * HOUR), event("alice", NOW + 8 * HOUR, NOW + DAY))
        assert hours(fed) == [("alice", 0, 8), ("alice", 8, 24)]
        assert on_call(fed, NOW + 9 * HOUR) == "alice"
        assert on_call(fed, NOW + 9 * HOUR, known_at=NOW + timedelta(minutes=30)) == "bob"
        assert on_call(fed, NOW + 9 * HOUR, known_at=NOW + 2 * HOUR) == "alice"

    def test_what_is_over_stays_when_the_calendar_drops_it(self, fed: Schedule, served: Served, clock: Any) -> None:
        clock.move_to(NOW + 21 * HOUR)
        reread(fed, served)
        assert hours(fed) == [("alice", 0, 8), ("bob", 8, 20), ("alice", 20, 21)]
        assert [on_call(fed, NOW + n * HOUR) for n in (1, 9, 20, 21)] == ["alice", "bob", "alice", ""]
        assert on_call(fed, NOW + 22 * HOUR, known_at=NOW + 20 * HOUR) == "alice"

    def test_the_shift_that_runs_goes_on_or_gets_a_new_end(self, fed: Schedule, served: Served, clock: Any) -> None:
        clock.move_to(NOW + HOUR)
        row = ImportedShift.objects.get(schedule=fed, ends_at=NOW + 8 * HOUR)
        # The same end under another name is the same shift.
        reread(fed, served, event("alice", NOW - 5 * HOUR, NOW + 8 * HOUR, "new-name"))
        assert ImportedShift.history.filter(schedule=fed, starts_at__lt=NOW + HOUR).count() == 1
        reread(fed, served, event("alice", NOW - 4 * HOUR, NOW + 6 * HOUR))
        row.refresh_from_db()
        assert (row.starts_at, row.ends_at) == (NOW, NOW + 6 * HOUR)
        assert on_call(fed, NOW + 7 * HOUR, known_at=NOW + timedelta(minutes=59)) == "alice"
        assert on_call(fed, NOW + 7 * HOUR) == ""

    def test_somebody_else_takes_over_the_shift_that_runs_from_now_on(
        self, fed: Schedule, served: Served, clock: Any
    ) -> None:
        clock.move_to(NOW + HOUR)
        reread(fed, served, event("bob", NOW - 4 * HOUR, NOW + 8 * HOUR))
        assert hours(fed) == [("alice", 0, 1), ("bob", 1, 8)]

    def test_nothing_is_written_anew_where_nothing_changed(self, fed: Schedule, served: Served, clock: Any) -> None:
        before = list(ImportedShift.history.values_list())
        for minutes in (15, 30):
            clock.move_to(NOW + timedelta(minutes=minutes))
            assert importing.refresh(fed, by=None).error == ""
        assert list(ImportedShift.history.values_list()) == before
        assert [asked.headers["If-None-Match"] for asked in served.asked] == [None, '"one"', '"one"']

    def test_a_rule_reaches_further_each_day_though_the_calendar_is_the_same(
        self, schedule: Schedule, served: Served, clock: Any, alice: User
    ) -> None:
        served.body = calendar(event("alice", NOW - DAY, NOW - DAY + HOUR, "daily", "RRULE:FREQ=DAILY"))
        importing.set_calendar(schedule, by=alice, url=served.url)
        importing.refresh(schedule, by=alice)
        last = ImportedShift.objects.latest("starts_at").starts_at
        clock.shift(DAY)
        importing.refresh(schedule, by=alice)
        assert ImportedShift.objects.latest("starts_at").starts_at == last + DAY
        assert len(served.asked) == 2

    def test_a_calendar_that_is_used_no_longer_leaves_what_is_over(
        self, fed: Schedule, clock: Any, alice: User
    ) -> None:
        clock.move_to(NOW + 9 * HOUR)
        assert importing.drop_calendar(fed, by=alice)
        assert hours(fed) == [("alice", 0, 8), ("bob", 8, 9)]
        assert not CalendarSource.objects.exists()
        assert not importing.drop_calendar(fed, by=alice)


def short(handler: Handler) -> None:
    handler.reply(200, calendar()[:20], **{"Content-Length": "5000"})


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("status", "body", "said"),
        [
            (403, b"", "It is not open to Watchbill (403)."),
            (404, b"", "There is no calendar at this address any more (404)."),
            (503, b"", "The other side has trouble (503). It is tried again."),
            (200, b"<!doctype html><title>Sign in</title>", "This is a web page, not a calendar."),
            (200, b"hello", "This is no calendar in iCal format"),
            (200, calendar()[:30], "The calendar is cut off"),
            (200, b"x" * 1_000_001, "More than 1 MB came back."),
        ],
    )
    def test_the_last_good_state_stays_and_the_page_says_what_is_wrong(
        self, fed: Schedule, served: Served, clock: Any, alice: User, status: int, body: bytes, said: str
    ) -> None:
        before = hours(fed)
        clock.move_to(NOW + timedelta(minutes=15))
        served.status, served.body, served.headers = status, body, {}
        source = importing.refresh(fed, by=alice)
        assert source.error.startswith(said)
        assert (source.read_at, source.tried_at, source.failures) == (NOW, NOW + timedelta(minutes=15), 1)
        assert hours(fed) == before
        client = Client()
        client.force_login(alice)
        for url in (fed.get_absolute_url(), f"/schedules/{fed.pk}/calendar/"):
            assert said in client.get(url).content.decode()

    def test_a_dead_server_is_waited_for_longer_each_time_and_comes_back(
        self, fed: Schedule, served: Served, clock: Any, alice: User
    ) -> None:
        importing.set_calendar(fed, by=alice, url=f"http://127.0.0.1:{free_port()}/x.ics")
        waits = []
        for _ in range(8):
            source = importing.refresh(fed, by=alice)
            assert source.error == "It could not be reached (ConnectionRefusedError)."
            waits.append(source.due_at - NOW)
        assert all(low < high for low, high in pairwise(waits[:5]))
        assert waits[0] < timedelta(minutes=17)
        assert waits[-1] < timedelta(hours=7)
        assert len(hours(fed)) == 3
        importing.set_calendar(fed, by=alice, url=served.url)
        source = importing.refresh(fed, by=alice)
        assert (source.error, source.failures) == ("", 0)

    def test_an_answer_that_breaks_off_is_not_used(self, fed: Schedule, served: Served, alice: User) -> None:
        served.answer = short
        assert "broke off" in importing.refresh(fed, by=alice).error

    def test_redirects_are_followed_and_judged_anew(
        self, fed: Schedule, served: Served, alice: User, settings: Any
    ) -> None:
        with serving(Served()) as other:
            other.body, other.headers = calendar(event("bob", NOW + HOUR, NOW + 2 * HOUR)), {"ETag": '"other"'}
            served.answer = redirect(other.url)
            assert importing.refresh(fed, by=alice).error == ""
            assert ("bob", 1, 2) in hours(fed)
        served.answer = redirect("http://169.254.169.254/latest/meta-data/")
        assert "not on the public internet" in importing.refresh(fed, by=alice).error
        served.answer = redirect(served.url)
        assert "leads on and on" in importing.refresh(fed, by=alice).error
        served.answer = redirect("file:///etc/passwd")
        assert "Begin the address with" in importing.refresh(fed, by=alice).error

    def test_our_own_network_is_out_of_reach(
        self, schedule: Schedule, served: Served, alice: User, settings: Any
    ) -> None:
        settings.WATCHBILL_OUTBOUND_LOOPBACK = False
        importing.set_calendar(schedule, by=alice, url=served.url)
        assert "not on the public internet" in importing.refresh(schedule, by=alice).error
        assert served.asked == []

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "url"),
            ({"url": "ftp://example.org/x.ics"}, "url"),
            ({"url": "https://me:secret@example.org/x.ics"}, "url"),
            ({"url": "https://example.org/x.ics", "file": calendar()}, "url"),
            ({"file": b"hello"}, "file"),
        ],
    )
    def test_what_is_no_calendar_is_refused_at_once(
        self, schedule: Schedule, alice: User, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(ValidationError) as refusal:
            importing.set_calendar(schedule, by=alice, **given)
        assert list(refusal.value.message_dict) == [field]
        assert not CalendarSource.objects.exists()

    def test_strangers_and_broken_events_are_told_apart(
        self, schedule: Schedule, served: Served, alice: User, bob: User
    ) -> None:
        served.body = calendar(
            event("zoe", NOW + HOUR, NOW + 2 * HOUR),
            event("zoe", NOW + 3 * HOUR, NOW + 4 * HOUR),
            event("bob", NOW + HOUR, NOW - HOUR),
            event("alice", NOW + HOUR, NOW + 2 * HOUR),
        )
        importing.set_calendar(schedule, by=alice, url=served.url)
        source = importing.refresh(schedule, by=alice)
        assert source.unmatched == [{"name": "zoe", "shifts": 2}]
        assert source.problems == ["“bob” of 2026-03-23 13:00: It ends before it begins."]
        assert hours(schedule) == [("alice", 1, 2)]
        bob.username = "zoe"
        bob.save()
        assert importing.refresh(schedule, by=alice).unmatched == []

    def test_only_who_keeps_the_roster_sets_reads_and_drops_it(self, fed: Schedule, charlie: User) -> None:
        charlie.role = "viewer"
        charlie.save()
        for verb in (
            lambda: importing.set_calendar(fed, by=charlie, url="https://example.org/x.ics"),
            lambda: importing.try_out(fed, by=charlie, url="https://example.org/x.ics"),
            lambda: importing.refresh(fed, by=charlie),
            lambda: importing.drop_calendar(fed, by=charlie),
        ):
            with pytest.raises(PermissionDenied):
                verb()


class TestSweep:
    def test_it_reads_what_is_due_and_leaves_the_rest(self, fed: Schedule, served: Served, clock: Any) -> None:
        assert tasks.read_calendars() == 0
        clock.move_to(NOW + timedelta(minutes=15))
        assert tasks.read_calendars() == 1
        assert tasks.read_calendars() == 0
        assert len(served.asked) == 2

    def test_a_calendar_that_another_process_reads_is_left_to_it(
        self, fed: Schedule, served: Served, clock: Any, alice: User
    ) -> None:
        clock.move_to(NOW + timedelta(minutes=15))
        until = NOW + timedelta(minutes=16)
        CalendarSource.objects.update(leased_until=until)
        assert tasks.read_calendars() == 0
        with pytest.raises(ValidationError, match="being read at this moment"):
            importing.refresh(fed, by=alice)
        # Whoever had it died.
        clock.move_to(until + timedelta(seconds=1))
        assert tasks.read_calendars() == 1

    def test_what_was_read_of_a_calendar_that_was_replaced_meanwhile_is_dropped(
        self, fed: Schedule, alice: User
    ) -> None:
        claimed = importing._claim(NOW, importing.Q(schedule=fed))
        assert claimed is not None
        importing.set_calendar(
            fed, by=alice, file=calendar(event("bob", NOW + HOUR, NOW + 2 * HOUR)), file_name="b.ics"
        )
        importing._read(claimed)
        assert len(hours(fed)) == 3
        importing.refresh(fed, by=alice)
        assert ("bob", 1, 2) in hours(fed)

    def test_the_address_is_sealed_in_the_database(self, fed: Schedule, served: Served) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT url FROM teams_calendarsource")
            assert "secret" not in str(cursor.fetchall())


class TestPage:
    @pytest.fixture
    def client(self, alice: User) -> Client:
        client = Client()
        client.force_login(alice)
        return client

    def test_a_manager_looks_first_then_uses_it_and_sees_who_was_recognised(
        self, schedule: Schedule, served: Served, client: Client, bob: User
    ) -> None:
        served.body = calendar(event("bob", NOW + HOUR, NOW + 2 * HOUR), event("zoe", NOW, NOW + HOUR))
        url = f"/schedules/{schedule.pk}/calendar/"
        looked = client.post(url, {"url": served.url, "look": "1"}).content.decode()
        assert "not used yet" in looked
        assert "Bob" in looked
        assert "zoe" in looked
        assert not CalendarSource.objects.exists()
        used = client.post(url, {"url": served.url}, follow=True).content.decode()
        assert "The calendar was read." in used
        assert "Bob" in used
        assert "127.0.0.1" in used
        assert "/secret/" not in used
        assert url in client.get(schedule.get_absolute_url()).content.decode()

    def test_a_file_is_used_as_well(self, schedule: Schedule, client: Client, bob: User) -> None:
        given = SimpleUploadedFile("duty.ics", calendar(event("bob", NOW + HOUR, NOW + 2 * HOUR)))
        answer = client.post(f"/schedules/{schedule.pk}/calendar/", {"file": given}, follow=True).content.decode()
        assert "duty.ics" in answer
        assert hours(schedule) == [("bob", 1, 2)]
        assert schedule.calendar_source.due_at == NOW + DAY

    def test_what_is_wrong_stands_at_its_field_or_above(
        self, schedule: Schedule, served: Served, client: Client
    ) -> None:
        url = f"/schedules/{schedule.pk}/calendar/"
        served.status = 404
        looked = client.post(url, {"url": served.url, "look": "1"})
        assert looked.status_code == 422
        assert "There is no calendar at this address any more (404)." in looked.content.decode()
        used = client.post(url, {"url": served.url}, follow=True).content.decode()
        assert "The calendar could not be read." in used
        assert "Nothing was read yet." in used

    def test_read_it_now_and_stop_using_it(self, fed: Schedule, served: Served, client: Client) -> None:
        read = client.post(f"/schedules/{fed.pk}/calendar/read/", follow=True).content.decode()
        assert "The calendar was read." in read
        client.post(f"/schedules/{fed.pk}/calendar/drop/")
        assert not CalendarSource.objects.exists()
        gone = client.post(f"/schedules/{fed.pk}/calendar/read/", follow=True).content.decode()
        assert "This schedule has no calendar." in gone

    def test_others_see_its_state_and_nothing_to_press(self, fed: Schedule, charlie: User) -> None:
        client = Client()
        client.force_login(charlie)
        seen = client.get(f"/schedules/{fed.pk}/calendar/").content.decode()
        assert "Who was recognised" in seen
        assert "Read it now" not in seen
        assert client.post(f"/schedules/{fed.pk}/calendar/", {"url": "https://example.org/"}).status_code == 403

    def test_the_administration_says_where_its_shifts_come_from(self, fed: Schedule, served: Served) -> None:
        client = Client()
        client.force_login(factories.UserFactory(username="olga", role="owner"))
        served.status, served.headers = 404, {}
        importing.refresh(fed, by=None)
        page = client.get(f"/admin/teams/schedule/{fed.pk}/change/").content.decode()
        assert "There is no calendar at this address any more (404)." in page
        assert f"/schedules/{fed.pk}/calendar/" in page


class TestApi:
    def test_a_program_sets_reads_and_drops_it(
        self, schedule: Schedule, served: Served, alice: User, bob: User
    ) -> None:
        client = APIClient()
        client.force_authenticate(alice)
        url = f"/api/v1/schedules/{schedule.pk}/calendar/"
        assert client.get(url).status_code == 404
        served.body = calendar(event("bob", NOW + HOUR, NOW + 2 * HOUR), event("zoe", NOW, NOW + HOUR))
        assert client.put(url, {"url": served.url}, format="json").json()["read_at"] is None
        read = client.post(f"{url}refresh/").json()
        assert (read["place"], read["error"], read["unmatched"]) == ("127.0.0.1", "", [{"name": "zoe", "shifts": 1}])
        assert client.get(url).json() == read
        file = {"file": calendar(event("alice", NOW + HOUR, NOW + 2 * HOUR)).decode(), "file_name": "a.ics"}
        assert client.put(url, file, format="json").json()["place"] == "a.ics"
        client.post(f"{url}refresh/")
        assert hours(schedule) == [("alice", 1, 2)]
        assert client.delete(url).status_code == 204
        assert hours(schedule) == []
        refused = client.put(url, {"url": "ftp://x"}, format="json")
        assert (refused.status_code, [e["field"] for e in refused.json()["errors"]]) == (400, ["url"])
