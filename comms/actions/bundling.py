"""A storm is one page: whoever was paged a moment ago gets what follows as a digest, unless it is worse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from comms.models import Bundle, Delivery
from incidents.models import EscalationRun, Incident, Page
from incidents.phases import ACTIVE
from incidents.urgency import UNKNOWN
from teams.models import Organization

State = Delivery.State
# Urgency and level of severity.
Weight = tuple[str, int | None]


def window_now() -> timedelta:
    """For how long after a page further ones wait for a digest; nothing where they never do."""
    return timedelta(seconds=Organization.current().bundle_seconds)


def joined(pages: Sequence[Page], now: datetime, window: timedelta) -> list[Bundle | None]:
    """For each of one person's `pages`, in their order, the bundle in which it waits; None for one that goes out now:
    it opens a bundle, or is worse than what the open one is measured by. In the caller's transaction: the person's
    bundle is locked until it ends."""
    if not window:
        return [None] * len(pages)
    bundle, is_new = _open(pages[0], now, window)
    waits: list[Bundle | None] = [None] if is_new else []
    over = not is_new and now >= bundle.closes_at and not bundle.deliveries.filter(state=State.HELD).exists()
    changed = False
    for page in pages[len(waits) :]:
        weight = (page.urgency, page.severity)
        if over or worse(weight, (bundle.urgency, bundle.severity)):
            if over:
                bundle.opened_at, bundle.closes_at = now, now + window
            bundle.urgency, bundle.severity = weight
            over, changed = False, True
            waits.append(None)
        else:
            waits.append(bundle)
    if changed:
        bundle.save(update_fields=["opened_at", "closes_at", "urgency", "severity"])
    return waits


def worse(one: Weight, other: Weight) -> bool:
    """Whether one breaks through another: of higher urgency, or of a worse level."""
    return _rank(one) < _rank(other)


def worst(weights: Iterable[Weight]) -> Weight:
    return min(weights, key=_rank)


def _rank(weight: Weight) -> tuple[int, int]:
    urgency, severity = weight
    return (0 if urgency == "high" else 1), UNKNOWN if severity is None else severity


def _open(page: Page, now: datetime, window: timedelta) -> tuple[Bundle, bool]:
    """The person's open bundle, locked, and whether it is the one that `page` has just opened."""
    rows = Bundle.objects.select_for_update().filter(user=page.user_id, closed_at=None)
    while (found := rows.first()) is None:
        try:
            with transaction.atomic():
                made = Bundle.objects.create(
                    user_id=page.user_id,
                    urgency=page.urgency,
                    severity=page.severity,
                    opened_at=now,
                    closes_at=now + window,
                )
                return made, True
        except IntegrityError:
            # Somebody else's page came first: it is there when we look again, unless it has been closed by then.
            continue
    return found, False


def named(bundle: Bundle, most: int) -> list[Incident]:
    """The worst `most` incidents that a digest still has to tell of, each once."""
    pages = unanswered(bundle).select_related("incident__severity").order_by("urgency", "severity", "pk")
    return list(dict.fromkeys(page.incident for page in pages[: most * 2]))[:most]


def unanswered(bundle: Bundle) -> QuerySet[Page]:
    """The pages of a bundle that somebody still has to answer."""
    mine = Delivery.objects.filter(bundle=bundle, kind=Delivery.Kind.PAGE)
    return Page.objects.filter(
        pk__in=mine.values("page"),
        acknowledged_at=None,
        incident__phase__in=ACTIVE,
    ).exclude(
        Q(run__state=EscalationRun.State.ACKNOWLEDGED)
        | Q(run__request=None, incident__acknowledged_at__isnull=False)
        | Q(run__request__isnull=False, run__state=EscalationRun.State.STOPPED)
    )
