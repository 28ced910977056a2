"""Schedules with their layers, people in order and overrides on one page, and the calendar that results."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from teams import actions, oncall
from teams.admin.by_table import ByTable, crud
from teams.admin.live import LiveAdmin, NumberedForm, NumberedFormSet, complaints, filled, plain
from teams.admin.organization import ZonedAdmin
from teams.admin.widgets import HoursField, RowsField, flat
from teams.calendar import Calendar, monday
from teams.forms import ClockField, people_choices
from teams.models import CalendarSource, Layer, LayerMember, Organization, Override, Schedule, User
from teams.zones import zone_names

WEEKS = 4


class LayerForm(NumberedForm):
    rota = RowsField(
        noun="person",
        label="People, in order",
        required=False,
        help_text="They take turns from the first to the last, then from the first again. Empty rows don't count.",
    )
    restrictions = HoursField(
        label="Only at these hours",
        required=False,
        help_text="Leave empty for around the clock. An end at or before the start is on the next day: 20:00 to 08:00 "
        "is a night, 00:00 to 00:00 a whole day.",
    )
    ends_at = ClockField(
        label="Ends", required=False, help_text="Empty: runs on. On the schedule's clock, as everything on this page."
    )

    class Meta:
        model = Layer
        fields = ("name", "position", "every", "kind", "anchor_date", "handoff_time", "restrictions", "ends_at")
        labels = {
            "every": "Hand over every",
            "kind": "Period",
            "anchor_date": "First hand-over",
            "handoff_time": "At",
        }
        help_texts = {
            "every": "",
            "anchor_date": "On this day the first person starts. Weekly rotations always hand over on its weekday.",
            "handoff_time": "Local time of every hand-over.",
        }
        widgets = {
            "anchor_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "handoff_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "every": forms.NumberInput(attrs={"class": "wb-short", "min": 1}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].label = "Layer number"
        self.fields["position"].help_text = "Where two layers are on, the higher number wins. Empty: on top."
        if self.instance.pk is None:
            today = timezone.localdate()
            self.initial.setdefault("anchor_date", monday(today))
            self.initial.setdefault("handoff_time", time(9))
        else:
            members = sorted(self.instance.rota.all(), key=lambda m: (m.position, m.pk))
            self.initial["rota"] = [m.user_id for m in members]


class LayerInline(ByTable, admin.StackedInline[Layer, Schedule]):
    verbs = crud("roster.change", "roster.change")
    within = "schedule__team"
    model = Layer
    form = LayerForm
    formset = NumberedFormSet
    verbose_name_plural = "rotation layers"
    fieldsets = (
        (None, {"fields": (("name", "position"), "rota", ("every", "kind"), ("anchor_date", "handoff_time"))}),
        ("Limited hours and end", {"fields": ("restrictions", "ends_at"), "classes": ("collapse",)}),
    )

    def get_extra(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.pk and obj.layers.exists() else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Layer]:
        return (
            super()
            .get_queryset(request)
            .filter(replaced_by=None)
            .exclude(ends_at__lte=timezone.now())
            .prefetch_related(Prefetch("rota", LayerMember.objects.select_related("user").order_by("position")))
        )

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        here = (
            set(LayerMember.objects.in_effect().filter(layer__schedule=obj).values_list("user_id", flat=True))
            if obj
            else set()
        )
        choices = people_choices(_team_of(request, obj), also=here)
        field = formset.form.base_fields["rota"]
        assert isinstance(field, RowsField)
        field.offer(choices, {str(u.pk): u for u in User.objects.filter(pk__in=[v for v, _ in flat(choices)])})
        return formset


class OverrideForm(forms.ModelForm[Override]):
    starts_at = ClockField(label="From")
    ends_at = ClockField(label="Until")

    class Meta:
        model = Override
        fields = ("user", "starts_at", "ends_at", "reason")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        start, end = found.get("starts_at"), found.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", "It ends before it starts. Give an end after the start.")
        return found


class OverrideInline(ByTable, admin.TabularInline[Override, Schedule]):
    verbs = crud("roster.change", "roster.change")
    within = "schedule__team"
    model = Override
    form = OverrideForm
    extra = 0
    verbose_name_plural = "overrides: somebody stands in, for everything above"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Override]:
        """Those of the last weeks and to come; older ones are history and stay as they were."""
        since = timezone.now() - timedelta(days=14)
        return super().get_queryset(request).filter(ends_at__gt=since).select_related("user", "schedule__team")

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        field = formset.form.base_fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        here = set(Override.objects.filter(schedule=obj).values_list("user_id", flat=True)) if obj else set()
        field.choices = people_choices(_team_of(request, obj), also=here)
        plain(field)
        return formset


@admin.register(Schedule)
class ScheduleAdmin(LiveAdmin, ZonedAdmin):
    verbs = crud("roster.change", "roster.change")
    within = "team"
    list_display = ("name", "team", "time_zone", "layer_count", "now", "console")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter), "time_zone")
    list_select_related = ("team",)
    list_per_page = 50
    search_fields = ("name", "team__name", "layers__people__username", "layers__people__first_name")
    search_help_text = "Schedule, team or a person in the rotation"
    ordering = ("team__name", "name")
    readonly_fields = ("imported",)
    inlines = (LayerInline, OverrideInline)
    preview_template = "teams/_preview.html"
    preview_heading = f"The next {WEEKS} weeks, as they come out of this form"
    fieldsets = (
        (
            None,
            {
                "fields": ("team", "name", "time_zone", "imported"),
                "description": "Who is on call when. Below: one layer is one rotation of people. The picture at the "
                "end shows what comes of it while you edit. Every time on this page is on the schedule's own clock.",
            },
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"name": "Primary", "time_zone": Organization.current().time_zone} | super().get_changeform_initial_data(
            request
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        found: QuerySet[Schedule] = super().get_queryset(request)
        return found.annotate(
            layers_count=Count("layers", filter=Q(layers__replaced_by=None, layers__known_until=None), distinct=True)
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's rotas are loaded at once, for the column that says who is on call."""
        found = super().get_changelist_instance(request)
        now = timezone.now()
        for rota in oncall.load(found.result_list, since=now):
            watch = rota.who(now)
            here = watch.present if watch else ()
            rota.schedule.on_call_now = ", ".join(u.name for u in here) or "nobody"  # type: ignore[attr-defined]
        return found

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        return self._on_its_clock(
            request, object_id, lambda: super(ScheduleAdmin, self).changeform_view(request, object_id, *args, **kwargs)
        )

    def preview_view(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        answer: HttpResponse = self._on_its_clock(
            request, str(object_id or ""), lambda: super(ScheduleAdmin, self).preview_view(request, object_id)
        )
        return answer

    def _on_its_clock(self, request: HttpRequest, object_id: str | None, view: Callable[[], Any]) -> Any:
        """Read and show every time in the schedule's zone: the one that was just chosen, else the saved one."""
        zone = request.POST.get("time_zone", "")
        if zone not in zone_names():
            saved = Schedule.objects.filter(pk=object_id if object_id and object_id.isdecimal() else 0)
            zone = saved.values_list("time_zone", flat=True).first() or Organization.current().time_zone
        with timezone.override(zone):
            response = view()
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            return response

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is Layer:
            self._change_layers(form.instance, formset, request.user)
            return
        super().save_formset(request, form, formset, change)
        for each in filled(formset):
            if formset.model is Override and each.instance.created_by_id is None:
                Override.objects.filter(pk=each.instance.pk).update(created_by=request.user)

    def _change_layers(self, schedule: Schedule, formset: Any, by: Any) -> None:
        changes = [
            actions.LayerChange(
                form.instance if form.instance.pk else None,
                {name: form.cleaned_data[name] for name in form.Meta.fields if name != "position"}
                | {"position": form.instance.position},
                [[person] for person in form.cleaned_data["rota"]],
            )
            for form in filled(formset)
        ]
        changes += [actions.LayerChange(form.instance, gone=True) for form in formset.deleted_forms if form.instance.pk]
        actions.change_roster(schedule, changes, by=by)
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

    def preview_context(self, request: HttpRequest, form: Any, formsets: list[Any]) -> dict[str, Any]:
        schedule, wrong = form.instance, []
        if form.is_bound:
            wrong += [line for name, line in _by_field(form) if name == "time_zone"]
        layers: list[Layer] = []
        overrides: list[Override] = []
        for formset in formsets:
            found, errors = _rows(formset)
            wrong += errors
            (layers if formset.model is Layer else overrides).extend(found)
        layers.sort(key=lambda layer: layer.position)
        now = timezone.now()
        calendar = None
        if not schedule.time_zone or schedule.time_zone in zone_names():
            schedule.time_zone = schedule.time_zone or "UTC"
            first = monday(now.astimezone(ZoneInfo(schedule.time_zone)).date())
            if layers or overrides:
                calendar = Calendar(oncall.rota_of(schedule, layers, overrides), first, WEEKS, schedule.time_zone, now)
        empty = [layer.name for layer in layers if not layer.rota_members]  # type: ignore[attr-defined]
        return {"calendar": calendar, "problems": wrong, "empty_layers": empty, "schedule": schedule}

    @admin.display(description="layers", ordering="layers_count")
    def layer_count(self, schedule: Schedule) -> int:
        return int(schedule.layers_count)  # type: ignore[attr-defined]

    @admin.display(description="on call now")
    def now(self, schedule: Schedule) -> str:
        return getattr(schedule, "on_call_now", "")

    @admin.display(description="imported calendar")
    def imported(self, schedule: Schedule) -> str:
        """Where shifts come from elsewhere, and what is wrong with it; set on its page in the console."""
        if schedule._state.adding:
            return "Save the schedule first."
        page = reverse("teams:schedule_calendar", args=[schedule.pk])
        source = CalendarSource.objects.filter(schedule=schedule).first()
        if source is None:
            return format_html('None. <a href="{}">Use a calendar</a>', page)
        read = f"last read {timezone.localtime(source.read_at):%Y-%m-%d %H:%M}" if source.read_at else "never read yet"
        wrong = f"It can't be read: {source.error}" if source.error else ""
        return format_html('{} ({}). {} <a href="{}">See it</a>', source.place, read, wrong, page)

    @admin.display(description="calendar")
    def console(self, schedule: Schedule) -> str:
        return format_html('<a href="{}">See the calendar</a>', reverse("teams:schedule", args=[schedule.pk]))


def _team_of(request: HttpRequest, obj: Schedule | None) -> int | None:
    given = request.POST.get("team") or request.GET.get("team") or ""
    if given.isdecimal():
        return int(given)
    return obj.team_id if obj else None


def _by_field(form: Any) -> list[tuple[str, str]]:
    return [
        (name, f"{form.fields[name].label}: {e}")
        for name, errors in form.errors.items()
        if name in form.fields
        for e in errors
    ]


def _rows(formset: Any) -> tuple[list[Any], list[str]]:
    """The rows of a formset in memory, ready for `oncall.rota_of`, and what is wrong with the others."""
    rows, wrong = [], []
    # Unsaved rows need keys of their own; they are never saved from here.
    for number, form in enumerate(formset.forms, 1):
        row = copy(form.instance)
        if formset.is_bound:
            if formset._should_delete_form(form):
                continue
            if form.empty_permitted and not form.has_changed():
                continue
            what = f"{formset.model._meta.verbose_name.capitalize()} {number}"
            if form.errors:
                wrong += complaints(form, what)
                continue
            people = form.cleaned_data.get("rota", [])
        elif row.pk is None:
            continue
        else:
            people = [m.user for m in row.rota.all()] if formset.model is Layer else []
        if formset.model is Layer:
            row.rota_members = [LayerMember(user=u, position=n) for n, u in enumerate(people)]
            row.pk = row.pk or -number
        rows.append(row)
    return rows, wrong
