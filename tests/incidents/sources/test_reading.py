"""What protocols have in common: moments, text and objects as tools write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.sources import Envelope, SourceError
from incidents.sources.reading import fields, rows, stamp, text, told


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T04:00:00Z",
        "2026-11-23T04:00:00",
        "2026-11-23 04:00:00",
        " 2026-11-23 04:00:00 UTC ",
        "2026-11-23 05:00:00 +0100",
        "2026-11-23T05:00:00+01:00",
        "2026-11-23 04:00:00.000",
        1795406400,
        1795406400.0,
        1795406400000,
        "1795406400",
        "1795406400000",
    ],
)
def test_moments_as_tools_write_them(written: object) -> None:
    assert stamp(written, "at") == datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize("written", [None, "", 0, "0", "0001-01-01T00:00:00Z"])
def test_no_moment(written: object) -> None:
    assert stamp(written, "at") is None


@pytest.mark.parametrize(
    "written",
    [
        True,
        [],
        {},
        "now",
        "2026-11-23",
        "2026-13-01 00:00:00",
        "٢٠٢٦",
        "9" * 50,
        -(10**30),
        10**400,
        float("inf"),
    ],
)
def test_what_is_no_moment_is_refused_by_name(written: object) -> None:
    with pytest.raises(SourceError, match=r"^at: give a time such as"):
        stamp(written, "at")


@given(st.integers() | st.floats() | st.text())
def test_any_moment_is_read_or_refused(written: object) -> None:
    try:
        found = stamp(written, "at")
    except SourceError as error:
        assert error.field == "at"  # noqa: PT017
    else:
        assert found is None or found.tzinfo is UTC


def test_text_objects_and_rows() -> None:
    assert [text(each, "x", 5) for each in (None, " a ", "abcdef", 7, True)] == ["", "a", "abcd…", "7", "true"]
    assert (fields(None, "x"), rows(None, "x")) == ({}, [])
    for read, wrong in ((fields, []), (fields, "a"), (rows, {}), (rows, "a")):
        with pytest.raises(SourceError, match=r"^x: give a"):
            read(wrong, "x")
    with pytest.raises(SourceError, match=r"^x: give text"):
        text({}, "x", 5)


def test_anything_told_as_text() -> None:
    assert told({"a": 1, "b": {"c": ["ü"]}, "d": None, "e": "", "f\x00": False}) == {
        "a": "1",
        "b": '{"c": ["ü"]}',
        "f\ufffd": "false",
    }
    assert (told("all of it"), told(None), told([1])) == ({"details": "all of it"}, {}, {"details": "[1]"})


def test_headers_in_any_case() -> None:
    sent = Envelope(headers={"X-GitHub-Event": "push"})
    assert (sent.header("x-github-event"), sent.header("X-Other")) == ("push", "")
