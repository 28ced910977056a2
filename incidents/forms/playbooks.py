"""What a playbook is filled in as, how their list is narrowed, and what checking off a step takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from incidents import playbook_text
from incidents.actions.playbooks import StepGiven
from incidents.forms.fields import ActForm, Data, LongField, ServicesField
from incidents.models import Incident, IncidentType, Playbook, PlaybookStep, Severity
from incidents.phases import PATH
from incidents.playbook_text import Step, Unreadable, Written
from teams import permits
from teams.forms import field_of
from teams.models import Role, Service, Team, User

PHASES = [(phase.value, phase.label) for phase in PATH]
LARGEST = 200_000
STEPS_HELP = (
    "One numbered line for each, such as “1. @operations-lead: Look at the queue.” After @ stands the role or the "
    "person whose it is; without it, it is anybody's. What is indented belongs to its step."
)


class PlaybookFilter(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(required=False, choices=[("", "Any"), *Playbook.Kind.choices])
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team", to_field_name="slug")
    service = forms.ModelChoiceField(
        Service.objects.all(), required=False, empty_label="Any service", to_field_name="slug"
    )
    state = forms.ChoiceField(required=False, choices=[("", "Kept"), ("retired", "Retired"), ("all", "All")])

    def narrow(self, rows: QuerySet[Playbook]) -> QuerySet[Playbook]:
        self.is_valid()
        asked = self.cleaned_data
        found: Any = rows
        if (asked.get("state") or "") != "all":
            found = found.filter(retired_at__isnull=asked.get("state") != "retired")
        for name in ("kind", "team"):
            if asked.get(name):
                found = found.filter(**{name: asked[name]})
        if asked.get("service"):
            found = found.filter(services=asked["service"])
        narrowed: QuerySet[Playbook] = found.search(asked.get("q") or "")
        return narrowed


def owned(steps: Iterable[Step]) -> list[StepGiven]:
    """Steps with the roles and people that their owners name. Unreadable for a name that nobody has. Two queries."""
    listed = list(steps)
    names = {step.owner for step in listed if step.owner}
    roles = {role.slug: role for role in Role.objects.filter(slug__in=names)}
    people = {user.username: user for user in User.objects.present().filter(username__in=names)}
    found = []
    for number, step in enumerate(listed, 1):
        if step.owner and step.owner not in roles and step.owner not in people:
            raise Unreadable(f"Step {number}: there is no role and nobody called “{step.owner}”.")
        person = None if step.owner in roles else people.get(step.owner)
        found.append(StepGiven(step.text, roles.get(step.owner), person))
    return found


def listed(steps: Iterable[PlaybookStep]) -> list[Step]:
    """Steps as they are written down."""
    return [Step(s.text, s.role.slug if s.role else s.person.username if s.person else "") for s in steps]


def written(playbook: Playbook) -> Written:
    """A playbook as its file says."""
    return Written(
        title=playbook.title,
        kind=playbook.kind,
        team=playbook.team.slug,
        services=[service.slug for service in playbook.services.all()],
        types=[each.slug for each in playbook.types.all()],
        severities=[str(severity.level) for severity in playbook.severities.all()],
        phases=list(playbook.phases),
        summary=playbook.summary,
        steps=listed(playbook.steps.select_related("role", "person")),
    )


class PlaybookForm(ActForm):
    """A playbook; its steps are one numbered list."""

    needs = ("title", "team", "steps")

    kind = forms.ChoiceField(choices=Playbook.Kind.choices, label="Which", widget=forms.RadioSelect)
    title = forms.CharField(required=False, max_length=200, label="What is it for?")
    team = forms.ModelChoiceField(Team.objects.none(), label="Kept by", empty_label="Choose a team")
    services = ServicesField(label="Suggested for services")
    types = forms.ModelMultipleChoiceField(
        IncidentType.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Suggested for types of incidents",
    )
    severities = forms.ModelMultipleChoiceField(
        Severity.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, label="Suggested for severities"
    )
    phases = forms.MultipleChoiceField(
        choices=PHASES, required=False, widget=forms.CheckboxSelectMultiple, label="Suggested in phases"
    )

    def __init__(self, playbook: Playbook, data: Data = None, *, user: User) -> None:
        start: dict[str, Any] = {"kind": playbook.kind, "title": playbook.title, "phases": playbook.phases}
        start |= {"team": playbook.team_id, "summary": playbook.summary}
        if playbook.pk:
            start |= {name: list(getattr(playbook, name).all()) for name in ("services", "types", "severities")}
            start["steps"] = playbook_text.write_steps(listed(playbook.steps.select_related("role", "person")))
        super().__init__(data, initial=start)
        field_of(self, "team", forms.ModelChoiceField).queryset = permits.teams_where(user, "deck.change")
        key = f"playbook-{playbook.pk or 'new'}"
        self.fields["summary"] = LongField(keep=f"{key}-summary", label="When to use it", help_text="In Markdown.")
        self.fields["steps"] = LongField(
            keep=f"{key}-steps", rows=14, label="Steps", help_text=STEPS_HELP, max_length=LARGEST
        )
        self.order_fields(["kind", "title", "team", "summary", "steps"])

    def clean_steps(self) -> list[StepGiven]:
        try:
            return owned(playbook_text.read_steps(self.cleaned_data["steps"]))
        except Unreadable as error:
            raise forms.ValidationError(str(error), code="unreadable") from None


class ImportForm(ActForm):
    """A file, or its text."""

    either = ("file", "text")

    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label="Kept by", empty_label="The team that it names"
    )
    file = forms.FileField(required=False, label="Markdown file", help_text="At most 200 KB.")

    def __init__(self, data: Data = None, files: Any = None, *, user: User) -> None:
        super().__init__(data, files)
        self.fields["text"] = LongField(keep="playbook-import", rows=14, label="Or its text", max_length=LARGEST)
        self.teams = permits.teams_where(user, "deck.change")
        field_of(self, "team", forms.ModelChoiceField).queryset = self.teams
        self.order_fields(["file", "text", "team"])

    def clean_file(self) -> str:
        file = self.cleaned_data.get("file")
        if not file:
            return ""
        if file.size > LARGEST:
            raise forms.ValidationError("It is larger than 200 KB. A playbook that long helps nobody.")
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("This is no text in UTF-8. Save the file in that encoding.") from None

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if self.errors:
            return found
        text, place = (found["file"], "file") if found.get("file") else (found.get("text") or "", "text")
        if not text.strip():
            self.add_error("file", "Choose a file, or give its text.")
            return found
        try:
            found["given"] = self._given(playbook_text.read(text), found.get("team"))
        except Unreadable as error:
            self.add_error(place, str(error))
        return found

    def _given(self, said: Written, team: Team | None) -> dict[str, Any]:
        """What the file says, as `actions.playbooks.keep` takes it."""
        if team is None:
            team = self.teams.filter(slug=said.team).first()
            if team is None:
                who = f"“{said.team}” is no team whose playbooks you keep" if said.team else "It names no team"
                raise Unreadable(f"{who}. Choose one below.")
        return {
            "team": team,
            "kind": said.kind or Playbook.Kind.PLAYBOOK.value,
            "title": said.title[:200],
            "summary": said.summary,
            "phases": said.phases,
            "services": _rows(Service.objects.all(), "slug", said.services, "service"),
            "types": _rows(IncidentType.objects.all(), "slug", said.types, "type"),
            "severities": _rows(Severity.objects.all(), "level", said.severities, "severity"),
            "steps": owned(said.steps),
        }


def _rows(rows: QuerySet[Any], name: str, wanted: list[str], noun: str) -> list[Any]:
    known = {str(getattr(row, name)): row for row in rows}
    missing = [each for each in wanted if each not in known]
    if missing:
        raise Unreadable(f"There is no {noun} {', '.join(missing)}.")
    return [known[each] for each in wanted]


class StartForm(ActForm):
    """Which playbook is started; those that fit come first."""

    def __init__(self, incident: Incident, data: Data = None) -> None:
        super().__init__(data)
        running = incident.playbook_runs.filter(ended_at=None).values("playbook")
        rows = Playbook.objects.kept().exclude(pk__in=running)
        fitting = [playbook for playbook in rows.fitting(incident)[:50] if playbook.says]  # type: ignore[attr-defined]
        field = forms.ModelChoiceField(rows, label="Which one?", empty_label="Choose one")
        near = {playbook.pk for playbook in fitting}
        others = [(pk, title) for pk, title in rows.values_list("pk", "title") if pk not in near]
        groups: list[Any] = [("", "Choose one")]
        if fitting:
            groups.append(("They fit", [(playbook.pk, playbook.title) for playbook in fitting]))
        if others:
            groups.append(("Others" if fitting else "All", others))
        field.choices = groups
        self.fields["playbook"] = field


class SkipForm(ActForm):
    needs = ("reason",)

    reason = forms.CharField(required=False, max_length=500, label="Why?", help_text="Kept on the timeline.")
