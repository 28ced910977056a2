"""What is seen ahead in spans of duty: the words, the keys, and what is no trouble."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teams import foresight
from teams.foresight import Absence, Duty, Look, Person, Roster, Span, Unread, merged

BERLIN = ZoneInfo("Europe/Berlin")
# A Thursday.
NOW = datetime(2026, 11, 26, 9, tzinfo=BERLIN)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LOOK = Look(NOW, weeks=4, since=NOW - 35 * DAY, beyond=NOW + 60 * DAY, nights=14)
ALICE, BOB, CAROL = (Person(n, name, "Europe/Berlin") for n, name in enumerate(["Alice", "Bob", "Carol"], 1))
PEOPLE = {p.key: p for p in (ALICE, BOB, CAROL)}


def berlin(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BERLIN)


def turns(*people: Person, each: timedelta = 7 * DAY, start: datetime = LOOK.since) -> list[Duty]:
    """Duty without a hole from `start` to the end of what is looked through, in turns of `each`."""
    found, n = [], 0
    while start < LOOK.beyond:
        end = min(start + each, LOOK.beyond)
        found.append(Duty(people[n % len(people)].key, start, end))
        start, n = end, n + 1
    return found


def without(duties: list[Duty], *holes: tuple[datetime, datetime]) -> list[Duty]:
    for start, end in holes:
        left = []
        for d in duties:
            left += [
                Duty(d.person, a, b) for a, b in ((d.start, min(d.end, start)), (max(d.start, end), d.end)) if a < b
            ]
        duties = left
    return duties


def roster(duties: list[Duty], key: int = 1, team: int = 1, name: str = "Payments · Primary") -> Roster:
    return Roster(key, team, name, "Europe/Berlin", tuple(duties))


def foresee(*rosters: Roster, people=PEOPLE, absences=(), unread=(), look=LOOK):
    return foresight.foresee(rosters, people, absences, unread, look)


def texts(found, kind: str) -> list[str]:
    return [f.text for f in found if f.kind == kind]


def weekends(count: int = 9, first: int = 24) -> list[tuple[datetime, datetime]]:
    """From Saturday to Monday, beginning with the one of 24 October."""
    return [
        ((berlin(first, month=10) + 7 * n * DAY), (berlin(first, month=10) + (7 * n + 2) * DAY)) for n in range(count)
    ]


def test_a_roster_in_order_has_nothing_ahead():
    assert foresee(roster(turns(ALICE, BOB, CAROL))) == []


def test_one_gap_is_told_with_its_local_times():
    found = foresee(roster(without(turns(ALICE, BOB), (berlin(28), berlin(30, 9)))))
    assert texts(found, "gap") == [
        "Nobody is on call on Payments · Primary from Sat 28 Nov 00:00 to Mon 30 Nov 09:00 (Europe/Berlin)."
    ]
    assert (found[0].start, found[0].end) == (berlin(28), berlin(30, 9))


def test_gaps_of_every_weekend_are_one_warning_with_one_key():
    (found,) = foresee(roster(without(turns(ALICE, BOB), *weekends(14))))
    assert found.text == (
        "Nobody is on call on Payments · Primary every Sat 00:00 to Mon 00:00: 4 gaps in the next 4 weeks, "
        "the first Sat 28 Nov 00:00 (Europe/Berlin)."
    )
    later = Look(NOW + 7 * DAY, 4, LOOK.since + 7 * DAY, LOOK.beyond, 14)
    (again,) = foresee(roster(without(turns(ALICE, BOB), *weekends(14))), look=later)
    assert again.key == found.key
    assert again.start == berlin(5, month=12)


def test_nights_of_a_daytime_roster_are_summed_by_their_hours():
    days = [berlin(1) + n * DAY for n in range(-10, 90)]
    duties = [
        Duty((ALICE, BOB)[d.toordinal() // 7 % 2].key, d + 9 * HOUR, d + 17 * HOUR) for d in days if d.weekday() < 5
    ]
    found = texts(foresee(roster(duties)), "gap")
    assert any("every Mon, Tue, Wed and Thu from 17:00 to 09:00 the next day: 16 gaps" in text for text in found)
    assert any("every Fri 17:00 to Mon 09:00: 4 gaps" in text for text in found)
    assert len(found) == 2


def test_what_was_told_as_one_stays_one_while_it_wears_off():
    left = without(turns(ALICE, BOB), *weekends(6))
    (summed,) = [f for f in foresee(roster(without(turns(ALICE, BOB), *weekends(9)))) if f.kind == "gap"]
    known = Look(NOW, 4, LOOK.since, LOOK.beyond, 14, known={summed.key})
    (found,) = foresee(roster(left), look=known)
    assert found.key == summed.key
    assert "1 gap in the next 4 weeks" in found.text
    (alone,) = foresee(roster(left))
    assert alone.key != summed.key


@pytest.mark.parametrize(
    ("hole", "words", "start", "end"),
    [
        ((berlin(25), berlin(27)), "now, until Fri 27 Nov 00:00", berlin(25), berlin(27)),
        ((LOOK.since - DAY, LOOK.beyond), "now, with no end in sight", None, None),
        (
            (berlin(10, month=12), LOOK.beyond),
            "from Thu 10 Dec 00:00 on, with no end in sight",
            berlin(10, month=12),
            None,
        ),
    ],
)
def test_gaps_that_run_or_never_end(hole, words, start, end):
    (found,) = [f for f in foresee(roster(without(turns(ALICE, BOB), hole))) if f.kind == "gap"]
    assert words in found.text
    assert (found.start, found.end) == (start, end)


def test_the_key_of_a_running_gap_stays_as_time_goes_on():
    rota = roster(without(turns(ALICE, BOB), (berlin(26), berlin(28))))
    keys = {
        f.key
        for hours in (0, 1, 20)
        for f in foresee(rota, look=Look(NOW + hours * HOUR, 4, LOOK.since + hours * HOUR, LOOK.beyond))
    }
    assert len(keys) == 1


def test_past_gaps_and_gaps_beyond_the_look_ahead_are_not_told():
    past, far = (berlin(20), berlin(21)), (LOOK.until + DAY, LOOK.until + 2 * DAY)
    assert foresee(roster(without(turns(ALICE, BOB), past, far))) == []


def test_two_schedules_at_once_are_told_to_both_teams_with_one_key():
    one, two = roster(turns(ALICE, BOB)), roster(turns(ALICE, CAROL, BOB), 2, 2, "Search · Primary")
    found = [f for f in foresee(one, two) if f.kind == "twice" and f.person == ALICE.key]
    assert [f.team for f in found] == [1, 2]
    assert len({f.key for f in found}) == 1
    assert "Alice is on call on Payments · Primary and on Search · Primary at once" in found[0].text
    assert "from Thu 3 Dec 09:00 to Thu 10 Dec 09:00 (Europe/Berlin)" in found[0].text


def test_touching_shifts_are_not_at_once():
    one = roster(turns(ALICE, BOB))
    two = roster(turns(BOB, ALICE), 2, 1, "Payments · Secondary")
    assert texts(foresee(one, two), "twice") == []


def test_who_can_not_be_reached_is_told_with_their_next_duty():
    people = PEOPLE | {2: Person(2, "Bob", "Asia/Tokyo", reachable=False)}
    (found,) = foresee(roster(turns(ALICE, BOB)), people=people)
    assert found.kind == "unreachable"
    assert "No page reaches Bob" in found.text
    # On the schedule's clock, as everything about it.
    assert "now, until Thu 3 Dec 09:00 (Europe/Berlin)" in found.text
    assert found.start is not None
    assert found.start.astimezone(BERLIN) == berlin(26, 9)


def test_nobody_without_duty_ahead_is_unreachable():
    people = PEOPLE | {3: Person(3, "Carol", "", reachable=False)}
    old = [Duty(3, berlin(2), berlin(4))]
    assert foresee(roster(turns(ALICE, BOB) + old), people=people) == []


def test_one_person_only():
    (found,) = foresee(roster(turns(ALICE)), look=Look(NOW, 4, LOOK.since, LOOK.beyond, nights=0))
    assert found.kind == "alone"
    assert "Alice stands all duty on Payments · Primary alone" in found.text


def test_within_a_turn_of_a_month_nobody_counts_as_alone():
    assert texts(foresee(roster(turns(ALICE, BOB, each=30 * DAY, start=berlin(20)))), "alone") == []


def nights(person: Person, count: int, *, first: int = 27, hours: tuple[int, int] = (22, 32)) -> list[Duty]:
    start = berlin(first)
    return [
        Duty(person.key, start + n * DAY + hours[0] * HOUR, start + n * DAY + hours[1] * HOUR) for n in range(count)
    ]


def test_more_nights_than_wanted_in_four_weeks():
    for count, told in ((14, False), (15, True)):
        found = foresee(roster(nights(BOB, count) + turns(ALICE, CAROL)))
        assert bool(texts(found, "nights")) == told
    (text,) = texts(found, "nights")
    assert text == ("Bob has 15 nights on call in the four weeks from Fri 27 Nov. More than 14 are too many.")


def test_an_evening_is_no_night_and_two_hours_of_one_are():
    late = roster(nights(BOB, 20, hours=(18, 24)))
    enough = roster(nights(BOB, 20, hours=(18, 25)))
    assert texts(foresee(late), "nights") == []
    assert len(texts(foresee(enough), "nights")) == 1


def test_a_night_is_one_in_the_persons_own_zone():
    tokyo = PEOPLE | {2: Person(2, "Bob", "Asia/Tokyo")}
    night = roster(nights(BOB, 20, hours=(23, 31)))
    assert len(texts(foresee(night), "nights")) == 1
    assert texts(foresee(night, people=tokyo), "nights") == []


def test_no_limit_no_warning_of_nights():
    assert texts(foresee(roster(nights(BOB, 27)), look=Look(NOW, 4, LOOK.since, LOOK.beyond)), "nights") == []


def test_a_night_on_two_schedules_is_one_night():
    both = roster(nights(BOB, 14)), roster(nights(BOB, 14), 2, 1, "Payments · Secondary")
    assert texts(foresee(*both), "nights") == []


def test_on_call_while_away():
    away = [Absence(7, BOB.key, berlin(4, month=12), berlin(6, month=12))]
    duties = [Duty(BOB.key, berlin(5, 8, 12), berlin(5, 20, 12)), *turns(ALICE, CAROL)]
    (found,) = [f for f in foresee(roster(duties), absences=away) if f.kind == "away"]
    assert found.text == (
        "Bob is away from Fri 4 Dec 00:00 to Sun 6 Dec 00:00, and on call on Payments · Primary "
        "from Sat 5 Dec 08:00 to Sat 5 Dec 20:00 (Europe/Berlin)."
    )
    assert (found.start, found.end) == (berlin(5, 8, 12), berlin(5, 20, 12))


def test_a_calendar_that_can_not_be_read():
    (found,) = foresee(roster(turns(ALICE, BOB)), unread=[Unread(1, "The server says 404.", berlin(24, 9))])
    assert found.text == (
        "The calendar of Payments · Primary can't be read: The server says 404. "
        "Its shifts stay as they were read Tue 24 Nov 09:00 (Europe/Berlin)."
    )


hours = st.integers(min_value=-30 * 24, max_value=60 * 24)
spans = st.lists(
    st.tuples(st.integers(1, 3), hours, st.integers(1, 200)).map(
        lambda s: Duty(s[0], NOW.astimezone(UTC) + s[1] * HOUR, NOW.astimezone(UTC) + (s[1] + s[2]) * HOUR)
    ),
    max_size=25,
)


laws = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@laws
@given(spans, spans)
def test_whatever_the_duty_all_that_is_found_lies_ahead_and_each_key_once_a_team(one, two):
    cut = [[d for d in each if d.end <= LOOK.beyond] for each in (one, two)]
    found = foresee(roster(cut[0]), roster(cut[1], 2, 2, "Search"))
    keys = [(f.team, f.key) for f in found]
    assert len(keys) == len(set(keys))
    for each in found:
        assert len(each.key) <= 120
        assert each.start is None or each.start < LOOK.until
        assert each.end is None or each.end > LOOK.now
        assert each.start is None or each.end is None or each.start < each.end


@laws
@given(spans)
def test_gaps_and_duty_together_leave_nothing_out(duties):
    """Every hour of the look-ahead is somebody's, or in a gap of which somebody is told."""
    cut = [d for d in duties if d.end <= LOOK.beyond]
    stood = merged(Span(d.start, d.end) for d in cut)
    untold = not texts(foresee(roster(cut)), "gap")
    whole = any(s.start <= NOW and s.end >= LOOK.until for s in stood)
    assert untold == whole
