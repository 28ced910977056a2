"""Workers that are killed while mail to many goes out, and a broker that forgets everything: nobody is missed, and of
each connection at most one letter goes out twice."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest
import redis

from tests.bench.test_mailing import SENT, publish
from tests.bench.test_throughput import number, until
from tests.faults.conftest import Told
from tests.installation import live_installation, wait_for
from tests.standins.sinking import sinking

pytestmark = pytest.mark.faults
KILLS = 3
READER = re.compile(r"r\d+@example\.org")
PROCESSES = 2


@pytest.mark.parametrize("readers", [2000, pytest.param(20_000, marks=pytest.mark.long)])
def test_killed_in_the_middle_of_a_fan_out(told: Told, tmp_path: Path, readers: int) -> None:
    with sinking(tmp_path) as sink:
        relay = f"smtp://127.0.0.1:{sink.port}?tls=none"
        environ = {"WATCHBILL_EMAIL_URL": relay, "WATCHBILL_WORKER_CONCURRENCY": str(PROCESSES)}
        with live_installation(**environ) as running:
            running.stop("worker")
            publish(running, readers)
            began = time.monotonic()
            for kill in range(1, KILLS + 1):
                running.start("worker")
                some = readers * kill // (KILLS + 2)
                wait_for(lambda some=some: len(sink.taken()) >= some, f"{some} letters", 180)  # type: ignore[misc]
                running.kill("worker")
                with redis.Redis(unix_socket_path=str(running.place.valkey_socket)) as queue:
                    queue.flushall()
            running.start("worker")
            until(running, SENT, readers, 300)
            took = time.monotonic() - began
            letters = Counter(to for _, to, _ in sink.taken() if READER.fullmatch(to))
            charged = number(running, "SELECT max(attempts) FROM comms_delivery WHERE kind = 'update'")
    missed = readers - len(letters)
    twice = sum(letters.values()) - len(letters)
    told(f"fan-out of {readers}, worker killed {KILLS} times, broker flushed", [1] * len(letters) + [0] * missed, took)
    told("the same, letters that came twice", [1 + twice], took)
    assert missed == 0
    assert max(letters.values()) <= 2
    # Each kill ends as many connections as the worker has processes.
    assert twice <= KILLS * PROCESSES
    assert charged == 1
