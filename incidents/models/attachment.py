from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    from incidents.models.timeline import TimelineEntry


def new_uid() -> str:
    return secrets.token_urlsafe(24)


class Attachment(models.Model):
    """A picture or a text that stands with an entry of the timeline. Written by `actions.attachments` alone; the
    database refuses to change it, except that it is taken away once. Its bytes are in `AttachmentContent`."""

    class Kind(models.TextChoices):
        IMAGE = "image", "Image"
        TEXT = "text", "Text"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="attachments")
    entry = models.ForeignKey("incidents.TimelineEntry", on_delete=models.PROTECT, related_name="attachments")
    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text="Bytes, as it is kept.")
    sha256 = models.CharField(max_length=64, help_text="Of what is kept, as hex digits.")
    width = models.PositiveIntegerField(null=True, help_text="Pixels.")
    height = models.PositiveIntegerField(null=True, help_text="Pixels.")
    lines = models.PositiveIntegerField(null=True, help_text="Of a text.")
    opening = models.TextField(blank=True, help_text="How a text begins.")
    uploaded_by = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    removed_because = models.TextField(blank=True)

    if TYPE_CHECKING:
        content: AttachmentContent

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["image", "text"]), name="attachment_kind_known"),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by=None, removed_because="")
                | Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(removed_because=""),
                name="attachment_removed_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:file", args=[self.uid, self.name])

    @property
    def preview_url(self) -> str:
        return reverse("incidents:file_preview", args=[self.uid, self.name])

    @property
    def is_image(self) -> bool:
        return self.kind == self.Kind.IMAGE

    def alt(self, entry: TimelineEntry) -> str:
        """What a picture shows, for those who don't see it: the first line of its note, else its name."""
        said = "" if entry.verb == "files.attached" else entry.text.strip().partition("\n")[0]
        return f"{said[:120]} ({self.name})" if said else self.name


class AttachmentContent(models.Model):
    """The bytes of an attachment, in a table of their own so that no list fetches them. Deleted when it is removed."""

    attachment = models.OneToOneField(Attachment, primary_key=True, on_delete=models.CASCADE, related_name="content")
    data = models.BinaryField()
    preview = models.BinaryField(null=True, help_text="A small WebP of an image.")

    def __str__(self) -> str:
        return f"content of {self.attachment_id}"
