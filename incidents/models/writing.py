"""What stands around the sections of a postmortem while people write them together."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SectionClaim(models.Model):
    """Somebody is writing on a section. It lapses at `until`, unless a sign of life from their page moves that."""

    section = models.OneToOneField("incidents.PostmortemSection", on_delete=models.CASCADE, related_name="claim")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="section_claim_ends_after_it_began")
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.section}"


class PostmortemChange(models.Model):
    """What was changed of a postmortem beside its sections: `field` is one of `actions.postmortem.FACTS`; or `entries`,
    with the numbers of those taken out before and of those added after; or `factor`, with its text; or `factor_tags` or
    `factor_place`, with an object of its text and its tags by name or its place. People are named by
    their numbers, so that nobody's name outlives their account here."""

    postmortem = models.ForeignKey("incidents.Postmortem", on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=20)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["postmortem", "-at", "-pk"]
        indexes = [models.Index(fields=["postmortem", "-at"])]

    def __str__(self) -> str:
        return f"{self.postmortem}: {self.field}"


class SectionCommentQuerySet(models.QuerySet["SectionComment"]):
    def threads(self) -> SectionCommentQuerySet:
        return self.filter(reply_to=None)

    def open(self) -> SectionCommentQuerySet:
        """Threads in which something is still to be said."""
        return self.threads().filter(resolved_at=None)

    def visible_to(self, user: Any) -> SectionCommentQuerySet:
        from incidents.models.incident import Incident

        return self.filter(section__postmortem__incident__in=Incident.objects.visible_to(user))


class SectionComment(models.Model):
    """Something said about a section, or in answer to what was said. It is read by who sees the incident in the
    console, and never published."""

    section = models.ForeignKey("incidents.PostmortemSection", on_delete=models.PROTECT, related_name="comments")
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replies")
    quote = models.CharField(max_length=500, blank=True, help_text="The passage that it is about.")
    text = models.TextField()
    by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="Whoever wrote it took it back; its place stays, as it was answered."
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SectionCommentQuerySet.as_manager()

    class Meta:
        ordering = ["section", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reply_to=None) | Q(quote="", resolved_at=None), name="section_comment_reply_is_plain"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(text="", quote=""), name="section_comment_removed_says_nothing"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
