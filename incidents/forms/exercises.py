"""What a drill is prepared with, and the filters of the list of drills."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from incidents.actions import exercises
from incidents.drilling.scenario import MAX_BYTES
from incidents.forms.fields import ActForm, Data, LongField
from incidents.models import Exercise, Incident, Scenario
from incidents.serializers.fields import REFERENCE
from teams import permits
from teams.forms import NamedField, field_of
from teams.models import Membership, Service, Team, User


def scenario_choices() -> list[Any]:
    """An organization's own scenarios, and those that come with Watchbill."""
    own = list(Scenario.objects.order_by("title").values_list("slug", "title")[:200])
    shipped = [(each.slug, each.title) for each in exercises.shipped().values()]
    return [*([("Your own", own)] if own else []), ("With Watchbill", shipped)]


class ExerciseFilter(forms.Form):
    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")
    state = forms.ChoiceField(required=False, label="State", choices=[("", "Any"), *Exercise.State.choices])
    scenario = forms.ChoiceField(required=False, label="Scenario")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "scenario", forms.ChoiceField).choices = [("", "Any"), *scenario_choices()]


class ExerciseForm(ActForm):
    """A drill of a scenario, or of a past incident that `user` may see."""

    either = ("scenario", "past", "team")

    scenario = forms.ChoiceField(required=False, label="Scenario")
    past = forms.CharField(
        required=False,
        max_length=20,
        label="Or a past incident",
        help_text="Such as INC-42. Its alerts and changes happen again; what people did is shown afterwards.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )
    team = NamedField(Team.objects.none(), required=False, label="Team", empty_label="Choose …")
    service = NamedField(
        Service.objects.all(),
        required=False,
        label="Your service",
        empty_label="As the scenario says",
        help_text="It stands for the first service of the scenario.",
    )
    participants = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        label="Who takes part",
        help_text="Nobody is called. They find the drill in their incidents; tell them when it starts.",
        widget=forms.CheckboxSelectMultiple,
    )
    speed = forms.TypedChoiceField(
        coerce=int, choices=Exercise.Speed.choices, initial=Exercise.Speed.ONE, label="Speed", widget=forms.RadioSelect
    )

    def __init__(self, user: User, data: Data = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.user = user
        field_of(self, "scenario", forms.ChoiceField).choices = [("", "Choose …"), *scenario_choices()]
        mine = permits.teams_where(user, "exercise.run")
        field_of(self, "team", forms.ModelChoiceField).queryset = mine
        member = Membership.objects.filter(user=OuterRef("pk"), team__in=user.teams.all())
        people = User.objects.present().annotate(near=Exists(member)).exclude(pk=user.pk)
        field_of(self, "participants", forms.ModelMultipleChoiceField).queryset = people.order_by("-near", "username")

    def clean_past(self) -> Incident | None:
        text = self.cleaned_data["past"].strip()
        if not text:
            return None
        found = REFERENCE.fullmatch(text)
        seen = Incident.objects.visible_to(self.user).filter(pk=int(found[1])) if found else Incident.objects.none()
        incident = seen.select_related("team").first()
        if incident is None:
            raise forms.ValidationError(f"There is no incident {text} that you can see.", code="unknown")
        return incident

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors and not given.get("scenario") and not given.get("past"):
            self.add_error("scenario", "Choose a scenario, or name a past incident.")
        if given.get("scenario") and given.get("past"):
            self.add_error("past", "Choose a scenario or a past incident, not both.")
        if not given.get("team") and "team" not in self.errors and not given.get("past"):
            self.add_error("team", "Say which team drills.")
        return given


class ScenarioFilter(forms.Form):
    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))


class ScenarioForm(forms.Form):
    text = forms.CharField(
        label="Scenario",
        max_length=MAX_BYTES,
        widget=forms.Textarea({"rows": 28, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}),
        help_text="As YAML. What is wrong with it is said by line.",
        strip=False,
    )

    def __init__(self, keep: str, data: Data = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["text"].widget.attrs["data-keep"] = keep


class DebriefForm(ActForm):
    def __init__(self, exercise: Exercise, data: Data = None) -> None:
        super().__init__(data, initial={"debrief": exercise.debrief})
        self.fields["debrief"] = LongField(
            keep=f"debrief:{exercise.pk}",
            rows=8,
            label="What did you learn?",
            help_text="What went well, what was hard, what you will do differently. Markdown.",
        )
