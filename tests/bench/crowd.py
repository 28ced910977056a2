"""Many incidents and alerts at once, as some years of many teams leave them: most are over, some are private."""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.utils import timezone

from incidents.models import Alert, Incident, Integration
from teams.models import Membership, Service, Team, User

TEAMS = 200
PARTS = ("Checkout", "Search", "Ledger", "Mail", "Login", "Catalogue", "Warehouse", "Maps")
TROUBLES = (
    "errors above 5 %",
    "latency over 2 s",
    "queue grows",
    "disk 91 % full",
    "certificate ends",
    "restarts often",
)


def scene() -> tuple[User, User]:
    """Teams, a service and an integration each, the severities; the owner, and a member of three of the teams."""
    owner = User.objects.create_user("owner", email="owner@example.org", role="owner")
    member = User.objects.create_user("member", email="member@example.org")
    teams = Team.objects.bulk_create(Team(name=f"Team {n:03}", slug=f"team-{n}") for n in range(TEAMS))
    Membership.objects.bulk_create(Membership(team=team, user=member) for team in teams[:3])
    Service.objects.bulk_create(
        Service(name=f"Service {n:03}", slug=f"service-{n}", team=t) for n, t in enumerate(teams)
    )
    Integration.objects.bulk_create(
        Integration(name=f"Tool {n:03}", kind="alertmanager", team=team, private=n % 20 == 0)
        for n, team in enumerate(teams)
    )
    return owner, member


def ids() -> dict[str, int]:
    """A team of the member's, its service, and a tool that is not private, by their keys."""
    team = Team.objects.get(slug="team-1")
    return {"team": team.pk, "service": team.services.get().pk, "integration": team.integrations.get().pk}


def add(incidents: int, alerts: int) -> None:
    """So many more of each, of which about one in 500 is open or fires."""
    now = timezone.now()
    team, integration = (
        f"((SELECT min(id) FROM {model._meta.db_table}) + g.n % {TEAMS})" for model in (Team, Integration)
    )
    parts, troubles = (
        f"('{{{','.join(names)}}}'::text[])[1 + g.n / {TEAMS} % {len(names)}]" for names in (PARTS, TROUBLES)
    )
    title = f"{parts} ' ' || {troubles} || ' on host-' || (g.n::bigint * 7919 % 5000)".replace("] ' '", "] || ' '")
    ago = "now() - g.n * interval '30 seconds'"
    _copy(
        Incident(title="x", detected_at=now, created_at=now, phase="closed"),
        incidents,
        title=title,
        summary="'Seen by ' || (g.n % 977) || ' people'",
        team_id=team,
        severity_id="1 + g.n % 4",
        private="g.n % 20 = 0",
        phase="CASE g.n % 500 WHEN 0 THEN 'detect' WHEN 1 THEN 'mitigate' WHEN 2 THEN 'cancelled' ELSE 'closed' END",
        detected_at=ago,
        resolved_at="CASE WHEN g.n % 500 > 2 THEN now() END",
        closed_at="CASE WHEN g.n % 500 > 2 THEN now() END",
        cancelled_at="CASE WHEN g.n % 500 = 2 THEN now() END",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_incident_services (incident_id, service_id) "
            "SELECT i.id, (SELECT min(id) FROM teams_service) + i.id %% %s FROM incidents_incident i "
            "WHERE NOT EXISTS (SELECT 1 FROM incidents_incident_services s WHERE s.incident_id = i.id)",
            [TEAMS],
        )
    first, last = (Incident.objects.aggregate(pk=function("pk"))["pk"] for function in (models.Min, models.Max))
    _copy(
        Alert(title="x", fingerprint="x", received_at=now, last_received_at=now),
        alerts,
        title=title,
        summary="'Measured at ' || (g.n % 977) || ' for five minutes'",
        fingerprint="md5(g.n::text || clock_timestamp())",
        integration_id=integration,
        incident_id=f"{first} + g.n % {last - first + 1}",
        status="CASE WHEN g.n % 500 = 0 THEN 'firing' ELSE 'resolved' END",
        severity="(ARRAY['critical', 'warning', 'info', ''])[1 + g.n % 4]",
        service=f"'service-' || (g.n % {TEAMS})",
        labels=f"""jsonb_build_object('alertname', {troubles}, 'env', (ARRAY['prod', 'test'])[1 + g.n % 2],
            'instance', 'host-' || (g.n::bigint * 7919 % 5000), 'job', {parts})""",
        received_at=ago,
        last_received_at=ago,
        starts_at=ago,
        ends_at=f"CASE WHEN g.n % 500 <> 0 THEN {ago} + interval '5 minutes' END",
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _copy(like: models.Model, count: int, **columns: str) -> None:
    """Insert `count` rows like this one but for these columns, which are SQL of the row's number, g.n."""
    given: list[Any] = []
    written = []
    for field in like._meta.concrete_fields:
        if field.primary_key or (field.column not in columns and field.has_db_default()):
            continue
        if field.column in columns:
            written.append((field.column, columns[field.column].replace("%", "%%")))
        else:
            written.append((field.column, f"%s::{field.db_type(connection)}"))
            value = getattr(like, field.attname)
            given.append(field.get_db_prep_save(value, connection))
    names, values = (
        ", ".join(f'"{each}"' if n == 0 else each for each in column)
        for n, column in enumerate(zip(*written, strict=True))
    )
    statement = f'INSERT INTO "{like._meta.db_table}" ({names}) SELECT {values} FROM generate_series(1, {count}) g (n)'
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
