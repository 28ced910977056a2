"""On-call time: the table of rules, in Europe/Berlin unless named, and what the layers do to each other."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from teams.rotation import (
    Handoff,
    Layer,
    Override,
    Restriction,
    Shift,
    gaps,
    layer_shifts,
    next_handoff,
    restrictions_from_json,
    shifts,
    who,
)

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
HOUR = timedelta(hours=1)


def z(text: str) -> datetime:
    """A UTC moment such as "2026-03-23 08:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(*people: str, anchor: str, kind: str = "week", every: int = 1, **more) -> Layer:
    return Layer(
        **{"key": "primary", "zone": "Europe/Berlin"} | more,
        crews=tuple((person,) for person in people),
        kind=kind,
        every=every,
        anchor=datetime.fromisoformat(anchor),
    )


def told(found: list[Shift]) -> list[tuple[str, str, object]]:
    return [(f"{s.start:%Y-%m-%d %H:%M}", f"{s.end:%Y-%m-%d %H:%M}", s.person) for s in found]


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

    @pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 11), ("2026-10-24", 13), ("2026-06-01", 12)])
    def test_twelve_hour_nights_follow_the_clock(self, night, hours):
        day = layer("D", kind="day", anchor="2026-01-01 08:00", key="day", restrictions=(at_hours("08:00", "20:00"),))
        dark = layer("N", kind="day", anchor="2026-01-01 20:00", key="dark", restrictions=(at_hours("20:00", "08:00"),))
        evening = datetime.fromisoformat(f"{night} 20:00").replace(tzinfo=BERLIN)
        found = who([day, dark], [], evening)
        assert (found.person, found.start) == ("N", evening)
        assert found.end - found.start == hours * HOUR
        assert gaps([day, dark], [], z("2026-02-01"), z("2026-12-01")) == []

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
