from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from teams.zones import validate_zone


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        return self.filter(state=Subscriber.State.ACTIVE)

    def told_of(self, components: list[int]) -> SubscriberQuerySet:
        """Active ones who asked for any of `components` (ids), or for all of the page."""
        chosen = self.model.components.through.objects.filter(
            subscriber_id=models.OuterRef("pk"), component_id__in=components
        )
        return self.active().filter(Q(all_components=True) | models.Exists(chosen))


class Subscriber(models.Model):
    """Somebody outside who asked to be told, and said so twice."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for confirmation"
        ACTIVE = "active", "Active"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        SUPPRESSED = "suppressed", "Address refused"

    page = models.ForeignKey("comms.StatusPage", on_delete=models.CASCADE, related_name="subscribers")
    email = models.EmailField()
    state = models.CharField(max_length=14, choices=State, default=State.PENDING)
    all_components = models.BooleanField(default=True)
    components: models.ManyToManyField = models.ManyToManyField(
        "comms.Component", blank=True, related_name="subscribers"
    )
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint("page", Lower("email"), name="subscriber_once_a_page"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "unsubscribed", "suppressed"]),
                name="subscriber_state",
            ),
        ]

    def __str__(self) -> str:
        return self.email
