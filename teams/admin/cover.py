"""Swaps, to be read, and time off, to be kept by managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from teams import actions
from teams.actions import time_off
from teams.admin.by_table import TableAdmin, person
from teams.away import reading
from teams.forms import ClockField
from teams.models import Swap, TimeOff


@admin.register(Swap)
class SwapAdmin(TableAdmin):
    verbs = {"view": "roster.change"}
    within = "schedule__team"
    list_display = ("who", "schedule", "starts_at", "ends_at", "standing", "answered_by", "page")
    list_filter = ("state", "schedule__team")
    list_select_related = ("schedule__team", "user", "asked", "answered_by")
    search_fields = ("user__first_name", "user__last_name", "user__username", "asked__username", "note")
    search_help_text = "Person or note"
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-pk")
    fields = (
        *("schedule", "user", "asked", "starts_at", "ends_at", "back_starts_at", "back_ends_at", "note"),
        *("standing", "created_at", "answered_by", "answered_at", "page"),
    )
    readonly_fields = fields

    @admin.display(description="who asks whom", ordering="user__first_name")
    def who(self, swap: Swap) -> str:
        return f"{swap.user} asks {swap.asked or 'anyone'}"

    @admin.display(description="state", ordering="state")
    def standing(self, swap: Swap) -> str:
        return str(swap.stands(timezone.now()).label)

    @admin.display(description="page")
    def page(self, swap: Swap) -> str:
        return format_html('<a href="{}">See it in the console</a>', swap.get_absolute_url())


class TimeOffForm(forms.ModelForm[TimeOff]):
    starts_at = ClockField(label="From")
    ends_at = ClockField(label="Until")

    class Meta:
        model = TimeOff
        fields = ("user", "starts_at", "ends_at", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = TimeOff.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not self.errors and "starts_at" in found:
            user = found.get("user") or self.instance.user
            row = TimeOff(pk=self.instance.pk, user=user, starts_at=found["starts_at"], ends_at=found["ends_at"])
            time_off.check(row, self.before, timezone.now())
        return found


@admin.register(TimeOff)
class TimeOffAdmin(TableAdmin):
    verbs = dict.fromkeys(("view", "add", "change", "delete"), "roster.change")
    within = "user__teams"
    form = TimeOffForm
    list_display = ("user", "starts_at", "ends_at", "note", "created_by", "duty")
    list_filter = ("user__teams",)
    list_select_related = ("user", "created_by")
    search_fields = ("user__first_name", "user__last_name", "user__username", "note")
    search_help_text = "Person or note"
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).distinct()

    def get_readonly_fields(self, request: HttpRequest, obj: TimeOff | None = None) -> tuple[str, ...]:
        return ("user",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = reading.people_of(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: TimeOff, form: Any, change: bool) -> None:
        given: dict[str, Any] = {"starts_at": obj.starts_at, "ends_at": obj.ends_at, "note": obj.note}
        if change:
            actions.change_time_off(obj.pk, by=person(request), **given)
        else:
            obj.pk = actions.add_time_off(by=person(request), user=obj.user, **given).pk

    def delete_model(self, request: HttpRequest, obj: TimeOff) -> None:
        actions.remove_time_off(obj.pk, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TimeOff]) -> None:
        for row in queryset.filter(ends_at__gt=timezone.now()):
            actions.remove_time_off(row.pk, by=person(request))

    def has_change_permission(self, request: HttpRequest, obj: TimeOff | None = None) -> bool:
        """What is over stays as it was."""
        return super().has_change_permission(request, obj) and (obj is None or obj.ends_at > timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: TimeOff | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.ends_at > timezone.now())

    @admin.display(description="duty in it")
    def duty(self, row: TimeOff) -> str:
        return format_html('<a href="{}">See it, and who could cover</a>', row.get_absolute_url())
