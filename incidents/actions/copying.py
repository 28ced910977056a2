"""Writing many alerts at once by COPY: in a storm most of the work would be Django's preparing of each value."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

from incidents.models import Alert

# All of the table but what the database itself makes up.
COLUMNS = (
    *("id", "integration_id", "incident_id", "fingerprint", "status", "title", "summary", "severity", "service"),
    *("group_key", "count", "starts_at", "ends_at", "received_at", "last_received_at", "flapping", "suppression"),
    *("silence_id", "maintenance_id", "upstream_id", "quiet_until", "team_id", "private"),
)
AS_JSON = ("labels", "annotations", "links")
COPY = f"COPY incidents_alert ({', '.join((*COLUMNS, *AS_JSON))}) FROM STDIN"
KEYS = "SELECT nextval(pg_get_serial_sequence('incidents_alert', 'id')) FROM generate_series(1, %s)"


def insert(alerts: Iterable[Alert]) -> None:
    """Insert alerts that have no key yet, in the caller's transaction; they have one afterwards. Fields are taken as
    they stand, without signals or defaults of the model."""
    new = list(alerts)
    if not new:
        return
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [len(new)])
        for alert, (key,) in zip(new, cursor.fetchall(), strict=True):
            alert.pk = key
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for alert in new:
                row = [getattr(alert, name) for name in COLUMNS]
                row += [json.dumps(getattr(alert, name), ensure_ascii=False) for name in AS_JSON]
                copy.write_row(row)
    for alert in new:
        alert._state.adding = False
