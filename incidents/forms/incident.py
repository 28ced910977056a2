"""Forms about the incident itself: verbs, report, facts, words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html

from incidents.forms.custom import fields_for, required_to_declare, still_required
from incidents.forms.fields import (
    FILES_HELP,
    WHEN_HELP,
    ZONE_HELP,
    ActForm,
    Data,
    FilesField,
    IncidentField,
    LongField,
    MomentField,
    PersonField,
    ServicesField,
    SeverityField,
)
from incidents.guards import Input, Verb
from incidents.models import Incident, IncidentType, TimelineEntry
from incidents.timeline import Kind
from teams.forms import field_of
from teams.models import Team, User


def _field(given: Input, verb: Verb, incident: Incident, user: User) -> forms.Field:
    named: dict[str, Any] = {"label": given.label, "help_text": given.help, "required": False}
    if given.kind == "longtext":
        return LongField(keep=f"inc-{incident.pk}-{verb.name}-{given.name}", **named)
    if given.kind == "severity":
        return SeverityField(initial=incident.severity_id, **named)
    if given.kind == "user":
        return PersonField(incident.team, empty="Not chosen", **named)
    if given.kind == "incident":
        return IncidentField(user, incident, **named)
    if given.kind == "minutes":
        usual = incident.severity.update_minutes if incident.severity else 30
        return forms.IntegerField(
            min_value=1,
            max_value=7 * 24 * 60,
            initial=usual,
            **{**named, "label": f"{given.label} (minutes)"},
        )
    if given.kind == "datetime":
        return MomentField(**{**named, "help_text": named["help_text"] or ZONE_HELP})
    if given.kind == "bool":
        return forms.BooleanField(**named)
    if given.kind == "choice":
        return forms.ChoiceField(choices=given.choices, widget=forms.RadioSelect, **named)
    started = getattr(incident, given.name, "") if given.name == "impact" else ""
    return forms.CharField(initial=started, max_length=2000, **named)


def verb_form(verb: Verb, incident: Incident, user: User, data: Data = None) -> ActForm:
    """The form of a verb, made from its inputs in the table, and when it happened."""
    form = ActForm(data)
    form.fields |= {given.name: _field(given, verb, incident, user) for given in verb.inputs}
    form.fields |= fields_for(incident, still_required(incident, verb))
    form.fields["occurred_at"] = MomentField(label="It happened at", help_text=WHEN_HELP)
    form.needs = tuple(
        g.field for g in verb.guards if g.field in form.fields and not g.process and g.field != "recovered_by_itself"
    )
    return form


class ReportForm(ActForm):
    """What somebody saw. Only a title and an owner are needed; everything else can come later."""

    needs = ("title",)
    either = ("services", "team")

    title = forms.CharField(
        required=False,
        max_length=200,
        label="What is wrong?",
        help_text="Short enough to say aloud.",
        widget=forms.TextInput({"autocomplete": "off", "data-keep": "report-title", "data-focus": ""}),
    )
    services = ServicesField(label="Services", help_text="Their team is paged.")
    team = forms.ModelChoiceField(
        Team.objects.all(),
        required=False,
        empty_label="From the service",
        help_text="Choose a team where no service fits.",
    )
    impact = forms.CharField(required=False, max_length=2000, label="Impact", help_text="What is broken?")
    affected = forms.CharField(
        required=False, max_length=200, label="Who is affected?", help_text="Such as: 3 in 10 orders, all of Europe."
    )
    type = forms.ModelChoiceField(IncidentType.objects.all(), required=False, empty_label="Not said", label="Type")
    summary = LongField(keep="report-summary", label="What do you see?")
    occurred_at = MomentField(label="Noticed at", help_text=WHEN_HELP)
    impact_started_at = MomentField(
        label="Impact began", help_text=format_html("Empty until somebody knows. {}", ZONE_HELP)
    )
    private = forms.BooleanField(
        required=False,
        label="Private",
        help_text="Only the owning team and those who take part see it, for example a security problem.",
    )
    severity = SeverityField(label="Severity")
    reason = forms.CharField(required=False, max_length=2000, help_text="Kept on the timeline.")

    def __init__(self, data: Data = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields |= fields_for(None, required_to_declare())
        if not IncidentType.objects.exists():
            del self.fields["type"]


class SeverityForm(ActForm):
    needs = ("severity",)

    severity = SeverityField(label="Severity", help_text="When in doubt, the higher.")
    reason = forms.CharField(required=False, max_length=2000, help_text="Kept on the timeline.")


class FactsForm(ActForm):
    """What is known of an incident now."""

    all_optional = True
    needs = ("title",)

    title = forms.CharField(required=False, max_length=200)
    impact = forms.CharField(required=False, max_length=2000, help_text="What is broken?")
    affected = forms.CharField(
        required=False,
        max_length=200,
        label="Who is affected?",
        help_text="For example: 3 in 10 orders, all of Europe.",
    )
    type = forms.ModelChoiceField(IncidentType.objects.all(), required=False, empty_label="Not said", label="Type")
    eta_at = MomentField(label="Service is expected back at")
    impact_started_at = MomentField(
        label="Impact began", help_text=format_html("Empty until somebody knows it. {}", ZONE_HELP)
    )
    impact_ended_at = MomentField(label="Impact ended")
    services = ServicesField()
    private = forms.BooleanField(
        required=False, help_text="Only its team, teams named below, those who take part, and owners see it."
    )
    shared_with = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        required=False,
        label="Shared with",
        widget=forms.CheckboxSelectMultiple,
        help_text="Teams that see it while it is private, beside its own.",
    )

    def __init__(self, incident: Incident, data: Data = None) -> None:
        names = ("title", "impact", "affected", "eta_at", "impact_started_at", "impact_ended_at", "private", "summary")
        start = {name: getattr(incident, name) for name in names} | {"type": incident.type_id}
        super().__init__(
            data,
            initial=start
            | {
                "services": [s.pk for s in incident.services.all()],
                "shared_with": list(incident.shared_with.values_list("pk", flat=True)),
            },
        )
        self.fields["summary"] = LongField(keep=f"inc-{incident.pk}-summary", label="Summary")
        field_of(self, "shared_with", forms.ModelChoiceField).queryset = Team.objects.exclude(incidents=incident)
        if not IncidentType.objects.exists():
            del self.fields["type"]
        self.order_fields(["title", "impact", "affected", "eta_at", "impact_started_at", "impact_ended_at", "summary"])


class NoteForm(ActForm):
    needs = ("text",)

    kind = forms.ChoiceField(
        choices=[(Kind.NOTE.value, "Note"), (Kind.DECISION.value, "Decision")], required=False, label="As a"
    )
    occurred_at = MomentField(label="It happened at", help_text=WHEN_HELP)
    time_unknown = forms.BooleanField(required=False, label="Nobody knows when")

    def __init__(self, incident: Incident, data: Data = None, files: Data = None) -> None:
        super().__init__(data, files)
        self.fields["text"] = LongField(keep=f"inc-{incident.pk}-note", rows=2, label="Add a note")
        self.fields["files"] = FilesField(label="Images and logs", help_text=FILES_HELP)
        self.order_fields(["text", "files"])


class CorrectionForm(ActForm):
    needs = ("text",)

    def __init__(self, entry: TimelineEntry, data: Data = None) -> None:
        super().__init__(data, initial={"text": entry.text, "occurred_at": entry.occurred_at})
        self.fields["text"] = LongField(keep=f"entry-{entry.pk}", label="What is right")
        self.fields["occurred_at"] = MomentField(label="It happened at")
