from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.secrets import SealedField


class Letter(models.Model):
    """A mail about somebody's account, as Django was asked to send it; each of its deliveries is one reader's copy.

    It may carry a link that opens an account: it is kept encrypted, and only until it was sent or failed for good.
    """

    subject = models.CharField(max_length=255)
    sender = models.CharField("from", max_length=320, blank=True, help_text="Empty: the installation's own address.")
    headers = models.JSONField(default=dict, blank=True)
    text = SealedField(blank=True)
    html = SealedField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    blanked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(blanked_at=None) | Q(text="", html=""), name="letter_blank_is_blank"),
        ]

    def __str__(self) -> str:
        return self.subject
