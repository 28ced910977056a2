"""Files of incidents. One is a row first; workers write it a slice at a time, each together with how far it is, so that
a worker that dies has written its last slice wholly or not at all."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from incidents import boards
from incidents.models import CustomField, Export, ExportPart, Incident
from incidents.models.incident import IncidentQuerySet
from incidents.presenters import exported
from incidents.problems import refuse
from teams import faultpoints, moments, permits
from teams.audit import events
from teams.models import User

log = logging.getLogger(__name__)
State = Export.State
LEASE = timedelta(seconds=60)
SLICE = 250
SLICE_WITH_TIMELINES = 25
MOST_UNDONE = 3
MOST_ATTEMPTS = 5
MOST_BYTES = 200_000_000
KEPT = timedelta(hours=24)


@transaction.atomic
def begin(*, by: User, query: str, form: str = Export.Form.CSV, timelines: bool = False) -> Export:
    """Ask for a file of the incidents of a board. What is in it is what `by` may see as it is written.

    Raises Blocked where timelines are asked for in a CSV, and while three of theirs are being written.
    """
    from incidents.tasks import write_exports

    permits.require(by, "incident.export")
    if timelines and form != Export.Form.JSON:
        raise refuse("timelines_in_csv", "Timelines have room in JSON alone. Choose that.", field="timelines")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if by.exports.filter(state__in=Export.UNDONE).count() >= MOST_UNDONE:
        said = f"{MOST_UNDONE} files are being written for you. Wait for one, or cancel it."
        raise refuse("too_many", said, fix_url="/exports/")
    made = Export.objects.create(
        user=by,
        form=Export.Form(form),
        timelines=timelines,
        query=boards.of_query(query).written,
        time_zone=timezone.get_current_timezone_name(),
        due_at=moments.now(),
    )
    events.note(
        "incidents.exported",
        f"{by.name} asked for a file of incidents",
        by=by,
        filters=made.query,
        form=made.form,
        timelines=timelines,
    )
    write_exports.delay_on_commit()
    return made


@transaction.atomic
def cancel(pk: int, *, by: User) -> Export:
    """Stop writing a file of `by`'s, or drop one that is written."""
    export = Export.objects.select_for_update().get(pk=pk, user=by)
    export.state, export.due_at, export.lease_until = State.CANCELLED, None, None
    export.ended_at = export.ended_at or moments.now()
    export.expires_at = moments.now()
    export.save(update_fields=["state", "due_at", "lease_until", "ended_at", "expires_at"])
    export.parts.all().delete()
    return export


def work(*, budget: float = 5.0) -> tuple[int, bool]:
    """Write slices for about `budget` seconds; how many, and whether something is left."""
    end, done = time.monotonic() + budget, 0
    while (claimed := _claim(moments.now())) is not None:
        try:
            while _slice(claimed):
                done += 1
                if time.monotonic() >= end:
                    _mine(claimed).update(lease_until=None)
                    return done, True
            done += 1
        except (OperationalError, InterfaceError):
            # Another worker goes on once the lease has run out.
            raise
        except Exception as error:
            log.exception("export %s could not be written", claimed.pk)
            _failed(claimed, f"{type(error).__name__}. Whoever runs Watchbill finds more in its log.")
    return done, False


def forget(now: datetime) -> int:
    """Drop the bytes and rows of files whose day is over; how many files."""
    return Export.objects.filter(expires_at__lte=now).delete()[1].get("incidents.Export", 0)


def _claim(now: datetime) -> Export | None:
    with transaction.atomic():
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        rows = Export.objects.select_for_update(skip_locked=True, of=("self",)).filter(free, due_at__lte=now)
        found = rows.select_related("user").order_by("due_at", "pk").first()
        if found is None:
            return None
        found.attempts += 1
        if found.attempts > MOST_ATTEMPTS:
            _failed(found, "It was tried several times and never came to an end.")
            return _claim(now)
        found.state, found.lease_until = State.RUNNING, now + LEASE
        found.save(update_fields=["state", "lease_until", "attempts"])
        return found


def _mine(claimed: Export) -> Any:
    """The row as this worker has it: once cancelled, or where another goes on with it, it matches no more."""
    return Export.objects.filter(pk=claimed.pk, state=State.RUNNING, lease_until=claimed.lease_until)


def _failed(export: Export, problem: str) -> None:
    now = moments.now()
    Export.objects.filter(pk=export.pk, state__in=Export.UNDONE).update(
        state=State.FAILED, problem=problem[:300], due_at=None, lease_until=None, ended_at=now, expires_at=now + KEPT
    )
    ExportPart.objects.filter(export=export).delete()


@transaction.atomic
def _slice(claimed: Export) -> bool:
    """Write the next slice; whether more are to come."""
    if not _mine(claimed).select_for_update(of=("self",)).values_list("pk"):
        return False
    user = User.objects.get(pk=claimed.user_id)
    if not permits.may(user, "incident.export"):
        _failed(claimed, "Whoever asked for it may no longer read incidents.")
        return False
    with timezone.override(ZoneInfo(claimed.time_zone)):
        found: IncidentQuerySet = boards.of_query(claimed.query).narrow(Incident.objects.visible_to(user), user)
    if claimed.after is None:
        claimed.total = found.order_by().count()
    rest = found if claimed.after is None else found.filter(pk__lt=claimed.after)
    size = SLICE_WITH_TIMELINES if claimed.timelines else SLICE
    incidents = exported.rows_of(rest.order_by("-pk")[:size])
    last = len(incidents) < size
    data = _text(claimed, incidents, last=last).encode()
    if claimed.size + len(data) > MOST_BYTES:
        _failed(claimed, f"It has more than {MOST_BYTES // 1_000_000} MB. Narrow the board, or leave out timelines.")
        return False
    ExportPart.objects.create(export=claimed, number=claimed.parts.count(), data=data)
    faultpoints.reached("export slice written")
    now = moments.now()
    written, after = claimed.written + len(incidents), incidents[-1].pk if incidents else claimed.after
    changed: dict[str, Any] = {
        "written": written,
        "after": after,
        "size": claimed.size + len(data),
        "total": max(claimed.total, written),
        "attempts": 0,
        "lease_until": now + LEASE,
    }
    if last:
        ended = {"due_at": None, "lease_until": None, "ended_at": now, "expires_at": now + KEPT, "total": written}
        changed |= {"state": State.DONE, **ended}
    _mine(claimed).update(**changed)
    for name, value in changed.items():
        setattr(claimed, name, value)
    return not last


def _text(export: Export, incidents: list[Incident], *, last: bool) -> str:
    """What the slice adds to the file."""
    first = export.after is None
    if export.form == Export.Form.CSV:
        keys = list(CustomField.objects.order_by("position", "pk").values_list("key", flat=True))
        lines = [exported.as_line(exported.told(incident), keys) for incident in incidents]
        return "".join([exported.heading(keys) if first else "", *lines])
    stories = exported.stories(incidents) if export.timelines else {}
    told = []
    for incident in incidents:
        row = exported.told(incident)
        told.append(exported.as_json(row | {"timeline": stories.get(incident.pk, [])} if export.timelines else row))
    begins = "[\n" if first else ",\n" if told else ""
    return begins + ",\n".join(told) + ("\n]\n" if last else "")


def bytes_of(export: Export) -> Any:
    """The file, part by part."""
    for pk in list(export.parts.order_by("number").values_list("pk", flat=True)):
        yield bytes(ExportPart.objects.get(pk=pk).data)
