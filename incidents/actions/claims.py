"""Who is writing on which section of a postmortem. A claim keeps two people from typing over each other; it keeps
nothing from being saved by hand, and lapses by itself."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from incidents import timeline
from incidents.actions import mentions
from incidents.actions.facts import lock, try_lock
from incidents.actions.review_rows import settled
from incidents.models import Incident, Postmortem, PostmortemSection, SectionClaim, TimelineEntry
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments
from teams.models import User

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
NAMED = "postmortem.mentioned"


def _section(incident_pk: int, key: str, *, by: User) -> tuple[Incident, PostmortemSection]:
    incident = lock(incident_pk, by=by, verb="review.write")
    rows = PostmortemSection.objects.select_related("postmortem", "claim__user")
    found = rows.filter(postmortem__incident=incident, key=key).first()
    if found is None:
        raise refuse("section_unknown", f"There is no section “{key}” here.")
    return incident, found


def standing(section: PostmortemSection, now: datetime) -> SectionClaim | None:
    """Who writes on it at `now`."""
    found: SectionClaim | None = getattr(section, "claim", None)
    return found if found is not None and found.until > now else None


@transaction.atomic
def claim(incident_pk: int, key: str, *, by: User, take_over: bool = False) -> SectionClaim:
    """Begin to write on a section, or show that one still does. Raises Blocked with code `section_claimed` where
    somebody else is writing, unless it is taken over from them: what they saved stays, and what they typed since is
    kept on their own page."""
    incident, section = _section(incident_pk, key, by=by)
    if not section.postmortem.is_editable:
        raise settled(section.postmortem)
    now = moments.now()
    other = standing(section, now)
    if other is not None and other.user_id != by.pk and not take_over:
        raise _claimed(other)
    past: SectionClaim | None = getattr(section, "claim", None)
    if past is not None and past.user_id != by.pk:
        tell_named(incident, section, by=past.user)
    same = other is not None and other.user_id == by.pk
    made, _ = SectionClaim.objects.update_or_create(
        section=section,
        defaults={"user": by, "until": now + LEASE, **({} if same else {"since": now})},
    )
    return made


def renew(postmortem: Postmortem, keys: Collection[str], *, by: User) -> None:
    """A page saves these by itself, in the caller's transaction: that is a sign of life. Raises Blocked with code
    `section_claimed` and the key for each on which somebody else has begun to write."""
    now = moments.now()
    rows = list(SectionClaim.objects.filter(section__postmortem=postmortem, section__key__in=keys, until__gt=now))
    for other in rows:
        if other.user_id != by.pk:
            raise _claimed(other)
    held = {row.section_id for row in rows}
    SectionClaim.objects.filter(pk__in=[row.pk for row in rows]).update(until=now + LEASE)
    for section in PostmortemSection.objects.filter(postmortem=postmortem, key__in=keys).exclude(pk__in=held):
        SectionClaim.objects.update_or_create(
            section=section, defaults={"user": by, "since": now, "until": now + LEASE}
        )


def _claimed(other: SectionClaim) -> Exception:
    return refuse(
        "section_claimed",
        f"{other.user} is writing on “{other.section}” now. Take it over, or wait a minute.",
        field=other.section.key,
    )


@transaction.atomic
def release(incident_pk: int, key: str, *, by: User) -> None:
    """Leave a section; whom it names is told. Nothing happens where somebody else has taken it over."""
    incident, section = _section(incident_pk, key, by=by)
    if SectionClaim.objects.filter(section=section, user=by).delete()[0]:
        tell_named(incident, section, by=by)


def tell_named(incident: Incident, section: PostmortemSection, *, by: User) -> None:
    """Tell whom a section names and who was not told of that section before, in the caller's transaction."""
    before = TimelineEntry.objects.filter(incident=incident, verb=NAMED, data__section=section.key)
    told = {handle for entry in before for handle in mentions.handles_of(entry)}
    found = mentions.read(section.text, incident, by=by, told=told)
    new = [row for row in found.kept if row["as"] not in told]
    if not new:
        return
    names = ", ".join(row["name"] for row in new)
    timeline.record(
        incident,
        Kind.REVIEW,
        NAMED,
        f"{by} mentioned {names} in the postmortem, under “{section}”",
        by=by,
        data={"postmortem": section.postmortem_id, "section": section.key, "mentions": new},
        notify=found.notify,
    )


def lapse_due(now: datetime, limit: int = 100) -> int:
    """End the claims of pages that gave no sign of life, as if their people had left; returns how many. One that fails
    is logged and keeps none of the others back."""
    due = SectionClaim.objects.filter(until__lte=now).order_by("until")
    ended = 0
    for pk, incident_pk in list(due.values_list("pk", "section__postmortem__incident")[:limit]):
        try:
            ended += _lapse(pk, incident_pk, now)
        except Exception:
            log.exception("ending the claim %s failed", pk)
    return ended


@transaction.atomic
def _lapse(pk: int, incident_pk: int, now: datetime) -> bool:
    incident = try_lock(incident_pk)
    rows = SectionClaim.objects.select_for_update(of=("self",), skip_locked=True).select_related("section", "user")
    found = rows.filter(pk=pk, until__lte=now).first()
    if incident is None or found is None:
        return False
    found.delete()
    tell_named(incident, found.section, by=found.user)
    return True
