"""Setting up status pages, what is on them, and who reads them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join

from comms import logos, places, readers
from comms.actions import pages as keeping
from comms.actions import snapshots
from comms.models import (
    Component,
    ComponentGroup,
    PageLogo,
    PageRole,
    StatusPage,
    Subscriber,
    UpdateTemplate,
)
from comms.models.page import LANGUAGES
from comms.standing import pages_where
from teams import permits
from teams.admin.by_table import ByTable, crud


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


class LogoField(forms.FileField):
    """A file that becomes a Logo; None where none was chosen."""

    def __init__(self, label: str) -> None:
        super().__init__(
            required=False,
            label=label,
            widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
            help_text="PNG, JPEG or WebP, at most 1 MB; shown up to 64 pixels high.",
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = super().clean(data, initial)
        if not given:
            return None
        if given.size > logos.MOST_BYTES:
            raise ValidationError("A logo has at most 1 MB.")
        try:
            return logos.read(given.read())
        except logos.Unfit as unfit:
            raise ValidationError(str(unfit)) from None


class StatusPageForm(forms.ModelForm[StatusPage]):
    other_languages = forms.MultipleChoiceField(
        choices=LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What else it can be read in, and mail be asked for. What people write is not translated.",
    )
    logo_light = LogoField("Logo on light ground")
    logo_dark = LogoField("Logo on dark ground")
    no_logo = forms.BooleanField(required=False, label="Take the logos away")
    new_link = forms.BooleanField(
        required=False,
        label="Make another link",
        help_text="The present one stops working, and so does the page for everybody who came by it.",
    )

    class Meta:
        model = StatusPage
        # The administration asks for all that its fieldsets have.
        fields = ("domain", "language", "other_languages", "accent_light", "accent_dark")
        widgets = {
            "accent_light": forms.TextInput(attrs={"placeholder": "#0c5f78", "size": 9}),
            "accent_dark": forms.TextInput(attrs={"placeholder": "#68c4da", "size": 9}),
        }

    def clean_domain(self) -> str:
        name = str(self.cleaned_data["domain"]).lower()
        if name == (urlsplit(settings.WATCHBILL_BASE_URL).hostname or ""):
            raise ValidationError("Watchbill itself is there. A page needs a name of its own, such as a subdomain.")
        return name

    def clean_other_languages(self) -> list[str]:
        return [code for code in self.cleaned_data["other_languages"] if code != self.cleaned_data.get("language")]

    def logos(self) -> dict[str, logos.Logo | None]:
        """What is to be shown now, where that changes."""
        given = {name: self.cleaned_data.get(f"logo_{name}") for name in PageLogo.Variant.values}
        gone = dict.fromkeys(given) if self.cleaned_data.get("no_logo") else {}
        return gone | {name: logo for name, logo in given.items() if logo is not None}


@admin.register(StatusPage)
class StatusPageAdmin(OfPage, admin.ModelAdmin[StatusPage]):
    verbs = crud("page.change", "page.change", "page.create")
    within = ""
    form = StatusPageForm
    list_display = ("name", "slug", "audience", "is_default", "components", "subscribers", "updated_at")
    list_filter = ("audience",)
    search_fields = ("name", "slug", "domain")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("updated_at", "link", "snippet", "pictures")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = (ComponentGroupInline, ComponentInline, PageRoleInline)
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "time_zone", "support_url")}),
        ("Who reads it", {"fields": ("audience", "is_default", "link", "new_link")}),
        ("Who publishes", {"fields": ("guarded", "second_person", "approval_minutes")}),
        ("Languages", {"fields": ("language", "other_languages")}),
        (
            "Looks",
            {
                "fields": (
                    ("accent_light", "accent_dark"),
                    ("corners", "typeface"),
                    "pictures",
                    ("logo_light", "logo_dark"),
                    "no_logo",
                )
            },
        ),
        ("Elsewhere", {"fields": ("domain", "snippet")}),
        ("State", {"fields": ("updated_at",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: StatusPage | None = None) -> tuple[str, ...]:
        """Who reads a page, and where, is for those who may make one; editors keep what is on it."""
        if permits.may(request.user, "page.create"):
            return self.readonly_fields
        return (*self.readonly_fields, "audience", "is_default", "domain")

    def save_model(self, request: HttpRequest, obj: StatusPage, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("new_link"):
            keeping.renew_link(obj)
        if found := form.logos():
            keeping.dress(obj, found)
        snapshots.render_soon(obj)
        if change and "audience" in form.changed_data and obj.audience == StatusPage.Audience.CUSTOMERS:
            stay = Subscriber.objects.filter(page=obj, state=Subscriber.State.ACTIVE).count()
            if stay:
                said = (
                    f"{stay} subscribers from before go on being told. Look through them, and end those who should not."
                )
                self.message_user(request, said, messages.WARNING)

    @admin.display(description="Link for customers", empty_value="")
    def link(self, page: StatusPage) -> str:
        """What to send to customers; programs use the key at the addresses of JSON, feeds and the badge."""
        if page.pk is None or page.audience != StatusPage.Audience.CUSTOMERS:
            return "A page for customers has one, once it is saved."
        key = readers.key_of(page.uid, page.key_version)
        return format_html('<a href="{0}">{0}</a>', f"{places.absolute(page)}?{readers.KEY}={key}")

    @admin.display(description="To show it on another site", empty_value="")
    def snippet(self, page: StatusPage) -> str:
        if page.pk is None or page.audience in (StatusPage.Audience.INTERNAL, StatusPage.Audience.EXECUTIVES):
            return "Pages for everybody and for customers can be shown on other sites."
        key = ""
        if page.audience == StatusPage.Audience.CUSTOMERS:
            key = f"?{readers.KEY}={readers.key_of(page.uid, page.key_version)}"
        lines = (
            f'<script src="{places.absolute(page, "widget_js")}{key}" data-title="{escape(page.name)}" async></script>',
            f'<img src="{places.absolute(page, "badge")}{key}" alt="{escape(page.name)}">',
        )
        return format_html(
            '<label for="snippet">Widget and badge</label> '
            '<textarea id="snippet" rows="4" cols="80" readonly>{}</textarea>',
            "\n".join(lines),
        )

    @admin.display(description="Logos now", empty_value="none")
    def pictures(self, page: StatusPage) -> str:
        shown = (
            (places.path(page, "logo", row.variant), row.sha256[:8], row.get_variant_display(), row.width, row.height)
            for row in PageLogo.objects.filter(page_id=page.pk).defer("data", "icon")
        )
        return format_html_join(" ", '<img src="{}?{}" alt="{}" width="{}" height="{}">', shown)

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
    """What is kept of them. What is done about them has its page in the console, with their whole history."""

    verbs = crud("subscriber.view", "subscriber.change")
    list_display = ("email", "page", "channel", "state", "all_components", "created_at", "confirmed_at", "ended_at")
    list_filter = ("state", "page", "channel", "all_components", "floor", ("created_at", admin.DateFieldListFilter))
    list_select_related = ("page",)
    search_fields = ("email", "endpoint_shown")
    date_hierarchy = "created_at"
    autocomplete_fields = ("page", "components")
    readonly_fields = (
        *("state", "channel", "kind", "endpoint_shown", "failing_since", "trouble", "groups", "incidents"),
        *("created_at", "confirmed_at", "ended_at"),
    )
    fieldsets = (
        (None, {"fields": ("page", "email", "state")}),
        ("Where updates go", {"fields": ("channel", "kind", "endpoint_shown", "failing_since", "trouble")}),
        (
            "What they hear of",
            {"fields": ("all_components", "components", "groups", "incidents", "floor", "maintenance", "ends_only")},
        ),
        ("When", {"fields": (("quiet_from", "quiet_until"), ("digest", "digest_at"))}),
        ("In which words", {"fields": ("language", "time_zone")}),
        ("Dates", {"fields": ("created_at", "confirmed_at", "ended_at")}),
    )

    def view_on_site(self, obj: Subscriber) -> str:
        return reverse("comms:subscriber", args=[obj.pk])
