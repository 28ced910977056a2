"""The review of an incident as a process: what a postmortem has beside its text, who takes part, who is asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ReviewFacts(models.Model):
    """Columns of a postmortem: its figures, its meeting, its deadlines, and how it is told to others.

    `meeting_uid` and `meeting_sequence` are what calendar programs know the meeting by, `meeting_organizer` whom: the
    same person for as long as it is that meeting. `invited_at` says that people have it in their calendars.
    """

    people_affected = models.PositiveBigIntegerField(null=True, blank=True, help_text="How many felt it, if known.")
    people_unit = models.CharField(max_length=30, blank=True, help_text="Of what: customers, shops. Empty: people.")
    requests_affected = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="How many failed or were slow, if known."
    )
    requests_unit = models.CharField(max_length=30, blank=True, help_text="Of what: orders, calls. Empty: requests.")
    cost = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="What it cost, if known."
    )
    cost_currency = models.CharField(max_length=3, blank=True, help_text="By its code: EUR, USD.")
    meet_by = models.DateField(null=True, blank=True, help_text="Until when the review meets.")
    circulate_on = models.DateField(null=True, blank=True, help_text="When those who meet have the text.")
    meeting_minutes = models.PositiveSmallIntegerField(default=60)
    meeting_place = models.CharField(max_length=300, blank=True, help_text="A room, or the address of a call.")
    meeting_uid = models.UUIDField(null=True, editable=False)
    meeting_sequence = models.PositiveIntegerField(default=0, editable=False)
    meeting_organizer = models.ForeignKey(
        "teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    participants: models.ManyToManyField = models.ManyToManyField(
        "teams.User", through="incidents.ReviewParticipant", related_name="reviews_joined"
    )
    names_as_roles = models.BooleanField(
        null=True,
        blank=True,
        help_text="Once published, people stand in it by their roles. Empty: as the organization has it.",
    )
    public_title = models.CharField(max_length=200, blank=True, help_text="Empty: the title.")
    public_wording = models.TextField(blank=True, help_text="What the status page says of it, in Markdown.")
    public_as_written = models.BooleanField(
        default=False, help_text="Without a public wording, the status page has the sections as they are."
    )

    class Meta:
        abstract = True


FACTS_HOLD = (
    models.CheckConstraint(
        condition=Q(cost=None) | Q(cost__gte=0, cost_currency__regex=r"^[A-Z]{3}$"),
        name="postmortem_cost_in_a_currency",
    ),
    models.CheckConstraint(
        condition=Q(meeting_minutes__gte=5, meeting_minutes__lte=480), name="postmortem_meeting_minutes"
    ),
    models.CheckConstraint(
        condition=Q(invited_at=None) | Q(meeting_at__isnull=False, meeting_uid__isnull=False),
        name="postmortem_invited_to_a_meeting",
    ),
)


class ReviewParticipant(models.Model):
    """Somebody who takes part in the review of an incident. `invited` is the newest version of the meeting that they
    were sent; empty, they were sent none."""

    postmortem = models.ForeignKey("incidents.Postmortem", on_delete=models.CASCADE, related_name="participations")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="review_participations")
    added_at = models.DateTimeField(default=timezone.now)
    invited = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "user"], name="review_participant_once")]

    def __str__(self) -> str:
        return f"{self.user} in the review of {self.postmortem}"


class ReviewApproval(models.Model):
    """Somebody was asked to approve a postmortem, or answered unasked."""

    class Answer(models.TextChoices):
        WAITING = "waiting", "Not answered"
        APPROVED = "approved", "Approved"
        SENT_BACK = "sent_back", "Sent back"
        OVER = "over", "Not needed any more"

    postmortem = models.ForeignKey("incidents.Postmortem", on_delete=models.CASCADE, related_name="approvals")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="review_approvals")
    asked_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(null=True, help_text="Empty: nobody asked them.")
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.WAITING)
    answered_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True, help_text="What is to be changed, where they sent it back.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "user"], condition=Q(answer="waiting"), name="review_approval_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["waiting", "approved", "sent_back", "over"]), name="review_approval_answer"
            ),
            models.CheckConstraint(
                condition=Q(answer="waiting", answered_at=None) | ~Q(answer="waiting") & Q(answered_at__isnull=False),
                name="review_approval_answered_when",
            ),
            models.CheckConstraint(
                condition=~Q(answer="sent_back") | ~Q(comment=""), name="review_approval_sent_back_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_answer_display()}"
