"""Teams that are called in, related incidents, splitting, followers, and where people meet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from incidents.actions import bridges, crews, followers, relations, splitting
from incidents.forms import ActForm, ReasonForm
from incidents.forms.together import CrewForm, FollowForm, RelateForm, RoomsForm, RulesForm, SplitForm
from incidents.models import Follow, FollowRule, Incident, Relation
from incidents.problems import Blocked
from incidents.views import paging
from incidents.views.acting import Act, done, refused, run, show
from incidents.views.common import Request, console, find

PER_PAGE = 30
PRIVATE = (
    "This incident is private. A team that you ask can see all of it from then on, with everything that was written "
    "so far; that is on the record."
)


def _press(request: Request, incident: Incident, back: str, call: Callable[[], str]) -> HttpResponse:
    """What a button does that asks for nothing more."""
    try:
        said = call()
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    return done(request, incident, said, back, focus=False)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def crew_new(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        team = given.pop("team")
        if team is None:
            from incidents.problems import refuse

            raise refuse("team_missing", "Choose a team.", field="team")
        crews.ask(pk, team, by=request.user, **given)
        return f"{team} is asked."

    explains = PRIVATE if incident.private else "Whoever is on call there is paged, until one of them says yes."
    act = Act("Call in a team", "Ask them", f"{incident.get_absolute_url()}#crews", explains)
    return run(request, incident, act, partial(CrewForm, incident), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def crew(request: Request, pk: int, crew: int, verb: str) -> HttpResponse:
    """Accept, decline or release. Declining asks why; the others ask for nothing."""
    incident = find(request, pk)
    one = get_object_or_404(incident.team_requests.select_related("team"), pk=crew)
    if verb not in crews.VERBS:
        raise Http404
    back = f"{incident.get_absolute_url()}#crews"
    label = {"accept": "Accept", "decline": "Decline", "release": "Release"}[verb]
    act = Act(f"{label} for {one.team}" if verb != "release" else f"Release {one.team}", label, back)

    def call(given: dict[str, Any]) -> str:
        getattr(crews, verb)(one.pk, by=request.user, **given)
        return {"accept": f"You help for {one.team}.", "decline": "Declined."}.get(verb, f"Released: {one.team}.")

    if request.method == "POST" and verb != "decline":
        return _press(request, incident, back, partial(call, {}))
    make = partial(ReasonForm, "Why not, and who could?") if verb == "decline" else ActForm
    return run(request, incident, act, make, lambda given, _override: call(given))


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def relate(request: Request, pk: int) -> HttpResponse:
    """Say what it has to do with another incident. A POST with `now` is one of the suggestions."""
    incident = find(request, pk)
    back = f"{incident.get_absolute_url()}#relations"

    def call(given: dict[str, Any], _override: bool) -> str:
        if given["other"] is None:
            from incidents.problems import refuse

            raise refuse("target_missing", "Name the other incident.", field="other")
        kind = given["kind"] or Relation.Kind.RELATED
        relations.relate(pk, given["other"].pk, by=request.user, kind=kind)
        return f"{Relation.Kind(kind).label} {given['other'].reference}."

    make = partial(RelateForm, incident, request.user)
    if "now" in request.POST:
        form = make(request.POST)
        if not form.is_valid():
            raise Http404
        return _press(request, incident, back, lambda: call(form.cleaned_data, False))
    act = Act("Relate to another incident", "Relate them", back, "Both timelines tell of it.")
    return run(request, incident, act, make, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def unrelate(request: Request, pk: int, relation: int) -> HttpResponse:
    incident = find(request, pk)
    mine = Relation.objects.filter(Q(incident=incident) | Q(other=incident))
    one = get_object_or_404(mine, pk=relation)
    act = Act("Take the relation back", "Take it back", f"{incident.get_absolute_url()}#relations")

    def call(_given: dict[str, Any], _override: bool) -> str:
        relations.unrelate(one.pk, by=request.user)
        return "They are not related any more."

    return run(request, incident, act, ActForm, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def split(request: Request, pk: int) -> HttpResponse:
    """A POST without `split` searches and keeps what was chosen."""
    incident = find(request, pk)
    made: list[Incident] = []

    def call(given: dict[str, Any], _override: bool) -> str:
        alerts, entries, services = (list(given.pop(name)) for name in ("alerts", "entries", "services"))
        made.append(
            splitting.split(
                pk,
                by=request.user,
                services=services,
                alert_pks=[alert.pk for alert in alerts],
                entry_pks=[entry.pk for entry in entries],
                **given,
            )
        )
        return f"{made[0].reference} goes on by itself. To undo that, merge it into {incident.reference}."

    act = Act(
        "Split off an incident",
        "Split it off",
        f"{incident.get_absolute_url()}#relations",
        "What turns out to be trouble of its own is declared as a new incident, with its own roles. Alerts move there; "
        "entries stay here and are told there, too.",
        template="incidents/act/split.html",
    )
    if request.method == "POST" and "split" not in request.POST:
        return show(request, incident, act, SplitForm(incident, request.user, kept=request.POST), [])
    response = run(request, incident, act, partial(SplitForm, incident, request.user), call)
    if made and response.status_code in (200, 302):
        if not request.htmx:
            return redirect(made[0].get_absolute_url())
        messages.success(request, f"Split from {incident.reference}.")
        response["HX-Redirect"] = made[0].get_absolute_url()
    return response


@require_http_methods(["GET", "POST"])
@console("incident.view")
def follow(request: Request, pk: int) -> HttpResponse:
    """How much of it one hears of. A POST with `now` needs no form: follow, or no longer."""
    incident = find(request, pk)
    row = Follow.objects.filter(incident=incident, user=request.user).first()

    def call(given: dict[str, Any], _override: bool) -> str:
        kept = followers.follow(incident, by=request.user, level=given["level"])
        return "You don't follow it." if kept.level == Follow.Level.OFF else f"You follow: {kept.get_level_display()}."

    back = f"{incident.get_absolute_url()}#followers"
    if "now" in request.POST:
        level = request.POST.get("level", "")
        return _press(request, incident, back, lambda: call({"level": level}, False))
    current = row.level if row else Follow.Level.PHASES
    act = Act("Follow this incident", "Save", back, "Nobody is paged for it. It goes to your address.")
    return run(request, incident, act, partial(FollowForm, current), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def rooms(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        bridges.set_rooms(pk, by=request.user, **given)
        return "Everybody finds it at the top of the page."

    act = Act("Where people meet", "Save", incident.get_absolute_url(), "A team's own are set when it is declared.")
    return run(request, incident, act, partial(RoomsForm, incident), call)


@require_http_methods(["GET", "POST"])
@console("incident.view")
def following(request: Request) -> HttpResponse:
    """What one follows, and what follows by itself."""
    kept = {rule.whose: rule for rule in FollowRule.objects.filter(user=request.user)}

    def call(given: dict[str, Any], _override: bool) -> str:
        for whose in FollowRule.Whose.values:
            level = given[f"{whose}_level"] or Follow.Level.PHASES
            followers.set_rule(by=request.user, whose=whose, worst_level=given[f"{whose}_worst"], level=level)
        return "What is declared from now on is followed by these rules."

    seen = Incident.objects.visible_to(request.user)
    rows = Follow.objects.filter(user=request.user, incident__in=seen).exclude(level=Follow.Level.OFF)
    shown = paging.shown(rows.select_related("incident__severity").order_by("-pk"), PER_PAGE, request.GET)
    act = Act(
        "What I follow",
        "Save",
        request.path,
        "Incidents that you hear of by mail once they are declared. Nobody is paged for it.",
        context={"page": shown},
        template="incidents/act/following.html",
    )
    return run(request, None, act, partial(RulesForm, kept), call)
