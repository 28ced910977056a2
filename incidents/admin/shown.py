"""Incidents and their history, which are only read here: every change to them goes through an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents.actions import lifecycle, postmortem
from incidents.models import (
    ActionItem,
    Alert,
    Change,
    ChangeMark,
    EscalationRun,
    Incident,
    IncidentTask,
    Page,
    Postmortem,
    TeamRequest,
    TimelineEntry,
)
from incidents.phases import PATH, Phase
from incidents.problems import Blocked
from teams.admin.by_table import ByTable, TableAdmin, person
from teams.admin.team import HTTPS


class ReadOnlyAdmin(TableAdmin):
    """Rows that nobody adds, changes or deletes by hand. `incident_path` leads to the incident, for who may see it."""

    verbs = {"view": "organization.view"}
    formfield_overrides = HTTPS
    incident_path = "incident"
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = Incident.objects.visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(**{f"{self.incident_path}__in": visible})

    @admin.display(description="console")
    def console(self, obj: Any) -> SafeString:
        return _link(obj.incident.get_absolute_url(), f"Open {obj.incident.reference}")

    @admin.display(description="incident", ordering="incident")
    def reference(self, obj: Any) -> SafeString:
        return _link(reverse("admin:incidents_incident_change", args=[obj.incident_id]), obj.incident.reference)


class TimelineInline(ByTable, admin.TabularInline[TimelineEntry, Incident]):
    verbs = {"view": "organization.view"}
    model = TimelineEntry
    fields = ("recorded_at", "occurred_at", "phase", "kind", "actor", "text", "reason")
    readonly_fields = fields
    extra = 0
    can_delete = False
    ordering = ("pk",)
    verbose_name_plural = "timeline (append-only: the database itself refuses changes)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimelineEntry]:
        return super().get_queryset(request).select_related("actor")


def _shown(row: Incident | Change | None, shows: bool, otherwise: str) -> SafeString | str | None:
    """A link to the page of `row`, and `otherwise` for whoever may not see it."""
    if row is None:
        return None
    return (
        _link(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]), str(row))
        if shows
        else otherwise
    )


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    incident_path = "pk"
    list_display = ("reference", "title", "phase", "severity", "team", "private", "detected_at", "resolved_at")
    list_display_links = ("reference", "title")
    list_filter = ("phase", "severity", ("team", admin.RelatedOnlyFieldListFilter), "private", "drill", "detected_at")
    list_select_related = ("severity", "team")
    search_fields = ("=id", "title", "summary", "impact")
    search_help_text = "Number, title, summary or impact"
    date_hierarchy = "detected_at"
    ordering = ("-pk",)
    inlines = (TimelineInline,)
    actions = ("close",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "console",
                    "path",
                    "title",
                    "summary",
                    "severity",
                    "team",
                    "call_url",
                    "chat_url",
                    "service_names",
                    "private",
                    "drill",
                ),
                "description": "Everything about an incident is done in the console, where it is recorded.",
            },
        ),
        ("Roles", {"fields": ("role_holders",)}),
        ("Impact", {"fields": ("impact", "affected", "impact_started_at", "impact_ended_at", "eta_at", "suspect")}),
        (
            "Communication",
            {"fields": ("comms_required", "last_update_at", "next_update_due_at", "final_update_at")},
        ),
        (
            "Origin",
            {
                "fields": (
                    "integration",
                    "group_key",
                    "reported_by",
                    "merged",
                    "cancel_kind",
                    "relapses",
                    "reopens",
                )
            },
        ),
    )

    @admin.action(description="Close the review of these incidents", permissions=["view"])
    def close(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        def one(incident: Incident) -> None:
            lifecycle.perform("close", incident.pk, by=person(request))

        _each(self, request, queryset, one, "closed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """With whether this person may see what an incident leads to: that may be more private than itself."""
        target = Incident.objects.visible_to(request.user).filter(pk=OuterRef("merged_into"))
        blamed = ChangeMark.objects.filter(incident=OuterRef("pk"), state__in=ChangeMark.BLAMED)
        first = Subquery(blamed.order_by("state", "-at", "-pk").values("change")[:1])
        change = Change.objects.visible_to(request.user).filter(pk=first)
        found: QuerySet[Incident] = super().get_queryset(request)
        return found.annotate(shows_target=Exists(target), shows_change=Exists(change))

    @admin.display(description="merged into", empty_value="-")
    def merged(self, obj: Incident) -> SafeString | str | None:
        return _shown(obj.merged_into, obj.shows_target, "a private incident")  # type: ignore[attr-defined]

    @admin.display(description="suspect change", empty_value="-")
    def suspect(self, obj: Incident) -> SafeString | str | None:
        return _shown(obj.suspect_change, obj.shows_change, "a change of a private integration")  # type: ignore[attr-defined]

    @admin.display(description="incident", ordering="pk")
    def reference(self, obj: Incident) -> str:  # type: ignore[override]
        return obj.reference

    @admin.display(description="console")
    def console(self, obj: Incident) -> SafeString:
        return _link(obj.get_absolute_url(), f"Open {obj.reference} in the console")

    @admin.display(description="phase")
    def path(self, obj: Incident) -> SafeString:
        """The whole path with where it stands; an ending is named after it."""
        steps = format_html_join(
            " → ", "{}", ((format_html("<strong>{}</strong>", p.label) if p == obj.phase else p.label,) for p in PATH)
        )
        if obj.phase in PATH:
            return steps
        return format_html("{} · <strong>{}</strong>", steps, Phase(obj.phase).label)

    @admin.display(description="services")
    def service_names(self, obj: Incident) -> str:
        return ", ".join(obj.services.values_list("name", flat=True)) or "none"

    @admin.display(description="held now")
    def role_holders(self, obj: Incident) -> SafeString | str:
        held = obj.assignments.filter(state="held").select_related("role", "user")
        return format_html_join("; ", "{}: {}", ((a.role, a.user) for a in held)) or "nobody"


@admin.register(TimelineEntry)
class TimelineEntryAdmin(ReadOnlyAdmin):
    list_display = ("recorded_at", "reference", "phase", "kind", "text", "actor")
    list_filter = ("kind", "phase", "recorded_at")
    list_select_related = ("incident", "actor")
    search_fields = ("text", "reason", "verb", "incident__title", "actor__username")
    ordering = ("-pk",)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = (
        "title",
        "status",
        "severity",
        "integration",
        "reference",
        "count",
        "received_at",
        "last_received_at",
    )
    list_filter = ("status", ("integration", admin.RelatedOnlyFieldListFilter), "received_at")
    list_select_related = ("integration", "incident")
    search_fields = ("title", "summary", "fingerprint")
    ordering = ("-received_at",)


@admin.register(Page)
class PageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "reference", "why", "level", "loop", "acknowledged_at")
    list_filter = (("acknowledged_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user", "incident")
    search_fields = ("user__username", "user__first_name", "user__last_name", "why", "incident__title")
    ordering = ("-pk",)


@admin.register(EscalationRun)
class EscalationRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "reference", "policy", "state", "level", "loop", "due_at", "ended_at", "ended_reason")
    list_filter = ("state", "started_at")
    list_select_related = ("incident", "policy__team")
    search_fields = ("incident__title", "policy__name", "ended_reason")
    ordering = ("-pk",)


@admin.register(IncidentTask)
class IncidentTaskAdmin(ReadOnlyAdmin):
    list_display = ("title", "reference", "owner", "state", "due_at", "created_by", "created_at")
    list_filter = ("state", "created_at")
    list_select_related = ("incident", "owner", "created_by")
    search_fields = ("title", "note", "owner__username", "incident__title")
    ordering = ("-pk",)


@admin.register(TeamRequest)
class TeamRequestAdmin(ReadOnlyAdmin):
    list_display = ("team", "reference", "state", "asked_by", "asked_at", "answered_by", "ended_at")
    list_filter = ("state", ("team", admin.RelatedOnlyFieldListFilter), "asked_at")
    list_select_related = ("incident", "team", "asked_by", "answered_by")
    search_fields = ("why", "reason", "incident__title", "team__name")
    ordering = ("-pk",)


@admin.register(Postmortem)
class PostmortemAdmin(ReadOnlyAdmin):
    list_display = ("title", "reference", "state", "owner", "facilitator", "due_on", "public", "published_at")
    list_filter = ("state", "public", "due_on")
    list_select_related = ("incident", "owner", "facilitator")
    search_fields = ("title", "body", "incident__title", "owner__username")
    ordering = ("-pk",)
    actions = ("approve",)
    # Nothing in the database keeps it to the timeline of its own incident.
    exclude = ("entries",)

    @admin.action(description="Approve these postmortems", permissions=["view"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Postmortem]) -> None:
        def one(row: Postmortem) -> None:
            postmortem.move(row.incident_id, "approve", by=person(request))

        _each(self, request, queryset, one, "approved")


@admin.register(ActionItem)
class ActionItemAdmin(ReadOnlyAdmin):
    list_display = ("title", "reference", "kind", "priority", "owner", "team", "due_on", "state", "lacks")
    list_filter = ("state", "kind", "wording", "priority", ("team", admin.RelatedOnlyFieldListFilter), "due_on")
    list_select_related = ("incident", "owner", "team")
    search_fields = ("title", "end_state", "owner__username", "incident__title")
    ordering = ("state", "due_on")

    @admin.display(description="lacks")
    def lacks(self, item: ActionItem) -> str:
        return ", ".join(item.missing()) if item.state == ActionItem.State.OPEN else ""


def _each(
    shown: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], None], done: str
) -> None:
    """Do it to each by the action that the console uses, and say of each what came of it."""
    for row in rows:
        try:
            act(row)
        except Blocked as blocked:
            said = " ".join(each.message for each in blocked.blockers)
            shown.message_user(request, f"{row}: {said}", messages.ERROR)
        except PermissionDenied:
            shown.message_user(request, f"{row}: you may not do that here.", messages.ERROR)
        else:
            shown.message_user(request, f"{row} is {done}.", messages.SUCCESS)


def _link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
