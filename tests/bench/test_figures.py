"""Figures of ten thousand incidents with half a million lines, beside the bare reading of as many rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from incidents.actions import figures
from incidents.figures.asking import Asked
from incidents.models import FigureDefinition
from incidents.presenters.figures import exposition, page
from incidents.presenters.figures.scene import Scene
from teams.models import User
from tests import factories
from tests.bench.test_lists import server

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

INCIDENTS, LINES = 10_000, 50
DAYS = 365
# A usual way through the phases: verb, the phase it leads to, minutes, and for every how many incidents.
WALK = (
    ("incident.opened", "", 0, 1),
    ("page.sent", "", 1, 1),
    ("page.acknowledged", "", 4, 1),
    ("incident.declare", "declare", 9, 1),
    ("role.taken", "", 11, 1),
    ("update.published", "", 16, 1),
    ("mitigation.executing", "", 20, 1),
    ("incident.start_mitigation", "mitigate", 21, 1),
    ("incident.confirm_mitigated", "communicate", 40, 1),
    ("incident.resolve", "resolve", 60, 1),
    ("postmortem.drafted", "", 60, 1),
    ("incident.start_review", "review", 2000, 2),
    ("postmortem.published", "", 4000, 3),
    ("incident.close", "closed", 4100, 3),
)


def fill() -> User:
    """Incidents of a year, by SQL: by the actions they would take an hour."""
    owner = factories.UserFactory(username="owner", role="owner")
    team = factories.TeamFactory(name="Payments", people=[owner])
    services = [factories.ServiceFactory(team=team).pk for _ in range(20)]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO incidents_incident (title, summary, phase, phase_before, severity_id, team_id, private,
                drill, group_key, on_recovery, recovery_minutes, impact, affected, impact_started_at, call_url,
                chat_url, detected_at, cancel_kind, recovered_by_itself, confirmation, relapses, reopens,
                comms_required, created_at, version)
            SELECT 'Trouble ' || n, '', CASE WHEN n %% 3 = 0 THEN 'closed' ELSE 'resolve' END, '', 1 + n %% 4, %s,
                false, false, '', 'tell', 5, '', '', at - make_interval(mins => 1 + n %% 90), '', '', at, '', false,
                '', 0, 0, true, at, %s
            FROM (
                SELECT n, now() - make_interval(mins => (n * %s::float / %s)::int) AS at FROM generate_series(1, %s) n
            ) AS each""",
            [team.pk, LINES, DAYS * 1440, INCIDENTS, INCIDENTS],
        )
        cursor.execute(
            "INSERT INTO incidents_incident_services (incident_id, service_id) "
            "SELECT id, (%s::bigint[])[1 + id %% 20] FROM incidents_incident",
            [services],
        )
        for verb, phase, minutes, every in WALK:
            cursor.execute(
                """INSERT INTO incidents_timelineentry (incident_id, kind, verb, phase, phase_from, phase_to, text,
                    reason, overridden, data, occurred_at, recorded_at)
                SELECT id, 'note', %s, 'detect', '', %s, 'It happened', '', '[]', '{"role": "incident-commander"}',
                    detected_at + make_interval(secs => %s * (20 + id %% 90)), detected_at
                FROM incidents_incident WHERE id %% %s = 0""",
                [verb, phase, minutes, every],
            )
        cursor.execute(
            """INSERT INTO incidents_timelineentry (incident_id, kind, verb, phase, phase_from, phase_to, text, reason,
                overridden, data, occurred_at, recorded_at)
            SELECT id, 'note', 'note.written', 'detect', '', '', 'Said', '', '[]', '{}', detected_at, detected_at
            FROM incidents_incident, generate_series(1, %s)""",
            [LINES - len(WALK)],
        )
        cursor.execute("ANALYZE")
    return owner


def bare() -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.id, i.detected_at, i.severity_id, i.team_id, m.declared_at, m.mitigated_at
            FROM incidents_incident i JOIN incidents_incidentmoments m ON m.incident_id = i.id"""
        )
        return cursor.fetchall()


def test_figures(report: Callable[..., None], medians: Callable[..., list[float]]) -> None:
    owner = fill()
    (made,) = medians(partial(figures.refresh_due, INCIDENTS), runs=1)
    report(f"moments of {INCIDENTS:,} incidents", made)
    now = timezone.now()
    assert len(bare()) == INCIDENTS

    def one(figure: FigureDefinition) -> Any:
        asked = Asked(now - timedelta(days=DAYS + 9), now)
        return page.whole(Scene(owner, asked, now, only=figure), figure)

    for figure in FigureDefinition.objects.all():
        ours, base = medians(partial(one, figure), bare, runs=5)
        report(f"{figure.slug} of {INCIDENTS:,}", ours, base, wanted_seconds=0.3)
    asked = f"since={now.date() - timedelta(days=DAYS + 9)}"
    for path in (f"/figures/time_to_mitigate/?{asked}", f"/figures/?{asked}", "/figures/", "/figures/report/"):
        ours, base = medians(partial(server(owner), path), bare, runs=5)
        report(path.partition("?")[0] + (" of all" if "?" in path else ""), ours, base, wanted_seconds=0.3)
    ours, base = medians(partial(exposition.lines, now), bare, runs=5)
    report("the figures at /metrics", ours, base, wanted_seconds=0.3)
