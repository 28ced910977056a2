"""Readers come and go: they ask, confirm by a link in their mail, choose, and leave with one click. Each step is a line
of their history."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import time, timedelta
from email.errors import HeaderParseError, MessageDefect
from email.headerregistry import Address
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext

from comms import endpoints
from comms.actions.suppressing import note
from comms.addresses import Unwritable, ascii_form
from comms.models import (
    Component,
    ComponentGroup,
    Delivery,
    PageIncident,
    StatusPage,
    Subscriber,
    SubscriberEvent,
)
from comms.standing import may_read
from incidents.problems import refuse
from teams.models import User
from teams.zones import validate_zone

State, Kind = Subscriber.State, SubscriberEvent.Kind
CONFIRM_EVERY = timedelta(minutes=10)
CONFIRMS_A_DAY = 5
UNDO_EVERY = timedelta(days=1)
TEST_EVERY = timedelta(minutes=1)
TESTS_A_DAY = 20
LONGEST_EMAIL = 254


class Choice(TypedDict, total=False):
    """What somebody wants to hear of, and when; what is left out is as it was, or as it usually is.

    `components` None with no `groups` and no `incidents` is all of the page.
    """

    components: Sequence[Component] | None
    groups: Sequence[ComponentGroup]
    incidents: Sequence[PageIncident]
    floor: str
    maintenance: bool
    ends_only: bool
    quiet_from: time | None
    quiet_until: time | None
    digest: str
    digest_at: time
    time_zone: str
    language: str


PLAIN = ("floor", "maintenance", "ends_only", "quiet_from", "quiet_until", "digest", "digest_at")
LISTS: dict[str, type[models.Model]] = {"components": Component, "groups": ComponentGroup, "incidents": PageIncident}
# What somebody asked for takes the place of what they had asked for before, unless they are subscribed: then nothing
# changes, and these statements find nothing to do.
FORGET = "DELETE FROM {table} WHERE subscriber_id = %(subscriber)s AND %(changes)s::boolean"
CHOOSE = """
INSERT INTO {table} (subscriber_id, {column})
SELECT %(subscriber)s, id FROM {rows} WHERE id = ANY(%(chosen)s::bigint[]) AND %(changes)s::boolean
"""
CONFIRMATION = """
WITH before AS (
    SELECT count(*) AS of_day, count(*) FILTER (WHERE sent.created_at > %(recently)s) AS recent
    FROM comms_subscriber theirs JOIN comms_delivery sent ON sent.subscriber_id = theirs.id
    WHERE lower(theirs.email) = lower(%(email)s) AND sent.kind = 'confirm' AND sent.created_at > %(today)s
), made AS (
    INSERT INTO comms_delivery
        (key, kind, priority, channel, address, subscriber_id, state, due_at, attempts, reply, created_at,
         place, rule, provider_id, relay)
    SELECT 'confirm:' || %(subscriber)s || ':' || (
            SELECT count(*) + 1 FROM comms_delivery WHERE subscriber_id = %(subscriber)s AND kind = 'confirm'
        ), 'confirm', %(priority)s, 'email', %(email)s, %(subscriber)s, 'queued', %(now)s, 0, '', %(now)s,
        0, %(about)s, '', ''
    FROM before WHERE before.of_day < %(most)s AND before.recent = 0
    RETURNING subscriber_id
)
INSERT INTO comms_subscriberevent (subscriber_id, kind, at, text, by_id)
SELECT subscriber_id, 'asked', %(now)s, %(text)s, %(by)s FROM made
"""


def subscribe(
    page: StatusPage,
    email: str,
    *,
    kind: str = "",
    endpoint: str = "",
    **choice: Unpack[Choice],
) -> None:
    """Ask for updates of `page`, by mail to `email`, or with a `kind` of `comms.endpoints` to `endpoint`, which `email`
    looks after. What follows is a mail with a link, and nobody who asks learns whether the address was known: the
    answer is the same and takes the same statements, and nothing of a subscription changes before the link is used.

    Raises Blocked for what is no address, and on a page for people of the organization for what is none of theirs.
    """
    email = cleaned(email)
    if not may_be_told(page, email):
        raise refuse(
            "email_outside",
            gettext("This page is for people of the organization. Use the address that is in your account."),
            field="email",
        )
    endpoint = endpoint.strip()
    if kind:
        check_endpoint(kind, endpoint)
    asked = Subscriber(page=page, email=email)
    if kind:
        _lead_to(asked, kind, endpoint)
    _put(asked, choice)
    try:
        _ask(asked, choice)
    except IntegrityError:
        # Twice at the same moment: the other one asks for both.
        return


def cleaned(email: str) -> str:
    """The address as it is written to. Raises Blocked for what is none."""
    try:
        email = ascii_form(email.strip())
        if len(email) > LONGEST_EMAIL:
            raise ValidationError("too long")
        validate_email(email)
        # What stands in quotes may be valid and yet nothing that a header takes.
        Address(addr_spec=email)
    except Unwritable as error:
        raise refuse("email_not_ascii", str(error), field="email") from None
    except (ValidationError, ValueError, IndexError, HeaderParseError, MessageDefect):
        raise refuse(
            "email_invalid", gettext("That is not an e-mail address. Write it as name@example.org."), field="email"
        ) from None
    return email


def may_be_told(page: StatusPage, email: str) -> bool:
    """Whether the page is for whoever has this address."""
    if page.audience in (StatusPage.Audience.PUBLIC, StatusPage.Audience.CUSTOMERS):
        return True
    people = User.objects.filter(is_active=True, email__iexact=email)
    return any(may_read(person, page) for person in people)


def check_endpoint(kind: str, address: str) -> None:
    """Raises Blocked for an address that no update may go to."""
    if endpoints.is_usable(kind, address):
        return
    if kind == endpoints.WEBHOOK:
        text = gettext("Updates can't be sent there. Give an address at the public internet that begins with https://.")
    else:
        text = gettext("Updates can't be sent there. Give the address as the service shows it, such as %(such_as)s")
        text %= {"such_as": endpoints.such_as(kind)}
    raise refuse("endpoint_unusable", text, field="endpoint")


def _lead_to(subscriber: Subscriber, kind: str, address: str) -> None:
    subscriber.channel = endpoints.channel(kind)
    subscriber.kind = "" if kind == endpoints.WEBHOOK else kind
    subscriber.endpoint = address
    subscriber.endpoint_shown = endpoints.shown(kind, address)
    subscriber.endpoint_mark = endpoints.mark(kind, address, subscriber.email)
    if kind == endpoints.WEBHOOK and not subscriber.secret:
        subscriber.secret = new_secret()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def _put(subscriber: Subscriber, choice: Choice) -> None:
    """Write the choice to the object, but for its lists."""
    page = subscriber.page
    for name in PLAIN:
        if name in choice:
            setattr(subscriber, name, choice[name])  # type: ignore[literal-required]
    zone = choice.get("time_zone") or ("" if subscriber.pk else page.time_zone)
    if zone:
        try:
            validate_zone(zone)
        except ValidationError as error:
            raise refuse("time_zone_unknown", error.messages[0], field="time_zone") from None
        subscriber.time_zone = zone
    if choice.get("language") in page.languages:
        subscriber.language = choice["language"]
    if "components" in choice:
        some = choice["components"] is not None or choice.get("groups") or choice.get("incidents")
        subscriber.all_components = not some


def _chosen(page: StatusPage, choice: Choice) -> dict[str, list[int]]:
    """The keys of each list, of what belongs to the page."""
    return {
        name: [row.pk for row in choice.get(name) or () if row.page_id == page.pk]  # type: ignore[attr-defined]
        for name in LISTS
    }


@transaction.atomic
def _ask(asked: Subscriber, choice: Choice) -> None:
    """The same statements whatever is known of the address."""
    found = _known(asked)
    changes = found is None or found.state != State.ACTIVE
    if found is None:
        subscriber = asked
        subscriber.save(force_insert=True)
    elif changes:
        subscriber, asked.pk, asked.created_at, asked.confirmed_at = (
            asked,
            found.pk,
            found.created_at,
            found.confirmed_at,
        )
        subscriber.save(force_update=True)
    else:
        subscriber = found
        subscriber.save(force_update=True, update_fields=["state"])
    chosen = _chosen(asked.page, choice)
    with connection.cursor() as cursor:
        for name, model in LISTS.items():
            through = getattr(Subscriber, name).through._meta
            column = next(each.column for each in through.fields if each.related_model is model)
            names = {"table": through.db_table, "column": column, "rows": model._meta.db_table}
            given: dict[str, Any] = {"subscriber": subscriber.pk, "changes": changes, "chosen": chosen[name]}
            cursor.execute(FORGET.format(**names), given)
            cursor.execute(CHOOSE.format(**names), given)
    incidents = list(choice.get("incidents") or ())
    # Who is subscribed is offered in their mail to follow this one as well.
    about = f"incident:{incidents[0].uid}" if incidents else ""
    send_confirmation(subscriber, said=in_words(asked, _names(choice)), about=about)


def _known(asked: Subscriber) -> Subscriber | None:
    rows = Subscriber.objects.select_for_update(of=("self",)).filter(page=asked.page, channel=asked.channel)
    rows = rows.filter(endpoint_mark=asked.endpoint_mark) if asked.endpoint_mark else rows.at(asked.email)
    return rows.first()


def send_confirmation(subscriber: Subscriber, *, said: str = "", about: str = "", by: User | None = None) -> bool:
    """One mail each ten minutes and five a day for an address, whoever asks for them and however often. Returns whether
    it is queued. `said` is what the history has of it, and `about` what its letter offers besides."""
    from comms.tasks import deliver_due

    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            CONFIRMATION,
            {
                "email": subscriber.email,
                "subscriber": subscriber.pk,
                "priority": Delivery.PRIORITY[Delivery.Kind.CONFIRM],
                "now": now,
                "recently": now - CONFIRM_EVERY,
                "today": now - timedelta(days=1),
                "most": CONFIRMS_A_DAY,
                "about": about,
                "text": said[:500],
                "by": by.pk if by else None,
            },
        )
        queued: bool = cursor.rowcount > 0
    deliver_due.delay_on_commit()
    return queued


def _names(choice: Choice) -> list[str]:
    return [str(row) for name in LISTS for row in choice.get(name) or ()]  # type: ignore[attr-defined]


def names_of(subscriber: Subscriber) -> list[str]:
    """What they chose instead of everything."""
    return [str(row) for name in LISTS for row in getattr(subscriber, name).all()]


def _described(subscriber: Subscriber, names: Sequence[str]) -> dict[str, str]:
    """What is chosen, by what it is about, in words for whoever reads the history."""
    quiet = ""
    if subscriber.quiet_from and subscriber.quiet_until:
        quiet = f"{subscriber.quiet_from:%H:%M} to {subscriber.quiet_until:%H:%M}"
    digest = {"": "at once", "hourly": "hourly", "daily": f"daily at {subscriber.digest_at:%H:%M}"}
    return {
        "hears of": "everything" if subscriber.all_components else ", ".join(names) or "nothing",
        "impact": {"none": "any", "critical": "critical"}.get(subscriber.floor, f"{subscriber.floor} or worse"),
        "maintenance": "yes" if subscriber.maintenance else "no",
        "updates": "first and last" if subscriber.ends_only else "all",
        "quiet hours": quiet or "none",
        "low impact": digest[subscriber.digest],
        "time zone": subscriber.time_zone,
        "language": subscriber.language or "the page's",
        "to": subscriber.reached_at,
    }


def in_words(subscriber: Subscriber, names: Sequence[str]) -> str:
    return "; ".join(f"{about}: {what}" for about, what in _described(subscriber, names).items())


def _changed(before: dict[str, str], after: dict[str, str]) -> str:
    return "; ".join(f"{about}: {before[about]} → {what}" for about, what in after.items() if before[about] != what)


@transaction.atomic
def confirm(subscriber_pk: int) -> Subscriber:
    """The link was used: from now on they are told, and where they are told by a webhook or chat, that gets a first
    call. Safe to call again."""
    subscriber = _locked(subscriber_pk)
    if subscriber.state != State.ACTIVE:
        note(subscriber, Kind.CONFIRMED if subscriber.state == State.PENDING else Kind.RETURNED)
        subscriber.state = State.ACTIVE
        subscriber.confirmed_at = timezone.now()
        subscriber.ended_at = subscriber.failing_since = None
        subscriber.trouble = ""
        subscriber.save()
        if subscriber.endpoint:
            _call(subscriber)
    return subscriber


@transaction.atomic
def choose(subscriber_pk: int, **choice: Unpack[Choice]) -> Subscriber:
    """What they want to hear of, and when; in `language`, if the page has it.

    Raises Blocked for an empty choice and for an unknown zone.
    """
    subscriber = _locked(subscriber_pk)
    before = _described(subscriber, names_of(subscriber))
    if "components" in choice:
        chosen = _chosen(subscriber.page, choice)
        if choice["components"] is not None and not any(chosen.values()):
            raise refuse(
                "components_missing",
                gettext("Choose at least one component, or unsubscribe."),
                field="components",
            )
        for name, keys in chosen.items():
            getattr(subscriber, name).set(keys)
    _put(subscriber, choice)
    subscriber.save()
    if changed := _changed(before, _described(subscriber, names_of(subscriber))):
        note(subscriber, Kind.CHOSE, changed)
    return subscriber


@transaction.atomic
def follow(subscriber_pk: int, incident: PageIncident) -> Subscriber:
    """Hear of this incident of their page, too, whatever else they chose."""
    subscriber = _locked(subscriber_pk)
    if subscriber.state == State.ACTIVE and incident.page_id == subscriber.page_id:
        before = _described(subscriber, names_of(subscriber))
        subscriber.incidents.add(incident)
        if changed := _changed(before, _described(subscriber, names_of(subscriber))):
            note(subscriber, Kind.CHOSE, changed)
    return subscriber


@transaction.atomic
def lead_elsewhere(subscriber_pk: int, kind: str, address: str) -> Subscriber:
    """Send their updates to another webhook or chat from now on, beginning with a test. Raises Blocked for an address
    that is of no use, or that they have already."""
    subscriber = _locked(subscriber_pk)
    address = address.strip()
    check_endpoint(kind, address)
    before = _described(subscriber, names_of(subscriber))
    _lead_to(subscriber, kind, address)
    subscriber.failing_since, subscriber.trouble = None, ""
    try:
        with transaction.atomic():
            subscriber.save()
    except IntegrityError:
        raise refuse("endpoint_known", gettext("You get updates there already."), field="endpoint") from None
    changed = _changed(before, _described(subscriber, names_of(subscriber)))
    note(subscriber, Kind.CHOSE, changed or f"another address of {subscriber.reached_at}")
    _call(subscriber)
    return subscriber


@transaction.atomic
def send_test(subscriber_pk: int) -> None:
    """Call their webhook or chat to see whether it answers. Raises Blocked where it was called just now."""
    subscriber = _locked(subscriber_pk)
    now = timezone.now()
    calls = subscriber.deliveries.filter(kind=Delivery.Kind.TEST, created_at__gt=now - timedelta(days=1))
    made = list(calls.values_list("created_at", flat=True))
    if len(made) >= TESTS_A_DAY or any(at > now - TEST_EVERY for at in made):
        raise refuse("test_too_soon", gettext("It was tested just now. Wait a minute."))
    _call(subscriber)


@transaction.atomic
def rotate_secret(subscriber_pk: int) -> Subscriber:
    """A new secret for what their webhook gets. The former one signs as well until it is dropped."""
    subscriber = _locked(subscriber_pk)
    subscriber.former_secret, subscriber.secret = subscriber.secret, new_secret()
    subscriber.save(update_fields=["secret", "former_secret"])
    note(subscriber, Kind.CHOSE, "made another secret")
    return subscriber


@transaction.atomic
def drop_former_secret(subscriber_pk: int) -> Subscriber:
    subscriber = _locked(subscriber_pk)
    if subscriber.former_secret:
        subscriber.former_secret = ""
        subscriber.save(update_fields=["former_secret"])
        note(subscriber, Kind.CHOSE, "dropped the former secret")
    return subscriber


@transaction.atomic
def unsubscribe(subscriber_pk: int, *, by: User | None = None, how: str = "") -> Subscriber:
    """They hear no more, what is queued included (it is checked before it is sent), and get one mail by which they come
    back should it have been a mistake. Safe to call again. `by` is who did it for them, `how` which way they took."""
    subscriber = _locked(subscriber_pk)
    if subscriber.state not in (State.UNSUBSCRIBED, State.SUPPRESSED):
        was, subscriber.state = subscriber.state, State.UNSUBSCRIBED
        subscriber.ended_at = timezone.now()
        subscriber.save()
        note(subscriber, Kind.REMOVED if by else Kind.UNSUBSCRIBED, how, by=by)
        if was == State.ACTIVE:
            _offer_return(subscriber)
    return subscriber


def _locked(subscriber_pk: int) -> Subscriber:
    return Subscriber.objects.select_for_update(of=("self",)).select_related("page").get(pk=subscriber_pk)


def _offer_return(subscriber: Subscriber) -> None:
    recent = subscriber.deliveries.filter(key__startswith="undo:", created_at__gt=timezone.now() - UNDO_EVERY)
    if not recent.exists():
        write_to_keeper(subscriber, "undo", Delivery.Kind.NOTICE)


def write_to_keeper(subscriber: Subscriber, about: str, kind: str) -> None:
    """A mail about the subscription itself to whose it is, in the caller's transaction; `about` begins its key."""
    from comms.tasks import deliver_due

    _queue(subscriber, about, kind, Delivery.Channel.EMAIL, subscriber.email)
    deliver_due.delay_on_commit()


def _call(subscriber: Subscriber) -> None:
    from comms.tasks import call_due

    _queue(subscriber, "test", Delivery.Kind.TEST, subscriber.channel, subscriber.endpoint_shown)
    call_due.delay_on_commit()


def _queue(subscriber: Subscriber, about: str, kind: str, channel: str, address: str) -> None:
    number = subscriber.deliveries.filter(key__startswith=f"{about}:").count() + 1
    Delivery.objects.create(
        key=f"{about}:{subscriber.pk}:{number}",
        kind=kind,
        priority=Delivery.PRIORITY[Delivery.Kind(kind)],
        channel=channel,
        address=address,
        subscriber=subscriber,
    )
