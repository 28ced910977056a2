from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Cast, Upper
from django.urls import reverse
from django.utils import timezone
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, transition

from incidents import clock, full_text, phases
from incidents.models.severity import IncidentType, Severity
from incidents.phases import VERBS, Phase
from teams import access, permits
from teams.models import Membership

if TYPE_CHECKING:
    from incidents.models.alert import Change
    from incidents.models.roles import RoleAssignment
    from teams.models import User


def where(user: Any, verb: str, at: str = "") -> Q:
    """`permits.may` of `verb` as a condition on incidents, or on rows that reach theirs by the path `at`, such as
    "incident__". What belongs to a row alone comes first: whether somebody takes part is looked up for few."""
    from incidents.models.page import Page

    held, scopes = permits.in_organization(user), permits.scopes_of(user)
    if not held:
        return Q(pk__in=[])
    if access.allows(verb, held, private=True, scopes=scopes):
        return Q(**{f"{at}isnull": False}) if at else Q()
    found, row = Q(pk__in=[]), OuterRef(f"{at}pk")
    for private in (False, True):
        if access.allows(verb, held, private=private, scopes=scopes):
            found |= Q(**{f"{at}private": private})
            continue
        roles = {r.value for r in access.Role if access.allows(verb, {r}, private=private, scopes=scopes)}
        teams = Membership.objects.filter(user=user, role__in=roles).values("team")
        shared = Incident.shared_with.through.objects.filter(incident=row, team__in=teams)
        mine = Q(**{f"{at}team__in": teams}) | Q(Exists(shared))
        if access.Role.PARTICIPANT in roles:
            joined = Incident.participants.through.objects.filter(incident=row, user=user)
            mine |= Q(Exists(joined)) | Q(Exists(Page.objects.filter(incident=row, user=user)))
        found |= Q(**{f"{at}private": private}) & mine
    return found


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: Any) -> IncidentQuerySet:
        """Incidents that `user` may know of: the public ones, and private ones where one of their roles counts."""
        return self.where(user, "incident.view")

    def where(self, user: Any, verb: str) -> IncidentQuerySet:
        """Incidents to which `user` may do `verb`: `permits.may` as a filter."""
        return self.filter(where(user, verb))

    def open(self) -> IncidentQuerySet:
        """Everything that still wants something of somebody: not closed, cancelled or merged."""
        return self.filter(phase__in=phases.OPEN)

    def active(self) -> IncidentQuerySet:
        """Trouble that is going on: from Detect until it is resolved."""
        return self.filter(phase__in=phases.ACTIVE)

    def search(self, text: str) -> IncidentQuerySet:
        """Full text over title, summary and impact, or a part of the title; a reference such as `INC-42` or `42` finds
        that one, too."""
        words = text.strip()
        number = words.upper().removeprefix("INC-")
        match = Q(document=full_text.query(words)) | Q(title__icontains=words)
        if number.isdecimal() and len(number) < 10:
            match |= Q(pk=int(number))
        return self.annotate(document=full_text.vector(full_text.OF_INCIDENT)).filter(match)

    def with_faces(self) -> IncidentQuerySet:
        """Fetch with it what a list or a page shows of each: team, severity, services and who holds which role."""
        from incidents.models.roles import RoleAssignment

        return self.select_related("team", "severity", "type").prefetch_related(
            "services",
            models.Prefetch(
                "assignments",
                RoleAssignment.objects.filter(state=RoleAssignment.State.HELD).select_related("role", "user"),
                to_attr="held_roles",
            ),
        )


class Incident(FSMModelMixin, models.Model):
    """One piece of trouble from the first alert to the last action item. The story itself is the timeline."""

    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    phase = FSMField(max_length=16, default=Phase.DETECT, choices=Phase.choices, protected=True, editable=False)
    phase_before = models.CharField(max_length=16, blank=True, editable=False)
    severity = models.ForeignKey(Severity, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    type = models.ForeignKey(
        IncidentType,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="incidents",
        help_text="If it matters.",
    )
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    services: models.ManyToManyField = models.ManyToManyField("teams.Service", blank=True, related_name="incidents")
    private = models.BooleanField(
        default=False, help_text="Only its team, teams it is shared with, those who take part, and owners see it."
    )
    shared_with: models.ManyToManyField = models.ManyToManyField(
        "teams.Team",
        blank=True,
        related_name="incidents_shared",
        help_text="Teams beside the owning one that see it while it is private.",
    )
    participants: models.ManyToManyField = models.ManyToManyField(
        "teams.User", blank=True, related_name="incidents_joined"
    )
    drill = models.BooleanField(default=False)
    reported_by = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents_reported"
    )
    integration = models.ForeignKey(
        "incidents.Integration", null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents"
    )
    group_key = models.CharField(max_length=500, blank=True, editable=False)
    escalation_policy = models.ForeignKey(
        "teams.EscalationPolicy",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="By which a routing rule pages for it. Empty: its services' or its team's.",
    )
    priority = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="Which of several comes first, 1 to 5, as a routing rule says."
    )
    on_recovery = models.CharField(
        max_length=8,
        default="tell",
        editable=False,
        choices=phases.ON_RECOVERY,
        help_text="What happens once all its alerts are over, as a routing rule says.",
    )
    recovery_minutes = models.PositiveSmallIntegerField(default=5, editable=False)
    recovery_due_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When that happens, if nothing fires again."
    )
    resolve_proposed_at = models.DateTimeField(null=True, blank=True, editable=False)

    impact = models.TextField(blank=True, help_text="What is broken, for whom, and how badly?")
    affected = models.CharField(
        max_length=200, blank=True, help_text="Who feels it, and how many: “3 in 10 orders, all of Europe”."
    )
    impact_started_at = models.DateTimeField(null=True, blank=True, help_text="Empty until somebody knows it.")
    impact_ended_at = models.DateTimeField(null=True, blank=True)
    eta_at = models.DateTimeField(null=True, blank=True, help_text="When service is expected back, if known.")
    call_url = models.CharField(
        "video room", max_length=500, blank=True, editable=False, validators=[URLValidator(schemes=["http", "https"])]
    )
    chat_url = models.CharField(
        "chat channel", max_length=500, blank=True, editable=False, validators=[URLValidator(schemes=["http", "https"])]
    )

    detected_at = models.DateTimeField(default=timezone.now, editable=False)
    acknowledged_at = models.DateTimeField(null=True, blank=True, editable=False)
    acknowledged_by = models.ForeignKey(
        "teams.User", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    declared_at = models.DateTimeField(null=True, blank=True, editable=False)
    mitigation_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    mitigated_at = models.DateTimeField(null=True, blank=True, editable=False)
    soak_until = models.DateTimeField(null=True, blank=True, editable=False)
    first_resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    review_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_kind = models.CharField(max_length=16, blank=True, choices=phases.CANCEL_KINDS, editable=False)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged_from"
    )
    recovered_by_itself = models.BooleanField(default=False, editable=False)
    confirmation = models.TextField(blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        "teams.User", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    relapses = models.PositiveSmallIntegerField(default=0, editable=False)
    reopens = models.PositiveSmallIntegerField(default=0, editable=False)

    comms_required = models.BooleanField(default=False, editable=False)
    last_update_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_update_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    final_update_at = models.DateTimeField(null=True, blank=True, editable=False)

    attempt_due_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the commander is asked for an attempt to restore service, unless one begins.",
    )
    attempt_asked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when that was asked, while none has begun."
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Counts what was recorded: a page that shows this number is up to date.",
    )

    objects = IncidentQuerySet.as_manager()

    if TYPE_CHECKING:
        held_roles: list[RoleAssignment]
        reader_is: frozenset[access.Role]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=list(Phase.values)), name="incident_phase_known"),
            models.UniqueConstraint(
                fields=["integration", "group_key"],
                condition=~Q(group_key="") & Q(phase__in=[p.value for p in phases.ACTIVE]),
                name="incident_one_active_per_group",
            ),
            models.CheckConstraint(
                condition=Q(priority=None) | Q(priority__gte=1, priority__lte=5), name="incident_priority"
            ),
            models.CheckConstraint(
                condition=Q(on_recovery__in=[key for key, _ in phases.ON_RECOVERY]), name="incident_on_recovery"
            ),
            models.CheckConstraint(
                condition=Q(phase="merged", merged_into__isnull=False) | ~Q(phase="merged") & Q(merged_into=None),
                name="incident_merged_into_another",
            ),
        ]
        indexes = [
            models.Index(fields=["phase", "-id"]),
            models.Index(
                fields=["recovery_due_at"], condition=Q(recovery_due_at__isnull=False), name="incident_recovery_due"
            ),
            models.Index(
                fields=["attempt_due_at"], condition=Q(attempt_due_at__isnull=False), name="incident_attempt_due"
            ),
            models.Index(
                fields=["integration", "group_key", "cancelled_at"],
                condition=Q(cancel_kind="recovered"),
                name="incident_recovered",
            ),
            models.Index(fields=["-id"], condition=Q(phase__in=[p.value for p in phases.OPEN]), name="incident_open"),
            models.Index(fields=["team", "-id"], name="incident_of_team"),
            GinIndex(OpClass(Upper(Cast("title", models.TextField())), "gin_trgm_ops"), name="incident_title"),
            GinIndex(full_text.vector(full_text.OF_INCIDENT), name="incident_full_text"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("incidents:incident", args=[self.pk])

    @property
    def reference(self) -> str:
        """Short and speakable: `INC-42`."""
        return f"INC-{self.pk}"

    @property
    def is_active(self) -> bool:
        return self.phase in phases.ACTIVE

    @property
    def is_answered(self) -> bool:
        """Whether paging for it has served its purpose: somebody has it, or the trouble is over."""
        return self.acknowledged_at is not None or not self.is_active

    @property
    def is_open(self) -> bool:
        return self.phase in phases.OPEN

    @property
    def began_at(self) -> datetime:
        """When the trouble began, as far as anybody knows."""
        return min(self.impact_started_at or self.detected_at, self.detected_at)

    @property
    def over_at(self) -> datetime | None:
        """When the trouble ended, for its age: resolved, or cancelled."""
        if self.is_active:
            return None
        return self.resolved_at or self.cancelled_at

    def comms_track(self, now: datetime) -> str:
        """Where communication stands beside the phases: not_required, current, due, overdue or final_sent.

        Due is the five minutes before the promised time, and an end that nobody was told of. Overdue is what readers'
        clocks show to be late: the promised minute still is on time.
        """
        if self.final_update_at:
            return "final_sent"
        if not self.comms_required or self.declared_at is None:
            return "not_required"
        if self.next_update_due_at is None:
            over = self.phase in (Phase.RESOLVE, Phase.REVIEW, Phase.CLOSED)
            return "due" if over else "not_required"
        if clock.is_late(self.next_update_due_at, now):
            return "overdue"
        return "due" if now >= self.next_update_due_at - clock.AHEAD else "current"

    @property
    def promises_kept(self) -> tuple[int, int]:
        """How many of its promised updates came on time, and of how many that had to come so far."""
        from incidents.models.promise import Promise

        rows = dict(Promise.objects.filter(incident=self.pk).order_by().values_list("outcome").annotate(Count("pk")))
        kept = rows.get("kept", 0)
        return kept, kept + rows.get("broken", 0)

    @property
    def suspect_change(self) -> Change | None:
        """The change that is thought to have done it: the one that did, else the last that was suspected. One query."""
        from incidents.models.ways import ChangeMark

        blamed = self.marks.filter(state__in=ChangeMark.BLAMED).select_related("change__service")
        mark = blamed.order_by("state", "-at", "-pk").first()
        return mark.change if mark else None

    @property
    def commander(self) -> User | None:
        """Who holds command now. Free of queries on a queryset `with_faces()`."""
        from teams.models import Role

        held = getattr(self, "held_roles", None)
        if held is None:
            held = list(self.assignments.filter(state="held").select_related("role", "user"))
        return next((a.user for a in held if a.role.slug == Role.COMMANDER), None)

    # The transitions. Guards are the action's business (`phases.VERBS`): these move the phase and set its time.

    def _enter(self, verb: str, at: datetime) -> None:
        self.phase_before = self.phase
        if sets := VERBS[verb].sets:
            setattr(self, sets, at)

    @transition(phase, source=list(VERBS["declare"].sources), target=Phase.DECLARE)
    def declare(self, *, at: datetime) -> None:
        self._enter("declare", at)

    @transition(phase, source=list(VERBS["start_mitigation"].sources), target=Phase.MITIGATE)
    def start_mitigation(self, *, at: datetime) -> None:
        self._enter("start_mitigation", at)

    @transition(phase, source=list(VERBS["confirm_mitigated"].sources), target=Phase.COMMUNICATE)
    def confirm_mitigated(self, *, at: datetime) -> None:
        self._enter("confirm_mitigated", at)

    @transition(phase, source=list(VERBS["resolve"].sources), target=Phase.RESOLVE)
    def resolve(self, *, at: datetime) -> None:
        self._enter("resolve", at)
        self.first_resolved_at = self.first_resolved_at or at

    @transition(phase, source=list(VERBS["start_review"].sources), target=Phase.REVIEW)
    def start_review(self, *, at: datetime) -> None:
        self._enter("start_review", at)

    @transition(phase, source=list(VERBS["close"].sources), target=Phase.CLOSED)
    def close(self, *, at: datetime) -> None:
        self._enter("close", at)

    @transition(phase, source=list(VERBS["relapse"].sources), target=Phase.MITIGATE)
    def relapse(self, *, at: datetime) -> None:
        self._enter("relapse", at)
        self._broken_again()
        self.relapses += 1

    @transition(phase, source=list(VERBS["reopen"].sources), target=Phase.MITIGATE)
    def reopen(self, *, at: datetime) -> None:
        self._enter("reopen", at)
        self._broken_again()
        self.reopens += 1
        self.closed_at = None

    def _broken_again(self) -> None:
        self.mitigated_at = None
        self.soak_until = None
        self.impact_ended_at = None
        self.final_update_at = None
        self.recovered_by_itself = False

    @transition(phase, source=list(VERBS["cancel"].sources), target=Phase.CANCELLED)
    def cancel(self, *, at: datetime) -> None:
        self._enter("cancel", at)

    @transition(phase, source=list(VERBS["uncancel"].sources), target=RETURN_VALUE(*phases.ACTIVE))
    def uncancel(self, *, at: datetime) -> str:
        back = self.phase_before
        self._enter("uncancel", at)
        self.cancelled_at = None
        self.cancel_kind = ""
        return back

    @transition(phase, source=list(VERBS["merge"].sources), target=Phase.MERGED)
    def merge(self, *, at: datetime) -> None:
        self._enter("merge", at)

    @transition(phase, source=list(VERBS["unmerge"].sources), target=RETURN_VALUE(*phases.ACTIVE))
    def unmerge(self, *, at: datetime) -> str:
        back = self.phase_before
        self._enter("unmerge", at)
        self.merged_into = None
        return back
