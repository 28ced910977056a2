from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from teams.models.people import User
from teams.models.team import Membership


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> InvitationQuerySet:
        """Those whose link works at `now`."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)

    def in_state(self, state: str, now: datetime) -> InvitationQuerySet:
        """`open`, `accepted`, `expired` or `revoked`; anything else: all."""
        if state == Invitation.State.OPEN:
            return self.open(now)
        if state == Invitation.State.ACCEPTED:
            return self.exclude(accepted_at=None)
        if state == Invitation.State.REVOKED:
            return self.exclude(revoked_at=None)
        ended = self.filter(accepted_at=None, revoked_at=None, expires_at__lte=now)
        return ended if state == Invitation.State.EXPIRED else self.all()


class Invitation(models.Model):
    """Somebody asked to join, by a link in one mail. Of the link only a digest is kept."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Revoked"

    email = models.EmailField("email address")
    role = models.CharField("role in the organization", max_length=12, choices=User.Role)
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    team_role = models.CharField(
        "role in the team", max_length=16, choices=Membership.Role, default=Membership.Role.MEMBER
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(default=timezone.now)
    sent_count = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose account it led to; before it is accepted: who had that address when it was sent.",
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            # Two of them, because PostgreSQL 14 takes rows without a team for different ones.
            models.UniqueConstraint(
                Lower("email"),
                "team",
                condition=Q(accepted_at=None, revoked_at=None, team__isnull=False),
                name="invitation_once_a_team",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None, team=None),
                name="invitation_once_without_team",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_accepted_or_revoked"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "admin", "responder", "viewer"])
                & Q(team_role__in=["manager", "member", "guest"]),
                name="invitation_roles_known",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="invitation_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> State:
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        return self.State.EXPIRED if self.expires_at <= timezone.now() else self.State.OPEN

    @staticmethod
    def digest_of(key: str) -> str:
        """SHA-256 of a link's key as hex: keys are random, so no salt and no stretching are needed."""
        return hashlib.sha256(key.encode()).hexdigest()

    def renew_key(self) -> str:
        """Give it a new link, unsaved, and return the key of it; the link before works no more."""
        key = secrets.token_urlsafe(32)
        self.digest = self.digest_of(key)
        return key
