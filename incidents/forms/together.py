"""Forms for working together: tasks, teams that are called in, related incidents, followers, rooms, and splitting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from incidents.forms.fields import (
    ActForm,
    Data,
    IncidentField,
    LongField,
    MomentField,
    PersonField,
    ServicesField,
    SeverityField,
)
from incidents.forms.moving import AlertsField
from incidents.models import (
    Follow,
    FollowRule,
    Incident,
    IncidentTask,
    Relation,
    Severity,
    TeamRequest,
    TimelineEntry,
)
from teams.models import Team, User

MOST_OFFERED = 60
# A split tells of itself.
CHOSEN = [(value, label) for value, label in Relation.Kind.choices if value != Relation.Kind.SPLIT_FROM]


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


class CrewForm(ActForm):
    needs = ("team", "why")

    share = forms.BooleanField(required=False, label="Share this private incident with everybody of that team")

    def __init__(self, incident: Incident, data: Data = None) -> None:
        super().__init__(data)
        standing = incident.team_requests.filter(state__in=TeamRequest.STANDING).values("team")
        self.fields["team"] = forms.ModelChoiceField(
            Team.objects.exclude(pk__in=standing), required=False, empty_label="Choose a team", label="Which team?"
        )
        self.fields["why"] = LongField(
            keep=f"inc-{incident.pk}-crew",
            rows=2,
            label="What is needed of them?",
            help_text="They read it in the page: what you see, what they should look at.",
        )
        if not incident.private:
            del self.fields["share"]
        self.order_fields(["team", "why", "share"])


class RelateForm(ActForm):
    needs = ("other",)

    kind = forms.ChoiceField(choices=CHOSEN, required=False, label="This incident is", initial=Relation.Kind.RELATED)

    def __init__(self, incident: Incident, user: User, data: Data = None) -> None:
        super().__init__(data)
        self.fields["other"] = IncidentField(user, incident, label="Which incident?", help_text="For example INC-42.")
        self.order_fields(["kind", "other"])


class FollowForm(ActForm):
    """How much of an incident somebody wants to hear of."""

    level = forms.ChoiceField(choices=Follow.Level.choices, widget=forms.RadioSelect, label="Tell me by mail of")

    def __init__(self, level: str, data: Data = None) -> None:
        super().__init__(data, initial={"level": level})


class RoomsForm(ActForm):
    all_optional = True

    call_url = forms.CharField(required=False, max_length=500, label="Video room", widget=forms.URLInput)
    chat_url = forms.CharField(required=False, max_length=500, label="Chat channel", widget=forms.URLInput)

    def __init__(self, incident: Incident, data: Data = None) -> None:
        super().__init__(data, initial={"call_url": incident.call_url, "chat_url": incident.chat_url})


class EntriesField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        at = timezone.localtime(obj.occurred_at or obj.recorded_at)
        return f"{at:%H:%M} {obj.text[:160]}"


class SplitFind(forms.Form):
    """What the offers of `SplitForm` are narrowed to."""

    find = forms.CharField(
        required=False,
        max_length=200,
        label="Find alerts and entries",
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )

    def asked(self) -> str:
        self.is_valid()
        return str(getattr(self, "cleaned_data", {}).get("find", "")).strip()


class SplitForm(ActForm):
    """What goes on as an incident of its own. Offers what `finding` asks for, and what is chosen already beside it, so
    that a search loses nothing. With `kept` it shows what was typed there and judges nothing yet."""

    needs = ("title", "severity")

    title = forms.CharField(required=False, max_length=200, label="What is wrong there?")
    reason = forms.CharField(required=False, max_length=500, label="Why is it trouble of its own?")

    def __init__(self, incident: Incident, user: User, data: Data = None, *, kept: Data = None) -> None:
        typed = kept if data is None else data
        names = ("alerts", "entries", "services")
        lists = {} if typed is None else {name: _keys(typed.getlist(name)) for name in names}
        start = {} if typed is None else {name: typed.get(name, "") for name in ("title", "reason", "severity")}
        super().__init__(data, initial={"severity": incident.severity_id, **start, **lists})
        self.finding = SplitFind(typed)
        words = self.finding.asked()
        self.fields["severity"] = SeverityField(label="Severity", help_text="When in doubt, the higher.")
        self.fields["services"] = ServicesField(label="Services")
        self.fields["alerts"] = self._alerts(incident, words, lists.get("alerts", []))
        self.fields["entries"] = self._entries(incident, user, words, lists.get("entries", []))
        self.order_fields(["title", "severity", "services", "alerts", "entries", "reason"])

    def _alerts(self, incident: Incident, words: str, ticked: list[int]) -> AlertsField:
        rows = incident.alerts.all()
        found = rows.search(words) if words else rows
        offered = found.order_by("status", "-received_at", "-pk").values_list("pk", flat=True)[:MOST_OFFERED]
        shown = rows.filter(pk__in=[*offered, *ticked]).order_by("status", "-received_at", "-pk")
        return AlertsField(shown, required=False, label="Alerts that move", widget=forms.CheckboxSelectMultiple)

    def _entries(self, incident: Incident, user: User, words: str, ticked: list[int]) -> EntriesField:
        rows = TimelineEntry.objects.of(incident, user)
        found = rows.filter(text__icontains=words) if words else rows
        offered = found.order_by("-pk").values_list("pk", flat=True)[:MOST_OFFERED]
        shown = rows.filter(pk__in=[*offered, *ticked]).order_by("-pk")
        return EntriesField(
            shown, required=False, label="Entries that are told there, too", widget=forms.CheckboxSelectMultiple
        )


def _keys(given: list[str]) -> list[int]:
    return [int(each) for each in given if each.isdecimal() and len(each) < 19]


class RulesForm(ActForm):
    """What one follows by itself: for the incidents of one's teams and of every team, from which severity on."""

    all_optional = True

    def __init__(self, rules: dict[str, FollowRule], data: Data = None) -> None:
        super().__init__(data)
        severities = [("", "None"), *((str(s.level), _up_to(s)) for s in Severity.objects.order_by("level"))]
        levels = [choice for choice in Follow.Level.choices if choice[0] != Follow.Level.OFF]
        for whose, label in FollowRule.Whose.choices:
            rule = rules.get(whose)
            self.fields[f"{whose}_worst"] = forms.TypedChoiceField(
                choices=severities,
                required=False,
                coerce=int,
                empty_value=None,
                label=label,
                initial=rule.worst_level if rule else "",
            )
            self.fields[f"{whose}_level"] = forms.ChoiceField(
                choices=levels,
                required=False,
                label="Of these, tell me of",
                initial=rule.level if rule else Follow.Level.PHASES,
            )


def _up_to(severity: Severity) -> str:
    return severity.code if severity.level == 1 else f"SEV1 to {severity.code}"


class TaskFilter(forms.Form):
    """What the list of tasks is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    whose = forms.ChoiceField(
        required=False, label="Whose", choices=[("", "Mine"), ("nobody", "Nobody's"), ("all", "Everybody's")]
    )
    state = forms.ChoiceField(
        required=False, label="State", choices=[("", "Not done"), ("ended", "Done or dropped"), ("all", "All")]
    )
