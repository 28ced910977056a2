"""From an alert to a page: how long it takes idle, and how many runs that are due at once come out a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from time import perf_counter

import psutil
import pytest
from django.db import connection, transaction
from django.utils import timezone

from comms.actions import claiming, delivering
from comms.models import Delivery
from incidents.actions import escalation, intake
from incidents.models import EscalationRun
from incidents.sources import AlertReport
from teams.models import Organization
from tests import factories
from tests.comms.conftest import Postbox
from tests.faults.alarm import Alarm
from tests.installation import live_installation

pytestmark = pytest.mark.bench
RUNS = 10_000
HANDED_OVER = 1000
ALERTS = 15
STORM = 2000


def test_from_an_alert_to_the_relay_when_idle(report: Callable[..., None]) -> None:
    """Real processes: from the alert's POST to the mail in the sink. Nothing to compare with but the wish."""
    with live_installation() as running:
        alarm = Alarm(running)
        waited = []
        for _ in range(ALERTS):
            began = perf_counter()
            run = alarm.fire()
            while not alarm.mails(run):
                assert perf_counter() - began < 30
                time.sleep(0.01)
            waited.append(perf_counter() - began)
    report("alert to relay, idle, median", median(waited), wanted_seconds=1)
    report("alert to relay, idle, longest", max(waited))


@pytest.mark.django_db(transaction=True)
def test_runs_that_are_due_at_once(report: Callable[..., None], postbox: Postbox) -> None:
    """The baseline claims as many bare rows with SKIP LOCKED in batches of 100."""
    people = [factories.UserFactory() for _ in range(20)]
    team = factories.TeamFactory(people=people)
    factories.policy(team, [people[0]], [people[1]])
    Organization.objects.update_or_create(pk=1, defaults={"bundle_seconds": 0})
    integration, _ = factories.integration(team)
    for n in range(0, RUNS, 100):
        batch = [AlertReport(f"f{m}", "firing", f"Alert {m}", group_key=f"g{m}") for m in range(n, n + 100)]
        intake.receive(integration, batch)
    assert EscalationRun.objects.due(timezone.now()).count() == RUNS

    began = perf_counter()
    with connection.cursor() as cursor:
        for _ in range(RUNS // 100):
            with transaction.atomic():
                cursor.execute(
                    "SELECT id FROM incidents_escalationrun WHERE state = 'running' AND due_at <= now() "
                    "ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED"
                )
                cursor.fetchall()
    bare = (perf_counter() - began) / RUNS

    memory = [_megabytes()]
    began = perf_counter()
    while escalation.advance_due(budget=1)[0]:
        memory.append(_megabytes())
    ours = (perf_counter() - began) / RUNS
    assert Delivery.objects.filter(kind="page").count() == RUNS
    half = memory[len(memory) // 2]
    told = f"memory {memory[0]:.0f} MB, half way {half:.0f}, at the end {memory[-1]:.0f}"
    report(f"a run of {RUNS} that are due at once, advanced by one process ({told})", ours, bare)

    began = perf_counter()
    claimed = 0
    while batch := claiming.claim(claiming.due(now := timezone.now(), ["email"]), now, limit=50):
        claimed += len(batch)
    assert claimed == RUNS
    report(f"a page of {RUNS} claimed to be sent", (perf_counter() - began) / RUNS, bare)

    first = list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:HANDED_OVER])
    Delivery.objects.update(state="sent", lease_until=None)
    Delivery.objects.filter(pk__in=first).update(state="queued")
    began = perf_counter()
    handed = 0
    while sent := delivering.deliver_due(budget=60)[0]:
        handed += sent
    assert handed == len(postbox.mails) == HANDED_OVER
    report("a page handed over to the relay by one process", (perf_counter() - began) / HANDED_OVER, bare)


def _megabytes() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


@pytest.mark.django_db(transaction=True)
def test_a_storm_for_one_person(report: Callable[..., None]) -> None:
    """Each alert an incident of its own, all for one person: one page, and the rest held."""
    person = factories.UserFactory()
    team = factories.TeamFactory(people=[person])
    factories.policy(team, [person])
    integration, _ = factories.integration(team)
    began = perf_counter()
    for n in range(0, STORM, 100):
        batch = [AlertReport(f"f{m}", "firing", f"Alert {m}", "warning", group_key=f"g{m}") for m in range(n, n + 100)]
        intake.receive(integration, batch)
        escalation.advance_due(budget=60)
    took = perf_counter() - began
    states = dict.fromkeys(("queued", "held"), 0)
    for state in Delivery.objects.filter(kind="page").values_list("state", flat=True):
        states[state] += 1
    assert states == {"queued": 1, "held": STORM - 1}
    report(f"an alert of a storm of {STORM} for one person, taken and held", took / STORM)
