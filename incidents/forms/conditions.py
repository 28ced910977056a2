"""What is asked of alerts, as it is filled in: by routing rules and by silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.forms.utils import ErrorDict

from incidents import routing
from incidents.forms.fields import ServicesField
from incidents.models import Integration
from teams.forms import Refusable

ROWS = 3


def listed_in(text: str, mark: str = ",") -> list[str]:
    """The texts with `mark` between them, without those that are empty."""
    return [each.strip() for each in text.split(mark) if each.strip()]


class LabelForm(forms.Form):
    """One row of "label … is …". Left empty, it says nothing."""

    name = forms.CharField(
        required=False,
        max_length=routing.LONGEST_NAME,
        label="Label",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "placeholder": "env"}),
    )
    test = forms.ChoiceField(
        required=False,
        label="Comparison",
        initial="equals",
        choices=[
            ("equals", "is"),
            ("not", "is none of"),
            ("one_of", "is one of"),
            ("like", "is like (* for anything)"),
            ("present", "is there"),
            ("absent", "is not there"),
        ],
    )
    values = forms.CharField(
        required=False,
        max_length=4000,
        label="Value",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "placeholder": "prod"}),
    )

    def given(self) -> dict[str, Any] | None:
        """The condition as it is kept, None for a row that is empty."""
        found = self.cleaned_data
        if not found.get("name") and not found.get("values"):
            return None
        told: dict[str, Any] = {"what": "label", "name": found.get("name", ""), "is": found.get("test") or "equals"}
        if told["is"] in routing.WITHOUT_VALUES:
            return told
        # A single value may have commas in it.
        several = told["is"] not in routing.ONE_VALUE
        return {**told, "values": listed_in(found["values"]) if several else [found["values"]]}


LabelRows: type[BaseFormSet[LabelForm]] = formset_factory(LabelForm, extra=ROWS, max_num=routing.MOST_CONDITIONS)


class ConditionsForm(Refusable):
    """Conditions on alerts. `labels` are its rows about labels, each a form of its own."""

    all_optional = True

    text = forms.CharField(
        required=False,
        max_length=4000,
        label="Text contains any of",
        widget=forms.Textarea({"rows": 2}),
        help_text="One a line. Looked for in the title, the summary and the annotations, in any case.",
    )
    severity_words = forms.CharField(
        required=False,
        max_length=1000,
        label="Severity is any of",
        help_text="In the words of the tool, with commas between, such as <code>critical, page</code>.",
    )
    integrations = forms.ModelMultipleChoiceField(
        Integration.objects.all(),
        required=False,
        label="It comes from any of",
        widget=forms.CheckboxSelectMultiple,
    )
    services = ServicesField(label="It is about any of")

    def __init__(
        self,
        data: Any = None,
        *,
        conditions: Sequence[Mapping[str, Any]] = (),
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={**_initial(conditions), **(initial or {})})
        self.labels = LabelRows(data, prefix="labels", initial=_labels(conditions))
        self.places_of: dict[str, Any] = {}

    def is_valid(self) -> bool:
        """Whether both the form and its rows are filled in as they can be read."""
        return super().is_valid() & self.labels.is_valid()

    def without_errors(self) -> None:
        """Say nothing of what is missing: somebody is still filling it in."""
        for form in (self, *self.labels.forms):
            setattr(form, "_errors", ErrorDict())  # noqa: B010 - the stubs do not know it

    def conditions(self) -> list[dict[str, Any]]:
        """The conditions in their order, as they are kept; remembers which row or field each came from."""
        told = list(self._told())
        self.places_of = {f"conditions[{index}]": place for index, (place, _) in enumerate(told)}
        return [condition for _, condition in told]

    def _told(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Each condition with the row or the field that says it."""
        found = self.cleaned_data
        for row in self.labels.forms:
            if (condition := row.given()) is not None:
                yield row, condition
        if texts := listed_in(found["text"], "\n"):
            yield "text", {"what": "text", "values": texts}
        if words := listed_in(found["severity_words"]):
            yield "severity_words", {"what": "severity", "values": words}
        for name, what in (("integrations", "integration"), ("services", "service")):
            if keys := [row.pk for row in found[name]]:
                yield name, {"what": what, "values": keys}

    def refused(self, refusal: ValidationError) -> None:
        """Say at the field or the row of labels what the action refused."""
        if not hasattr(refusal, "error_dict"):
            super().refused(refusal)
            return
        for name, errors in refusal.error_dict.items():
            texts = [message for error in errors for message in error.messages]
            where, _, part = name.partition(".")
            place = self.places_of.get(where, where)
            if isinstance(place, LabelForm):
                place.add_error({"is": "test"}.get(part, part) if part else None, texts)
            else:
                self.add_error(place if place in self.fields else None, texts)


def _initial(conditions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for condition in conditions:
        what, values = condition.get("what"), condition.get("values", [])
        if what == "text":
            told["text"] = "\n".join(values)
        elif what == "severity":
            told["severity_words"] = ", ".join(values)
        elif what in ("service", "integration"):
            told[f"{what}s"] = values
    return told


def _labels(conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {"name": each["name"], "test": each["is"], "values": ", ".join(each.get("values", []))}
        for each in conditions
        if each.get("what") == "label"
    ]
