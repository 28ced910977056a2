from __future__ import annotations

from django.db import models
from django.utils import timezone


class CommentRevision(models.Model):
    """What a comment said before whoever wrote it changed it. It goes with the comment."""

    comment = models.ForeignKey("incidents.SectionComment", on_delete=models.CASCADE, related_name="earlier")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now, help_text="When it was written.")

    class Meta:
        ordering = ["comment", "-pk"]

    def __str__(self) -> str:
        return self.text[:80]
