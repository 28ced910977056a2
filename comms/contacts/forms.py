"""The forms of contact methods, their codes and the rules that use them."""

from __future__ import annotations

from typing import Any

from django import forms

from teams import chats, phonebook
from teams.forms import Refusable, field_of
from teams.models import ContactMethod, NotificationRule, User

Kind = ContactMethod.Kind
SPARE = 2
# A browser makes its own address; it can't be typed.
TYPED = [(kind.value, kind.label) for kind in Kind if kind is not Kind.PUSH]
SUCH_AS = {
    Kind.EMAIL: "you@example.org",
    Kind.SMS: "+49 151 12345678",
    Kind.VOICE: "+49 30 1234567",
    Kind.WEBHOOK: "https://example.org/page",
    **{kind: such_as for kind, (_, such_as) in chats.SERVICES.items()},
}


class MethodForm(Refusable):
    kind = forms.ChoiceField(label="Kind", choices=TYPED)
    address = forms.CharField(
        label="Number or address",
        max_length=phonebook.LONGEST,
        help_text="A number with its country, an e-mail address, or the address that the service gives you. "
        "It is kept encrypted.",
    )
    label = forms.CharField(label="Name", max_length=60, required=False, help_text="Such as “work phone”.")


class CodeForm(Refusable):
    code = forms.CharField(
        label="Code",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class QuietForm(Refusable):
    all_optional = True
    quiet_from = forms.TimeField(label="From", required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(
        label="Until", required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )


class RuleForm(forms.Form):
    """One rule. A row without a method is none."""

    all_optional = True

    delay_minutes = forms.IntegerField(
        label="Minutes after the page", min_value=0, max_value=NotificationRule.LONGEST, required=False
    )
    method = forms.ChoiceField(label="Through", required=False)

    def __init__(self, *args: Any, user: User, methods: list[ContactMethod], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), ("mail", f"E-mail to {user.email}"), *((str(m.pk), _named(m)) for m in methods)]
        field_of(self, "method", forms.ChoiceField).choices = choices
        self.methods: dict[str, ContactMethod] = {str(m.pk): m for m in methods}

    @property
    def rule(self) -> tuple[int, ContactMethod | None] | None:
        """(minutes, method) as the action takes it; None for an empty row."""
        chosen = self.cleaned_data.get("method")
        if not chosen:
            return None
        return self.cleaned_data.get("delay_minutes") or 0, self.methods.get(chosen)


def _named(method: ContactMethod) -> str:
    if method.verified_at is None:
        return f"{method.named} (not verified yet)"
    return f"{method.named} (turned off)" if method.disabled_at else method.named


RuleFormSet = forms.formset_factory(RuleForm, extra=SPARE, max_num=20)


def rules_of(user: User, urgency: str) -> list[dict[str, Any]]:
    """What the rows of a formset begin with."""
    rows = user.notification_rules.filter(urgency=urgency).order_by("delay_minutes", "pk")
    return [{"delay_minutes": row.delay_minutes, "method": str(row.method_id or "mail")} for row in rows]
