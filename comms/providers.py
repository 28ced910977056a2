"""What mail providers tell of mail that went through them, read by Anymail: which shape each one's webhook has, and by
what it is known to be theirs.

We send by SMTP, so a provider has ids of its own for our letters. Ours stand in what it tells: as the Message-ID, as
the sender of the envelope, or in a header that it gives back.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.http import HttpRequest

from comms.replies import ENHANCED

log = logging.getLogger(__name__)
# Texts of one event that are looked at for what names a letter, and how long one may be.
MOST_TEXTS = 400
LONGEST = 1000
# Mailjet's words for it.
NOBODY = ("user unknown", "mailbox inactive", "invalid domain", "no mail host")


class Unknown(Exception):
    """What came is not that provider's, or makes no sense. The text says why."""


class Ses(AmazonSESTrackingWebhookView):
    """Without Amazon's library: whoever sets the topic up confirms it by the link that is logged."""

    def __init__(self, **kwargs: Any) -> None:
        self.auto_confirm_enabled = False
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def auto_confirm_sns_subscription(self, sns_message: dict[str, Any]) -> None:
        topic, link = (str(sns_message.get(name, ""))[:LONGEST] for name in ("TopicArn", "SubscribeURL"))
        log.warning("Amazon SNS asks to confirm %s. If that is yours, open %s", topic, link)


VIEWS: dict[str, type[AnymailBaseWebhookView]] = {
    "amazon-ses": Ses,
    "brevo": BrevoTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "sendgrid": SendGridTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
}


def read(provider: str, request: HttpRequest, *, secret: str, mailgun_key: str = "") -> list[AnymailTrackingEvent]:
    """The events in a request to the webhook for `provider` (of VIEWS). Raises Unknown."""
    view = _view(provider, secret, mailgun_key)
    try:
        view.run_validators(request)
        return list(view.parse_events(request))
    except Exception as error:  # noqa: BLE001
        # Whatever a sender makes of the body; nothing of ours is asked here.
        raise Unknown(f"{type(error).__name__}: {error}"[:300]) from None


@lru_cache(maxsize=16)
def _view(provider: str, secret: str, mailgun_key: str) -> Any:
    kind = VIEWS[provider]
    more = {"webhook_signing_key": mailgun_key} if kind is MailgunTrackingWebhookView else {}
    with warnings.catch_warnings():
        # For one provider it says that nobody looks after it any more.
        warnings.simplefilter("ignore")
        return kind(webhook_secret=secret, **more)


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
