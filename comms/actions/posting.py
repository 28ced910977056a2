"""Django's own mail (about accounts: resets, confirmations, invitations) put among the deliveries, and what it said
forgotten once it is out."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parseaddr

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from comms.models import Delivery, Letter

State = Delivery.State
# Watchbill's own to write: who it is from and to, what it is, and its number.
OURS = {
    "auto-submitted",
    "bcc",
    "cc",
    "date",
    "from",
    "message-id",
    "subject",
    "to",
    "x-auto-response-suppress",
}


@transaction.atomic
def post(messages: Iterable[EmailMessage]) -> int:
    """Queue `messages` in the caller's transaction, one delivery for each reader; returns how many messages.

    Raises ValueError for what can't be kept until it is sent (an attachment, a body that is neither text nor HTML)
    and for headers of several lines; nothing is queued then.
    """
    from comms.tasks import deliver_due

    count = 0
    for message in messages:
        if not message.recipients():
            continue
        # Django's own check of the headers, an error here rather than in the worker.
        message.message()
        letter = Letter.objects.create(
            subject=" ".join(str(message.subject).split())[:255],
            sender=str(message.extra_headers.get("From", message.from_email)),
            headers=_headers(message),
            text=_text(message),
            html=_html(message),
        )
        Delivery.objects.bulk_create(_copy(letter, place, to) for place, to in enumerate(message.recipients()))
        count += 1
        forget(letter.pk)
    if count:
        deliver_due.delay_on_commit()
    return count


def forget(letter_pk: int) -> None:
    """Blank a letter when none of its copies waits any more. Call it in the transaction that settled one of them."""
    # Locked first: of two copies that settle at once, the later one has to see the earlier.
    letter = Letter.objects.select_for_update().only("blanked_at").get(pk=letter_pk)
    if letter.blanked_at is None and not letter.deliveries.filter(state__in=[State.QUEUED, State.SENDING]).exists():
        Letter.objects.filter(pk=letter_pk).update(text="", html="", blanked_at=timezone.now())


def _copy(letter: Letter, place: int, to: str) -> Delivery:
    address = parseaddr(str(to))[1]
    row = Delivery(
        key=f"account:{letter.pk}:{place}",
        kind=Delivery.Kind.ACCOUNT,
        priority=Delivery.PRIORITY[Delivery.Kind.ACCOUNT],
        address=address[:254],
        letter=letter,
    )
    try:
        validate_email(address)
    except ValidationError:
        row.state, row.reply = State.FAILED, f"“{to}” is not an address."[:500]
    return row


def _headers(message: EmailMessage) -> dict[str, str]:
    given = {name: str(value) for name, value in message.extra_headers.items() if name.lower() not in OURS}
    if message.reply_to:
        given.setdefault("Reply-To", ", ".join(map(str, message.reply_to)))
    return given


def _text(message: EmailMessage) -> str:
    if message.attachments:
        raise ValueError("Mail is kept as text until it is sent: put a link where the attachment would be.")
    return "" if message.content_subtype == "html" else str(message.body)


def _html(message: EmailMessage) -> str:
    if message.content_subtype == "html":
        return str(message.body)
    for content, mimetype in getattr(message, "alternatives", ()):
        if mimetype != "text/html":
            raise ValueError(f"Mail is text or HTML, and not {mimetype}.")
        return str(content)
    return ""
