"""Services: what they say, what they depend on, and where their responders look."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple, RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from teams import actions
from teams.actions.services import write_dependencies, write_waits
from teams.admin.by_table import ByTable, TableAdmin, crud
from teams.admin.team import HTTPS
from teams.models import Service, ServiceDependency, ServiceLink

CHOSEN_AMONG = Service.objects.select_related("team").order_by("name")


class ServiceChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Service) -> str:
        return f"{obj.name} ({obj.team})"


class ServiceForm(forms.ModelForm[Service]):
    needs = ServiceChoices(
        CHOSEN_AMONG,
        required=False,
        label="Depends on",
        widget=FilteredSelectMultiple("services", is_stacked=False),
        help_text="What it needs to work, of any team. Trouble there is shown here, too.",
    )

    waits = ServiceChoices(
        CHOSEN_AMONG,
        required=False,
        label="Holds its alerts back for",
        widget=FilteredSelectMultiple("services", is_stacked=False),
        help_text="Of these: while an incident of one is open and not mitigated, alerts of this service open none. They"
        " are kept, and what still fires afterwards is taken then.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "needs" in self.fields:
            needs = self.fields["needs"]
            assert isinstance(needs, ServiceChoices)
            needs.queryset = CHOSEN_AMONG.exclude(pk=self.instance.pk)
            self.initial["needs"] = list(self.instance.dependencies.values_list("depends_on", flat=True))
            waiting = self.instance.dependencies.filter(suppresses=True)
            self.initial["waits"] = list(waiting.values_list("depends_on", flat=True))

    def clean_needs(self) -> Any:
        """What would go round in a circle is refused. The administration is one transaction: what was looked at here is
        still so when it is saved."""
        chosen = self.cleaned_data["needs"]
        actions.lock_dependencies()
        if self.instance.pk is not None:
            try:
                actions.check_dependencies({self.instance.pk: [each.pk for each in chosen]})
            except ValidationError as refusal:
                raise ValidationError(refusal.messages) from None
        return chosen

    def clean_waits(self) -> Any:
        """It can only wait for what it depends on."""
        chosen = self.cleaned_data["waits"]
        needed = {each.pk for each in self.cleaned_data.get("needs", ())}
        if "needs" not in self.errors and (others := [each.name for each in chosen if each.pk not in needed]):
            raise ValidationError(f"It does not depend on {', '.join(others)}. Choose that above first.")
        return chosen


class LinkInline(ByTable, admin.TabularInline[ServiceLink, Service]):
    verbs = crud("team.change", "team.change")
    within = "service__team"
    model = ServiceLink
    formfield_overrides = HTTPS
    extra = 0
    verbose_name_plural = "dashboards, further runbooks and other links"


@admin.register(Service)
class ServiceAdmin(TableAdmin):
    verbs = crud("team.change", "team.change")
    within = "team"
    form = ServiceForm
    formfield_overrides = HTTPS
    list_display = ("name", "slug", "team", "tier", "lifecycle", "escalation_policy", "runbook_url")
    list_filter = (
        "tier",
        "lifecycle",
        ("team", admin.RelatedOnlyFieldListFilter),
        ("escalation_policy", admin.EmptyFieldListFilter),
    )
    list_select_related = ("team", "escalation_policy__team")
    search_fields = ("name", "slug", "description", "team__name")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("team", "escalation_policy", "rollback_webhook")
    ordering = ("name",)
    inlines = (LinkInline,)
    fieldsets = (
        (None, {"fields": ("name", "slug", "team", "tier", "lifecycle", "description")}),
        ("When it breaks", {"fields": ("escalation_policy", "rollback_webhook", "runbook_url", "repository_url")}),
        ("Dependencies", {"fields": ("needs", "waits")}),
    )

    def get_form(self, request: HttpRequest, obj: Service | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The chooser's script expects the wrapper that a field of the model gets."""
        form = super().get_form(request, obj, change, **kwargs)
        other = ServiceDependency._meta.get_field("depends_on")
        for name in ("needs", "waits"):
            field = form.base_fields[name]
            field.widget = RelatedFieldWidgetWrapper(
                field.widget, other.remote_field, self.admin_site, can_add_related=False, can_change_related=False
            )
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        write_dependencies(form.instance, [each.pk for each in form.cleaned_data["needs"]])
        write_waits(form.instance, [each.pk for each in form.cleaned_data["waits"]])
