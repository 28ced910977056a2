from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class RoleAssignment(models.Model):
    """Somebody in a seat of an incident, or being offered it.

    `held` with no `accepted_at`: the roster put them there and they have not said yes yet, so that no seat is empty
    before somebody accepts.
    """

    class State(models.TextChoices):
        OFFERED = "offered", "Offered"
        HELD = "held", "Held"
        ENDED = "ended", "Ended"
        DECLINED = "declined", "Declined"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="assignments")
    role = models.ForeignKey("teams.Role", on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="assignments")
    single_seat = models.BooleanField(default=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    offered_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(default=timezone.now)
    held_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    brief = models.TextField(blank=True, help_text="Condition, actions, needs: what the next holder reads first.")
    read_back = models.TextField(blank=True, help_text="How whoever took over said the brief back.")
    answer_due_at = models.DateTimeField(
        null=True, help_text="When somebody else is asked, or whoever offered it is told, if no answer came."
    )

    class Meta:
        ordering = ["role__position", "pk"]
        indexes = [
            models.Index(
                fields=["answer_due_at"],
                condition=Q(answer_due_at__isnull=False, state__in=["offered", "held"]),
                name="role_answer_due",
            ),
            models.Index(fields=["user"], condition=Q(state="held"), name="role_held_by"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(state="held", single_seat=True),
                name="role_one_holder",
            ),
            models.UniqueConstraint(
                fields=["incident", "role", "user"],
                condition=Q(state__in=["held", "offered"]),
                name="role_once_a_person",
            ),
            models.CheckConstraint(condition=~Q(state="held") | Q(held_at__isnull=False), name="role_held_since"),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "held", "ended", "declined"]), name="role_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.user}"
