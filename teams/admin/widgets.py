"""Form fields of the administration: lists whose order counts, weekly hours, time zones.

Each works without script (spare empty rows); teams/admin.js adds buttons to add, move and remove rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from teams.forms import Options
from teams.hours import restrictions_from_json
from teams.public_holidays import countries
from teams.zones import zone_names

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SPARE_ROWS = 2

Choices = list[tuple[Any, Any]]


class RowsWidget(forms.Widget):
    """A list of selects, all with one name; their order is the order of the list."""

    template_name = "teams/widgets/rows.html"

    def __init__(self, *, noun: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.noun = noun
        self.choices: Choices = []

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        values = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])
        return [v for v in values if v]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = [str(v) for v in value or []]
        context["widget"] |= {
            "noun": self.noun,
            "rows": [self._groups(v) for v in [*chosen, *[""] * (SPARE_ROWS if chosen else SPARE_ROWS + 1)]],
        }
        return context

    def _groups(self, chosen: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        groups: list[tuple[str, list[tuple[str, str, bool]]]] = []
        for value, label in self.choices:
            members = label if isinstance(label, list) else [(value, label)]
            name = value if isinstance(label, list) else ""
            groups.append((name, [(str(v), text, str(v) == chosen) for v, text in members]))
        return groups

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else ""


class RowsField(forms.Field):
    """A list in order; `by_value` maps the values that may be chosen to what they stand for. Cleans to those objects.

    `choices` may group them. A value that is not there says so and names the row.
    """

    widget: type[forms.Widget] | forms.Widget = RowsWidget

    def __init__(self, *, noun: str, **kwargs: Any) -> None:
        super().__init__(widget=RowsWidget(noun=noun), **kwargs)
        self.noun = noun
        self.by_value: dict[str, Any] = {}

    def offer(self, choices: Choices, by_value: dict[str, Any]) -> None:
        assert isinstance(self.widget, RowsWidget)
        self.widget.choices = choices
        self.by_value = by_value

    def clean(self, value: Any) -> list[Any]:
        chosen = [str(v) for v in value or []]
        if self.required and not chosen:
            raise ValidationError(self.error_messages["required"], code="required")
        for number, each in enumerate(chosen, 1):
            if each not in self.by_value:
                raise ValidationError(
                    f"Row {number} names a {self.noun} that does not exist any more. Choose another.", code="gone"
                )
        return [self.by_value[v] for v in chosen]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [str(v) for v in initial or []] != [str(v) for v in data or []]


class CrewsWidget(RowsWidget):
    """`RowsWidget` whose rows can stand together with the one above. The value is a list of lists."""

    template_name = "teams/widgets/crews.html"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[list[str]]:  # type: ignore[override]
        many = data.getlist if isinstance(data, MultiValueDict) else lambda key: data.get(key, [])
        joined = {str(number) for number in many(f"{name}-with")}
        crews: list[list[str]] = []
        for number, value in enumerate(many(name)):
            if value and crews and str(number) in joined:
                crews[-1].append(value)
            elif value:
                crews.append([value])
        return crews

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        crews = [list(crew) for crew in value or []]
        context = super().get_context(name, [each for crew in crews for each in crew], attrs)
        joined = [place > 0 for crew in crews for place in range(len(crew))]
        rows = context["widget"]["rows"]
        joined += [False] * (len(rows) - len(joined))
        context["widget"]["rows"] = list(zip(rows, joined, strict=True))
        return context


class CrewsField(RowsField):
    """A list of lists of what may be chosen: those of one inner list have one turn together."""

    def __init__(self, *, noun: str, **kwargs: Any) -> None:
        super().__init__(noun=noun, **kwargs)
        self.widget = CrewsWidget(noun=noun)

    def clean(self, value: Any) -> list[list[Any]]:
        chosen = iter(super().clean([each for crew in value or [] for each in crew]))
        return [[next(chosen) for _ in crew] for crew in value or []]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [[str(v) for v in crew] for crew in initial or []] != [[str(v) for v in crew] for crew in data or []]


class HoursWidget(forms.Widget):
    """Weekly hours as rows of seven day boxes, from and to."""

    template_name = "teams/widgets/hours.html"
    MOST = 40

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, Any]]:
        rows = []
        for n in range(self.MOST):
            start, end = data.get(f"{name}-{n}-start", "") or "", data.get(f"{name}-{n}-end", "") or ""
            days = data.getlist(f"{name}-{n}-day") if isinstance(data, MultiValueDict) else []
            if start or end or days:
                weekdays = sorted({int(d) for d in days if d in "0123456" and len(d) == 1})
                rows.append({"weekdays": weekdays, "start": start[:5], "end": end[:5]})
        return rows

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        context["widget"]["rows"] = [
            {
                "number": n,
                "start": str(row.get("start", ""))[:5],
                "end": str(row.get("end", ""))[:5],
                "days": [(d, label, d in (row.get("weekdays") or [])) for d, label in enumerate(WEEKDAYS)],
            }
            for n, row in enumerate([*rows, {}])
        ]
        return context

    def id_for_label(self, id_: str) -> str:
        return ""


class HoursField(forms.Field):
    """Cleans to the layer's `restrictions`; each error names the row and what to do."""

    widget = HoursWidget

    def prepare_value(self, value: Any) -> Any:
        return value

    def clean(self, value: Any) -> list[dict[str, Any]]:
        wrong = []
        for number, row in enumerate(value or [], 1):
            if not row["weekdays"]:
                wrong.append(f"Row {number}: tick at least one day, or empty its times.")
            wrong += [
                f"Row {number}: give a time {word}, such as {such}."
                for key, word, such in (
                    ("start", "from which it is on", "09:00"),
                    ("end", "until which it is on", "17:00"),
                )
                if not row[key]
            ]
        if wrong:
            raise ValidationError([ValidationError(w, code="incomplete") for w in wrong])
        try:
            restrictions_from_json(value or [])
        except ValueError as error:
            raise ValidationError(f"These hours can't be read: {error}.", code="invalid") from error
        return list(value or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != (data or [])


class ZoneSelect(Options):
    """All time zones by area. An unusual one that is stored already stays choosable. `blank` is what none means."""

    def __init__(self, *, blank: str = "The browser's zone", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.blank = blank

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        areas: dict[str, list[tuple[str, str]]] = {}
        for zone in zone_names():
            area, _, place = zone.partition("/")
            areas.setdefault(area if place else "", []).append((zone, zone.replace("_", " ")))
        plain = areas.pop("", [])
        known = set(zone_names())
        extra = [(v, v) for v in self.format_value(value) if v and v not in known]
        blank = [] if self.is_required else [("", self.blank)]
        self.choices = [*blank, *extra, *plain, *sorted(areas.items())]
        return super().render(name, value, attrs, renderer)

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs.pop("maxlength", None)
        return attrs


class CountrySelect(Options):
    """Countries and parts of them whose public holidays are known."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        self.choices = [("", "None chosen"), *countries()]
        return super().render(name, value, attrs, renderer)

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs.pop("maxlength", None)
        return attrs


class KnownAutocomplete(AutocompleteSelect):
    """An autocomplete that is told the names of what is chosen already, instead of asking once a row."""

    known: dict[str, str] = {}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        chosen = [str(v) for v in value if v]
        if not all(v in self.known for v in chosen):
            return super().optgroups(name, value, attr)
        blank = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options = [self.create_option(name, v, self.known[v], True, n) for n, v in enumerate(chosen)]
        return [(None, [*blank, *options], 0)]


class KnownInline(admin.TabularInline[Any, Any]):
    """Rows with an autocomplete on `known_field`, whose chosen objects come in one query.

    The names come from the inline's own queryset, which selects the related rows."""

    known_field = ""

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == self.known_field:
            kwargs["widget"] = KnownAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        field = formset.form.base_fields.get(self.known_field)
        if field and obj is not None:
            rows = self.get_queryset(request).filter(**{formset.fk.name: obj})  # type: ignore[attr-defined]
            related = [getattr(row, self.known_field) for row in rows]
            field.widget.widget.known = {str(each.pk): str(each) for each in related if each}
        return formset


def flat(choices: Iterable[tuple[Any, Any]]) -> Choices:
    """Grouped choices without their groups and without the empty one."""
    found: Choices = []
    for value, label in choices:
        found += label if isinstance(label, list) else [(value, label)]
    return [(v, text) for v, text in found if v]
