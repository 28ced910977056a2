"""The form that takes a file of services, or its text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from teams import permits
from teams.catalogue import documents
from teams.forms import field_of
from teams.models import Team, User

EXAMPLE = """services:
  - slug: checkout
    name: Checkout
    team: payments
    tier: 1
    depends_on: [ledger]"""


class ImportForm(forms.Form):
    """A file, or what is typed. What was read stands in the text from then on, so that it can be mended there."""

    file = forms.FileField(
        required=False,
        label="File",
        help_text="A file of Watchbill's own, or a catalog-info.yaml of Backstage with any number of documents.",
        widget=forms.FileInput({"accept": ".yaml,.yml,.json,application/yaml"}),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or its text",
        widget=forms.Textarea({"rows": 14, "spellcheck": "false", "autocomplete": "off", "placeholder": EXAMPLE}),
    )
    fallback = forms.ModelChoiceField(
        Team.objects.none(),
        required=False,
        to_field_name="slug",
        label="Who answers where the owner is no team here",
        empty_label="Nobody: say so instead",
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    either = ("file", "text")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        field_of(self, "fallback", forms.ModelChoiceField).queryset = permits.teams_where(by, "team.change")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        file = given.get("file")
        try:
            if file is not None:
                given["text"] = documents.decoded(file.read(documents.MAX_BYTES + 1))
        except documents.Unreadable as wrong:
            self.add_error("file", f"Line {wrong.line}: {wrong}" if wrong.line else str(wrong))
        if not self.errors and not given.get("text", "").strip():
            self.add_error("text", "Give a file or its text.")
        return given

    def shown_again(self, seen: str) -> ImportForm:
        """The form with the text that was read in the place of the file, and with what somebody has seen now."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        data["text"], data["seen"] = self.cleaned_data["text"], seen
        again = type(self)(data, by=self.by)
        again.is_valid()
        return again
