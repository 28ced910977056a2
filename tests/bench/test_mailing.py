"""Mail to fifty thousand readers with the installation's own worker, beside ready-made bytes over smtplib; how long
publishing to a hundred thousand takes, and how long a page waits while mail drains."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from tests.bench.test_throughput import number, until
from tests.faults.alarm import Alarm
from tests.installation import Installation, live_installation
from tests.standins.sinking import Sinking, sinking

pytestmark = pytest.mark.bench
READERS = int(os.environ.get("BENCH_READERS", "50000"))
MANY = int(os.environ.get("BENCH_MANY", "100000"))
CONNECTIONS = 2
PAGES = 40

SEED = """
from django.db import connection
from comms.models import StatusPage
page, _ = StatusPage.objects.get_or_create(slug="bench", defaults={{"name": "Bench", "time_zone": "Europe/Berlin"}})
with connection.cursor() as cursor:
    cursor.execute('''
        INSERT INTO comms_subscriber (page_id, email, channel, kind, endpoint, endpoint_shown, endpoint_mark, secret,
            former_secret, trouble, state, all_components, floor, maintenance, ends_only, digest, digest_at, time_zone,
            language, created_at)
        SELECT %s, 'r' || n || '@example.org', 'email', '', '', '', '', '', '', '', 'active', true, 'none', true, false,
            '', '08:00', 'UTC', '', now() FROM generate_series(1, {many}) n ON CONFLICT DO NOTHING
    ''', [page.pk])
    cursor.execute("ANALYZE comms_subscriber")
"""
PUBLISH = """
import time
from comms.actions import publishing
from comms.models import StatusPage
from incidents.actions import lifecycle
from incidents.models import Incident
from teams.models import Team, User
by = User.objects.filter(role="owner").first()
team, _ = Team.objects.get_or_create(slug="bench", defaults={{"name": "Bench"}})
incident = Incident.objects.filter(title="Bench").first() or lifecycle.report(by=by, title="Bench", team=team)
page = StatusPage.objects.get(slug="bench")
began = time.perf_counter()
publishing.publish_update(incident, by=by, page=page, title="Checkout fails", body={body!r}, state="investigating")
print("took", time.perf_counter() - began)
"""
SENT = "SELECT count(*) FROM comms_delivery WHERE kind = 'update' AND state = 'sent'"


def publish(running: Installation, many: int, body: str = "We are looking into it. Next: whom it concerns.") -> float:
    """Make so many readers and tell them; seconds that publishing took."""
    running.run("shell", "--no-imports", "-c", SEED.format(many=many))
    said = running.run("shell", "--no-imports", "-c", PUBLISH.format(body=body))
    return float(said.rpartition("took ")[2])


def raw(sink: Sinking, letter: Path, many: int) -> float:
    """Letters a second of the bare sending."""
    argv = [sys.executable, "-m", "tests.bench.raw_mail", str(sink.port), str(letter), str(many // CONNECTIONS)]
    running = [subprocess.Popen(argv) for _ in range(CONNECTIONS)]
    for each in running:
        assert each.wait(600) == 0
    return rate(sink, "raw")


def rate(sink: Sinking, prefix: str) -> float:
    at = sorted(at for at, to, _ in sink.taken() if to.startswith(prefix))
    return (len(at) - 1) / (at[-1] - at[0])


def test_fifty_thousand_readers(report: Callable[..., None], tmp_path: Path) -> None:
    with sinking(tmp_path) as sink:
        relay = f"smtp://127.0.0.1:{sink.port}?tls=none"
        with live_installation(WATCHBILL_EMAIL_URL=relay, WATCHBILL_WORKER_CONCURRENCY=str(CONNECTIONS)) as running:
            publish(running, READERS)
            until(running, SENT, READERS, 600)
            got = {to for _, to, _ in sink.taken() if to.startswith("r")}
            size = max(size for _, to, size in sink.taken() if to.startswith("r"))
            ours = rate(sink, "r")
        assert len(got) == READERS
        letter = tmp_path / "letter"
        letter.write_bytes(b"Subject: x\r\n\r\n" + b"\r\n".join([b"x" * 70] * (size // 72)))
        bare = raw(sink, letter, READERS)
    name = f"a letter of an update to {READERS} readers, {ours:.0f} a second, beside smtplib's {bare:.0f}"
    report(name, 1 / ours, 1 / bare, 1 / 0.6)


def test_publishing_to_a_hundred_thousand(report: Callable[..., None], tmp_path: Path) -> None:
    with sinking(tmp_path) as sink:
        relay = f"smtp://127.0.0.1:{sink.port}?tls=none"
        with live_installation(WATCHBILL_EMAIL_URL=relay) as running:
            took = publish(running, MANY)
            began = perf_counter()
            until(running, "SELECT count(*) FROM comms_delivery WHERE kind = 'update'", MANY, 120)
            written = perf_counter() - began
            again = publish(running, MANY, "We know what it is.")
            until(running, "SELECT count(*) FROM comms_delivery WHERE kind = 'update'", 2 * MANY, 120)
            gone = number(running, "SELECT count(*) FROM comms_delivery WHERE state = 'superseded'")
    report(f"publishing to {MANY} readers", took, wanted_seconds=2)
    report("the same, until whom it concerns is written down", written)
    report(f"the next update while it drains, which supersedes {gone}", again, wanted_seconds=2)


def test_pages_while_it_drains(report: Callable[..., None], tmp_path: Path) -> None:
    with sinking(tmp_path) as sink:
        relay = f"smtp://127.0.0.1:{sink.port}?tls=none"
        with live_installation(WATCHBILL_EMAIL_URL=relay, WATCHBILL_WORKER_CONCURRENCY=str(CONNECTIONS)) as running:
            alarm = Alarm(running)
            publish(running, READERS)
            waits = []
            for _ in range(PAGES):
                if number(running, SENT) >= READERS * 0.98:
                    break
                began = perf_counter()
                pages = number(running, "SELECT count(*) FROM comms_delivery WHERE kind = 'page' AND state = 'sent'")
                alarm.fire()
                until(
                    running,
                    "SELECT count(*) FROM comms_delivery WHERE kind IN ('page', 'digest') AND state = 'sent'",
                    pages + 1,
                    60,
                )
                waits.append(perf_counter() - began)
                time.sleep(0.05)
    waits.sort()
    name = f"a page while {READERS} letters drain, longest of {len(waits)} (99 %)"
    report(name, waits[int(len(waits) * 0.99) - 1] if len(waits) > 1 else waits[0], wanted_seconds=5)
    report("the same, median", waits[len(waits) // 2])
