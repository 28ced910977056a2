"""Forms of the team pages, and the field that reads a wall clock in a zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from teams.hours import instant
from teams.models import Membership, User

Kind = TypeVar("Kind", bound=forms.Field)


class Options(forms.Select):
    """A select of many options: Django's own would render a template for each."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in self.format_value(value)}
        options = format_html_join("", "{}", ((each,) for each in _written(self.choices, chosen)))
        return format_html(
            "<select{}>{}</select>", flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), options
        )


def _written(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> Iterator[SafeString]:
    """Each option, and each group with its own."""
    for key, label in choices:
        if isinstance(label, list | tuple):
            within = format_html_join("", "{}", ((each,) for each in _written(label, chosen)))
            yield format_html('<optgroup label="{}">{}</optgroup>', key, within)
        else:
            mark = " selected" if str(key) in chosen else ""
            yield format_html('<option value="{}"{}>{}</option>', key, mark, label)


class _Names(ModelChoiceIterator):
    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from self.queryset.values_list("pk", "name")


class NamedField(forms.ModelChoiceField):
    """One of many rows, by their `name`."""

    widget = Options
    iterator = _Names


def field_of(form: forms.BaseForm, name: str, kind: type[Kind]) -> Kind:
    """The field of this name that `form` has for itself, as the `kind` that its class declares."""
    field = form.fields[name]
    assert isinstance(field, kind), f"{name} is a {type(field).__name__}"
    return field


class Refusable(forms.Form):
    """A form whose action may refuse what it was given. `places` names the field where each of the action's is shown;
    one that the form does not have is shown for the whole."""

    def places(self) -> dict[str, str]:
        return {}

    def refused(self, refusal: ValidationError) -> None:
        """Say at the field that somebody sees what the action refused."""
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        for name, errors in refusal.error_dict.items():
            place = self.places().get(name, name)
            texts = [message for error in errors for message in error.messages]
            self.add_error(place if place in self.fields else None, texts)


class ClockInput(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class ClockField(forms.DateTimeField):
    """A local date and time in `zone`, or in the active zone. A time that a clock change skips is the first instant
    after it, one that comes twice is the first: as everywhere on a schedule."""

    widget = ClockInput

    def __init__(self, *, zone: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zone = zone

    def _zone(self) -> str:
        return self.zone or timezone.get_current_timezone_name()

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return value.astimezone(ZoneInfo(self._zone())).replace(tzinfo=None)
        return value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values or isinstance(value, datetime):
            return value if isinstance(value, datetime) else None
        try:
            local = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValidationError("Give a date and a time such as 2026-11-23 09:00.", code="invalid") from error
        if not 1900 <= local.year <= 2999:
            raise ValidationError("Give a year from 1900 to 2999.", code="invalid")
        return local if local.tzinfo else instant(local.replace(microsecond=0), self._zone())


def moment_in(text: str) -> datetime | None:
    """The aware moment that a link or a button carries; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo and 1900 < moment.year < 2999 else None


class TeamFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Team, service or person", widget=forms.TextInput({"type": "search"})
    )
    mine = forms.ChoiceField(required=False, label="Show", choices=[("", "All teams"), ("1", "My teams")])


def people_choices(team_id: int | None, *, also: set[int] | None = None) -> list[tuple[Any, Any]]:
    """Choices of active people for a select, those of the team first; `also` names others that must stay choosable."""
    users = User.objects.filter(Q(is_active=True) | Q(pk__in=also or ()), is_service=False)
    users = users.only("username", "first_name", "last_name", "is_active")
    users = users.annotate(mine=Exists(Membership.objects.filter(team=team_id, user=OuterRef("pk"))))
    team: list[tuple[int, str]] = []
    others: list[tuple[int, str]] = []
    for user in users:
        label = user.name if user.is_active else f"{user.name} (deactivated)"
        (team if user.mine else others).append((user.pk, label))
    choices: list[tuple[Any, Any]] = [("", "Choose …")]
    if team:
        choices.append(("In the team", team))
    if others:
        choices.append(("Everybody else" if team else "People", others))
    return choices
