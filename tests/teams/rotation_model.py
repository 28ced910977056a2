"""Who is on call at one moment, from first principles: slow, short, and without a line of the code it judges.

A moment's place is the latest local time that the clock on the wall has shown by then. In the hour that an autumn
night repeats it stands still at its end. A period, the hours of a week and a day hold the moments whose place is in
them.
"""

from bisect import bisect_left
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from teams.rotation import Layer, Listed, Override

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UNITS = {"hour": HOUR, "day": DAY, "week": 7 * DAY}


def face(at: datetime, zone: str) -> datetime:
    """What the clock on the wall shows."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def changes(zone: str, start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """The instants in (start, end] at which the clock is changed, if no two lie within a step."""

    def offset(at: datetime) -> timedelta:
        return face(at, zone) - at.replace(tzinfo=None)

    found = []
    probes = [start + n * step for n in range((end - start) // step + 1)] + [end]
    for before, after in pairwise(probes):
        if (old := offset(before)) != offset(after):
            ticks = range((after - before) // MICROSECOND + 1)
            found.append(
                before + bisect_left(ticks, True, key=lambda n: offset(before + n * MICROSECOND) != old) * MICROSECOND
            )
    return found


@lru_cache(maxsize=100_000)
def place(at: datetime, zone: str) -> datetime:
    """No clock was ever put back by more than a day and some hours."""
    before = [change - MICROSECOND for change in changes(zone, at - 30 * HOUR, at, HOUR)]
    return max(face(moment, zone) for moment in [at, *before])


def period(layer: Layer, here: datetime) -> int:
    if layer.kind != "month":
        return (here - layer.anchor) // (layer.every * UNITS[layer.kind])
    handoff = layer.anchor.replace(
        year=here.year, month=here.month, day=min(layer.anchor.day, monthrange(here.year, here.month)[1])
    )
    months = (here.year - layer.anchor.year) * 12 + here.month - layer.anchor.month
    return (months if handoff <= here else months - 1) // layer.every


def open_hours(layer: Layer, here: datetime) -> bool:
    for each in layer.restrictions:
        for day in (here.date(), here.date() - DAY):
            opens, closes = datetime.combine(day, each.start), datetime.combine(day, each.end)
            if closes <= opens:
                closes += DAY
            if day.weekday() in each.weekdays and opens <= here < closes:
                return True
    return not layer.restrictions


def crew_of(layer: Layer | Listed, at: datetime) -> tuple:
    if isinstance(layer, Listed):
        running = sorted((turn for turn in layer.turns if turn[0] <= at < turn[1]), key=lambda turn: turn[0])
        return tuple(dict.fromkeys(person for turn in running for person in turn[2]))
    here = place(at, layer.zone)
    known = (layer.starts is None or layer.starts <= at) and (layer.ends is None or at < layer.ends)
    if not known or not layer.crews or here < layer.anchor or not open_hours(layer, here):
        return ()
    holiday = layer.days is not None and here.date() in layer.days(here.year)
    if layer.holidays != "on" and holiday != (layer.holidays == "only"):
        return ()
    return layer.crews[period(layer, here) % len(layer.crews)]


def on_call(layers: list[Layer | Listed], overrides: list[Override], at: datetime) -> tuple | None:
    """(people, source), None in a gap."""
    found = next(((crew, layer.key) for layer in reversed(layers) if (crew := crew_of(layer, at))), None)
    for each in sorted(overrides, key=lambda each: each.created):
        if not each.start <= at.astimezone(UTC) < each.end:
            continue
        if each.replaces is None:
            found = (each.person,), each
        elif found and each.replaces in found[0] and each.replaces != each.person:
            place_taken = [each.person if person == each.replaces else person for person in found[0]]
            found = tuple(dict.fromkeys(place_taken)), each
    return found
