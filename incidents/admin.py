"""What responders' work is made of, in the administration: severities and integrations are kept here; incidents and
their history are only read, because every change to them goes through an action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents.models import (
    ActionItem,
    Alert,
    Change,
    EscalationRun,
    Incident,
    Integration,
    Page,
    Postmortem,
    Severity,
    TimelineEntry,
)
from incidents.phases import PATH, Phase
from teams.admin.by_table import ByTable, TableAdmin, crud
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


@admin.register(Severity)
class SeverityAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = (
        "code",
        "label",
        "definition",
        "comms_required",
        "update_minutes",
        "postmortem_days",
        "waiver_allowed",
    )
    list_display_links = ("code", "label")
    list_filter = ("comms_required", "waiver_allowed")
    search_fields = ("label", "definition")
    ordering = ("level",)
    readonly_fields = ("level",)
    fieldsets = (
        (
            None,
            {
                "fields": ("level", "label", "definition"),
                "description": "Responders choose by the definition. Every change is kept under History.",
            },
        ),
        ("What follows from it", {"fields": ("comms_required", "update_minutes", "postmortem_days", "waiver_allowed")}),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Severity | None = None) -> bool:
        return False


class IntegrationForm(forms.ModelForm[Integration]):
    class Meta:
        model = Integration
        fields = ("name", "kind", "team", "service", "private")
        help_texts = {"kind": "Alertmanager sends alerts to a webhook; deploy tools send change events."}


@admin.register(Integration)
class IntegrationAdmin(TableAdmin):
    verbs = crud("integration.change", "integration.change")
    within = "team"
    form = IntegrationForm
    change_form_template = "admin/incidents/integration/change_form.html"
    list_display = ("name", "kind", "team", "service", "private", "key_hint", "last_used_at")
    list_filter = (
        "kind",
        "private",
        ("team", admin.RelatedOnlyFieldListFilter),
        ("last_used_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("team", "service")
    search_fields = ("name", "team__name", "service__name", "hint")
    autocomplete_fields = ("team", "service")
    ordering = ("name",)
    actions = ("renew_keys",)
    fieldsets = (
        (None, {"fields": ("name", "kind")}),
        ("Where it leads", {"fields": ("team", "service", "private")}),
    )
    key_fields = ("Key", {"fields": ("key_hint", "how_to_send", "created_at", "last_used_at")})

    def get_fieldsets(self, request: HttpRequest, obj: Integration | None = None) -> Any:
        return (*self.fieldsets, self.key_fields) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Integration | None = None) -> tuple[str, ...]:
        return ("kind", "key_hint", "how_to_send", "created_at", "last_used_at") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.renew_view)
        return [path("<int:pk>/renew-key/", view, name="incidents_integration_renew"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Integration, form: Any, change: bool) -> None:
        key = "" if change else obj.renew_key()
        super().save_model(request, obj, form, change)
        if key:
            self._show(request, obj, key)

    def renew_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """POST: a new key for one integration; the old one stops at once."""
        integration = self.get_object(request, str(pk))
        back = HttpResponseRedirect(reverse("admin:incidents_integration_change", args=[pk]))
        if request.method == "POST" and integration and self.has_change_permission(request, integration):
            self._renew(request, integration)
        return back

    @admin.action(description="Renew the key (the old one stops at once)", permissions=["change"])
    def renew_keys(self, request: HttpRequest, queryset: QuerySet[Integration]) -> None:
        for integration in queryset:
            self._renew(request, integration)

    def _renew(self, request: HttpRequest, integration: Integration) -> None:
        key = integration.renew_key()
        integration.save(update_fields=["digest", "hint"])
        self.log_change(request, integration, "Renewed the key.")
        self._show(request, integration, key)

    def _show(self, request: HttpRequest, integration: Integration, key: str) -> None:
        base = settings.WATCHBILL_BASE_URL
        if integration.kind == Integration.Kind.ALERTMANAGER:
            what, value = "Webhook URL", f"{base}/integrations/v1/alertmanager/{key}/"
        else:
            what, value = f"Routing key for POST {base}/v2/change/enqueue", key
        text = '{} for {}. Copy it now, it is never shown again: <code class="wb-secret">{}</code>'
        self.message_user(request, format_html(text, what, integration.name, value), messages.WARNING)

    @admin.display(description="key begins with", ordering="hint")
    def key_hint(self, integration: Integration) -> str:
        return f"{integration.hint}…"

    @admin.display(description="how to send to it")
    def how_to_send(self, integration: Integration) -> SafeString:
        base = settings.WATCHBILL_BASE_URL
        if integration.kind == Integration.Kind.ALERTMANAGER:
            return format_html(
                "In alertmanager.yml:<pre>receivers:\n  - name: watchbill\n    webhook_configs:\n"
                "      - url: {}/integrations/v1/alertmanager/{}…/\n        send_resolved: true</pre>"
                "The whole key was shown once; renew it if it is lost.",
                base,
                integration.hint,
            )
        return format_html(
            "<pre>curl -X POST {}/v2/change/enqueue \\\n  -H 'Content-Type: application/json' \\\n"
            '  -d \'{{"routing_key": "{}…", "payload": {{"summary": "Deploy 2.31.0", "source": "ci"}}}}\'</pre>'
            "The whole key was shown once; renew it if it is lost.",
            base,
            integration.hint,
        )

    class Media:
        css = {"all": ("teams/admin.css",)}


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
                    "service_names",
                    "private",
                    "drill",
                ),
                "description": "Everything about an incident is done in the console, where it is recorded.",
            },
        ),
        ("Roles", {"fields": ("role_holders",)}),
        ("Impact", {"fields": ("impact", "impact_started_at", "impact_ended_at", "eta_at", "suspect")}),
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """With whether this person may see what an incident leads to: that may be more private than itself."""
        target = Incident.objects.visible_to(request.user).filter(pk=OuterRef("merged_into"))
        change = Change.objects.visible_to(request.user).filter(pk=OuterRef("suspect_change"))
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


@admin.register(Postmortem)
class PostmortemAdmin(ReadOnlyAdmin):
    list_display = ("title", "reference", "state", "owner", "facilitator", "due_on", "public", "published_at")
    list_filter = ("state", "public", "due_on")
    list_select_related = ("incident", "owner", "facilitator")
    search_fields = ("title", "summary", "incident__title", "owner__username")
    ordering = ("-pk",)
    # Nothing in the database keeps it to the timeline of its own incident.
    exclude = ("entries",)


@admin.register(ActionItem)
class ActionItemAdmin(ReadOnlyAdmin):
    list_display = ("title", "reference", "kind", "priority", "owner", "team", "due_on", "state")
    list_filter = ("state", "kind", "priority", ("team", admin.RelatedOnlyFieldListFilter), "due_on")
    list_select_related = ("incident", "owner", "team")
    search_fields = ("title", "end_state", "owner__username", "incident__title")
    ordering = ("state", "due_on")


@admin.register(Change)
class ChangeAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("at", "summary", "service", "source", "integration")
    list_display_links = ("at", "summary")
    list_filter = (
        ("service", admin.RelatedOnlyFieldListFilter),
        ("integration", admin.RelatedOnlyFieldListFilter),
        "at",
    )
    list_select_related = ("service", "integration")
    search_fields = ("summary", "source", "service__name")
    date_hierarchy = "at"
    ordering = ("-at",)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        shown = Change.objects.visible_to(request.user).values("pk")
        found: QuerySet[Change] = super().get_queryset(request)
        return found.filter(pk__in=shown)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Change | None = None) -> bool:
        return False


def _link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
