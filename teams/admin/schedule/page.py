"""A schedule's page in the administration: the form, what would come of it, and what was."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from teams import actions, oncall, versions
from teams.admin import proposals
from teams.admin.by_table import crud
from teams.admin.live import LiveAdmin, RowRefused
from teams.admin.organization import ZonedAdmin
from teams.admin.schedule.drafting import Draft, Outcome, carry_out, drafted, mistakes, outcome
from teams.admin.schedule.forms import AT, NEXT, ScheduleForm
from teams.admin.schedule.inlines import LayerInline, OverrideInline, refused
from teams.calendar import Calendar, monday
from teams.foreseen import reading as foreseen
from teams.models import CalendarSource, EscalationPolicy, Layer, Organization, Schedule
from teams.zones import zone_names

WEEKS = 4


@admin.register(Schedule)
class ScheduleAdmin(LiveAdmin, ZonedAdmin):
    verbs = crud("roster.change", "roster.change")
    within = "team"
    form = ScheduleForm
    list_display = ("name", "team", "time_zone", "layer_count", "now", "ahead", "console")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter), "time_zone")
    list_select_related = ("team",)
    list_per_page = 50
    search_fields = ("name", "team__name", "layers__people__username", "layers__people__first_name")
    search_help_text = "Schedule, team or a person in the rotation"
    ordering = ("team__name", "name")
    readonly_fields = ("imported",)
    inlines = (LayerInline, OverrideInline)
    change_form_template = "admin/teams/schedule/change_form.html"
    delete_confirmation_template = "admin/teams/schedule/delete_confirmation.html"
    preview_template = "teams/_preview.html"
    preview_heading = f"The next {WEEKS} weeks, as they come out of this form"

    class Media:
        js = ("teams/roster.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        about = "Who is on call when. Below: one layer is one rotation of people. The picture at the end shows what "
        about += "comes of it while you edit. Every time on this page is on the schedule's own clock."
        fields = ("team", "name", "time_zone", "country", *(("imported",) if obj else ()), "pattern")
        first = (None, {"fields": fields, "description": about})
        if obj is None:
            return (first,)
        return first, ("When it counts", {"fields": ("effect", "effective_at"), "classes": ("wb-after",)})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.refused = refused(request)
        if obj is not None and "effect" in form.base_fields:
            now = timezone.now()
            first, running = actions.earliest(obj, None, now)
            form.base_fields["effect"].choices = [(NEXT, _next(obj, first, running, now)), (AT, "At this time:")]
            pending = Layer.objects.newest().filter(schedule=obj, starts_at__gt=first)
            form.pending_at = pending.aggregate(last=Max("starts_at"))["last"]
        return form

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
        for rota, watch in oncall.on_call(found.result_list, now):
            here = watch.present if watch else ()
            rota.schedule.on_call_now = ", ".join(u.name for u in here) or "nobody"  # type: ignore[attr-defined]
        counts = foreseen.counts_by_schedule(found.result_list)
        for schedule in found.result_list:
            schedule.warnings_ahead = counts.get(schedule.pk, 0)
        return found

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.withdraw_view)
        mine = path("<int:object_id>/layers/<int:layer_id>/withdraw/", view, name="teams_schedule_withdraw")
        return [mine, *super().get_urls()]

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        def view() -> Any:
            return super(ScheduleAdmin, self).changeform_view(request, object_id, *args, **kwargs)

        def again() -> Any:
            try:
                return view()
            except RowRefused as refusal:
                # Nothing of it is saved; the page comes back as it was typed, with the refusal at its field.
                refused(request)[refusal.prefix] = refusal.error
                return view()

        return self._on_its_clock(request, object_id, again)

    def preview_view(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        answer: HttpResponse = self._on_its_clock(
            request, str(object_id or ""), lambda: super(ScheduleAdmin, self).preview_view(request, object_id)
        )
        return answer

    def withdraw_view(self, request: HttpRequest, object_id: int, layer_id: int) -> HttpResponse:
        """Take back what is to become of a layer."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        schedule = self.get_object(request, str(object_id))
        if schedule is None or not self.has_change_permission(request, schedule):
            raise PermissionDenied
        layer = get_object_or_404(Layer.objects.newest(), pk=layer_id, schedule=schedule)
        try:
            actions.withdraw_change(layer, by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.WARNING)
        else:
            self.message_user(request, f"The pending change of {layer} is taken back.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:teams_schedule_change", args=[schedule.pk]))

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

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """The schedule's zone goes with its layers; see `save_related`."""
        by: Any = request.user
        try:
            if change:
                actions.change_schedule(obj, by=by, team=obj.team, name=obj.name)
                return
            made = actions.make_schedule(obj.team, by=by, name=obj.name, time_zone=obj.time_zone, country=obj.country)
        except ValidationError as error:
            raise RowRefused("", error) from error
        obj.pk, obj._state = made.pk, made._state

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """All of the page in one: its layers, the zone with them, and who stands in."""
        carry_out(drafted(form, formsets), form.instance, request.user)  # type: ignore[arg-type]
        for formset in formsets:
            rows = [row for row in formset.forms if row not in formset.deleted_forms and row.has_changed()]
            formset.new_objects = [row.instance for row in rows if row.instance.pk is None]
            formset.changed_objects = [(row.instance, row.changed_data) for row in rows if row.instance.pk is not None]
            formset.deleted_objects = [row.instance for row in formset.deleted_forms if row.instance.pk is not None]

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        actions.remove_schedule(obj, by=request.user)  # type: ignore[arg-type]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        key = int(object_id) if object_id.isdecimal() else 0
        policies = EscalationPolicy.objects.filter(steps__targets__schedule=key).select_related("team").distinct()
        answer: HttpResponse = super().delete_view(request, object_id, {**(extra_context or {}), "policies": policies})
        return answer

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None:
            context |= {"history": _history(obj), "ahead": list(foreseen.open_warnings().filter(schedule=obj))}
        return super().render_change_form(request, context, *args, **kwargs)

    def preview_context(self, request: HttpRequest, form: Any, formsets: list[Any]) -> dict[str, Any]:
        schedule = _as_saved(form.instance)
        if schedule is None:
            return {"needs_team": True}
        draft = Draft()
        if form.is_bound:
            problems, draft = mistakes(form, formsets), drafted(form, formsets)
            found = outcome(schedule, draft, request.user)  # type: ignore[arg-type]
            problems += found.problems
        else:
            found, problems = Outcome(oncall.load([schedule])[0] if schedule.pk else None), []
        if found.rota is None or not (found.rota.layers or found.rota.overrides):
            return {"problems": problems, "says": found.says}
        zone, now = found.rota.schedule.time_zone, timezone.now()
        first = monday(now.astimezone(ZoneInfo(zone)).date())
        return {
            "calendar": Calendar(found.rota, first, WEEKS, zone, now),
            "problems": problems,
            "says": found.says,
            "offers": proposals.offers(found.rota, _turns(draft), now),
            "empty_layers": [found.rota.names[each.key].name for each in found.rota.layers if not _people(each)],
        }

    @admin.display(description="layers", ordering="layers_count")
    def layer_count(self, schedule: Schedule) -> int:
        return int(schedule.layers_count)  # type: ignore[attr-defined]

    @admin.display(description="on call now")
    def now(self, schedule: Schedule) -> str:
        return getattr(schedule, "on_call_now", "")

    @admin.display(description="imported calendar")
    def imported(self, schedule: Schedule) -> str:
        """Where shifts come from elsewhere, and what is wrong with it; set on its page in the console."""
        page = reverse("teams:schedule_calendar", args=[schedule.pk])
        source = CalendarSource.objects.filter(schedule=schedule).first()
        if source is None:
            return format_html('None. <a href="{}">Use a calendar</a>', page)
        read = f"last read {timezone.localtime(source.read_at):%Y-%m-%d %H:%M}" if source.read_at else "never read yet"
        wrong = f"It can't be read: {source.error}" if source.error else ""
        return format_html('{} ({}). {} <a href="{}">See it</a>', source.place, read, wrong, page)

    @admin.display(description="ahead")
    def ahead(self, schedule: Schedule) -> str:
        count = getattr(schedule, "warnings_ahead", 0)
        if not count:
            return "nothing"
        url = f"{reverse('admin:teams_schedule_change', args=[schedule.pk])}#ahead"
        return format_html('<a href="{}">{} warning{}</a>', url, count, "" if count == 1 else "s")

    @admin.display(description="calendar")
    def console(self, schedule: Schedule) -> str:
        return format_html('<a href="{}">See the calendar</a>', reverse("teams:schedule", args=[schedule.pk]))


def _next(schedule: Schedule, first: datetime, running: oncall.Watch | None, now: datetime) -> str:
    """When a change counts that waits for nothing but the running shift, said with whose it is."""
    if running is None:
        return "At once: nobody is on call now"
    names = " and ".join(user.name for user in running.users)
    return f"When the running shift ends: {versions.said_moment(first, schedule.time_zone, now)}, {names}"


def _as_saved(schedule: Schedule) -> Schedule | None:
    """The schedule to try a draft on: as it is saved, for the form has changed the one in memory. A new one has a name
    of its own. None where the team is still to be chosen."""
    if not schedule._state.adding:
        return Schedule.objects.select_related("team").get(pk=schedule.pk)
    if not schedule.team_id:
        return None
    zone = schedule.time_zone if schedule.time_zone in zone_names() else "UTC"
    return Schedule(team=schedule.team, name=uuid.uuid4().hex, time_zone=zone)


def _turns(draft: Draft) -> list[tuple[str, Layer]]:
    """The layers that a draft makes or changes, with the prefix of their form."""
    return [
        (prefix, change.layer or Layer(position=change.values["position"]))
        for prefix, change in draft.layers
        if not change.gone
    ]


def _people(layer: Any) -> bool:
    return any(getattr(layer, "crews", ())) or bool(getattr(layer, "turns", ()))


def _history(schedule: Schedule) -> list[dict[str, Any]]:
    """Each layer with its versions in words, and whether something of it can be taken back."""
    now = timezone.now()

    def said(moment: Any) -> str:
        return versions.said_moment(moment, schedule.time_zone, now)

    return [
        {
            "name": each.name,
            "withdraw": each.newest if each.pending(now) else None,
            "versions": [
                {
                    "since": said(version.start) if version.start else "",
                    "until": said(version.end) if version.end else "",
                    "text": version.text,
                    "state": version.state(now),
                }
                for version in reversed(each.versions)
            ],
        }
        for each in versions.histories(schedule)
    ]
