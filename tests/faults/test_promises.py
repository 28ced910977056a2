"""A promise that is broken, on real processes: one after the other hears of it, whatever dies on the way, until readers
are told; and the score says so."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.alarm import Alarm
from tests.faults.conftest import Told
from tests.installation import wait_for

pytestmark = pytest.mark.faults


def test_a_broken_promise_escalates_and_is_scored_and_the_next_one_is_kept(demo: Alarm, told: Told) -> None:
    alarm = demo
    alarm.installation.start()
    incident = int(alarm.seed("promised"))

    def api(path: str, body: Any = None) -> Any:
        return alarm.web.json(f"/api/v1/{path}", body, token=alarm.tokens["bob"])

    def lines() -> list[str]:
        rows = api(f"incidents/{incident}/timeline/?kind=promise")["results"]
        return sorted(row["text"] for row in rows if row["kind"] == "promise")

    def tell(body: str, **more: Any) -> None:
        soon = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
        api(f"incidents/{incident}/updates/", {"body": body, "next_update_at": soon, **more})

    began = time.monotonic()
    alarm.installation.kill("worker")
    alarm.seed("passed", incident, 60)
    alarm.flush()
    alarm.installation.start("worker")
    wait_for(lambda: len(lines()) >= 3, "the third to hear of it", 90)
    took = time.monotonic() - began
    said = lines()
    assert len(said) == len(set(said))
    assert "The promised update is late; Bob Okafor was reminded" in said
    assert "The promised update is late; Inês Duarte was reminded" in said
    mails = alarm.installation.wait_for_mail(30, subject="The promised status update is late", to="bob")

    tell("One in three payments fails.", title="Payments fail", state="identified")
    tell("We roll back.")
    score = api("promises/score/?team=payments")["promises"]["all"]
    assert (score["broken"], score["kept"], score["percent"]) == (1, 1, 50)
    (broken,) = api(f"promises/?incident={incident}&outcome=broken")["results"]
    assert 29 <= broken["minutes_late"] <= 31
    assert lines() == said
    told("promise broken, worker killed", [len(mails)], took)
