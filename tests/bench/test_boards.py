"""Boards, search and the room with many incidents and long timelines: the time of the server at the median and at the
95th percentile, beside the bare reading of the rows that are shown, and the number of queries. That it does not grow
with the rows is the suite's to say."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone

from incidents.models import Incident, Postmortem, RoleAssignment, TimelineEntry
from incidents.phases import Phase
from teams.models import Role, User
from tests.bench import crowd
from tests.bench.test_lists import server

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

FEW, MANY = (int(size) for size in os.environ.get("BOARDS_SIZES", "100,10000").split(","))
LINES_EACH = 50
WANTED = 0.15
RUNS = 15
ASKED = {
    "board, open": "/incidents/?state=",
    "board, columns": "/incidents/?layout=columns",
    "board, active, my teams'": "/incidents/?state=active&whose=teams",
    "board, all": "/incidents/?state=all",
    "board, all, page 20": "/incidents/?state=all&page=20",
    "board, words": "/incidents/?state=all&q=latency",
    "board, levels and days": "/incidents/?state=all&severity=1&severity=2&since=2020-01-01",
    "board, news": "/incidents/live/?v=0",
    "search, a rare word": "/search/?q=host-4711",
    "search, one line in 500": "/search/?q=zeppelin",
    "search, a phrase": "/search/?q=%22queue+grows%22+ledger",
    "search, in every tenth line": "/search/?q=rollback",
    "search, in every line": "/search/?q=seen",
    "search, begun": "/search/?q=zepp",
    "search, nothing": "/search/?q=xylophone",
    "wall": "/incidents/wall/",
    "room, 50 lines": "/incidents/{usual}/",
    "room, 2,000 lines": "/incidents/{long}/",
    "room, news": "/incidents/{usual}/live/?v=0",
    "room, nothing new": "{unchanged}",
}
BARE = {
    "room": "SELECT * FROM incidents_timelineentry WHERE incident_id = {usual} ORDER BY id DESC LIMIT 50",
    "room, 2,000 lines": "SELECT * FROM incidents_timelineentry WHERE incident_id = {long} ORDER BY id DESC LIMIT 150",
    "room, nothing new": "SELECT version FROM incidents_incident WHERE id = {usual}",
}
BOARD = "SELECT * FROM incidents_incident ORDER BY id DESC LIMIT 30"


def add(incidents: int, long: bool) -> None:
    """So many more incidents with their lines, commanders and postmortems; one of them has a very long timeline."""
    before = Incident.objects.count()
    crowd.add(incidents - before, 1)
    now = timezone.now()
    lowest = Incident.objects.order_by("pk").values_list("pk", flat=True)[before]
    actor = User.objects.get(username="member")
    words = (
        "(ARRAY['Seen by support', 'Seen again', 'Nothing seen yet', 'Seen on the dashboard'])[1 + g.n % 4]"
        " || CASE g.n % 10 WHEN 0 THEN ', rollback started' ELSE '' END"
        " || CASE g.n % 500 WHEN 7 THEN ', the zeppelin service waits' ELSE '' END"
        " || ' (' || (g.n::bigint * 7919 % 100003) || ' requests of shard ' || (g.n % 977) || ')'"
    )
    like = TimelineEntry(
        kind="note", verb="note.written", phase="mitigate", text="x", actor=actor, occurred_at=now, recorded_at=now
    )
    new = incidents - before
    crowd._copy(
        like,
        new * LINES_EACH,
        incident_id=f"{lowest} + g.n % {new}",
        kind="(ARRAY['note', 'alert', 'page', 'phase', 'mitigation'])[1 + g.n % 5]",
        text=words,
        occurred_at="now() - g.n * interval '1 second'",
    )
    if long:
        crowd._copy(like, 2000, incident_id=str(lowest), text=words)
    crowd._copy(
        RoleAssignment(
            role=Role.objects.get(slug=Role.COMMANDER), user=actor, state="held", held_at=now, accepted_at=now
        ),
        new,
        incident_id=f"{lowest} + g.n - 1",
    )
    crowd._copy(
        Postmortem(state="published", title="x", published_at=now),
        new,
        incident_id=f"{lowest} + g.n - 1",
        public_slug="'p' || g.n || '-' || md5(g.n::text || clock_timestamp())",
        body="'The queue grows and nobody saw the ledger, case ' || g.n",
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def places() -> dict[str, int]:
    """The keys of an incident that goes on, and of the one with the long timeline."""
    usual = Incident.objects.filter(phase=Phase.MITIGATE, private=False).order_by("pk").last()
    longest = TimelineEntry.objects.order_by("incident").values_list("incident", flat=True).first()
    assert usual is not None
    assert longest is not None
    return {"usual": usual.pk, "long": longest}


def unchanged(ask: Callable[[str], bytes], pk: int) -> str:
    """What the page of an incident asks while nothing happens."""
    found = re.search(r'hx-get="([^"]*/live/[^"]*)"', ask(f"/incidents/{pk}/").decode())
    assert found is not None
    return html.unescape(found[1])


class Measured(NamedTuple):
    """Seconds of each run, of the processor in each, and of each bare reading; the queries of one run."""

    ours: list[float]
    busy: list[float]
    base: list[float]
    queries: int


def measured(ask: Callable[[str], Any], path: str, bare: str) -> Measured:
    """In turns, after one that warms up. Where others use the machine, its processor says more than the clock."""
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(note):
        ask(path)
    ours, busy, base = [], [], []
    for _ in range(RUNS):
        start, cpu = perf_counter(), process_time()
        ask(path)
        ours.append(perf_counter() - start)
        busy.append(process_time() - cpu)
        start = perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(bare)
            cursor.fetchall()
        base.append(perf_counter() - start)
    return Measured(ours, busy, base, len(asked))


def test_boards_search_and_room(report: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    owner, member = crowd.scene()
    add(FEW, long=True)
    add(MANY, long=False)
    lines = TimelineEntry.objects.count()
    told = [f"\n{MANY:,} incidents, {lines:,} lines of timelines, {RUNS} runs each (ms)"]
    told.append(f"{'':32}{'who':8}{'median':>8}{'p95':>8}{'cpu':>8}{'bare':>8}{'queries':>9}")
    keys = places()
    for who in (owner, member):
        ask = server(who)
        for name, path in ASKED.items():
            address = path.format(**keys, unchanged=unchanged(ask, keys["usual"]) if "unchanged" in path else "")
            bare = BARE.get(name, BARE["room"] if name.startswith("room") else BOARD).format(**keys)
            taken, busy, base, queries = measured(ask, address, bare)
            row = f"{median(taken) * 1000:8.1f}{quantiles(taken, n=20)[-1] * 1000:8.1f}"
            row += f"{median(busy) * 1000:8.1f}{median(base) * 1000:8.2f}{queries:9}"
            late = " *" if median(taken) > WANTED else ""
            told.append(f"{name:32}{who.username:8}{row}{late}")
            report(f"{name}, {who.username}", median(taken), median(base), wanted_seconds=WANTED)
    with capsys.disabled():
        print("\n".join(told))
