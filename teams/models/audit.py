from __future__ import annotations

from django.db import models
from django.utils import timezone


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

    def __str__(self) -> str:
        return self.text
