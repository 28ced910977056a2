"""The final schedule against a plain sweep line that is handed the ready shifts of all layers."""

import heapq
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest

from teams import clock, hours
from teams.rotation import Layer, Override, Restriction, Shift, layer_shifts, shifts, who

pytestmark = pytest.mark.bench

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Pacific/Auckland",
    "America/St_Johns",
    "Europe/London",
    "UTC",
]


def cold() -> None:
    """As in a new process, save that the zones' files were read when the layers were made."""
    clock._clock.cache_clear()
    hours.week_of.cache_clear()


def rotation(number: int, kind: str = "day", *windows: Restriction, people: int = 8) -> Layer:
    return Layer(
        number,
        tuple((f"{number}-{person}",) for person in range(people)),
        kind,
        1,
        datetime(2025, 1 + number % 12, 1 + number % 28, number % 24),
        ZONES[number % len(ZONES)],
        windows,
    )


def window(random: Random, days: int, length: int, among: Iterable[int] = range(7)) -> Restriction:
    start = random.randrange(24)
    return Restriction(frozenset(random.sample([*among], days)), time(start), time((start + length) % 24))


def sweep(ranked: Iterable[tuple[int, Shift]]) -> list[Shift]:
    """At each moment the shift of the highest rank; neighbours of equal people and source are one."""
    waiting = sorted(((shift.start, -rank, shift) for rank, shift in ranked), reverse=True, key=lambda each: each[:2])
    edges = sorted({edge for start, _, shift in waiting for edge in (start, shift.end)})
    running: list[tuple[int, datetime, Shift]] = []
    found: list[Shift] = []
    last = None
    for place, start in enumerate(edges[:-1]):
        end = edges[place + 1]
        while waiting and waiting[-1][0] <= start:
            _, rank, shift = waiting.pop()
            heapq.heappush(running, (rank, shift.end, shift))
        while running and running[0][1] <= start:
            heapq.heappop(running)
        if not running:
            continue
        _, _, top = running[0]
        if last and last.end == start and last.people == top.people and last.source == top.source:
            found[-1] = last = Shift(last.start, end, top.people, top.source)
        else:
            last = Shift(start, end, top.people, top.source)
            found.append(last)
    return found


def ready(layers: list[Layer], overrides: Iterable[Override] = (), end: datetime = END) -> list[tuple[int, Shift]]:
    turns = [(rank, shift) for rank, layer in enumerate(layers) for shift in layer_shifts(layer, START, end)]
    return turns + [(len(layers) + rank, Shift(o.start, o.end, (o.person,), o)) for rank, o in enumerate(overrides)]


def whole_days() -> list[Layer]:
    return [rotation(number) for number in range(100)]


def parts_of_the_week(days: int, length: int) -> list[Layer]:
    random = Random(4)
    return [rotation(number, "day", window(random, days, length)) for number in range(100)]


@pytest.mark.parametrize(
    ("name", "layers", "overridden"),
    [
        ("100 daily layers × 365 days, the highest hides all", whole_days(), 0),
        ("100 layers, each on 2 days for 3 h", parts_of_the_week(2, 3), 0),
        ("100 layers, each on 1 day for 1 h", parts_of_the_week(1, 1), 0),
        ("100 layers, each on 5 days for 8 h", parts_of_the_week(5, 8), 0),
        ("100 layers, each on 2 days for 3 h, 300 overrides", parts_of_the_week(2, 3), 300),
        (
            "100 layers handing over hourly, each on 2 days for 3 h",
            [rotation(n, "hour", *layer.restrictions) for n, layer in enumerate(parts_of_the_week(2, 3))],
            0,
        ),
    ],
)
def test_one_schedule_of_a_year(name, layers, overridden, report, medians):
    random = Random(5)
    overrides = []
    for number in range(overridden):
        begin = START + timedelta(hours=random.randrange(360 * 24))
        overrides.append(Override("X", begin, begin + timedelta(hours=random.randint(1, 24)), number, number))
    turns = ready(layers, overrides)
    assert shifts(layers, overrides, START, END) == sweep(turns)
    ours, baseline = medians(lambda: shifts(layers, overrides, START, END), lambda: sweep(turns), before=cold)
    report(f"{name} (of {len(turns)} shifts), cold", ours, baseline, 1.5)


def test_a_hundred_schedules_of_a_year(report, medians):
    """Nothing hides anything: each turn of each rotation is in the result."""
    layers = whole_days()
    turns = [ready([layer]) for layer in layers]

    def ours():
        return [shifts([layer], [], START, END) for layer in layers]

    def baseline():
        return [sweep(each) for each in turns]

    assert ours() == baseline()
    count = sum(map(len, turns))
    report(
        f"100 schedules of one daily layer × 365 days ({count} shifts), cold",
        *medians(ours, baseline, before=cold),
        1.5,
    )


def test_a_quarter_of_a_team(report, medians):
    office = Restriction(frozenset(range(5)), time(9), time(17))
    night = Restriction(frozenset(range(7)), time(22), time(6))
    layers = [rotation(0, "week"), rotation(10, "day", night), rotation(20, "day", office)]
    end = START + timedelta(days=90)
    turns = ready(layers, end=end)
    assert shifts(layers, [], START, end) == sweep(turns)
    ours, baseline = medians(lambda: shifts(layers, [], START, end), lambda: sweep(turns), before=cold, runs=31)
    report("3 rotations × 8 people × 90 days, cold", ours, baseline, wanted_seconds=0.005)


@pytest.mark.parametrize("count", [30, 300])
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_a_point(count, state, report, medians):
    """The lowest layer is the one that is on, so that every other has to say how near it comes."""
    random = Random(6)
    layers = [
        rotation(0, "month"),
        *(rotation(n, "day", window(random, 1, 1, among=(0, 4, 5, 6))) for n in range(1, count)),
    ]
    at = datetime(2026, 6, 3, 3, 30, tzinfo=UTC)
    present = who(layers, [], at)
    assert present.source == 0
    around = shifts(layers, [], at - timedelta(days=40), at + timedelta(days=40))
    assert present in around
    [ours] = medians(lambda: who(layers, [], at), before=cold if state == "cold" else None, runs=31)
    report(f"who, {count} layers, {state}", ours, wanted_seconds=0.005 if count == 300 else None)
