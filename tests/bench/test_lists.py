"""The lists of incidents and alerts, from the request to the answer, beside the bare reading of as many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client, RequestFactory

from teams.models import User
from tests.bench import crowd

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

SIZES = (50_000, 1_000_000)
ASKED = (
    "",
    "page=20",
    "state=all",
    "state=all&page=20",
    "state=all&q=latency",
    "state=all&q=host-4711",
    "state=all&q=zeppelin",
)
OF_INCIDENTS = ("state=all&team={team}", "state=all&service={service}", "state=all&severity=1")
OF_ALERTS = ("state=all&q=instance%3Dhost-4711", "state=all&integration={integration}", "state=all&service=service-7")
LISTS = {"incidents": ("/incidents/", (*ASKED, *OF_INCIDENTS)), "alerts": ("/alerts/", (*ASKED, *OF_ALERTS))}


def server(user: User) -> Callable[[str], bytes]:
    """Ask for an address as this person, by the whole application and nothing of a test's client."""
    client = Client()
    client.force_login(user)
    handler, requests = WSGIHandler(), RequestFactory()

    def ask(address: str) -> bytes:
        environ = requests.get(address).environ | {"HTTP_COOKIE": client.cookies.output(header="", sep=";").strip()}
        said: list[str] = []
        body = b"".join(handler(environ, lambda status, headers: said.append(status)))
        assert said[0].startswith("20"), said
        return body

    return ask


def bare(table: str) -> Callable[[], Any]:
    def read() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 50")
            return cursor.fetchall()

    return read


def test_lists(report: Callable[..., None], medians: Callable[..., list[float]]) -> None:
    owner, member = crowd.scene()
    there = 0
    for size in SIZES:
        crowd.add(size - there, size - there)
        there = size
        wanted = 0.015 if size < 100_000 else 0.02
        for who in (owner, member):
            for name, path in addresses():
                ours, base = medians(partial(server(who), path), bare(f"incidents_{name[:-1]}"), runs=5)
                report(f"{size:,} {path}, {who.username}", ours, base, wanted_seconds=wanted)


def addresses() -> Iterator[tuple[str, str]]:
    for name, (address, asked) in LISTS.items():
        for query in asked:
            yield name, f"{address}?{query.format(**crowd.ids())}"
