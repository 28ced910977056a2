"""A process that is killed at a commit of a page's way: at least one page comes out, at most two, in bounded time.

The table at the end of a run has each fault with its pages lost, its duplicates and the longest wait.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.alarm import Alarm
from tests.faults.conftest import Told
from tests.installation import wait_for

pytestmark = pytest.mark.faults
# A claim that nobody renews is another's after this long, and the next sweep sees it.
LEASE_SECONDS = 24.0
SWEEP_SECONDS = 5.0
BOUND_SECONDS = LEASE_SECONDS + 2 * SWEEP_SECONDS + 5
POINTS = ("taking", "taken", "advancing", "advanced", "claimed", "begun", "handed over")


@pytest.fixture
def alarm(demo: Alarm) -> Iterator[Alarm]:
    demo.installation.start()
    yield demo
    demo.installation.start()


def fire_and_wait(alarm: Alarm) -> tuple[str, float]:
    began = time.monotonic()
    run = alarm.fire()
    alarm.paged(run, BOUND_SECONDS)
    return run, time.monotonic() - began


@contextmanager
def killed_at(alarm: Alarm, *points: str, folder: Path) -> Iterator[None]:
    """A worker of which a process is killed at each of these points, once; it ends with the block."""
    program = alarm.installation.programs["worker"]
    faults = ";".join(f"{point}:{folder / point}" for point in points)
    alarm.installation.programs["worker"] = replace(program, env={**program.env, "FAULT_AT": faults})
    try:
        alarm.installation.stop("worker")
        alarm.installation.start("worker")
        yield
    finally:
        alarm.installation.programs["worker"] = program
        alarm.installation.stop("worker")
    assert [point for point in points if not (folder / point).exists()] == [], "no process came to that point"


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_a_commit_loses_no_page(alarm: Alarm, told: Told, tmp_path: Path, point: str) -> None:
    with killed_at(alarm, point, folder=tmp_path):
        run, took = fire_and_wait(alarm)
    count = len(alarm.mails(run))
    told(f"worker killed: {point}", [count], took)
    assert 1 <= count <= 2


def test_a_worker_killed_at_every_commit_loses_no_page(alarm: Alarm, told: Told, tmp_path: Path) -> None:
    """Several processes at once, each at another point: a page may meet three of them, and waits for each claim."""
    alarm.seed("unbundled")
    with killed_at(alarm, *POINTS, folder=tmp_path):
        began = time.monotonic()
        runs = [alarm.fire() for _ in POINTS]
        for run in runs:
            alarm.paged(run, 3 * BOUND_SECONDS)
        took = time.monotonic() - began
    counts = [len(alarm.mails(run)) for run in runs]
    told("worker killed at each commit", counts, took)
    assert all(1 <= count <= 2 for count in counts)


def test_two_beats_and_two_workers_page_once(alarm: Alarm, told: Told) -> None:
    seconds, runs = 0.0, []
    with second(alarm, "beat"), second(alarm, "worker"):
        for _ in range(5):
            run, took = fire_and_wait(alarm)
            runs.append(run)
            seconds = max(seconds, took)
    counts = [len(alarm.mails(run)) for run in runs]
    told("two beats, two workers", counts, seconds)
    assert counts == [1] * 5


def test_a_database_that_drops_everybody_in_the_middle_loses_no_page(alarm: Alarm, told: Told) -> None:
    """As a restart does to whoever is connected: every session ends, whatever it was doing."""
    seconds, runs = 0.0, []
    for _ in range(3):
        began = time.monotonic()
        run = alarm.fire()
        with psycopg.connect(alarm.installation.server_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [alarm.installation.database],
            )
        alarm.paged(run, BOUND_SECONDS)
        seconds = max(seconds, time.monotonic() - began)
        runs.append(run)
    counts = [len(alarm.mails(run)) for run in runs]
    told("database ends all sessions", counts, seconds)
    assert all(1 <= count <= 2 for count in counts)


def test_a_worker_that_hangs_holds_up_nobody_for_longer_than_a_lease(alarm: Alarm, told: Told) -> None:
    """Frozen rather than dead: its claims run out, and another worker's sweep takes them."""
    with second(alarm, "worker"):
        alarm.installation.kill("worker", signal.SIGSTOP)
        try:
            run, took = fire_and_wait(alarm)
        finally:
            alarm.installation.kill("worker", signal.SIGCONT)
    count = len(alarm.mails(run))
    told("one worker frozen", [count], took)
    assert 1 <= count <= 2


def test_an_answer_that_races_the_sending_is_followed_by_one_page_at_most(alarm: Alarm, told: Told) -> None:
    """Acknowledged at the moment it goes out: the page is sent or not, and never again."""
    runs = [alarm.fire() for _ in range(3)]
    paths = [f"/api/v1/incidents/{alarm.reference(run).removeprefix('INC-')}/acknowledge/" for run in runs]
    ines = {"token": alarm.tokens["ines"]}
    threads = [threading.Thread(target=alarm.web.json, args=(path, {}), kwargs=ines) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = [len(alarm.mails(run)) for run in runs]
    alarm.installation.stop("worker")
    alarm.installation.start("worker")
    wait_for(lambda: alarm.installation.runs("worker"), "the worker")
    after = [len(alarm.mails(run)) for run in runs]
    told("acknowledged while it is sent", [max(1, count) for count in after], 0.0)
    assert after == before
    assert all(count <= 1 for count in after)


class second:  # noqa: N801 - reads as a word: with second(alarm, "beat")
    """One more process of a kind, while the block lasts."""

    def __init__(self, alarm: Alarm, name: str) -> None:
        from config.processes import Child

        self.installation = alarm.installation
        self.child = Child(alarm.installation.programs[name])

    def __enter__(self) -> Any:
        with (self.installation.var / "second.log").open("ab") as log:
            self.child.start(log)
        return self.child

    def __exit__(self, *_: object) -> None:
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait(10)
        self.child.finish()
