from __future__ import annotations

from django.db import models
from django.utils import timezone


class RelayState(models.Model):
    """How a mail relay of the settings does, for all workers to know, by the name that the settings give it.

    `free_at` is when the next letter may go where the rate is limited; whoever sends some moves it on by what they
    take. `counted` letters were taken since `counted_since`, which begins anew every minute or so.
    """

    name = models.CharField(max_length=120, primary_key=True)
    rate = models.FloatField(null=True, help_text="Letters a second, where it asked for less than the settings allow.")
    rate_since = models.DateTimeField(null=True)
    slowed_at = models.DateTimeField(null=True, help_text="When the rate was last halved.")
    free_at = models.DateTimeField(default=timezone.now)
    rests_until = models.DateTimeField(null=True, help_text="It is left alone until then.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    refuses_since = models.DateTimeField(null=True, help_text="It refuses us, whoever the reader is, since then.")
    reply = models.CharField(max_length=500, blank=True, help_text="What it last said when it failed.")
    counted = models.PositiveIntegerField(default=0)
    counted_since = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
