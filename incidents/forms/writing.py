"""Forms of what is written together: a section by itself, comments, and templates of postmortems."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse

from incidents.actions.comments import LONGEST, LONGEST_QUOTE
from incidents.forms.fields import ActForm, Data, LongField
from incidents.guards import Blocker
from incidents.models import PostmortemSection, PostmortemTemplate, Severity, TemplateVersion
from incidents.postmortem_template import Section, read
from incidents.presenters.history import KINDS

CHOICES = ("mine", "theirs", "merged")


def text_field(section: PostmortemSection) -> LongField:
    field = LongField(
        keep=f"postmortem-{section.postmortem_id}-{section.key}",
        rows=6,
        label=section.title,
        help_text=section.hint,
        initial=section.text,
    )
    incident = section.postmortem.incident_id
    field.widget.attrs["data-coach"] = reverse("incidents:coach", args=[incident])
    field.widget.attrs["data-mentions"] = reverse("incidents:complete", args=[incident])
    return field


def seen_field(section: PostmortemSection) -> forms.IntegerField:
    return forms.IntegerField(
        widget=forms.HiddenInput({"autocomplete": "off"}), required=False, initial=section.version
    )


def chosen(data: Any, key: str) -> Any:
    """`data` with the text that was chosen where two differed: what the button `use_…` names in the place of what was
    typed."""
    use = data.get(f"use_{key}")
    if use not in CHOICES[1:] or f"{use}_{key}" not in data:
        return data
    changed = data.copy()
    changed[f"text_{key}"] = data[f"{use}_{key}"]
    return changed


class SectionForm(ActForm):
    """One section, with the version that the writer saw."""

    all_optional = True

    def __init__(self, section: PostmortemSection, data: Data = None) -> None:
        super().__init__(chosen(data, section.key) if data is not None else None)
        self.section = section
        self.fields[f"text_{section.key}"] = text_field(section)
        self.fields[f"seen_{section.key}"] = seen_field(section)

    @property
    def text(self) -> Any:
        return self[f"text_{self.section.key}"]

    @property
    def seen(self) -> Any:
        return self[f"seen_{self.section.key}"]


class CommentForm(ActForm):
    needs = ("text",)

    quote = forms.CharField(required=False, max_length=LONGEST_QUOTE, label="Passage that it is about")

    def __init__(self, keep: str, data: Data = None) -> None:
        super().__init__(data)
        self.fields["text"] = LongField(
            keep=keep, rows=2, label="Comment", help_text="Write @ and a name to tell somebody.", max_length=LONGEST
        )


class CommentFilter(forms.Form):
    """What the list of comments is narrowed to. A value that makes no sense is left out."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(required=False, choices=[("", "Open"), ("resolved", "Resolved"), ("all", "All")])
    section = forms.ChoiceField(required=False)

    def __init__(self, sections: list[tuple[str, str]], data: Data = None) -> None:
        super().__init__(data)
        self.fields["section"] = forms.ChoiceField(required=False, choices=[("", "Any section"), *sections])

    def narrow(self, rows: Any) -> Any:
        self.is_valid()
        asked = self.cleaned_data
        state = asked.get("state") or ""
        if state != "all":
            rows = rows.filter(resolved_at__isnull=state != "resolved")
        if asked.get("section"):
            rows = rows.filter(section__key=asked["section"])
        if words := asked.get("q"):
            rows = rows.filter(Q(text__icontains=words) | Q(quote__icontains=words) | Q(replies__text__icontains=words))
        return rows.distinct()


class HistoryFilter(forms.Form):
    """Of what the history tells; one section alone, or one kind of thing."""

    kind = forms.ChoiceField(required=False, choices=KINDS, label="What")
    section = forms.ChoiceField(required=False)

    def __init__(self, sections: list[tuple[str, str]], data: Data = None) -> None:
        super().__init__(data)
        self.fields["section"] = forms.ChoiceField(required=False, choices=[("", "Any section"), *sections])

    def asked(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class TemplateFilter(forms.Form):
    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Any severity")
    state = forms.ChoiceField(
        required=False, choices=[("", "Offered"), ("retired", "Retired"), ("all", "All")], label="Which"
    )

    def narrow(self, rows: Any) -> Any:
        self.is_valid()
        if words := self.cleaned_data.get("q"):
            rows = rows.filter(name__icontains=words)
        if severity := self.cleaned_data.get("severity"):
            rows = rows.filter(severity=severity)
        state = self.cleaned_data.get("state") or ""
        return rows if state == "all" else rows.filter(retired=state == "retired")


class TemplateForm(ActForm):
    """A template: its name, whose it is, and its sections as rows, which buttons move, add and take away."""

    all_optional = True
    needs = ("name",)

    name = forms.CharField(required=False, max_length=80, label="Name")
    severity = forms.ModelChoiceField(
        Severity.objects.all(), required=False, label="For incidents of severity", empty_label="All others"
    )

    def __init__(self, template: PostmortemTemplate, version: TemplateVersion | None, data: Data = None) -> None:
        super().__init__(data, initial={"name": template.name, "severity": template.severity_id})
        kept = list(read(version.sections)) if version else [Section("", "")]
        self.template = template
        self.fields["seen"] = forms.IntegerField(
            widget=forms.HiddenInput({"autocomplete": "off"}),
            required=False,
            initial=version.number if version else None,
        )
        self.rows = self._typed(data) if data is not None else kept

    def take(self, blockers: Any) -> list[Blocker]:
        if any(each.code == "edited_meanwhile" for each in blockers):
            # They have been told: what they keep next is meant.
            again = self.data.copy()  # type: ignore[attr-defined]
            again["seen"] = str(self.template.current.number)
            self.data = again
        return super().take(blockers)

    @staticmethod
    def _typed(data: Any) -> list[Section]:
        keys, titles, hints = (data.getlist(name) for name in ("key", "title", "hint"))
        required = set(data.getlist("required"))
        return [
            Section(key[:40], title[:80], hint[:300], str(number) in required)
            for number, (key, title, hint) in enumerate(zip(keys, titles, hints, strict=False))
        ][:40]

    def pressed(self) -> bool:
        """Whether a button changed the rows alone, so that the form is shown again and nothing is kept yet."""
        for name in ("up", "down", "drop"):
            value = self.data.get(name, "")
            if value.isdecimal() and len(value) < 4 and int(value) < len(self.rows):
                self._press(name, int(value))
                return True
        if "add" in self.data:
            self.rows.append(Section("", ""))
            return True
        return False

    def _press(self, name: str, at: int) -> None:
        row = self.rows.pop(at)
        if name != "drop":
            self.rows.insert(max(0, at - 1) if name == "up" else at + 1, row)
