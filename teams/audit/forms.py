"""What the console's page of the log is narrowed to."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from teams.audit.reading import Asked
from teams.audit.telling import nouns
from teams.forms import field_of
from teams.models import AuditEvent, User

THROUGH = ("console", "api", "admin", "scim", "oidc", "task", "cli")


class Day(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"})
    default_error_messages = {"invalid": "Give a day such as 2026-11-23."}


class AuditFilter(forms.Form):
    """Each narrows further. What makes no sense is told and left out."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Words",
        widget=forms.TextInput(attrs={"type": "search", "maxlength": 200}),
    )
    person = forms.ModelChoiceField(
        User.objects.all(), required=False, to_field_name="username", label="Done by", empty_label="Anybody"
    )
    kind = forms.ChoiceField(required=False, label="What")
    done = forms.ChoiceField(
        required=False,
        label="Was",
        choices=[("", "Anything"), *AuditEvent.Done.choices, ("access", "Access: sign-ins, exports …")],
    )
    through = forms.ChoiceField(required=False, choices=[("", "Anything"), *((name, name) for name in THROUGH)])
    address = forms.GenericIPAddressField(required=False, label="From address", widget=forms.TextInput())
    since = Day(required=False, label="From day")
    until = Day(required=False, label="To day")
    object = forms.RegexField(r"^[a-z_]+\.[a-z_]+:[\w.-]{1,64}$", required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "kind", forms.ChoiceField).choices = [("", "Anything"), *nouns()]
        self.fields["address"].error_messages["invalid"] = "Give an address such as 203.0.113.9."

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["since"] > given["until"]:
            self.add_error("until", "It is before the first day. Give a later one.")
        return given

    @property
    def asked(self) -> Asked:
        """What is left of it without what is wrong. The days are whole days of the reader's zone."""
        self.is_valid()
        given = self.cleaned_data
        return Asked(
            person=given["person"].pk if given.get("person") else None,
            kind=given.get("kind", ""),
            object=given.get("object", ""),
            done=given.get("done", ""),
            through=given.get("through", ""),
            address=given.get("address", ""),
            since=_midnight(given.get("since")),
            until=_midnight(given["until"] + timedelta(days=1)) if given.get("until") else None,
            words=given.get("q", ""),
        )

    @property
    def complaints(self) -> list[str]:
        return [f"{self.fields[name].label or name}: {' '.join(map(str, said))}" for name, said in self.errors.items()]


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None
