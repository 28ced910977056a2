"""The mitigation board and the changes beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.actions import attempts, marks, rollback, starting
from incidents.actions import mitigation as actions
from incidents.forms import MitigationForm, ProposeForm, RollBackForm
from incidents.forms.work import ExtendForm
from incidents.models import Change, Mitigation, MitigationCard
from incidents.presenters.board import MOVES
from incidents.problems import Blocked, refuse
from incidents.suggesting import reached
from incidents.views.acting import Act, done, overtaken, refused, run
from incidents.views.common import Request, console, find

EXPLAINS = {
    "approve": "Somebody may carry it out now.",
    "execute": "It starts now, and what it does is watched.",
    "verify": "It was carried out. Watch for the signal that was named.",
    "worked": "Its success signal was seen.",
    "partly": "Some of the trouble is gone, some is left.",
    "no_effect": "Nothing changed. Try something else.",
    "harmful": "It made things worse. Undo it next.",
    "undo": "What it changed was taken back.",
    "drop": "It will not be done.",
}


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def propose(request: Request, pk: int) -> HttpResponse:
    """Propose a mitigation, and start it at once where somebody says so. `?card=`, `?change=` and `?kind=` fill in the
    form."""
    incident = find(request, pk)
    change = _named(request, Change.objects.around(incident, reached(incident)), "change")
    card = _named(request, MitigationCard.objects.playable(), "card")
    kind = request.GET.get("kind", "")

    def call(given: dict[str, Any], override: bool) -> str:
        minutes, reason = given.pop("deadline_in"), given.pop("reason")
        given["deadline_at"] = timezone.now() + timedelta(minutes=minutes) if minutes else None
        if "start" in request.POST or override:
            made = starting.start(pk, by=request.user, override=override, reason=reason, **given)
            return f"Carried out now: {made.title}."
        return f"Proposed: {actions.propose(pk, by=request.user, **given).title}."

    act = Act(
        "Propose a mitigation",
        "Propose it",
        f"{incident.get_absolute_url()}#mitigations",
        "What would restore service soonest? The cause can wait.",
        folded=("expected_effect", "rollback_plan", "deadline_in", "reason"),
        anyway="reason",
        also=("start", "Start it now") if incident.phase in attempts.RUNS else ("", ""),
    )

    def make(data: Any) -> ProposeForm:
        return ProposeForm(incident, change, data, card=card, kind=kind if kind in Mitigation.Kind.values else "")

    return run(request, incident, act, make, call)


def _named(request: Request, rows: QuerySet[Any], name: str) -> Any:
    """The row that the address names, if it is among these."""
    wanted = request.GET.get(name, "")
    return rows.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 19 else None


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def move(request: Request, pk: int, mitigation: int, verb: str) -> HttpResponse:
    """Approve, carry out, watch, judge, undo or drop a mitigation. A POST with `now` asks for nothing more."""
    incident = find(request, pk)
    one = get_object_or_404(Mitigation.objects.select_related("carried_by"), pk=mitigation, incident=incident)
    if verb not in MOVES:
        raise Http404
    one.incident = incident

    def call(given: dict[str, Any], override: bool) -> str:
        actions.perform(mitigation, verb, by=request.user, override=override, **given)
        return f"{MOVES[verb][0]}: {one.title}"

    act = Act(
        f"{MOVES[verb][0]}: {one.title}",
        MOVES[verb][0],
        f"{incident.get_absolute_url()}#mitigations",
        EXPLAINS[verb],
        folded=("occurred_at", "reason"),
        anyway="reason" if verb == "execute" else "",
        context={"mitigation": one},
    )
    if "now" in request.POST and verb in Mitigation.OUTCOMES:
        try:
            said = call({}, False)
        except Blocked as blocked:
            return refused(request, incident, blocked, act.back)
        return done(request, incident, said, act.back, focus=False)
    if request.method == "GET" and (gone := actions.refusal(one, verb)):
        return overtaken(request, incident, act, gone)
    return run(request, incident, act, lambda data: MitigationForm(one, verb, data), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def roll_back(request: Request, pk: int, change: int) -> HttpResponse:
    """Take a change back: by the webhook of its service, by hand, or only as a proposal."""
    incident = find(request, pk)
    near = Change.objects.around(incident, reached(incident)).select_related("service__rollback_webhook")
    one = get_object_or_404(near, pk=change)
    hook = rollback.hook_of(one, incident)

    def call(given: dict[str, Any], override: bool) -> str:
        minutes, how = given.pop("deadline_in"), given.pop("how")
        deadline = timezone.now() + timedelta(minutes=minutes) if minutes else None
        if how == RollBackForm.PROPOSE:
            told = {name: given[name] for name in ("carried_by", "success_signal")}
            kind = Mitigation.Kind.ROLL_BACK
            made = actions.propose(pk, by=request.user, kind=kind, change=one, deadline_at=deadline, **told)
            return f"Proposed: {made.title}."
        called = how == RollBackForm.CALL
        rollback.roll_back(pk, one, by=request.user, call=called, override=override, deadline_at=deadline, **given)
        return f"{hook.name} is called: {one.summary}" if called and hook else f"Being rolled back: {one.summary}"

    act = Act(
        f"Roll back: {one.summary}",
        "Roll back",
        f"{incident.get_absolute_url()}#mitigations",
        "A drill: nothing is called." if incident.drill else "It goes on the board, carried out from now on.",
        folded=("success_signal", "deadline_in", "reason"),
        anyway="reason",
    )
    if request.method == "GET" and not incident.is_active:
        gone = refuse(
            "incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}: reopen it first."
        )
        return overtaken(request, incident, act, gone)
    return run(request, incident, act, lambda data: RollBackForm(incident, hook, data), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def extend(request: Request, pk: int, mitigation: int) -> HttpResponse:
    """Give a mitigation more time before it is judged. A POST with `now` asks for nothing more."""
    incident = find(request, pk)
    one = get_object_or_404(Mitigation, pk=mitigation, incident=incident)

    def call(given: dict[str, Any], _override: bool) -> str:
        kept = attempts.extend(mitigation, by=request.user, minutes=given["minutes"])
        return f"{given['minutes']} more minutes: {kept.title}"

    act = Act(
        f"More time: {one.title}",
        "Give it more time",
        f"{incident.get_absolute_url()}#mitigations",
        "It is asked again whether it worked when they are over.",
    )
    if "now" in request.POST:
        form = ExtendForm(request.POST)
        try:
            if form.is_valid():
                return done(request, incident, call(form.cleaned_data, False), act.back, focus=False)
        except Blocked as blocked:
            return refused(request, incident, blocked, act.back)
    return run(request, incident, act, ExtendForm, call)


@require_POST
@console("incident.respond")
def call_again(request: Request, pk: int, mitigation: int) -> HttpResponse:
    """Call once more what refused to roll a change back, or could not be reached."""
    incident = find(request, pk)
    one = get_object_or_404(Mitigation, pk=mitigation, incident=incident, call__isnull=False)
    back = f"{incident.get_absolute_url()}#mitigations"
    try:
        made = rollback.call_again(one.pk, by=request.user)
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    return done(request, incident, f"{made.name} is called again.", back, focus=False)


@require_POST
@console("incident.respond")
def mark(request: Request, pk: int, change: int) -> HttpResponse:
    """Say what a change has to do with it: `state` of `ChangeMark.State`, empty to take that back."""
    incident = find(request, pk)
    back = f"{incident.get_absolute_url()}#changes"
    one = get_object_or_404(Change.objects.around(incident, reached(incident)), pk=change)
    try:
        made = marks.mark(pk, one, request.POST.get("state", ""), by=request.user)
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    said = f"{made.get_state_display()}: {one.summary}" if made else f"Nothing is said of it any more: {one.summary}"
    return done(request, incident, said, back, focus=False)
