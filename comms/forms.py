"""What a person types to tell the public something. The verbs are in `comms.actions.publishing`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from comms.models import Component, PageIncident, StatusPage, StatusUpdate, UpdateTemplate
from incidents.models import Confidence
from incidents.problems import Blocked
from teams.forms import field_of

PROMISES = (
    ("15", "15 min"),
    ("20", "20 min"),
    ("30", "30 min"),
    ("60", "60 min"),
    ("at", "Another time"),
    ("none", "No promise"),
)
WHEN = (("now", "Now"), ("later", "At a time"), ("earlier", "It was said earlier"))
READERS = {
    StatusPage.Audience.PUBLIC: "everybody",
    StatusPage.Audience.CUSTOMERS: "customers",
    StatusPage.Audience.INTERNAL: "the organization",
    StatusPage.Audience.EXECUTIVES: "executives",
}
STATE_WORDS = (
    (PageIncident.State.INVESTIGATING, "Investigating"),
    (PageIncident.State.IDENTIFIED, "Identified"),
    (PageIncident.State.MONITORING, "Monitoring"),
    (PageIncident.State.RESOLVED, "Resolved"),
)


class LocalTime(forms.DateTimeField):
    """A time typed in the zone of whoever types it; `zone` is set by the form."""

    zone: ZoneInfo = ZoneInfo("UTC")

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).replace(tzinfo=None)
        return value


class ReadAt(forms.CharField):
    """When what is changed was last changed, as whoever changes it read it; None where that is not said."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        try:
            return parse_datetime(str(value or "")[:40])
        except ValueError:
            return None


# As the page shows them: those of no group first.
PLACE = (F("group__position").asc(nulls_first=True), "group__name", "group_id", "position", "name")


class Explaining(forms.Form):
    """A form whose action says of each field what is wrong with it."""

    def explain(self, blocked: Blocked) -> None:
        for blocker in blocked.blockers:
            self.add_error(blocker.field if blocker.field in self.fields else None, blocker.message)


class OfComponents(Explaining):
    """A form with a choice for each of a page's `components`, which are in the order of `PLACE`."""

    components: list[Component]

    def component_groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The heading of a group, empty for components of none, and its fields."""
        for group, members in groupby(self.components, key=lambda component: component.group):
            yield group.name if group else "", [self[f"component_{component.pk}"] for component in members]

    def states_of(self, components: Iterable[Component]) -> dict[int, str]:
        """What is chosen for which of them, as far as the form makes sense."""
        typed = self.cleaned_data
        return {c.pk: typed[f"component_{c.pk}"] for c in components if typed.get(f"component_{c.pk}")}


class UpdateForm(OfComponents):
    """One status update. `values()` is what the actions take."""

    uid = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)
    read = ReadAt(required=False)
    template = forms.ModelChoiceField(
        UpdateTemplate.objects.none(), label="Start from a template", required=False, empty_label="Your own words"
    )
    title = forms.CharField(
        label="Title for readers",
        max_length=200,
        error_messages={"required": "Give it a title in the words of its readers."},
        help_text="In their words: “Payments fail for some customers”.",
    )
    state = forms.ChoiceField(label="State", choices=STATE_WORDS, widget=forms.RadioSelect)
    body = forms.CharField(
        label="What do readers need to know?",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write what readers should know."},
        help_text="What they see, what still works, what you do. No cause before you are sure. Markdown works, and "
        "placeholders: {{ components }}, {{ started }}, {{ eta }}, {{ next_update }}.",
    )
    impact = forms.ChoiceField(label="Impact", choices=PageIncident.Impact, initial=PageIncident.Impact.MINOR)
    eta_early_at = LocalTime(label="Service expected back from", help_text="Empty: only by when.")
    eta_at = LocalTime(label="Service expected back by", help_text="Only if you know. Readers will hold you to it.")
    eta_confidence = forms.ChoiceField(
        label="How sure is that?", required=False, choices=[("", "Not said"), *Confidence.choices]
    )
    promise = forms.ChoiceField(label="Next update in", choices=PROMISES, widget=forms.RadioSelect, initial="30")
    next_update_at = LocalTime(label="Next update at")
    when = forms.ChoiceField(label="Publish", choices=WHEN, widget=forms.RadioSelect, initial="now")
    publish_at = LocalTime(label="Publish at")
    occurred_at = LocalTime(label="Said at")
    also_on = forms.MultipleChoiceField(label="Also on", required=False, widget=forms.CheckboxSelectMultiple)
    notify = forms.BooleanField(label="Mail it to the subscribers it concerns", required=False, initial=True)

    def __init__(
        self,
        page: StatusPage,
        zone: str,
        *args: Any,
        draft: bool = False,
        others: Sequence[StatusPage] = (),
        templates: QuerySet[UpdateTemplate] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self.others = others
        field_of(self, "also_on", forms.MultipleChoiceField).choices = [
            (str(other.pk), f"{other.name} ({READERS[StatusPage.Audience(other.audience)]})") for other in others
        ]
        if templates is not None:
            field_of(self, "template", forms.ModelChoiceField).queryset = templates
        # Each audience that isn't the page's own may read other words.
        self.audiences = list(dict.fromkeys(o.audience for o in others if o.audience != page.audience))
        for audience in self.audiences:
            self.fields[f"body_{audience}"] = forms.CharField(
                label=f"Other words for {READERS[StatusPage.Audience(audience)]}",
                required=False,
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text="Left empty, they read the text above.",
            )
        # A draft may still lack its words.
        self.fields["title"].required = self.fields["body"].required = not draft
        for field in self.fields.values():
            if isinstance(field, LocalTime):
                field.zone = ZoneInfo(zone)
        self.components = list(page.components.select_related("group").order_by(*PLACE))
        elsewhere = Component.objects.filter(page__in=others).select_related("group", "page")
        self.elsewhere = list(elsewhere.order_by("page__name", "page_id", *PLACE))
        for component in (*self.components, *self.elsewhere):
            self.fields[f"component_{component.pk}"] = forms.ChoiceField(
                label=component.name,
                required=False,
                choices=[("", f"No change ({component.get_status_display()})"), *Component.Status.choices],
            )

    def component_pages(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The name of each other page that has components, and their fields."""
        for page, members in groupby(self.elsewhere, key=lambda component: component.page):
            yield page.name, [self[f"component_{component.pk}"] for component in members]

    def wordings(self) -> list[forms.BoundField]:
        """The fields of audiences that may read other words."""
        return [self[f"body_{audience}"] for audience in self.audiences]

    def values(self) -> dict[str, Any]:
        """The fields of an update, with presets made into times. After `is_valid()`."""
        typed = self.cleaned_data
        chosen = [pk for pk in map(int, typed["also_on"]) if any(other.pk == pk for other in self.others)]
        shown = [*self.components, *(c for c in self.elsewhere if c.page_id in chosen)]
        over = typed["state"] in PageIncident.OVER
        return {
            "state": typed["state"],
            "title": typed["title"],
            "impact": typed["impact"],
            "body": typed["body"],
            "component_states": self.states_of(shown),
            **self._expected(typed, over),
            "next_update_at": None if over else self._promised(typed),
            "publish_at": typed["publish_at"] if typed["when"] == "later" else None,
            "occurred_at": typed["occurred_at"] if typed["when"] == "earlier" else None,
            "notify": typed["notify"],
            "also_on": chosen,
            "wordings": {audience: typed[f"body_{audience}"] for audience in self.audiences},
        }

    def _expected(self, typed: dict[str, Any], over: bool) -> dict[str, Any]:
        early, late = (None, None) if over else (typed["eta_early_at"], typed["eta_at"])
        return {"eta_early_at": early, "eta_at": late, "eta_confidence": typed["eta_confidence"] if late else ""}

    def _promised(self, typed: dict[str, Any]) -> datetime | None:
        promise = typed["promise"]
        if promise == "at":
            return typed["next_update_at"]  # type: ignore[no-any-return]
        if promise == "none":
            return None
        start = typed["publish_at"] if typed["when"] == "later" and typed["publish_at"] else timezone.now()
        return (start + timedelta(minutes=int(promise))).astimezone(UTC)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("when") == "later" and "publish_at" in typed and not typed["publish_at"]:
            self.add_error("publish_at", "Say when it is to be published.")
        if typed.get("when") == "earlier" and "occurred_at" in typed and not typed["occurred_at"]:
            self.add_error("occurred_at", "Say when it was said.")
        if typed.get("promise") == "at" and "next_update_at" in typed and not typed["next_update_at"]:
            self.add_error("next_update_at", "Say when readers hear more, or promise nothing.")
        return typed


def initial_of(update: StatusUpdate) -> dict[str, Any]:
    """A draft or scheduled update as the form shows it again."""
    states = {f"component_{pk}": status for pk, status in update.component_states.items()}
    words = {f"body_{audience}": text for audience, text in update.wordings.items()}
    return (
        states
        | words
        | {
            "uid": update.uid,
            "read": update.updated_at.isoformat(),
            "title": update.title or update.page_incident.title,
            "state": update.state,
            "body": update.body,
            "impact": update.impact or update.page_incident.impact,
            "eta_early_at": update.eta_early_at,
            "eta_at": update.eta_at,
            "eta_confidence": update.eta_confidence,
            "promise": "at" if update.next_update_at else "none",
            "next_update_at": update.next_update_at,
            "when": "later" if update.publish_at else "earlier" if update.occurred_at else "now",
            "publish_at": update.publish_at,
            "occurred_at": update.occurred_at,
            "also_on": [str(pk) for pk in update.also_on],
            "notify": update.notify,
        }
    )


class ReasonForm(Explaining):
    """Why an update is sent back, or published without the approval that its page wants."""

    read = ReadAt(required=False)
    reason = forms.CharField(
        label="Why?",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What has to change before it is published, or why nobody can be waited for.",
    )


class CorrectionForm(Explaining):
    """What a published update says from now on."""

    body = forms.CharField(
        label="What it should say",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Markdown works.",
    )
    erased = forms.BooleanField(
        label="Don't show any more what it said",
        required=False,
        help_text="For what must not be read. Otherwise readers see it struck through.",
    )
    notify = forms.BooleanField(label="Mail it to those who got the wrong one", required=False, initial=True)
