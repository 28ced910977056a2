"""The status page while database and broker are gone: the same bytes, the same tag, and a banner that can be put up."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import psycopg
import pytest
import requests
from psycopg import sql

from config.embedded import programs, wait_until_ready
from config.places import layout
from config.processes import Child
from tests.installation import Installation, wait_for

pytestmark = pytest.mark.faults
MADE = """
from comms.actions import publishing
from comms.models import Component, PageIncident, StatusPage
page, _ = StatusPage.objects.get_or_create(slug="shop", defaults={"name": "Shop"})
StatusPage.objects.update(is_default=False)
StatusPage.objects.filter(pk=page.pk).update(is_default=True)
Component.objects.get_or_create(page=page, name="Payments")
told = PageIncident.objects.create(page=page, title="Payments fail")
publishing.publish_update(told, by=None, title="Payments fail", body="We look into it.")
"""
PATHS = (
    "/status/",
    "/status/shop/",
    "/status/shop/history/",
    "/status/shop/badge.svg",
    "/status/shop/api/v2/summary.json",
    "/api/v2/incidents/unresolved.json",
    "/history.rss",
    "/status/shop/history.atom",
)
MONTH = "from comms.models import PageIncident; print(f'{PageIncident.objects.get().started_at:%Y-%m}')"


def take_away_database(live: Installation, *, gone: bool) -> None:
    """Let nobody in and end who is, as far as this installation goes."""
    name = sql.Identifier(live.database)
    with psycopg.connect(live.server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, sql.Literal(not gone)))
        if gone:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [live.database]
            )


def test_it_outlives_database_and_broker(own_installation: Installation) -> None:
    live = own_installation
    live.run("shell", "--no-imports", "-c", MADE)
    base = live.base_url
    wait_for(lambda: requests.get(f"{base}/status/shop/", timeout=20).headers.get("ETag") is not None, "the files")
    before = {path: requests.get(base + path, timeout=20) for path in PATHS}
    assert {answer.status_code for answer in before.values()} == {200}
    assert "Payments fail" in before["/status/shop/"].text

    live.kill("valkey")
    take_away_database(live, gone=True)
    assert requests.get(f"{base}/readyz", timeout=30).status_code == 503
    for path, known in before.items():
        answer = requests.get(base + path, timeout=20)
        assert (answer.status_code, answer.content) == (200, known.content), path
        assert answer.headers["ETag"] == known.headers["ETag"], path
        tag = {"If-None-Match": answer.headers["ETag"]}
        assert requests.get(base + path, headers=tag, timeout=20).status_code == 304, path
        assert requests.head(base + path, timeout=20).status_code == 200, path
    assert requests.get(f"{base}/status/shop/history/?q=x", timeout=60).status_code == 200
    ET.fromstring(requests.get(f"{base}/history.rss", timeout=20).text)

    live.run("statuspage", "banner", "Our own systems are down as well")
    live.run("statuspage", "verify")
    assert "Our own systems are down as well" in requests.get(f"{base}/status/shop/", timeout=20).text
    live.run("statuspage", "banner")
    assert requests.get(f"{base}/status/shop/", timeout=20).content == before["/status/shop/"].content

    take_away_database(live, gone=False)
    live.start("valkey")
    live.run("shell", "--no-imports", "-c", MADE.replace("Payments fail", "Search is slow"))
    wait_for(lambda: "Search is slow" in requests.get(f"{base}/status/shop/", timeout=20).text, "what is new")

    # What was changed by hand is found by the sweep.
    with psycopg.connect(live.database_url, autocommit=True) as connection:
        connection.execute("UPDATE comms_component SET name = 'Card payments'")
    wait_for(lambda: "Card payments" in requests.get(f"{base}/status/shop/", timeout=20).text, "the sweep")


@contextmanager
def on_its_own_servers() -> Iterator[tuple[Installation, Child]]:
    """An installation and the PostgreSQL that it has for itself, whose process may end."""
    with tempfile.TemporaryDirectory(prefix="watchbill servers ") as folder:
        place = layout(Path(folder))
        children = []
        live = None
        try:
            for program in programs(place, throwaway=True):
                child = Child(program)
                with (Path(folder) / f"{program.name}.log").open("wb") as log:
                    child.start(log)
                children.append(child)
            wait_until_ready(place, children)
            (database,) = [child for child in children if child.program.name == "postgres"]
            home = Path(folder) / "live"
            home.mkdir()
            live = Installation(home, place.database_url)
            live.start()
            yield live, database
        finally:
            if live is not None:
                live.stop()
            for child in reversed(children):
                child.stop()


@pytest.mark.long
def test_it_outlives_the_processes_of_both() -> None:
    """Neither a database that lets nobody in nor one that is slow: the processes are gone."""
    with on_its_own_servers() as (live, database):
        live.run("shell", "--no-imports", "-c", MADE)
        base = live.base_url
        paths = [*PATHS, f"/status/shop/history/{live.run('shell', '--no-imports', '-c', MONTH).split()[-1]}/"]
        wait_for(lambda: requests.get(f"{base}/status/shop/", timeout=20).headers.get("ETag") is not None, "the files")
        before = {path: requests.get(base + path, timeout=20) for path in paths}

        live.kill("valkey")
        database.kill(signal.SIGQUIT)
        assert database.wait(20)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(live.database_url, connect_timeout=5)
        for path, known in before.items():
            assert known.status_code == 200, path
            answer = requests.get(base + path, timeout=20)
            assert (answer.status_code, answer.content) == (200, known.content), path
        # A web server that is started now has nothing but the files.
        live.stop("web")
        live._launch(live.programs["web"])
        wait_for(lambda: _answers(f"{base}/status/shop/"), "the page from a fresh server", 60)
        live.run("statuspage", "banner", "We are looking into our own servers")
        assert "our own servers" in requests.get(f"{base}/status/shop/", timeout=20).text


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=20).ok
    except requests.ConnectionError:
        return False
