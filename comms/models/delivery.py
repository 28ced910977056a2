from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def claimable(self, now: datetime) -> DeliveryQuerySet:
        """What is due and nobody is sending, or whose sender's lease ran out; the most urgent first."""
        return self.filter(Q(state="queued", due_at__lte=now) | Q(state="sending", lease_until__lte=now)).order_by(
            "priority", "due_at", "pk"
        )


class Delivery(models.Model):
    """One message to one address. The row is the queue: workers claim it with a lease, and the unique key keeps the
    same thing from being queued twice."""

    class Kind(models.TextChoices):
        PAGE = "page", "Page"
        ACCOUNT = "account", "Account"
        CONFIRM = "confirm", "Confirmation"
        NOTICE = "notice", "Notice"
        UPDATE = "update", "Status update"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        SUPPRESSED = "suppressed", "Not sent"

    PRIORITY = {Kind.PAGE: 0, Kind.ACCOUNT: 1, Kind.CONFIRM: 2, Kind.NOTICE: 3, Kind.UPDATE: 5}

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    priority = models.PositiveSmallIntegerField(default=5)
    address = models.EmailField()
    user = models.ForeignKey("teams.User", null=True, on_delete=models.CASCADE, related_name="+")
    subscriber = models.ForeignKey("comms.Subscriber", null=True, on_delete=models.CASCADE, related_name="deliveries")
    page = models.ForeignKey("incidents.Page", null=True, on_delete=models.CASCADE, related_name="deliveries")
    update = models.ForeignKey("comms.StatusUpdate", null=True, on_delete=models.CASCADE, related_name="deliveries")
    entry = models.ForeignKey("incidents.TimelineEntry", null=True, on_delete=models.CASCADE, related_name="+")
    letter = models.ForeignKey("comms.Letter", null=True, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reply = models.CharField(max_length=500, blank=True, help_text="What the mail server last said.")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["priority", "due_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="delivery_waiting",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending", "sent", "failed", "suppressed"]),
                name="delivery_state",
            ),
            models.CheckConstraint(condition=~Q(kind="account") | Q(letter__isnull=False), name="delivery_letter"),
            models.CheckConstraint(condition=~Q(state="sending") | Q(lease_until__isnull=False), name="delivery_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.address}"
