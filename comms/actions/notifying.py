"""Pages as deliveries: through which of a person's channels each goes and when, or that it waits for a digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from comms.actions import bundling
from comms.models import Bundle, Delivery, DrillCall, Letter
from incidents.actions import escalation
from incidents.models import Page, TimelineEntry
from teams import contacts, moments
from teams.models import ContactMethod, User, Webhook
from teams.notifying import Habits, Planned, plan

Kind, State, Channel = Delivery.Kind, Delivery.State, Delivery.Channel

_OWN = {
    ContactMethod.Kind.EMAIL: Channel.EMAIL,
    ContactMethod.Kind.SMS: Channel.SMS,
    ContactMethod.Kind.VOICE: Channel.VOICE,
    ContactMethod.Kind.PUSH: Channel.PUSH,
    ContactMethod.Kind.WEBHOOK: Channel.WEBHOOK,
}


# What several notifications are about, one after another.
ABOUT = ("page", "bundle", "drill_call")
# More than the rules that somebody may have: a reminder's places come after all that were before.
MOST_PLACES = 100


def channel_of(method: ContactMethod) -> Delivery.Channel:
    return _OWN.get(ContactMethod.Kind(method.kind), Channel.CHAT)


def queue_pages(told: Sequence[tuple[Page, TimelineEntry]]) -> None:
    """Queue all notifications of pages, each given with the entry that tells of it and with its user loaded, in the
    caller's transaction: by the person's rules, or held for a digest where they were paged a moment ago. However many
    pages, the queries are a few for each person."""
    now = moments.now()
    people = {page.user_id: page.user for page, _ in told}
    habits = contacts.habits_of(people.values())
    methods = _methods(people)
    rows: list[Delivery] = []
    window = bundling.window_now()
    # In the order of their people, so that two sweeps that page the same wait for each other and never in a circle.
    of_each: dict[int, list[tuple[Page, TimelineEntry]]] = {pk: [] for pk in sorted(people)}
    for page, entry in told:
        of_each[page.user_id].append((page, entry))
    for pk, mine in of_each.items():
        waits = bundling.joined([page for page, _ in mine], now, window)
        for (page, entry), bundle in zip(mine, waits, strict=True):
            if bundle is not None:
                rows.append(_held(page, entry, bundle))
                continue
            rows += [
                _row(f"page:{page.pk}", Kind.PAGE, page.user, methods, each, page=page, entry=entry)
                for each in plan(habits[pk], page.urgency, now)
            ]
    _queue(rows)


def _held(page: Page, entry: TimelineEntry, bundle: Bundle) -> Delivery:
    return Delivery(
        key=f"page:{page.pk}:held",
        kind=Kind.PAGE,
        priority=Delivery.PRIORITY[Kind.PAGE],
        state=State.HELD,
        bundle=bundle,
        page=page,
        user=page.user,
        entry=entry,
        due_at=bundle.closes_at,
        address=page.user.email,
        rule="Waits for a digest",
    )


def queue_digest(bundle: Bundle, habits: Habits, at: datetime, urgency: str) -> None:
    """Queue the digest of a bundle that has just closed, by its person's rules, in the caller's transaction."""
    methods = _methods([bundle.user_id])
    planned = plan(habits, urgency, at)
    _queue([_row(f"digest:{bundle.pk}", Kind.DIGEST, bundle.user, methods, each, bundle=bundle) for each in planned])


def queue_drill(calls: Sequence[DrillCall], at: datetime, *, again: int = 0) -> None:
    """Queue a drill to these people, as a page of high urgency at `at` would come to each, in the caller's transaction.
    `again` counts the reminders: each goes through all of a person's rules once more."""
    people = {call.person_id: call.person for call in calls}
    habits = contacts.habits_of(people.values())
    methods = _methods(people)
    rows = []
    for call in calls:
        for each in plan(habits[call.person_id], "high", at):
            step = replace(
                each, place=again * MOST_PLACES + each.place, why=f"{(again and 'reminder, ') or ''}{each.why}"
            )
            rows.append(_row(f"drill:{call.pk}", Kind.DRILL, call.person, methods, step, drill_call=call))
    _queue(rows)


def queue_calls(entry: TimelineEntry, people: Iterable[User], urgency: str) -> None:
    """Queue what calls people about something other than a page, by their rules for that urgency, in the caller's
    transaction. Mail is left out: a notice goes by that anyway."""
    now = moments.now()
    told = {user.pk: user for user in people if user.is_active and not user.is_service}
    habits = contacts.habits_of(told.values())
    methods = _methods(told)
    rows = [
        _row(f"call:{entry.pk}:{pk}", Kind.NOTICE, user, methods, each, entry=entry)
        for pk, user in told.items()
        for each in plan(habits[pk], urgency, now)
    ]
    _queue([row for row in rows if row.channel != Channel.EMAIL])


def queue_letter(user: User, method: ContactMethod | None, kind: Delivery.Kind, letter: Letter) -> Delivery:
    """Queue what is written once, such as a code or a test, to one of a person's methods or (None) to the account's
    address, in the caller's transaction."""
    now = moments.now()
    planned = Planned(now, method.pk if method else None, 0, "")
    row = _row(f"{kind}:{letter.pk}", kind, user, {method.pk: method} if method else {}, planned, letter=letter)
    _queue([row])
    return Delivery.objects.get(key=row.key)


def queue_webhooks(entry: TimelineEntry, webhooks: Iterable[Webhook]) -> None:
    """Queue the calls of a step's webhooks, in the caller's transaction."""
    data = entry.data
    _queue(
        [
            Delivery(
                key=f"hook:{data['run']}:{data['loop']}:{data['level']}:{hook.pk}",
                kind=Kind.PAGE,
                priority=Delivery.PRIORITY[Kind.PAGE],
                channel=Channel.WEBHOOK,
                webhook=hook,
                address=hook.name[:254],
                entry=entry,
                first_due_at=moments.now(),
                rule="A target of the policy",
            )
            for hook in webhooks
        ]
    )


def hand_over(delivery: Delivery, *, for_good: bool) -> None:
    """A provider did not take what calls somebody: the person's next channel is used at once. Where it failed for good
    and none is left, the next step of the policy is due. In the caller's transaction."""
    from comms.tasks import call_due, deliver_due

    if delivery.user_id is None:
        return
    about = {name: pk for name in ABOUT if (pk := getattr(delivery, f"{name}_id"))}
    same = Delivery.objects.filter(kind=delivery.kind, **about).exclude(pk=delivery.pk)
    later = same.filter(state=State.QUEUED, attempts=0, place__gt=delivery.place).order_by("place").first()
    if later is not None:
        now = moments.now()
        if later.due_at > now:
            same.filter(pk=later.pk, state=State.QUEUED).update(
                due_at=now, rule=f"{later.rule}; at once, because another channel failed"[:120]
            )
            (deliver_due if later.channel == Channel.EMAIL else call_due).delay_on_commit()
    elif for_good and delivery.page is not None and not _may_still_reach(same):
        escalation.hurry(delivery.page)


def _may_still_reach(others: Any) -> bool:
    """Whether one of a page's other notifications was taken, or is being tried without a failure so far."""
    return bool(others.filter(Q(state=State.SENT) | Q(state__in=[State.QUEUED, State.SENDING], reply="")).exists())


def _methods(people: Iterable[int]) -> dict[int, ContactMethod]:
    return {row.pk: row for row in ContactMethod.objects.usable().filter(user__in=list(people))}


def _row(
    key: str, kind: Delivery.Kind, user: User, methods: dict[int, ContactMethod], planned: Planned, **about: object
) -> Delivery:
    method = methods.get(planned.method) if isinstance(planned.method, int) else None
    channel = channel_of(method) if method else Channel.EMAIL
    row = Delivery(
        key=f"{key}:{planned.place}",
        kind=kind,
        priority=Delivery.PRIORITY[kind],
        channel=channel,
        method=method,
        user=user,
        place=planned.place,
        rule=planned.why[:120],
        due_at=planned.at,
        first_due_at=planned.at,
        **about,
    )
    if method is None:
        row.address = user.email
    else:
        row.address = method.address[:254] if channel == Channel.EMAIL else method.shown
    if not row.address:
        row.state, row.reply = State.FAILED, "This person has no e-mail address."
    return row


def _queue(rows: list[Delivery]) -> None:
    """Insert what is not there yet, and wake whoever sends it."""
    from comms.tasks import call_due, deliver_due

    if not rows:
        return
    assert transaction.get_connection().in_atomic_block, "the rows belong to the transaction that tells of them"
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    now = moments.now()
    channels = {row.channel for row in rows if row.state == State.QUEUED and row.due_at <= now}
    if Channel.EMAIL in channels:
        deliver_due.delay_on_commit()
    if channels - {Channel.EMAIL}:
        call_due.delay_on_commit()
