"""Generic mitigations of services, and playbooks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from incidents.actions import deck
from incidents.models import MitigationCard, Playbook, PlaybookStep
from incidents.problems import Blocked
from teams import moments, permits
from teams.admin.by_table import ByTable, TableAdmin, crud, person

KNOWN = ("approved_at", "approved_by", "last_tried_at", "last_drilled_at", "created_by", "retired_at")


@admin.register(MitigationCard)
class MitigationCardAdmin(TableAdmin):
    verbs = crud("deck.change", "deck.change")
    within = "service__team"
    list_display = (
        *("title", "service", "kind", "risk", "minutes", "approved_at", "last_tried_at", "last_drilled_at"),
        "retired_at",
    )
    list_filter = (
        *("kind", "risk", "reversible"),
        ("approved_at", admin.EmptyFieldListFilter),
        ("retired_at", admin.EmptyFieldListFilter),
        ("service", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("service",)
    search_fields = ("title", "how", "service__name")
    autocomplete_fields = ("service",)
    readonly_fields = KNOWN
    actions = ("approve",)
    fieldsets = (
        (None, {"fields": ("service", "kind", "title", "how")}),
        ("Before it runs", {"fields": ("risk", "reversible", "undo", "minutes", "expected_effect", "success_signal")}),
        (
            "What is known of it",
            {
                "fields": KNOWN,
                "description": "A changed one has to be approved again.",
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: MitigationCard, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = person(request)
        elif form.changed_data:
            obj.approved_at = obj.approved_by = None
        super().save_model(request, obj, form, change)

    @admin.action(description="Approve, so that incidents offer them", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[MitigationCard]) -> None:
        for card in queryset.select_related("service__team"):
            if not permits.may(request.user, "deck.approve", card.service):
                self.message_user(request, f"“{card}”: it takes a manager of {card.service.team}.", messages.ERROR)
                continue
            try:
                deck.approve(card, by=person(request))
            except Blocked as blocked:
                said = " ".join(each.message for each in blocked.blockers)
                self.message_user(request, f"“{card}”: {said}", messages.ERROR)


class StepInline(ByTable, admin.TabularInline[PlaybookStep, Playbook]):
    verbs = crud("deck.change", "deck.change")
    model = PlaybookStep
    fields = ("position", "text", "role", "person")
    autocomplete_fields = ("person",)
    extra = 1


@admin.register(Playbook)
class PlaybookAdmin(TableAdmin):
    verbs = crud("deck.change", "deck.change")
    within = "team"
    list_display = ("title", "kind", "team", "updated_at", "retired_at")
    list_filter = ("kind", ("team", admin.RelatedOnlyFieldListFilter), ("retired_at", admin.EmptyFieldListFilter))
    list_select_related = ("team",)
    search_fields = ("title", "summary", "steps__text")
    autocomplete_fields = ("team", "services")
    filter_horizontal = ("types", "severities")
    readonly_fields = ("updated_at", "updated_by", "retired_at")
    inlines = (StepInline,)
    fieldsets = (
        (None, {"fields": ("kind", "title", "team", "summary")}),
        ("Suggested for", {"fields": ("services", "types", "severities", "phases")}),
        ("What is known of it", {"fields": ("updated_at", "updated_by", "retired_at")}),
    )

    def save_model(self, request: HttpRequest, obj: Playbook, form: Any, change: bool) -> None:
        obj.updated_at, obj.updated_by = moments.now(), person(request)
        super().save_model(request, obj, form, change)
