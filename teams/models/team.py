from __future__ import annotations

from django.db import models
from django.urls import reverse

from teams import bridges


class Team(models.Model):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True, help_text="What this team looks after, for people who don't know it.")
    members: models.ManyToManyField = models.ManyToManyField(
        "teams.User", through="teams.Membership", related_name="teams"
    )
    escalation_policy = models.ForeignKey(
        "teams.EscalationPolicy",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Pages this team when the service has no policy of its own.",
    )
    commander_schedule = models.ForeignKey(
        "teams.Schedule",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who takes command by default. Empty: the primary on call, else whoever declares.",
    )
    call_template = models.CharField(
        "video room",
        max_length=300,
        blank=True,
        validators=[bridges.check],
        help_text=f"Where people of its incidents meet: https://meet.example.org/{{reference}}. {bridges.HELP}",
    )
    chat_template = models.CharField(
        "chat channel",
        max_length=300,
        blank=True,
        validators=[bridges.check],
        help_text=f"Where they write: https://chat.example.org/channels/{{reference}}. {bridges.HELP}",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("teams:team", args=[self.slug])


class Membership(models.Model):
    class Role(models.TextChoices):
        MANAGER = "manager", "Manager"
        MEMBER = "member", "Member"
        GUEST = "guest", "Guest"

    class Source(models.TextChoices):
        MANUAL = "manual", "by hand"
        SSO = "sso", "by groups at sign-in"
        SCIM = "scim", "by SCIM"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    source = models.CharField(
        max_length=8,
        choices=Source,
        default=Source.MANUAL,
        editable=False,
        help_text="Who keeps it: what people gave by hand, no provider takes away.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=["manager", "member", "guest"]), name="membership_role"),
            models.CheckConstraint(condition=models.Q(source__in=["manual", "sso", "scim"]), name="membership_source"),
        ]
        ordering = ["team__name", "user__first_name"]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
