"""What becomes of action items: that trouble came back, what they would have been worth, who was told of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ItemRecurrence(models.Model):
    """That an incident was the recurrence of the one that an action item follows from, and how the item stood then."""

    item = models.ForeignKey("incidents.ActionItem", on_delete=models.CASCADE, related_name="came_back")
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="items_came_back")
    stood = models.CharField(max_length=10, choices=[("open", "Open"), ("done", "Done"), ("dropped", "Not done")])
    reopened = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "incident"], name="item_recurrence_once"),
            models.CheckConstraint(condition=Q(stood__in=["open", "done", "dropped"]), name="item_recurrence_stood"),
            models.CheckConstraint(condition=Q(reopened=False) | Q(stood="done"), name="item_recurrence_reopened"),
        ]

    def __str__(self) -> str:
        return f"{self.get_stood_display()}, and it came back"


class CounterfactualQuerySet(models.QuerySet["Counterfactual"]):
    def visible_to(self, user: Any) -> CounterfactualQuerySet:
        from incidents.models.incident import Incident

        return self.filter(incident__in=Incident.objects.visible_to(user))


class Counterfactual(models.Model):
    """What would have helped in an incident, had it been done by then: an action item that was open, or a mitigation of
    an earlier incident. One row without either says that nothing would."""

    class Effect(models.TextChoices):
        PREVENTED = "prevented", "Would have prevented it"
        SOONER = "sooner", "Would have shown it sooner"
        SHORTENED = "shortened", "Would have shortened it"
        NONE = "none", "Nothing would have helped"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="counterfactuals")
    item = models.ForeignKey(
        "incidents.ActionItem", null=True, blank=True, on_delete=models.CASCADE, related_name="counterfactuals"
    )
    mitigation = models.ForeignKey(
        "incidents.Mitigation", null=True, blank=True, on_delete=models.CASCADE, related_name="counterfactuals"
    )
    effect = models.CharField(max_length=10, choices=Effect)
    minutes = models.PositiveIntegerField(null=True, blank=True, help_text="By about how many minutes, if known.")
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = CounterfactualQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(effect="none", item=None, mitigation=None, minutes=None)
                | Q(effect__in=["prevented", "sooner", "shortened"], item__isnull=False, mitigation=None)
                | Q(effect__in=["prevented", "sooner", "shortened"], item=None, mitigation__isnull=False),
                name="counterfactual_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["incident", "item"], condition=Q(item__isnull=False), name="counterfactual_item_once"
            ),
            models.UniqueConstraint(
                fields=["incident", "mitigation"],
                condition=Q(mitigation__isnull=False),
                name="counterfactual_mitigation_once",
            ),
            models.UniqueConstraint(fields=["incident"], condition=Q(effect="none"), name="counterfactual_none_once"),
        ]

    def __str__(self) -> str:
        return str(self.get_effect_display())


class NoItemsDecision(models.Model):
    """That nothing follows from an incident, decided by somebody other than the owner of its postmortem."""

    incident = models.OneToOneField("incidents.Incident", on_delete=models.PROTECT, related_name="no_items")
    reason = models.TextField()
    by = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="no_items_reason")]

    def __str__(self) -> str:
        return f"No action items needed: {self.reason}"


class ActionNotice(models.Model):
    """Something that one person is to be told of an action item. The row is the queue: what is due of somebody goes out
    as one letter a day."""

    class Why(models.TextChoices):
        REMINDER = "reminder", "Reminder"
        OVERDUE = "overdue", "Overdue"
        UNOWNED = "unowned", "Without an owner"
        UNDATED = "undated", "Without a date"
        RELEVANT = "relevant", "Still relevant?"
        UNANSWERED = "unanswered", "Nobody answers"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        DROPPED = "dropped", "Not needed any more"

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey("incidents.ActionItem", on_delete=models.CASCADE, related_name="notices")
    why = models.CharField(max_length=12, choices=Why)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "item", "why"], condition=Q(state="waiting"), name="action_notice_waits_once"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None) | Q(state__in=["sent", "dropped"], ended_at__isnull=False),
                name="action_notice_ended",
            ),
            models.CheckConstraint(
                condition=Q(why__in=["reminder", "overdue", "unowned", "undated", "relevant", "unanswered"]),
                name="action_notice_why",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="action_notice_waiting"),
            models.Index(fields=["user", "ended_at"], condition=Q(state="sent"), name="action_notice_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_why_display()}: {self.item_id}"
