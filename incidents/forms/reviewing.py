"""Forms of the review as a process: its people and dates, its figures, and who is asked to approve."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.actions.review_guards import authors
from incidents.forms.fields import ActForm, Data, DayField, LongField, MomentField, PersonField, SeenField
from incidents.guards import Blocker
from incidents.models import Postmortem
from teams.models import User


class PeopleField(forms.ModelMultipleChoiceField):
    """Several people, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class _OfPostmortem(ActForm):
    """A form of facts that are compared with what the writer saw."""

    all_optional = True

    def __init__(self, postmortem: Postmortem, names: tuple[str, ...], data: Data = None) -> None:
        super().__init__(data, initial={name: getattr(postmortem, name) for name in (*names, "version")})
        self.postmortem = postmortem
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def take(self, blockers: Any) -> list[Blocker]:
        if any(each.code == "edited_meanwhile" for each in blockers):
            # They have been told: what they send next is meant.
            version = Postmortem.objects.values_list("version", flat=True).get(pk=self.postmortem.pk)
            sent: Any = self.data
            again = sent.copy()
            again["version"] = str(version)
            self.data = again
        return super().take(blockers)


class PeopleForm(_OfPostmortem):
    """Who writes, leads and takes part, when they meet, and until when."""

    meeting_at = MomentField(label="Meeting")
    meeting_minutes = forms.IntegerField(label="Length in minutes", min_value=5, max_value=480)
    meeting_place = forms.CharField(
        required=False, max_length=300, label="Place", help_text="A room, or the address of a call."
    )
    meet_by = DayField(label="Meet by")
    circulate_on = DayField(label="Hand in for review by")
    due_on = DayField(label="Publish by")

    def __init__(self, postmortem: Postmortem, data: Data = None) -> None:
        names = ("meeting_at", "meeting_minutes", "meeting_place", "meet_by", "circulate_on", "due_on")
        super().__init__(postmortem, names, data)
        team = postmortem.incident.team
        for name, says in (("owner", "Writes it, and hands it in."), ("facilitator", "Leads the meeting.")):
            self.fields[name] = PersonField(
                team, initial=getattr(postmortem, f"{name}_id"), label=name.capitalize(), help_text=says
            )
        there = list(postmortem.participants.values_list("pk", flat=True))
        near = User.objects.present().filter(is_service=False)
        near = (near.filter(pk__in=there) | near.filter(teams=team)) if team else near.filter(pk__in=there)
        near = near.distinct().order_by("first_name", "username")
        self.fields["participants"] = PeopleField(near, required=False, initial=there, label="Who takes part")
        shown = set(there)
        self.fields["participants_seen"] = SeenField(initial=[each.pk for each in near if each.pk in shown])
        self.fields["somebody"] = PersonField(team, label="And somebody else", empty="Nobody else")
        self.order_fields(["owner", "facilitator", "participants", "somebody", "meeting_at"])

    def given(self) -> tuple[dict[str, Any], list[User], list[int] | None]:
        """The facts as `actions.postmortem.edit` takes them, everybody who takes part, and who did so as it was
        shown."""
        facts = dict(self.cleaned_data)
        people = [*facts.pop("participants"), *filter(None, [facts.pop("somebody")])]
        return facts, list(dict.fromkeys(people)), facts.pop("participants_seen")


class FiguresForm(_OfPostmortem):
    """The impact in numbers, and how people are named."""

    NAMES = ("", "As the organization has it"), ("no", "By their names"), ("yes", "By their roles")

    people_affected = forms.IntegerField(required=False, min_value=0, max_value=2**62, label="People affected")
    people_unit = forms.CharField(required=False, max_length=30, label="Which", help_text="customers, shops …")
    requests_affected = forms.IntegerField(required=False, min_value=0, max_value=2**62, label="Requests affected")
    requests_unit = forms.CharField(required=False, max_length=30, label="Which", help_text="orders, calls …")
    cost = forms.DecimalField(required=False, min_value=0, max_digits=14, decimal_places=2, label="Cost")
    cost_currency = forms.CharField(required=False, max_length=3, label="Currency", help_text="EUR, USD …")
    names = forms.ChoiceField(
        required=False,
        choices=NAMES,
        label="People in the published text",
        help_text="On a status page always by roles.",
    )

    def __init__(self, postmortem: Postmortem, data: Data = None) -> None:
        names = (
            *("people_affected", "people_unit", "requests_affected", "requests_unit", "cost", "cost_currency"),
            "names_as_roles",
        )
        super().__init__(postmortem, names, data)
        self.initial["names"] = {None: "", False: "no", True: "yes"}[postmortem.names_as_roles]

    def given(self) -> dict[str, Any]:
        facts = dict(self.cleaned_data)
        facts["cost_currency"] = facts["cost_currency"].upper()
        facts["names_as_roles"] = {"": None, "no": False, "yes": True}[facts.pop("names")]
        return facts


class SubmitForm(ActForm):
    """Whom to ask for an approval."""

    def __init__(self, postmortem: Postmortem, user: User, data: Data = None) -> None:
        super().__init__(data)
        near = User.objects.present().filter(is_service=False).exclude(pk__in={user.pk, *authors(postmortem)})
        joined = near.filter(pk__in=postmortem.participants.values("pk"))
        if postmortem.incident.team:
            joined |= near.filter(teams=postmortem.incident.team)
        self.fields["approvers"] = PeopleField(
            joined.distinct().order_by("first_name", "username"),
            required=False,
            label="Ask to approve",
            help_text="They are told. Nobody ticked: anybody may who neither wrote it nor hands it in.",
        )


class PublishForm(ActForm):
    """What readers of the status page are told, where it is public."""

    def __init__(self, postmortem: Postmortem, data: Data = None) -> None:
        super().__init__(data)
        self.fields["announce"] = LongField(
            keep=f"announce-{postmortem.pk}",
            label="Tell the readers of the status page",
            help_text="An update with the link, mailed to the subscribers. Empty: nobody is told.",
        )


class SendBackForm(ActForm):
    needs = ("reason",)

    def __init__(self, postmortem: Postmortem, data: Data = None) -> None:
        super().__init__(data)
        self.fields["reason"] = LongField(
            keep=f"send-back-{postmortem.pk}", label="What is to be changed?", help_text="Its writers are told."
        )
