from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from comms.models.page import LANGUAGES, PageRole, StatusPage
from teams.models import User
from teams.zones import validate_zone

Audience = StatusPage.Audience


def _people() -> models.QuerySet[User]:
    """Somebody who has the subscriber's address and may sign in."""
    return User.objects.filter(is_active=True, email__iexact=models.OuterRef("email"))


def _executives() -> models.QuerySet[User]:
    named = PageRole.objects.filter(user=models.OuterRef("pk"), page=models.OuterRef(models.OuterRef("page")))
    return _people().filter(Q(role__in=[User.Role.OWNER, User.Role.ADMIN]) | models.Exists(named))


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        """Those who are told: they confirmed, and may read the page. Of a page for people of the organization that is
        as long as their address is one of somebody who may."""
        return self.filter(state=Subscriber.State.ACTIVE).filter(
            Q(page__audience__in=[Audience.PUBLIC, Audience.CUSTOMERS])
            | Q(page__audience=Audience.INTERNAL) & models.Exists(_people())
            | Q(page__audience=Audience.EXECUTIVES) & models.Exists(_executives())
        )

    def told_of(self, components: Collection[int]) -> SubscriberQuerySet:
        """Active ones who asked for any of `components` (ids), or for all of the page. Where there is none, nobody can
        tell whom it concerns, and everybody is told."""
        if not components:
            return self.active()
        chosen = self.model.components.through.objects.filter(
            subscriber_id=models.OuterRef("pk"), component_id__in=sorted(components)
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
    language = models.CharField(
        max_length=2,
        choices=LANGUAGES,
        blank=True,
        help_text="Of their mail, where the page offers it; else the page's.",
    )
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

    @property
    def speaks(self) -> str:
        """The language of what is sent to them: their own as long as the page offers it."""
        return self.language if self.language in self.page.languages else self.page.language
