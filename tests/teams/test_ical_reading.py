"""Calendars of elsewhere: bodies as the usual programs write them, and what is broken in them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from teams.ical.people import Attendee, Directory, Named, match
from teams.ical.reading import MAX_SHIFTS, Read, read

CALENDARS = Path(__file__).parents[1] / "data" / "calendars"
PEOPLE = Directory(
    {"alice": "A", "alice@example.com": "A", "bob": "B", "bob@example.com": "B"},
    {"alice archer": "A", "bob brown": "B"},
)


def z(text: str) -> datetime:
    """A UTC moment such as "2026-03-23 08:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(found: Read) -> list[str]:
    return [f"{e.start:%m-%d %H:%M} {e.end:%m-%d %H:%M} {''.join(match(e.named, PEOPLE))}" for e in found.events]


def file(name: str, start: str, end: str) -> Read:
    return read((CALENDARS / f"{name}.ics").read_bytes(), z(start), z(end), "Europe/Berlin")


def event(*lines: str, uid: str = "one", summary: str = "alice") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT", ""])


def calendar(*events: str, head: tuple[str, ...] = ()) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *head, "".join(events) + "END:VCALENDAR", ""]).encode()


def spring(*events: str, head: tuple[str, ...] = (), zone: str = "Europe/Berlin") -> Read:
    return read(calendar(*events, head=head), z("2026-03-20"), z("2026-04-20"), zone)


def autumn(*events: str, head: tuple[str, ...] = ()) -> Read:
    return read(calendar(*events, head=head), z("2026-10-20"), z("2026-10-30"), "Europe/Berlin")


class TestRealCalendars:
    def test_google_with_a_rule_an_exception_a_moved_week_and_a_day(self):
        found = file("google", "2026-03-01", "2026-05-20")
        assert found.name == "Platform on-call"
        assert found.problems == ()
        assert told(found) == [
            "03-23 08:00 03-30 07:00 A",
            # Moved, and given to Bob: Alice declined it, and a room is nobody.
            "04-07 10:00 04-13 07:00 B",
            "04-30 22:00 05-03 22:00 B",
            "05-04 07:00 05-11 07:00 A",
            "05-18 07:00 05-25 07:00 A",
        ]
        assert [e.all_day for e in found.events] == [False, False, True, False, False]

    def test_outlook_with_a_windows_zone_over_the_clock_change(self):
        found = file("outlook", "2026-03-27", "2026-04-10")
        assert found.problems == ()
        assert told(found) == [
            "03-27 19:00 03-28 07:00 A",
            "03-28 19:00 03-29 06:00 A",
            "03-28 23:00 03-29 22:00 B",
            "03-29 18:00 03-30 06:00 A",
            "03-30 18:00 03-31 06:00 A",
            "03-31 18:00 04-01 06:00 A",
        ]

    def test_pagerduty_names_people_by_address_or_in_the_title(self):
        assert told(file("pagerduty", "2026-03-01", "2026-05-01")) == [
            "03-16 08:00 03-23 08:00 A",
            "03-23 08:00 03-30 07:00 B",
        ]

    def test_opsgenie_puts_several_people_on_one_shift(self):
        assert told(file("opsgenie", "2026-03-01", "2026-05-01")) == [
            "03-06 14:00 03-13 13:00 AB",
            "03-13 13:00 03-20 13:00 ",
        ]

    def test_grafana_oncall_keeps_cancelled_shifts_without_length(self):
        found = file("grafana-oncall", "2026-03-01", "2026-05-01")
        assert (told(found), found.problems) == (["03-28 00:00 03-28 12:00 A"], ())


class TestTimes:
    def test_a_shift_belongs_to_a_span_that_it_overlaps_and_not_to_one_that_it_touches(self):
        body = calendar(event("DTSTART:20260401T080000Z", "DTEND:20260401T160000Z"))
        assert read(body, z("2026-04-01 15:59"), z("2026-04-02"), "UTC").events
        assert not read(body, z("2026-04-01 16:00"), z("2026-04-02"), "UTC").events
        assert not read(body, z("2026-03-31"), z("2026-04-01 08:00"), "UTC").events

    def test_floating_times_are_those_of_the_calendar_else_of_the_schedule(self):
        local = event("DTSTART:20260401T080000", "DTEND:20260401T160000")
        assert told(spring(local)) == ["04-01 06:00 04-01 14:00 A"]
        assert told(spring(local, head=("X-WR-TIMEZONE:America/New_York",))) == ["04-01 12:00 04-01 20:00 A"]
        assert told(spring(local, head=("X-WR-TIMEZONE:W. Europe Standard Time",))) == ["04-01 06:00 04-01 14:00 A"]

    def test_a_day_without_an_end_is_one_day_in_the_calendars_zone(self):
        day = event("DTSTART;VALUE=DATE:20260329")
        assert told(spring(day)) == ["03-28 23:00 03-29 22:00 A"]
        assert told(spring(day, head=("X-WR-TIMEZONE:Asia/Tokyo",))) == ["03-28 15:00 03-29 15:00 A"]

    def test_days_repeat_by_the_calendar(self):
        found = spring(event("DTSTART;VALUE=DATE:20260327", "DTEND;VALUE=DATE:20260329", "RRULE:FREQ=WEEKLY;COUNT=2"))
        assert told(found) == ["03-26 23:00 03-28 23:00 A", "04-02 22:00 04-04 22:00 A"]

    def test_a_duration_takes_the_place_of_an_end(self):
        assert told(spring(event("DTSTART:20260401T080000Z", "DURATION:PT90M"))) == ["04-01 08:00 04-01 09:30 A"]
        assert told(spring(event("DTSTART;VALUE=DATE:20260401", "DURATION:P1W"))) == ["03-31 22:00 04-07 22:00 A"]

    def test_a_local_time_that_is_skipped_is_the_first_instant_after_the_gap(self):
        hours = ("DTSTART;TZID=Europe/Berlin:20260328T023000", "DTEND;TZID=Europe/Berlin:20260328T103000")
        found = spring(event(*hours, "RRULE:FREQ=DAILY;COUNT=3"))
        assert told(found) == ["03-28 01:30 03-28 09:30 A", "03-29 01:00 03-29 08:30 A", "03-30 00:30 03-30 08:30 A"]

    def test_a_local_time_that_comes_twice_is_the_first(self):
        hours = ("DTSTART;TZID=Europe/Berlin:20261024T023000", "DTEND;TZID=Europe/Berlin:20261025T023000")
        found = autumn(event(*hours, "RRULE:FREQ=DAILY;COUNT=2"))
        assert told(found) == ["10-24 00:30 10-25 00:30 A", "10-25 00:30 10-26 01:30 A"]

    def test_utc_says_which_of_two_equal_hours_is_meant(self):
        found = autumn(
            event("DTSTART:20261025T003000Z", "DTEND:20261025T013000Z"), head=("X-WR-TIMEZONE:Europe/Berlin",)
        )
        assert told(found) == ["10-25 00:30 10-25 01:30 A"]

    def test_a_rule_on_utc_times_follows_the_clock_of_the_calendars_zone(self):
        hours = event("DTSTART:20260327T080000Z", "DTEND:20260327T160000Z", "RRULE:FREQ=DAILY;COUNT=3")
        assert told(spring(hours))[-1] == "03-29 08:00 03-29 16:00 A"
        assert told(spring(hours, head=("X-WR-TIMEZONE:Europe/Berlin",)))[-1] == "03-29 07:00 03-29 15:00 A"

    def test_start_and_end_may_be_in_two_zones(self):
        found = autumn(event("DTSTART;TZID=Europe/Berlin:20261024T200000", "DTEND:20261025T070000Z"))
        assert told(found) == ["10-24 18:00 10-25 07:00 A"]

    def test_a_rule_with_an_end_in_utc_reaches_its_last_local_day(self):
        hours = ("DTSTART;TZID=America/New_York:20260325T200000", "DTEND;TZID=America/New_York:20260326T080000")
        found = spring(event(*hours, "RRULE:FREQ=DAILY;UNTIL=20260327T000000Z"))
        assert told(found) == ["03-26 00:00 03-26 12:00 A", "03-27 00:00 03-27 12:00 A"]

    def test_extra_dates_and_periods_count(self):
        found = spring(
            event(
                "DTSTART:20260401T080000Z",
                "DTEND:20260401T160000Z",
                "RDATE:20260403T080000Z,20260405T080000Z",
                "RDATE;VALUE=PERIOD:20260407T080000Z/PT1H",
                "EXDATE:20260405T080000Z",
            )
        )
        assert told(found) == ["04-01 08:00 04-01 16:00 A", "04-03 08:00 04-03 16:00 A", "04-07 08:00 04-07 09:00 A"]


def zone(name: str, summer: str, winter: str) -> tuple[str, ...]:
    return (
        "BEGIN:VTIMEZONE",
        f"TZID:{name}",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        f"TZOFFSETFROM:{winter}",
        f"TZOFFSETTO:{summer}",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19701025T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        f"TZOFFSETFROM:{summer}",
        f"TZOFFSETTO:{winter}",
        "END:STANDARD",
        "END:VTIMEZONE",
    )


CUSTOM = ("DTSTART;TZID=Customized Time Zone:20260328T023000", "DTEND;TZID=Customized Time Zone:20260328T103000")


class TestZonesThatTheFileDefines:
    def test_they_change_the_clock_as_others_do(self):
        head = zone("Customized Time Zone", "+0200", "+0100")
        found = spring(event(*CUSTOM, "RRULE:FREQ=DAILY;COUNT=3"), head=head)
        assert told(found) == ["03-28 01:30 03-28 09:30 A", "03-29 01:00 03-29 08:30 A", "03-30 00:30 03-30 08:30 A"]
        twice = event(*(line.replace("20260328", "20261025") for line in CUSTOM))
        assert told(autumn(twice, head=head)) == ["10-25 00:30 10-25 09:30 A"]

    def test_one_files_zone_is_not_another_ones(self):
        once = event(*CUSTOM)
        assert told(spring(once, head=zone("Customized Time Zone", "+0200", "+0100"))) == ["03-28 01:30 03-28 09:30 A"]
        assert told(spring(once, head=zone("Customized Time Zone", "-0300", "-0400"))) == ["03-28 06:30 03-28 14:30 A"]
        [problem] = spring(once).problems
        assert "Customized Time Zone is neither known nor defined" in str(problem)

    def test_a_definition_after_the_events_and_one_with_a_vendors_path(self):
        definition = "\r\n".join(zone("Customized Time Zone", "+0200", "+0100")) + "\r\n"
        assert told(spring(event(*CUSTOM), definition)) == ["03-28 01:30 03-28 09:30 A"]
        path = "/freeassociation.sourceforge.net/Europe/Berlin"
        found = spring(event(f"DTSTART;TZID={path}:20260401T080000", "DURATION:PT8H"))
        assert told(found) == ["04-01 06:00 04-01 14:00 A"]

    def test_a_windows_name_needs_no_definition(self):
        found = spring(event("DTSTART;TZID=Eastern Standard Time:20260401T080000", "DURATION:PT8H"))
        assert told(found) == ["04-01 12:00 04-01 20:00 A"]

    def test_a_clock_that_changes_every_second_is_refused(self):
        head = tuple(line.replace("YEARLY", "SECONDLY") for line in zone("Customized Time Zone", "+0200", "+0100"))
        found = spring(event(*CUSTOM), event("DTSTART:20260401T080000Z", "DURATION:PT1H", uid="two"), head=head)
        assert told(found) == ["04-01 08:00 04-01 09:00 A"]
        assert [p.about for p in found.problems] == ["Time zone Customized Time Zone", "“alice” of 2026-03-28 02:30"]


class TestVersions:
    WEEK = ("DTSTART:20260401T080000Z", "DTEND:20260401T160000Z")

    def test_the_highest_sequence_wins_wherever_it_stands(self):
        later = event("DTSTART:20260402T080000Z", "DTEND:20260402T160000Z", "SEQUENCE:2", summary="bob")
        assert told(spring(later, event(*self.WEEK, "SEQUENCE:1"))) == ["04-02 08:00 04-02 16:00 B"]
        assert told(spring(event(*self.WEEK, "SEQUENCE:1"), later)) == ["04-02 08:00 04-02 16:00 B"]

    def test_what_was_cancelled_is_no_shift(self):
        assert told(spring(event(*self.WEEK), event(*self.WEEK, "SEQUENCE:1", "STATUS:CANCELLED"))) == []
        daily = event(*self.WEEK, "RRULE:FREQ=DAILY;COUNT=3")
        gone = event(
            "RECURRENCE-ID:20260402T080000Z",
            "DTSTART:20260402T080000Z",
            "DTEND:20260402T160000Z",
            "STATUS:CANCELLED",
        )
        assert told(spring(daily, gone)) == ["04-01 08:00 04-01 16:00 A", "04-03 08:00 04-03 16:00 A"]

    def test_a_change_from_here_on_holds_for_the_rest(self):
        daily = event(*self.WEEK, "RRULE:FREQ=DAILY;COUNT=3")
        rest = event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260402T080000Z",
            "DTSTART:20260402T100000Z",
            "DTEND:20260402T160000Z",
            summary="bob",
        )
        assert told(spring(daily, rest)) == [
            "04-01 08:00 04-01 16:00 A",
            "04-02 10:00 04-02 16:00 B",
            "04-03 10:00 04-03 16:00 B",
        ]

    def test_events_without_a_uid_stand_for_themselves(self):
        found = spring(*(event(*self.WEEK).replace("UID:one\r\n", "") for _ in range(2)))
        assert len(found.events) == 2


GOOD = event("DTSTART:20260401T080000Z", "DURATION:PT8H", uid="good", summary="bob")
HOUR = ("DTSTART:20260401T080000Z", "DTEND:20260401T090000Z")


class TestWhatIsBroken:
    @pytest.mark.parametrize(
        ("lines", "about", "text"),
        [
            (("DTSTART:20260199T080000Z",), "“alice”", "Its DTSTART can't be read: 20260199T080000Z."),
            (("DTEND:20260401T080000Z",), "“alice”", "It has no beginning (DTSTART)."),
            (("DTSTART:20260401T080000Z",), "“alice” of 2026-04-01 08:00", "It has no length."),
            (
                ("DTSTART:20260401T080000Z", "DTEND:20260401T070000Z"),
                "“alice” of 2026-04-01 08:00",
                "It ends before it begins.",
            ),
            (
                ("DTSTART:20260401T080000Z", "DTEND;VALUE=DATE:20260402"),
                "“alice” of 2026-04-01 08:00",
                "It begins on a day and ends at a time, or the other way round.",
            ),
            (
                ("DTSTART;TZID=Mars/Olympus:20260401T080000", "DURATION:PT1H"),
                "“alice” of 2026-04-01 08:00",
                "Its time zone Mars/Olympus is neither known nor defined in the calendar.",
            ),
            (
                (*HOUR, "RRULE:FREQ=WEEKLY;BYDAY=XX"),
                "“alice” of 2026-04-01 08:00",
                "Its RRULE can't be read: FREQ=WEEKLY;BYDAY=XX.",
            ),
            (
                (*HOUR, "RRULE:FREQ=DAILY;BYHOUR=25"),
                "“alice” of 2026-04-01 08:00",
                "Its RRULE can't be used: FREQ=DAILY;BYHOUR=25.",
            ),
            (
                (*HOUR, "EXDATE:yesterday"),
                "“alice” of 2026-04-01 08:00",
                "Its EXDATE can't be read: yesterday.",
            ),
            (
                (*HOUR, "RRULE:FREQ=SECONDLY"),
                "“alice” of 2026-04-01 08:00",
                "It repeats every second, which no shift does.",
            ),
            (
                (*HOUR, "RRULE:FREQ=DAILY;INTERVAL=0"),
                "“alice” of 2026-04-01 08:00",
                "Its RRULE has an INTERVAL below 1.",
            ),
            (
                ("DTSTART:19000101T080000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"),
                "“alice” of 1900-01-01 08:00",
                "It repeats too often or since too long ago. Let it begin later.",
            ),
        ],
    )
    def test_one_broken_event_is_named_and_the_others_stay(self, lines, about, text):
        found = spring(event(*lines), GOOD)
        assert told(found) == ["04-01 08:00 04-01 16:00 B"]
        assert [(p.about, p.text) for p in found.problems] == [(about, text)]

    def test_what_says_nothing_about_time_may_be_broken(self):
        broken = event(*HOUR, "GEO:here", "BEGIN:VALARM", "TRIGGER:soon", "END:VALARM", "no colon at all")
        found = spring(broken)
        assert (told(found), found.problems) == (["04-01 08:00 04-01 09:00 A"], ())

    def test_a_calendar_of_an_unknown_zone_is_read_in_that_of_the_schedule(self):
        found = spring(event("DTSTART:20260401T080000", "DURATION:PT8H"), head=("X-WR-TIMEZONE:Mars/Olympus",))
        assert told(found) == ["04-01 06:00 04-01 14:00 A"]
        [problem] = found.problems
        assert str(problem) == "X-WR-TIMEZONE: Mars/Olympus is no known time zone; Europe/Berlin is used instead."

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            (b"", "This is no calendar"),
            (b"404 page not found", "This is no calendar"),
            (bytes(range(256)) * 10, "This is no calendar"),
            (b"\n<!DOCTYPE html><html><title>Sign in</title></html>", "This is a web page, not a calendar"),
            (calendar(GOOD).replace(b"END:VCALENDAR\r\n", b""), "cut off"),
            (calendar(GOOD)[:80], "cut off"),
            (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20_000, "cut off"),
            (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "END:VEVENT closes nothing"),
            (calendar(GOOD, "X" * 1_000_000 + "\r\n"), "larger than 1 MB"),
        ],
    )
    def test_what_is_no_whole_calendar_is_refused(self, body, text):
        with pytest.raises(ValueError, match=text):
            read(body, z("2026-03-20"), z("2026-04-20"), "UTC")

    def test_more_shifts_than_a_schedule_has_are_refused(self):
        hourly = event(*HOUR, "RRULE:FREQ=HOURLY")
        with pytest.raises(ValueError, match=f"more than {MAX_SHIFTS} events between 2026-04-01 and 2026-12-01"):
            read(calendar(hourly), z("2026-04-01"), z("2026-12-01"), "UTC")

    def test_a_calendar_without_events_is_a_calendar(self):
        assert spring(head=("NAME:Empty",)) == Read((), (), "Empty")

    def test_an_old_encoding_and_a_byte_order_mark_are_no_obstacle(self):
        assert told(spring(GOOD.replace("bob", "Bereitschaft für bob"))) == ["04-01 08:00 04-01 16:00 B"]
        body = calendar(event(*HOUR, summary="Für bob"))
        for text in (b"\xef\xbb\xbf" + body, body.decode().encode("latin-1")):
            assert told(read(text, z("2026-03-20"), z("2026-04-20"), "UTC")) == ["04-01 08:00 04-01 09:00 B"]


class TestWhomAnEventMeans:
    @pytest.mark.parametrize(
        ("named", "people"),
        [
            (Named((Attendee("alice@example.com", "Bob Brown"),), "bob"), "A"),
            (Named((Attendee("alice@example.com"), Attendee("bob@example.com"))), "AB"),
            (Named((Attendee("a@elsewhere.org", "ALICE  Archer"),)), "A"),
            (Named((Attendee("stranger@elsewhere.org", "Stranger"),), "bob"), "B"),
            (Named(summary="Bob"), "B"),
            (Named(summary="On call: @bob (primary)."), "B"),
            (Named(summary="bob, alice"), "BA"),
            (Named(summary="<Bob@Example.com>"), "B"),
            (Named(summary="Bobby and alicent"), ""),
            (Named(summary="bob@example.company"), ""),
            (Named(summary="Alice Archer"), "A"),
            (Named(summary="On Call - Alice Archer - Bob Brown's rota"), "A"),
            (Named(summary="Alice Archer and Bob Brown (both)"), "AB"),
            (Named(summary="bob, Alice Archer"), "BA"),
            (Named(summary="Primary", description="Reach bob@example.com\nor the desk"), "B"),
            (Named(summary="Primary", description="As Bob Brown said"), "B"),
            (Named(summary="alice", description="instead of bob"), "A"),
            (Named(), ""),
        ],
    )
    def test_it_is_found_in_attendees_then_title_then_description(self, named, people):
        assert "".join(match(named, PEOPLE)) == people

    def test_the_candidates_are_told_in_the_order_of_looking(self):
        [found] = spring(event(*HOUR, "ATTENDEE;CN=Al:MAILTO:Al@Example.com", "DESCRIPTION:the desk")).events
        assert found.named.candidates == ("al@example.com", "Al", "alice", "the desk")
