"""Escalation policies: steps with their targets on one page, and what they do in sentences."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest

from teams import actions, sentences
from teams.admin.by_table import ByTable, crud
from teams.admin.live import LiveAdmin, NumberedForm, NumberedFormSet, complaints, filled
from teams.admin.widgets import Choices, HoursField, RowsField, ZoneSelect
from teams.models import EscalationPolicy, EscalationStep, EscalationTarget, Schedule, Team, User, Webhook

Way = EscalationTarget.Way


class StepForm(NumberedForm):
    targets = RowsField(
        noun="target",
        label="Pages",
        required=True,
        error_messages={
            "required": "Choose whom this step pages: of a schedule, of a team, a person, or a webhook to call."
        },
    )
    worst_level = forms.TypedChoiceField(
        label="Only for severities",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "All"), (1, "SEV1"), (2, "SEV1 and SEV2"), (3, "SEV1 to SEV3")],
        help_text="While nobody knows the severity, every step is taken.",
    )
    hours = HoursField(
        label="Only at these hours",
        required=False,
        help_text="Leave empty for any time. Outside of them the step is passed over.",
    )

    class Meta:
        model = EscalationStep
        fields = ("position", "delay_minutes", "worst_level", "hours", "time_zone")
        widgets = {
            "delay_minutes": forms.NumberInput(attrs={"class": "wb-short", "min": 0}),
            "time_zone": ZoneSelect(blank="UTC"),
        }
        labels = {"delay_minutes": "Then wait (min)", "time_zone": "Clock of the hours"}
        help_texts = {"delay_minutes": "Minutes for an answer before the next step.", "time_zone": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].label = "Step"
        self.fields["position"].help_text = "Empty: the last."
        if self.instance.pk is not None:
            self.initial["targets"] = [_value(t) for t in self.instance.targets.all()]


class StepInline(ByTable, admin.StackedInline[EscalationStep, EscalationPolicy]):
    verbs = crud("roster.change", "roster.change")
    within = "policy__team"
    model = EscalationStep
    form = StepForm
    formset = NumberedFormSet
    fieldsets = (
        (None, {"fields": ("targets", ("position", "delay_minutes"))}),
        ("Conditions", {"fields": ("worst_level", "hours", "time_zone"), "classes": ("collapse",)}),
    )
    verbose_name_plural = "steps, in order"

    def get_extra(self, request: HttpRequest, obj: EscalationPolicy | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.pk and obj.steps.exists() else 2

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationStep]:
        targets = EscalationTarget.objects.order_by("pk").select_related("schedule__team", "user", "team", "webhook")
        found: QuerySet[EscalationStep] = super().get_queryset(request).select_related("policy__team")
        return found.prefetch_related(Prefetch("targets", targets))

    def get_formset(self, request: HttpRequest, obj: EscalationPolicy | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        field = formset.form.base_fields["targets"]
        assert isinstance(field, RowsField)
        field.offer(*_targets(request, obj))
        return formset


class PolicyForm(forms.ModelForm[EscalationPolicy]):
    use_it = forms.BooleanField(
        label="The team's own policy",
        required=False,
        initial=True,
        help_text="Page the team by this policy wherever a service names no other.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whoever may only look gets no fields.
        if self.instance.pk is not None and "use_it" in self.fields:
            self.initial["use_it"] = self.instance.team.escalation_policy_id == self.instance.pk


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(LiveAdmin):
    verbs = crud("roster.change", "roster.change")
    within = "team"
    form = PolicyForm
    list_display = ("name", "team", "step_count", "what_it_does", "used")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter), ("fallback_user", admin.EmptyFieldListFilter))
    list_select_related = ("team", "fallback_user")
    list_per_page = 50
    search_fields = ("name", "team__name", "steps__targets__user__username", "steps__targets__schedule__name")
    search_help_text = "Policy, team, or a person or schedule that it pages"
    ordering = ("team__name", "name")
    autocomplete_fields = ("fallback_user",)
    inlines = (StepInline,)
    preview_template = "teams/_policy_preview.html"
    preview_heading = "What this policy does"
    fieldsets = (
        (
            None,
            {
                "fields": ("team", "name", "use_it"),
                "description": "Whom to page when an alert comes, and whom next when nobody answers. The sentences at "
                "the end say what the form means while you edit.",
            },
        ),
    )
    after = (
        "When nobody answers, and when somebody does",
        {"fields": ("repeat", "fallback_user", "acknowledge_minutes"), "classes": ("wb-after",)},
    )

    def get_fieldsets(self, request: HttpRequest, obj: EscalationPolicy | None = None) -> Any:
        return (*self.fieldsets, self.after)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        team = Team.objects.filter(pk=request.GET["team"]).first() if request.GET.get("team", "").isdecimal() else None
        return {
            "name": "Default",
            "use_it": team is None or team.escalation_policy_id is None,
        } | super().get_changeform_initial_data(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        steps = EscalationStep.objects.prefetch_related(
            Prefetch("targets", EscalationTarget.objects.select_related("schedule__team", "user", "team", "webhook"))
        )
        found: QuerySet[EscalationPolicy] = super().get_queryset(request)
        return found.annotate(steps_count=Count("steps", distinct=True)).prefetch_related(Prefetch("steps", steps))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for each in filled(formset):
            if "targets" in each.changed_data:
                actions.set_targets(each.instance, each.cleaned_data["targets"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        policy = form.instance
        if form.cleaned_data.get("use_it"):
            actions.use_policy(policy.team, policy)
        elif "use_it" in form.changed_data and change:
            actions.drop_policy(policy.team, policy)

    def preview_context(self, request: HttpRequest, form: Any, formsets: list[Any]) -> dict[str, Any]:
        policy, wrong = form.instance, []
        steps: list[tuple[int, int, list[str], str]] = []
        for formset in formsets:
            for number, each in enumerate(formset.forms, 1):
                if not formset.is_bound:
                    if each.instance.pk is not None:
                        names = [sentences.of_target(t) for t in each.instance.targets.all()]
                        said = sentences.of_condition(each.instance)
                        steps.append((each.instance.position, each.instance.delay_minutes, names, said))
                    continue
                if formset._should_delete_form(each) or (each.empty_permitted and not each.has_changed()):
                    continue
                if each.errors:
                    wrong += complaints(each, f"Step {number}")
                    continue
                names = [sentences.of_target(t) for t in each.cleaned_data["targets"]]
                said = sentences.of_condition(each.instance)
                steps.append((each.instance.position, each.instance.delay_minutes, names, said))
        steps.sort(key=lambda step: step[0])
        repeat = policy.repeat if isinstance(policy.repeat, int) else 0
        lasts = policy.acknowledge_minutes if isinstance(policy.acknowledge_minutes, int) else None
        told = sentences.of_steps([step[1:] for step in steps], repeat, str(policy.fallback_user or ""), lasts)
        return {"sentences": told if steps else [], "problems": wrong}

    @admin.display(description="steps", ordering="steps_count")
    def step_count(self, policy: EscalationPolicy) -> int:
        return int(policy.steps_count)  # type: ignore[attr-defined]

    @admin.display(description="what it does")
    def what_it_does(self, policy: EscalationPolicy) -> str:
        return " ".join(sentences.of_policy(policy))

    @admin.display(boolean=True, description="the team's own")
    def used(self, policy: EscalationPolicy) -> bool:
        return policy.team.escalation_policy_id == policy.pk


def _value(target: EscalationTarget) -> str:
    """As the list of choices names it: "schedule:7", "round_robin:team:3"."""
    if target.user_id:
        return f"user:{target.user_id}"
    if target.webhook_id:
        return f"webhook:{target.webhook_id}"
    kind, pk = ("schedule", target.schedule_id) if target.schedule_id else ("team", target.team_id)
    usual = Way.ON_CALL if kind == "schedule" else Way.EVERYBODY
    way = Way.EVERYBODY if kind == "team" and target.way == Way.ON_CALL else target.way
    return f"{kind}:{pk}" if way == usual else f"{way}:{kind}:{pk}"


def _targets(request: HttpRequest, obj: EscalationPolicy | None) -> tuple[Choices, dict[str, Any]]:
    """What a step may page, grouped; the policy's own team comes first."""
    given = request.POST.get("team") or request.GET.get("team") or ""
    team_id = int(given) if given.isdecimal() else obj.team_id if obj else None
    schedules = sorted(Schedule.objects.select_related("team"), key=lambda s: s.team_id != team_id)
    teams = sorted(Team.objects.all(), key=lambda t: t.pk != team_id)
    named = (
        EscalationTarget.objects.filter(step__policy=obj, user__isnull=False)
        if obj
        else EscalationTarget.objects.none()
    )
    kept = set(named.values_list("user_id", flat=True))
    users = [u for u in User.objects.filter(is_service=False) if u.is_active or u.pk in kept]
    mine = set(User.objects.filter(memberships__team=team_id).values_list("pk", flat=True)) if team_id else set()
    users.sort(key=lambda u: u.pk not in mine)
    hooks = sorted(Webhook.objects.select_related("team"), key=lambda w: w.team_id != team_id)
    offered: list[tuple[str, list[tuple[EscalationTarget, str]]]] = [
        ("Whoever is on call in", [(EscalationTarget(schedule=s), str(s)) for s in schedules]),
        (
            "A person",
            [(EscalationTarget(user=u), u.name if u.is_active else f"{u.name} (deactivated)") for u in users],
        ),
        ("Everybody in the team", [(EscalationTarget(team=t, way=Way.EVERYBODY), t.name) for t in teams]),
        (
            "Everybody in the rotation of",
            [(EscalationTarget(schedule=s, way=Way.EVERYBODY), str(s)) for s in schedules],
        ),
        (
            "One after the other in",
            [
                *((EscalationTarget(schedule=s, way=Way.ROUND_ROBIN), f"the rotation of {s}") for s in schedules),
                *((EscalationTarget(team=t, way=Way.ROUND_ROBIN), f"the team {t}") for t in teams),
            ],
        ),
        ("Call the webhook", [(EscalationTarget(webhook=w), str(w)) for w in hooks]),
    ]
    groups: Choices = [(name, [(_value(t), label) for t, label in rows]) for name, rows in offered if rows]
    return [("", "Choose …"), *groups], {_value(t): t for _, rows in offered for t, _ in rows}
