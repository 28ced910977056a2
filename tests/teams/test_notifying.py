"""Through which channels somebody hears of a page, and when."""

from datetime import UTC, datetime, time, timedelta

import pytest

from teams.notifying import Habits, Quiet, Rule, plan

MINUTE = timedelta(minutes=1)
AT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
NIGHT = Quiet(time(22), time(7), "Europe/Berlin")
HABITS = Habits(
    high=(Rule(5 * MINUTE, 2), Rule(0 * MINUTE, 1), Rule(10 * MINUTE, None)), low=(Rule(0 * MINUTE, None),), quiet=NIGHT
)


def test_each_rule_has_its_time_in_order():
    found = plan(HABITS, "high", AT)
    assert [(p.at - AT, p.method, p.place) for p in found] == [
        (0 * MINUTE, 1, 0),
        (5 * MINUTE, 2, 1),
        (10 * MINUTE, None, 2),
    ]


@pytest.mark.parametrize("urgency", ["high", "low"])
def test_who_made_no_rules_hears_of_it_by_mail_at_once(urgency):
    (only,) = plan(Habits(), urgency, AT)
    assert (only.at, only.method) == (AT, None)


def test_low_urgency_waits_for_the_end_of_the_night_and_high_does_not():
    (held,) = plan(HABITS, "low", AT)
    assert held.at == datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert "quiet" in held.why
    assert plan(HABITS, "high", AT)[0].at == AT


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (NIGHT, datetime(2026, 11, 25, 20, 59, tzinfo=UTC), None),
        (NIGHT, datetime(2026, 11, 25, 21, 0, tzinfo=UTC), datetime(2026, 11, 26, 6, tzinfo=UTC)),
        (NIGHT, datetime(2026, 11, 26, 6, 0, tzinfo=UTC), None),
        # The clocks go forward at 01:00 UTC on 29 March 2026: the night is an hour shorter.
        (NIGHT, datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (
            Quiet(time(12), time(13), "UTC"),
            datetime(2026, 1, 5, 12, 30, tzinfo=UTC),
            datetime(2026, 1, 5, 13, tzinfo=UTC),
        ),
    ],
)
def test_quiet_hours_end_on_the_persons_clock(quiet, at, until):
    assert quiet.until(at) == until
