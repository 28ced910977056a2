"""The calendars that people subscribe to: what is written reads back as the same shifts, and changes are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from teams.ical.reading import read
from teams.ical.writing import Entry, Published, Wanted, calendar, reconcile
from teams.rotation import Layer, Override, shifts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
HOUR = timedelta(hours=1)


def entry(uid: str = "one", start: datetime = NOW, end: datetime = LATER, **more) -> Entry:
    return Entry(uid, more.pop("sequence", 0), start, end, more.pop("summary", "Alice on call"), NOW, **more)


def unfolded(text: bytes) -> list[str]:
    return text.decode().replace("\r\n ", "").split("\r\n")


class TestText:
    def test_it_says_what_calendar_programs_ask_for(self):
        lines = unfolded(
            calendar("On call: Platform", [entry(description="Line, one\nTwo", url="https://w.example/s/1")])
        )
        assert lines == [
            "BEGIN:VCALENDAR",
            "PRODID:-//Watchbill//On-call calendar//EN",
            "VERSION:2.0",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            "NAME:On call: Platform",
            "X-WR-CALNAME:On call: Platform",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "BEGIN:VEVENT",
            "UID:one",
            "SEQUENCE:0",
            "DTSTAMP:20260301T120000Z",
            "LAST-MODIFIED:20260301T120000Z",
            "DTSTART:20260301T120000Z",
            "DTEND:20260301T130000Z",
            "SUMMARY:Alice on call",
            r"DESCRIPTION:Line\, one\nTwo",
            "URL:https://w.example/s/1",
            "STATUS:CONFIRMED",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]

    def test_what_went_away_is_cancelled_and_only_busy_time_is_opaque(self):
        lines = unfolded(calendar("x", [entry(cancelled=True, transparent=False, sequence=3)]))
        assert {"STATUS:CANCELLED", "TRANSP:OPAQUE", "SEQUENCE:3"} <= set(lines)

    def test_the_same_entries_in_any_order_are_the_same_bytes(self):
        entries = [entry("b"), entry("a"), entry("c", NOW - HOUR)]
        assert calendar("x", entries) == calendar("x", reversed(entries))

    def test_a_name_cannot_write_lines_of_its_own(self):
        text = calendar("On call\r\nX-EVIL:1", [entry(summary="A\nEND:VEVENT", description="x\r\nBEGIN:VEVENT")])
        assert len(Calendar.from_ical(text).events) == 1
        assert "X-EVIL:1" not in unfolded(text)

    @pytest.mark.parametrize("end", [NOW, NOW - HOUR, datetime(2026, 3, 1, 13)])
    def test_an_end_before_the_start_and_a_time_without_zone_are_refused(self, end):
        with pytest.raises((ValueError, TypeError)):
            calendar("x", [entry(end=end)])


AT = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)


class TestReadBack:
    @settings(max_examples=50, deadline=None)
    @given(
        zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
        hour=st.integers(0, 23),
        kind=st.sampled_from(["day", "week"]),
        begins=moments,
        stands_in=st.lists(st.tuples(moments, st.integers(1, 6000)), max_size=3),
        start=moments,
    )
    def test_a_calendar_program_sees_the_shifts_of_the_schedule(self, zone, hour, kind, begins, stands_in, start):
        anchor = begins.replace(tzinfo=None, hour=hour, minute=30, second=0)
        layer = Layer("primary", (("alice",), ("bob",)), kind, 1, anchor, zone)
        overrides = [Override("carol", at, at + timedelta(minutes=length), created=at) for at, length in stands_in]
        end = start + timedelta(days=60)
        wanted = shifts([layer], overrides, start, end)
        text = calendar(
            "x", [Entry(f"{number}@w", 0, s.start, s.end, str(s.person), NOW) for number, s in enumerate(wanted)]
        )
        expected = [(s.start, s.end, s.person) for s in wanted]

        seen = recurring_ical_events.of(Calendar.from_ical(text)).between(start, end)
        assert sorted((e["DTSTART"].dt, e["DTEND"].dt, str(e["SUMMARY"])) for e in seen) == expected
        own = read(text, start, end, zone)
        assert [(e.start, e.end, e.summary) for e in own.events] == expected
        assert own.problems == ()


def wanted(person: str = "alice", start: datetime = NOW, hours: int = 8) -> Wanted:
    return Wanted("primary", person, start, start + hours * HOUR)


def told(shift: Wanted, sequence: int = 0, *, cancelled: bool = False) -> Published:
    return Published(shift.schedule, shift.person, shift.start, shift.end, "u", sequence, cancelled, NOW)


class TestReconciling:
    def test_nothing_changes_where_nothing_changed(self):
        changes = reconcile([told(wanted(), 4), told(wanted("bob"), 2, cancelled=True)], [wanted()], LATER)
        assert not any((changes.insert, changes.update, changes.cancel, changes.revive))

    def test_new_shifts_are_inserted(self):
        assert reconcile([], [wanted()], LATER).insert == (wanted(),)

    def test_another_end_is_a_change_of_the_same_event(self):
        row = told(wanted(), 4)
        changes = reconcile([row], [wanted(hours=9)], LATER)
        assert changes.update == (replace(row, end=NOW + 9 * HOUR, sequence=5, changed=LATER),)
        assert changes.insert == changes.cancel == ()

    def test_another_person_or_start_is_another_event_and_the_old_one_is_cancelled(self):
        row = told(wanted(), 4)
        for other in (wanted("bob"), wanted(start=NOW + HOUR)):
            changes = reconcile([row], [other], LATER)
            assert changes.cancel == (replace(row, sequence=5, cancelled=True, changed=LATER),)
            assert changes.insert == (other,)

    def test_what_comes_back_is_revived_with_its_uid(self):
        row = told(wanted(), 5, cancelled=True)
        changes = reconcile([row], [wanted(hours=2)], LATER)
        assert changes.revive == (replace(row, end=NOW + 2 * HOUR, sequence=6, cancelled=False, changed=LATER),)
        assert not changes.insert

    def test_one_shift_twice_is_refused(self):
        with pytest.raises(ValueError, match="two shifts of alice"):
            reconcile([], [wanted(), wanted(hours=2)], LATER)

    @settings(max_examples=50)
    @given(st.lists(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.integers(1, 3)), max_size=6)))
    def test_after_every_round_subscribers_see_what_is_wanted_and_sequences_only_grow(self, rounds):
        rows: dict[tuple, Published] = {}
        for number, shown in enumerate(rounds):
            want = {(p, s): wanted(p, NOW + s * HOUR, length) for p, s, length in shown}
            changes = reconcile(rows.values(), want.values(), NOW + number * HOUR)
            for shift in changes.insert:
                rows[shift.key] = told(shift)
            for row in (*changes.update, *changes.cancel, *changes.revive):
                assert row.sequence == rows[row.key].sequence + 1
                assert row.uid == rows[row.key].uid
                rows[row.key] = row
            seen = {(row.person, row.start, row.end) for row in rows.values() if not row.cancelled}
            assert seen == {(w.person, w.start, w.end) for w in want.values()}
