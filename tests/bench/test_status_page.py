"""The status page from its files beside a bare view of the same bytes, and how long a page takes to render."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

import pytest
import requests
from django.utils import timezone

from comms.actions import publishing, snapshots
from comms.models import Component, ComponentGroup, PageIncident, StatusPage
from config.fleet import free_port
from teams.models import User
from tests.bench.test_ingest import _listens
from tests.faults.test_status_page_alone import MADE
from tests.installation import live_installation, wait_for

pytestmark = pytest.mark.bench
CONNECTIONS = 16
REQUESTS = 20_000
AT_ONCE = 25


class Reader(Thread):
    """Asks for a page again and again on one connection, some requests ahead, so that it costs the machine little."""

    def __init__(self, port: int, path: str, count: int, more: str = "") -> None:
        super().__init__()
        self.port, self.count = port, count
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n".encode()

    def run(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            connection.sendall(self.request)
            size = self._first(connection)
            for _ in range(self.count // AT_ONCE):
                connection.sendall(self.request * AT_ONCE)
                left = size * AT_ONCE
                while left:
                    got = len(connection.recv(min(left, 1 << 20)))
                    assert got, "it closed the connection"
                    left -= got

    def _first(self, connection: socket.socket) -> int:
        """How long an answer is, head and body."""
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += connection.recv(65536)
        head, _, body = seen.partition(b"\r\n\r\n")
        named = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        length = int(named[0].partition(b":")[2]) if named and b" 304 " not in head else 0
        while len(body) < length:
            body += connection.recv(65536)
        return len(head) + 4 + length


def load(port: int, path: str, more: str = "") -> float:
    """Seconds for each request."""
    readers = [Reader(port, path, REQUESTS // CONNECTIONS, more) for _ in range(CONNECTIONS)]
    began = perf_counter()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return (perf_counter() - began) / REQUESTS


@contextlib.contextmanager
def bare(body: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2"]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "tests.bench.bare_page:application"]
    with subprocess.Popen(command, env=os.environ | {"BARE_PAGE": str(body)}) as server:
        try:
            wait_for(lambda: _listens(port), "the bare view")
            yield port
        finally:
            server.terminate()


@contextlib.contextmanager
def nginx(home: Path, folder: Path) -> Iterator[int]:
    """It serves the exported files, with as many processes as ours has."""
    port = free_port()
    (home / "nginx.conf").write_text(f"""
        {"user root;" if os.geteuid() == 0 else ""}
        daemon off; worker_processes 2; pid {home}/nginx.pid; error_log {home}/nginx.log;
        events {{ worker_connections 256; }}
        http {{
            types {{ text/html html; }}
            charset utf-8; access_log off; keepalive_requests 1000000; sendfile on; open_file_cache max=100;
            server {{ listen 127.0.0.1:{port}; root {folder}; }}
        }}""")
    command = ["nginx", "-e", str(home / "nginx.log"), "-p", str(home), "-c", str(home / "nginx.conf")]
    with subprocess.Popen(command) as server:
        try:
            wait_for(lambda: _listens(port), "nginx")
            yield port
        finally:
            server.terminate()


def test_nginx_with_the_same_files(report: Callable[..., None]) -> None:
    """How far we are from what serves files and does nothing else."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    with live_installation() as live, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        live.run("shell", "--no-imports", "-c", MADE)
        url = f"{live.base_url}/status/shop/"
        wait_for(lambda: "ETag" in requests.get(url, timeout=20).headers, "the files")
        live.stop("beat", "worker")
        live.run("statuspage", "export", str(home / "out"))
        port = int(live.base_url.rpartition(":")[2])
        with nginx(home, home / "out") as other:
            answer = requests.get(f"http://127.0.0.1:{other}/status/shop/", timeout=20)
            assert answer.content == requests.get(url, timeout=20).content
            for warm in (port, other):
                load(warm, "/status/shop/")
            ours, base = load(port, "/status/shop/"), load(other, "/status/shop/")
    report(f"beside nginx with the same {len(answer.content) // 1024} KB, {1 / base:,.0f} a second there", ours, base)


def test_a_page_from_its_files(report: Callable[..., None], tmp_path: Path) -> None:
    with live_installation() as live:
        live.run("shell", "--no-imports", "-c", MADE)
        url = f"{live.base_url}/status/shop/"
        wait_for(lambda: "ETag" in requests.get(url, timeout=20).headers, "the files")
        live.stop("beat", "worker")
        answer = requests.get(url, timeout=20)
        port = int(live.base_url.rpartition(":")[2])
        (tmp_path / "page").write_bytes(answer.content)
        with bare(tmp_path / "page") as other:
            for warm in (port, other):
                load(warm, "/status/shop/")
            ours, base = load(port, "/status/shop/"), load(other, "/status/shop/")
            known = load(port, "/status/shop/", f"If-None-Match: {answer.headers['ETag']}\r\n")
    report(f"a page of {len(answer.content) // 1024} KB, {1 / ours:,.0f} a second", ours, base, wanted_seconds=1 / 3000)
    report(f"the same, not modified, {1 / known:,.0f} a second", known, base)


@pytest.mark.django_db(transaction=True)
def test_a_page_of_a_hundred_components(report: Callable[..., None], alice: User, settings: Any) -> None:
    """With 90 incidents of as many days."""
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True)
    for n in range(10):
        group = ComponentGroup.objects.create(page=page, name=f"Group {n}")
        Component.objects.bulk_create(Component(page=page, group=group, name=f"Component {n}-{m}") for m in range(10))
    some = list(page.components.all())
    for n in range(90):
        at = timezone.now() - timedelta(days=n)
        told = PageIncident.objects.create(page=page, title=f"Trouble {n}", started_at=at)
        publishing.publish_update(
            told,
            by=alice,
            title=told.title,
            body="It is over.",
            state="resolved",
            occurred_at=at,
            notify=False,
            component_states={some[n]: "operational"},
        )
    began = perf_counter()
    told = PageIncident.objects.create(page=page, title="One more")
    publishing.publish_update(
        told, by=alice, title=told.title, body="We look.", component_states={some[5]: "major_outage"}, notify=False
    )
    report("publish an update, render and swap 100 components", perf_counter() - began, wanted_seconds=1)
    assert snapshots.store().verify() > 100
