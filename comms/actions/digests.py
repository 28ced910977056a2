"""What was held for somebody, told in one message, and answered at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from comms.actions import notifying
from comms.actions.bundling import unanswered, worst
from comms.models import Bundle, Delivery
from incidents.actions import escalation
from incidents.models import Page
from incidents.problems import Blocked
from teams import contacts, faultpoints, moments
from teams.models import Organization, User

State = Delivery.State
# Incidents that one round acknowledges for an answered digest.
AT_ONCE = 100


def close_due(now: datetime, limit: int = 100) -> int:
    """Close the bundles whose time is up; what waits in them and is still unanswered goes out as a digest, and opens
    the next. Returns how many digests. Each in a transaction of its own, so that a crash repeats none."""
    keys = list(Bundle.objects.due(now).order_by("closes_at").values_list("pk", flat=True)[:limit])
    return sum(_close(pk, now) for pk in keys)


@transaction.atomic
def _close(pk: int, now: datetime) -> bool:
    bundle = Bundle.objects.due(now).select_for_update(skip_locked=True).filter(pk=pk).first()
    if bundle is None:
        return False
    bundle.closed_at = now
    bundle.save(update_fields=["closed_at"])
    held = Delivery.objects.filter(bundle=bundle, state=State.HELD)
    waiting = held.filter(page__in=unanswered(bundle))
    found = list(waiting.order_by().values_list("page__urgency", "page__severity").distinct())
    told = waiting.update(state=State.SUPPRESSED, reply="Told in a digest.")
    held.update(state=State.SUPPRESSED, reply="Somebody had answered before the digest went out.")
    if not told:
        return False
    urgency, severity = worst(found)
    user = User.objects.get(pk=bundle.user_id)
    notifying.queue_digest(bundle, contacts.habits_of([user])[user.pk], now, urgency)
    window = timedelta(seconds=max(Organization.current().bundle_seconds, 1))
    Bundle.objects.create(user=user, urgency=urgency, severity=severity, opened_at=now, closes_at=now + window)
    faultpoints.reached("digesting")
    return True


def answer(bundle: Bundle) -> None:
    """Its person has all that the digest named: further digests of them stop at once, and a sweep acknowledges each."""
    from comms.tasks import answer_bundles

    with transaction.atomic():
        Bundle.objects.filter(pk=bundle.pk, answered_at=None).update(answered_at=moments.now())
        answer_bundles.delay_on_commit()


def answer_due() -> tuple[int, bool]:
    """Acknowledge incidents of answered bundles, `AT_ONCE` of them; returns how many, and whether some are left."""
    done = 0
    for bundle in Bundle.objects.filter(answered_at__isnull=False, answered_all_at=None).select_related("user"):
        for page in unanswered(bundle).select_related("incident").order_by("pk")[: AT_ONCE - done]:
            try:
                escalation.acknowledge(page.incident_id, by=bundle.user, page=page, through="in a digest")
            except Blocked:
                Page.objects.filter(pk=page.pk).update(acknowledged_at=moments.now())
            done += 1
        if done >= AT_ONCE:
            return done, True
        Bundle.objects.filter(pk=bundle.pk).update(answered_all_at=moments.now())
    return done, False
