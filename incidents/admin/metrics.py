"""Metrics of services."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from incidents.actions.witness import attaching, probing
from incidents.models import MetricCheck
from incidents.problems import Blocked
from teams.admin.by_table import TableAdmin, crud, person
from teams.problems import Unreadable


class MetricCheckAdminForm(forms.ModelForm[MetricCheck]):
    class Meta:
        model = MetricCheck
        fields = (
            *("service", "title", "kind", "query", "comparison", "threshold", "unit", "hold_minutes"),
            *("attach", "interval_seconds", "sign_in", "username"),
        )

    address = forms.CharField(
        max_length=1000,
        widget=forms.URLInput({"class": "vTextField"}),
        help_text="Of Prometheus, or of the JSON. https, but for hosts of WATCHBILL_METRIC_HOSTS.",
    )
    new_secret = forms.CharField(
        label="Token or password",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Empty leaves it as it is.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "address" in self.fields:
            try:
                self.initial["address"] = self.instance.url
            except Unreadable:
                self.fields["address"].help_text = "It can't be opened: a key of encryption is missing."

    @property
    def given(self) -> dict[str, Any]:
        """What the action takes."""
        found = self.cleaned_data
        named = {name: found[name] for name in (*probing.GIVEN, "attach") if name in found}
        return named | {"url": found["address"], "secret": found["new_secret"]}

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not self.errors:
            places = {"url": "address", "secret": "new_secret"}
            try:
                probing.fill(copy(self.instance), {k: v for k, v in self.given.items() if k != "attach"})
            except Blocked as blocked:
                for blocker in blocked.blockers:
                    self.add_error(places.get(blocker.field, blocker.field), blocker.message)
        return found


@admin.register(MetricCheck)
class MetricCheckAdmin(TableAdmin):
    verbs = crud("team.change", "team.change")
    within = "service__team"
    form = MetricCheckAdminForm
    list_display = ("title", "service", "rule", "kind", "host", "attach")
    list_filter = ("kind", "attach", ("service__team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("service",)
    search_fields = ("title", "service__name", "host", "query")
    autocomplete_fields = ("service",)
    ordering = ("service__name", "title")
    fieldsets = (
        (None, {"fields": ("service", "title", "attach")}),
        ("Where it is read", {"fields": ("kind", "address", "query", "interval_seconds")}),
        ("When it is good", {"fields": ("comparison", "threshold", "unit", "hold_minutes")}),
        ("Sign-in", {"fields": ("sign_in", "username", "new_secret")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: MetricCheck | None = None) -> tuple[str, ...]:
        return ("service",) if obj else ()

    def save_model(self, request: HttpRequest, obj: MetricCheck, form: Any, change: bool) -> None:
        kept = attaching.keep(obj if change else None, obj.service, by=person(request), **form.given)
        obj.pk = kept.pk
