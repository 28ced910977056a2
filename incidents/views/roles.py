"""Seats: taken, offered, answered, relieved."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from incidents import handover
from incidents.actions import roles
from incidents.actions.staffing import Candidate, Staffing
from incidents.forms import ActForm, OfferForm, ReadBackForm, ReasonForm
from incidents.models import Incident, RoleAssignment
from incidents.presenters import handover as presenters
from incidents.problems import Blocked, refuse
from incidents.views.acting import Act, Call, overtaken, run
from incidents.views.common import Request, console, find
from teams import permits
from teams.models import Role


@require_http_methods(["GET"])
@console("incident.view")
def seat(request: Request, pk: int, role: str) -> HttpResponse:
    """One role of the incident: its duties, who holds it, and everything that can be done about it."""
    incident = find(request, pk)
    chosen = get_object_or_404(Role.objects.select_related("schedule__team"), slug=role)
    live = list(
        incident.assignments.filter(role=chosen, state__in=["held", "offered"]).select_related("user", "offered_by")
    )
    held = [a for a in live if a.state == RoleAssignment.State.HELD]
    offers = [a for a in live if a.state == RoleAssignment.State.OFFERED]
    mine = next((a for a in held if a.user_id == request.user.pk), None)
    my_offer = next((a for a in offers if a.user_id == request.user.pk), None)
    offers_it = incident.is_open and my_offer is None
    may = permits.may(request.user, "incident.respond", incident)
    context = {
        "incident": incident,
        "may_respond": may,
        "role": chosen,
        "held": held,
        "offers": offers,
        "mine": mine,
        "my_offer": my_offer,
        "reads_back": my_offer is not None and roles.asks_read_back(my_offer, held[0] if held else None),
        "suggested": _suggested(incident, chosen) if may and offers_it else None,
        "may_take": may
        and incident.is_open
        and mine is None
        and (not held or not chosen.single_seat or held[0].accepted_at is None),
        "may_relieve": incident.is_open and mine is None and chosen.single_seat and bool(held),
        "may_leave": mine is not None
        and not (chosen.slug == Role.COMMANDER and incident.is_active)
        and incident.is_open,
        "form": _marked(OfferForm(incident, chosen, brief=_brief(incident, chosen, held) if may and offers_it else "")),
        "dialog": bool(request.htmx),
    }
    return render(request, "incidents/roles/seat.html" if request.htmx else "incidents/roles/page.html", context)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def fill(request: Request, pk: int, role: str, verb: str) -> HttpResponse:
    """Take an empty seat, offer one, or relieve a holder who can't hand over."""
    incident = find(request, pk)
    chosen = get_object_or_404(Role.objects.select_related("schedule__team"), slug=role)
    back = f"{incident.get_absolute_url()}#roles"

    def take(_given: dict[str, Any], _override: bool) -> str:
        roles.take(pk, chosen, by=request.user)
        return f"You are {chosen.name}. {chosen.duties}"

    def offer(given: dict[str, Any], _override: bool) -> str:
        if given["user"] is None:
            raise refuse("user_missing", "Choose who shall have it.", field="user")
        brief = given["brief"]
        if given["drafted"] and not brief.strip():
            brief = _brief(incident, chosen, [a for a in incident.held_roles if a.role_id == chosen.pk])
        roles.offer(pk, chosen, given["user"], by=request.user, brief=brief)
        return f"Offered to {given['user']}. The seat passes when they accept."

    def relieve(given: dict[str, Any], _override: bool) -> str:
        roles.relieve(pk, chosen, by=request.user, reason=given["reason"])
        return f"You are {chosen.name}. {chosen.duties}"

    kinds: dict[str, tuple[str, str, Any, Call]] = {
        "take": (f"Take {chosen.name}", "Take it", ActForm, take),
        "offer": (
            f"Offer {chosen.name}",
            "Offer it",
            lambda data: OfferForm(incident, chosen, data),
            offer,
        ),
        "relieve": (
            f"Take over {chosen.name}",
            "Take over",
            lambda data: ReasonForm("Why can't they hand over themselves?", data),
            relieve,
        ),
    }
    if verb not in kinds:
        raise Http404
    heading, submit, make, call = kinds[verb]
    return run(request, incident, Act(heading, submit, back, chosen.duties), make, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def answer(request: Request, pk: int, seat: int, verb: str) -> HttpResponse:
    """Accept or decline an offer, or leave a seat."""
    incident = find(request, pk)
    one = get_object_or_404(RoleAssignment.objects.select_related("role"), pk=seat, incident=incident)
    name = one.role.name
    back = f"{incident.get_absolute_url()}#roles"

    before = next((a for a in incident.held_roles if a.role_id == one.role_id), None)
    reads_back = one.state == RoleAssignment.State.OFFERED and roles.asks_read_back(one, before)

    def accept(given: dict[str, Any], _override: bool) -> str:
        back = handover.said_back(one.brief, given["ticked"], given["read_back"]) if reads_back else ""
        roles.accept(seat, by=request.user, read_back=back)
        return f"You are {name}. {one.role.duties}"

    chosen = one.state == RoleAssignment.State.HELD

    def decline(given: dict[str, Any], _override: bool) -> str:
        roles.decline(seat, by=request.user, reason=given["reason"])
        return f"You said that you can't be {name}." if chosen else f"You declined {name}."

    def leave(_given: dict[str, Any], _override: bool) -> str:
        roles.leave(seat, by=request.user)
        return f"You left {name}."

    kinds: dict[str, tuple[str, str, str, Any, Call]] = {
        "accept": (
            f"Accept {name}",
            "I have it" if reads_back else "Accept it",
            one.role.duties,
            (lambda data: ReadBackForm(one.brief, data)) if reads_back else ActForm,
            accept,
        ),
        "decline": (
            f"Say that you can't be {name}" if chosen else f"Decline {name}",
            "I can't" if chosen else "Decline it",
            "The roster chose you. Somebody else has to take it." if chosen else "Whoever offered it is told.",
            lambda data: ReasonForm("Why?", data),
            decline,
        ),
        "leave": (f"Leave {name}", "Leave it", "The seat is empty then.", ActForm, leave),
    }
    if verb not in kinds:
        raise Http404
    heading, submit, explains, make, call = kinds[verb]
    act = Act(heading, submit, back, explains, context={"brief": one.brief})
    if verb == "accept" and reads_back:
        context = {"seat": one, "before": before}
        act = Act(heading, submit, back, explains, template="incidents/roles/accept.html", context=context)
    if request.method == "GET" and (gone := _not_mine(one, request, incident)):
        return overtaken(request, incident, act, gone)
    return run(request, incident, act, make, call)


def _brief(incident: Incident, role: Role, held: list[RoleAssignment]) -> str:
    """What is handed over with a seat that somebody holds; nothing where there is nobody to take it over from."""
    if not role.single_seat or not held or held[0].accepted_at is None:
        return ""
    return presenters.draft(incident, held[0].user)


def _suggested(incident: Incident, role: Role) -> Candidate | None:
    """Whom the rosters name for the role, of those who have none in the incident."""
    live = [RoleAssignment.State.HELD, RoleAssignment.State.OFFERED]
    outside = incident.assignments.filter(state__in=live).values_list("user", flat=True)
    return Staffing(incident, timezone.now()).relief(role, outside=outside)


def _marked(form: OfferForm) -> OfferForm:
    for name in form.needs:
        form.fields[name].required = True
    return form


def _not_mine(one: RoleAssignment, request: Request, incident: Incident) -> Blocked | None:
    if one.user_id == request.user.pk:
        return None
    return refuse("not_yours", f"This is {one.user}'s to answer.", fix_url=incident.get_absolute_url())
