"""Tasks of an incident: given, accepted, ended."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import tasks
from incidents.forms import ActForm
from incidents.forms.together import TaskEndForm, TaskFilter, TaskForm
from incidents.models import IncidentTask
from incidents.problems import Blocked
from incidents.views import paging
from incidents.views.acting import Act, done, refused, run
from incidents.views.common import Request, console, find

PER_PAGE = 30
ASKS = {
    "accept": ("Accept", "It is yours from now on.", ""),
    "done": ("Done", "Whoever gave it is told.", "What came of it?"),
    "drop": ("Drop", "It stays on the record, with your reason.", "Why not?"),
    "reassign": ("Give it to somebody else", "A new owner is told, and has to say yes.", ""),
}


@require_safe
@console("incident.view")
def task_list(request: Request) -> HttpResponse:
    """Tasks that wait for this person, or what is asked for, of incidents that they may see."""
    form = TaskFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    rows = IncidentTask.objects.visible_to(request.user).select_related("incident__severity", "owner")
    if asked.get("whose") != "all":
        rows = rows.filter(owner=None if asked.get("whose") else request.user)
    if asked.get("state") != "all":
        rows = rows.exclude(state__in=IncidentTask.UNFINISHED) if asked.get("state") else rows.unfinished()
    if words := asked.get("q"):
        rows = rows.filter(title__icontains=words)
    context = {
        "filter_form": form,
        "page": paging.shown(rows.order_by("-pk"), PER_PAGE, request.GET),
        "narrowed": any(asked.values()),
    }
    return render(request, "incidents/tasks.html", context)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def new(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        minutes = given["due_in"]
        due_at = timezone.now() + timedelta(minutes=minutes) if minutes else None
        tasks.add(pk, given["title"], by=request.user, owner=given["owner"], due_at=due_at)
        return f"{given['owner']} is told." if given["owner"] not in (None, request.user) else "The task stands."

    act = Act("Give a task", "Give it", f"{incident.get_absolute_url()}#tasks", "One person, one thing, one time.")
    return run(request, incident, act, partial(TaskForm, incident), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def move(request: Request, pk: int, task: int, verb: str) -> HttpResponse:
    """Accept, end or reassign a task. A POST with `now` asks for nothing more."""
    incident = find(request, pk)
    one = get_object_or_404(incident.tasks.select_related("owner"), pk=task)
    if verb not in ASKS:
        raise Http404
    label, explains, note = ASKS[verb]
    act = Act(f"{label}: {one.title}", label, f"{incident.get_absolute_url()}#tasks", explains)

    def call(given: dict[str, Any], _override: bool) -> str:
        getattr(tasks, verb)(one.pk, by=request.user, **given)
        return f"{label}: {one.title}"

    if "now" in request.POST and verb in ("accept", "done"):
        try:
            said = call({}, False)
        except Blocked as blocked:
            return refused(request, incident, blocked, act.back)
        return done(request, incident, said, act.back, focus=False)
    return run(request, incident, act, partial(_form, one, verb, note), call)


def _form(task: IncidentTask, verb: str, note: str, data: Any) -> ActForm:
    if verb == "reassign":
        return TaskForm(task.incident, data, task=task)
    return TaskEndForm(task, note, data, needed=verb == "drop") if note else ActForm(data)
