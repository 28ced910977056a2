"""Anymail's views of mail providers' webhooks. They only read what comes: `comms.views.providers` takes it."""

from __future__ import annotations

import logging
from typing import Any

from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView

from comms.providers import LONGEST

log = logging.getLogger(__name__)


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
