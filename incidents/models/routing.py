from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Max, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from incidents import routing
from incidents.phases import ON_RECOVERY, recovery_sentence
from teams.models import EscalationPolicy, Team
from teams.zones import is_zone

if TYPE_CHECKING:
    from datetime import datetime

PRIORITIES = [(1, "P1, the first"), (2, "P2"), (3, "P3"), (4, "P4"), (5, "P5, the last")]

# The default comes last whatever its position.
ORDER = ["is_default", "position", "pk"]


class RoutingRuleQuerySet(models.QuerySet["RoutingRule"]):
    def with_targets(self) -> RoutingRuleQuerySet:
        """Fetch with it all that routing an alert asks of a rule."""
        return self.select_related(
            "team__escalation_policy__team",
            "service__team__escalation_policy__team",
            "service__escalation_policy__team",
            "severity",
            "policy__team",
        )

    def with_matches(self) -> RoutingRuleQuerySet:
        """`matched`, how many alerts each decided for, and `last_matched_at`, None for never."""
        found = self.annotate(matched=Coalesce(Sum("matches__count"), 0), last_matched_at=Max("matches__last_at"))
        # What is counted together loses the order of its model.
        return found.order_by(*ORDER)

    def search(self, text: str) -> RoutingRuleQuerySet:
        """Those that have every word in their name, conditions or targets."""
        found = self
        for word in text.split()[:8]:
            found = found.filter(
                Q(name__icontains=word)
                | Q(conditions__icontains=word)
                | Q(team__name__icontains=word)
                | Q(service__name__icontains=word)
                | Q(policy__name__icontains=word)
            )
        return found


class RoutingRule(models.Model):
    """What happens to alerts that its conditions hold for. The first rule in order that matches decides; the default
    is the last and always matches. An empty target leaves it as it would be without the rule."""

    position = models.PositiveIntegerField(help_text="Lower is asked first.")
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False, editable=False)
    conditions = models.JSONField(default=list, blank=True, help_text="All have to hold; see `incidents.routing`.")
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey("teams.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    severity = models.ForeignKey(
        "incidents.Severity", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    policy = models.ForeignKey(
        "teams.EscalationPolicy", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    priority = models.PositiveSmallIntegerField(null=True, blank=True, choices=PRIORITIES)
    private = models.BooleanField(default=False)
    declares = models.BooleanField(default=False, help_text="Incidents that it opens are declared at once.")
    group_by = models.CharField(max_length=8, default="tool", choices=[(k, k) for k in routing.GROUPINGS])
    group_labels = models.JSONField(default=list, blank=True)
    group_minutes = models.PositiveIntegerField(null=True, blank=True)
    on_recovery = models.CharField(max_length=8, default="tell", choices=ON_RECOVERY)
    recovery_minutes = models.PositiveSmallIntegerField(
        default=5, help_text="How long nothing may fire before that happens."
    )

    objects = RoutingRuleQuerySet.as_manager()

    if TYPE_CHECKING:
        matched: int
        last_matched_at: datetime | None

    class Meta:
        ordering = ORDER
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="rule_one_default"),
            # Deferred, so that two change places in one statement.
            models.UniqueConstraint(
                fields=["position"], deferrable=models.Deferrable.DEFERRED, name="rule_position_once"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(enabled=True, conditions=[]), name="rule_default_always_catches"
            ),
            models.CheckConstraint(condition=Q(group_by__in=list(routing.GROUPINGS)), name="rule_group_by"),
            models.CheckConstraint(
                condition=Q(group_minutes=None) | Q(group_minutes__gte=1, group_minutes__lte=routing.LONGEST_WINDOW),
                name="rule_group_minutes",
            ),
            models.CheckConstraint(
                condition=Q(priority=None) | Q(priority__gte=1, priority__lte=5), name="rule_priority"
            ),
            models.CheckConstraint(
                condition=Q(on_recovery__in=[key for key, _ in ON_RECOVERY]), name="rule_on_recovery"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:rule", args=[self.pk])

    def read_conditions(self) -> tuple[routing.Condition, ...]:
        return routing.conditions_from_json(self.conditions, is_zone=is_zone)

    def read_grouping(self) -> routing.Grouping:
        return routing.grouping_from(self.group_by, self.group_labels, self.group_minutes)

    def read(self) -> routing.Rule:
        """The rule as the pure value that decides. InvalidRuleError where it can't be read."""
        return routing.Rule(
            self.pk or 0, self.name, self.read_conditions(), self.read_grouping(), self.private, self.is_default
        )

    @property
    def recovery(self) -> str:
        """What happens once all alerts of its incidents are over, in words."""
        return recovery_sentence(self.on_recovery, self.recovery_minutes)

    @property
    def own_team(self) -> Team | None:
        """The team that the rule names, itself or by its service."""
        return self.team or (self.service.team if self.service else None)

    @property
    def own_policy(self) -> EscalationPolicy | None:
        """The policy that the rule names, itself or by what it names: None leaves it to the alert's services and
        team."""
        if self.policy is not None:
            return self.policy
        if self.service is not None and self.service.escalation_policy is not None:
            return self.service.escalation_policy
        return self.team.escalation_policy if self.team else None


class RoutingMatch(models.Model):
    """How many alerts of one integration a rule decided for. One row each: an integration is taken by one worker at a
    time, so that nobody waits for another's count."""

    rule = models.ForeignKey(RoutingRule, on_delete=models.CASCADE, related_name="matches")
    integration = models.ForeignKey("incidents.Integration", on_delete=models.CASCADE, related_name="+")
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "integration"], name="match_once")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.count}"
