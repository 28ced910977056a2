from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.secrets import SealedField


class PushKey(models.Model):
    """By which push services know this installation (VAPID, RFC 8292). There is one, made when it is first needed;
    every browser's subscription is bound to it, so a new one would silence all of them."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    private = SealedField(help_text="The private key of P-256, as PEM.")
    public = models.CharField(max_length=90, help_text="The point in base64url, as browsers take it.")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="push_key_one")]

    def __str__(self) -> str:
        return f"Push key of {self.made_at:%Y-%m-%d}"
