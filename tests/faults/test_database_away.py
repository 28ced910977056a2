"""PostgreSQL stops and starts under a load: whatever was accepted is there, exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import psycopg
import pytest

from config import running
from config.env import ROOT
from config.fleet import free_port
from tests.faults.conftest import Told
from tests.installation import wait_for
from tests.platform.test_up import Up
from tests.platform.test_up import var as var  # noqa: PLC0414 - a fixture is known by its name here
from tests.standins.patient import PatientSender
from tests.standins.tool import alert

pytestmark = [pytest.mark.faults, pytest.mark.long]
A_SECOND = 200
SECONDS = 30
SENDERS = 20
KEY = """
from incidents.actions import integrations
from incidents.models import Integration
from teams.models import Team
team = Team.objects.create(name="Platform", slug="platform")
print(integrations.add_key(Integration.objects.create(name="Storm", kind="alertmanager", team=team), by=None))
"""


def manage(var: Path, url: str, code: str) -> str:
    """What a piece of code prints inside the installation."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("WATCHBILL_", "CELERY_"))}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env={**environ, "WATCHBILL_VAR": str(var), "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def postmaster(up: Up) -> psutil.Process:
    found = [each for each in up.family() if each.name() == "postgres" and "-D" in each.cmdline()]
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_what_was_accepted_is_there_exactly_once(var: Path, told: Told, number: int) -> None:
    port = free_port()
    up = Up(var, port).wait_until_ready()
    try:
        url = running.noted(var)["database_url"]
        path = f"/integrations/v1/alertmanager/{manage(var, url, KEY)}/"
        names = [f"a{n}" for n in range(A_SECOND * SECONDS)]
        bodies = [alert(name) for name in names]
        pace = A_SECOND / SENDERS
        senders = [PatientSender(f"http://127.0.0.1:{port}", path, bodies[n::SENDERS], pace) for n in range(SENDERS)]
        for sender in senders:
            sender.start()
        away = 0.0
        for _ in range(3):
            time.sleep(SECONDS / 5)
            first = postmaster(up)
            began = time.monotonic()
            first.send_signal(number)
            wait_for(lambda first=first: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE, "its end")
            wait_for(lambda: _answers(url), "PostgreSQL to be back", 60)
            away = max(away, time.monotonic() - began)
        for sender in senders:
            sender.join()
        wait_for(lambda: _one(url, "SELECT count(*) FROM incidents_event WHERE state = 'waiting'") == 0, "all", 120)
        accepted = [each for sender in senders for each in sender.heard.accepted]
        put_off = sum((Counter(sender.heard.put_off) for sender in senders), Counter())
        with psycopg.connect(url) as connection:
            kept = {str(row[0]) for row in connection.execute("SELECT public_id FROM incidents_event").fetchall()}
            alerts = Counter(
                row[0] for row in connection.execute("SELECT labels->>'run' FROM incidents_alert").fetchall()
            )
        slowest = max(sender.heard.slowest for sender in senders)
        missing = [each for each in accepted if each not in kept]
        word = "stopped" if number == signal.SIGINT else "killed"
        told(
            f"PostgreSQL {word} three times (away for {away:.1f} s at most)"
            f" under {A_SECOND} alerts a second; put off {dict(put_off)}",
            [alerts[name] for name in names],
            slowest,
        )
        assert not [sender.wrong for sender in senders if sender.wrong]
        assert sum(sender.heard.without_retry_after for sender in senders) == 0
        assert (len(accepted), len(set(accepted)), missing) == (len(names), len(names), [])
        assert alerts == Counter(names)
        assert put_off
    finally:
        up.end(signal.SIGINT)


def _answers(url: str) -> bool:
    try:
        return _one(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def _one(url: str, question: str) -> int:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(question).fetchone()
        return int(row[0]) if row else 0
