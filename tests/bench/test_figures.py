"""Figures of ten thousand incidents with half a million lines, beside the bare reading of as many rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from incidents.actions import figures
from incidents.figures.asking import Asked
from incidents.models import (
    ActionItem,
    EscalationRun,
    FigureDefinition,
    Incident,
    Mitigation,
    Page,
    Promise,
    RoleAssignment,
)
from incidents.presenters.figures import exposition, page
from incidents.presenters.figures.scene import Scene
from teams.models import Membership, Role, User
from tests import factories
from tests.bench.test_lists import server

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

INCIDENTS, LINES, PEOPLE = 10_000, 50, 50
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
    around(owner)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return owner


def around(owner: User) -> None:
    """What else figures count of them: attempts, promises, action items, pages to fifty people, and commanders."""
    people = [owner, *(factories.UserFactory() for _ in range(PEOPLE))]
    factories.TeamFactory(name="Search", people=people)
    Membership.objects.filter(user=owner).update(role="manager")
    command = Role.objects.get(slug=Role.COMMANDER)
    found = list(Incident.objects.order_by("pk").values_list("pk", "detected_at"))
    made: dict[type[Any], list[Any]] = {
        each: [] for each in (Mitigation, Promise, ActionItem, EscalationRun, RoleAssignment)
    }
    kinds, states, items = Mitigation.Kind.values, ("worked", "partly", "no_effect", "undone"), ActionItem.Kind.values
    for n, (pk, at) in enumerate(found):

        def after(minutes: float, at: datetime = at, n: int = n) -> datetime:
            return at + timedelta(minutes=minutes * (1 + n % 9))

        took = {"kind": kinds[n % len(kinds)], "state": states[n % 4], "executed_at": at, "finished_at": after(5)}
        made[Mitigation].append(Mitigation(incident_id=pk, title="Roll back", **took))
        kept = {"outcome": "broken" if n % 5 == 0 else "kept", "told_at": after(20), "ended_at": after(20)}
        made[Promise] += [Promise(incident_id=pk, due_at=at + timedelta(minutes=30), **kept) for _ in range(2)]
        if n % 2:
            closed = {"state": "done", "closed_at": after(9000)} if n % 3 else {}
            item = {"kind": items[n // 2 % len(items)], "created_at": after(90), "due_on": after(9000).date()}
            made[ActionItem].append(ActionItem(incident_id=pk, title="Add a limit", **item, **closed))
        over = {"state": "stopped", "due_at": None, "ended_at": at, "ended_reason": "Answered"}
        made[EscalationRun].append(EscalationRun(incident_id=pk, **over))
        seat = {"state": "ended", "held_at": at, "accepted_at": at, "ended_at": after(60)}
        made[RoleAssignment].append(RoleAssignment(incident_id=pk, role=command, user=people[n % len(people)], **seat))
    for model, rows in made.items():
        model.objects.bulk_create(rows)
    pages = [
        Page(incident_id=run.incident_id, run=run, user=people[(n + k * 7) % len(people)], level=k, created_at=at)
        for n, (run, (_, at)) in enumerate(zip(made[EscalationRun], found, strict=True))
        for k in range(3)
    ]
    Page.objects.bulk_create(pages)


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
