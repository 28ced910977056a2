"""The status page while database and broker are gone: the same bytes, the same tag, and a banner that can be put up."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import psycopg
import pytest
import requests
from psycopg import sql

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


def test_a_change_by_hand_is_found_by_the_sweep(own_installation: Installation) -> None:
    live = own_installation
    live.run("shell", "--no-imports", "-c", MADE)
    with psycopg.connect(live.database_url, autocommit=True) as connection:
        connection.execute("UPDATE comms_component SET name = 'Card payments'")
    url = f"{live.base_url}/status/shop/"
    wait_for(lambda: "Card payments" in requests.get(url, timeout=20).text, "the sweep")
