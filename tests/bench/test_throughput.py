"""How many alerts a second become incidents, join one, and come in batches, with web and workers together; and what a
storm of a hundred thousand does to memory and to the console."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import psycopg
import pytest

from config.story.client import Web
from tests.bench.test_ingest import BUNDLES
from tests.faults.alarm import Alarm
from tests.installation import Installation, live_installation, wait_for
from tests.standins.tool import Sender, alert

pytestmark = pytest.mark.bench
CONNECTIONS = 16
EACH = int(os.environ.get("BENCH_EACH", "6000"))
STORM = int(os.environ.get("BENCH_STORM", "100000"))
GROUPS = 50


def body(alerts: Sequence[bytes], group: str = "") -> bytes:
    """One webhook of many alerts, of one group where that is named."""
    whole = [json.loads(each) for each in alerts]
    made = {**whole[0], "alerts": [each["alerts"][0] for each in whole]}
    return json.dumps({**made, "groupKey": group} if group else made).encode()


class Load:
    """Bodies on the way to an installation, on `CONNECTIONS` connections."""

    def __init__(self, running: Installation, key: str, bodies: list[bytes], pace: float = 0.0) -> None:
        path = f"/integrations/v1/alertmanager/{key}/"
        parts = [bodies[n::CONNECTIONS] for n in range(CONNECTIONS)]
        self.senders = [Sender(running.ingest_url, path, part, pace / CONNECTIONS) for part in parts if part]
        self.began = perf_counter()
        for sender in self.senders:
            sender.start()

    def wait(self) -> float:
        """Seconds that it took until all were accepted."""
        for sender in self.senders:
            sender.join()
        answers = sum((sender.answers for sender in self.senders), Counter())
        assert set(answers) == {202}, answers
        return perf_counter() - self.began


def number(running: Installation, question: str) -> int:
    with psycopg.connect(running.database_url) as connection:
        row = connection.execute(question).fetchone()
        return int(row[0]) if row and row[0] is not None else 0


def until(running: Installation, question: str, wanted: int, seconds: float) -> None:
    wait_for(lambda: number(running, question) >= wanted, question, seconds)


ALERTS = "SELECT count(*) FROM incidents_alert WHERE title = 'Storm'"
WAITING = "SELECT -count(*) FROM incidents_event WHERE state = 'waiting'"
INCIDENTS = "SELECT count(*) FROM incidents_incident WHERE title LIKE 'e%'"
PAGES = (
    "SELECT count(*) FROM incidents_page p JOIN incidents_incident i ON i.id = p.incident_id WHERE i.title LIKE 'e%'"
)


def test_each_alert_an_incident(report: Callable[..., None]) -> None:
    with live_installation(ingest=True, WATCHBILL_EVENT_RATE="off") as running:
        alarm = Alarm(running)
        running.run("shell", "-c", BUNDLES)
        load = Load(running, alarm.key, [alert(f"e{n}") for n in range(EACH)])
        accepted = load.wait()
        until(running, INCIDENTS, EACH, 300)
        opened = perf_counter() - load.began
        until(running, PAGES, EACH, 300)
        paged = perf_counter() - load.began
    report(f"an alert of its own accepted, {EACH / accepted:.0f} a second, while workers work", accepted / EACH)
    report(f"an alert of its own an incident, {EACH / opened:.0f} a second", opened / EACH, wanted_seconds=1 / 640)
    report(f"an alert of its own paged for, {EACH / paged:.0f} a second", paged / EACH)


def test_a_storm_into_one_incident_and_batches_of_a_hundred(report: Callable[..., None]) -> None:
    with live_installation(ingest=True, WATCHBILL_EVENT_RATE="off") as running:
        alarm = Alarm(running)
        running.run("shell", "-c", BUNDLES)
        singles = [body([alert(f"s{n}")], "one") for n in range(EACH)]
        load = Load(running, alarm.key, singles)
        load.wait()
        until(running, ALERTS, EACH, 300)
        took = perf_counter() - load.began
        assert number(running, "SELECT count(DISTINCT incident_id) FROM incidents_alert WHERE title = 'Storm'") == 1
        hundreds = [body([alert(f"b{n}-{k}") for k in range(100)], f"batch {n % 10}") for n in range(EACH // 30)]
        load = Load(running, alarm.key, hundreds)
        load.wait()
        until(running, ALERTS, EACH + len(hundreds) * 100, 300)
        until(running, WAITING, 0, 60)
        batches = perf_counter() - load.began
        repeats = Load(running, alarm.key, hundreds * 3)
        repeats.wait()
        until(running, WAITING, 0, 300)
        repeated = perf_counter() - repeats.began
    many = len(hundreds) * 100
    report(f"an alert into one incident, {EACH / took:.0f} a second", took / EACH, wanted_seconds=1 / 1000)
    report(f"an alert in batches of 100, new, {many / batches:.0f} a second", batches / many, wanted_seconds=1 / 10_000)
    report(f"the same, repeated, {3 * many / repeated:.0f} a second", repeated / (3 * many), wanted_seconds=1 / 10_000)


def memory(running: Installation) -> dict[str, int]:
    """MB that each of the installation's programs and their children hold by themselves, by program."""
    found: Counter[str] = Counter()
    for name, child in running.children.items():
        for pid in [child.pid, *_children(child.pid)]:
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            held = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:] if len(line.split()) > 1}
            found[name] += held.get("Pss", 0) // 1024
    return dict(found)


def _children(pid: int) -> list[int]:
    try:
        own = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return own + [each for child in own for each in _children(child)]


def test_a_hundred_thousand_on_fifty_groups(report: Callable[..., None]) -> None:
    """Memory and the console's latencies while it lasts; fifty incidents, and what a person is paged with."""
    with live_installation(ingest=True, WATCHBILL_EVENT_RATE="off") as running, ExitStack() as stack:
        alarm = Alarm(running)
        running.run("shell", "-c", BUNDLES)
        bodies = [body([alert(f"g{n}-{k}") for k in range(10)], f"group {n % GROUPS}") for n in range(STORM // 10)]
        waits: list[float] = []
        over = threading.Event()
        reader = threading.Thread(target=_read, args=(running, waits, over))
        stack.callback(over.set)
        reader.start()
        before = memory(running)
        half = len(bodies) // 2
        load = Load(running, alarm.key, bodies[:half])
        load.wait()
        middle = memory(running)
        Load(running, alarm.key, bodies[half:]).wait()
        accepted = perf_counter() - load.began
        until(running, ALERTS, STORM, 600)
        until(running, WAITING, 0, 60)
        took = perf_counter() - load.began
        after = memory(running)
        over.set()
        reader.join()
        opened = number(running, "SELECT count(DISTINCT incident_id) FROM incidents_alert WHERE title = 'Storm'")
        pages = number(running, "SELECT count(*) FROM incidents_page")
        letters = number(
            running, "SELECT count(*) FROM comms_delivery WHERE kind IN ('page', 'digest') AND state = 'sent'"
        )
    waits.sort()
    report(f"{STORM} alerts on {GROUPS} groups, accepted at {STORM / accepted:.0f} a second", accepted / STORM)
    report(f"the same taken, {opened} incidents, {pages} pages, {letters} letters", took / STORM)
    report(f"the console's list meanwhile, median of {len(waits)}", waits[len(waits) // 2])
    report("the same, longest of 99 %", waits[int(len(waits) * 0.99)])
    for name, held in after.items():
        report(f"memory of {name}: {before.get(name)} MB before, {middle.get(name)} half way, {held} after", 0)
    assert opened == GROUPS


def _read(running: Installation, waits: list[float], over: threading.Event) -> None:
    """Read the list of incidents as a responder does, again and again."""
    web = Web(running.base_url)
    page = web.page("/account/login/")
    web.submit(page, page.form("login"), login=running.admin["username"], password=running.admin["password"])
    while not over.wait(0.2):
        began = perf_counter()
        web.page("/incidents/")
        waits.append(perf_counter() - began)
