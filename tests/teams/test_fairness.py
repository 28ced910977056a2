"""Hours, nights, weekends and holidays of each person, and the start of a rotation that evens them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teams import rotation
from teams.fairness import Cycles, Duty, Load, best_start, loads, spread, whole_cycles
from teams.rotation import Layer

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"]
CHRISTMAS = frozenset({(12, 24), (12, 25), (12, 26), (10, 25)})

laws = settings(max_examples=100, deadline=None)


def christmas(year: int) -> frozenset[date]:
    return frozenset(date(year, month, day) for month, day in CHRISTMAS)


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def of(*spans: tuple[str, str], zone: str = "Europe/Berlin") -> Load:
    """The load of one person who stands these local spans, in a range that holds them all."""
    duties = [Duty("mei", at(a, zone), at(b, zone)) for a, b in spans]
    found = loads(duties, at("2026-01-01"), at("2027-01-10"), lambda _: zone, lambda _: christmas)
    return found.get("mei", Load())


@pytest.mark.parametrize(
    ("spans", "hours", "night", "nights"),
    [
        ([("2026-03-03T09:00", "2026-03-04T09:00")], 24, 8, 1),
        ([("2026-03-28T20:00", "2026-03-29T08:00")], 11, 7, 1),  # the clocks go forward
        ([("2026-10-24T20:00", "2026-10-25T08:00")], 13, 9, 1),  # and back
        ([("2026-03-03T20:00", "2026-03-04T00:30")], 4.5, 1.5, 0),  # too little to be a night
        ([("2026-03-03T22:00", "2026-03-04T00:00"), ("2026-03-04T06:00", "2026-03-04T09:00")], 5, 2, 1),
        ([("2026-03-03T07:00", "2026-03-03T23:00")], 16, 0, 0),
        ([("2026-03-02T09:00", "2026-03-09T09:00")], 168, 56, 7),
    ],
)
def test_a_night_is_eleven_to_seven_on_the_clock_of_whoever_stands_it(
    spans: list[tuple[str, str]], hours: float, night: float, nights: int
) -> None:
    load = of(*spans)
    assert (load.total / HOUR, load.night / HOUR, len(load.nights)) == (hours, night, nights)


def test_weekends_and_holidays_are_whole_local_days() -> None:
    load = of(("2026-12-25T18:00", "2026-12-27T06:00"))  # Friday and Saturday are holidays, Sunday none
    assert (load.holiday / HOUR, sorted(load.holidays)) == (30, [date(2026, 12, 25), date(2026, 12, 26)])
    assert (load.weekend / HOUR, sorted(load.weekends)) == (30, [date(2026, 12, 26)])
    assert load.weekend_alone / HOUR == 6
    assert load.night_alone == timedelta()
    assert load.plain == timedelta()


def test_the_same_shift_is_night_for_one_and_day_for_the_other() -> None:
    shift = (datetime(2026, 3, 3, 22, tzinfo=UTC), datetime(2026, 3, 4, 6, tzinfo=UTC))
    zones = {"mei": "Asia/Tokyo", "jon": "Europe/Berlin"}
    found = loads(
        [Duty(person, *shift) for person in zones], *shift, zones.__getitem__, {"mei": None, "jon": christmas}.get
    )
    assert (found["mei"].night / HOUR, found["jon"].night / HOUR) == (0, 8)


def test_two_shifts_at_once_are_the_hours_of_both_and_one_night() -> None:
    load = of(("2026-03-03T20:00", "2026-03-04T08:00"), ("2026-03-03T22:00", "2026-03-04T06:00"))
    assert (load.total / HOUR, load.night / HOUR, len(load.nights)) == (20, 15, 1)


def test_an_hour_at_a_bad_time_weighs_more() -> None:
    day, night = of(("2026-03-03T10:00", "2026-03-03T11:00")), of(("2026-03-03T23:00", "2026-03-04T00:00"))
    sunday, christmas_night = of(("2026-03-01T10:00", "2026-03-01T11:00")), of(("2026-12-26T00:00", "2026-12-26T01:00"))
    assert [each.weight for each in (day, night, sunday, christmas_night)] == [1, 2, 2, 5]


def test_the_verdict_says_how_uneven_it_is() -> None:
    def among(*hours: int) -> str:
        found = spread({n: Load(total=hour * HOUR) for n, hour in enumerate(hours)})
        return found.verdict if found else "nothing to say"

    assert among(100, 110) == "even"
    assert among(100, 130) == "a bit uneven"
    assert among(100, 200) == "uneven"
    assert among(100) == among() == among(0, 0) == "nothing to say"


duties = st.lists(
    st.builds(
        lambda who, start, length: Duty(who, start, start + length),
        st.sampled_from("ABC"),
        st.integers(0, 4 * 24 * 100).map(lambda n: datetime(2026, 9, 20, tzinfo=UTC) + n * QUARTER),
        st.integers(1, 4 * 24 * 9).map(lambda n: n * QUARTER),
    ),
    max_size=8,
)
moments = st.integers(0, 4 * 24 * 110).map(lambda n: datetime(2026, 9, 18, tzinfo=UTC) + n * QUARTER)


@laws
@given(duties, st.lists(moments, min_size=2, max_size=2, unique=True).map(sorted), st.sampled_from(ZONES))
def test_it_is_what_looking_at_every_quarter_of_an_hour_finds(
    found: list[Duty], span: list[datetime], zone: str
) -> None:
    start, end = span
    counted: dict[object, list[int]] = {}
    for person, begins, ends in found:
        now = max(begins, start)
        while now < min(ends, end):
            local = now.astimezone(ZoneInfo(zone))
            night = local.hour >= 23 or local.hour < 7
            weekend, holiday = local.weekday() >= 5, (local.month, local.day) in CHRISTMAS
            row = counted.setdefault(person, [0] * 5)
            for column, yes in enumerate((True, night, weekend, holiday, not (night or weekend or holiday))):
                row[column] += yes
            now += QUARTER
    told = loads(found, start, end, lambda _: zone, lambda _: christmas)
    assert {
        person: [part // QUARTER for part in (load.total, load.night, load.weekend, load.holiday, load.plain)]
        for person, load in told.items()
    } == counted


@laws
@given(duties, st.lists(moments, min_size=3, max_size=3, unique=True).map(sorted), st.sampled_from(ZONES))
def test_a_range_is_the_sum_of_its_parts(found: list[Duty], edges: list[datetime], zone: str) -> None:
    def told(start: datetime, end: datetime) -> dict[object, Load]:
        return loads(found, start, end, lambda _: zone, lambda _: christmas)

    first, middle, last = edges
    whole, one, two = told(first, last), told(first, middle), told(middle, last)
    for person, load in whole.items():
        both = one.get(person, Load()) + two.get(person, Load())
        for name in ("total", "night", "weekend", "holiday", "night_alone", "weekend_alone", "plain"):
            assert getattr(both, name) == getattr(load, name), name
        assert (both.weekends, both.holidays) == (load.weekends, load.holidays)
        assert both.nights <= load.nights  # a night that is cut in two may count in neither
    assert set(whole) == set(one) | set(two)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    people = draw(st.lists(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=2, unique=True), max_size=5))
    return Layer(
        "layer",
        tuple(tuple(crew) for crew in people),
        draw(st.sampled_from(["day", "week"])),
        draw(st.integers(1, 2)),
        datetime(2026, 1, 1) + draw(st.integers(0, 400)) * timedelta(days=1) + draw(st.integers(0, 23)) * HOUR,
        draw(st.sampled_from(ZONES)),
        holidays=draw(st.sampled_from(["on", "off"])),
        days=christmas,
    )


def stood(layer: Layer, start: datetime, end: datetime) -> list[Duty]:
    return [Duty(p, s.start, s.end) for s in rotation.layer_shifts(layer, start, end) for p in s.people]


@laws
@given(layers(), st.sampled_from(ZONES))
def test_the_hours_of_all_are_the_length_of_the_schedule(layer: Layer, zone: str) -> None:
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC)
    found = loads(stood(layer, start, end), start, end, lambda _: zone, lambda _: christmas)
    length = sum(((s.end - s.start) * len(s.people) for s in rotation.layer_shifts(layer, start, end)), timedelta())
    assert sum((load.total for load in found.values()), timedelta()) == length


def proposed(layer: Layer, had: dict[str, Load], now: datetime, zone: str = "UTC"):
    """The proposal, and the spread with the crews in any order."""
    cycles = whole_cycles(layer, now)
    if cycles is None:
        return None, None

    def final(order):
        return stood(Layer(**{n: getattr(layer, n) for n in FIELDS} | {"crews": order}), cycles.start, cycles.end)

    def with_order(order):
        coming = loads(final(order), cycles.start, cycles.end, lambda _: zone, lambda _: christmas)
        people = {p for crew in order for p in crew}
        return spread({p: had.get(p, Load()) + coming.get(p, Load()) for p in people})

    return best_start(layer.crews, final, cycles, had, lambda _: zone, lambda _: christmas), with_order


FIELDS = ("key", "crews", "kind", "every", "anchor", "zone", "restrictions", "starts", "ends", "holidays", "days")
had = st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 500).map(lambda n: Load(total=n * HOUR)))


@settings(max_examples=60, deadline=None)
@given(layers(), had, st.sampled_from(ZONES))
def test_a_proposal_is_never_worse_than_the_given_start_and_tells_the_truth(
    layer: Layer, before: dict[str, Load], zone: str
) -> None:
    found, with_order = proposed(layer, before, datetime(2026, 11, 3, 12, tzinfo=UTC), zone)
    if found is None:
        assert len(layer.crews) < 2 or len({p for crew in layer.crews for p in crew}) < 2
        return
    assert found.after.share <= found.before.share
    assert with_order(layer.crews).share == found.before.share
    order = (*layer.crews[found.offset :], *layer.crews[: found.offset])
    assert with_order(order).share == found.after.share
    assert all(
        found.after.percent <= with_order((*layer.crews[n:], *layer.crews[:n])).percent for n in range(len(layer.crews))
    )


def test_whoever_had_little_starts_with_christmas() -> None:
    """Four people take whole weeks; one of them had none of the last quarter."""
    layer = Layer("x", (("A",), ("B",), ("C",), ("D",)), "week", 1, datetime(2026, 12, 21, 9), "Europe/Berlin")
    before = {person: Load(total=500 * HOUR) for person in "ABD"}
    found, _ = proposed(layer, before, datetime(2026, 12, 15, tzinfo=UTC), "Europe/Berlin")
    assert (found.offset, found.crew, found.starts) == (2, 3, ("C",))
    assert found.after.percent < found.before.percent


def test_an_even_start_stays() -> None:
    layer = Layer("x", (("A",), ("B",)), "day", 1, datetime(2026, 6, 1, 9), "UTC")
    found, _ = proposed(layer, {}, datetime(2026, 6, 1, tzinfo=UTC))
    assert (found.offset, found.before) == (0, found.after)


def test_cycles_are_whole_and_begin_at_a_hand_off() -> None:
    """Across the change of the clocks, with an anchor long ago and one to come."""
    layer = Layer("x", (("A",), ("B",), ("C",)), "week", 1, datetime(2026, 1, 5, 9), "Europe/Berlin")
    assert whole_cycles(layer, at("2026-10-20T12:00")) == Cycles(at("2026-10-26T09:00"), at("2027-02-08T09:00"))
    ahead = whole_cycles(layer, at("2025-10-20T12:00"))
    assert ahead == Cycles(at("2026-01-05T09:00"), at("2026-04-20T09:00"))
    assert whole_cycles(layer, at("2026-01-12T09:00")).start == at("2026-01-12T09:00")
    monthly = Layer("x", (("A",), ("B",)), "month", 1, datetime(2026, 1, 31, 9), "UTC")
    found = whole_cycles(monthly, datetime(2026, 2, 1, tzinfo=UTC))
    assert found == Cycles(datetime(2026, 2, 28, 9, tzinfo=UTC), datetime(2026, 6, 30, 9, tzinfo=UTC))
    assert (
        whole_cycles(Layer("x", (("A",), ("B",)), "month", 366, datetime(2026, 1, 31, 9), "UTC"), at("2026-01-01"))
        is None
    )
