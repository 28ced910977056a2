"""Forms of the calendar pages."""

from __future__ import annotations

from typing import Any

from django import forms

from teams.ical import reading
from teams.models import Schedule


class ScheduleChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Schedule) -> str:
        return f"Everybody's on {obj}"


class FeedForm(forms.Form):
    """Whose duty a feed shows: one's own, or all of a schedule's."""

    schedule = ScheduleChoice(
        Schedule.objects.select_related("team").order_by("team__name", "name"),
        required=False,
        label="What it shows",
        empty_label="My own duty, on all schedules",
    )
    all_optional = True


class CalendarForm(forms.Form):
    """Where a schedule's shifts come from: an address, or a file."""

    url = forms.CharField(
        required=False,
        max_length=2000,
        label="Address",
        help_text="The calendar's secret address in iCal format; webcal:// is good as well. It is kept encrypted.",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        required=False, label="Or a file", help_text="An .ics file. It is read once; replace it when it changes."
    )
    either = ("url", "file")

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given is not None and given.size > reading.MAX_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {reading.MAX_BYTES // 1_000_000} MB. Give one of this schedule alone."
            )
        return given

    def given(self) -> dict[str, Any]:
        """What the actions take."""
        file = self.cleaned_data["file"]
        return {"url": self.cleaned_data["url"], "file": None if file is None else file.read()}

    @property
    def file_name(self) -> str:
        file = self.cleaned_data["file"]
        return "" if file is None else str(file.name)
