"""The form that asks for a swap, and the filters of the list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from teams import oncall
from teams.forms import ClockField, Refusable, field_of
from teams.models import Schedule, Swap, Team, User
from teams.spans import Span
from teams.swaps import reading
from teams.swaps.reading import StandIn

OTHER = "other"
# A question takes a while to be read: what is proposed begins no sooner than this.
SOON = timedelta(minutes=15)


class SwapFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Person, schedule or note", widget=forms.TextInput({"type": "search"})
    )
    show = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "What concerns me"),
            ("answer", "For me to answer"),
            ("mine", "What I asked"),
            ("teams", "All of my teams"),
            ("all", "All teams"),
        ],
    )
    state = forms.ChoiceField(required=False, label="State", choices=[("", "Any"), *Swap.State.choices])
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, label="Team", to_field_name="slug", empty_label="Any"
    )


class SwapForm(Refusable):
    """What to swap, with whom, and what is taken in return. `given` is what the address or the form said before, as
    text: it decides who is shown as free, and whose shifts are offered."""

    # An empty choice is an answer here: nothing is left out by it.
    either = ("starts_at", "ends_at", "asked", "back")

    shift = forms.ChoiceField(
        label="Which of your shifts",
        error_messages={"invalid_choice": "The roster has changed meanwhile. Choose again."},
    )
    starts_at = ClockField(required=False, label="From")
    ends_at = ClockField(required=False, label="Until")
    asked = forms.ChoiceField(
        required=False,
        label="Whom to ask",
        error_messages={"invalid_choice": "Choose somebody of the team or the rotation, or anyone."},
    )
    back = forms.ChoiceField(
        required=False,
        label="What you take in return",
        error_messages={"invalid_choice": "That is no shift of theirs any more. Choose again."},
    )
    note = forms.CharField(
        required=False,
        max_length=Swap._meta.get_field("note").max_length,
        help_text="Whoever you ask reads it, for example: dentist, back at noon.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, user: User, schedule: Schedule, given: Mapping[str, Any], now: datetime
    ) -> None:
        self.user, self.schedule, self.given, self.now = user, schedule, given, now
        super().__init__(data, initial=self._initial())
        self._field("shift").choices = [(_key(s), said(s)) for s in self.shifts] + [(OTHER, "Another span of my duty")]
        self._field("asked").choices = self._people()
        self._field("back").choices = [("", "Nothing"), *((_key(s), said(s)) for s in self._theirs())]
        zone = timezone.get_current_timezone_name()
        for name in ("starts_at", "ends_at"):
            self.fields[name].help_text = f"In {zone}"
        if self.colleague is None:
            self._field("back").help_text = "Choose a colleague to take one of their shifts."

    def _field(self, name: str) -> forms.ChoiceField:
        return field_of(self, name, forms.ChoiceField)

    @cached_property
    def pool(self) -> reading.Pool:
        return reading.pool([self.schedule], self.now, self.now + reading.AHEAD, also=[self.user])

    @cached_property
    def shifts(self) -> list[Span]:
        """One's own shifts to come."""
        return [span for span in self.pool.of(self.user, self.schedule) if self._to_come(span)]

    @cached_property
    def colleague(self) -> User | None:
        """Who is chosen to be asked."""
        people = {str(user.pk): user for user in self.pool.people[self.schedule.pk] if user.pk != self.user.pk}
        return people.get(self.given.get("asked", ""))

    @cached_property
    def span(self) -> Span | None:
        """What is chosen to be given away, as far as it can be told."""
        shift = self.given.get("shift", "")
        if shift != OTHER and (chosen := _span(shift)):
            return chosen
        start, end = (_moment(self.given.get(name, "")) for name in ("starts_at", "ends_at"))
        if start and end and start < end:
            later = soon(self.now)
            return Span(later, end) if not shift and start <= self.now < later < end else Span(start, end)
        return self.shifts[0] if not shift and self.shifts else None

    @cached_property
    def stand_ins(self) -> list[StandIn]:
        span = self.span or Span(self.now, self.now + timedelta(hours=1))
        return self.pool.stand_ins(self.schedule, span, besides=self.user)

    def _to_come(self, span: Span) -> bool:
        return self.now < span.start < self.now + reading.AHEAD

    def _initial(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: self.given.get(name, "") for name in ("asked", "back", "note")}
        if self.given.get("shift"):
            return {**found, **{name: self.given.get(name, "") for name in ("shift", "starts_at", "ends_at")}}
        if self.span is None:
            return {**found, "shift": OTHER}
        found["shift"] = _key(self.span) if self.span in self.shifts else OTHER
        return {**found, "starts_at": self.span.start, "ends_at": self.span.end}

    def _people(self) -> list[tuple[Any, Any]]:
        free = [(str(s.user.pk), f"{s.user} · {s.hours} h on call around then") for s in self.stand_ins if s.free]
        rest = [(str(s.user.pk), f"{s.user} · {s.against[0]}") for s in self.stand_ins if not s.free]
        groups = [(label, people) for label, people in (("Free then", free), ("Not free", rest)) if people]
        return [("", "Anyone of the team or the rotation"), *groups]

    def _theirs(self) -> list[Span]:
        if self.colleague is None:
            return []
        spans = [span for span in self.pool.of(self.colleague, self.schedule) if self._to_come(span)]
        mine = [*self.pool.of(self.user, self.schedule), *([self.span] if self.span else [])]
        return [span for span in spans if not any(span.meets(each) for each in mine)]

    def clean(self) -> dict[str, Any]:
        """As `actions.ask_swap` takes it."""
        found = self.cleaned_data
        span = _span(found.get("shift", ""))
        if found.get("shift") == OTHER:
            for name, what in (("starts_at", "start"), ("ends_at", "end")):
                if name not in self.errors and not found.get(name):
                    self.add_error(name, f"Give the {what} of the span, or choose one of your shifts.")
        elif span:
            found["starts_at"], found["ends_at"] = span
        back = _span(found.get("back", ""))
        return {
            "starts_at": found.get("starts_at"),
            "ends_at": found.get("ends_at"),
            "asked": self.colleague if found.get("asked") else None,
            "back_starts_at": back.start if back else None,
            "back_ends_at": back.end if back else None,
            "note": found.get("note", ""),
        }

    def places(self) -> dict[str, str]:
        whole = {"starts_at": "shift", "ends_at": "shift"} if self.data.get("shift") != OTHER else {}
        return {**whole, "back_starts_at": "back", "back_ends_at": "back"}


class DeclineForm(forms.Form):
    word = forms.CharField(required=False, max_length=200, label="A word to them")


def soonest(watch: oncall.Watch, now: datetime) -> Span | None:
    """What of a watch can still be asked of somebody; None where it is as good as over."""
    start = watch.start if watch.start > now else soon(now)
    return Span(start, watch.end) if start < watch.end else None


def soon(now: datetime) -> datetime:
    """The next quarter of an hour that leaves time to answer."""
    at = now + 2 * SOON
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)


def said(span: Span) -> str:
    """On the reader's clock: "Mon 30 Nov, 09:00 to Mon 7 Dec, 09:00"."""
    local = [timezone.localtime(moment) for moment in span]
    return " to ".join(f"{at:%a} {at.day} {at:%b}, {at:%H:%M}" for at in local)


def _key(span: Span) -> str:
    return f"{span.start.isoformat()}/{span.end.isoformat()}"


def _span(text: str) -> Span | None:
    start, _, end = text.partition("/")
    first, last = _moment(start), _moment(end)
    return Span(first, last) if first and last and first < last else None


def _moment(text: Any) -> datetime | None:
    try:
        found: datetime | None = ClockField(required=False).to_python(text)
    except ValidationError:
        return None
    return found
