from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def open(self) -> ApprovalQuerySet:
        return self.filter(outcome="")

    def settle(self, outcome: str, *, by: Any, reason: str = "") -> int:
        """Answer those that are open; returns how many were."""
        return self.open().update(
            outcome=outcome, answered_by=by, answered_at=timezone.now(), reason=reason, remind_at=None
        )


class Approval(models.Model):
    """One request that a second person look at an update before it is published, and what came of it."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", "Approved"
        SENT_BACK = "sent_back", "Sent back"
        LAPSED = "lapsed", "Nobody answered in time"
        BYPASSED = "bypassed", "Published without approval"
        TAKEN_BACK = "taken_back", "Taken back"

    update = models.ForeignKey("comms.StatusUpdate", on_delete=models.CASCADE, related_name="approvals")
    asked_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(help_text="When it lapses.")
    remind_at = models.DateTimeField(null=True, help_text="When the approvers are asked once more.")
    answered_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was sent back, or published without one.")

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["update"], condition=Q(outcome=""), name="approval_one_open"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "approved", "sent_back", "lapsed", "bypassed", "taken_back"]),
                name="approval_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", answered_at__isnull=True) | (~Q(outcome="") & Q(answered_at__isnull=False)),
                name="approval_answered_when",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="bypassed") | ~Q(reason=""), name="approval_bypassed_with_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(outcome=""), name="approval_due")]

    def __str__(self) -> str:
        return self.get_outcome_display() if self.outcome else "Waiting for an approver"


class Correction(models.Model):
    """A published update was wrong, and says something else since. Readers see both, unless what it said must not be
    read any more."""

    update = models.ForeignKey("comms.StatusUpdate", on_delete=models.CASCADE, related_name="corrections")
    by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    before = models.TextField(help_text="What it said.")
    after = models.TextField(help_text="What it says instead.")
    erased = models.BooleanField(default=False, help_text="Readers don't see any more what it said.")
    notify = models.BooleanField(default=True, help_text="Mail it to those who got the wrong one.")

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.after[:60]
