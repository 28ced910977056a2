"""Fields that read what people type at three in the morning, and the form that shows what an action refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents.files.contents import LARGEST, PER_NOTE
from incidents.guards import Blocker
from incidents.models import Incident, Severity
from incidents.problems import Blocked
from teams.models import Membership, Service, Team, User

Data = Any
FIRST_YEAR, LAST_YEAR = 2000, 2199
ZONE_HELP = format_html("In your time zone, {}.", format_html("<span data-zone-name>{}</span>", "UTC"))
FILES_HELP = f"PNG, JPEG, WebP, GIF, or text. Up to {PER_NOTE} files of {LARGEST // 1_000_000} MB."
WHEN_HELP = format_html("Empty: now. {}", ZONE_HELP)


def known_year(value: date | None) -> None:
    """Refuse a year that only a slip of the hand can mean."""
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(f"Give a year from {FIRST_YEAR} to {LAST_YEAR}.", code="out_of_range")


class MomentField(forms.DateTimeField):
    """A moment in the reader's zone, to the minute; empty where nobody knows or nobody says."""

    default_validators = [known_year]

    def __init__(self, **options: Any) -> None:
        limits = {"min": f"{FIRST_YEAR}-01-01T00:00", "max": f"{LAST_YEAR}-12-31T23:59"}
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", **limits}, format="%Y-%m-%dT%H:%M")
        super().__init__(**{"required": False, "widget": widget, "help_text": ZONE_HELP, **options})


class DayField(forms.DateField):
    """A calendar day; empty where none was chosen."""

    default_validators = [known_year]

    def __init__(self, **options: Any) -> None:
        limits = {"min": f"{FIRST_YEAR}-01-01", "max": f"{LAST_YEAR}-12-31"}
        widget = forms.DateInput(attrs={"type": "date", **limits}, format="%Y-%m-%d")
        super().__init__(**{"required": False, "widget": widget, **options})


class LongField(forms.CharField):
    """Text of any length, kept on the device until it was sent."""

    def __init__(self, *, keep: str, rows: int = 3, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "data-keep": keep})
        super().__init__(**{"required": False, "widget": widget, "max_length": 20_000, **options})


class PersonField(forms.ModelChoiceField):
    """Somebody who can sign in; the people of `team` first."""

    def __init__(self, team: Team | None, *, empty: str = "Nobody chosen", **options: Any) -> None:
        mine = Membership.objects.filter(user=OuterRef("pk"), team=team)
        people = User.objects.present()
        super().__init__(people, **{"required": False, **options})
        rows = people.annotate(of_team=Exists(mine)) if team else []
        near = [(u.pk, u.name) for u in rows if getattr(u, "of_team", False)]
        far = (
            [(u.pk, u.name) for u in rows if not getattr(u, "of_team", False)]
            if team
            else [(u.pk, u.name) for u in people]
        )
        groups: list[Any] = [("", empty)]
        if near:
            groups.append((str(team), near))
        if far:
            groups.append(("Everybody else" if near else "People", far))
        self.choices = groups


class SeenField(forms.CharField):
    """The numbers of what was chosen when the form was shown, so that only what its writer changed is done; None where
    it was not sent."""

    def __init__(self, **options: Any) -> None:
        widget = forms.HiddenInput({"autocomplete": "off"})
        super().__init__(**{"required": False, "widget": widget, "empty_value": None, **options})

    def prepare_value(self, value: Any) -> Any:
        return ",".join(["seen", *map(str, value)]) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int] | None:
        told = super().clean(value)
        if told is None:
            return None
        return [int(each) for each in told.split(",") if each.isascii() and each.isdecimal() and len(each) < 19]


class SeverityField(forms.ModelChoiceField):
    """A severity, with its definition beside it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            Severity.objects.all(),
            **{"required": False, "widget": forms.RadioSelect, "empty_label": None, **options},
        )

    def label_from_instance(self, obj: Any) -> SafeString:
        return format_html(
            '<span><strong>{} {}</strong> <span class="muted">{}</span></span>',
            obj.code,
            obj.label,
            obj.definition,
        )


class FilesInput(forms.ClearableFileInput):
    """A choice of several files. What they may be is told to the script, which then refuses before anything is sent."""

    template_name = "django/forms/widgets/file.html"
    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"data-attach": "", "data-largest": str(LARGEST), "data-most": str(PER_NOTE)})

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files


class FilesField(forms.FileField):
    """Files, as a list that may be empty; what they are is for the action to find out."""

    widget = FilesInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_empty_file": True, **options})

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(FilesField, self).clean(one) for one in data or []]


class SuggestInput(forms.TextInput):
    """A text input with suggestions that the browser offers."""

    def __init__(self, options: Callable[[], Sequence[tuple[str, str]]]) -> None:
        super().__init__(attrs={"autocomplete": "off", "autocapitalize": "characters"})
        self.options = options

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        listed = f"{name}-options"
        box = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        rows = format_html_join("", '<option value="{}">{}</option>', self.options())
        return format_html('{}<datalist id="{}">{}</datalist>', box, listed, rows)


class IncidentField(forms.CharField):
    """An incident by its reference, such as `INC-42` or `42`, among those that `user` may see."""

    def __init__(self, user: User, but: Incident, **options: Any) -> None:
        self.seen = Incident.objects.visible_to(user)

        def suggestions() -> list[tuple[str, str]]:
            return [(i.reference, i.title) for i in self.seen.active().exclude(pk=but.pk)[:50]]

        super().__init__(**{"required": False, "widget": SuggestInput(suggestions), **options})

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        number = text.upper().removeprefix("INC-").strip()
        found = self.seen.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
        if found is None:
            raise ValidationError(f"There is no incident {text} that you can see.", code="unknown")
        return found


class ServicesField(forms.ModelMultipleChoiceField):
    """Services, each with the team that answers for it."""

    def __init__(self, **options: Any) -> None:
        services = Service.objects.select_related("team")
        super().__init__(services, **{"required": False, "widget": forms.CheckboxSelectMultiple, **options})

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.team.name}"


class ActForm(forms.Form):
    """A form of one action: shows what an action refused beside the fields that it is about.

    `needs` names fields that the action asks for. They are marked so, and checked by the action alone, so that one
    answer says all that is missing. `all_optional`: nearly everything may stay empty, so that it isn't said of each.
    `either`: fields of which one is enough.
    """

    needs: tuple[str, ...] = ()
    all_optional = False
    either: tuple[str, ...] = ()

    def refuse(self, blocked: Blocked) -> None:
        """Show what an action refused, for forms on pages of their own: beside its field, else above them all."""
        for blocker in self.take(blocked.blockers):
            if blocker.field not in self.fields:
                self.add_error(None, blocker.message)

    def take(self, blockers: Sequence[Blocker]) -> list[Blocker]:
        """Put blockers beside their fields; return those that the form alone can't answer."""
        left = []
        for blocker in blockers:
            here = blocker.field in self.fields
            if here:
                self.add_error(blocker.field, blocker.message)
            if not here or blocker.overridable or "#" in blocker.fix_url:
                left.append(blocker)
        return left
