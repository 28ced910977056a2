"""What was told, and what was sent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from comms.actions import delivering, relaying
from comms.models import (
    ComponentChange,
    Delivery,
    MaintenanceUpdate,
    PageIncident,
    PageMaintenance,
    RelayState,
    StatusUpdate,
)
from incidents.models import Incident
from teams.admin.by_table import ByTable, TableAdmin


class ReadOnly(TableAdmin):
    """History: nothing is added, changed or deleted by hand. What is of a private incident is for those who may see
    that; `to_incident` are the ways to it."""

    verbs = {"view": "delivery.view"}
    to_incident: tuple[str, ...]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = Incident.objects.visible_to(request.user).values("pk")
        rows = super().get_queryset(request)
        for way in self.to_incident:
            rows = rows.filter(Q(**{f"{way}__isnull": True}) | Q(**{f"{way}__in": seen}))
        return rows


class RelayFilter(admin.SimpleListFilter):
    """By the relays that are known: nobody looks through all there ever was for their names."""

    title = "relay"
    parameter_name = "relay"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in RelayState.objects.order_by("name").values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return queryset.filter(relay=self.value()) if self.value() else queryset


class SkippedFilter(admin.SimpleListFilter):
    title = "told otherwise"
    parameter_name = "otherwise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("newer", "By a newer update"), ("digest", "In a digest")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if self.value() == "newer":
            return queryset.filter(superseded_by__isnull=False)
        return queryset.filter(told_in__isnull=False) if self.value() == "digest" else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    to_incident = ("page__incident", "entry__incident", "update__page_incident__incident")
    list_display = (
        *("created_at", "kind", "channel", "address", "state", "attempts", "due_at", "sent_at", "relay", "reply"),
        *("superseded_by", "told_in"),
    )
    list_filter = ("state", "kind", "channel", RelayFilter, SkippedFilter, ("created_at", admin.DateFieldListFilter))
    search_fields = ("address", "key", "reply", "letter__subject")
    # Of a mail about an account its subject is shown, and never what it says: that may open the account.
    exclude = ("letter",)
    readonly_fields = ("subject",)
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    list_select_related = ("user", "subscriber", "superseded_by", "told_in")
    actions = ("send_again",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and (trouble := relaying.trouble()):
            said = f"No mail relay takes our mail, and everything waits: {trouble} Run manage.py check_email."
            self.message_user(request, said, messages.ERROR)
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        found: QuerySet[Delivery] = super().get_queryset(request)
        return found.annotate(letter_subject=F("letter__subject"))

    @admin.display(empty_value="")
    def subject(self, delivery: Delivery) -> str:
        return delivery.letter_subject  # type: ignore[attr-defined, no-any-return]

    @admin.action(description="Send again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        gone = queryset.filter(letter__blanked_at__isnull=False).count()
        asked = queryset.count()
        count = delivering.send_again(list(queryset.values_list("pk", flat=True)))
        waiting = asked - gone - count
        said = [f"{count} queued again."]
        if waiting > 0:
            said.append(f"{waiting} wait to be sent anyway.")
        if gone:
            said.append(
                f"What {gone} about accounts said is not kept: ask for a new reset, invitation or confirmation."
            )
        self.message_user(request, " ".join(said), messages.SUCCESS if count or waiting else messages.WARNING)


class StatusUpdateInline(ByTable, admin.TabularInline[StatusUpdate, PageIncident]):
    verbs = {"view": "delivery.view"}
    model = StatusUpdate
    fields = readonly_fields = ("status", "state", "body", "author", "publish_at", "published_at", "notify")
    extra = 0
    can_delete = False
    show_change_link = True


class ComponentChangeInline(ByTable, admin.TabularInline[ComponentChange, StatusUpdate]):
    verbs = {"view": "delivery.view"}
    model = ComponentChange
    fields = readonly_fields = ("component", "old_status", "new_status", "at")
    extra = 0
    can_delete = False


@admin.register(PageIncident)
class PageIncidentAdmin(ReadOnly):
    to_incident = ("incident",)
    list_display = ("title", "page", "state", "impact", "started_at", "resolved_at", "next_update_at")
    list_filter = ("state", "page", "impact", ("started_at", admin.DateFieldListFilter))
    list_select_related = ("page",)
    search_fields = ("title", "updates__body")
    date_hierarchy = "started_at"
    inlines = (StatusUpdateInline,)


@admin.register(StatusUpdate)
class StatusUpdateAdmin(ReadOnly):
    to_incident = ("page_incident__incident",)
    list_display = ("page_incident", "state", "status", "author", "publish_at", "published_at", "notify")
    list_filter = ("status", "state", "notify", ("published_at", admin.DateFieldListFilter))
    list_select_related = ("page_incident", "author")
    search_fields = ("body", "page_incident__title")
    inlines = (ComponentChangeInline,)


class MaintenanceUpdateInline(ByTable, admin.TabularInline[MaintenanceUpdate, PageMaintenance]):
    verbs = {"view": "delivery.view"}
    model = MaintenanceUpdate
    fields = readonly_fields = ("kind", "state", "body", "scheduled_for", "scheduled_until", "notify", "author", "at")
    extra = 0
    can_delete = False


@admin.register(PageMaintenance)
class PageMaintenanceAdmin(ReadOnly):
    """Its verbs are in the console: each tells readers, and moves components."""

    to_incident = ()
    list_display = ("title", "page", "state", "scheduled_for", "scheduled_until", "auto_start", "auto_end", "author")
    list_filter = ("state", "page", ("scheduled_for", admin.DateFieldListFilter))
    list_select_related = ("page", "author")
    search_fields = ("title", "updates__body")
    date_hierarchy = "scheduled_for"
    inlines = (MaintenanceUpdateInline,)
