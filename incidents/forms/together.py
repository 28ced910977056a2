"""Forms for working together: tasks."""

from __future__ import annotations

from django import forms

from incidents.forms.fields import ActForm, Data, LongField, MomentField, PersonField
from incidents.models import Incident, IncidentTask


class TaskForm(ActForm):
    """A new task, or whom one is given to and until when."""

    needs = ("title",)

    title = forms.CharField(
        required=False,
        max_length=200,
        label="What is to be done?",
        help_text="Begin with a verb: Check, Call …",
    )
    due_in = forms.IntegerField(
        required=False, min_value=1, max_value=24 * 60, label="Within (minutes)", help_text="Empty: no time is set."
    )

    def __init__(self, incident: Incident, data: Data = None, *, task: IncidentTask | None = None) -> None:
        super().__init__(data, initial={"due_in": 15} if task is None else {"owner": task.owner_id})
        self.fields["owner"] = PersonField(
            incident.team, empty="Nobody yet", label="Who does it?", help_text="One person, who is told and says yes."
        )
        if task is not None:
            del self.fields["title"], self.fields["due_in"]
            self.fields["due_at"] = MomentField(label="Until", initial=task.due_at)
        self.order_fields(["title", "owner", "due_in"])


class TaskEndForm(ActForm):
    """What came of a task, or why it is dropped."""

    def __init__(self, task: IncidentTask, label: str, data: Data = None, *, needed: bool = False) -> None:
        super().__init__(data)
        self.fields["note"] = LongField(keep=f"task-{task.pk}", rows=2, label=label)
        if needed:
            self.needs = ("note",)
