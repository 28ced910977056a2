"""How many alerts are accepted a second, beside a bare view that inserts one row, and how soon they page then."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import psycopg
import pytest

from config.fleet import free_port
from tests.faults.alarm import Alarm
from tests.installation import Installation, live_installation, wait_for
from tests.standins.tool import Sender, alert

pytestmark = pytest.mark.bench
CONNECTIONS = 16
REQUESTS = 4000


def load(base: str, path: str, bodies: list[bytes]) -> float:
    """Seconds that it takes until all are accepted, on `CONNECTIONS` connections."""
    senders = [Sender(base, path, bodies[n::CONNECTIONS]) for n in range(CONNECTIONS)]
    began = perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    took = perf_counter() - began
    assert all(set(sender.answers) == {202} for sender in senders), [sender.answers for sender in senders]
    return took


@contextlib.contextmanager
def bare_view(running: Installation) -> Iterator[str]:
    """The bare view with as many processes and threads as the product's web server has."""
    port = free_port()
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare_event (id bigserial PRIMARY KEY, body text)")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2"]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "tests.bench.bare:application"]
    environ = os.environ | {"DATABASE_URL": running.database_url}
    with subprocess.Popen(command, env=environ) as server:
        try:
            wait_for(lambda: _listens(port), "the bare view")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_alerts_are_accepted(report: Callable[..., None]) -> None:
    """One alert a request, without a worker: what accepting costs by itself."""
    with live_installation(ingest=True) as running:
        alarm = Alarm(running)
        running.stop("beat", "worker", "web")
        path = f"/integrations/v1/alertmanager/{alarm.key}/"
        bodies = [alert(f"r{n}") for n in range(REQUESTS)]
        with bare_view(running) as bare:
            load(running.ingest_url, path, bodies[:200])
            load(bare, "/", bodies[:200])
            ours = load(running.ingest_url, path, bodies)
            base = load(bare, "/", bodies)
    report(
        f"an alert accepted, {CONNECTIONS} connections, beside a bare insert", ours / REQUESTS, base / REQUESTS, 1.67
    )


# As an installation is: whoever is paged for the storm gets the rest of a minute as a digest.
BUNDLES = "from teams.models import Organization; Organization.objects.update(bundle_seconds=60)"
# People of their own, so that none of their pages waits in a bundle.
PEOPLE = """
from teams.models import EscalationPolicy, Membership, Service, Team, User
for n in range(COUNT):
    user = User.objects.create_user(f"p{n}", email=f"p{n}@example.org")
    team = Team.objects.create(name=f"Team {n}", slug=f"team-{n}")
    Membership.objects.create(team=team, user=user)
    policy = EscalationPolicy.objects.create(name=f"Policy {n}", team=team)
    policy.steps.create(position=0, delay_minutes=60).targets.create(user=user)
    Service.objects.create(name=f"p{n}", slug=f"p{n}", team=team, escalation_policy=policy)
"""
A_SECOND = 500
MINUTES = 0.5
# From the event's row to the relay's yes, by the database's clock.
LATENCY = """
    SELECT extract(epoch FROM d.sent_at - e.received_at)
    FROM incidents_event e
    JOIN incidents_incident i ON e.outcome->'opened' @> to_jsonb(i.id)
    JOIN incidents_page p ON p.incident_id = i.id
    JOIN comms_delivery d ON d.page_id = p.id AND d.state = 'sent'
    WHERE i.title LIKE 'p%'
"""


def test_a_page_while_a_storm_comes_in(report: Callable[..., None]) -> None:
    """`A_SECOND` alerts a second, each an incident of its own, while others are paged; web, worker and the senders
    share the machine."""
    seconds = int(MINUTES * 60)
    with live_installation(WATCHBILL_EVENT_RATE="off") as running:
        alarm = Alarm(running)
        running.run("shell", "-c", BUNDLES + PEOPLE.replace("COUNT", str(seconds)))
        path = f"/integrations/v1/alertmanager/{alarm.key}/"
        bodies = [alert(f"r{n}") for n in range(A_SECOND * seconds)]
        storm = [Sender(running.base_url, path, bodies[n::8], A_SECOND / 8) for n in range(8)]
        watched = Sender(running.base_url, path, [alert(f"p{n}", "critical", f"p{n}") for n in range(seconds)], 1)
        began = perf_counter()
        for sender in (*storm, watched):
            sender.start()
        for sender in (*storm, watched):
            sender.join()
        took = perf_counter() - began
        with psycopg.connect(running.database_url, autocommit=True) as connection:

            def found() -> list[float]:
                return sorted(float(row[0]) for row in connection.execute(LATENCY).fetchall())

            wait_for(lambda: len(found()) == seconds, "every page", 60)
            waited = found()
            left = connection.execute("SELECT count(*) FROM incidents_event WHERE state = 'waiting'").fetchone()
    report(f"alert to relay while {len(bodies) / took:.0f} alerts a second come in, median", median(waited))
    report("the same, longest of 99 %", waited[int(len(waited) * 0.99)], wanted_seconds=5)
    report(f"alerts still waiting at the end, {left[0] if left else 0}; answered in", took / len(bodies))
