from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comms.models.delivery import Delivery
from comms.models.page import LANGUAGES, Component, PageRole, StatusPage
from comms.models.update import PageIncident
from teams.models import User
from teams.secrets import SealedField
from teams.zones import validate_zone

Audience = StatusPage.Audience
# From the smallest to the greatest.
IMPACTS: list[str] = [impact.value for impact in PageIncident.Impact]


def _people() -> models.QuerySet[User]:
    """Somebody who has the subscriber's address and may sign in."""
    return User.objects.filter(is_active=True, email__iexact=models.OuterRef("email"))


def _executives() -> models.QuerySet[User]:
    named = PageRole.objects.filter(user=models.OuterRef("pk"), page=models.OuterRef(models.OuterRef("page")))
    return _people().filter(Q(role__in=[User.Role.OWNER, User.Role.ADMIN]) | models.Exists(named))


@dataclass(frozen=True, slots=True)
class Telling:
    """What an update says, as far as it decides who hears it. `incident` is the key of the page's incident, None for
    one that is not saved yet; `impact` and `over` are as the update leaves it; `earlier` are the keys of the updates
    that were told of it before."""

    incident: int | None
    impact: str
    over: bool = False
    earlier: Collection[int] = ()


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def at(self, email: str) -> SubscriberQuerySet:
        """Subscriptions of an address, however it is written."""
        return self.filter(Exact(Lower("email"), email.lower()))

    def hearing_of(self, component: Component) -> SubscriberQuerySet:
        """Whoever chose a component: by itself, by its group, or because they hear of everything."""
        chosen = Q(all_components=True) | self._chose("components", component_id=component.pk)
        if component.group_id:
            chosen |= self._chose("groups", componentgroup_id=component.group_id)
        return self.filter(chosen, page=component.page_id)

    def active(self) -> SubscriberQuerySet:
        """Those who are told: they confirmed, and may read the page. Of a page for people of the organization that is
        as long as their address is one of somebody who may."""
        return self.filter(state=Subscriber.State.ACTIVE).filter(
            Q(page__audience__in=[Audience.PUBLIC, Audience.CUSTOMERS])
            | Q(page__audience=Audience.INTERNAL) & models.Exists(_people())
            | Q(page__audience=Audience.EXECUTIVES) & models.Exists(_executives())
        )

    def told_of(self, components: Collection[int], telling: Telling | None = None) -> SubscriberQuerySet:
        """Active ones whom an update concerns that touches `components` (ids): an incident's where `telling` says what
        it tells, else planned maintenance's.

        They asked for all of the page, for one of these components, for a group that one of them belongs to at this
        moment, or for this incident alone. Where nothing is touched, nobody can tell whom it concerns, and everybody
        is told but those who follow other incidents only.
        """
        found = self.active().filter(self._scope(components, telling))
        return found.filter(maintenance=True) if telling is None else found._wanting(telling)

    def _scope(self, components: Collection[int], telling: Telling | None) -> Q:
        touched = sorted(components)
        concerned = Q(all_components=True) | self._following(telling)
        groups = Component.objects.filter(pk__in=touched, group__isnull=False).values("group")
        if touched:
            return (
                concerned
                | self._chose("components", component_id__in=touched)
                | self._chose("groups", componentgroup_id__in=groups)
            )
        return concerned | self._chose("components") | self._chose("groups")

    def _following(self, telling: Telling | None) -> Q:
        """Those who asked for this incident by itself."""
        if telling is None or telling.incident is None:
            return Q(pk__in=[])
        return self._chose("incidents", pageincident_id=telling.incident)

    def _chose(self, name: str, **which: object) -> Q:
        chosen = getattr(self.model, name).through.objects.filter(subscriber_id=models.OuterRef("pk"), **which)
        return Q(models.Exists(chosen))

    def _wanting(self, telling: Telling) -> SubscriberQuerySet:
        """Of those, who wants to hear it at this impact, and at this point of the incident.

        The end is told to whoever was told of the incident, however small its impact became. Who wants only the first
        update and the end is told the first one that concerns them: that may be a later one, when they joined or the
        incident reached them in between. What waits for a digest has told nobody yet.
        """
        wanted = Q(floor__in=IMPACTS[: IMPACTS.index(telling.impact) + 1]) | self._following(telling)
        ends = Q(ends_only=False)
        if telling.earlier:
            heard = models.Exists(
                Delivery.objects.filter(
                    subscriber=models.OuterRef("pk"), update__in=sorted(telling.earlier), kind=Delivery.Kind.UPDATE
                ).exclude(state__in=Delivery.UNHEARD)
            )
            if telling.over:
                return self.filter(wanted | heard)
            return self.filter(wanted).filter(ends | ~heard)
        return self.filter(wanted)


class Subscriber(models.Model):
    """Somebody outside who asked to be told, and said so twice.

    `email` is whose subscription it is: who confirms, changes and ends it. By another channel than mail, updates go to
    `endpoint`, a URL that may hold a key and is kept encrypted; `endpoint_shown` is as much of it as may be read again,
    and `endpoint_mark` tells whether it is known.

    They hear of all of the page, or of `components`, of `groups` with whatever belongs to them by then, and of single
    `incidents`. What has an impact below `floor` is not told. The quiet hours (in their zone) and the digest hold back
    what is of low impact, and nothing else.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")
        CHAT = "chat", _("Chat")

    class Digest(models.TextChoices):
        AT_ONCE = "", _("At once")
        HOURLY = "hourly", _("Once an hour")
        DAILY = "daily", _("Once a day")

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for confirmation"
        ACTIVE = "active", "Active"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        SUPPRESSED = "suppressed", "Address refused"

    # Impacts that quiet hours and digests hold back.
    LOW = (PageIncident.Impact.NONE, PageIncident.Impact.MINOR)

    page = models.ForeignKey("comms.StatusPage", on_delete=models.CASCADE, related_name="subscribers")
    email = models.EmailField()
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    kind = models.CharField(
        max_length=12, blank=True, editable=False, help_text="Which chat service, as contact methods name it."
    )
    endpoint = SealedField(blank=True, editable=False)
    endpoint_shown = models.CharField(max_length=120, blank=True, editable=False)
    endpoint_mark = models.CharField(max_length=64, blank=True, editable=False)
    secret = SealedField(blank=True, editable=False, help_text="Signs what a webhook gets.")
    former_secret = SealedField(blank=True, editable=False, help_text="Signs as well until it is dropped.")
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    trouble = models.CharField(max_length=300, blank=True, editable=False, help_text="Why it last failed.")
    state = models.CharField(max_length=14, choices=State, default=State.PENDING)
    all_components = models.BooleanField(default=True)
    components: models.ManyToManyField = models.ManyToManyField(
        "comms.Component", blank=True, related_name="subscribers"
    )
    groups: models.ManyToManyField = models.ManyToManyField(
        "comms.ComponentGroup",
        blank=True,
        related_name="subscribers",
        help_text="With the components that join them later.",
    )
    incidents: models.ManyToManyField = models.ManyToManyField(
        "comms.PageIncident", blank=True, related_name="subscribers", help_text="Told of until they end."
    )
    floor = models.CharField(
        max_length=8,
        choices=PageIncident.Impact,
        default=PageIncident.Impact.NONE,
        help_text="Incidents below this impact are not told.",
    )
    maintenance = models.BooleanField(default=True, help_text="Planned maintenance is told as well.")
    ends_only = models.BooleanField(
        default=False, help_text="Of an incident the first update and the one that says it is over, and none between."
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="What is of low impact waits until the end.")
    quiet_until = models.TimeField(null=True, blank=True)
    digest = models.CharField(
        max_length=8,
        choices=Digest,
        blank=True,
        default=Digest.AT_ONCE,
        help_text="How what is of low impact comes: by itself, or several in one.",
    )
    digest_at = models.TimeField(default=time(8), help_text="When a daily digest comes, in their zone.")
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
            models.UniqueConstraint(
                "page", Lower("email"), condition=Q(channel="email"), name="subscriber_once_a_page"
            ),
            models.UniqueConstraint(
                fields=["page", "endpoint_mark"], condition=~Q(endpoint_mark=""), name="subscriber_endpoint_once_a_page"
            ),
            models.CheckConstraint(
                condition=Q(channel="email", endpoint="") | Q(channel__in=["webhook", "chat"]) & ~Q(endpoint=""),
                name="subscriber_endpoint",
            ),
            models.CheckConstraint(
                condition=Q(floor__in=["none", "minor", "major", "critical"]), name="subscriber_floor"
            ),
            models.CheckConstraint(condition=Q(digest__in=["", "hourly", "daily"]), name="subscriber_digest"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=models.F("quiet_until")),
                name="subscriber_quiet_hours",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "unsubscribed", "suppressed"]),
                name="subscriber_state",
            ),
        ]
        indexes = [models.Index(Lower("email"), name="subscriber_by_email")]

    def __str__(self) -> str:
        return self.email

    @property
    def reached_at(self) -> str:
        """Where updates go, as far as it may be shown."""
        return self.endpoint_shown or self.email

    @property
    def speaks(self) -> str:
        """The language of what is sent to them: their own as long as the page offers it."""
        return self.language if self.language in self.page.languages else self.page.language


class SubscriberEvent(models.Model):
    """One line of a subscriber's history: what they or somebody else did, and what was learned of their address. What
    was sent to them are their deliveries."""

    class Kind(models.TextChoices):
        ASKED = "asked", "Asked"
        CONFIRMED = "confirmed", "Confirmed"
        CHOSE = "chose", "Changed their choice"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        RETURNED = "returned", "Came back"
        BOUNCED = "bounced", "Mail bounced"
        COMPLAINED = "complained", "Called our mail spam"
        SUPPRESSED = "suppressed", "Address refused"
        FAILING = "failing", "Endpoint fails"
        ADDED = "added", "Added by somebody"
        IMPORTED = "imported", "Imported"
        REMOVED = "removed", "Removed by somebody"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    text = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    delivery = models.ForeignKey("comms.Delivery", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="subscriber_event_kind",
                condition=Q(
                    kind__in=[
                        *("asked", "confirmed", "chose", "unsubscribed", "returned", "bounced", "complained"),
                        *("suppressed", "failing", "added", "imported", "removed"),
                    ]
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.subscriber})"
