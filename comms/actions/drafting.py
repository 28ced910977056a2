"""Updates that nobody outside has read yet: drafts and scheduled ones are written, changed and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from comms.actions import allowed, checking
from comms.models import Approval, Component, ComponentChange, PageIncident, StatusPage, StatusUpdate
from incidents import timeline
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.models import Incident
from incidents.phases import Phase
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import permits
from teams.models import User

State = PageIncident.State
Status = StatusUpdate.Status
WAITING = (Status.DRAFT, Status.ASKED, Status.SCHEDULED)
STATE_IN_PHASE = {
    Phase.DETECT: State.INVESTIGATING,
    Phase.DECLARE: State.INVESTIGATING,
    Phase.MITIGATE: State.IDENTIFIED,
    Phase.COMMUNICATE: State.MONITORING,
    Phase.RESOLVE: State.RESOLVED,
    Phase.REVIEW: State.RESOLVED,
    Phase.CLOSED: State.RESOLVED,
    Phase.CANCELLED: State.RESOLVED,
}
FIELDS = (
    "state",
    "title",
    "impact",
    "body",
    "component_states",
    "eta_early_at",
    "eta_at",
    "eta_confidence",
    "next_update_at",
    "publish_at",
    "occurred_at",
    "notify",
    "also_on",
    "wordings",
)
BLANK: dict[str, Any] = {
    "title": "",
    "impact": "",
    "body": "",
    "component_states": {},
    "eta_early_at": None,
    "eta_at": None,
    "eta_confidence": "",
    "next_update_at": None,
    "publish_at": None,
    "occurred_at": None,
    "notify": True,
    "also_on": [],
    "wordings": {},
}
About = Incident | PageIncident


@transaction.atomic
def draft_update(
    about: About, *, by: User | None, page: StatusPage | None = None, uid: str = "", **fields: Any
) -> StatusUpdate:
    """Keep an update for later without telling anybody. `fields` are those of `publish_update`; all may be empty."""
    hold(about, page, by=by, verb="update.write")
    if done := written(uid):
        return done
    return write(about, page, BLANK | {"state": ""} | fields, by=by, draft=True, uid=uid)


@transaction.atomic
def edit_update(update_pk: int, *, by: User | None, read: datetime | None = None, **fields: Any) -> StatusUpdate:
    """Change a draft or a scheduled update; it stays what it is. `publish_at` moves a scheduled one. What waits for an
    approver is a draft again: they approve what they have read. `read` is the `updated_at` of what was changed: Blocked
    where somebody else changed it since."""
    update = waiting(update_pk, by=by, read=read)
    draft = update.status != Status.SCHEDULED
    if not draft:
        may_publish(update, by=by)
    take_back(update, by=by)
    if not draft and not fields.get("publish_at", update.publish_at):
        raise refuse("publish_at_missing", "Say when it is to be published.", field="publish_at")
    fill(update, fields, draft=draft)
    if not draft:
        # The pages may be others now.
        may_publish(update, by=by)
    update.author = by or update.author
    update.save()
    return update


@transaction.atomic
def withdraw_update(update_pk: int, *, by: User | None) -> StatusUpdate:
    """Take back a draft or a scheduled update before anybody reads it. Raises Blocked for one that was published."""
    update = waiting(update_pk, by=by)
    was_scheduled = update.status == Status.SCHEDULED
    if was_scheduled:
        for page in allowed.pages_of(update):
            if not allowed.approves_on(page, by=by):
                allowed.may_publish_on(page, by=by)
    take_back(update, by=by)
    update.status = Status.WITHDRAWN
    update.updated_at = timezone.now()
    update.save(update_fields=["status", "updated_at"])
    incident = update.page_incident.incident
    if incident and was_scheduled:
        note(incident, "update.withdrawn", "withdrew the scheduled status update", update, by=by)
    return update


def take_back(update: StatusUpdate, *, by: User | None) -> None:
    """Ask nobody any more to approve it, on the object; the caller saves."""
    if update.status == Status.ASKED:
        Approval.objects.filter(update=update).settle(Approval.Outcome.TAKEN_BACK, by=by)
        update.status = Status.DRAFT


def may_publish(update: StatusUpdate, *, by: User | None) -> None:
    """PermissionDenied or Blocked unless `by` may publish it on each of its pages."""
    own = update.page_incident
    for page in allowed.pages_of(update):
        if page != own.page:
            permits.require(by, "update.publish", PageIncident(page=page, incident=own.incident))
        allowed.may_publish_on(page, by=by)


def page_for(about: About, page: StatusPage | None = None) -> StatusPage:
    """The page that tells `about`. Raises Blocked where there is none."""
    if isinstance(about, PageIncident):
        return about.page
    told = about.page_incidents.select_related("page").order_by("-page__is_default", "pk").first()
    found = page or (told.page if told else None) or StatusPage.objects.default()
    if found is None:
        raise refuse(
            "page_missing",
            "There is no status page to publish on. An administrator makes one.",
            field="page",
            fix_url="/admin/comms/statuspage/add/",
        )
    return found


def told_on(about: About, page: StatusPage | None = None) -> PageIncident:
    """What is told and where, as the row that permits are asked about; not saved where nothing was told yet. Raises
    Blocked where there is no page."""
    if isinstance(about, PageIncident):
        return about
    return PageIncident(page=page_for(about, page), incident=about)


def retract(incident: Incident, *, by: User | None) -> None:
    """What was told of an incident is taken back, and what was to be told isn't; in the caller's transaction."""
    _withdraw_waiting(incident)
    for told in PageIncident.objects.active().filter(incident=incident):
        StatusUpdate.objects.create(
            page_incident=told,
            state=State.RESOLVED,
            body="We are withdrawing this notice. Please disregard our earlier updates about it.",
            status=Status.SCHEDULED,
            publish_at=timezone.now(),
            author=by,
        )


def hand_over(merged: Incident, into: Incident, *, by: User | None) -> None:
    """What readers follow of `merged` goes on as `into`, in the caller's transaction, which holds both. Where a page
    tells of `into` already, readers of `merged` are told so, and it ends there. What was to be told of it isn't."""
    _withdraw_waiting(merged)
    for told in PageIncident.objects.active().filter(incident=merged).select_related("page"):
        other = PageIncident.objects.filter(page=told.page, incident=into).first()
        if other is not None and (last := other.updates.published().first()) is not None:
            _take_over(told, last)
            StatusUpdate.objects.create(
                page_incident=told,
                state=State.RESOLVED,
                body="We follow this together with another incident on this page. Please read on there.",
                status=Status.SCHEDULED,
                publish_at=timezone.now(),
                author=by,
            )
            continue
        if other is not None:
            # Nobody outside knows of it: what is prepared there goes on here.
            other.updates.update(page_incident=told)
            other.delete()
        told.incident = into
        told.save(update_fields=["incident"])


def _take_over(told: PageIncident, last: StatusUpdate) -> None:
    """What `told` broke on the page goes on as broken by the incident of which `last` is the latest word."""
    changes = ComponentChange.objects.filter(update__page_incident=told).order_by("at", "pk")
    held = dict(changes.values_list("component_id", "new_status"))
    ComponentChange.objects.bulk_create(
        [
            ComponentChange(update=last, component_id=pk, old_status=status, new_status=status)
            for pk, status in held.items()
            if status != Component.Status.OPERATIONAL
        ],
        ignore_conflicts=True,
    )


def _withdraw_waiting(incident: Incident) -> None:
    unread = StatusUpdate.objects.filter(page_incident__incident=incident, status__in=WAITING)
    Approval.objects.filter(update__in=unread).settle(Approval.Outcome.TAKEN_BACK, by=None)
    unread.update(status=Status.WITHDRAWN, updated_at=timezone.now())


def hold(about: About, page: StatusPage | None, *, by: User | None, verb: str) -> None:
    """Lock what is told, so that of two who write at once the second finds what the first wrote.

    PermissionDenied unless `by` may do `verb` to it, for the incident's sake or the page's.
    """
    permits.require(by, verb, told_on(about, page))
    if isinstance(about, Incident) and about.drill:
        raise refuse(
            "drill",
            f"{about.reference} is a drill: nothing of it is published. Write the update in its room, where it counts.",
            fix_url=about.get_absolute_url(),
        )
    incident_pk = about.pk if isinstance(about, Incident) else about.incident_id
    if incident_pk:
        lock(incident_pk, by=None)
    else:
        PageIncident.objects.select_for_update(of=("self",), no_key=True).get(pk=about.pk)


def written(uid: str) -> StatusUpdate | None:
    """The update that a repeated submit has made before. Ask it under the lock of `hold`."""
    return StatusUpdate.objects.filter(uid=uid).first() if uid else None


def write(
    about: About,
    page: StatusPage | None,
    given: dict[str, Any],
    *,
    by: User | None,
    draft: bool,
    uid: str,
) -> StatusUpdate:
    """A new row about what `hold` has locked, saved. Raises Blocked."""
    incident = about if isinstance(about, Incident) else about.incident
    if incident is not None:
        incident = lock(incident.pk, by=None)
    page = page_for(about, page)
    told = about if isinstance(about, PageIncident) else None
    if told is None:
        told = PageIncident.objects.filter(page=page, incident=incident).first()
    if not given["state"]:
        given["state"] = told.state if told else State.INVESTIGATING
        if incident is not None:
            given["state"] = STATE_IN_PHASE.get(Phase(incident.phase), given["state"])
    unsaved = told or PageIncident(page=page, incident=incident)
    update = StatusUpdate(page_incident=unsaved, author=by)
    if uid:
        update.uid = uid
    fill(update, given, draft=draft)
    if not draft:
        may_publish(update, by=by)
    if told is None:
        unsaved.title = update.title
        unsaved.save()
        update.page_incident = unsaved
    update.save()
    return update


def fill(update: StatusUpdate, fields: Mapping[str, Any], *, draft: bool) -> None:
    """Put `fields` on the row, or raise Blocked with all that is wrong with them."""
    told = update.page_incident
    found: list[Blocker] = []
    values = {name: fields.get(name, getattr(update, name)) for name in FIELDS}
    if "eta_at" in fields and fields["eta_at"] is None:
        # Whoever takes back when service is expected takes back all of that.
        values |= {name: fields.get(name) or BLANK[name] for name in ("eta_early_at", "eta_confidence")}
    for name in ("title", "body"):
        values[name] = (values[name] or "").strip()
    values["title"] = " ".join(values["title"].split())
    others = checking.other_pages(values["also_on"], told.page, told.incident, found)
    values["also_on"] = [page.pk for page in others]
    values["wordings"] = checking.texts_by_audience(values["wordings"], found)
    values["component_states"] = checking.state_of_components([told.page, *others], values["component_states"], found)
    if draft:
        values["publish_at"] = None
    else:
        checking.placeholders(values, found)
    first = not told.pk or not told.updates.published().exists()
    found += checking.missing(
        values | {"title": values["title"] or told.title}, now=timezone.now(), first=first, draft=draft
    )
    if found:
        raise Blocked(found)
    for name, value in values.items():
        setattr(update, name, value)
    update.updated_at = timezone.now()


def locked(update_pk: int, *, by: User | None, verb: str) -> StatusUpdate:
    """An update with its incident and page, both it and the incident locked. PermissionDenied unless `by` may do `verb`
    to it."""
    incident_pk = StatusUpdate.objects.values_list("page_incident__incident_id", flat=True).get(pk=update_pk)
    if incident_pk:
        lock(incident_pk, by=None)
    rows = StatusUpdate.objects.select_related("page_incident__page", "page_incident__incident", "author")
    update = rows.select_for_update(of=("self",)).get(pk=update_pk)
    permits.require(by, verb, update)
    return update


def waiting(
    update_pk: int, *, by: User | None, verb: str = "update.write", read: datetime | None = None
) -> StatusUpdate:
    """A draft or scheduled update, locked. Raises Blocked for one that was published or withdrawn meanwhile or, where
    its `updated_at` was `read`, changed since; and PermissionDenied unless `by` may do `verb` to it."""
    update = locked(update_pk, by=by, verb=verb)
    if update.status not in WAITING:
        raise refuse("update_settled", f"It is {update.get_status_display().lower()} already.")
    unchanged(update, read)
    return update


def unchanged(update: StatusUpdate, read: datetime | None) -> None:
    """Blocked where the text is another one than what was `read`, the `updated_at` of what was looked at."""
    if read is not None and read != update.updated_at:
        raise refuse("update_changed", "It was changed since you read it. Read it again first.")


def schedule(update: StatusUpdate, *, by: User | None) -> StatusUpdate:
    assert update.publish_at is not None, "the caller has given a time"
    update.status = Status.SCHEDULED
    update.save()
    incident = update.page_incident.incident
    if incident:
        note(
            incident,
            "update.scheduled",
            f"scheduled a status update for {update.publish_at.astimezone(UTC):%d %b %H:%M} UTC",
            update,
            by=by,
        )
    return update


def note(incident: Incident, verb: str, text: str, update: StatusUpdate, *, by: User | None) -> None:
    timeline.record(
        incident,
        Kind.UPDATE,
        verb,
        f"{by or 'Watchbill'} {text}",
        by=by,
        data={"status_update": update.pk},
    )
