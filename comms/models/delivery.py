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

    def waiting_by_kind(self) -> list[tuple[str, int]]:
        """How many wait of each kind that has some."""
        rows = self.filter(state__in=["held", "queued", "sending"]).order_by("kind").values_list("kind")
        return list(rows.annotate(count=models.Count("pk")))

    def oldest_due_by_kind(self, now: datetime) -> list[tuple[str, float]]:
        """For how many seconds the oldest of each kind has been due, of those that have some."""
        rows = self.filter(state__in=["queued", "sending"], due_at__lte=now).order_by("kind").values_list("kind")
        return [(kind, (now - due_at).total_seconds()) for kind, due_at in rows.annotate(due=models.Min("due_at"))]


class Delivery(models.Model):
    """One message to one address. The row is the queue: workers claim it with a lease, and the unique key keeps the
    same thing from being queued twice."""

    class Kind(models.TextChoices):
        PAGE = "page", "Page"
        DIGEST = "digest", "Digest of pages"
        CODE = "code", "Code to verify"
        TEST = "test", "Test page"
        DRILL = "drill", "Page drill"
        ACCOUNT = "account", "Account"
        ALARM = "alarm", "Alarm about mail"
        CONFIRM = "confirm", "Confirmation"
        NOTICE = "notice", "Notice"
        UPDATE = "update", "Status update"
        SUMMARY = "summary", "Digest of updates"

    class State(models.TextChoices):
        HELD = "held", "Held for a digest"
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        BOUNCED = "bounced", "Bounced"
        SUPERSEDED = "superseded", "Superseded"
        SUPPRESSED = "suppressed", "Not sent"

    class Channel(models.TextChoices):
        """By which transport it goes. Chat services and the rest of them go through one library."""

        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"
        VOICE = "voice", "Phone call"
        PUSH = "push", "Push"
        CHAT = "chat", "Chat"
        WEBHOOK = "webhook", "Webhook"

    # What calls somebody. It goes out before everything else, by a short lease.
    CALLS = (Kind.PAGE, Kind.DIGEST)
    # What goes on by the person's next channel where one fails, and is tried again soon. A drill does as pages do, but
    # stands behind them.
    PASSED_ON = (*CALLS, Kind.DRILL)
    # Whoever it was for has heard nothing by it.
    UNHEARD = (State.HELD, State.FAILED, State.BOUNCED, State.SUPPRESSED)
    PRIORITY = {
        **dict.fromkeys(CALLS, 0),
        **dict.fromkeys((Kind.CODE, Kind.TEST, Kind.DRILL, Kind.ACCOUNT, Kind.ALARM), 1),
        Kind.CONFIRM: 2,
        Kind.NOTICE: 3,
        Kind.UPDATE: 5,
        # What can wait does not stand before what is told now.
        Kind.SUMMARY: 6,
    }

    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    priority = models.PositiveSmallIntegerField(default=5)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    address = models.CharField(max_length=254, help_text="Of mail; of other channels as much as may be shown.")
    method = models.ForeignKey(
        "teams.ContactMethod", null=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    webhook = models.ForeignKey("teams.Webhook", null=True, db_index=False, on_delete=models.SET_NULL, related_name="+")
    place = models.PositiveSmallIntegerField(default=0, help_text="Which of a page's notifications, from 0.")
    rule = models.CharField(max_length=120, blank=True, help_text="Why this channel at this time, in words.")
    bundle = models.ForeignKey(
        "comms.Bundle", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    drill_call = models.ForeignKey(
        "comms.DrillCall", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    user = models.ForeignKey("teams.User", null=True, db_index=False, on_delete=models.CASCADE, related_name="+")
    subscriber = models.ForeignKey(
        "comms.Subscriber", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    page = models.ForeignKey(
        "incidents.Page", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    update = models.ForeignKey(
        "comms.StatusUpdate", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    correction = models.ForeignKey(
        "comms.Correction", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    maintenance_update = models.ForeignKey(
        "comms.MaintenanceUpdate", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    entry = models.ForeignKey(
        "incidents.TimelineEntry", null=True, db_index=False, on_delete=models.CASCADE, related_name="+"
    )
    letter = models.ForeignKey(
        "comms.Letter", null=True, db_index=False, on_delete=models.CASCADE, related_name="deliveries"
    )
    superseded_by = models.ForeignKey(
        "comms.StatusUpdate",
        null=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The newer update that was sent instead.",
    )
    told_in = models.ForeignKey(
        "self",
        null=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="tells",
        help_text="The digest that tells it.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reply = models.CharField(max_length=500, blank=True, help_text="What the mail server or the provider last said.")
    provider_id = models.CharField(max_length=80, blank=True, help_text="By which the provider knows it.")
    relay = models.CharField(max_length=80, blank=True, help_text="The mail relay that took it.")
    created_at = models.DateTimeField(default=timezone.now)
    first_due_at = models.DateTimeField(null=True, help_text="When its rule wanted it, whatever became of it.")
    sent_at = models.DateTimeField(null=True)
    took_ms = models.PositiveIntegerField(null=True, help_text="Milliseconds that the provider took to answer.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            # In the order in which they are claimed; a hundred thousand of an update are due at the same moment.
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(state__in=["queued", "sending"], channel="email"),
                name="delivery_waiting_mail",
            ),
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(state__in=["queued", "sending"]) & ~Q(channel="email"),
                name="delivery_waiting_calls",
            ),
            models.Index(fields=["bundle"], condition=Q(state="held"), name="delivery_held"),
            models.Index(
                fields=["due_at"], condition=Q(state="held", subscriber__isnull=False), name="delivery_held_for_summary"
            ),
            # What most rows have nothing of is indexed where there is something: a hundred thousand letters of an
            # update are written several times each, and every index with them.
            *(
                models.Index(
                    fields=[name, "state"] if name in ("update", "maintenance_update") else [name],
                    condition=Q(**{f"{name}__isnull": False}),
                    name=f"delivery_of_{name}"[:30],
                )
                for name in (
                    *("method", "webhook", "bundle", "drill_call", "user", "subscriber", "page", "update"),
                    *("correction", "maintenance_update", "entry", "letter", "superseded_by", "told_in"),
                )
            ),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="delivery_of_provider"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("held", "queued", "sending", "sent", "failed", "bounced", "superseded", "suppressed"),
                    ]
                ),
                name="delivery_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(bundle__isnull=False) | Q(subscriber__isnull=False),
                name="delivery_held_for_a_digest",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["email", "sms", "voice", "push", "chat", "webhook"]), name="delivery_channel"
            ),
            models.CheckConstraint(condition=~Q(kind="account") | Q(letter__isnull=False), name="delivery_letter"),
            models.CheckConstraint(
                condition=~Q(kind="drill") | Q(drill_call__isnull=False), name="delivery_of_a_drill"
            ),
            models.CheckConstraint(condition=~Q(state="sending") | Q(lease_until__isnull=False), name="delivery_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.address}"

    @property
    def way(self) -> str:
        """By what it goes, in words: the kind of the contact method, which is loaded with it, or the channel."""
        return str(self.method.get_kind_display() if self.method else self.get_channel_display())
