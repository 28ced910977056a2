from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The answer to a creation, kept so that the same request sent again gets the same answer and makes nothing new."""

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
