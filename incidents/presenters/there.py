"""What there is of an incident at all, asked in one statement: a page then asks for no rows that there are none of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, models

from incidents.models import (
    Alert,
    Attachment,
    CustomValue,
    EscalationRun,
    Follow,
    Incident,
    IncidentTask,
    Mitigation,
    Pin,
    PlaybookRun,
    Postmortem,
    Relation,
    RoleAssignment,
    TeamRequest,
    Witness,
)

# By the name that the page has for them: of which model, and which of its rows.
ASKED: dict[str, tuple[type[models.Model], str]] = {
    "alerts": (Alert, "incident_id = %(pk)s"),
    "attachments": (Attachment, "incident_id = %(pk)s"),
    "crews": (TeamRequest, "incident_id = %(pk)s"),
    "downstream": (Alert, "upstream_id = %(pk)s"),
    "follows": (Follow, "incident_id = %(pk)s"),
    "merged": (Incident, "merged_into_id = %(pk)s"),
    "mitigations": (Mitigation, "incident_id = %(pk)s"),
    "offers": (RoleAssignment, "incident_id = %(pk)s AND state = 'offered'"),
    "paging": (EscalationRun, "incident_id = %(pk)s AND state = 'running' AND request_id IS NULL"),
    "pins": (Pin, "incident_id = %(pk)s"),
    "playbooks": (PlaybookRun, "incident_id = %(pk)s"),
    "postmortem": (Postmortem, "incident_id = %(pk)s"),
    "related": (Relation, "incident_id = %(pk)s OR other_id = %(pk)s"),
    "runs": (EscalationRun, "incident_id = %(pk)s"),
    "tasks": (IncidentTask, "incident_id = %(pk)s"),
    "values": (CustomValue, "incident_id = %(pk)s"),
    "witnesses": (Witness, "incident_id = %(pk)s AND removed_at IS NULL"),
}
_FIRING = "(SELECT count(*) FROM incidents_alert WHERE incident_id = %(pk)s AND status = 'firing')"
_SOME = [f"EXISTS (SELECT FROM {model._meta.db_table} WHERE {which})" for model, which in ASKED.values()]
_SQL = f"SELECT {', '.join([_FIRING, *_SOME])}"


@dataclass(frozen=True, slots=True)
class There:
    """`names` of `ASKED` of which there are rows, and how many alerts are `firing`."""

    names: Collection[str] = tuple(ASKED)
    firing: int = 0

    def __contains__(self, name: str) -> bool:
        return name in self.names


# Where nobody has asked, there may be some of all.
ANYTHING = There()


def of(incident: Incident) -> There:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"pk": incident.pk})
        firing, *found = cursor.fetchone()
    return There(frozenset(name for name, some in zip(ASKED, found, strict=True) if some), firing)
