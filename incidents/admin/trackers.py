"""Trackers, and who is who there."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from incidents.actions.trackers import keeping
from incidents.models import Tracker
from incidents.problems import Blocked
from teams.admin.by_table import TableAdmin, crud, person


class TrackerAdminForm(forms.ModelForm[Tracker]):
    class Meta:
        model = Tracker
        fields = tuple(name for name in keeping.GIVEN if name not in keeping.SECRETS)

    new_token = forms.CharField(
        label="Token",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Kept encrypted and never shown again. Empty leaves it as it is.",
    )
    new_webhook_secret = forms.CharField(
        label="Secret of its webhook",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Empty leaves it as it is.",
    )

    @property
    def given(self) -> dict[str, Any]:
        """What the action takes."""
        found = {name: self.cleaned_data[name] for name in keeping.GIVEN if name in self.cleaned_data}
        return found | {name: self.cleaned_data[f"new_{name}"] for name in keeping.SECRETS}

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                keeping.fill(copy(self.instance), self.given)
            except Blocked as blocked:
                for blocker in blocked.blockers:
                    self.add_error(
                        f"new_{blocker.field}" if blocker.field in keeping.SECRETS else blocker.field, blocker.message
                    )
        return found


@admin.register(Tracker)
class TrackerAdmin(TableAdmin):
    verbs = crud(Tracker.VERB, Tracker.VERB)
    within = "team"
    form = TrackerAdminForm
    list_display = ("name", "kind", "project", "host", "team", "exports", "private_allowed", "paused_at", "error")
    list_filter = ("kind", "exports", "private_allowed", ("team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("team",)
    search_fields = ("name", "project", "host", "team__name")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "kind", "base_url", "project", "team")}),
        ("Sign-in", {"fields": ("account", "new_token", "new_webhook_secret")}),
        ("What goes there", {"fields": ("exports", "private_allowed", "labels", "issue_type")}),
        ("How it is read", {"fields": ("open_names", "done_names", "dropped_names", "poll_minutes")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Tracker | None = None) -> tuple[str, ...]:
        return ("kind",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(pk__in=Tracker.objects.kept_by(request.user).values("pk"))

    def save_model(self, request: HttpRequest, obj: Tracker, form: Any, change: bool) -> None:
        kept = keeping.keep(obj if change else None, by=person(request), **form.given)
        obj.pk = kept.pk

    def delete_model(self, request: HttpRequest, obj: Tracker) -> None:
        keeping.remove(obj, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tracker]) -> None:
        for row in queryset:
            keeping.remove(row, by=person(request))
