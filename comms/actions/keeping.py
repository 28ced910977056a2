"""What the staff of a page do about one of its subscribers."""

from __future__ import annotations

from collections.abc import Mapping

import pgtrigger
from django.db import transaction

from comms.actions import delivering, importing, keepers, subscribing
from comms.models import Delivery, StatusPage, Subscriber, SubscriberEvent, SubscriberImport, SubscriberImportProblem
from comms.subscriber_cells import Refused
from comms.subscriber_files import Line
from incidents.problems import refuse
from teams import erasure, moments
from teams.audit import events
from teams.models import User

Kind = SubscriberEvent.Kind
State = Subscriber.State
MISSED = (Delivery.State.FAILED, Delivery.State.BOUNCED, Delivery.State.SUPPRESSED)
TOLD = (Delivery.Kind.UPDATE, Delivery.Kind.SUMMARY)


@transaction.atomic
def add(
    page: StatusPage, *, by: User, cells: Mapping[str, str], asks: bool, consent: str = ""
) -> tuple[Subscriber, str]:
    """Subscribe somebody, as a line of a file with these `cells` (by the names of `subscriber_files.COLUMNS`) would;
    who it is, and `added`, `changed` or `same`. Raises Blocked, by the name of the cell."""
    consent = consent.strip()
    if not asks and not consent:
        raise refuse("consent_missing", "Say where they agreed to be told: it is kept with them.", field="consent")
    row = SubscriberImport(page=page, by=by, asks=asks, consent="" if asks else consent[:300])
    try:
        outcome, subscriber = importing.Reader(row, Kind.ADDED).one(Line(1, dict(cells)))
    except Refused as why:
        raise refuse("subscriber_refused", why.problem, field=why.column) from None
    return subscriber, outcome


@transaction.atomic
def ask_again(subscriber_pk: int, *, by: User) -> Subscriber:
    """Send the mail that asks to confirm once more. An address that was refused is written to again for that alone:
    only who confirms is told of anything. Raises Blocked."""
    subscriber = keepers.locked(subscriber_pk)
    if subscriber.state == State.ACTIVE:
        raise refuse("confirmed_already", "They have confirmed already.")
    if subscriber.state == State.UNSUBSCRIBED:
        raise refuse("unsubscribed", "They unsubscribed. Only they themselves can come back, by the page.")
    lifted = subscriber.state == State.SUPPRESSED
    if lifted:
        subscriber.state, subscriber.ended_at = State.PENDING, None
        subscriber.save(update_fields=["state", "ended_at"])
    text = "The address is tried again" if lifted else ""
    if not subscribing.send_confirmation(subscriber, said=text, by=by):
        said = "One was sent in the last ten minutes, or five today. Try it later."
        transaction.set_rollback(True)
        raise refuse("asked_lately", said)
    return subscriber


@transaction.atomic
def send_missed(subscriber_pk: int, delivery_pk: int, *, by: User) -> Delivery:
    """Queue once more what did not reach somebody. Raises Blocked."""
    from comms.tasks import call_readers_due

    subscriber = Subscriber.objects.get(pk=subscriber_pk)
    if subscriber.state != State.ACTIVE:
        raise refuse("not_told", "They are not told of anything now. Ask them to confirm first.")
    missed = Delivery.objects.filter(subscriber=subscriber, kind__in=TOLD, state__in=MISSED)
    delivery = missed.filter(pk=delivery_pk).first()
    if delivery is None or not delivering.send_again([delivery.pk]):
        raise refuse("not_missed", "That is on its way already, or was sent.")
    call_readers_due.delay_on_commit()
    return delivery


@transaction.atomic
def erase(subscriber_pk: int, *, by: User, pages: list[int]) -> int:
    """Delete what is kept of somebody's address on `pages` (ids), their history and what was sent to them; how many
    subscriptions that were. Where none is left, the address goes from the audit log and from reports of imports, too.

    Nothing is left by which a later import could know that they unsubscribed.
    """
    subscriber = Subscriber.objects.select_related("page").get(pk=subscriber_pk)
    email, page = subscriber.email, subscriber.page
    theirs = Subscriber.objects.filter(email__iexact=email)
    with pgtrigger.ignore("comms.Subscriber:audit"):
        found = list(theirs.filter(page__in=pages).order_by("pk").values_list("pk", flat=True))
        Subscriber.objects.filter(pk__in=found).delete()
    SubscriberImportProblem.objects.filter(found_in__page__in=pages, content__icontains=email).delete()
    if not theirs.exists():
        erasure.erase_address(email)
    events.note(
        "subscriber.erased",
        f"{by.name} erased a subscriber of {page.name}",
        by=by,
        page=page.slug,
        subscriptions=len(found),
        at=moments.now().isoformat(),
    )
    return len(found)
