"""What reviews are made of: the coach's phrases, how action items begin, and the tags of contributing factors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from incidents import coach
from incidents.actions import phrases
from incidents.models import ActionPhrase, CoachPhrase, FactorTag
from incidents.presenters.parts.coach import looked_at
from teams.admin.by_table import TableAdmin, crud, person
from teams.words import storable


class TryForm(forms.Form):
    text = forms.CharField(
        max_length=2000,
        widget=forms.Textarea({"rows": 4, "class": "vLargeTextField"}),
        label="A sentence",
    )


@admin.register(CoachPhrase)
class CoachPhraseAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    change_list_template = "admin/incidents/coachphrase/change_list.html"
    list_display = ("slug", "kind", "first_pattern", "why", "active", "shipped", "language")
    list_filter = ("active", "kind", "language", ("shipped_as", admin.EmptyFieldListFilter))
    search_fields = ("slug", "pattern", "why", "asks", "rewrite")
    ordering = ("language", "kind", "slug")
    actions = ("switch_on", "switch_off")
    fieldsets = (
        (
            None,
            {
                "fields": ("slug", "language", "kind", "active"),
                "description": "The coach marks it while a postmortem is written. It blocks nothing.",
            },
        ),
        ("How it is found", {"fields": ("pattern", "unless")}),
        ("What is said of it", {"fields": ("why", "asks", "rewrite", "puts")}),
    )

    @admin.display(description="pattern")
    def first_pattern(self, phrase: CoachPhrase) -> str:
        first, *more = phrase.pattern.strip().splitlines() or [""]
        return first[:80] + (f" (+{len(more)})" if more else "")

    @admin.display(description="comes with Watchbill", boolean=True)
    def shipped(self, phrase: CoachPhrase) -> bool:
        return phrase.is_shipped

    def get_readonly_fields(self, request: HttpRequest, obj: CoachPhrase | None = None) -> tuple[str, ...]:
        return ("slug", "language") if obj is not None and obj.is_shipped else ()

    def has_delete_permission(self, request: HttpRequest, obj: CoachPhrase | None = None) -> bool:
        """One that comes with Watchbill would come back with the next upgrade: it is switched off."""
        return super().has_delete_permission(request, obj) and obj is not None and not obj.is_shipped

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[CoachPhrase]) -> None:
        self.message_user(request, f"Switched on: {queryset.update(active=True)}.")

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[CoachPhrase]) -> None:
        self.message_user(request, f"Switched off: {queryset.update(active=False)}.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("try/", view, name="incidents_coachphrase_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """What the coach would say of a sentence."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TryForm(request.GET or None)
        looked: dict[str, Any] = {}
        if form.is_bound and form.is_valid():
            looked = looked_at(*coach.read(storable(form.cleaned_data["text"])))
        context = {
            **self.admin_site.each_context(request),
            "title": "Try a sentence",
            "opts": self.model._meta,
            "form": form,
            "tried": bool(looked),
            **looked,
        }
        return render(request, "admin/incidents/coachphrase/try.html", context)


@admin.register(ActionPhrase)
class ActionPhraseAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("words", "kind", "asks")
    list_filter = ("kind",)
    search_fields = ("words", "asks")
    ordering = ("words",)
    fieldsets = (
        (
            None,
            {
                "fields": ("words", "kind", "asks"),
                "description": "Beside or against the list that comes with Watchbill. Open action items are judged "
                "anew when you save.",
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: ActionPhrase, form: Any, change: bool) -> None:
        phrases.keep(obj, by=person(request))

    def delete_model(self, request: HttpRequest, obj: ActionPhrase) -> None:
        phrases.drop(obj, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ActionPhrase]) -> None:
        for phrase in queryset:
            phrases.drop(phrase, by=person(request))


@admin.register(FactorTag)
class FactorTagAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("name", "slug", "description", "used", "retired", "position")
    list_filter = ("retired",)
    search_fields = ("name", "slug", "description", "words")
    ordering = ("position", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FactorTag]:
        found: QuerySet[FactorTag] = super().get_queryset(request)
        return found.annotate(uses=Count("factors"))

    @admin.display(description="factors with it")
    def used(self, tag: Any) -> int:
        return int(tag.uses)

    def get_prepopulated_fields(self, request: HttpRequest, obj: FactorTag | None = None) -> dict[str, Any]:
        return {} if obj is not None else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: FactorTag | None = None) -> bool:
        """What has it keeps it: such a tag is retired."""
        return super().has_delete_permission(request, obj) and obj is not None and not obj.factors.exists()
