"""Forms of the calendar pages."""

from __future__ import annotations

from django import forms

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
