"""Who could stand in: people with their duty and time off go in, a ranked list comes out."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from teams.cover import AROUND, Duty, Person, candidates, without
from teams.spans import Span, covered, within

NOON = datetime(2026, 3, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WANTED = Span(NOON, NOON + 8 * HOUR)


def span(start: float, end: float) -> Span:
    return Span(NOON + start * HOUR, NOON + end * HOUR)


def person(key: str, *duty: tuple[float, float, str], away: tuple[Span, ...] = ()) -> Person:
    return Person(key, tuple(Duty(span(a, b), where) for a, b, where in duty), away)


def ranked(*people: Person) -> list[str]:
    return [str(found.key) for found in candidates(people, WANTED, "web")]


def test_the_free_come_first_then_who_has_least_duty_around():
    people = (
        person("away", away=(span(7, 30),)),
        person("busy", (-100, -50, "web")),
        person("idle"),
        person("elsewhere", (2, 3, "mail")),
        person("some", (50, 60, "mail")),
    )
    assert ranked(*people) == ["idle", "some", "busy", "away", "elsewhere"]


def test_who_has_no_rest_comes_after_who_has():
    assert ranked(person("before", (-8, 0, "web")), person("much", (-60, -10, "web"))) == ["much", "before"]
    (before,) = candidates([person("before", (-8, 0, "web"))], WANTED, "web")
    assert (before.free, before.close, before.load.total) == (True, True, 8 * HOUR)


def test_what_speaks_against_somebody_is_told_apart():
    twice, crew = candidates(
        [person("crew", (0, 8, "web")), person("twice", (1, 2, "mail"), (3, 4, "mail"), away=(span(-1, 1),))],
        WANTED,
        "web",
    )
    assert (crew.here, crew.elsewhere, crew.away) == (True, (), False)
    assert (twice.here, twice.elsewhere, twice.away) == (False, ("mail",), True)


def test_spans_that_only_touch_are_not_at_once():
    (found,) = candidates([person("p", (8, 9, "mail"), away=(span(-5, 0),))], WANTED, "web")
    assert found.free


def test_only_the_weeks_around_count():
    weeks = AROUND / HOUR
    (found,) = candidates([person("p", (-weeks - 10, -weeks + 1, "web"), (8 + weeks - 2, 999, "web"))], WANTED, "web")
    assert found.load.total == 3 * HOUR


def test_a_night_weighs_more_than_a_day_of_the_same_length():
    day, night = person("day", (-48, -40, "web")), person("night", (-37, -29, "web"))
    assert ranked(night, day) == ["day", "night"]
    awake = candidates([night, day], WANTED, "web", lambda key: "Asia/Tokyo")
    assert [found.key for found in awake] == ["night", "day"]


def test_a_span_is_covered_by_pieces_without_a_hole():
    assert covered([span(4, 9), span(-1, 4)], WANTED)
    assert not covered([span(0, 4), span(4.5, 8)], WANTED)
    assert not covered([span(1, 9)], WANTED)
    assert not covered([], WANTED)


def test_the_parts_within_bounds_are_joined_where_they_touch():
    assert within([span(4, 12), span(-3, 4), span(20, 22)], WANTED) == [WANTED]
    assert within([span(6, 7), span(1, 2)], WANTED) == [span(1, 2), span(6, 7)]


def test_what_is_given_away_is_no_duty_any_more():
    duty = [Duty(span(-4, 4), "web"), Duty(span(0, 1), "mail"), Duty(span(9, 10), "web")]
    assert without(duty, span(0, 2), "web") == [
        Duty(span(-4, 0), "web"),
        Duty(span(2, 4), "web"),
        Duty(span(0, 1), "mail"),
        Duty(span(9, 10), "web"),
    ]


hours = st.integers(-24, 24)
spans = st.lists(st.tuples(hours, st.integers(1, 12)).map(lambda p: span(p[0], p[0] + p[1])), max_size=8)


@given(spans)
def test_what_is_within_covers_exactly_when_it_is_the_whole(found):
    assert covered(found, WANTED) == (within(found, WANTED) == [WANTED])
