"""A page drill of eight on real processes: who confirmed and how soon, who could not be reached and why, who did not
answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.faults.alarm import Alarm
from tests.faults.conftest import Told
from tests.installation import live_installation, wait_for
from tests.standins.provider import Provider
from tests.standins.server import serving

pytestmark = [pytest.mark.faults, pytest.mark.long]
MINUTES = 5
CONFIRM = ("ines", "bob", "mei", "kofi", "sofia")
SILENT = "ruth"
# Between two answers, so that each has a time of its own.
APART_SECONDS = 3.0


@pytest.fixture(scope="module")
def outside() -> Iterator[Provider]:
    with serving(Provider()) as server:
        server.status = 400
        yield server


@pytest.fixture(scope="module")
def alarm(outside: Provider) -> Iterator[Alarm]:
    with live_installation(**outside.environ) as running:
        yield Alarm(running)


def drill(alarm: Alarm, path: str = "", body: Any = None) -> Any:
    return alarm.web.json(f"/api/v1/drills/{path}", body, token=alarm.tokens["ines"])


def answers(report: dict[str, Any]) -> dict[str, str]:
    return {row["person"]["username"]: row["state"] for row in report["calls"]}


def test_a_drill_of_eight_says_who_confirmed_who_was_not_reached_and_who_did_not_answer(
    alarm: Alarm, outside: Provider, told: Told
) -> None:
    schedule = int(alarm.seed("eight"))
    asked = {"schedule": schedule, "minutes": MINUTES, "note": "The drill of the quarter, back to bed"}
    began = time.monotonic()
    started = drill(alarm, body=asked)
    number = started["id"]
    assert (started["state"], started["people"]) == ("running", 8)

    mails = {}
    for name in (*CONFIRM, SILENT):
        (mails[name],) = alarm.installation.wait_for_mail(subject="Drill: no incident", to=f"{name}@")
    longest = time.monotonic() - began
    assert all(asked["note"] in mail["text"] for mail in mails.values())
    took = {}
    for name in CONFIRM:
        link = re.search(r"http://\S+/drills/answer/\S+", mails[name]["text"])
        assert link is not None
        page = alarm.web.page(link[0])
        alarm.web.submit(page, page.form())
        took[name] = time.monotonic() - began
        time.sleep(APART_SECONDS)

    # Nobody waits for the end to hear of whom nothing reaches.
    wait_for(lambda: answers(drill(alarm, f"{number}/"))["amir"] == "unreachable", "the refusal to be weighed")
    running = answers(drill(alarm, f"{number}/"))
    assert running[SILENT] == "waiting"
    assert {name for name, state in running.items() if state == "confirmed"} == set(CONFIRM)

    wait_for(lambda: drill(alarm, f"{number}/")["state"] == "finished", "the end", 60 * MINUTES + 30)
    report = drill(alarm, f"{number}/")
    counts = {name: report[name] for name in ("confirmed", "late", "waiting", "unanswered", "unreachable")}
    assert counts == {"confirmed": 5, "late": 0, "waiting": 0, "unanswered": 1, "unreachable": 2}
    length = datetime.fromisoformat(report["ended_at"]) - datetime.fromisoformat(report["began_at"])
    assert 0 <= length.total_seconds() - 60 * MINUTES < 15
    rows = {row["person"]["username"]: row for row in report["calls"]}
    assert [row["person"]["username"] for row in report["calls"]][:3] == ["amir", "noor", SILENT]
    for name in CONFIRM:
        assert rows[name]["state"] == "confirmed"
        assert rows[name]["seconds"] == pytest.approx(took[name], abs=2)
        assert rows[name]["reached_by"] == "E-mail, by the link"
        assert [tried["outcome"] for tried in rows[name]["tried"]] == ["sent"]
    assert report["median_seconds"] == rows["mei"]["seconds"]
    assert rows["noor"]["why"] == "No contact method and no e-mail address."
    assert [(tried["outcome"], tried["attempts"]) for tried in rows["noor"]["tried"]] == [("failed", 0)]
    assert rows["amir"]["why"] == "Every channel failed. The last said: 400 The number is wrong"
    assert [(tried["channel"], tried["outcome"]) for tried in rows["amir"]["tried"]] == [("SMS", "failed")]
    assert len(outside.of("Messages")) == 1
    assert (rows[SILENT]["state"], rows[SILENT]["why"], rows[SILENT]["seconds"]) == ("unanswered", "", None)

    # The manager, who is also who started it, is told once.
    subject = "Page drill of Payments · Eight: 5 of 8 confirmed, 2 could not be reached"
    (letter,) = alarm.installation.wait_for_mail(subject="Page drill of", to="ines@")
    assert letter["subject"] == subject
    assert "Noor Halabi: No contact method" in letter["text"]
    assert "- Ruth Castellano" in letter["text"].split("Did not answer:")[1]
    told("drill of eight", [len(alarm.installation.mail(subject="Drill: no", to=f"{n}@")) for n in mails], longest)
