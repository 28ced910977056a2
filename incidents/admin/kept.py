"""What is kept by hand: severities, integrations with their keys, and the changes that came through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents import ingest_mail
from incidents.actions import heartbeats, integrations
from incidents.models import Change, CustomField, Heartbeat, IncidentType, Integration, Severity
from incidents.sources.registry import Source
from teams.admin.by_table import ByTable, TableAdmin, crud, person


@admin.register(Severity)
class SeverityAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = (
        "code",
        "label",
        "definition",
        "comms_required",
        "update_minutes",
        "attempt_minutes",
        "meeting_days",
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
        (
            "What follows from it",
            {"fields": ("comms_required", "update_minutes", "attempt_minutes")},
        ),
        (
            "Its review",
            {"fields": ("meeting_days", "circulate_days", "postmortem_days", "waiver_allowed")},
        ),
        ("Its action items", {"fields": ("assign_days", "action_days", "relevance_days")}),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Severity | None = None) -> bool:
        return False


@admin.register(IncidentType)
class IncidentTypeAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("name", "slug", "description", "position")
    search_fields = ("name", "slug", "description")
    ordering = ("position", "name")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(CustomField)
class CustomFieldAdmin(TableAdmin):
    verbs = crud("organization.view", "organization.change")
    list_display = ("label", "key", "kind", "required_from", "required_level", "retired", "position")
    list_filter = ("kind", "required_from", "retired")
    search_fields = ("label", "key", "help")
    ordering = ("position", "label")
    prepopulated_fields = {"key": ("label",)}
    fieldsets = (
        (
            None,
            {
                "fields": ("label", "key", "kind", "choices", "help", "position", "retired"),
                "description": "Asked of every incident, beside what Watchbill asks itself.",
            },
        ),
        ("When it is required", {"fields": ("required_from", "required_level")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: CustomField | None = None) -> tuple[str, ...]:
        return ("key", "kind") if obj is not None and obj.values.exists() else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: CustomField | None = None) -> dict[str, Sequence[str]]:
        return {} if obj is not None else {"key": ("label",)}

    def has_delete_permission(self, request: HttpRequest, obj: CustomField | None = None) -> bool:
        """What was given stays: such a field is retired."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.values.exists())


class IntegrationForm(forms.ModelForm[Integration]):
    class Meta:
        model = Integration
        fields = ("name", "kind", "team", "service", "private", "settings")
        help_texts = {
            "kind": "What it speaks. It can't be changed later.",
            "settings": "As JSON. Of any JSON: a mapping of JMESPath expressions, such as "
            '{"mapping": {"key": "id", "title": "name", "severity": "level", "status": "state"}}.',
        }

    new_secret = forms.CharField(
        label="Secret",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="With which the tool signs what it sends (GitHub, GitLab, Sentry). Empty leaves it as it is.",
    )

    def clean_settings(self) -> Any:
        found = self.cleaned_data["settings"] or {}
        if not isinstance(found, dict):
            raise forms.ValidationError("Give an object, such as {}.")
        kind = self.instance.kind or self.data.get("kind", "")
        if problems := integrations.settings_problems(kind, found):
            raise forms.ValidationError([f"{name}: {' '.join(texts)}" for name, texts in problems.items()])
        return found


class HeartbeatInline(ByTable, admin.TabularInline[Heartbeat, Integration]):
    verbs = crud("integration.change", "integration.change")
    model = Heartbeat
    fields = ("name", "period_minutes", "cron", "time_zone", "grace_minutes", "severity", "last_seen_at", "is_late")
    readonly_fields = ("last_seen_at", "is_late")
    extra = 0


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
    search_fields = ("name", "team__name", "service__name", "keys__hint")
    inlines = (HeartbeatInline,)
    autocomplete_fields = ("team", "service")
    ordering = ("name",)
    actions = ("renew_keys",)
    fieldsets = (
        (None, {"fields": ("name", "kind")}),
        ("Where it leads", {"fields": ("team", "service", "private")}),
        ("How it is read", {"fields": ("settings", "new_secret")}),
    )
    key_fields = ("Key", {"fields": ("key_hint", "how_to_send", "created_at", "last_used_at")})

    def get_fieldsets(self, request: HttpRequest, obj: Integration | None = None) -> Any:
        return (*self.fieldsets, self.key_fields) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Integration | None = None) -> tuple[str, ...]:
        return ("kind", "key_hint", "how_to_send", "created_at", "last_used_at") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.renew_view)
        test = self.admin_site.admin_view(self.test_view)
        stop = self.admin_site.admin_view(self.stop_view)
        return [
            path("<int:pk>/renew-key/", view, name="incidents_integration_renew"),
            path("<int:pk>/test/", test, name="incidents_integration_test"),
            path("<int:pk>/stop-former-keys/", stop, name="incidents_integration_stop"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Integration, form: Any, change: bool) -> None:
        if secret := form.cleaned_data.get("new_secret"):
            obj.secret = secret
        super().save_model(request, obj, form, change)
        if not change:
            self._show(request, obj, integrations.add_key(obj, by=person(request)))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Heartbeat:
            heartbeats.expect(form.instance)

    def renew_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """POST: a new key for one integration; the old one works for a day beside it."""
        integration = self.get_object(request, str(pk))
        back = HttpResponseRedirect(reverse("admin:incidents_integration_change", args=[pk]))
        if request.method == "POST" and integration and self.has_change_permission(request, integration):
            self._renew(request, integration)
        return back

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """POST: a harmless alert, as the tool would send it."""
        integration = self.get_object(request, str(pk))
        back = HttpResponseRedirect(reverse("admin:incidents_integration_change", args=[pk]))
        if request.method == "POST" and integration and self.has_change_permission(request, integration):
            integrations.send_test(integration, by=person(request))
            self.message_user(request, "A test was sent. What becomes of it is among the events in a moment.")
        return back

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """POST: only the newest key works from now on."""
        integration = self.get_object(request, str(pk))
        back = HttpResponseRedirect(reverse("admin:incidents_integration_change", args=[pk]))
        if request.method == "POST" and integration and self.has_change_permission(request, integration):
            stopped = integrations.stop_former_keys(integration, by=person(request))
            self.log_change(request, integration, "Stopped the former keys.")
            self.message_user(request, f"Former keys that were stopped: {stopped}. The newest works.")
        return back

    @admin.action(description="Make a new key (the old one works for a day beside it)", permissions=["change"])
    def renew_keys(self, request: HttpRequest, queryset: QuerySet[Integration]) -> None:
        for integration in queryset:
            self._renew(request, integration)

    def _renew(self, request: HttpRequest, integration: Integration) -> None:
        key = integrations.add_key(integration, by=person(request))
        self.log_change(request, integration, "Made a new key.")
        self._show(request, integration, key)

    def _show(self, request: HttpRequest, integration: Integration, key: str) -> None:
        source = integration.source
        if source.key is None:
            what, value = "The address", _address(source, key)
        else:
            what, value = "The key", key
        text = '{} for {}. Copy it now, it is never shown again: <code class="wb-secret">{}</code>'
        self.message_user(request, format_html(text, what, integration.name, value), messages.WARNING)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Integration]:
        return super().get_queryset(request).prefetch_related("keys")

    @admin.display(description="keys begin with")
    def key_hint(self, integration: Integration) -> str:
        now = timezone.now()
        return ", ".join(f"{key.hint}…" for key in integration.keys.all() if key.is_good(now)) or "none"

    @admin.display(description="how to send to it")
    def how_to_send(self, integration: Integration) -> SafeString:
        source, key = integration.source, "<key>"
        url = _address(source, key)
        text = "<pre>{}</pre>The whole key was shown once; make a new one if it is lost."
        return format_html(text, source.configured(url=url, key=key))

    class Media:
        css = {"all": ("teams/admin.css",)}


def _address(source: Source, key: str) -> str:
    if source.name != ingest_mail.SOURCE.name:
        return source.url(root=settings.WATCHBILL_BASE_URL, key=key)
    return ingest_mail.address(key) or f"(no address yet: WATCHBILL_MAIL_IN_DOMAIN names none; the key is {key})"


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
