"""Readers come and go: they ask, confirm by a link in their mail, choose, and leave with one click."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from comms.addresses import Unwritable, ascii_form
from comms.models import Component, Delivery, StatusPage, Subscriber
from comms.standing import may_read
from incidents.problems import refuse
from teams.models import User
from teams.zones import validate_zone

State = Subscriber.State
CONFIRM_EVERY = timedelta(minutes=10)
CONFIRMS_A_DAY = 5
LONGEST_EMAIL = 254


def subscribe(
    page: StatusPage,
    email: str,
    *,
    components: Iterable[Component] | None = None,
    time_zone: str = "",
    language: str = "",
) -> None:
    """Ask for updates of `page` (of `components`, or of all). What follows is a mail with a link, and nobody who asks
    learns whether the address was known: the answer is the same, and nothing is changed before the link is used.

    Raises Blocked for what is no address, and on a page for people of the organization for what is none of theirs.
    """
    try:
        email = ascii_form(email.strip())
        if len(email) > LONGEST_EMAIL:
            raise ValidationError("too long")
        validate_email(email)
    except Unwritable as error:
        raise refuse("email_not_ascii", str(error), field="email") from None
    except ValidationError:
        raise refuse(
            "email_invalid", gettext("That is not an e-mail address. Write it as name@example.org."), field="email"
        ) from None
    if not may_be_told(page, email):
        raise refuse(
            "email_outside",
            gettext("This page is for people of the organization. Use the address that is in your account."),
            field="email",
        )
    try:
        _ask(page, email, list(components) if components is not None else None, time_zone, language)
    except IntegrityError:
        # Twice at the same moment: the other one asks for both.
        return


def may_be_told(page: StatusPage, email: str) -> bool:
    """Whether the page is for whoever has this address."""
    if page.audience in (StatusPage.Audience.PUBLIC, StatusPage.Audience.CUSTOMERS):
        return True
    people = User.objects.filter(is_active=True, email__iexact=email)
    return any(may_read(person, page) for person in people)


@transaction.atomic
def _ask(page: StatusPage, email: str, components: list[Component] | None, time_zone: str, language: str) -> None:
    subscriber = Subscriber.objects.select_for_update().filter(page=page, email__iexact=email).first()
    if subscriber is None:
        subscriber = Subscriber(page=page, email=email)
    if subscriber.pk is None or subscriber.state != State.ACTIVE:
        subscriber.state = State.PENDING
        subscriber.all_components = components is None
        subscriber.time_zone = time_zone or page.time_zone
        subscriber.language = language if language in page.languages else ""
        subscriber.save()
        subscriber.components.set(_on_page(page, components or []))
    send_confirmation(subscriber)


def send_confirmation(subscriber: Subscriber) -> bool:
    """One mail each ten minutes and five a day for an address, whoever asks for them and however often. Returns whether
    it is queued."""
    from comms.tasks import deliver_due

    now = timezone.now()
    sent = Delivery.objects.filter(
        kind=Delivery.Kind.CONFIRM, address__iexact=subscriber.email, created_at__gt=now - timedelta(days=1)
    )
    recent = list(sent.values_list("created_at", flat=True))
    if len(recent) >= CONFIRMS_A_DAY or any(at > now - CONFIRM_EVERY for at in recent):
        return False
    number = subscriber.deliveries.filter(kind=Delivery.Kind.CONFIRM).count() + 1
    Delivery.objects.create(
        key=f"confirm:{subscriber.pk}:{number}",
        kind=Delivery.Kind.CONFIRM,
        priority=Delivery.PRIORITY[Delivery.Kind.CONFIRM],
        address=subscriber.email,
        subscriber=subscriber,
    )
    deliver_due.delay_on_commit()
    return True


def _on_page(page: StatusPage, components: Iterable[Component]) -> list[Component]:
    return [component for component in components if component.page_id == page.pk]


@transaction.atomic
def confirm(subscriber_pk: int) -> Subscriber:
    """The link was used: from now on they are told. Safe to call again."""
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_pk)
    if subscriber.state != State.ACTIVE:
        subscriber.state = State.ACTIVE
        subscriber.confirmed_at = timezone.now()
        subscriber.ended_at = None
        subscriber.save()
    return subscriber


@transaction.atomic
def choose(
    subscriber_pk: int, *, components: Iterable[Component] | None, time_zone: str = "", language: str = ""
) -> Subscriber:
    """What they want to hear of: `components` of their page, or None for all; in `language`, if the page has it.

    Raises Blocked for an empty choice and for an unknown zone.
    """
    subscriber = Subscriber.objects.select_for_update(of=("self",)).select_related("page").get(pk=subscriber_pk)
    chosen = None if components is None else _on_page(subscriber.page, components)
    if chosen == []:
        raise refuse(
            "components_missing",
            gettext("Choose at least one component, or unsubscribe."),
            field="components",
        )
    if time_zone:
        try:
            validate_zone(time_zone)
        except ValidationError as error:
            raise refuse("time_zone_unknown", error.messages[0], field="time_zone") from None
        subscriber.time_zone = time_zone
    if language in subscriber.page.languages:
        subscriber.language = language
    subscriber.all_components = chosen is None
    subscriber.save()
    subscriber.components.set(chosen or [])
    return subscriber


@transaction.atomic
def unsubscribe(subscriber_pk: int) -> Subscriber:
    """They hear no more, what is queued included (it is checked before it is sent). Safe to call again."""
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_pk)
    if subscriber.state not in (State.UNSUBSCRIBED, State.SUPPRESSED):
        subscriber.state = State.UNSUBSCRIBED
        subscriber.ended_at = timezone.now()
        subscriber.save()
    return subscriber
