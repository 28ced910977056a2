"""What mail providers tell of mail that went through them, read by Anymail: which shape each one's webhook has, and by
what it is known to be theirs.

We send by SMTP, so a provider has ids of its own for our letters. Ours stand in what it tells: as the Message-ID, as
the sender of the envelope, or in a header that it gives back.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from anymail.signals import AnymailTrackingEvent
from django.http import HttpRequest

from comms.replies import ENHANCED

# Texts of one event that are looked at for what names a letter, and how long one may be.
MOST_TEXTS = 400
LONGEST = 1000
# Mailjet's words for it.
NOBODY = ("user unknown", "mailbox inactive", "invalid domain", "no mail host")


class Unknown(Exception):
    """What came is not that provider's, or makes no sense. The text says why."""


# Whose webhooks are known. Each is read by a view of `comms.provider_views`, which is loaded when one is asked: it
# brings Amazon's whole library, where that is installed.
NAMES = ("amazon-ses", "brevo", "mailgun", "mailjet", "postmark", "sendgrid", "sparkpost")


def read(provider: str, request: HttpRequest, *, secret: str, mailgun_key: str = "") -> list[AnymailTrackingEvent]:
    """The events in a request to the webhook for `provider` (of NAMES). Raises Unknown."""
    view = _view(provider, secret, mailgun_key)
    try:
        view.run_validators(request)
        return list(view.parse_events(request))
    except Exception as error:  # noqa: BLE001
        # Whatever a sender makes of the body; nothing of ours is asked here.
        raise Unknown(f"{type(error).__name__}: {error}"[:300]) from None


@lru_cache(maxsize=16)
def _view(provider: str, secret: str, mailgun_key: str) -> Any:
    from comms.provider_views import VIEWS

    more = {"webhook_signing_key": mailgun_key} if provider == "mailgun" else {}
    with warnings.catch_warnings():
        # For one provider it says that nobody looks after it any more.
        warnings.simplefilter("ignore")
        return VIEWS[provider](webhook_secret=secret, **more)


def names(event: AnymailTrackingEvent) -> Iterator[str]:
    """Whatever in an event may name a letter of ours."""
    if event.message_id:
        yield str(event.message_id).strip("<> ")
    for count, text in enumerate(_texts(event.esp_event)):
        if count >= MOST_TEXTS:
            return
        if len(text) <= LONGEST and ("@" in text or text.startswith("bounce-")):
            yield text.strip("<> ")


def _texts(told: Any) -> Iterator[str]:
    """All texts in what JSON or a form was read to, without recursion."""
    waiting = [told]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict):
            waiting += here.values()
        elif isinstance(here, (list, tuple)):
            waiting += here


def reason(event: AnymailTrackingEvent) -> str:
    """What the other side said, with a status code before it where the provider knows that there is nobody and has
    none."""
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    said = event.mta_response or event.description or told.get("comment") or event.reject_reason or ""
    text = " ".join("".join(c if c.isprintable() else " " for c in str(said)).split())[:400]
    return f"5.1.1 {text}" if not ENHANCED.search(text) and _knows_nobody(event, told) else text


def _knows_nobody(event: AnymailTrackingEvent, told: dict[str, Any]) -> bool:
    """Whether the provider calls it a bounce for good, in its own words."""
    amazon = told.get("bounce")
    return (
        event.reject_reason == "invalid"
        or told.get("event") == "hard_bounce"
        or told.get("Type") == "HardBounce"
        or (told.get("hard_bounce") is True and told.get("error") in NOBODY)
        or (isinstance(amazon, dict) and amazon.get("bounceType") == "Permanent")
    )
