"""Drills of incidents: their list, the form that prepares one, its score, and what whoever runs it presses."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import exercises, staffing
from incidents.actions.exercises import scoring
from incidents.forms import ReasonForm
from incidents.forms.exercises import DebriefForm, ExerciseFilter, ExerciseForm
from incidents.models import Exercise
from incidents.presenters import exercises as shown
from incidents.problems import Blocked
from incidents.views.acting import Act, done, refused, run
from incidents.views.common import Request, console
from teams import moments, permits
from teams.words import storable

PER_PAGE = 25
TONES = {"ready": "neutral", "running": "violet", "paused": "caution", "finished": "ok", "stopped": "neutral"}
SAID = {"start": "The drill runs.", "pause": "The clock stands.", "forward": "On to what is next.", "speed": ""}


@require_safe
@console("incident.view")
def exercise_list(request: Request) -> HttpResponse:
    form = ExerciseFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    found = Exercise.objects.visible_to(request.user).select_related("incident__team", "past", "facilitator")
    if words := asked.get("q", "").strip():
        found = found.filter(name__icontains=words)
    if asked.get("team"):
        found = found.filter(incident__team=asked["team"])
    for name in ("state", "scenario"):
        if asked.get(name):
            found = found.filter(**{name: asked[name]})
    page = Paginator[Any](found.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.tone = TONES[row.state]
    context = {
        "filter_form": form,
        "page": page,
        "narrowed": any(asked.get(name) for name in ("q", "team", "state", "scenario")),
        "may_run": permits.may_somewhere(request.user, "exercise.run"),
    }
    return render(request, "incidents/exercises/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console("exercise.run")
def exercise_new(request: Request) -> HttpResponse:
    """`scenario`, `past` and `team` of the address fill it in; whoever is on call is suggested."""
    form = ExerciseForm(request.user, request.POST if request.method == "POST" else None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = _prepare(request, form.cleaned_data)
        except Blocked as blocked:
            for left in form.take(blocked.blockers):
                form.add_error(None, left.message)
        else:
            return redirect(made.incident)
    context = {"form": form, "shipped": exercises.shipped().values()}
    return render(request, "incidents/exercises/new.html", context, status=422 if form.errors else 200)


def _prepare(request: Request, given: dict[str, Any]) -> Exercise:
    common = {"by": request.user, "participants": given["participants"], "speed": given["speed"]}
    if given["past"] is not None:
        return exercises.of_incident(given["past"], team=given["team"], **common)
    return exercises.of_scenario(given["scenario"], team=given["team"], service=given["service"], **common)


def _initial(request: Request) -> dict[str, Any]:
    mine = permits.teams_where(request.user, "exercise.run")
    slug = storable(request.GET.get("team", ""))
    team = mine.filter(slug=slug).first() if slug else mine.filter(memberships__user=request.user).first()
    initial: dict[str, Any] = {name: request.GET[name] for name in ("scenario", "past") if request.GET.get(name)}
    if team is not None:
        # Whoever would be paged is only a suggestion: nobody is called for a drill.
        on_call = staffing.first_of(team.escalation_policy, moments.now())
        initial |= {"team": team.pk, "participants": [user.pk for user in on_call]}
    return initial


def find(request: Request, pk: int, verb: str = "") -> Exercise:
    rows = Exercise.objects.visible_to(request.user).select_related("incident__team", "past", "facilitator")
    found: Exercise = get_object_or_404(rows, pk=pk)
    permits.require(request.user, verb or request.verb, found.incident)
    return found


@require_safe
@console("incident.view")
def exercise(request: Request, pk: int) -> HttpResponse:
    """The score, or while it goes on how far it has come, and for who runs it the script."""
    found = find(request, pk)
    score = found.score or scoring.score(found)
    before = shown.earlier(found, request.user)
    may_run = permits.may(request.user, "exercise.run", found.incident)
    script = found.read_script()
    context = {
        "exercise": found,
        "incident": found.incident,
        "script": script,
        "score": score,
        "tone": TONES[found.state],
        "steps": shown.steps(found, score, before),
        "earlier": before,
        "picture": shown.picture(found) if found.started_at else None,
        "lasted": round(found.at(found.ended_at)) if found.ended_at else None,
        "may_run": may_run,
        "may_write": permits.may(request.user, "incident.respond", found.incident),
        "tells": found.is_over or may_run,
        "really": exercises.what_happened(found, request.user) if found.is_over else [],
        "may_see_past": found.past is not None and permits.may(request.user, "incident.view", found.past),
    }
    return render(request, "incidents/exercises/exercise.html", context)


@require_http_methods(["GET", "POST"])
@console("incident.view", POST="incident.respond")
def exercise_do(request: Request, pk: int, verb: str) -> HttpResponse:
    """Start, pause, put forward, change the speed or stop it; or take a hint, which is for whoever takes part."""
    if verb == "stop":
        return _stop(request, pk)
    if verb not in (*SAID, "hint"):
        raise Http404
    if request.method != "POST":
        return redirect(find(request, pk).incident)
    found = find(request, pk, "incident.respond" if verb == "hint" else "exercise.run")
    back = found.incident.get_absolute_url()
    try:
        said = _do(request, found, verb)
    except Blocked as blocked:
        return refused(request, found.incident, blocked, back)
    return done(request, found.incident, said, back, focus=False)


def _do(request: Request, found: Exercise, verb: str) -> str:
    if verb == "hint":
        return f"Hint: {exercises.hint(found.pk, by=request.user).text}"
    if verb == "speed":
        given = request.POST.get("speed", "")
        made = exercises.set_speed(found.pk, int(given) if given.isdecimal() and len(given) < 3 else 0, by=request.user)
        return f"{made.get_speed_display()}."
    acts = {"start": exercises.start, "pause": exercises.pause, "forward": exercises.forward}
    acts[verb](found.pk, by=request.user)
    return SAID[verb]


def _stop(request: Request, pk: int) -> HttpResponse:
    found = find(request, pk, "exercise.run")

    def call(given: dict[str, Any], _override: bool) -> str:
        exercises.stop(pk, by=request.user, **given)
        return "The drill is over. Its score is ready."

    act = Act(
        "End the drill",
        "End it",
        found.get_absolute_url(),
        "Nothing more happens, what is still open of it is cancelled, and the score is kept.",
        danger=True,
    )
    return run(request, found.incident, act, lambda data: ReasonForm("Why?", data), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def exercise_debrief(request: Request, pk: int) -> HttpResponse:
    found = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        exercises.set_debrief(pk, given["debrief"], by=request.user)
        return "Kept."

    act = Act("Debrief", "Keep it", f"{found.get_absolute_url()}#debrief", "For everybody who took part to read.")
    return run(request, None, act, lambda data: DebriefForm(found, data), call)
