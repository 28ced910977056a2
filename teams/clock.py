"""A zone's wall clock in whole numbers, for arithmetic over many moments. Pure.

Ticks are microseconds since 1970: UTC ticks count from its begin in UTC, local ticks from where the clock on the
wall showed it. In a range of time a zone is a few stretches of one offset each; between its clock changes every
conversion is a subtraction.

A local time that a clock change skips is the first instant after the gap; one that occurs twice is the first. In
other words: the first instant at which the clock shows that time or a later one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEK = 7 * DAY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOCAL_EPOCH = EPOCH.replace(tzinfo=None)
EPOCH_DAY = EPOCH.toordinal()
# Earlier and later than any moment that is asked for.
BEFORE, AFTER = -(1 << 62), 1 << 62

# What is known of a zone is kept by stretches of about a year, known some days beyond both ends.
BLOCK = 366 * DAY
MARGIN = 3 * DAY
# No zone ever changed its clock and changed it back within a week; the shortest time between is 167 hours.
PROBE = 3 * 86_400
# Where a datetime still has room for every offset.
FIRST = int((datetime(1, 1, 3, tzinfo=UTC) - EPOCH).total_seconds())
LAST = int((datetime(9999, 12, 29, tzinfo=UTC) - EPOCH).total_seconds())


def ticks(moment: datetime) -> int:
    """UTC ticks of an aware moment, local ticks of a naive one."""
    since = moment - EPOCH if moment.tzinfo else moment - LOCAL_EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def moment(ticks: int) -> datetime:
    """The UTC moment of UTC ticks."""
    seconds, rest = divmod(ticks, SECOND)
    exact = datetime.fromtimestamp(seconds, UTC)
    return exact.replace(microsecond=rest) if rest else exact


class Clock:
    """One zone's clock in a range of time. `starts`: since when (UTC ticks) each of `offsets` (ticks) holds."""

    __slots__ = ("faces", "offsets", "starts")

    def __init__(self, starts: Sequence[int], offsets: Sequence[int]) -> None:
        self.starts = [BEFORE, *starts[1:]]
        self.offsets = offsets
        # What the clock had reached, without having shown it, when each stretch began.
        self.faces = [BEFORE]
        for start, offset in zip(starts[1:], offsets, strict=False):
            self.faces.append(max(self.faces[-1], start + offset))

    def place(self, utc: int) -> int:
        """The latest local time that the clock has shown by then: what the period, the hours and the day follow.

        `place(utc) >= local` is the same as `utc >= instant(local)`.
        """
        at = bisect_right(self.starts, utc) - 1
        return max(utc + self.offsets[at], self.faces[at] - 1)

    def instant(self, local: int) -> int:
        """The first UTC tick at which the clock shows `local` or later."""
        at = bisect_right(self.faces, local) - 1
        return max(self.starts[at], local - self.offsets[at])

    def instants(self, local: Sequence[int]) -> list[int]:
        """The instants of local times in ascending order."""
        if not local:
            return []
        found: list[int] = []
        at, low = bisect_right(self.faces, local[0]) - 1, 0
        while low < len(local):
            high = bisect_left(local, self.faces[at + 1], low) if at + 1 < len(self.faces) else len(local)
            start, offset = self.starts[at], self.offsets[at]
            while low < high and local[low] - offset < start:
                found.append(start)
                low += 1
            found += [each - offset for each in local[low:high]]
            at, low = at + 1, high
        return found


def clock(zone: str, start: int, end: int) -> Clock:
    """The clock of an IANA zone, right for all moments of [start, end] in UTC or local ticks, and days beyond."""
    return _clock(zone, start // BLOCK, end // BLOCK)


@lru_cache(maxsize=2048)
def _clock(zone: str, first: int, last: int) -> Clock:
    tz = ZoneInfo(zone)

    def offset(second: int) -> int:
        since = datetime.fromtimestamp(second, tz).utcoffset() or timedelta(0)
        return since.days * DAY + since.seconds * SECOND + since.microseconds

    low = max((first * BLOCK - MARGIN) // SECOND, FIRST)
    high = min(((last + 1) * BLOCK + MARGIN) // SECOND, LAST)
    starts, offsets = [low * SECOND], [offset(low)]
    known = low
    for probe in [*range(low + PROBE, high, PROBE), high]:
        new = offset(probe)
        while new != (old := offsets[-1]):
            between = range(known + 1, probe + 1)
            known = between[bisect_left(between, True, key=lambda second: offset(second) != old)]
            starts.append(known * SECOND)
            offsets.append(offset(known))
        known = probe
    return Clock(starts, offsets)
