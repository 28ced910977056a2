"""On-call time: the table of rules, in Europe/Berlin unless named, and what the layers do to each other."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from teams.rotation import (
    Handoff,
    Layer,
    Listed,
    Override,
    Restriction,
    Shift,
    gaps,
    layer_shifts,
    next_handoff,
    restrictions_from_json,
    shifts,
    turn,
    who,
)

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
HOUR = timedelta(hours=1)


def z(text: str) -> datetime:
    """A UTC moment such as "2026-03-23 08:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(*crews: str, anchor: str, kind: str = "week", every: int = 1, **more) -> Layer:
    """Each letter of a crew is a person: "AB" has A as the primary and B beside them."""
    return Layer(
        **{"key": "primary", "zone": "Europe/Berlin"} | more,
        crews=tuple(map(tuple, crews)),
        kind=kind,
        every=every,
        anchor=datetime.fromisoformat(anchor),
    )


def told(found: list[Shift]) -> list[tuple[str, str, str]]:
    return [(f"{s.start:%Y-%m-%d %H:%M}", f"{s.end:%Y-%m-%d %H:%M}", "".join(s.people)) for s in found]


def starts(found: list[Shift]) -> list[str]:
    return [f"{s.start:%Y-%m-%d %H:%M}" for s in found]


WEEKLY = layer("A", "B", anchor="2026-03-23 09:00")


class TestHandOffs:
    def test_a_week_over_the_spring_change_is_an_hour_short(self):
        first, second, _ = shifts([WEEKLY], [], z("2026-03-20"), z("2026-04-07"))
        assert first == Shift(z("2026-03-23 08:00"), z("2026-03-30 07:00"), ("A",), "primary")
        assert first.end - first.start == 167 * HOUR
        assert (second.person, second.end) == ("B", z("2026-04-06 07:00"))

    def test_at_the_hand_off_second_the_incoming_person_is_on_call(self):
        handoff = z("2026-03-30 07:00")
        assert who([WEEKLY], [], handoff - timedelta(microseconds=1)).person == "A"
        assert who([WEEKLY], [], handoff).person == "B"

    def test_a_time_that_does_not_exist_is_the_first_instant_after_the_gap(self):
        nightly = layer("A", "B", kind="day", anchor="2026-03-27 02:30")
        assert starts(shifts([nightly], [], z("2026-03-28 01:30"), z("2026-03-31"))) == [
            "2026-03-28 01:30",
            "2026-03-29 01:00",
            "2026-03-30 00:30",
        ]
        assert who([nightly], [], z("2026-03-29 00:59")).person == "B"
        assert who([nightly], [], z("2026-03-29 01:00")).person == "A"

    def test_a_time_that_exists_twice_hands_off_once_at_the_first(self):
        nightly = layer("A", "B", kind="day", anchor="2026-10-23 02:30")
        found = shifts([nightly], [], z("2026-10-24 00:30"), z("2026-10-27 01:30"))
        assert starts(found) == ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"]
        assert found[1].end - found[1].start == 25 * HOUR
        assert {who([nightly], [], z(f"2026-10-25 {at}")).person for at in ("00:30", "01:15", "01:30", "02:00")} == {
            "A"
        }

    def test_a_time_at_the_end_of_the_repeated_hour_comes_after_both(self):
        # 03:00 is shown for the first time at 02:00Z, though at 01:00Z it was a tick away.
        nightly = layer("A", "B", kind="day", anchor="2026-10-23 03:00")
        assert who([nightly], [], z("2026-10-25 01:30")).end == z("2026-10-25 02:00")
        assert starts(shifts([nightly], [], z("2026-10-25 01:30"), z("2026-10-25 03:00"))) == [
            "2026-10-25 01:30",
            "2026-10-25 02:00",
        ]
        early = layer("A", anchor="2026-01-01 00:00", restrictions=(at_hours("03:00", "09:00"),))
        assert who([early], [], z("2026-10-25 01:30")) is None

    @pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 11), ("2026-10-24", 13), ("2026-06-01", 12)])
    def test_twelve_hour_nights_follow_the_clock(self, night, hours):
        day = layer("D", kind="day", anchor="2026-01-01 08:00", key="day", restrictions=(at_hours("08:00", "20:00"),))
        dark = layer("N", kind="day", anchor="2026-01-01 20:00", key="dark", restrictions=(at_hours("20:00", "08:00"),))
        evening = datetime.fromisoformat(f"{night} 20:00").replace(tzinfo=BERLIN)
        found = who([day, dark], [], evening)
        assert (found.person, found.start) == ("N", evening)
        assert found.end - found.start == hours * HOUR
        assert gaps([day, dark], [], z("2026-02-01"), z("2026-12-01")) == []

    @pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 11), ("2026-10-24", 13), ("2026-06-01", 12)])
    def test_shifts_of_twelve_hours_follow_the_clock_too(self, night, hours):
        halves = layer("D", "N", kind="hour", every=12, anchor="2026-01-01 08:00")
        evening = datetime.fromisoformat(f"{night} 20:00").replace(tzinfo=BERLIN)
        found = who([halves], [], evening)
        assert (found.people, found.start) == (("N",), evening)
        assert found.end - found.start == hours * HOUR
        assert found.end.astimezone(BERLIN).hour == 8
        assert found in shifts([halves], [], evening - 30 * HOUR, evening + 30 * HOUR)

    def test_hours_that_the_spring_change_swallows_are_nobodys_turn(self):
        hourly = layer("A", "B", "C", kind="hour", anchor="2026-03-29 00:00")
        assert told(shifts([hourly], [], z("2026-03-28 23:00"), z("2026-03-29 03:00"))) == [
            ("2026-03-28 23:00", "2026-03-29 00:00", "A"),
            ("2026-03-29 00:00", "2026-03-29 01:00", "B"),
            # C's hour, 02:00 to 03:00, did not happen.
            ("2026-03-29 01:00", "2026-03-29 02:00", "A"),
            ("2026-03-29 02:00", "2026-03-29 03:00", "B"),
        ]
        assert who([hourly], [], z("2026-03-29 01:00")).start == z("2026-03-29 01:00")

    def test_an_hour_that_the_autumn_change_repeats_is_one_turn(self):
        hourly = layer("A", "B", "C", kind="hour", anchor="2026-10-25 00:00")
        assert told(shifts([hourly], [], z("2026-10-24 22:00"), z("2026-10-25 03:00"))) == [
            ("2026-10-24 22:00", "2026-10-24 23:00", "A"),
            ("2026-10-24 23:00", "2026-10-25 00:00", "B"),
            ("2026-10-25 00:00", "2026-10-25 02:00", "C"),
            ("2026-10-25 02:00", "2026-10-25 03:00", "A"),
        ]

    def test_half_an_hour_back_is_half_an_hour_more(self):
        # Lord Howe's clocks go from 02:00 to 01:30 on 2026-04-05, and from 02:00 to 02:30 on 2026-10-04.
        halves = layer("A", "B", kind="hour", every=12, anchor="2026-01-01 08:00", zone="Australia/Lord_Howe")
        there = ZoneInfo("Australia/Lord_Howe")
        autumn, spring = (who([halves], [], datetime(2026, *day, 22, tzinfo=there)) for day in ((4, 4), (10, 3)))
        assert (autumn.end - autumn.start, spring.end - spring.start) == (12.5 * HOUR, 11.5 * HOUR)

    def test_ramadan_in_casablanca_changes_the_clock_and_not_the_hand_off(self):
        # Clocks go back on 2026-02-15 and forth on 2026-03-22.
        daily = layer("A", "B", kind="day", anchor="2026-02-01 09:00", zone="Africa/Casablanca")
        found = shifts([daily], [], z("2026-02-13 08:00"), z("2026-03-26 08:00"))
        assert {s.start.hour for s in found} == {8, 9}
        assert {s.start.astimezone(ZoneInfo("Africa/Casablanca")).hour for s in found} == {9}

    def test_monthly_on_the_31st_clamps_without_drift(self):
        monthly = layer("A", "B", kind="month", anchor="2026-01-31 09:00")
        assert starts(shifts([monthly], [], z("2026-02-28 08:00"), z("2026-06-01"))) == [
            "2026-02-28 08:00",
            "2026-03-31 07:00",
            "2026-04-30 07:00",
            "2026-05-31 07:00",
        ]
        leap = layer("A", "B", kind="month", anchor="2027-12-31 09:00")
        assert starts(shifts([leap], [], z("2028-02-29 08:00"), z("2028-03-30"))) == ["2028-02-29 08:00"]

    def test_every_n_weeks_counts_from_the_anchor(self):
        # 2026 has 53 ISO weeks: parity of week numbers would hand over twice in a row at the new year.
        fortnightly = layer("A", "B", every=2, anchor="2026-12-14 09:00")
        assert starts(shifts([fortnightly], [], z("2026-12-14 08:00"), z("2027-02-01"))) == [
            "2026-12-14 08:00",
            "2026-12-28 08:00",
            "2027-01-11 08:00",
            "2027-01-25 08:00",
        ]

    def test_every_two_months(self):
        found = shifts(
            [layer("A", "B", kind="month", every=2, anchor="2026-11-30 00:00", zone="UTC")],
            [],
            z("2026-11-01"),
            z("2027-06-01"),
        )
        assert starts(found) == [
            "2026-11-30 00:00",
            "2027-01-30 00:00",
            "2027-03-30 00:00",
            "2027-05-30 00:00",
        ]

    def test_centuries_from_the_anchor_cost_no_more(self):
        daily = layer("A", "B", "C", kind="day", anchor="1901-01-01 09:00")
        day = datetime(2900, 3, 1, 9, tzinfo=BERLIN)
        nth = (datetime(2900, 3, 1) - datetime(1901, 1, 1)).days
        assert who([daily], [], day).person == "ABC"[nth % 3]
        assert len(shifts([daily], [], day, day + timedelta(days=7))) == 7

    def test_a_day_that_a_zone_skipped_has_no_shift(self):
        # Samoa crossed the date line: 2011-12-30 did not happen there.
        apia = layer("A", "B", "C", kind="day", anchor="2011-12-28 00:00", zone="Pacific/Apia")
        assert told(shifts([apia], [], z("2011-12-29 10:00"), z("2012-01-01 10:00"))) == [
            ("2011-12-29 10:00", "2011-12-30 10:00", "B"),
            ("2011-12-30 10:00", "2011-12-31 10:00", "A"),
            ("2011-12-31 10:00", "2012-01-01 10:00", "B"),
        ]
        assert who([apia], [], z("2011-12-30 10:00")).person == "A"

    def test_nobody_is_on_call_before_the_anchor(self):
        assert who([WEEKLY], [], z("2026-03-23 07:59")) is None
        assert gaps([WEEKLY], [], z("2026-03-23"), z("2026-03-24")) == [(z("2026-03-23"), z("2026-03-23 08:00"))]

    def test_an_effective_window_bounds_a_layer_and_keeps_the_past(self):
        change = z("2026-04-01")
        old, new = (
            replace(WEEKLY, ends=change),
            layer("C", anchor="2026-03-30 09:00", key="new", starts=change),
        )
        before = shifts([WEEKLY], [], z("2026-03-23"), change)
        assert shifts([old, new], [], z("2026-03-23"), change) == before
        assert told(shifts([old, new], [], z("2026-03-31"), z("2026-04-02"))) == [
            ("2026-03-31 00:00", "2026-04-01 00:00", "B"),
            ("2026-04-01 00:00", "2026-04-02 00:00", "C"),
        ]
        assert who([old, new], [], change - HOUR).end == change

    def test_one_person_twice_in_a_row_is_one_shift_in_a_range_and_two_turns_at_a_point(self):
        twice = layer("A", "A", "B", anchor="2026-06-01 09:00")
        assert told(shifts([twice], [], z("2026-06-01 07:00"), z("2026-06-22 07:00")))[0] == (
            "2026-06-01 07:00",
            "2026-06-15 07:00",
            "A",
        )
        assert who([twice], [], z("2026-06-02")).end == z("2026-06-08 07:00")


def at_hours(start: str, end: str, weekdays: frozenset[int] = EVERY_DAY) -> Restriction:
    return Restriction(weekdays, time.fromisoformat(start), time.fromisoformat(end))


class TestRestrictions:
    def test_office_hours_over_the_spring_change(self):
        office = layer("A", anchor="2026-03-02 00:00", restrictions=(at_hours("09:00", "17:00", WEEKDAYS),))
        assert told(shifts([office], [], z("2026-03-27"), z("2026-03-31"))) == [
            ("2026-03-27 08:00", "2026-03-27 16:00", "A"),
            ("2026-03-30 07:00", "2026-03-30 15:00", "A"),
        ]
        assert gaps([office], [], z("2026-03-27 12:00"), z("2026-03-30 12:00")) == [
            (z("2026-03-27 16:00"), z("2026-03-30 07:00"))
        ]
        assert who([office], [], z("2026-03-28 12:00")) is None

    def test_a_window_over_midnight_belongs_to_the_day_it_starts_on(self):
        night = layer("A", anchor="2026-01-05 00:00", restrictions=(at_hours("22:00", "06:00", frozenset({4})),))
        assert told(shifts([night], [], z("2026-06-01"), z("2026-06-08"))) == [
            ("2026-06-05 20:00", "2026-06-06 04:00", "A")
        ]
        assert who([night], [], z("2026-06-06 03:59")).start == z("2026-06-05 20:00")

    def test_sundays_night_runs_into_monday(self):
        night = layer("A", anchor="2026-01-07 12:00", restrictions=(at_hours("22:00", "06:00", frozenset({6})),))
        whole = Shift(z("2026-06-07 20:00"), z("2026-06-08 04:00"), ("A",), "primary")
        assert layer_shifts(night, z("2026-06-02"), z("2026-06-15"))[0] == whole
        assert layer_shifts(night, z("2026-06-08 02:00"), z("2026-06-14"))[0].end == whole.end
        assert [who([night], [], z(f"2026-06-0{at}")) for at in ("7 21:00", "8 03:59", "8 04:00")] == [
            whole,
            whole,
            None,
        ]

    def test_a_window_inside_the_spring_gap_is_dropped(self):
        odd = layer("A", anchor="2026-01-01 00:00", restrictions=(at_hours("02:15", "02:45"),))
        assert starts(shifts([odd], [], z("2026-03-28"), z("2026-03-31"))) == [
            "2026-03-28 01:15",
            "2026-03-30 00:15",
        ]

    def test_a_window_inside_the_repeated_hour_happens_once(self):
        odd = layer("A", anchor="2026-01-01 00:00", restrictions=(at_hours("02:15", "02:45"),))
        assert told(shifts([odd], [], z("2026-10-25"), z("2026-10-26"))) == [
            ("2026-10-25 00:15", "2026-10-25 00:45", "A")
        ]

    def test_windows_that_overlap_or_touch_are_one(self):
        both = (at_hours("08:00", "12:00"), at_hours("11:00", "14:00"), at_hours("14:00", "15:00"))
        found = layer_shifts(layer("A", anchor="2026-01-01 00:00", restrictions=both), z("2026-06-01"), z("2026-06-02"))
        assert told(found) == [("2026-06-01 06:00", "2026-06-01 13:00", "A")]

    def test_windows_that_fill_the_week_are_no_restriction(self):
        full = (at_hours("00:00", "12:00"), at_hours("12:00", "00:00"))
        month = replace(layer("A", "B", kind="month", anchor="2026-01-01 09:00"), restrictions=full)
        assert who([month], [], z("2026-06-15")) == Shift(
            z("2026-06-01 07:00"), z("2026-07-01 07:00"), ("B",), "primary"
        )
        assert gaps([month], [], z("2026-02-01"), z("2027-02-01")) == []

    def test_five_whole_days_leave_the_weekend(self):
        days = layer("A", anchor="2026-03-02 00:00", restrictions=(at_hours("00:00", "00:00", WEEKDAYS),))
        assert gaps([days], [], z("2026-06-01"), z("2026-06-09")) == [(z("2026-06-05 22:00"), z("2026-06-07 22:00"))]
        assert who([days], [], z("2026-06-06")) is None

    def test_a_hand_off_inside_a_window_splits_it(self):
        split = layer("A", "B", kind="day", anchor="2026-06-01 12:00", restrictions=(at_hours("09:00", "17:00"),))
        assert told(shifts([split], [], z("2026-06-02"), z("2026-06-03"))) == [
            ("2026-06-02 07:00", "2026-06-02 10:00", "A"),
            ("2026-06-02 10:00", "2026-06-02 15:00", "B"),
        ]

    def test_the_form_they_are_stored_in(self):
        stored = [{"weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}]
        assert restrictions_from_json(stored) == (at_hours("09:00", "17:00", WEEKDAYS),)
        assert restrictions_from_json([]) == ()

    @pytest.mark.parametrize(
        ("stored", "field"),
        [
            ({}, "restrictions:"),
            ([3], "restrictions[0]:"),
            ([{"weekdays": [0], "start": "09:00"}], "restrictions[0].end:"),
            ([{"weekdays": [0], "start": "25:00", "end": "17:00"}], "restrictions[0].start:"),
            ([{"weekdays": [0], "start": "09:00+02:00", "end": "17:00"}], "restrictions[0].start:"),
            ([{"weekdays": [7], "start": "09:00", "end": "17:00"}], "restrictions[0].weekdays:"),
            ([{"weekdays": [], "start": "09:00", "end": "17:00"}], "restrictions[0].weekdays:"),
            ([{"weekdays": ["mon"], "start": "09:00", "end": "17:00"}], "restrictions[0].weekdays:"),
        ],
    )
    def test_a_bad_one_is_named(self, stored, field):
        with pytest.raises(ValueError, match=f"^{re.escape(field)}"):
            restrictions_from_json(stored)


class TestPriority:
    office = layer("O", anchor="2026-03-02 00:00", key="office", restrictions=(at_hours("09:00", "17:00", WEEKDAYS),))

    def test_the_higher_layer_wins_and_the_lower_shows_through(self):
        assert told(shifts([WEEKLY, self.office], [], z("2026-06-01 07:00"), z("2026-06-02 07:00"))) == [
            ("2026-06-01 07:00", "2026-06-01 15:00", "O"),
            ("2026-06-01 15:00", "2026-06-02 07:00", "A"),
        ]
        assert {s.person for s in shifts([self.office, WEEKLY], [], z("2026-06-01"), z("2026-06-08"))} == {
            "A",
            "B",
        }

    def test_a_point_tells_the_same_cuts_as_the_range(self):
        night = who([WEEKLY, self.office], [], z("2026-06-01 20:00"))
        assert night == Shift(z("2026-06-01 15:00"), z("2026-06-02 07:00"), ("A",), "primary")
        weekend = who([WEEKLY, self.office], [], z("2026-06-06 12:00"))
        assert (weekend.start, weekend.end) == (z("2026-06-05 15:00"), z("2026-06-08 07:00"))

    def test_a_higher_layer_that_is_on_once_a_week_cuts_the_shift_on_both_sides(self):
        mondays = layer(
            "M",
            anchor="2026-03-02 00:00",
            key="m",
            restrictions=(at_hours("00:00", "12:00", frozenset({0})),),
        )
        month = layer("A", "B", kind="month", anchor="2026-06-01 00:00")
        for day in range(2, 8):
            found = who([month, mondays], [], z(f"2026-06-0{day}"))
            assert (found.start, found.end) == (z("2026-06-01 10:00"), z("2026-06-07 22:00"))

    def test_a_higher_layer_that_is_still_to_come_or_over_cuts_the_shift(self):
        guest = layer("G", anchor="2026-06-03 12:00", key="guest", ends=z("2026-06-04"))
        assert who([WEEKLY, guest], [], z("2026-06-02")).end == z("2026-06-03 10:00")
        assert who([WEEKLY, guest], [], z("2026-06-05")).start == z("2026-06-04")

    def test_through_an_empty_crew_the_lower_layer_shows(self):
        every_other = layer("C", "", kind="day", anchor="2026-06-01 09:00", key="upper")
        span = z("2026-06-01 07:00"), z("2026-06-04 07:00")
        assert told(shifts([WEEKLY, every_other], [], *span)) == [
            ("2026-06-01 07:00", "2026-06-02 07:00", "C"),
            ("2026-06-02 07:00", "2026-06-03 07:00", "A"),
            ("2026-06-03 07:00", "2026-06-04 07:00", "C"),
        ]
        assert who([WEEKLY, every_other], [], z("2026-06-02 12:00"))[:2] == (
            z("2026-06-02 07:00"),
            z("2026-06-03 07:00"),
        )
        assert gaps([every_other], [], *span) == [(z("2026-06-02 07:00"), z("2026-06-03 07:00"))]

    def test_an_empty_roster_is_a_gap(self):
        empty = layer(anchor="2026-03-23 09:00", key="empty")
        assert shifts([empty], [], z("2026-06-01"), z("2026-06-02")) == []
        assert gaps([empty], [], z("2026-06-01"), z("2026-06-02")) == [(z("2026-06-01"), z("2026-06-02"))]
        assert who([empty], [], z("2026-06-01")) is None
        assert who([WEEKLY, empty], [], z("2026-06-01")).source == "primary"
        assert who([], [], z("2026-06-01")) is None


class TestOverrides:
    stand_in = Override("C", z("2026-03-29 10:00"), z("2026-03-30 10:00"), created=1)

    def test_over_a_hand_off_it_holds_throughout(self):
        # Sunday 12:00 to Monday 12:00 local, over the Monday 09:00 hand-off from A to B.
        assert told(shifts([WEEKLY], [self.stand_in], z("2026-03-29"), z("2026-03-31"))) == [
            ("2026-03-29 00:00", "2026-03-29 10:00", "A"),
            ("2026-03-29 10:00", "2026-03-30 10:00", "C"),
            ("2026-03-30 10:00", "2026-03-31 00:00", "B"),
        ]
        assert who([WEEKLY], [self.stand_in], z("2026-03-30 07:00")) == Shift(
            z("2026-03-29 10:00"), z("2026-03-30 10:00"), ("C",), self.stand_in
        )

    def test_the_last_created_wins_and_deleting_it_brings_the_earlier_back(self):
        later = Override("D", z("2026-03-29 20:00"), z("2026-03-29 22:00"), created=2)
        span = z("2026-03-29 10:00"), z("2026-03-30 10:00")
        for order in ([self.stand_in, later], [later, self.stand_in]):
            assert [s.person for s in shifts([WEEKLY], order, *span)] == ["C", "D", "C"]
            assert who([WEEKLY], order, z("2026-03-29 21:00")).person == "D"
            assert who([WEEKLY], order, z("2026-03-29 19:00")).end == later.start
            assert who([WEEKLY], order, z("2026-03-29 23:00")).start == later.end
        assert [s.person for s in shifts([WEEKLY], [self.stand_in], *span)] == ["C"]

    def test_it_fills_a_gap_and_covers_times_before_the_anchor(self):
        early = Override("C", z("2026-01-01"), z("2026-01-02"), created=1)
        assert who([WEEKLY], [early], z("2026-01-01 12:00")).person == "C"
        assert who([], [early], z("2026-01-01 12:00")).person == "C"

    def test_in_local_time_it_is_compared_by_the_instant(self):
        # Both ends read 02:30 in Berlin, an hour apart.
        twice = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
        hour = Override("C", twice, twice.replace(fold=1), created=1)
        assert hour.end - hour.start == HOUR
        assert who([WEEKLY], [hour], twice.replace(fold=1)).person != "C"


class TestStandingInForSomebody:
    pair = layer("AB", "BC", kind="day", anchor="2026-06-01 09:00")
    span = z("2026-06-01 07:00"), z("2026-06-03 07:00")

    @staticmethod
    def swap(person: str, replaces: str, created: int = 1, start: str = "2026-06-01", end: str = "2026-06-08"):
        return Override(person, z(start), z(end), created, key=created, replaces=replaces)

    def test_they_take_the_place_in_the_crew_only_where_it_is(self):
        for_a = self.swap("X", "A")
        assert [(s.people, s.source) for s in shifts([self.pair], [for_a], *self.span)] == [
            (("X", "B"), for_a),
            (("B", "C"), "primary"),
        ]
        assert who([self.pair], [for_a], z("2026-06-01 12:00")).people == ("X", "B")
        assert who([self.pair], [for_a], z("2026-06-02 12:00")) == who([self.pair], [], z("2026-06-02 12:00"))

    def test_the_second_place_stays_the_second(self):
        assert [s.people for s in shifts([self.pair], [self.swap("X", "B")], *self.span)] == [("A", "X"), ("X", "C")]

    def test_nobody_stands_twice_in_a_crew(self):
        found = shifts([self.pair], [self.swap("A", "B"), self.swap("C", "B", created=2)], *self.span)
        assert [s.people for s in found] == [("A",), ("A", "C")]

    def test_in_a_gap_and_for_nobody_there_it_does_nothing(self):
        assert shifts([], [self.swap("X", "A")], *self.span) == []
        assert shifts([self.pair], [self.swap("X", "D")], *self.span) == shifts([self.pair], [], *self.span)
        assert shifts([self.pair], [self.swap("A", "A")], *self.span) == shifts([self.pair], [], *self.span)
        assert who([self.pair], [self.swap("X", "D")], z("2026-06-01 12:00")).source == "primary"

    def test_one_who_stands_in_can_be_stood_in_for(self):
        first, second = self.swap("X", "A"), self.swap("Y", "X", created=2, end="2026-06-01 19:00")
        for order in ([first, second], [second, first]):
            found = shifts([self.pair], order, *self.span)
            assert [("".join(s.people), s.source) for s in found] == [("YB", second), ("XB", first), ("BC", "primary")]
        assert who([self.pair], [second], z("2026-06-01 12:00")).people == ("A", "B")

    def test_of_two_for_the_same_person_the_first_created_finds_them(self):
        found = shifts([self.pair], [self.swap("X", "A"), self.swap("Y", "A", created=2)], *self.span)
        assert [s.people for s in found] == [("X", "B"), ("B", "C")]

    def test_a_plain_override_covers_what_was_swapped_before_it_and_can_be_swapped_after(self):
        plain = Override("P", z("2026-06-01"), z("2026-06-02"), created=2)
        early, late = self.swap("X", "A"), self.swap("Y", "P", created=3)
        noon = z("2026-06-01 12:00")
        assert who([self.pair], [early, plain], noon) == Shift(plain.start, plain.end, ("P",), plain)
        assert who([self.pair], [early, plain, late], noon).people == ("Y",)
        assert who([self.pair], [replace(late, created=1), plain], noon).people == ("P",)

    def test_a_turn_is_cut_where_the_swap_begins_and_ends(self):
        for_a = self.swap("X", "A", start="2026-06-01 10:00", end="2026-06-01 12:00")
        assert who([self.pair], [for_a], z("2026-06-01 09:00")).end == for_a.start
        assert who([self.pair], [for_a], z("2026-06-01 11:00"))[:2] == (for_a.start, for_a.end)
        assert who([self.pair], [for_a], z("2026-06-01 13:00")).start == for_a.end
        # Where it does nothing it cuts nothing.
        for_c = self.swap("X", "C", start="2026-06-01 10:00", end="2026-06-01 12:00")
        assert who([self.pair], [for_c], z("2026-06-01 09:00")).end == z("2026-06-02 07:00")


class TestHolidays:
    days = staticmethod(lambda year: frozenset({date(year, 5, 1), date(year, 12, 25), date(year, 12, 26)}))

    def test_off_lets_the_lower_layer_show_on_them(self):
        off = replace(layer("O", anchor="2026-03-02 00:00", key="upper"), holidays="off", days=self.days)
        assert told(shifts([WEEKLY, off], [], z("2026-04-30"), z("2026-05-03"))) == [
            ("2026-04-30 00:00", "2026-04-30 22:00", "O"),
            ("2026-04-30 22:00", "2026-05-01 22:00", "B"),
            ("2026-05-01 22:00", "2026-05-03 00:00", "O"),
        ]
        assert who([WEEKLY, off], [], z("2026-05-01 12:00")).person == "B"

    def test_only_is_on_on_them_alone_as_local_days(self):
        only = replace(layer("H", anchor="2026-03-02 00:00", key="upper"), holidays="only", days=self.days)
        assert told(layer_shifts(only, z("2026-01-01"), z("2027-01-01"))) == [
            ("2026-04-30 22:00", "2026-05-01 22:00", "H"),
            ("2026-12-24 23:00", "2026-12-26 23:00", "H"),
        ]
        assert turn(only, z("2026-12-24 22:59")) is None
        assert turn(only, z("2026-12-25 12:00")).person == "H"

    def test_a_night_ends_where_the_holiday_begins(self):
        nights = layer("N", anchor="2026-03-02 00:00", restrictions=(at_hours("22:00", "06:00"),))
        off = replace(nights, holidays="off", days=self.days)
        assert told(layer_shifts(off, z("2026-04-30 12:00"), z("2026-05-02 12:00"))) == [
            ("2026-04-30 20:00", "2026-04-30 22:00", "N"),
            ("2026-05-01 22:00", "2026-05-02 04:00", "N"),
        ]

    def test_without_a_calendar_no_day_is_one(self):
        assert layer_shifts(replace(WEEKLY, holidays="only"), z("2026-04-01"), z("2027-01-01")) == []
        off = replace(WEEKLY, holidays="off")
        assert layer_shifts(off, z("2026-04-01"), z("2027-01-01")) == layer_shifts(
            WEEKLY, z("2026-04-01"), z("2027-01-01")
        )

    def test_a_turn_reaches_from_holiday_to_holiday(self):
        yearly = replace(layer("O", kind="month", every=12, anchor="2026-01-01 00:00"), holidays="off", days=self.days)
        assert turn(yearly, z("2026-09-01"))[:2] == (z("2026-05-01 22:00"), z("2026-12-24 23:00"))
        only = replace(layer("H", anchor="2020-01-01 00:00", key="upper"), holidays="only", days=self.days)
        below = layer("A", kind="month", every=24, anchor="2026-01-01 00:00")
        assert who([below, only], [], z("2026-09-01"))[:2] == (z("2026-05-01 22:00"), z("2026-12-24 23:00"))


class TestListed:
    calendar = Listed(
        "feed",
        (
            (z("2026-06-03 07:00"), z("2026-06-04 07:00"), ("C",)),
            (z("2026-06-01 07:00"), z("2026-06-02 07:00"), ("A",)),
            (z("2026-06-01 12:00"), z("2026-06-02 12:00"), ("B", "A")),
            (z("2026-06-05"), z("2026-06-05"), ("D",)),
            (z("2026-06-06"), z("2026-06-07"), ()),
        ),
    )

    def test_where_turns_overlap_everybody_is_on_in_order_of_start(self):
        assert told(layer_shifts(self.calendar, z("2026-06-01"), z("2026-06-08"))) == [
            ("2026-06-01 07:00", "2026-06-01 12:00", "A"),
            ("2026-06-01 12:00", "2026-06-02 07:00", "AB"),
            ("2026-06-02 07:00", "2026-06-02 12:00", "BA"),
            ("2026-06-03 07:00", "2026-06-04 07:00", "C"),
        ]

    def test_it_is_a_layer_among_others(self):
        found = told(shifts([WEEKLY, self.calendar], [], z("2026-06-02 10:00"), z("2026-06-03 10:00")))
        assert found == [
            ("2026-06-02 10:00", "2026-06-02 12:00", "BA"),
            ("2026-06-02 12:00", "2026-06-03 07:00", "A"),
            ("2026-06-03 07:00", "2026-06-03 10:00", "C"),
        ]
        present = who([WEEKLY, self.calendar], [], z("2026-06-02 20:00"))
        assert present == Shift(z("2026-06-02 12:00"), z("2026-06-03 07:00"), ("A",), "primary")
        assert who([self.calendar], [], z("2026-06-01 06:59")) is None
        assert turn(self.calendar, z("2026-06-01 20:00"))[:3] == (
            z("2026-06-01 12:00"),
            z("2026-06-02 07:00"),
            ("A", "B"),
        )

    def test_a_naive_turn_is_refused(self):
        with pytest.raises(ValueError, match="no time zone"):
            Listed("feed", ((datetime(2026, 1, 1), datetime(2026, 1, 2), ("A",)),))
        with pytest.raises(ValueError, match=r"^turns: "):
            Listed("feed", ((z("2026-01-01"), z("2026-01-02"), (None,)),))


class TestTurn:
    def test_it_is_whole_whatever_wins_over_the_layer(self):
        stand_in = Override("C", z("2026-03-24"), z("2026-03-25"), created=1)
        assert who([WEEKLY], [stand_in], z("2026-03-26")).start == stand_in.end
        assert turn(WEEKLY, z("2026-03-26")) == Shift(z("2026-03-23 08:00"), z("2026-03-30 07:00"), ("A",), "primary")
        assert turn(WEEKLY, z("2026-03-23 07:59")) is None


class TestNextHandoff:
    def test_it_names_both_people(self):
        assert next_handoff([WEEKLY], [], z("2026-03-25")) == Handoff(z("2026-03-30 07:00"), ("A",), ("B",))
        assert next_handoff([WEEKLY], [], z("2026-03-30 07:00")) == Handoff(z("2026-04-06 07:00"), ("B",), ("A",))

    def test_a_gap_begins_and_ends(self):
        office = TestPriority.office
        assert next_handoff([office], [], z("2026-06-05 12:00")) == Handoff(z("2026-06-05 15:00"), ("O",), ())
        assert next_handoff([office], [], z("2026-06-05 15:00")) == Handoff(z("2026-06-08 07:00"), (), ("O",))

    def test_an_override_is_one_and_the_same_person_again_is_none(self):
        swap = Override("B", z("2026-03-28"), z("2026-03-29"), created=1)
        assert next_handoff([WEEKLY], [swap], z("2026-03-25")).at == z("2026-03-28")
        same = Override("A", z("2026-03-28"), z("2026-03-29"), created=1)
        assert next_handoff([WEEKLY], [same], z("2026-03-25")).at == z("2026-03-30 07:00")

    def test_a_second_person_or_another_order_is_a_change(self):
        pair = layer("AB", "BA", "B", kind="day", anchor="2026-06-01 09:00")
        changes = [next_handoff([pair], [], z(f"2026-06-0{day}")) for day in (2, 3, 4)]
        assert [(c.outgoing, c.incoming) for c in changes] == [
            (("A", "B"), ("B", "A")),
            (("B", "A"), ("B",)),
            (("B",), ("A", "B")),
        ]

    def test_a_far_one_is_found_and_a_lone_person_has_none(self):
        yearly = layer("A", "B", kind="month", every=12, anchor="2026-01-31 09:00")
        assert next_handoff([yearly], [], z("2026-02-01")).at == z("2027-01-31 08:00")
        assert next_handoff([layer("A", anchor="2026-01-01 09:00")], [], z("2026-02-01")) is None
        assert next_handoff([], [], z("2026-02-01")) is None


class TestRefusals:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("kind", "year"),
            ("every", 0),
            ("every", 1001),
            ("anchor", z("2026-01-01")),
            ("anchor", datetime(1, 1, 1)),
            ("crews", (("A",), ("B", None))),
            ("holidays", "maybe"),
            ("zone", "Mars/Olympus"),
            ("zone", "../etc/passwd"),
            ("zone", "Europe"),
        ],
    )
    def test_a_layer_that_makes_no_sense(self, field, value):
        with pytest.raises(ValueError, match=f"^{field}: "):
            replace(WEEKLY, **{field: value})

    def test_an_override_that_makes_no_sense(self):
        with pytest.raises(ValueError, match="ends after it starts"):
            Override("C", z("2026-01-02"), z("2026-01-02"), created=1)
        with pytest.raises(ValueError, match="nobody"):
            Override(None, z("2026-01-02"), z("2026-01-03"), created=1)

    def test_moments_that_make_no_sense(self):
        with pytest.raises(ValueError, match="no time zone"):
            who([WEEKLY], [], datetime(2026, 1, 1))
        with pytest.raises(ValueError, match="outside the years"):
            who([WEEKLY], [], datetime.max.replace(tzinfo=UTC))
        with pytest.raises(ValueError, match="before it starts"):
            shifts([WEEKLY], [], z("2026-01-02"), z("2026-01-01"))
