"""The console's side of telling the public: write, preview, schedule, take back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Case, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from comms import ledgers, opening
from comms.actions import allowed, approving, checking, drafting, publishing
from comms.forms import UpdateForm, initial_of
from comms.models import PageIncident, PageRole, StatusPage, StatusUpdate, Subscriber, UpdateTemplate
from comms.models.update import StatusUpdateQuerySet
from comms.standing import may_read
from comms.uids import short_uid
from comms.views import previewing, rehearsals
from incidents.guards import Blocker
from incidents.models import Incident
from incidents.problems import Blocked
from teams import permits
from teams.console import console
from teams.models import User

Status = StatusUpdate.Status
PER_PAGE = 10
MOST_PAGES = 12
STATES = list(PageIncident.State)


def _incident(request: HttpRequest, pk: int) -> Incident:
    """The incident, for who may do this page's verb to it or to what the status page tells of it."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user).with_faces(), pk=pk)
    page = _page(incident)
    row = drafting.told_on(incident, page) if page else incident
    permits.require(request.user, request.verb, row)  # type: ignore[attr-defined] # set by `console`
    return incident


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the view asks for a sign-in"
    return request.user


def _page(incident: Incident) -> StatusPage | None:
    try:
        return drafting.page_for(incident)
    except Blocked:
        return None


def _told(incident: Incident, page: StatusPage | None) -> PageIncident | None:
    return PageIncident.objects.filter(incident=incident, page=page).select_related("page").first()


@console("update.write")
def compose(request: HttpRequest, pk: int) -> HttpResponse:
    """Write an update and see all there were. The button pressed says whether it is kept, handed to an approver,
    scheduled or published."""
    incident = _incident(request, pk)
    if incident.drill:
        return rehearsals.compose(request, incident)  # type: ignore[arg-type] # as `console` makes it
    page = _page(incident)
    if page is None:
        return render(request, "comms/no_page.html", {"incident": incident})
    told = _told(incident, page)
    if request.method != "POST":
        fresh = _fresh(incident, told, page)
        if begun := request.GET.get("text", "").strip():
            # What somebody wrote after /status in the line under the timeline.
            fresh["body"] = begun
        form = _form(incident, page, initial=fresh)
        return _compose_page(request, incident, page, form)
    return _submitted(request, incident, page, None)


@console("update.write")
def edit(request: HttpRequest, pk: int, uid: str) -> HttpResponse:
    """Change a draft or a scheduled update, or publish it."""
    incident = _incident(request, pk)
    update = update_of(incident, uid)
    page = update.page_incident.page
    if update.status not in drafting.WAITING:
        messages.warning(request, f"It is {update.get_status_display().lower()} already.")
        return redirect("comms:compose", pk=pk)
    if request.method != "POST":
        form = _form(incident, page, initial=initial_of(update))
        return _compose_page(request, incident, page, form, editing=update)
    return _submitted(request, incident, page, update)


def _form(incident: Incident, page: StatusPage, data: Any = None, **given: Any) -> UpdateForm:
    others = _other_pages(incident, page)
    readers = {"", page.audience, *(other.audience for other in others)}
    templates = UpdateTemplate.objects.fitting(page, incident.severity).filter(audience__in=readers)
    zone = timezone.get_current_timezone_name()
    return UpdateForm(page, zone, data, others=others, templates=templates, **given)


def _other_pages(incident: Incident, page: StatusPage) -> list[StatusPage]:
    """Where it may be told as well: pages that tell of it or show its services come first."""
    near = Q(incidents__incident=incident)
    if not incident.private:
        near |= Q(components__service__in=incident.services.all())
    others = StatusPage.objects.exclude(pk=page.pk)
    close = others.filter(near).values("pk")
    return list(others.annotate(near=Case(When(pk__in=close, then=0), default=1)).order_by("near", "name")[:MOST_PAGES])


def _submitted(
    request: HttpRequest, incident: Incident, page: StatusPage, editing: StatusUpdate | None
) -> HttpResponse:
    """Do what the button says with what was typed, or show it again with what is wrong."""
    do = request.POST.get("do", "publish")
    if do == "template":
        return _from_template(request, incident, page, editing)
    by = _user(request)
    on = [page, *(other for other in _other_pages(incident, page) if str(other.pk) in request.POST.getlist("also_on"))]
    if do != "draft" and not all(allowed.publishes_on(each, by=by) for each in on):
        do = "ask"
    keeps = do == "draft" and (editing is None or editing.status != Status.SCHEDULED)
    form = _form(incident, page, request.POST, draft=keeps)
    if not form.is_valid():
        return _compose_page(request, incident, page, form, editing=editing, status=422)
    try:
        update = _do(do, incident, page, form, editing, by)
    except Blocked as blocked:
        form.explain(blocked)
        return _compose_page(request, incident, page, form, editing=editing, status=422)
    if update.page_incident.incident_id != incident.pk:
        raise Http404
    return _done(request, incident, update)


@transaction.atomic
def _do(
    do: str, incident: Incident, page: StatusPage, form: UpdateForm, editing: StatusUpdate | None, by: User
) -> StatusUpdate:
    uid = form.cleaned_data["uid"]
    values = form.values()
    if do == "publish":
        if editing is None:
            return publishing.publish_update(incident, by=by, page=page, uid=uid, **values)
        return publishing.release_update(editing.pk, by=by, read=form.cleaned_data["read"], **values)
    if editing is None:
        update = drafting.draft_update(incident, by=by, page=page, uid=uid, **values)
    else:
        update = drafting.edit_update(editing.pk, by=by, read=form.cleaned_data["read"], **values)
    if do == "ask" and update.status == Status.DRAFT:
        return approving.ask(update.pk, by=by, publish_at=values["publish_at"])
    return update


def _from_template(
    request: HttpRequest, incident: Incident, page: StatusPage, editing: StatusUpdate | None
) -> HttpResponse:
    """What was typed, with the template's words where they belong: for its own audience, or in the main text."""
    typed = request.POST.copy()
    form = _form(incident, page, typed, draft=True)
    form.is_valid()
    chosen = form.cleaned_data.get("template")
    if isinstance(chosen, UpdateTemplate):
        field = f"body_{chosen.audience}"
        typed[field if field in form.fields else "body"] = chosen.body
        if chosen.state and field not in form.fields:
            typed["state"] = chosen.state
    shown: dict[str, Any] = {name: typed.getlist(name) if name == "also_on" else typed.get(name) for name in typed}
    shown["notify"] = "notify" in typed
    fresh = _form(incident, page, initial=shown)
    return _compose_page(request, incident, page, fresh, editing=editing)


def _fresh(incident: Incident, told: PageIncident | None, page: StatusPage) -> dict[str, Any]:
    """A new form: what readers know already, or what fits the severity and services; the state that fits the phase."""
    state = drafting.STATE_IN_PHASE.get(incident.phase, PageIncident.State.INVESTIGATING)
    if told and not told.is_over:
        # Readers who heard that the cause is identified don't hear again that it is being looked for.
        state = max(state, PageIncident.State(told.state), key=STATES.index)
    minutes = incident.severity.update_minutes if incident.severity else 30
    now = timezone.now()
    return _known(incident, told, page, over=state in PageIncident.OVER) | {
        "uid": short_uid(),
        "state": state,
        **opening.expected_of(told, now),
        "promise": str(minutes) if minutes in (15, 20, 30, 60) else "30",
        "when": "now",
        "notify": True,
        "also_on": [str(pk) for pk in _told_elsewhere(incident, page)],
    }


def _told_elsewhere(incident: Incident, page: StatusPage) -> list[int]:
    """Other pages whose readers wait for what comes next."""
    told = PageIncident.objects.active().filter(incident=incident).exclude(page=page)
    return list(told.order_by("page__name").values_list("page_id", flat=True))


def _known(incident: Incident, told: PageIncident | None, page: StatusPage, *, over: bool) -> dict[str, Any]:
    """What readers were told, or where nothing was published yet, what the first update most likely says."""
    if told and told.updates.published().exists():
        return {"title": told.title, "impact": told.impact}
    components = opening.components_of(incident, page)
    states = {} if over else opening.states_of(components, incident.severity)
    return {f"component_{pk}": state for pk, state in states.items()} | {
        "title": (told.title if told else "") or opening.title_of(components),
        "impact": opening.impact_of(incident.severity),
    }


@dataclass
class Promise:
    """When readers were told that they hear more, beside when stakeholders are to be told."""

    told: datetime | None = None
    differs: bool = False


def _promise(incident: Incident, told: PageIncident | None) -> Promise:
    """Empty where readers know of nothing that goes on. Times are the same to the minute, as people read them."""
    if told is None or told.is_over or not told.updates.published().exists():
        return Promise()
    due, said = (
        at and at.replace(second=0, microsecond=0) for at in (incident.next_update_due_at, told.next_update_at)
    )
    return Promise(told.next_update_at, differs=due != said)


def _done(request: HttpRequest, incident: Incident, update: StatusUpdate) -> HttpResponse:
    said = {
        Status.DRAFT: "Kept as a draft. Nobody outside sees it.",
        Status.ASKED: "The approvers were asked. You are told what they say.",
        Status.SCHEDULED: "Scheduled. You can change or withdraw it until then.",
        Status.PUBLISHED: "Published, and the mail is on its way.",
    }
    messages.success(request, said.get(Status(update.status), "Done."))
    if update.status == Status.DRAFT:
        return redirect("comms:edit_update", pk=incident.pk, uid=update.uid)
    if update.status == Status.ASKED:
        return redirect("comms:review_update", pk=incident.pk, uid=update.uid)
    return redirect(incident)


def _approvers(page: StatusPage) -> str:
    """Who publishes here, said to somebody who may not."""
    roles = page.roles.filter(role=PageRole.Role.APPROVER, user__is_active=True).select_related("user")
    who = ", ".join(dict.fromkeys(str(role.user) for role in roles)) or "an administrator"
    if page.second_person:
        return f"On {page.name} a second person looks at it first: {who}, within {page.approval_minutes} minutes."
    return f"On {page.name} only approvers publish. What you write is handed to {who}."


def update_of(incident: Incident, uid: str) -> StatusUpdate:
    """One update of an incident that the viewer may see, or 404."""
    updates = StatusUpdate.objects.filter(page_incident__incident=incident)
    return get_object_or_404(
        updates.select_related("page_incident__page", "page_incident__incident", "author"), uid=uid
    )


def _compose_page(
    request: HttpRequest,
    incident: Incident,
    page: StatusPage,
    form: UpdateForm,
    *,
    editing: StatusUpdate | None = None,
    status: int = 200,
) -> HttpResponse:
    # What is typed survives a lost connection on this device, and is let go once it has arrived.
    form.fields["body"].widget.attrs["data-keep"] = f"update:{editing.uid if editing else incident.pk}"
    updates = (
        StatusUpdate.objects.filter(page_incident__incident=incident)
        .select_related("author", "page_incident__page")
        .prefetch_related("component_changes__component", "corrections")
        .order_by("-created_at", "-pk")
    )
    told = _told(incident, page)
    told_before = Paginator(updates.exclude(status__in=drafting.WAITING), PER_PAGE).get_page(request.GET.get("page"))
    tallies = ledgers.tallies([each for each in told_before if each.status == Status.PUBLISHED])
    for each in told_before:
        each.tally = tallies.get(each.pk)  # type: ignore[attr-defined] # for the template
    context = {
        "incident": incident,
        "status_page": page,
        "told": told,
        "promise": _promise(incident, told),
        "form": form,
        "may_publish": allowed.publishes_on(page, by=_user(request)),
        "approvers": _approvers(page),
        "editing": editing,
        "waiting": updates.filter(status__in=drafting.WAITING),
        "page": told_before,
        "subscribers": Subscriber.objects.active().filter(page=page).count(),
        "zone": timezone.get_current_timezone_name(),
        "comms_state": incident.comms_track(timezone.now()),
    }
    return render(request, "comms/compose.html", context, status=status)


@console("update.write")
@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the page and the mail would show, from what is typed and without keeping any of it."""
    incident = _incident(request, pk)
    page = _page(incident)
    if page is None:
        raise Http404
    form = _form(incident, page, request.POST)
    if not form.is_valid():
        return render(request, "comms/_preview.html", {"form": form})
    values = form.values()
    found: list[Blocker] = []
    checking.placeholders(values, found)
    if found:
        form.add_error(None, " ".join(blocker.message for blocker in found))
        return render(request, "comms/_preview.html", {"form": form})
    told = _told(incident, page) or PageIncident(page=page, incident=incident)
    values["component_states"] = {str(pk): state for pk, state in values["component_states"].items()}
    update = StatusUpdate(page_incident=told, **values)
    return render(request, "comms/_preview.html", previewing.shown(request, update) | {"form": form})


@console("update.write")
@require_POST
def withdraw(request: HttpRequest, pk: int, uid: str) -> HttpResponse:
    """Take back a draft or a scheduled update."""
    incident = _incident(request, pk)
    update = update_of(incident, uid)
    try:
        drafting.withdraw_update(update.pk, by=_user(request))
    except Blocked as blocked:
        messages.error(request, str(blocked))
    else:
        messages.success(request, "Withdrawn. Nobody outside has seen it.")
    return redirect("comms:compose", pk=pk)


def _latest(updates: StatusUpdateQuerySet, user: Any) -> StatusUpdate | None:
    """What readers were told last, of the pages that `user` may read."""
    told = updates.published().order_by("-published_at", "pk")[:MOST_PAGES]
    return next((update for update in told if may_read(user, update.page_incident.page)), None)


def _going(updates: StatusUpdateQuerySet, user: Any) -> list[ledgers.Ledger]:
    """Of the newest updates those whose mail goes out, on pages that `user` may read."""
    told = updates.published().order_by("-published_at", "pk")[:MOST_PAGES]
    return [ledgers.of(update) for update, _ in ledgers.going_out(told) if may_read(user, update.page_incident.page)]


@console("update.view")
@require_safe
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The incident page's panel: when readers hear more, what they were told last, and what waits."""
    incident = _incident(request, pk)
    if incident.drill:
        return rehearsals.panel(request, incident)  # type: ignore[arg-type] # as `console` makes it
    updates = StatusUpdate.objects.filter(page_incident__incident=incident).select_related("page_incident__page")
    waiting = updates.filter(status__in=drafting.WAITING).order_by("publish_at", "pk")
    page = _page(incident)
    latest = _latest(updates, request.user)
    context = {
        "incident": incident,
        "promise": _promise(incident, _told(incident, page)),
        "may_tell": permits.may(request.user, "update.write", drafting.told_on(incident, page) if page else incident),
        "latest": latest,
        "mailed": ledgers.tallies([latest])[latest.pk] if latest else None,
        "going": _going(updates, request.user),
        "waiting": list(waiting[:5]),
        "state": incident.comms_track(timezone.now()),
    }
    return render(request, "comms/_panel.html", context)
