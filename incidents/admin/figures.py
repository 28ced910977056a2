"""What figures are: their words, and from which moment to which they count."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from incidents.actions import figures
from incidents.figures.defaults import DEFAULTS
from incidents.models import FigureDefinition
from incidents.problems import Blocked
from teams.admin.by_table import TableAdmin, crud, person


class FigureDefinitionForm(forms.ModelForm[FigureDefinition]):
    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if self.instance._state.adding or self.instance.start:
            if not (found.get("start", self.instance.start) and found.get("end", self.instance.end)):
                raise forms.ValidationError("Choose the moments from which and until which it counts.")
            if found.get("start") and found.get("start") == found.get("end"):
                self.add_error("end", "Choose two moments that differ.")
        elif found.get("start") or found.get("end"):
            raise forms.ValidationError("This figure is counted, and lies between no two moments.")
        if self.instance._state.adding and found.get("slug") in figures.RESERVED:
            self.add_error("slug", "An address of ours is called so. Choose another name.")
        if self.instance._state.adding and found.get("slug") and figures.is_taken(found["slug"]):
            self.add_error("slug", f"There is a figure {found['slug']} already, but for hyphens.")
        return found


@admin.register(FigureDefinition)
class FigureDefinitionAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    form = FigureDefinitionForm
    list_display = ("title", "slug", "start", "end", "position", "shown", "as_it_came")
    list_filter = ("shown", "unit")
    search_fields = ("title", "slug", "says")
    ordering = ("position", "pk")
    fields = ("slug", "title", "says", "start", "end", "position", "shown")
    actions = ("back_to_default",)

    @admin.display(boolean=True, description="as Watchbill brings it")
    def as_it_came(self, figure: FigureDefinition) -> bool | None:
        default = DEFAULTS.get(figure.slug)
        if default is None:
            return None
        return all(getattr(figure, name) == value for name, value in default._asdict().items())

    def get_readonly_fields(self, request: HttpRequest, obj: FigureDefinition | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("slug",) if obj.start else ("slug", "start", "end")

    def has_delete_permission(self, request: HttpRequest, obj: FigureDefinition | None = None) -> bool:
        return (obj is None or obj.slug not in DEFAULTS) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: FigureDefinition, form: Any, change: bool) -> None:
        kept = figures.define(obj if change else None, by=person(request), **form.cleaned_data)
        obj.pk = kept.pk

    def delete_model(self, request: HttpRequest, obj: FigureDefinition) -> None:
        figures.drop(obj, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FigureDefinition]) -> None:
        for figure in queryset:
            try:
                figures.drop(figure, by=person(request))
            except Blocked as blocked:
                messages.warning(request, f"{figure}: {blocked.blockers[0].message}")

    @admin.action(description="Back to what Watchbill brings", permissions=["change"])
    def back_to_default(self, request: HttpRequest, queryset: QuerySet[FigureDefinition]) -> None:
        for figure in queryset:
            try:
                figures.back_to_default(figure, by=person(request))
            except Blocked as blocked:
                messages.warning(request, f"{figure}: {blocked.blockers[0].message}")
