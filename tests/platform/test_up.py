"""`manage.py up` as people meet it: started, started twice, stopped, and killed without warning."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from config.env import ROOT
from config.fleet import free_port
from tests.installation import wait_for

# A first start migrates, beside all that a full run does meanwhile.
READY_SECONDS = 300


class Up:
    """One run of `manage.py up --empty` with its output read as it comes."""

    running: ClassVar[list["Up"]] = []

    def __init__(self, var: Path, port: int) -> None:
        self.running.append(self)
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("WATCHBILL_", "DATABASE_URL", "CELERY_", "PYTEST"))
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--empty"],
            cwd=ROOT,
            env={**environ, "WATCHBILL_VAR": str(var), "PORT": str(port), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line

    def wait_until_ready(self) -> "Up":
        wait_for(
            lambda: "Ctrl-C stops everything" in self.output or self.process.poll() is not None,
            "`up` to be ready",
            READY_SECONDS,
        )
        assert self.process.poll() is None, self.output
        return self

    def family(self) -> list[psutil.Process]:
        """The process and everything it started."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def end(self, number: int) -> int:
        """Send a signal and wait for the end; the exit status."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        status = self.process.wait(60)
        self.reader.join(10)
        assert self.process.stdout
        self.process.stdout.close()
        self.running.remove(self)
        return status


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder with a space in its path, where root's database account can reach it, too."""
    parent = Path(tempfile.mkdtemp(prefix="watchbill up "))
    parent.chmod(0o755)
    yield parent / "var"
    # What a test that failed left behind.
    for up in [*Up.running]:
        up.end(signal.SIGKILL)
    shutil.rmtree(parent, ignore_errors=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def answers(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
        return answer.status == 200


def test_an_installation_starts_once_stops_whole_and_goes_on(var: Path) -> None:
    port = free_port()
    up = Up(var, port).wait_until_ready()
    assert answers(port)
    family = up.family()
    assert len(family) > 8
    password = re.search(r"Sign in as admin with the password (\S+)", up.output)
    assert password
    everything = "".join(path.read_text(errors="replace") for path in (var / "log").iterdir())
    assert password[1] not in everything

    # What is in var is for this user alone (root's lets its database account pass, and nobody else).
    assert stat.S_IMODE(var.stat().st_mode) in (0o700, 0o710)
    assert stat.S_IMODE((var / "sockets").stat().st_mode) == 0o700
    assert stat.S_IMODE((var / "secret_key").stat().st_mode) == 0o600
    listening = [
        connection.laddr
        for process in family
        if process.is_running()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert len({address.port for address in listening}) == 4, (
        "the web servers, of people and of tools, and mail, in and out, alone have ports"
    )

    mode = var.stat().st_mode
    second = Up(var, free_port())
    assert second.finish() == 1
    assert var.stat().st_mode == mode, "the database of the first goes through this folder"
    assert f"http://127.0.0.1:{port}/" in second.output
    assert f"kill {up.process.pid}" in second.output

    assert up.end(signal.SIGINT) == 0
    assert gone(family)
    assert "Everything is stopped" in up.output

    again = Up(var, port).wait_until_ready()
    family = again.family()
    assert answers(port)
    assert "password" not in again.output
    again.end(signal.SIGKILL)
    wait_for(lambda: gone(family), "the children to end with their killed supervisor", 90)

    third = Up(var, port).wait_until_ready()
    family = third.family()
    assert answers(port)
    (worker,) = [p for p in third.family()[0].children() if "worker" in p.cmdline()]
    worker.kill()
    wait_for(lambda: "worker   was killed by SIGKILL" in third.output, "the worker's end to be told")
    wait_for(
        lambda: any("worker" in p.cmdline() for p in third.family()[0].children() if p.pid != worker.pid),
        "the worker to be started again",
    )
    family += third.family()
    assert third.end(signal.SIGHUP) == 0
    assert gone(family)


def test_a_busy_port_is_named_with_the_way_out(var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        up = Up(var, port)
        assert up.finish() == 1
    assert f"Port {port} on 127.0.0.1 is taken" in up.output
    assert re.search(r"PORT=\d+ make run", up.output)


def test_what_is_wrong_with_the_settings_is_said_without_a_traceback(var: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "WATCHBILL_VAR": str(var),
            "WATCHBILL_DEBG": "1",
            "WATCHBILL_ENV": "production",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Did you mean WATCHBILL_DEBUG?" in done.stderr
    assert "WATCHBILL_SECRET_KEY is missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert not var.exists()
