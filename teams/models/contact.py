from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.secrets import SealedField


class ContactMethodQuerySet(models.QuerySet["ContactMethod"]):
    def usable(self) -> ContactMethodQuerySet:
        """Those that pages may go to: proved to be the person's, and not turned off since."""
        return self.filter(verified_at__isnull=False, disabled_at=None)


class ContactMethod(models.Model):
    """One way to reach a person beside the e-mail address of their account. It counts once its person typed the code
    that was sent to it.

    `address` is what the channel needs: an e-mail address, a phone number as +49…, the URL of a webhook or of a chat
    service, or a browser's subscription as JSON. It may hold a key to somebody's chat, so it is kept encrypted;
    `shown` is as much of it as may be read again. `digest` finds a phone number that an answer came from.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"
        VOICE = "voice", "Phone call"
        PUSH = "push", "Push to a browser"
        SLACK = "slack", "Slack"
        MSTEAMS = "msteams", "Microsoft Teams"
        MATTERMOST = "mattermost", "Mattermost"
        TELEGRAM = "telegram", "Telegram"
        NTFY = "ntfy", "ntfy"
        GOTIFY = "gotify", "Gotify"
        PUSHOVER = "pushover", "Pushover"
        SIGNAL = "signal", "Signal"
        OTHER = "other", "Another service"
        WEBHOOK = "webhook", "Webhook"

    PHONES = (Kind.SMS, Kind.VOICE)

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="contact_methods")
    kind = models.CharField(max_length=12, choices=Kind)
    label = models.CharField(max_length=60, blank=True, help_text="Such as “work phone”.")
    address = SealedField()
    shown = models.CharField(max_length=120, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    secret = SealedField(blank=True, help_text="Signs what a webhook gets.")
    code_digest = models.CharField(max_length=64, blank=True, editable=False)
    code_ends_at = models.DateTimeField(null=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    trouble = models.CharField(max_length=300, blank=True, help_text="Why the provider last failed; empty when well.")
    trouble_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ContactMethodQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "digest"],
                name="contact_method_once",
                violation_error_message="You have this one already.",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("email", "sms", "voice", "push", "slack", "msteams", "mattermost", "telegram", "ntfy"),
                        *("gotify", "pushover", "signal", "other", "webhook"),
                    ]
                ),
                name="contact_method_kind",
            ),
            models.CheckConstraint(
                condition=Q(code_digest="") | Q(code_ends_at__isnull=False), name="contact_code_ends"
            ),
        ]
        indexes = [models.Index(fields=["kind", "digest"], name="contact_by_digest")]

    def __str__(self) -> str:
        return self.label or f"{self.get_kind_display()} {self.shown}"

    @property
    def named(self) -> str:
        """Its kind and what its person calls it: `SMS work phone`."""
        return f"{self.get_kind_display()} {self.label or self.shown}"

    @property
    def usable(self) -> bool:
        return self.verified_at is not None and self.disabled_at is None


class NotificationRule(models.Model):
    """So many minutes after somebody is paged, unless the page was answered, this contact method is used. `method`
    None is the e-mail address of the account."""

    class Urgency(models.TextChoices):
        HIGH = "high", "High urgency"
        LOW = "low", "Low urgency"

    LONGEST = 240

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="notification_rules")
    urgency = models.CharField(max_length=4, choices=Urgency, default=Urgency.HIGH)
    delay_minutes = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(LONGEST)])
    method = models.ForeignKey(ContactMethod, null=True, blank=True, on_delete=models.CASCADE, related_name="rules")

    class Meta:
        ordering = ["urgency", "delay_minutes", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "urgency", "delay_minutes", "method"],
                name="notification_rule_once",
                nulls_distinct=False,
                violation_error_message="This rule is there already.",
            ),
            models.CheckConstraint(condition=Q(urgency__in=["high", "low"]), name="notification_rule_urgency"),
            models.CheckConstraint(condition=Q(delay_minutes__lte=240), name="notification_rule_delay"),
        ]

    def __str__(self) -> str:
        way = str(self.method) if self.method else "account e-mail"
        return f"{self.get_urgency_display()}: {way} after {self.delay_minutes} min"
