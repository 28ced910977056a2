"""What a maintenance is planned and moved on with, and the filters of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from comms.forms import PLACE, Explaining, OfComponents
from comms.models import Component, PageMaintenance, StatusPage
from comms.models.maintenance import usual_reminders
from teams import moments
from teams.forms import ClockField, field_of
from teams.models import Service
from teams.sentences import spell

AHEAD, OVER, ALL = "", "over", "all"
STATES = (
    (AHEAD, "To come and in progress"),
    (PageMaintenance.State.SCHEDULED.value, "To come"),
    ("running", "In progress"),
    (OVER, "Over"),
    (ALL, "All"),
)
REMINDERS = (
    (7 * 24 * 60, "1 week before"),
    (3 * 24 * 60, "3 days before"),
    (24 * 60, "24 hours before"),
    (60, "1 hour before"),
    (15, "15 minutes before"),
)
LONGER = ((15, "15 minutes"), (30, "30 minutes"), (60, "1 hour"), (120, "2 hours"), (240, "4 hours"))
MEANWHILE = (
    Component.Status.MAINTENANCE,
    Component.Status.DEGRADED,
    Component.Status.PARTIAL,
    Component.Status.MAJOR,
    Component.Status.OPERATIONAL,
)


class MaintenanceFilter(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(
        required=False, max_length=200, label="Title or component", widget=forms.TextInput({"type": "search"})
    )
    state = forms.ChoiceField(required=False, choices=STATES, label="State")
    page = forms.ModelChoiceField(
        StatusPage.objects.all(), required=False, empty_label="Any page", to_field_name="slug", label="Status page"
    )

    def narrow(self, rows: Any) -> Any:
        """`rows` in the order in which somebody asks for them: what is next first, of what is over the latest."""
        self.is_valid()
        asked = self.cleaned_data
        match asked.get("state") or AHEAD:
            case "":
                rows = rows.exclude(state__in=PageMaintenance.OVER).order_by("scheduled_for", "pk")
            case "scheduled":
                rows = rows.upcoming()
            case "running":
                rows = rows.running()
            case "over":
                rows = rows.over()
            case _:
                rows = rows.order_by("-scheduled_for", "-pk")
        if asked.get("page"):
            rows = rows.filter(page=asked["page"])
        for word in asked.get("q", "").split()[:8]:
            named = PageMaintenance.objects.filter(components__name__icontains=word).values("pk")
            rows = rows.filter(title__icontains=word) | rows.filter(pk__in=named)
        return rows


class MaintenanceForm(OfComponents):
    """A maintenance on `page`, or changes to `row`, on the clock of `zone`. `values()` is what the actions take."""

    # None of them is an answer, too.
    either = ("remind_minutes",)

    uid = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)
    title = forms.CharField(label="Title for readers", max_length=200, help_text="In their words: “Database upgrade”.")
    body = forms.CharField(
        label="What do readers need to know?",
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=20_000,
        help_text="What is done, what they notice, what they should do before. Markdown works.",
    )
    scheduled_for = ClockField(label="Begins")
    scheduled_until = ClockField(label="Ends")
    auto_start = forms.BooleanField(
        label="Begin by itself", required=False, help_text="The components change their state at that time."
    )
    auto_end = forms.BooleanField(
        label="End by itself", required=False, help_text="Otherwise it goes on until somebody completes it."
    )
    notify = forms.BooleanField(
        label="Mail subscribers", required=False, help_text="When it is planned, changed, begun and over."
    )
    remind_minutes = forms.TypedMultipleChoiceField(
        label="Remind them", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    hold_back = forms.BooleanField(
        label="Hold back alerts of its services",
        required=False,
        help_text="What its components’ services say meanwhile opens no incident and pages nobody.",
    )

    def __init__(
        self, data: Any = None, *, page: StatusPage, zone: str, row: PageMaintenance | None = None, uid: str = ""
    ) -> None:
        self.page, self.row = page, row
        super().__init__(data, initial=self._initial(row, uid))
        for name in ("scheduled_for", "scheduled_until"):
            clock = field_of(self, name, ClockField)
            clock.zone, clock.help_text = zone, f"In {zone}"
        self.components = list(page.components.select_related("group", "service").order_by(*PLACE))
        for component in self.components:
            self.fields[f"component_{component.pk}"] = forms.ChoiceField(
                label=component.name,
                required=False,
                choices=[("", "Not touched"), *((state.value, state.label) for state in MEANWHILE)],
                initial=self.initial.get(f"component_{component.pk}", ""),
            )
        known = dict(REMINDERS)
        more = [(m, f"{spell(m)} before") for m in (row.remind_minutes if row else ()) if m not in known]
        field_of(self, "remind_minutes", forms.TypedMultipleChoiceField).choices = sorted(
            [*REMINDERS, *more], reverse=True
        )
        if not any(component.service_id for component in self.components) and not (row and row.window):
            del self.fields["hold_back"]
        if row is not None:
            body = self.fields["body"]
            body.required, body.label = False, "What should readers know of the change?"
            body.help_text = "Empty: they are told what has changed. Markdown works."
            if row.is_running:
                self.fields["scheduled_for"].disabled = True
                self.fields["scheduled_for"].help_text = "It has begun. Only its end can be moved."

    @staticmethod
    def _initial(row: PageMaintenance | None, uid: str) -> dict[str, Any]:
        if row is None:
            usual = {"auto_start": True, "auto_end": True, "notify": True, "remind_minutes": usual_reminders()}
            return usual | {"uid": uid}
        names = ("title", "scheduled_for", "scheduled_until", "auto_start", "auto_end", "notify", "remind_minutes")
        known = {name: getattr(row, name) for name in names}
        known["hold_back"] = row.window is not None and row.window.ends_at > moments.now()
        return known | {f"component_{part.component_id}": part.status for part in row.parts.all()}

    def services(self) -> list[Service]:
        """Of which alerts could be held back."""
        found = {component.service.pk: component.service for component in self.components if component.service}
        return list(found.values())

    def chosen(self) -> dict[int, str]:
        """What components are chosen, as far as the form makes sense."""
        return self.states_of(self.components)

    def values(self) -> dict[str, Any]:
        """After `is_valid()`."""
        typed = self.cleaned_data
        names = ("title", "body", "scheduled_for", "scheduled_until", "auto_start", "auto_end", "notify")
        given = {name: typed[name] for name in names}
        if self.row is not None:
            self._keep_seconds(given)
        return given | {
            "remind_minutes": typed["remind_minutes"],
            "components": self.chosen(),
            "hold_back": typed.get("hold_back", False),
        }

    def _keep_seconds(self, given: dict[str, Any]) -> None:
        """A time that nobody touched is not moved by the seconds that the field doesn't show."""
        for name in ("scheduled_for", "scheduled_until"):
            known = getattr(self.row, name)
            if given[name] == known.replace(second=0, microsecond=0):
                given[name] = known


class StepForm(Explaining):
    """What goes with moving on: words of one's own, and whether subscribers are mailed."""

    all_optional = True

    body = forms.CharField(
        label="Words for readers",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Empty: they are told what happens. Markdown works.",
    )
    mail = forms.BooleanField(label="Mail it to the subscribers it concerns", required=False, initial=True)
    minutes = forms.ChoiceField(label="Longer by", required=False, choices=LONGER, initial=LONGER[1][0])

    def given(self, verb: str) -> Mapping[str, Any]:
        typed = self.cleaned_data
        found: dict[str, Any] = {"body": typed["body"], "mail": typed["mail"]}
        return found | {"minutes": int(typed["minutes"] or LONGER[1][0])} if verb == "extend" else found
