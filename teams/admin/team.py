from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from teams.admin.by_table import ByTable, TableAdmin, crud
from teams.admin.widgets import KnownInline
from teams.models import EscalationPolicy, Membership, Schedule, Service, Team

# A runbook's address without a scheme is meant to be https.
HTTPS: dict[Any, dict[str, Any]] = {models.URLField: {"assume_scheme": "https"}}


class MembershipInline(ByTable, KnownInline):
    verbs = crud("team.change", "team.change")
    within = "team"
    model = Membership
    known_field = "user"
    verbose_name = "member"
    verbose_name_plural = "members"
    readonly_fields = ("source",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "team")

    def get_extra(self, request: HttpRequest, obj: Team | None = None, **kwargs: Any) -> int:
        return 0 if obj else 2


class ServiceInline(ByTable, KnownInline):
    verbs = crud("team.change", "team.change")
    within = "team"
    model = Service
    known_field = "escalation_policy"
    formfield_overrides = HTTPS
    fields = ("name", "slug", "tier", "escalation_policy", "runbook_url")
    prepopulated_fields = {"slug": ("name",)}
    extra = 0
    show_change_link = True
    verbose_name_plural = "services this team answers for"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("escalation_policy__team")


@admin.register(Team)
class TeamAdmin(TableAdmin):
    verbs = crud("team.change", "team.change", "team.create")
    within = ""
    list_display = ("name", "people", "service_count", "escalation_policy", "commander_schedule", "ready")
    list_filter = (("escalation_policy", admin.EmptyFieldListFilter),)
    list_select_related = ("escalation_policy__team", "commander_schedule__team")
    search_fields = ("name", "slug", "description", "services__name")
    search_help_text = "Name, description or service"
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("name",)
    readonly_fields = ("set_up", "schedules", "policies")
    inlines = (MembershipInline, ServiceInline)

    def get_fieldsets(self, request: HttpRequest, obj: Team | None = None) -> Any:
        about = (None, {"fields": ("name", "slug", "description")})
        if obj is None:
            return (
                (
                    None,
                    {
                        "fields": ("name", "slug", "description"),
                        "description": "Name the team, choose its people and services below, and save. The next page "
                        "leads on to its rotation and its escalation policy.",
                    },
                ),
            )
        return (
            ("Ready for an alert?", {"fields": ("set_up",)}),
            about,
            ("On call", {"fields": ("schedules", "policies", "escalation_policy", "commander_schedule")}),
            (
                "Where people meet",
                {
                    "fields": ("call_template", "chat_template"),
                    "description": "Set on its incidents when they are declared.",
                },
            ),
        )

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kinds: dict[str, type[EscalationPolicy | Schedule]] = {
            "escalation_policy": EscalationPolicy,
            "commander_schedule": Schedule,
        }
        if db_field.name in kinds:
            kwargs["queryset"] = kinds[db_field.name].objects.select_related("team")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        found: QuerySet[Team] = super().get_queryset(request)
        return found.annotate(
            people_count=Count(
                "memberships",
                filter=Q(memberships__user__is_active=True, memberships__user__is_service=False),
                distinct=True,
            ),
            services_count=Count("services", distinct=True),
        )

    def response_add(self, request: HttpRequest, obj: Team, post_url_continue: str | None = None) -> Any:
        """A new team is not ready yet: its page says what comes next."""
        if "_addanother" not in request.POST and "_popup" not in request.POST:
            posted = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)

    @admin.display(description="people", ordering="people_count")
    def people(self, team: Team) -> int:
        return int(team.people_count)  # type: ignore[attr-defined]

    @admin.display(description="services", ordering="services_count")
    def service_count(self, team: Team) -> int:
        return int(team.services_count)  # type: ignore[attr-defined]

    @admin.display(boolean=True, description="can be paged")
    def ready(self, team: Team) -> bool:
        return team.escalation_policy_id is not None

    @admin.display(description="set-up")
    def set_up(self, team: Team) -> SafeString:
        schedule_add = f"{reverse('admin:teams_schedule_add')}?team={team.pk}"
        policy_add = f"{reverse('admin:teams_escalationpolicy_add')}?team={team.pk}"
        steps = (
            (team.memberships.exists(), "People are in the team", "#memberships-group", "Add members below"),
            (team.schedules.exists(), "A schedule says who is on call", schedule_add, "Build a schedule"),
            (team.policies.exists(), "An escalation policy says whom to page", policy_add, "Write a policy"),
            (
                team.escalation_policy_id is not None,
                "The team uses a policy",
                "#id_escalation_policy",
                "Choose it under On call",
            ),
            (team.services.exists(), "Services name the team", "#services-group", "Add services below"),
        )
        return format_html(
            '<ol class="wb-steps">{}</ol>',
            format_html_join(
                "",
                '<li class="{}"><span aria-hidden="true">{}</span> {}{}</li>',
                (
                    ("done", "✓", what, "")
                    if done
                    else ("todo", "○", what, format_html(': <a href="{}">{}</a>', url, label))
                    for done, what, url, label in steps
                ),
            ),
        )

    @admin.display(description="schedules")
    def schedules(self, team: Team) -> SafeString:
        return _links(team.schedules.select_related("team"), "schedule", team, "Add a schedule")

    @admin.display(description="escalation policies")
    def policies(self, team: Team) -> SafeString:
        return _links(team.policies.select_related("team"), "escalationpolicy", team, "Add an escalation policy")

    class Media:
        css = {"all": ("teams/admin.css",)}


def _links(rows: QuerySet[Any], model: str, team: Team, add: str) -> SafeString:
    return format_html(
        '<ul class="wb-links">{}<li><a class="addlink" href="{}?team={}">{}</a></li></ul>',
        format_html_join(
            "",
            '<li><a href="{}">{}</a></li>',
            ((reverse(f"admin:teams_{model}_change", args=[row.pk]), row.name) for row in rows),
        ),
        reverse(f"admin:teams_{model}_add"),
        team.pk,
        add,
    )
