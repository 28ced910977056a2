from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from teams import permits
from teams.admin.by_table import TableAdmin, crud
from teams.admin.widgets import CountrySelect, ZoneSelect
from teams.models import IdentityProvider, Organization, Role, User
from teams.signin import again

GETTING_IN = ("sso_only", "second_factor_for", "session_idle_days", "session_days", "tokens_may_last")
# What owners alone change: how people get in, and how long it is known what they did.
SECURITY = (*GETTING_IN, "audit_days")
# Named in code: actions look these seats up by their slug.
BUILT_IN = {Role.COMMANDER, Role.OPERATIONS, Role.COMMUNICATIONS, Role.SCRIBE}


class ZonedAdmin(TableAdmin):
    """An admin whose `time_zone` and `country` are chosen from lists."""

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: Any, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            kwargs["widget"] = ZoneSelect()
        if db_field.name == "country":
            kwargs["widget"] = CountrySelect()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class OrganizationForm(forms.ModelForm[Organization]):
    def clean_sso_only(self) -> bool:
        """Passwords go only where somebody can still come in without them, and on the day without a provider."""
        wanted = bool(self.cleaned_data["sso_only"])
        if wanted and not IdentityProvider.objects.filter(active=True).exists():
            raise forms.ValidationError("No identity provider is active. Set one up and sign in through it first.")
        if wanted and not any(
            owner.has_usable_password() for owner in User.objects.filter(role=User.Role.OWNER, is_active=True)
        ):
            raise forms.ValidationError("No owner has a password for the day on which the provider is away. Set one.")
        return wanted


@admin.register(Organization)
class OrganizationAdmin(ZonedAdmin):
    verbs = crud("organization.view", "organization.change")
    autocomplete_fields = ("default_policy",)
    fieldsets = (
        (None, {"fields": ("name", "time_zone")}),
        (
            "When nobody else is responsible",
            {
                "fields": ("default_policy",),
                "description": "An alert for a service without an owner's policy pages whom this policy names.",
            },
        ),
        (
            "How people get in",
            {
                "fields": GETTING_IN,
                "description": "Owners change these. Whoever must have a second factor and has none can do nothing "
                "else until it is set up; their API tokens rest as long. People who come by single sign-on are left "
                "to their provider.",
            },
        ),
        (
            "Habits of all teams",
            {"fields": ("soak_minutes", "reopen_days", "promise_grace_minutes", "attempt_minutes", "card_stale_days")},
        ),
        (
            "Reviews",
            {"fields": ("names_as_roles",)},
        ),
        (
            "Roles in an incident",
            {
                "fields": ("answer_minutes", "quiet_minutes", "load_limit", "relief_hours", "span_limit"),
                "description": "When the Incident Commander and the Deputy are reminded of something, and for how long "
                "somebody may leave a role unanswered. Reminders never block anything.",
            },
        ),
        (
            "Warnings ahead of time",
            {
                "fields": ("warn_weeks", "nights_limit"),
                "description": "Rosters are looked through for gaps, double duty, people who can't be reached and too "
                "many nights. Managers, and whom it concerns, are told by mail; the team's page shows what is open.",
            },
        ),
        ("Audit log", {"fields": ("audit_days",), "description": "Owners change it."}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs.setdefault("form", OrganizationForm)
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        return () if permits.may(request.user, "security.change") else SECURITY

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        if set(SECURITY) & set(form.changed_data):
            permits.require(request.user, "security.change")
            again.require(request)
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one: the list is its page."""
        return HttpResponseRedirect(reverse("admin:teams_organization_change", args=[Organization.current().pk]))


@admin.register(Role)
class RoleAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("name", "position", "duties", "single_seat", "wanted", "schedule")
    list_editable = ("position", "wanted")
    list_filter = ("single_seat", "wanted")
    list_select_related = ("schedule__team",)
    search_fields = ("name", "slug", "duties")
    ordering = ("position", "name")
    autocomplete_fields = ("schedule",)
    fields = ("name", "slug", "duties", "does", "does_not", "single_seat", "wanted", "schedule", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("slug", "single_seat") if obj and obj.slug in BUILT_IN else ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Role | None = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.slug in BUILT_IN)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deletable, counts, missing, protected = super().get_deleted_objects(objs, request)
        kept = [f"{role} (built in: Watchbill itself fills this seat)" for role in objs if role.slug in BUILT_IN]
        return deletable, counts, missing, [*protected, *kept]
