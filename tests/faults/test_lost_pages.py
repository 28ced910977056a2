"""A page goes out whatever dies on the way: within 30 s of the processes being back, the mail is there.

The first test is short enough for every run; `make faults` runs the others. What another shows as well, from the other
end, is among the long ones.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.faults.alarm import Alarm
from tests.faults.conftest import Told

faults = pytest.mark.faults


@pytest.fixture
def alarm(demo: Alarm, told: Told, request: pytest.FixtureRequest) -> Iterator[Alarm]:
    """All processes run before a test, and again after it."""
    demo.installation.start()
    demo.fired, demo.waited = {}, {}
    yield demo
    demo.installation.start()
    pages = [len(demo.mails(run)) for run in demo.fired]
    fault = request.node.name.removeprefix("test_").replace("_", " ")
    told(fault, pages, max(demo.waited.values(), default=0.0))


def test_a_killed_worker_and_a_flushed_queue_lose_no_page(alarm: Alarm) -> None:
    alarm.installation.kill("worker")
    run = alarm.fire()
    alarm.flush()

    alarm.installation.start("worker")

    assert len(alarm.paged(run)) == 1


@faults
@pytest.mark.long
def test_a_worker_killed_in_the_middle_of_it_loses_no_page(alarm: Alarm) -> None:
    for _ in range(3):
        run = alarm.fire()
        alarm.installation.kill("worker")

        alarm.installation.start("worker")

        # Killed after the mail was handed over and before that was noted, it goes out once more.
        assert 1 <= len(alarm.paged(run)) <= 2


@faults
def test_a_killed_beat_is_not_needed_for_the_first_page(alarm: Alarm) -> None:
    alarm.installation.kill("beat")

    run = alarm.fire()

    assert len(alarm.paged(run)) == 1


@faults
@pytest.mark.long
def test_what_was_missed_without_worker_beat_and_queue_is_made_up_for(alarm: Alarm) -> None:
    alarm.installation.kill("beat")
    alarm.installation.kill("worker")
    run = alarm.fire()
    alarm.flush()

    alarm.installation.start("worker", "beat")

    assert len(alarm.paged(run)) == 1


@faults
def test_a_queue_flushed_under_a_running_worker_loses_no_page(alarm: Alarm) -> None:
    alarm.flush()
    run = alarm.fire()
    alarm.flush()

    assert len(alarm.paged(run)) == 1


@faults
def test_an_alert_without_a_broker_is_kept_and_paged_when_it_is_back(alarm: Alarm) -> None:
    alarm.installation.kill("valkey")
    runs = [alarm.fire() for _ in range(3)]

    alarm.installation.start("valkey")

    for run in runs:
        assert len(alarm.paged(run)) == 1


@faults
def test_a_broker_that_hangs_keeps_no_sender_waiting(alarm: Alarm) -> None:
    alarm.installation.kill("valkey", signal.SIGSTOP)
    try:
        runs = [alarm.fire() for _ in range(3)]
    finally:
        alarm.installation.kill("valkey", signal.SIGCONT)

    for run in runs:
        assert len(alarm.paged(run)) == 1


@faults
def test_a_restart_of_everything_goes_on_where_it_was(alarm: Alarm) -> None:
    alarm.installation.kill("worker")
    run = alarm.fire()
    for name in ("web", "beat", "valkey", "mailsink"):
        alarm.installation.kill(name)

    alarm.installation.start()

    assert len(alarm.paged(run)) == 1


@faults
def test_mail_waits_for_a_relay_that_is_away(alarm: Alarm) -> None:
    alarm.installation.kill("mailsink")
    run = alarm.fire()

    alarm.installation.start("mailsink")

    assert len(alarm.paged(run)) == 1
