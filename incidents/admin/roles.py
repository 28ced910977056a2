"""How roles are filled and what they do: role policies, with a way to try them, and checklists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from incidents.actions.staffing import Choice, Staffing
from incidents.models import Incident, IncidentType, RoleDuty, RolePolicy, Severity
from incidents.role_policies import misses, severities
from teams.admin.by_table import TableAdmin, crud
from teams.models import Role, Service, Team


@admin.register(RolePolicy)
class RolePolicyAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    change_list_template = "admin/incidents/rolepolicy/change_list.html"
    list_display = ("name", "role", "type", "shown_severities", "team", "service", "schedule", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("enabled", "role", "type", ("team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("role", "type", "team", "service", "schedule__team")
    search_fields = ("name", "role__name", "type__name", "team__name", "service__name", "schedule__name")
    ordering = ("role__position", "position", "pk")
    autocomplete_fields = ("team", "service", "schedule")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "role", "schedule")}),
        (
            "For which incidents",
            {
                "fields": ("type", "severity_from", "severity_to", "team", "service", "position"),
                "description": "Empty holds always. Of several policies that hold, the most specific is asked first: "
                "one for a service before one for a team, a team before a type, a type before a narrow range of "
                "severities; among equals the lower position. Who is away, commands another incident, or has been on "
                "duty for too long is passed over, and the next policy or roster is asked.",
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("try/", view, name="incidents_rolepolicy_try"), *super().get_urls()]

    @admin.display(description="severities")
    def shown_severities(self, policy: RolePolicy) -> str:
        return severities(policy.read()) or "any"

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """Who would get a role in an incident that is only thought of, and why; nothing is changed by it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TryForm(request.GET or None)
        tried = _try(form) if form.is_bound and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Try the role policies",
            "form": form,
            "tried": tried,
        }
        return render(request, "admin/incidents/rolepolicy/try.html", context)


class TryForm(forms.Form):
    role = forms.ModelChoiceField(Role.objects.all(), empty_label=None)
    severity = forms.ModelChoiceField(Severity.objects.all(), empty_label=None)
    type = forms.ModelChoiceField(IncidentType.objects.all(), required=False, empty_label="None")
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="None")
    service = forms.ModelChoiceField(
        Service.objects.select_related("team__escalation_policy", "escalation_policy"),
        required=False,
        empty_label="None",
    )


@dataclass(slots=True)
class Tried:
    """What came of it: who is asked in which order and who is passed over, the choice, and the policies that do not
    hold, each with why."""

    asked: list[tuple[Any, str]]
    choice: Choice
    others: list[tuple[RolePolicy, str]]


def _try(form: TryForm) -> Tried:
    given = form.cleaned_data
    service, role = given["service"], given["role"]
    team = given["team"] or (service.team if service else None)
    incident = Incident(title="Tried", severity=given["severity"], type=given["type"], team=team)
    staff = Staffing(incident, timezone.now(), [service] if service else [])
    role = Role.objects.select_related("schedule__team").get(pk=role.pk)
    case = staff.case(role)
    others = [
        (policy, "; ".join(why))
        for policy in staff.policies
        if policy.role_id == role.pk and (why := misses(policy.read(), case))
    ]
    return Tried(staff.asked(role), staff.choose(role), others)


@admin.register(RoleDuty)
class RoleDutyAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("text", "role", "phase", "position")
    list_editable = ("position",)
    list_filter = ("role", "phase")
    list_select_related = ("role",)
    search_fields = ("text", "role__name")
    ordering = ("role__position", "phase", "position", "pk")
    fields = ("role", "phase", "text", "position")
