from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_fsm import FSMField, FSMModelMixin, transition


class Mitigation(FSMModelMixin, models.Model):
    """One attempt to restore service, with what was expected of it named before it ran."""

    class Kind(models.TextChoices):
        ROLL_BACK = "roll_back", "Roll back"
        FAIL_OVER = "fail_over", "Fail over"
        SCALE_UP = "scale_up", "Scale up"
        FEATURE_OFF = "feature_off", "Turn a feature off"
        RESTART = "restart", "Restart"
        SHED_LOAD = "shed_load", "Shed or block load"
        FIX_FORWARD = "fix_forward", "Fix forward"
        WATCH = "watch", "Watch it recover"
        OTHER = "other", "Other"

    # Minutes after which it shows whether one works, where nobody has said another time.
    USUAL_MINUTES = {Kind.FEATURE_OFF: 5, Kind.RESTART: 5, Kind.SHED_LOAD: 5, Kind.WATCH: 15, Kind.FIX_FORWARD: 30}

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        EXECUTING = "executing", "Executing"
        VERIFYING = "verifying", "Verifying"
        WORKED = "worked", "Worked"
        PARTLY = "partly", "Worked partly"
        NO_EFFECT = "no_effect", "No effect"
        HARMFUL = "harmful", "Made it worse"
        UNDONE = "undone", "Undone"
        DROPPED = "dropped", "Not done"

    WAITING = (State.PROPOSED, State.APPROVED)
    IN_FLIGHT = (State.EXECUTING, State.VERIFYING)
    OUTCOMES = (State.WORKED, State.PARTLY, State.NO_EFFECT, State.HARMFUL)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="mitigations")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.ROLL_BACK)
    title = models.CharField(max_length=200)
    state = FSMField(max_length=12, choices=State.choices, default=State.PROPOSED, protected=True, editable=False)
    carried_by = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.PROTECT, related_name="mitigations_carried"
    )
    change = models.ForeignKey(
        "incidents.Change", null=True, blank=True, on_delete=models.SET_NULL, related_name="mitigations"
    )
    card = models.ForeignKey(
        "incidents.MitigationCard",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="attempts",
        help_text="The generic mitigation of the service's deck that it is.",
    )
    expected_effect = models.CharField(max_length=200, blank=True)
    success_signal = models.CharField(max_length=200, blank=True, help_text="What we will see when it works.")
    rollback_plan = models.CharField(max_length=200, blank=True, help_text="How to undo it if it does harm.")
    deadline_at = models.DateTimeField(null=True, blank=True, help_text="When we stop waiting for it to work.")
    asked_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was asked whether it worked, of this deadline."
    )
    proposed_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    executed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    outcome_note = models.TextField(blank=True)
    held = models.BooleanField(default=True, help_text="No once the trouble came back after it had worked.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "proposed",
                        "approved",
                        "executing",
                        "verifying",
                        "worked",
                        "partly",
                        "no_effect",
                        "harmful",
                        "undone",
                        "dropped",
                    ]
                ),
                name="mitigation_state_known",
            )
        ]
        indexes = [
            models.Index(
                fields=["deadline_at"],
                condition=Q(state__in=["executing", "verifying"], asked_at=None, deadline_at__isnull=False),
                name="mitigation_to_judge",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def usual_minutes(self) -> int:
        """How long to wait before it is judged, by its card or its kind."""
        if self.card is not None:
            return self.card.minutes
        return self.USUAL_MINUTES.get(Mitigation.Kind(self.kind), 10)

    @property
    def is_in_flight(self) -> bool:
        return self.state in self.IN_FLIGHT

    @property
    def is_waiting(self) -> bool:
        return self.state in self.WAITING

    @transition(state, source=State.PROPOSED, target=State.APPROVED)
    def approve(self) -> None:
        pass

    @transition(state, source=list(WAITING), target=State.EXECUTING)
    def execute(self) -> None:
        pass

    @transition(state, source=State.EXECUTING, target=State.VERIFYING)
    def verify(self) -> None:
        pass

    @transition(state, source=list(IN_FLIGHT), target=State.WORKED)
    def worked(self) -> None:
        pass

    @transition(state, source=list(IN_FLIGHT), target=State.PARTLY)
    def partly(self) -> None:
        pass

    @transition(state, source=list(IN_FLIGHT), target=State.NO_EFFECT)
    def no_effect(self) -> None:
        pass

    @transition(state, source=list(IN_FLIGHT), target=State.HARMFUL)
    def harmful(self) -> None:
        pass

    @transition(state, source=[*IN_FLIGHT, *OUTCOMES], target=State.UNDONE)
    def undo(self) -> None:
        pass

    @transition(state, source=list(WAITING), target=State.DROPPED)
    def drop(self) -> None:
        pass
