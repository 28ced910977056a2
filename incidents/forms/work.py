"""Forms of the board and of the seats."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from incidents import handover
from incidents.forms.fields import WHEN_HELP, ActForm, Data, LongField, MomentField, PersonField
from incidents.models import Change, Incident, Mitigation, MitigationCard
from incidents.suggesting import reached
from teams.forms import field_of
from teams.models import Role, Webhook


class ProposeForm(ActForm):
    """One attempt; filled in from a `card` of the deck, a `change` to be rolled back, or a `kind`."""

    needs = ("kind",)

    kind = forms.ChoiceField(
        choices=Mitigation.Kind.choices, required=False, label="What kind?", widget=forms.RadioSelect
    )
    title = forms.CharField(
        required=False, max_length=200, label="What shall be done?", help_text="Empty: the kind says it all."
    )
    expected_effect = forms.CharField(required=False, max_length=200, label="What should it change?")
    success_signal = forms.CharField(
        required=False,
        max_length=200,
        label="It worked when …",
        help_text="Named before it runs: error rate under 1 % for 5 min.",
    )
    rollback_plan = forms.CharField(
        required=False, max_length=200, label="To undo it", help_text="How, if it does harm?"
    )
    deadline_in = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24 * 60,
        label="Judge it in (minutes)",
        help_text="Then the commander is asked whether it worked. Empty: as long as its kind usually takes.",
    )

    def __init__(
        self,
        incident: Incident,
        change: Change | None = None,
        data: Data = None,
        *,
        card: MitigationCard | None = None,
        kind: str = "",
    ) -> None:
        start: dict[str, Any] = {"kind": kind or Mitigation.Kind.ROLL_BACK.value}
        if change is not None:
            start["title"] = f"Roll back: {change.summary}"[:200]
        if card is not None:
            start |= {name: getattr(card, name) for name in ("kind", "title", "expected_effect", "success_signal")}
            start |= {"rollback_plan": card.undo, "deadline_in": card.minutes}
        super().__init__(data, initial=start)
        self.fields["carried_by"] = PersonField(
            incident.team,
            empty="Decided later",
            label="Who carries it out?",
            initial=operations_lead(incident),
            help_text="Not the Incident Commander.",
        )
        self.fields["change"] = forms.ModelChoiceField(
            Change.objects.around(incident, reached(incident)),
            required=False,
            initial=change,
            widget=forms.HiddenInput,
        )
        self.fields["card"] = forms.ModelChoiceField(
            MitigationCard.objects.playable(), required=False, initial=card, widget=forms.HiddenInput
        )
        self.fields["reason"] = forms.CharField(
            required=False, max_length=2000, label="Reason", help_text="Kept on the timeline."
        )
        self.order_fields(["kind", "title", "carried_by", "success_signal", "expected_effect", "deadline_in"])


def operations_lead(incident: Incident) -> int | None:
    """Whose work carrying out is, where somebody holds that seat (on an incident `with_faces()`)."""
    return next((a.user_id for a in incident.held_roles if a.role.slug == Role.OPERATIONS), None)


class RollBackForm(ActForm):
    """How a change is rolled back. `key` stands for this form, so that sent twice it is done once."""

    all_optional = True
    CALL, BY_HAND, PROPOSE = "call", "hand", "propose"

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    how = forms.ChoiceField(required=False, label="How", widget=forms.RadioSelect)
    success_signal = forms.CharField(
        required=False,
        max_length=200,
        label="It worked when …",
        help_text="Named before it runs: error rate under 1 % for 5 min.",
    )
    deadline_in = forms.IntegerField(
        required=False, min_value=1, max_value=24 * 60, label="Judge it in (minutes)", initial=10
    )
    reason = forms.CharField(required=False, max_length=2000, label="Reason", help_text="Kept on the timeline.")

    def __init__(self, incident: Incident, hook: Webhook | None, data: Data = None) -> None:
        super().__init__(data, initial={"key": uuid4(), "how": self.CALL if hook else self.BY_HAND})
        ways = [(self.BY_HAND, "Somebody does it by hand, now"), (self.PROPOSE, "Only propose it")]
        if hook is not None:
            ways.insert(0, (self.CALL, f"Call {hook.name} ({hook.host}) for it, now"))
        field_of(self, "how", forms.ChoiceField).choices = ways
        self.fields["carried_by"] = PersonField(
            incident.team,
            empty="You",
            label="Who carries it out?",
            initial=operations_lead(incident),
            help_text="Not the Incident Commander, who keeps the overview.",
        )
        self.order_fields(["how", "carried_by", "success_signal", "deadline_in"])


class MitigationForm(ActForm):
    """What moving a mitigation on takes: `verb` decides."""

    def __init__(self, mitigation: Mitigation, verb: str, data: Data = None) -> None:
        super().__init__(data)
        if verb == "execute":
            self.fields["carried_by"] = PersonField(
                mitigation.incident.team,
                empty="You",
                label="Who carries it out?",
                initial=mitigation.carried_by_id or operations_lead(mitigation.incident),
                help_text="Not the Incident Commander, who keeps the overview.",
            )
            self.fields["reason"] = forms.CharField(
                required=False, max_length=2000, label="Reason", help_text="Kept on the timeline."
            )
        if verb in (*Mitigation.OUTCOMES, "undo", "drop"):
            label = "Why not?" if verb == "drop" else "What do you see?"
            self.fields["note"] = LongField(keep=f"mitigation-{mitigation.pk}-{verb}", rows=2, label=label)
        self.fields["occurred_at"] = MomentField(label="It happened at", help_text=WHEN_HELP)


class ExtendForm(ActForm):
    minutes = forms.IntegerField(min_value=1, max_value=24 * 60, initial=10, label="How many more minutes?")


class OfferForm(ActForm):
    """`drafted`: where no brief was typed, the one that the record gives goes with it."""

    needs = ("user",)

    drafted = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, incident: Incident, role: Role, data: Data = None, *, brief: str = "") -> None:
        super().__init__(data, initial={"brief": brief})
        self.fields["user"] = PersonField(incident.team, empty="Choose somebody", label="To")
        self.fields["brief"] = LongField(
            keep=f"inc-{incident.pk}-{role.slug}-brief",
            rows=12 if brief else 3,
            label="Hand-over brief" if brief else "Condition, actions, needs",
            help_text="Drafted from the record: correct it, and add what only you know. They say it back to you."
            if brief
            else "What they read before they accept: where it stands, what runs, what is promised.",
        )


class ReadBackForm(ActForm):
    """How whoever takes over says a brief back: each part ticked, or their own words."""

    def __init__(self, brief: str, data: Data = None) -> None:
        super().__init__(data)
        self.parts = handover.sections(brief)
        self.fields["ticked"] = forms.MultipleChoiceField(
            choices=[(str(n), part.title) for n, part in enumerate(self.parts)],
            required=False,
            widget=forms.MultipleHiddenInput,
        )
        self.fields["read_back"] = forms.CharField(
            required=False,
            max_length=2000,
            label="Or in your own words",
            help_text="Where it stands, what runs, what was promised.",
        )

    def shown_parts(self) -> list[tuple[str, handover.Section, bool]]:
        """Each part with its number and whether it is ticked."""
        ticked = self.data.getlist("ticked") if self.is_bound else []  # type: ignore[attr-defined]
        return [(str(n), part, str(n) in ticked) for n, part in enumerate(self.parts)]


class RemovalForm(ActForm):
    needs = ("reason",)

    reason = forms.CharField(
        required=False, max_length=2000, label="Why does it have to go?", help_text="Kept on the timeline."
    )


class ReasonForm(ActForm):
    def __init__(self, label: str, data: Data = None) -> None:
        super().__init__(data)
        self.fields["reason"] = forms.CharField(
            required=False, max_length=2000, label=label, help_text="Kept on the timeline."
        )
