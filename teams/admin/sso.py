"""How people get in from an identity provider, and with which tokens it provisions them. Owners only."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from teams.admin.by_table import ByTable, TableAdmin, crud
from teams.models import GroupMapping, IdentityProvider, ScimToken, User
from teams.signin import discovery, scim_tokens

OWNERS = crud("security.change", "security.change")


class ProviderForm(forms.ModelForm[IdentityProvider]):
    """The secret is written and never read: left empty, the one that is kept stays."""

    client_secret = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("client_secret", None)
        kept = self.instance.pk is not None and bool(self.instance.client_secret)
        self.fields["client_secret"].help_text = (
            "A secret is kept, encrypted. Leave this empty to keep it, or type a new one."
            if kept
            else "Kept encrypted and never shown again. Empty only for a public client, which has none."
        )

    def clean_client_secret(self) -> str:
        typed: str = self.cleaned_data.get("client_secret") or ""
        return typed or (self.instance.client_secret if self.instance.pk else "")

    def clean_issuer(self) -> str:
        return str(self.cleaned_data["issuer"]).strip().removesuffix("/.well-known/openid-configuration")

    def clean_email_domains(self) -> str:
        text: str = self.cleaned_data["email_domains"]
        domains = [d.lower().lstrip("@") for d in text.replace(",", " ").split()]
        if wrong := [d for d in domains if "@" in d or "." not in d or "*" in d]:
            raise forms.ValidationError(f"{wrong[0]} is not a domain. Write one a line, such as example.org.")
        return "\n".join(domains)


class MappingInline(ByTable, admin.TabularInline[GroupMapping, IdentityProvider]):
    verbs = OWNERS
    model = GroupMapping
    fields = ("group", "role", "team", "team_role")
    extra = 1
    verbose_name = "group"
    verbose_name_plural = "what groups mean: a role in the organization, or a team and the role in it"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("team", "provider")


@admin.register(IdentityProvider)
class IdentityProviderAdmin(TableAdmin):
    verbs = OWNERS
    form = ProviderForm
    inlines = (MappingInline,)
    change_form_template = "admin/teams/identityprovider/change_form.html"
    list_display = ("name", "issuer", "active", "create_accounts", "groups_claim", "linked")
    list_filter = ("active", "create_accounts")
    search_fields = ("name", "slug", "issuer", "mappings__group")
    search_help_text = "Name, issuer or group"
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        accounts = SocialAccount.objects.filter(provider=OuterRef("slug")).order_by().values("provider")
        counted = accounts.annotate(count=Count("pk")).values("count")
        rows = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(linked_count=Coalesce(Subquery(counted), 0))
        return found

    def get_fieldsets(self, request: HttpRequest, obj: IdentityProvider | None = None) -> Any:
        there = ("At the provider", {"fields": ("redirect_address", "signed_out_address", "backchannel_address")})
        first = (
            (None, {"fields": ("name", "slug", "active")}),
            ("The provider", {"fields": ("issuer", "client_id", "client_secret", "scopes")}),
            ("Who comes in", {"fields": ("create_accounts", "default_role", "email_domains")}),
            ("Groups", {"fields": ("groups_claim",)}),
        )
        return (first[0], there, *first[1:]) if obj else first

    def get_readonly_fields(self, request: HttpRequest, obj: IdentityProvider | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # Whoever is linked is known by what this issuer calls them: another one's subjects are other people.
        kept = ("issuer",) if SocialAccount.objects.filter(provider=obj.slug).exists() else ()
        return ("slug", *kept, "redirect_address", "signed_out_address", "backchannel_address")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("name",)}

    @admin.display(description="redirect URI")
    def redirect_address(self, provider: IdentityProvider) -> str:
        return format_html('<code class="wb-secret">{}</code>', provider.redirect_uri)

    @admin.display(description="after a sign-out")
    def signed_out_address(self, provider: IdentityProvider) -> str:
        return format_html('<code class="wb-secret">{}</code>', provider.signed_out_uri)

    @admin.display(description="back-channel sign-out")
    def backchannel_address(self, provider: IdentityProvider) -> str:
        return format_html('<code class="wb-secret">{}</code>', provider.backchannel_uri)

    @admin.display(description="accounts linked")
    def linked(self, provider: IdentityProvider) -> int:
        return int(provider.linked_count)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_view)
        return [path("<int:pk>/check/", view, name="teams_identityprovider_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """POST: ask the provider what it says of itself, and say what is wrong."""
        provider = self.get_object(request, str(pk))
        if request.method == "POST" and provider and self.has_change_permission(request, provider):
            wrong, remarks = discovery.check(provider)
            for sentence in wrong:
                self.message_user(request, sentence, messages.ERROR)
            for sentence in remarks:
                self.message_user(request, sentence, messages.WARNING)
            if not wrong:
                self.message_user(request, f"{provider} answers as it should: people can sign in.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:teams_identityprovider_change", args=[pk]))

    def delete_model(self, request: HttpRequest, obj: IdentityProvider) -> None:
        self.delete_queryset(request, IdentityProvider.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[IdentityProvider]) -> None:
        """The links go with the provider: a later one of the same name could call others by these subjects."""
        SocialAccount.objects.filter(provider__in=list(queryset.values_list("slug", flat=True))).delete()
        queryset.delete()

    class Media:
        css = {"all": ("teams/admin.css",)}


@admin.register(ScimToken)
class ScimTokenAdmin(TableAdmin):
    verbs = {"view": "security.change", "add": "security.change", "change": "security.change"}
    list_display = ("name", "provider", "default_role", "hint", "created_by", "created_at", "last_used_at", "state")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "provider")
    list_select_related = ("provider", "created_by")
    search_fields = ("name", "hint")
    ordering = ("-created_at",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ScimToken | None = None) -> tuple[str, ...]:
        given = ("name", "provider", "default_role")
        return (*given, "hint", "created_by", "created_at", "last_used_at", "revoked_at") if obj else given

    def get_readonly_fields(self, request: HttpRequest, obj: ScimToken | None = None) -> tuple[str, ...]:
        return ("hint", "created_by", "created_at", "last_used_at", "revoked_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: ScimToken, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        assert isinstance(request.user, User)
        made, raw = scim_tokens.issue(
            by=request.user, name=obj.name, provider=obj.provider, default_role=obj.default_role
        )
        obj.pk, obj._state.adding = made.pk, False
        for name in ("digest", "hint", "created_by", "created_at"):
            setattr(obj, name, getattr(made, name))
        self.message_user(
            request,
            format_html(
                'Copy the token for {} now, it is never shown again: <code class="wb-secret">{}</code> The address for '
                "the provider is <code>{}</code>.",
                made.name,
                raw,
                request.build_absolute_uri("/scim/v2/"),
            ),
            messages.WARNING,
        )

    @admin.display(description="state", ordering="revoked_at")
    def state(self, token: ScimToken) -> str:
        return "revoked" if token.revoked_at else "valid"

    @admin.action(description="Revoke the selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ScimToken]) -> None:
        assert isinstance(request.user, User)
        count = sum(scim_tokens.revoke(token, by=request.user) for token in queryset)
        self.message_user(request, f"{count} revoked. Whatever uses them is refused from now on.")

    class Media:
        css = {"all": ("teams/admin.css",)}
