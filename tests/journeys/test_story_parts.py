"""The story's clock, and how it reads forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.story.client import Page, StoryError
from config.story.clock import Clock, at, stamp


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-25T10:00:00Z", "2026-11-24"),
        ("2026-11-25T09:59:59Z", "2026-11-23"),
        ("2026-11-25T00:00:00Z", "2026-11-23"),
        ("2026-03-01T12:00:00Z", "2026-02-28"),
    ],
)
def test_the_story_is_the_latest_whose_next_morning_is_over(now: str, day: str) -> None:
    clock = Clock(live=False, now=datetime.fromisoformat(now))
    assert stamp(clock.moment(at("14:02"))) == f"{day}T14:02:00.000Z"
    assert clock.moment(at("10:00", next_day=True)) <= datetime.fromisoformat(now)
    assert clock.given(at("14:02")) == {"occurred_at": f"{day}T14:02:00.000Z"}


def test_a_live_story_gives_no_times() -> None:
    clock = Clock(live=True)
    assert clock.given(at("14:02")) == {}
    assert abs((clock.moment(at("14:02")) - datetime.now(UTC)).total_seconds()) < 60


def test_a_form_is_sent_as_a_browser_would() -> None:
    page = Page(
        "http://example.test/a/",
        """
        <form><input name="q"></form>
        <form method="post" action="/b/">
          <input type="hidden" name="token" value="t"><input name="email"><input name="gone" value="x" disabled>
          <input type="radio" name="scope" value="all" checked><input type="radio" name="scope" value="some">
          <input type="checkbox" name="more"><textarea name="note">as it was</textarea>
          <select name="zone"><option value="a">A</option><option value="b" selected>B</option></select>
          <button name="do" value="confirm">Confirm</button><button name="do" value="other">Other</button>
        </form>
        """,
    )
    form = page.form("email")
    assert form.action == "/b/"
    assert list(form.filled({"email": "a@example.test"})) == [
        ("token", "t"),
        ("scope", "all"),
        ("note", "as it was"),
        ("zone", "b"),
        ("email", "a@example.test"),
        ("do", "confirm"),
    ]
    with pytest.raises(StoryError, match="no form with 'password'"):
        page.form("password")
