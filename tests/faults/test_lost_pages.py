"""A page goes out whatever dies on the way: within 30 s of the processes being back, the mail is there.

The first test is short enough for every run; `make faults` runs the others.
"""

from __future__ import annotations

import itertools
import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from config.story import tools
from config.story.client import Web
from tests.faults.conftest import Told
from tests.installation import Installation, live_installation

WITHIN_SECONDS = 30.0
AT_ONCE_SECONDS = 5.0
faults = pytest.mark.faults


class Alarm:
    """A demo installation to which alerts are sent, each in a group of its own."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.web = Web(installation.base_url)
        installation.run("demo")
        known = json.loads((installation.var / "demo.json").read_text())
        self.key, self.tokens = known["alertmanager"], known["tokens"]
        self.numbers = itertools.count(1)
        self.events: dict[str, str] = {}
        self.fired: dict[str, float] = {}
        self.waited: dict[str, float] = {}

    def seed(self, name: str, *given: object) -> str:
        """Call a function of `tests.faults.seed` inside the installation; what it returned, as text."""
        code = f"from tests.faults import seed; print(seed.{name}(*{given!r}))"
        return self.installation.run("shell", "--no-imports", "-c", code).splitlines()[-1]

    def fire(self) -> str:
        """Send one alert and return what it is called; the sender is answered at once, whatever is down."""
        run = f"fault-{next(self.numbers):03}"
        labels = {"alertname": "Fault", "service": "checkout", "severity": "critical", "cluster": "eu", "run": run}
        body = tools.alertmanager(labels, {"summary": run}, starts_at=datetime.now(UTC))
        began = time.monotonic()
        self.events[run] = self.web.json(f"/integrations/v1/alertmanager/{self.key}/", body)["id"]
        took = time.monotonic() - began
        assert took < AT_ONCE_SECONDS, f"the sender waited {took:.1f} s"
        self.fired[run] = began
        return run

    def reference(self, run: str) -> str:
        """What the incident is called that the alert has opened; waits until a worker has taken it."""
        (reference,) = tools.taken(self.web, self.key, self.events[run])["opened"]
        return str(reference)

    def mails(self, run: str) -> list[dict[str, Any]]:
        """The page's mails so far."""
        return self.installation.mail(subject=f"Page: {run}")

    def paged(self, run: str, seconds: float = WITHIN_SECONDS) -> list[dict[str, Any]]:
        """The page's mails; fails where none has come within the promised time from now."""
        found = self.installation.wait_for_mail(seconds, subject=f"Page: {run}")
        self.waited[run] = time.monotonic() - self.fired[run]
        return found

    def flush(self) -> None:
        with redis.Redis(unix_socket_path=str(self.installation.place.valkey_socket)) as queue:
            queue.flushall()


@pytest.fixture(scope="module")
def live() -> Iterator[Alarm]:
    with live_installation() as running:
        yield Alarm(running)


@pytest.fixture
def alarm(live: Alarm, told: Told, request: pytest.FixtureRequest) -> Iterator[Alarm]:
    """All processes run before a test, and again after it."""
    live.installation.start()
    live.fired, live.waited = {}, {}
    yield live
    live.installation.start()
    pages = [len(live.mails(run)) for run in live.fired]
    fault = request.node.name.removeprefix("test_").replace("_", " ")
    told(fault, pages, max(live.waited.values(), default=0.0))


def test_a_killed_worker_and_a_flushed_queue_lose_no_page(alarm: Alarm) -> None:
    alarm.installation.kill("worker")
    run = alarm.fire()
    alarm.flush()

    alarm.installation.start("worker")

    assert len(alarm.paged(run)) == 1


@faults
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
