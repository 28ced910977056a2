"""Forms of contributing factors and of what was learned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse

from incidents.forms.fields import ActForm, Data, LongField, SeenField
from incidents.guards import Blocker
from incidents.models import Factor, FactorTag, Incident, Severity
from teams.forms import NamedField
from teams.models import Service, Team


class TagsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}: {obj.description}" if obj.description else obj.name


class FactorForm(ActForm):
    needs = ("text",)

    def __init__(self, incident: Incident, factor: Factor | None = None, data: Data = None) -> None:
        super().__init__(data)
        offered = Q(retired=False) | Q(factors=factor) if factor else Q(retired=False)
        self.fields["text"] = LongField(
            keep=f"factor-{incident.pk}-{factor.pk if factor else 'new'}",
            rows=3,
            label="Which condition contributed?",
            help_text="One condition in a sentence or two: “The alert on replication lag was muted.”",
            initial=factor.text if factor else "",
        )
        self.fields["text"].widget.attrs["data-coach"] = reverse("incidents:coach", args=[incident.pk])
        self.fields["seen"] = forms.CharField(
            required=False,
            widget=forms.HiddenInput({"autocomplete": "off"}),
            empty_value=None,
            initial=factor.text if factor else None,
        )
        tagged = [tag.pk for tag in factor.tags.all()] if factor else []
        self.fields["tags_seen"] = SeenField(initial=tagged)
        self.factor = factor
        self.fields["tags"] = TagsField(
            FactorTag.objects.filter(offered).distinct(),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label="Tags",
            help_text="By these recurring factors are found. Some are suggested once it is added.",
            initial=tagged,
        )

    def take(self, blockers: Any) -> list[Blocker]:
        if self.factor is not None and any(each.code == "edited_meanwhile" for each in blockers):
            # They are told what it says by now: what they send next is meant.
            again = self.data.copy()  # type: ignore[attr-defined]
            again["seen"] = Factor.objects.values_list("text", flat=True).get(pk=self.factor.pk)
            self.data = again
        return super().take(blockers)


class LearningForm(forms.Form):
    """What the learning page is narrowed to. A value that makes no sense is left out rather than refused."""

    MONTHS = {"3": "Last 3 months", "6": "Last 6 months", "": "Last 12 months", "24": "Last 24 months"}

    q = forms.CharField(required=False, max_length=200, label="Words", widget=forms.TextInput({"type": "search"}))
    tag = NamedField(FactorTag.objects.all(), required=False, empty_label="Any factor", label="Factor")
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")
    service = NamedField(Service.objects.all(), required=False, empty_label="Any service")
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Any severity")
    since = forms.ChoiceField(required=False, label="Detected", choices=list(MONTHS.items()))
    state = forms.ChoiceField(required=False, choices=[("", "Published"), ("all", "Drafts too")])
    month = forms.RegexField(r"\A2[01][0-9]{2}-(0[1-9]|1[0-2])\Z", required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    @property
    def asked(self) -> dict[str, Any]:
        return self.cleaned_data

    @property
    def months(self) -> int:
        return int(self.asked.get("since") or 12)

    @property
    def narrowed(self) -> bool:
        return any(self.asked.get(name) for name in self.fields if name != "since")
