from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.secrets import SealedField

# Who deletes a person sets these to nothing; all else stays as it was written.
_ACCESS_EVENT_STAYS = """
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['user_id', 'by_id'] = to_jsonb(OLD) - ARRAY['user_id', 'by_id'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'access events are append-only' USING ERRCODE = 'restrict_violation';
"""
_NO_TRUNCATE = "RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';"
_OUTBOX = """
    INSERT INTO teams_auditline (stream_id, event_id, due_at, attempts)
        SELECT id, NEW.id, now(), 0 FROM teams_auditstream WHERE active;
    RETURN NULL;
"""


def _append_only(func: str = "") -> list[pgtrigger.Trigger]:
    refused = "RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';"
    return [
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=func or refused,
        ),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=_NO_TRUNCATE,
        ),
    ]


class AccessEvent(models.Model):
    """Something that happened to access and is no row of its own: a sign-in, a refused one, a second factor, a
    session's end, an export. Written by `teams.audit.events.note` alone."""

    kind = models.CharField(max_length=60, db_index=True, help_text="Dotted: sign_in.done, session.ended …")
    user = models.ForeignKey(
        "teams.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whom it happened to.",
    )
    by = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Who did it."
    )
    text = models.CharField(max_length=300, help_text="A sentence for people.")
    through = models.CharField(max_length=40, blank=True, help_text="console, api, admin, scim, oidc, task, cli")
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-at", "-pk"]
        triggers = _append_only(_ACCESS_EVENT_STAYS)

    def __str__(self) -> str:
        return self.text


class AuditEvent(models.Model):
    """One line of the audit log: a row of a tracked table that changed, or an access event. Written by the database
    (`watchbill_remember`), and by nothing else."""

    class Done(models.TextChoices):
        ADDED = "insert", "Added"
        CHANGED = "update", "Changed"
        REMOVED = "delete", "Removed"

    at = models.DateTimeField()
    done = models.CharField(max_length=60, help_text="insert, update, delete, or the kind of an access event")
    kind = models.CharField(max_length=80, help_text="The table: teams.layer")
    object = models.CharField(max_length=64, help_text="The row's key.")
    label = models.TextField(blank=True, help_text="What the row was called then.")
    about: ArrayField[Any, Any] = ArrayField(
        models.CharField(max_length=120), default=list, help_text="What it concerns, itself included: teams.team:3"
    )
    before = models.JSONField(null=True, help_text="Of a change only the columns that changed.")
    after = models.JSONField(null=True)
    user = models.ForeignKey(
        "teams.User", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    through = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    context = models.JSONField(default=dict, help_text="method, url, agent, token, task, command …")
    context_id = models.UUIDField(null=True, help_text="The same for all that one request did.")
    incident = models.BigIntegerField(null=True, help_text="The incident that it tells of.")
    document = SearchVectorField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["user", "-at", "-id"], name="audit_person"),
            models.Index(fields=["kind", "-at", "-id"], name="audit_kind"),
            models.Index(fields=["done", "-at", "-id"], name="audit_done"),
            models.Index(fields=["through", "-at", "-id"], name="audit_through"),
            models.Index(fields=["address", "-at", "-id"], name="audit_address"),
            GinIndex(fields=["about"], name="audit_about", fastupdate=False),
            GinIndex(fields=["document"], name="audit_document", fastupdate=False),
        ]
        triggers = [
            *_append_only(),
            pgtrigger.Trigger(name="outbox", when=pgtrigger.After, operation=pgtrigger.Insert, func=_OUTBOX),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object} {self.done}"


class AuditStream(models.Model):
    """Where the audit log is sent as it is written: a syslog server or a webhook."""

    class Kind(models.TextChoices):
        SYSLOG = "syslog", "Syslog"
        WEBHOOK = "webhook", "Webhook"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WEBHOOK)
    url = models.CharField(
        "address",
        max_length=500,
        help_text="Of a webhook https://siem.example.org/watchbill, of syslog udp://, tcp:// or tls:// with host and "
        "port: tls://logs.example.org:6514.",
    )
    secret = SealedField(
        blank=True, help_text="Signs what a webhook gets (HMAC-SHA256). Left empty, one is made and shown once."
    )
    former_secret = SealedField(blank=True, editable=False, help_text="Signs as well while receivers change over.")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row.")
    retry_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["syslog", "webhook"]), name="audit_stream_kind"),
        ]

    SCHEMES: ClassVar[dict[str, tuple[str, ...]]] = {"syslog": ("udp", "tcp", "tls"), "webhook": ("https",)}

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        from teams.outward import Unsafe, parse

        try:
            parse(self.url, self.SCHEMES.get(self.kind, ()), port_needed=self.kind == self.Kind.SYSLOG)
        except Unsafe as unsafe:
            raise ValidationError({"url": str(unsafe)}) from None


class AuditLineQuerySet(models.QuerySet["AuditLine"]):
    def claimable(self, now: datetime) -> AuditLineQuerySet:
        """What is due and nobody is sending, or whose sender's lease ran out."""
        return self.filter(sent_at=None, due_at__lte=now).filter(Q(lease_until=None) | Q(lease_until__lte=now))


class AuditLine(models.Model):
    """One event that a stream still has to get, or got. The row is the queue, written in the transaction of the event
    by a trigger; the same event may be sent twice, with the same id."""

    stream = models.ForeignKey(AuditStream, on_delete=models.CASCADE, related_name="lines")
    event = models.ForeignKey(AuditEvent, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    objects = AuditLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sent_at=None), name="audit_line_due"),
            models.Index(fields=["sent_at"], condition=Q(sent_at__isnull=False), name="audit_line_sent"),
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} to {self.stream}"
