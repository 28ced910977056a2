"""Laws of the rotation that no zone, anchor or range may break."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from teams.hours import instant
from teams.rotation import Layer, Override, Restriction, Shift, gaps, layer_shifts, next_handoff, shifts, who

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Apia",
]
HOUR = timedelta(hours=1)
START, STOP = datetime(2009, 1, 1), datetime(2031, 1, 1)

laws = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
restrictions = st.builds(Restriction, st.frozensets(st.integers(0, 6), min_size=1), start=clock_times, end=clock_times)
unrestricted = st.just(())
rosters = st.lists(st.sampled_from("ABCD"), max_size=4)
moments = st.datetimes(START, STOP, timezones=st.just(UTC))


@st.composite
def layer(draw, key="layer", people=rosters, cuts=unrestricted):
    starts = draw(st.none() | moments)
    return Layer(
        key,
        tuple((person,) for person in draw(people)),
        draw(st.sampled_from(["hour", "day", "week", "month"])),
        draw(st.integers(1, 5)),
        datetime.combine(draw(st.dates(datetime(1995, 1, 1).date(), datetime(2030, 1, 1).date())), draw(clock_times)),
        draw(st.sampled_from(ZONES)),
        draw(cuts),
        starts,
        draw(st.none() | moments),
    )


@st.composite
def schedule(draw):
    """Up to three layers, most of them restricted, with up to three overrides near the range asked for."""
    cuts = st.lists(restrictions, max_size=2).map(tuple)
    layers = [draw(layer(key=number, cuts=cuts)) for number in range(draw(st.integers(0, 3)))]
    start = draw(moments)
    end = start + draw(st.timedeltas(timedelta(0), timedelta(days=60)))
    overrides = [
        Override(
            draw(st.sampled_from("XYZ")),
            begin := start + draw(st.timedeltas(timedelta(days=-5), timedelta(days=50))),
            begin + draw(st.timedeltas(timedelta(minutes=1), timedelta(days=9))),
            created=draw(st.integers(0, 3)),
        )
        for _ in range(draw(st.integers(0, 3)))
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
    edges = {edge for s in found for edge in (s.start, s.end)} | {start, start + (end - start) * share}
    for at in sorted(edges)[:40]:
        if not start <= at < end:
            continue
        ranged = next((s for s in found if s.start <= at < s.end), None)
        point = who(layers, overrides, at)
        assert (point and point[2:]) == (ranged and ranged[2:])
        if point and ranged:
            assert point.start <= at < point.end
            assert ranged.start <= max(start, point.start) < min(end, point.end) <= ranged.end


@laws
@given(schedule())
def test_the_turn_at_a_point_holds_from_its_first_to_its_last_second(case):
    layers, overrides, start, end = case
    for shift in shifts(layers, overrides, start, end)[:3]:
        turn = who(layers, overrides, shift.start)
        assert turn is not None
        assert turn == who(layers, overrides, turn.end - timedelta(microseconds=1))
        assert turn == who(layers, overrides, turn.start)


@laws
@given(layer(people=st.lists(st.sampled_from("ABCD"), min_size=1, max_size=4)), moments, st.integers(0, 60))
def test_an_unrestricted_layer_has_no_gap_while_it_lives(one, start, days):
    end = start + timedelta(days=days)
    born = max(filter(None, [instant(one.anchor, one.zone), one.starts]))
    lives = max(start, born), min(end, one.ends or end)
    covered = spanned((s.start, s.end) for s in layer_shifts(one, start, end))
    assert covered == max(lives[1] - lives[0], timedelta(0))


@laws
@given(layer(people=st.permutations("ABCD")), st.integers(0, 400))
def test_hand_offs_never_drift(one, number):
    """The nth hand-off, counted on the calendar alone, is where the person changes."""
    if one.kind == "month":
        months = one.anchor.year * 12 + one.anchor.month - 1 + number * one.every
        assume(one.anchor.day <= 28)
        local = one.anchor.replace(year=months // 12, month=months % 12 + 1)
    else:
        local = one.anchor + number * one.every * {"hour": HOUR, "day": 24 * HOUR, "week": 168 * HOUR}[one.kind]
    at = instant(local, one.zone)
    free = Layer(one.key, one.crews, one.kind, one.every, one.anchor, one.zone)
    assume(not (one.zone == "Pacific/Apia" and local.date().isoformat() == "2011-12-30"))
    assert who([free], [], at).person == one.crews[number % 4][0]
    assert who([free], [], at).start == at
    if number:
        assert who([free], [], at - timedelta(seconds=1)).person != one.crews[number % 4][0]


@laws
@given(st.sampled_from(ZONES), st.datetimes(START, STOP), st.timedeltas(timedelta(0), timedelta(days=2)))
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
        assert (change.outgoing, change.incoming) == (now.people if now else (), after.people if after else ())
        assert change.outgoing != change.incoming
