"""Laws of the rotation that no zone, anchor or range may break. PROPERTY_EXAMPLES=1000 looks harder."""

import os
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import available_timezones

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teams.hours import instant
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
    shifts,
    turn,
    who,
)
from teams.turns import split
from tests.teams import rotation_model as model

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Pacific/Apia",
]
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)

laws = settings(
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@lru_cache
def changes(zone: str) -> list[datetime]:
    return model.changes(zone, datetime(2005, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC), 2 * DAY) or [
        datetime(2010, 1, 1, tzinfo=UTC)
    ]


@st.composite
def near_a_change(draw):
    change = draw(st.sampled_from(ZONES).flatmap(lambda zone: st.sampled_from(changes(zone))))
    return (
        change + draw(st.integers(-60, 60)) * timedelta(minutes=30) + draw(st.sampled_from([0, 0, -1, 1])) * MICROSECOND
    )


moments = (
    st.datetimes(datetime(2009, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))
    | near_a_change()
    | st.datetimes(datetime(1901, 1, 1), datetime(2998, 1, 1), timezones=st.just(UTC))
)
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
local_times = (
    st.builds(datetime.combine, st.dates(date(1995, 1, 1), date(2030, 1, 1)), clock_times)
    | near_a_change().map(lambda at: at.replace(tzinfo=None))
    | st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31))
)
restrictions = st.builds(Restriction, st.frozensets(st.integers(0, 6), min_size=1), start=clock_times, end=clock_times)
hours = st.lists(restrictions, max_size=2).map(tuple)
crews = st.lists(st.sampled_from("ABCD"), max_size=3, unique=True).map(tuple)
manned = st.lists(st.sampled_from("ABCD"), min_size=1, max_size=3, unique=True).map(tuple)
rosters = st.lists(crews, max_size=4).map(tuple)
full_rosters = st.lists(manned, min_size=1, max_size=4).map(tuple)


@lru_cache
def festive(year: int) -> frozenset[date]:
    """Some days off: single ones, two in a row, those around the clock changes of the north, and a stray."""
    return frozenset(
        [date(year + 1, 1, 2), date(year, 1, 1), date(year, 5, 1), date(year, 12, 25), date(year, 12, 26)]
        + [date(year, month, day) for month in (3, 4, 10) for day in range(24, 31)]
    )


@st.composite
def layer(draw, key="layer", rosters=rosters, hours=hours, holidays=("on", "on", "off", "only"), lives=True):
    return Layer(
        key,
        draw(rosters),
        draw(st.sampled_from(["hour", "day", "week", "month"])),
        draw(st.integers(1, 5) | st.sampled_from([12, 24, 1000])),
        draw(local_times),
        draw(st.sampled_from(ZONES)),
        draw(hours),
        draw(st.none() | moments) if lives else None,
        draw(st.none() | moments) if lives else None,
        draw(st.sampled_from(holidays)),
        draw(st.sampled_from([festive, None])),
    )


@st.composite
def around(draw, start, longest):
    begin = start + draw(st.integers(-5 * 48, 50 * 48)) * timedelta(minutes=30)
    return begin, begin + draw(st.timedeltas(timedelta(minutes=1), longest))


@st.composite
def listed(draw, key, start):
    return Listed(key, tuple((*draw(around(start, 9 * DAY)), draw(crews)) for _ in range(draw(st.integers(0, 5)))))


@st.composite
def schedule(draw):
    """Up to four layers, with up to five overrides near the range asked for."""
    start = draw(moments)
    end = start + draw(st.timedeltas(timedelta(0), timedelta(days=60)))
    layers = [draw(layer(key=n) | layer(key=n) | listed(n, start)) for n in range(draw(st.integers(0, 4)))]
    overrides = [
        Override(
            draw(st.sampled_from("ABXYZ")),
            *draw(around(start, 20 * DAY)),
            created=draw(st.integers(0, 3)),
            key=n,
            replaces=draw(st.none() | st.sampled_from("ABCDX")),
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    return layers, overrides, start, end


def joined(parts: list[Shift]) -> list[Shift]:
    result = parts[:1]
    for part in parts[1:]:
        last = result[-1]
        if (last.end, *last[2:]) == (part.start, *part[2:]):
            result[-1] = Shift(last.start, *part[1:])
        else:
            result.append(part)
    return result


def spanned(spans) -> timedelta:
    return sum((end - start for start, end in spans), timedelta(0))


def edges_of(found: list[Shift], start: datetime, end: datetime) -> list[datetime]:
    """Moments in [start, end) that are worth asking for: the edges of shifts and the last tick before them."""
    edges = {edge - back for s in found for edge in s[:2] for back in (timedelta(0), MICROSECOND)}
    return sorted(at for at in edges if start <= at < end)


@laws
@given(schedule(), st.lists(st.floats(0, 1, exclude_max=True), max_size=10))
def test_every_moment_is_as_first_principles_say(case, shares):
    layers, overrides, start, end = case
    found = shifts(layers, overrides, start, end)
    zones = {each.zone for each in layers if isinstance(each, Layer)}
    nearby = [each for zone in zones for each in changes(zone) if start - HOUR <= each <= end + HOUR]
    turned = [at for each in nearby for at in (each - HOUR, each - MICROSECOND, each, each + HOUR / 2)]
    anywhere = [start + (end - start) * share for share in shares]
    # Within ten days every hour of the day, and most of the week.
    every = [start + n * timedelta(hours=5, minutes=45) for n in range(42)]
    for at in [*edges_of(found, start, end)[:40], *anywhere, *turned, *every]:
        if not start <= at < end:
            continue
        expected = model.on_call(layers, overrides, at)
        assert next((s[2:] for s in found if s.start <= at < s.end), None) == expected
        point = who(layers, overrides, at)
        assert (point and point[2:]) == expected


@laws
@given(schedule())
def test_shifts_are_in_order_apart_and_with_the_gaps_fill_the_range(case):
    layers, overrides, start, end = case
    found = shifts(layers, overrides, start, end)
    holes = gaps(layers, overrides, start, end)
    spans = sorted([(s.start, s.end) for s in found] + holes)
    assert all(a < b for a, b in spans)
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert spanned(spans) == end - start
    assert found == joined(found)
    assert all(s.people and len(set(s.people)) == len(s.people) for s in found)
    assert all(moment.tzinfo is UTC for span in spans for moment in span)


@laws
@given(schedule(), st.floats(0, 1))
def test_a_range_is_its_parts_joined(case, share):
    layers, overrides, start, end = case
    middle = start + (end - start) * share
    parts = shifts(layers, overrides, start, middle) + shifts(layers, overrides, middle, end)
    assert joined(parts) == shifts(layers, overrides, start, end)


@laws
@given(schedule(), st.floats(0, 1))
def test_a_point_agrees_with_the_range(case, share):
    layers, overrides, start, end = case
    found = shifts(layers, overrides, start, end)
    for at in [*edges_of(found, start, end)[:40], start + (end - start) * share]:
        if at >= end:
            continue
        ranged = next((s for s in found if s.start <= at < s.end), None)
        point = who(layers, overrides, at)
        assert (point and point[2:]) == (ranged and ranged[2:])
        if point and ranged:
            assert point.start <= at < point.end
            assert ranged.start <= max(start, point.start) < min(end, point.end) <= ranged.end
            # Cut shorter than the range has it only where a layer, or what somebody is replaced in, hands over.
            cuts = [ranged, *(each for layer in layers if (each := turn(layer, at)))]
            if isinstance(point.source, Override) and point.source.replaces:
                beneath = who(layers, [each for each in overrides if not each.replaces], at)
                edges = {edge for each in overrides for edge in (each.start, each.end)}
                cuts.append(beneath)
            else:
                edges = set()
            assert max(start, point.start) in edges | {each.start for each in cuts}
            assert min(end, point.end) in edges | {each.end for each in cuts}


@laws
@given(schedule())
def test_the_turn_at_a_point_holds_from_its_first_to_its_last_tick(case):
    layers, overrides, start, end = case
    for shift in shifts(layers, overrides, start, end)[:3]:
        present = who(layers, overrides, shift.start)
        assert present is not None
        assert present == who(layers, overrides, present.end - MICROSECOND)
        assert present == who(layers, overrides, present.start)


@laws
@given(*2 * [st.sets(st.integers(0, 40), max_size=20).map(lambda edges: sorted(edges)[len(edges) % 2 :])])
def test_what_a_layer_takes_and_what_it_leaves_are_what_was_free(free, on):
    def moments_in(edges):
        assert all(a < b for a, b in pairwise(edges))
        return {at for a, b in zip(edges[::2], edges[1::2], strict=True) for at in range(a, b)}

    taken, left = split(free, on)
    assert moments_in(taken) == moments_in(free) & moments_in(on)
    assert moments_in(left) == moments_in(free) - moments_in(on)


@laws
@given(layer() | st.integers(0).flatmap(lambda n: listed(n, datetime(2026, 3, 20, tzinfo=UTC))), moments)
def test_nobody_is_on_twice_within_a_layer(one, start):
    found = layer_shifts(one, start, start + 60 * DAY)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert {s.source for s in found} <= {one.key}


@laws
@given(layer(rosters=full_rosters, hours=st.just(()), holidays=("on",)), moments, st.integers(0, 60))
def test_an_unrestricted_layer_has_no_gap_while_it_lives(one, start, days):
    end = start + days * DAY
    born = max(filter(None, [instant(one.anchor, one.zone), one.starts]))
    lives = max(start, born), min(end, one.ends or end)
    covered = spanned(s[:2] for s in layer_shifts(one, start, end))
    assert covered == max(lives[1] - lives[0], timedelta(0))


@laws
@given(layer(hours=st.just(()), rosters=st.just((("A",), ("B",), ("C",))), holidays=("on",), lives=False), moments)
def test_hand_offs_never_drift(one, at):
    """Every one is, on the clock's face, a whole number of periods from the anchor."""
    present = who([one], [], at)
    if present is None:
        assert at < instant(one.anchor, one.zone)
        return
    number = model.period(one, model.place(at, one.zone))
    assert present.people == one.crews[number % 3]
    if one.kind != "month":
        unit = one.every * model.UNITS[one.kind]
        last = datetime(3000, 1, 1, tzinfo=UTC)
        assert present.start == instant(one.anchor + number * unit, one.zone)
        assert present.end == min(last, instant(one.anchor + (number + 1) * unit, one.zone))


@laws
@given(st.sampled_from(sorted(available_timezones())), moments, local_times)
def test_the_clock_is_the_zones_own(zone, at, local):
    there = model.face(at, zone)
    assert instant(there, zone) <= at
    first = instant(local, zone)
    # The first at which the clock shows it, or a later time.
    assert model.face(first, zone) >= local
    assert model.face(first - MICROSECOND, zone) < local
    assert not [
        change
        for change in model.changes(zone, first - 30 * HOUR, first - MICROSECOND, HOUR)
        if model.face(change - MICROSECOND, zone) >= local
    ]


def test_every_change_of_a_clock_is_seen():
    for zone in ZONES[1:]:
        for change in changes(zone):
            last = model.face(change - MICROSECOND, zone)
            leap = model.face(change, zone) - last
            assert instant(last, zone) == change - MICROSECOND
            # What follows on the clock's face is skipped, or comes again and then goes on.
            assert instant(last + MICROSECOND, zone) == max(change, change + MICROSECOND - leap), (zone, change)


@laws
@given(st.sampled_from(ZONES), local_times, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_later_on_the_clock_is_never_earlier_in_time(zone, local, later):
    assert instant(local, zone) <= instant(local + later, zone)


@laws
@given(schedule())
def test_the_next_handoff_is_the_first_change(case):
    layers, overrides, start, _ = case
    change = next_handoff(layers, overrides, start, within=timedelta(days=90))
    now = who(layers, overrides, start)
    until = change.at if change else start + timedelta(days=90)
    people = {s.people for s in shifts(layers, overrides, start, until)}
    holes = gaps(layers, overrides, start, until)
    assert (people, bool(holes)) == (({now.people}, False) if now else (set(), True))
    if change:
        after = who(layers, overrides, change.at)
        assert change == Handoff(change.at, now.people if now else (), after.people if after else ())
        assert change.outgoing != change.incoming
