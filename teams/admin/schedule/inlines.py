"""The layers and overrides on a schedule's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from teams.admin.by_table import ByTable, crud
from teams.admin.live import NumberedFormSet, plain
from teams.admin.schedule.forms import LayerForm, OverrideForm
from teams.admin.widgets import CrewsField, flat
from teams.forms import people_choices
from teams.models import Layer, LayerMember, Override, Schedule, User


class LayerInline(ByTable, admin.StackedInline[Layer, Schedule]):
    verbs = crud("roster.change", "roster.change")
    within = "schedule__team"
    model = Layer
    form = LayerForm
    formset = NumberedFormSet
    verbose_name = "layer"
    verbose_name_plural = "layers: each is one rotation of people"
    fieldsets = (
        (None, {"fields": (("name", "position"), "rota", ("every", "kind"), ("anchor_date", "handoff_time"))}),
        (
            "Hours, holidays, clock and end",
            {"fields": ("restrictions", "holidays", "time_zone", "ends_at"), "classes": ("collapse",)},
        ),
    )

    def get_extra(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.pk and obj.layers.exists() else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Layer]:
        return (
            super()
            .get_queryset(request)
            .filter(replaced_by=None)
            .exclude(ends_at__lte=timezone.now())
            .prefetch_related(Prefetch("rota", LayerMember.objects.select_related("user").order_by("position")))
        )

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.refused = refused(request)  # type: ignore[attr-defined]
        here = (
            set(LayerMember.objects.in_effect().filter(layer__schedule=obj).values_list("user_id", flat=True))
            if obj
            else set()
        )
        choices = people_choices(team_of(request, obj), also=here)
        field = formset.form.base_fields["rota"]
        assert isinstance(field, CrewsField)
        field.offer(choices, {str(u.pk): u for u in User.objects.filter(pk__in=[v for v, _ in flat(choices)])})
        return formset


class OverrideInline(ByTable, admin.StackedInline[Override, Schedule]):
    """What is running or to come. It is added and taken back, never rewritten: who changes one does both."""

    verbs = {"view": "roster.change", "add": "roster.change", "delete": "roster.change"}
    within = "schedule__team"
    model = Override
    form = OverrideForm
    fields = (("user", "replaces"), ("starts_at", "ends_at"), "reason")
    extra = 0
    verbose_name_plural = "overrides: somebody stands in, whatever the layers say"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Override]:
        found = super().get_queryset(request).filter(ends_at__gt=timezone.now())
        return found.select_related("user", "replaces", "schedule__team")

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.refused = refused(request)  # type: ignore[attr-defined]
        choices = people_choices(team_of(request, obj))
        for name, blank in (("user", "Choose …"), ("replaces", "Whoever is on call")):
            field = formset.form.base_fields.get(name)
            if isinstance(field, forms.ModelChoiceField):
                field.choices = [("", blank), *choices[1:]]
                plain(field)
        return formset


def refused(request: HttpRequest) -> dict[str, Any]:
    """What the attempt before this one was refused for, by the prefix of the form."""
    found: dict[str, Any] = request.__dict__.setdefault("_refused", {})
    return found


def team_of(request: HttpRequest, obj: Schedule | None) -> int | None:
    """The key of the team that the form names, else of the schedule's."""
    given = request.POST.get("team") or request.GET.get("team") or ""
    if given.isdecimal():
        return int(given)
    return obj.team_id if obj else None
