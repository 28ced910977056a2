"""The console's side of telling the public: write, preview, schedule, take back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from comms import letters, opening
from comms.actions import drafting, publishing
from comms.forms import UpdateForm, initial_of
from comms.models import Component, PageIncident, StatusPage, StatusUpdate, Subscriber
from comms.uids import short_uid
from incidents.models import Incident
from incidents.problems import Blocked
from teams import permits
from teams.console import console
from teams.models import User

Status = StatusUpdate.Status
PER_PAGE = 10
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
    """Write an update and see all there were. The button pressed says whether it is kept, scheduled or published."""
    incident = _incident(request, pk)
    page = _page(incident)
    if page is None:
        return render(request, "comms/no_page.html", {"incident": incident})
    told = _told(incident, page)
    zone = timezone.get_current_timezone_name()
    if request.method != "POST":
        form = UpdateForm(page, zone, initial=_fresh(incident, told, page))
        return _compose_page(request, incident, page, form)
    # Where only approvers publish, what others write is kept for them.
    draft = request.POST.get("do") == "draft" or not drafting.publishes_on(page, by=_user(request))
    form = UpdateForm(page, zone, request.POST, draft=draft)
    if not form.is_valid():
        return _compose_page(request, incident, page, form, status=422)
    uid = form.cleaned_data["uid"]
    values = form.values()
    try:
        if draft:
            update = drafting.draft_update(incident, by=_user(request), page=page, uid=uid, **values)
        else:
            update = publishing.publish_update(incident, by=_user(request), page=page, uid=uid, **values)
    except Blocked as blocked:
        _explain(form, blocked)
        return _compose_page(request, incident, page, form, status=422)
    if update.page_incident.incident_id != incident.pk:
        raise Http404
    return _done(request, incident, update)


@console("update.write")
def edit(request: HttpRequest, pk: int, uid: str) -> HttpResponse:
    """Change a draft or a scheduled update, or publish it."""
    incident = _incident(request, pk)
    update = _update(incident, uid)
    page = update.page_incident.page
    zone = timezone.get_current_timezone_name()
    if update.status not in drafting.WAITING:
        messages.warning(request, f"It is {update.get_status_display().lower()} already.")
        return redirect("comms:compose", pk=pk)
    if request.method != "POST":
        form = UpdateForm(page, zone, initial=initial_of(update))
        return _compose_page(request, incident, page, form, editing=update)
    keep = request.POST.get("do") == "draft" or not drafting.publishes_on(page, by=_user(request))
    form = UpdateForm(page, zone, request.POST, draft=keep and update.status == Status.DRAFT)
    if not form.is_valid():
        return _compose_page(request, incident, page, form, editing=update, status=422)
    values = form.values()
    try:
        if keep:
            update = drafting.edit_update(update.pk, by=_user(request), **values)
        else:
            update = publishing.release_update(update.pk, by=_user(request), **values)
    except Blocked as blocked:
        _explain(form, blocked)
        return _compose_page(request, incident, page, form, editing=update, status=422)
    return _done(request, incident, update)


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
    }


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


def _explain(form: UpdateForm, blocked: Blocked) -> None:
    for blocker in blocked.blockers:
        form.add_error(blocker.field if blocker.field in form.fields else None, blocker.message)


def _done(request: HttpRequest, incident: Incident, update: StatusUpdate) -> HttpResponse:
    said = {
        Status.DRAFT: "Kept as a draft. Nobody outside sees it.",
        Status.SCHEDULED: "Scheduled. You can change or withdraw it until then.",
        Status.PUBLISHED: "Published, and the mail is on its way.",
    }
    messages.success(request, said.get(Status(update.status), "Done."))
    if update.status == Status.DRAFT:
        return redirect("comms:edit_update", pk=incident.pk, uid=update.uid)
    return redirect(incident)


def _approvers(page: StatusPage) -> str:
    """Who publishes here, said to somebody who may not."""
    names = [str(r.user) for r in page.roles.filter(role="approver", user__is_active=True).select_related("user")]
    who = ", ".join(names) if names else "an administrator"
    return f"On {page.name} only approvers publish. What you write is kept as a draft for {who}."


def _update(incident: Incident, uid: str) -> StatusUpdate:
    updates = StatusUpdate.objects.filter(page_incident__incident=incident)
    return get_object_or_404(updates.select_related("page_incident__page"), uid=uid)


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
        .prefetch_related("component_changes__component")
        .order_by("-created_at", "-pk")
    )
    told = _told(incident, page)
    context = {
        "incident": incident,
        "status_page": page,
        "told": told,
        "promise": _promise(incident, told),
        "form": form,
        "may_publish": drafting.publishes_on(page, by=_user(request)),
        "approvers": _approvers(page),
        "editing": editing,
        "waiting": updates.filter(status__in=drafting.WAITING),
        "page": Paginator(updates.exclude(status__in=drafting.WAITING), PER_PAGE).get_page(request.GET.get("page")),
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
    form = UpdateForm(page, timezone.get_current_timezone_name(), request.POST)
    if not form.is_valid():
        return render(request, "comms/_preview.html", {"form": form})
    values = form.values()
    told = _told(incident, page) or PageIncident(page=page, incident=incident)
    update = StatusUpdate(page_incident=told, **values)
    update.component_states = {str(pk): state for pk, state in values["component_states"].items()}
    told.title = values["title"] or told.title or "(no title yet)"
    names = {component.pk: component.name for component in form.components}
    changes = [(names[pk], Component.Status(state).label) for pk, state in values["component_states"].items()]
    context = letters.update_context(update, page.time_zone)
    context |= {
        "form": form,
        "changes": changes,
        "subject": f"[{page.name}] {told.mail_title or told.title}",
        "recipients": publishing.told_of(update).count() if values["notify"] else 0,
        "subscribers": Subscriber.objects.active().filter(page=page).count(),
    }
    return render(request, "comms/_preview.html", context)


@console("update.write")
@require_POST
def withdraw(request: HttpRequest, pk: int, uid: str) -> HttpResponse:
    """Take back a draft or a scheduled update."""
    incident = _incident(request, pk)
    update = _update(incident, uid)
    try:
        drafting.withdraw_update(update.pk, by=_user(request))
    except Blocked as blocked:
        messages.error(request, str(blocked))
    else:
        messages.success(request, "Withdrawn. Nobody outside has seen it.")
    return redirect("comms:compose", pk=pk)


@console("update.view")
@require_safe
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The incident page's panel: when readers hear more, what they were told last, and what waits."""
    incident = _incident(request, pk)
    updates = StatusUpdate.objects.filter(page_incident__incident=incident).select_related("page_incident__page")
    waiting = updates.filter(status__in=drafting.WAITING).order_by("publish_at", "pk")
    page = _page(incident)
    context = {
        "incident": incident,
        "promise": _promise(incident, _told(incident, page)),
        "may_tell": permits.may(request.user, "update.write", drafting.told_on(incident, page) if page else incident),
        "latest": updates.published().order_by("-published_at", "-pk").first(),
        "waiting": list(waiting[:5]),
        "state": incident.comms_track(timezone.now()),
    }
    return render(request, "comms/_panel.html", context)
