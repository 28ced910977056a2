"""Forms of the pages about access."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html

from teams import access, invitations, service_accounts
from teams.forms import field_of
from teams.models import ApiToken, Invitation, Membership, Team, User
from teams.tokens import LONGEST_LIFE

NEVER = "never"
LIVES = {"7": "7 days", "30": "30 days", "90": "90 days", "180": "180 days", str(LONGEST_LIFE.days): "A year"}


class TokenFilter(forms.Form):
    q = forms.CharField(required=False, label="Name or hint", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(required=False, label="Show", choices=[("", "All"), *ApiToken.State.choices])


class TokenForm(forms.Form):
    """A token of somebody who may use `scopes`; one that never ends where the organization allows that."""

    name = forms.CharField(max_length=80, label="What it is for", help_text="For example: deploy pipeline.")
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        help_text="As little as it needs. It never does more than its owner may.",
        error_messages={"required": "Choose what it may do, at least one thing."},
    )
    lasts = forms.ChoiceField(label="How long it lasts", initial="90")

    def __init__(self, *args: Any, scopes: list[str], may_last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "scopes", forms.ChoiceField).choices = [(scope, _explained(scope)) for scope in scopes]
        self.initial.setdefault("scopes", scopes[:1])
        for_ever = [(NEVER, "For ever, until it is revoked")] if may_last else []
        field_of(self, "lasts", forms.ChoiceField).choices = [*LIVES.items(), *for_ever]

    def given(self) -> dict[str, Any]:
        """What was filled in, as `tokens.issue` takes it."""
        lasts = self.cleaned_data["lasts"]
        ends: datetime | None = None if lasts == NEVER else timezone.now() + timedelta(days=int(lasts))
        return {"name": self.cleaned_data["name"], "scopes": self.cleaned_data["scopes"], "expires_at": ends}

    def refuse(self, wrong: dict[str, Any]) -> None:
        """Show what `tokens.issue` found wrong, beside the fields that it is about."""
        for name, texts in wrong.items():
            self.add_error("lasts" if name == "expires_at" else name if name in self.fields else None, texts)


def _explained(scope: str) -> str:
    return format_html('<span>{} <code class="muted">{}</code></span>', access.SCOPES[scope], scope)


class AccountFilter(forms.Form):
    q = forms.CharField(required=False, label="Name", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(
        required=False, label="Show", choices=[("", "In use"), ("off", "Switched off"), ("all", "All")]
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label="Role in the organization",
        choices=service_accounts.ROLES,
        initial=User.Role.VIEWER,
        help_text="The most that any of its tokens can do.",
    )


class AccountForm(RoleForm):
    name = forms.CharField(max_length=80, label="Name", help_text="What uses it. For example: deploy pipeline.")

    field_order = ("name", "role")


class InvitationFilter(forms.Form):
    q = forms.CharField(required=False, label="Address", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(required=False, label="Show", choices=[("", "All"), *Invitation.State.choices])
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="Any team", to_field_name="slug")

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "team", forms.ModelChoiceField).queryset = teams


class InviteForm(forms.Form):
    """Whom to invite, to which of `teams`, and as one of `roles`."""

    emails = forms.CharField(
        label="Addresses",
        widget=forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=f"One a line, or with commas between. At most {invitations.MOST_AT_ONCE}.",
        error_messages={"required": "Give at least one address."},
    )
    role = forms.ChoiceField(label="Role in the organization")
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="No team yet", to_field_name="slug")
    team_role = forms.ChoiceField(
        label="Role in the team",
        choices=Membership.Role.choices,
        initial=Membership.Role.MEMBER,
        help_text="Only where you choose a team.",
    )

    def __init__(
        self, *args: Any, teams: QuerySet[Team], roles: list[User.Role], anywhere: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        role, team = field_of(self, "role", forms.ChoiceField), field_of(self, "team", forms.ModelChoiceField)
        role.choices = [(each.value, each.label) for each in roles]
        role.help_text = " ".join(f"{each.label}: {access.EXPLAINED[access.Role(each)]}" for each in roles)
        self.initial.setdefault("role", (User.Role.RESPONDER if User.Role.RESPONDER in roles else roles[-1]).value)
        team.queryset = teams
        if not anywhere:
            team.required, team.empty_label = True, "Choose …"

    def clean_emails(self) -> list[str]:
        return invitations.addresses_in(self.cleaned_data["emails"])


class AcceptForm(forms.Form):
    first_name = forms.CharField(
        max_length=150, label="First name", widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        max_length=150, required=False, label="Last name", widget=forms.TextInput({"autocomplete": "family-name"})
    )
    username = forms.CharField(
        max_length=150,
        label="Username",
        help_text="Others find you by it. Letters, digits and @ . + - _",
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least eight characters, and nothing that is easy to guess.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
