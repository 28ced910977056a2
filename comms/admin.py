"""Status pages and their readers are set up here; what was told and what was sent can only be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from comms.actions import delivering
from comms.models import (
    Component,
    ComponentChange,
    ComponentGroup,
    Delivery,
    MaintenanceUpdate,
    PageIncident,
    PageMaintenance,
    PageRole,
    StatusPage,
    StatusUpdate,
    Subscriber,
    UpdateTemplate,
)
from comms.standing import pages_where
from incidents.models import Incident
from teams import permits
from teams.admin.by_table import ByTable, TableAdmin, crud


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


class OfPage(ByTable):
    """Rows of status pages: editors see and change those of their own."""

    within = "page"

    def where(self, user: Any, verb: str) -> QuerySet[StatusPage]:
        return pages_where(user, verb)


class PageRoleInline(OfPage, admin.TabularInline[PageRole, StatusPage]):
    """Who edits and approves here. Editors see it; naming them is for administrators."""

    verbs = crud("page.change", "page.create")
    model = PageRole
    autocomplete_fields = ("user",)
    extra = 0


class ComponentGroupInline(OfPage, admin.TabularInline[ComponentGroup, StatusPage]):
    verbs = crud("page.change", "page.change")
    model = ComponentGroup
    fields = ("name", "position")
    extra = 0


class ComponentInline(OfPage, admin.TabularInline[Component, StatusPage]):
    verbs = crud("page.change", "page.change")
    model = Component
    fields = ("name", "description", "group", "service", "team", "position", "only_show_if_degraded")
    autocomplete_fields = ("service", "team")
    extra = 0
    show_change_link = True

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "group" and request.resolver_match is not None:
            page = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = ComponentGroup.objects.filter(page=page)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(StatusPage)
class StatusPageAdmin(OfPage, admin.ModelAdmin[StatusPage]):
    verbs = crud("page.change", "page.change", "page.create")
    within = ""
    list_display = ("name", "slug", "is_default", "components", "subscribers", "updated_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("updated_at",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = (ComponentGroupInline, ComponentInline, PageRoleInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusPage]:
        found: QuerySet[StatusPage] = super().get_queryset(request)
        return found.annotate(
            component_count=Count("components", distinct=True),
            subscriber_count=Count("subscribers", distinct=True),
        )

    @admin.display(ordering="component_count")
    def components(self, page: StatusPage) -> int:
        return page.component_count  # type: ignore[attr-defined, no-any-return]

    @admin.display(ordering="subscriber_count")
    def subscribers(self, page: StatusPage) -> int:
        return page.subscriber_count  # type: ignore[attr-defined, no-any-return]


@admin.register(ComponentGroup)
class ComponentGroupAdmin(OfPage, admin.ModelAdmin[ComponentGroup]):
    verbs = crud("page.change", "page.change")
    list_display = ("name", "page", "position")
    list_filter = ("page",)
    list_editable = ("position",)
    list_select_related = ("page",)
    search_fields = ("name",)


@admin.register(UpdateTemplate)
class UpdateTemplateAdmin(OfPage, admin.ModelAdmin[UpdateTemplate]):
    """Words that updates start from: those of one page, or of all."""

    verbs = crud("page.change", "page.change")
    list_display = ("name", "state", "audience", "page", "severity", "position")
    list_filter = ("state", "audience", "page")
    search_fields = ("name", "body")
    autocomplete_fields = ("page",)
    list_select_related = ("page", "severity")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "page" and field is not None and not permits.may(request.user, "page.change"):
            field.queryset, field.required = self.where(request.user, "page.change"), True
        return field


@admin.register(Component)
class ComponentAdmin(OfPage, admin.ModelAdmin[Component]):
    verbs = crud("page.change", "page.change")
    list_display = ("name", "page", "group", "status", "service", "team", "position")
    list_filter = ("page", "status", "group", "team")
    list_select_related = ("page", "group", "service", "team")
    search_fields = ("name", "description", "service__name")
    autocomplete_fields = ("page", "group", "service", "team")
    # A state changes by telling readers why.
    readonly_fields = ("status", "uid", "created_at", "updated_at")


@admin.register(Subscriber)
class SubscriberAdmin(OfPage, admin.ModelAdmin[Subscriber]):
    verbs = crud("subscriber.view", "subscriber.change")
    list_display = ("email", "page", "state", "all_components", "created_at", "confirmed_at", "ended_at")
    list_filter = ("state", "page", "all_components", ("created_at", admin.DateFieldListFilter))
    list_select_related = ("page",)
    search_fields = ("email",)
    date_hierarchy = "created_at"
    autocomplete_fields = ("page", "components")
    readonly_fields = ("state", "created_at", "confirmed_at", "ended_at")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    to_incident = ("page__incident", "entry__incident", "update__page_incident__incident")
    list_display = ("created_at", "kind", "address", "state", "attempts", "due_at", "sent_at", "reply")
    list_filter = ("state", "kind", ("created_at", admin.DateFieldListFilter))
    search_fields = ("address", "key", "reply", "letter__subject")
    # Of a mail about an account its subject is shown, and never what it says: that may open the account.
    exclude = ("letter",)
    readonly_fields = ("subject",)
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    list_select_related = ("user", "subscriber")
    actions = ("send_again",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and (refusal := delivering.channel_refusal()):
            said = f"The mail relay refuses us, and everything waits: {refusal}. Check the relay's settings."
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
