from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone

NO_CIRCLE = "relation_no_circle"
# Of two that each add one half of a circle, the second waits here and then sees what the first has added.
LOCK = "hashtextextended('watchbill:incident-relations', 0)"
_NO_CIRCLE = f"""
    IF NEW.kind <> 'parent' THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock({LOCK});
    IF EXISTS (
        WITH RECURSIVE reached(id) AS (
            SELECT NEW.other_id
            UNION
            SELECT r.other_id FROM incidents_relation r JOIN reached x ON r.incident_id = x.id WHERE r.kind = 'parent'
        )
        SELECT 1 FROM reached WHERE id = NEW.incident_id
    ) THEN
        RAISE EXCEPTION 'an incident is no part of its own parts'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{NO_CIRCLE}';
    END IF;
    RETURN NULL;
"""  # noqa: S608 - a text of our own

# Each kind as the other incident says it.
REVERSE = {
    "parent": "Has as a part",
    "related": "Related to",
    "caused_by": "Caused",
    "recurs": "Came back as",
    "split_from": "Split off",
}


class Relation(models.Model):
    """What an incident has to do with another one: `incident` is … of, or by, `other`."""

    class Kind(models.TextChoices):
        PARENT = "parent", "Part of"
        RELATED = "related", "Related to"
        CAUSED_BY = "caused_by", "Caused by"
        RECURS = "recurs", "Recurrence of"
        SPLIT_FROM = "split_from", "Split from"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="relations")
    other = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="relations_back")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RELATED)
    created_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "incidents_relation"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                Least("incident", "other"), Greatest("incident", "other"), "kind", name="relation_once"
            ),
            models.UniqueConstraint(fields=["incident"], condition=Q(kind="parent"), name="relation_one_parent"),
            models.CheckConstraint(condition=~Q(incident=F("other")), name="relation_with_another"),
            models.CheckConstraint(
                condition=Q(kind__in=["parent", "related", "caused_by", "recurs", "split_from"]), name="relation_kind"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="no_circle",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.After,
                func=_NO_CIRCLE,
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.get_kind_display().lower()} {self.other_id}"
