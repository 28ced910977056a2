"""Readers come and go: they ask, confirm by a link in their mail, choose, and leave with one click. Each step is a line
of their history."""

from __future__ import annotations

from datetime import timedelta
from email.errors import HeaderParseError, MessageDefect
from email.headerregistry import Address
from typing import Any, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from comms import choices
from comms.actions import keepers, leading
from comms.actions.keepers import locked
from comms.actions.suppressing import note
from comms.addresses import Unwritable, ascii_form
from comms.models import (
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
LONGEST_EMAIL = 254


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
    **choice: Unpack[choices.Choice],
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
        leading.check_endpoint(kind, endpoint)
    asked = Subscriber(page=page, email=email)
    if kind:
        leading.lead_to(asked, kind, endpoint)
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


def _put(subscriber: Subscriber, choice: choices.Choice) -> None:
    """Write the choice to the object, but for its lists."""
    page = subscriber.page
    for name in choices.PLAIN:
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


def _chosen(page: StatusPage, choice: choices.Choice) -> dict[str, list[int]]:
    """The keys of each list, of what belongs to the page."""
    return {
        name: [row.pk for row in choice.get(name) or () if row.page_id == page.pk]  # type: ignore[attr-defined]
        for name in choices.LISTS
    }


@transaction.atomic
def _ask(asked: Subscriber, choice: choices.Choice) -> None:
    """The same statements whatever is known of the address."""
    found = _known(asked)
    changes = found is None or found.state != State.ACTIVE
    if found is not None and changes:
        # Who left, or whose address is refused, stays so until the link is used: anybody could have asked.
        asked.state, asked.ended_at = found.state, found.ended_at
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
        for name, model in choices.LISTS.items():
            through = getattr(Subscriber, name).through._meta
            column = next(each.column for each in through.fields if each.related_model is model)
            names = {"table": through.db_table, "column": column, "rows": model._meta.db_table}
            given: dict[str, Any] = {"subscriber": subscriber.pk, "changes": changes, "chosen": chosen[name]}
            cursor.execute(FORGET.format(**names), given)
            cursor.execute(CHOOSE.format(**names), given)
    incidents = list(choice.get("incidents") or ())
    # Who is subscribed is offered in their mail to follow this one as well.
    about = f"incident:{incidents[0].uid}" if incidents else ""
    send_confirmation(subscriber, said=choices.in_words(asked, choices.names(choice)), about=about)


def _known(asked: Subscriber) -> Subscriber | None:
    rows = Subscriber.objects.select_for_update(of=("self",)).filter(page=asked.page, channel=asked.channel)
    rows = rows.filter(endpoint_mark=asked.endpoint_mark) if asked.endpoint_mark else rows.at(asked.email)
    return rows.first()


def send_confirmation(
    subscriber: Subscriber, *, said: str = "", about: str = "", by: User | None = None, can_wait: bool = False
) -> bool:
    """One mail each ten minutes and five a day for an address, whoever asks for them and however often. Returns whether
    it is queued. `said` is what the history has of it, and `about` what its letter offers besides. One that `can_wait`
    does so for what is told now: somebody brought a hundred thousand of them."""
    from comms.tasks import deliver_due

    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            CONFIRMATION,
            {
                "email": subscriber.email,
                "subscriber": subscriber.pk,
                "priority": Delivery.PRIORITY[Delivery.Kind.SUMMARY if can_wait else Delivery.Kind.CONFIRM],
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


@transaction.atomic
def confirm(subscriber_pk: int) -> Subscriber:
    """The link was used: from now on they are told, and where they are told by a webhook or chat, that gets a first
    call. Safe to call again."""
    subscriber = locked(subscriber_pk)
    if subscriber.state != State.ACTIVE:
        note(subscriber, Kind.CONFIRMED if subscriber.state == State.PENDING else Kind.RETURNED)
        subscriber.state = State.ACTIVE
        subscriber.confirmed_at = timezone.now()
        subscriber.ended_at = subscriber.failing_since = None
        subscriber.trouble = ""
        subscriber.save()
        if subscriber.endpoint:
            keepers.call(subscriber)
    return subscriber


@transaction.atomic
def choose(subscriber_pk: int, **choice: Unpack[choices.Choice]) -> Subscriber:
    """What they want to hear of, and when; in `language`, if the page has it.

    Raises Blocked for an empty choice and for an unknown zone.
    """
    subscriber = locked(subscriber_pk)
    before = choices.described(subscriber, choices.names_of(subscriber))
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
    if changed := choices.changed(before, choices.described(subscriber, choices.names_of(subscriber))):
        note(subscriber, Kind.CHOSE, changed)
    return subscriber


@transaction.atomic
def follow(subscriber_pk: int, incident: PageIncident) -> Subscriber:
    """Hear of this incident of their page, too, whatever else they chose."""
    subscriber = locked(subscriber_pk)
    if subscriber.state == State.ACTIVE and incident.page_id == subscriber.page_id:
        before = choices.described(subscriber, choices.names_of(subscriber))
        subscriber.incidents.add(incident)
        if changed := choices.changed(before, choices.described(subscriber, choices.names_of(subscriber))):
            note(subscriber, Kind.CHOSE, changed)
    return subscriber


@transaction.atomic
def unsubscribe(subscriber_pk: int, *, by: User | None = None, how: str = "") -> Subscriber:
    """They hear no more, what is queued included (it is checked before it is sent), and get one mail by which they come
    back should it have been a mistake. Safe to call again. `by` is who did it for them, `how` which way they took."""
    subscriber = locked(subscriber_pk)
    if subscriber.state not in (State.UNSUBSCRIBED, State.SUPPRESSED):
        was, subscriber.state = subscriber.state, State.UNSUBSCRIBED
        subscriber.ended_at = timezone.now()
        subscriber.save()
        note(subscriber, Kind.REMOVED if by else Kind.UNSUBSCRIBED, how, by=by)
        if was == State.ACTIVE:
            _offer_return(subscriber)
    return subscriber


def _offer_return(subscriber: Subscriber) -> None:
    recent = subscriber.deliveries.filter(key__startswith="undo:", created_at__gt=timezone.now() - UNDO_EVERY)
    if not recent.exists():
        keepers.write_to_keeper(subscriber, "undo", Delivery.Kind.NOTICE)
