"""What jobs send, and when they are late."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources import Envelope, Heartbeat, SourceError
from incidents.sources.heartbeats import Cron, cron, due, late, read

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("", {}, Heartbeat()),
        ("nightly-backup", {}, Heartbeat("nightly-backup")),
        ("/nightly-backup/", {}, Heartbeat("nightly-backup")),
        ("nightly-backup/0", {}, Heartbeat("nightly-backup")),
        ("nightly-backup/00", {}, Heartbeat("nightly-backup")),
        ("nightly-backup/ok", {}, Heartbeat("nightly-backup")),
        ("nightly-backup/1", {}, Heartbeat("nightly-backup", failed=True)),
        ("nightly-backup/100", {}, Heartbeat("nightly-backup", failed=True)),
        ("nightly-backup/Fail", {}, Heartbeat("nightly-backup", failed=True)),
        ("", {"name": "a", "status": "down"}, Heartbeat("a", failed=True)),
        ("", {"name": "a\x00", "status": "up"}, Heartbeat("a\ufffd")),
        ("x" * 300, {}, Heartbeat("x" * 199 + "…")),
    ],
)
def test_a_sign_of_life(path: str, query: dict[str, str], expected: Heartbeat) -> None:
    assert read(Envelope(b"\xff whatever", path=path, query=query)).heartbeats == [expected]


@pytest.mark.parametrize(
    ("path", "field"), [("a/b/c", "path"), ("a/maybe", "status"), ("a/-1", "status"), ("a/٣", "status")]
)
def test_refused_by_field(path: str, field: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(Envelope(path=path))
    assert caught.value.field == field


def test_late_by_a_period() -> None:
    assert due(NOON, HOUR, 5 * MINUTE) == NOON + 65 * MINUTE
    for minutes, expected in ((0, False), (60, False), (65, False), (66, True)):
        assert late(NOON + minutes * MINUTE, NOON, HOUR, 5 * MINUTE) is expected


def test_a_period_beyond_all_calendars_is_never_late() -> None:
    assert due(NOON, timedelta.max, HOUR) is None
    assert not late(NOON, NOON, timedelta.max, HOUR)


def test_late_by_cron() -> None:
    nightly = cron("30 3 * * *", "Europe/Berlin")
    last = datetime(2026, 11, 23, 3, 31, tzinfo=BERLIN)
    assert due(last, nightly, HOUR) == datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
    assert not late(datetime(2026, 11, 24, 4, 29, tzinfo=BERLIN), last, nightly, HOUR)
    assert late(datetime(2026, 11, 24, 4, 31, tzinfo=BERLIN), last, nightly, HOUR)


@pytest.mark.parametrize(
    ("expression", "last", "expected"),
    [
        # 2026-03-29: 02:00 becomes 03:00. 2026-10-25: 03:00 becomes 02:00.
        ("30 2 * * *", datetime(2026, 3, 28, 3, tzinfo=BERLIN), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("30 2 * * *", datetime(2026, 3, 29, 4, tzinfo=BERLIN), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
        ("30 2 * * *", datetime(2026, 10, 24, 3, tzinfo=BERLIN), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("45 2 * * *", datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), datetime(2026, 10, 26, 1, 45, tzinfo=UTC)),
        ("*/30 * * * *", datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN), datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("0 9 * * MON-FRI", datetime(2026, 11, 20, 10, tzinfo=BERLIN), datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("0 9 * * mon#1", datetime(2026, 11, 20, 10, tzinfo=BERLIN), datetime(2026, 12, 7, 8, tzinfo=UTC)),
        ("0 0 L * *", datetime(2026, 11, 20, tzinfo=BERLIN), datetime(2026, 11, 29, 23, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2026, 1, 1, tzinfo=BERLIN), datetime(2028, 2, 28, 23, tzinfo=UTC)),
        ("@weekly", datetime(2026, 11, 20, tzinfo=BERLIN), datetime(2026, 11, 21, 23, tzinfo=UTC)),
        (" @HOURLY ", datetime(2026, 11, 20, 0, 0, 1, tzinfo=BERLIN), datetime(2026, 11, 20, 0, tzinfo=UTC)),
    ],
)
def test_when_it_comes_next(expression: str, last: datetime, expected: datetime) -> None:
    assert cron(expression, "Europe/Berlin").after(last) == expected


@pytest.mark.parametrize(
    ("expression", "zone", "field", "said"),
    [
        ("", "UTC", "expression", "give five fields"),
        ("* * * *", "UTC", "expression", "give five fields"),
        ("0 * * * * *", "UTC", "expression", "give five fields"),
        ("@reboot", "UTC", "expression", "give five fields"),
        ("60 * * * *", "UTC", "expression", "is no schedule: Bad minute"),
        ("* * * * XYZ", "UTC", "expression", "is no schedule: Bad day-of-week"),
        ("*/0 * * * *", "UTC", "expression", "is no schedule: Bad minute"),
        ("0 0 30 2 *", "UTC", "expression", "is no schedule: Bad day-of-month"),
        ("0 0 30 2 MON#5", "UTC", "expression", ""),
        ("1," * 60 + "1 * * * *", "UTC", "expression", "give at most 100 characters"),
        ("* * * * *", "Mars/Olympus", "zone", "give a time zone such as Europe/Berlin"),
        ("* * * * *", "../../etc/passwd", "zone", "give a time zone"),
        ("* * * * *", "Europe", "zone", "give a time zone"),
        ("* * * * *", "", "zone", "give a time zone"),
        ("* * * * *", "\x00", "zone", "give a time zone"),
    ],
)
def test_a_schedule_that_is_none_is_refused_by_field(expression: str, zone: str, field: str, said: str) -> None:
    if not said:
        assert cron(expression, zone).after(NOON) is not None
        return
    with pytest.raises(SourceError) as caught:
        cron(expression, zone)
    assert (caught.value.field, caught.value.message.startswith(said)) == (field, True)


FIELD = st.text("0123456789*/,-#LWMONabc ²", min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(FIELD, min_size=5, max_size=5).map(" ".join) | st.text(max_size=30),
    st.sampled_from(["UTC", "America/New_York"]),
)
def test_any_expression_is_a_schedule_or_refused(expression: str, zone: str) -> None:
    try:
        made = cron(expression, zone)
    except SourceError as error:
        assert error.field == "expression"  # noqa: PT017
    else:
        following = made.after(NOON)
        assert following is None or following > NOON


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["*/7 * * * *", "15 2 * * *", "0 */5 * * *", "30 1,2 * * SUN", "0 0 1 * *"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC)),
)
def test_what_comes_next_is_later_and_so_is_what_comes_after_it(expression: str, zone: str, moment: datetime) -> None:
    schedule = Cron(expression, zone)
    first = schedule.after(moment)
    assert first is not None
    second = schedule.after(first)
    assert second is not None
    assert moment < first < second
    between = first + (second - first) / 2
    assert schedule.after(between) == second
