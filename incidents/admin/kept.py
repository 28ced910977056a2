"""What is kept by hand: severities, integrations with their keys, and the changes that came through them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.models import Change, Integration, Severity
from teams.admin.by_table import TableAdmin, crud


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
