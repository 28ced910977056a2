"""Templates of postmortems, kept by the action that the console calls: each change is a next version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents import postmortem_template
from incidents.actions import postmortem_templates as actions
from incidents.models import PostmortemTemplate, TemplateVersion
from incidents.postmortem_template import Section
from incidents.problems import Blocked
from teams.admin.by_table import ByTable, TableAdmin, person

WANTED = {"title": str, "hint": str, "key": str, "required": bool}


class TemplateForm(forms.ModelForm[PostmortemTemplate]):
    sections = forms.JSONField(
        widget=forms.Textarea(attrs={"rows": 24, "cols": 100}),
        help_text="In order, each an object with title, hint, required, and its key; a new one without a key gets one.",
    )

    class Meta:
        model = PostmortemTemplate
        fields = ("name", "severity")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["sections"] = self.instance.current.sections

    def clean_sections(self) -> list[Section]:
        rows = self.cleaned_data["sections"]
        if not isinstance(rows, list) or not all(isinstance(row, dict) and _reads(row) for row in rows):
            raise forms.ValidationError('Give a list of objects, such as [{"title": "Summary", "required": true}].')
        return [Section(**{"key": "", "title": "", **row}) for row in rows]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "sections" in given and "name" in given:
            try:
                row = PostmortemTemplate(
                    pk=self.instance.pk,
                    name=given["name"],
                    severity=given.get("severity"),
                    retired=self.instance.retired,
                )
                given["sections"] = actions.checked(row, given["sections"])
            except Blocked as blocked:
                for each in blocked.blockers:
                    self.add_error(each.field if each.field in self.fields else None, each.message)
        return given


def _reads(row: dict[str, Any]) -> bool:
    return all(name in WANTED and isinstance(value, WANTED[name]) for name, value in row.items())


class VersionInline(ByTable, admin.TabularInline[TemplateVersion, PostmortemTemplate]):
    verbs = {"view": "organization.view"}
    model = TemplateVersion
    fields = ("number", "made_by", "made_at", "titles")
    readonly_fields = fields
    extra = 0
    can_delete = False
    verbose_name_plural = "versions (never changed)"

    @admin.display(description="sections")
    def titles(self, obj: TemplateVersion) -> str:
        return ", ".join(each.title for each in postmortem_template.read(obj.sections))

    def get_queryset(self, request: HttpRequest) -> QuerySet[TemplateVersion]:
        return super().get_queryset(request).select_related("made_by")


@admin.register(PostmortemTemplate)
class PostmortemTemplateAdmin(TableAdmin):
    verbs = {"view": "organization.view", "change": "organization.change", "add": "organization.change"}
    form = TemplateForm
    list_display = ("name", "severity", "version", "retired", "console")
    list_filter = ("severity", "retired")
    list_select_related = ("severity",)
    search_fields = ("name",)
    ordering = ("name",)
    inlines = (VersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PostmortemTemplate]:
        found: QuerySet[PostmortemTemplate] = super().get_queryset(request)
        return found.annotate(newest=Max("versions__number"))

    @admin.display(description="version", ordering="newest")
    def version(self, obj: Any) -> int | None:
        found: int | None = obj.newest
        return found

    @admin.display(description="console")
    def console(self, obj: PostmortemTemplate) -> SafeString:
        return format_html('<a href="{}">Open it</a>', reverse("incidents:postmortem_template", args=[obj.pk]))

    def save_model(self, request: HttpRequest, obj: PostmortemTemplate, form: Any, change: bool) -> None:
        given = form.cleaned_data
        kept = actions.keep(
            obj if change else None,
            by=person(request),
            name=given["name"],
            severity=given["severity"],
            sections=given["sections"],
        )
        obj.pk = kept.pk
