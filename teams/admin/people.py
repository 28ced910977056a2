from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from teams import permits, tokens
from teams.admin.by_table import ByTable, TableAdmin, crud
from teams.admin.organization import ZonedAdmin
from teams.admin.widgets import KnownInline
from teams.models import ApiToken, ContactMethod, Invitation, Membership, Team, User
from teams.signin import leaving, passwords


class UserCreationForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email", "first_name", "last_name", "time_zone")


class PersonForm(UserChangeForm):
    """`by` is who fills it in; set by the admin."""

    by: User | None = None

    def clean_is_active(self) -> bool:
        wanted = bool(self.cleaned_data["is_active"])
        if not wanted and self.instance.is_active and (problem := leaving.why_not(self.instance, by=self.by)):
            raise forms.ValidationError(problem)
        if wanted and not self.instance.is_active and (problem := leaving.why_not_back(self.instance)):
            raise forms.ValidationError(problem)
        return wanted

    def clean_role(self) -> str:
        wanted = str(self.cleaned_data["role"])
        if wanted != User.Role.OWNER and self.instance.role == User.Role.OWNER:
            leaving.lock_owners()
            if problem := leaving.why_owner(self.instance):
                raise forms.ValidationError(problem)
        return wanted


class MembershipInline(ByTable, KnownInline):
    verbs = crud("person.change", "person.change")
    model = Membership
    known_field = "team"
    extra = 0
    verbose_name = "team"
    verbose_name_plural = "teams of this person"
    readonly_fields = ("source",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "team")


class ContactMethodInline(ByTable, admin.TabularInline):
    """What is known of the ways to somebody; adding and proving them is theirs alone."""

    verbs = {"view": "person.change", "delete": "person.change"}
    model = ContactMethod
    fields = readonly_fields = ("kind", "label", "shown", "standing", "trouble")
    extra = 0
    verbose_name = "way to reach this person"
    verbose_name_plural = "ways to reach this person beside the e-mail address"

    @admin.display(description="state")
    def standing(self, method: ContactMethod) -> str:
        if method.verified_at is None:
            return "not verified: it does not count"
        return "turned off" if method.disabled_at else "counts"


def _suggests(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name == "admin:autocomplete"


def _is_owner(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and _owner(request.user)


def _owner(user: User) -> bool:
    return user.role == User.Role.OWNER


def said(user: User, left: leaving.Left) -> str:
    """What a deactivation did, as a sentence."""
    gaps = f"{len(left.gaps)} of their watches in the next weeks are gaps now; " if left.gaps else ""
    return (
        f"{user} is deactivated: {left.sessions} sessions and {left.tokens} tokens ended. {gaps}owners and managers "
        "were told by mail."
    )


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return ApiToken.State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        states = ApiToken.objects.in_state(self.value() or "", timezone.now())
        return queryset.filter(pk__in=states.values("pk")) if self.value() else queryset


@admin.register(User)
class UserAdmin(ZonedAdmin, DjangoUserAdmin):
    # Anybody finds people; their numbers, addresses and sign-ins are for those who administer them.
    verbs = crud("person.change", "person.change")
    form = PersonForm
    add_form = UserCreationForm
    actions = ("deactivate", "reactivate")
    inlines = (MembershipInline,)
    list_display = ("username", "name", "email", "role", "team_names", "time_zone", "is_active", "last_login")
    list_filter = (
        "is_active",
        "role",
        ("is_service", admin.BooleanFieldListFilter),
        ("teams", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    list_per_page = 50
    readonly_fields = ("is_service", "last_login", "date_joined", "api_tokens", "kept", "rules")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (
            "Person",
            {
                "fields": ("first_name", "last_name", "email", "phone", "time_zone", "country"),
                "description": "Notices go to the e-mail address, and pages where no rule says otherwise.",
            },
        ),
        ("Pages", {"fields": ("rules",)}),
        (
            "May",
            {
                "fields": ("is_active", "role"),
                "description": "Somebody who left: take “Active” away instead of deleting, so that the history keeps "
                "the name. Sessions and tokens end at once, and managers are told which watches nobody stands.",
            },
        ),
        ("API", {"fields": ("is_service", "api_tokens")}),
        ("What is kept", {"fields": ("kept",)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "first_name", "last_name", "time_zone")}),
        ("Password", {"classes": ("wide",), "fields": ("usable_password", "password1", "password2")}),
    )

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return (*self.inlines, ContactMethodInline) if obj else self.inlines

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user}) if issubclass(form, PersonForm) else form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whether somebody is active is a verb of its own, with all that hangs on it."""
        if not change or "is_active" not in form.changed_data:
            super().save_model(request, obj, form, change)
            return
        wanted, obj.is_active = obj.is_active, not obj.is_active
        super().save_model(request, obj, form, change)
        assert isinstance(request.user, User)
        verb = leaving.reactivate if wanted else leaving.deactivate
        left = verb(obj, by=request.user, through="admin", request=request)
        if isinstance(left, leaving.Left):
            self.message_user(request, said(obj, left), messages.WARNING if left.gaps else messages.SUCCESS)

    def _each(self, request: HttpRequest, queryset: QuerySet[User], verb: Any) -> None:
        assert isinstance(request.user, User)
        for user in User.objects.filter(pk__in=queryset.values("pk")):
            try:
                done = verb(user, by=request.user, through="admin", request=request)
            except ValidationError as refused:
                self.message_user(request, " ".join(refused.messages), messages.ERROR)
            except PermissionDenied as refused:
                self.message_user(request, str(refused), messages.ERROR)
            else:
                if isinstance(done, leaving.Left):
                    self.message_user(request, said(user, done), messages.WARNING if done.gaps else messages.SUCCESS)
                elif done:
                    self.message_user(request, f"{user} can sign in again.")

    @admin.action(description="Deactivate the selected people", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, leaving.deactivate)

    @admin.action(description="Let the selected people sign in again", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, leaving.reactivate)

    @admin.display(description="teams")
    def team_names(self, user: User) -> str:
        return ", ".join(team.name for team in user.teams.all())

    @admin.display(description="their data")
    def kept(self, user: User) -> str:
        url = reverse("teams:erase", args=[user.pk])
        return format_html('<a href="{}">Export or erase what is kept of {}</a>', url, user)

    @admin.display(description="how they hear of a page")
    def rules(self, user: User) -> str:
        rows = user.notification_rules.select_related("method")
        quiet = (
            f"Low urgency waits from {user.quiet_from:%H:%M} until {user.quiet_until:%H:%M}."
            if user.quiet_from and user.quiet_until
            else ""
        )
        said = format_html_join("", "<li>{}</li>", ((rule,) for rule in rows)) or "No rules: by e-mail at once."
        return format_html("<ul>{}</ul>{}", said, quiet)

    @admin.display(description="API tokens")
    def api_tokens(self, user: User) -> str:
        rows = format_html_join(
            "",
            '<li><a href="{}">{}</a> {}</li>',
            (
                (
                    reverse("admin:teams_apitoken_change", args=[t.pk]),
                    t,
                    t.state.label.lower(),
                )
                for t in user.api_tokens.all()
            ),
        )
        page = tokens.url_of(user)
        keep = format_html('<a href="{}">Keep its tokens</a>', page) if user.is_service else "People make their own."
        return format_html("<ul>{}</ul>{}", rows or "No tokens.", keep)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related(Prefetch("teams", Team.objects.order_by("name")))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nobody gives more than they have: only owners make owners."""
        if db_field.name == "role" and not _is_owner(request):
            kwargs["choices"] = [c for c in User.Role.choices if c[0] != User.Role.OWNER]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """A password that an administrator gives ends every session of the person, and is written down and mailed.
        Nobody signs in with a service account, so that has none to set."""
        if User.objects.filter(pk=id, is_service=True).exists():
            raise PermissionDenied("A service account has no password: make it a token.")
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            assert isinstance(request.user, User)
            passwords.given(User.objects.get(pk=id), by=request.user, request=request)
        return response

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Forms that ask for a person suggest names to whoever fills them in."""
        finds = _suggests(request) and permits.may(request.user, "person.view")
        return finds or super().has_view_permission(request, obj)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Who sees no addresses does not find people by them either: each answer gives away a letter."""
        if permits.may(request.user, "person.change"):
            return self.search_fields
        return tuple(name for name in self.search_fields if name != "email")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever administers people can't reset the password of an owner, or take their role."""
        return super().has_change_permission(request, obj) and (_is_owner(request) or obj is None or not _owner(obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The addresses, second factors and sessions that the library keeps of somebody go with them."""
        deletable, counts, missing, protected = super().get_deleted_objects(objs, request)
        theirs = {str(m._meta.verbose_name) for m in (EmailAddress, Authenticator, UserSession)}
        return deletable, counts, {m for m in missing if str(m) not in theirs}, protected

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody deletes the last active owner."""
        allowed = _is_owner(request) or obj is None or not _owner(obj)
        return super().has_delete_permission(request, obj) and allowed and (obj is None or not leaving.why_owner(obj))

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        leaving.keep_an_owner(User.objects.filter(pk=obj.pk))
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        leaving.keep_an_owner(queryset)
        super().delete_queryset(request, queryset)


@admin.register(ApiToken)
class ApiTokenAdmin(TableAdmin):
    """Every token, to be found and revoked. They are made in the console, where their key is shown once."""

    verbs = {"view": "token.service"}
    list_display = (
        "name",
        "user",
        "hint",
        "may",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "state",
    )
    list_filter = (StateFilter, ("user__is_service", admin.BooleanFieldListFilter), "created_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "hint", "user__username", "user__first_name", "user__last_name", "user__email")
    ordering = ("-created_at",)
    actions = ("revoke",)
    fields = (
        "user",
        "name",
        "hint",
        "may",
        "made_by",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "revoked_at",
    )

    @admin.display(description="may")
    def may(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: ApiToken) -> str:
        return token.state.label.lower()

    @admin.action(description="Revoke the selected tokens", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        assert isinstance(request.user, User)
        chosen = list(queryset.filter(revoked_at=None).values_list("pk", flat=True))
        for pk in chosen:
            tokens.revoke(pk, by=request.user, request=request)
        self.message_user(request, f"{len(chosen)} revoked. Whatever uses them is refused from now on.")


@admin.register(Invitation)
class InvitationAdmin(TableAdmin):
    """Who was asked to join. They are sent, sent again and revoked in the console."""

    verbs = {"view": "person.invite"}
    within = "team"
    list_display = ("email", "role", "team", "team_role", "invited_by", "sent_at", "expires_at", "state")
    list_filter = ("role", ("team", admin.RelatedOnlyFieldListFilter), "created_at")
    list_select_related = ("team", "invited_by")
    search_fields = ("email", "invited_by__username", "invited_by__first_name", "team__name")
    ordering = ("-created_at",)
    exclude = ("accepted_by",)

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        return invitation.state.label.lower()
