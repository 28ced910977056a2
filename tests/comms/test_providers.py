"""What mail providers tell of mail that went through them: each in its own shape, known by what only we could write."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from comms import letters
from comms.actions import delivering, publishing
from comms.models import Delivery, PageIncident, Subscriber

SECRET = "provider:a-secret-of-some-length"
KEY = "key-of-mailgun"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()

Letter = Any
Body = tuple[Any, dict[str, str]]


@pytest.fixture
def hears(settings: Any) -> None:
    settings.WATCHBILL_ANYMAIL_SECRET, settings.WATCHBILL_ANYMAIL_MAILGUN_KEY = SECRET, KEY


@pytest.fixture
def sent(hears: None, status_page: Any, alice: Any, postbox: Any, reader: Any) -> Delivery:
    """An update that went to a@example.org."""
    reader("a@example.org")
    told = PageIncident.objects.create(page=status_page, title="Down")
    publishing.publish_update(told, by=alice, body="It is down.")
    delivering.deliver_due(budget=60)
    return Delivery.objects.get(kind="update")


def ours(delivery: Delivery) -> Any:
    return letters.write(letters.reload(delivery))


def message_id(letter: Letter) -> str:
    return str(letter.message["Message-ID"])


def sendgrid(letter: Letter, what: str) -> Body:
    event = {
        "bounce": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 No such user"},
        "spam": {"event": "spamreport"},
        "leave": {"event": "unsubscribe"},
        "wait": {"event": "deferred", "response": "450 4.2.1 Too fast", "attempt": "2"},
        "arrive": {"event": "delivered", "response": "250 OK"},
        "known": {"event": "dropped", "reason": "Bounced Address"},
    }[what]
    base = {"email": "a@example.org", "timestamp": 1790000000, "sg_event_id": "x", "smtp-id": message_id(letter)}
    return [base | event], {}


def mailgun(letter: Letter, what: str) -> Body:
    event = {
        "bounce": {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": "5.1.1 No such user", "attempt-no": 1},
        },
        "spam": {"event": "complained"},
        "leave": {"event": "unsubscribed"},
        "wait": {
            "event": "failed",
            "severity": "temporary",
            "reason": "generic",
            "delivery-status": {"code": 450, "message": "4.2.1 Too fast"},
        },
        "arrive": {"event": "delivered", "delivery-status": {"code": 250, "message": "OK"}},
        "known": {
            "event": "failed",
            "severity": "permanent",
            "reason": "suppress-bounce",
            "delivery-status": {"code": 605, "message": "5.1.1 Not delivering to previously bounced address"},
        },
    }[what]
    data = {
        "id": "x",
        "timestamp": 1790000000.5,
        "recipient": "a@example.org",
        "message": {"headers": {"message-id": message_id(letter).strip("<>"), "to": "a@example.org"}},
    }
    signature = {"timestamp": "1790000000", "token": "t" * 50}
    signature["signature"] = hmac.new(KEY.encode(), b"1790000000" + b"t" * 50, hashlib.sha256).hexdigest()
    return {"signature": signature, "event-data": data | event}, {}


def postmark(letter: Letter, what: str) -> Body:
    """It writes a Message-ID of its own, and gives back what a header of ours said."""
    event = {
        "bounce": {"RecordType": "Bounce", "Type": "HardBounce", "Details": "smtp;550 5.1.1 No such user"},
        "spam": {"RecordType": "SpamComplaint", "Type": "SpamComplaint"},
        "leave": {
            "RecordType": "SubscriptionChange",
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
            "ChangedAt": "2026-11-28T03:00:00Z",
        },
        "wait": {"RecordType": "Bounce", "Type": "Transient", "Details": "smtp;450 4.2.1 Too fast"},
        "arrive": {"RecordType": "Delivery", "DeliveredAt": "2026-11-28T03:00:00Z", "Details": "250 OK"},
        "known": {"RecordType": "Bounce", "Type": "BadEmailAddress", "Details": ""},
    }[what]
    base = {
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": "a@example.org",
        "BouncedAt": "2026-11-28T03:00:00Z",
        "Metadata": {"watchbill": letter.message["X-PM-Metadata-watchbill"]},
    }
    return base | event, {}


def ses(letter: Letter, what: str) -> Body:
    """The sender of the envelope is what is ours in it."""
    one = [{"emailAddress": "a@example.org", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 No such user"}]
    event = {
        "bounce": {
            "eventType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": one},
        },
        "spam": {
            "eventType": "Complaint",
            "complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": one},
        },
        "arrive": {"eventType": "Delivery", "delivery": {"recipients": ["a@example.org"], "smtpResponse": "250 OK"}},
    }[what]
    mail = {"messageId": "0100018b-1", "destination": ["a@example.org"], "source": letter.sender, "headers": []}
    told = {"Type": "Notification", "MessageId": "m", "Timestamp": "2026-11-28T03:00:00Z"}
    headers = {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "m"}
    return told | {"Message": json.dumps(event | {"mail": mail})}, headers


def sparkpost(letter: Letter, what: str) -> Body:
    event = {
        "bounce": {"type": "bounce", "bounce_class": "10", "raw_reason": "550 5.1.1 No such user"},
        "spam": {"type": "spam_complaint"},
        "leave": {"type": "link_unsubscribe"},
        "wait": {"type": "delay", "bounce_class": "70", "raw_reason": "450 4.2.1 Too fast"},
        "arrive": {"type": "delivery"},
        "known": {"type": "policy_rejection", "bounce_class": "10", "raw_reason": "554 5.7.1 suppressed"},
    }[what]
    kind = "unsubscribe_event" if what == "leave" else "message_event"
    meta = json.loads(letter.message["X-MSYS-API"])["metadata"]
    base = {"event_id": "x", "timestamp": "1790000000", "raw_rcpt_to": "a@example.org", "transmission_id": "65832"}
    return [{"msys": {kind: base | event | {"rcpt_meta": meta}}}], {}


def brevo(letter: Letter, what: str) -> Body:
    event = {
        "bounce": {"event": "hard_bounce", "reason": "550 5.1.1 No such user"},
        "spam": {"event": "spam"},
        "leave": {"event": "unsubscribe"},
        "wait": {"event": "deferred", "reason": "450 4.2.1 Too fast"},
        "arrive": {"event": "delivered"},
        "known": {"event": "invalid_email"},
    }[what]
    return {"email": "a@example.org", "ts_epoch": 1790000000000, "message-id": message_id(letter)} | event, {}


def mailjet(letter: Letter, what: str) -> Body:
    event = {
        "bounce": {
            "event": "bounce",
            "hard_bounce": True,
            "error": "user unknown",
            "comment": "550 5.1.1 No such user",
        },
        "spam": {"event": "spam", "source": "JMRPP"},
        "leave": {"event": "unsub"},
        "arrive": {"event": "sent", "smtp_reply": "250 OK"},
        "known": {"event": "blocked", "error": "typofix"},
    }[what]
    base = {"time": 1790000000, "MessageID": 19421777, "email": "a@example.org"}
    return base | event | {"CustomID": letter.message["X-MJ-CustomID"]}, {}


PROVIDERS: dict[str, Callable[[Letter, str], Body]] = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "amazon-ses": ses,
    "sparkpost": sparkpost,
    "brevo": brevo,
    "mailjet": mailjet,
}
# What they do not tell.
UNTOLD = {("amazon-ses", "leave"), ("amazon-ses", "known"), ("amazon-ses", "wait"), ("mailjet", "wait")}
CASES = [
    (provider, what)
    for provider in PROVIDERS
    for what in ("bounce", "spam", "leave", "wait", "arrive", "known")
    if (provider, what) not in UNTOLD
]


def tell(provider: str, body: Any, headers: dict[str, str], authorization: str = BASIC) -> Any:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    shown = {"authorization": authorization} if authorization else {}
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(
        f"/channels/mail/{provider}/", text, content_type="application/json", headers={**shown, **headers}
    )


MEANT = {
    "bounce": ("suppressed", "bounced", ["bounced", "suppressed"]),
    "known": ("suppressed", "bounced", ["bounced", "suppressed"]),
    "spam": ("suppressed", "sent", ["complained"]),
    "leave": ("unsubscribed", "sent", ["unsubscribed"]),
    "wait": ("active", "sent", []),
    "arrive": ("active", "sent", []),
}


@pytest.mark.parametrize(("provider", "what"), CASES)
def test_what_each_says_happens_once(provider: str, what: str, sent: Delivery) -> None:
    body, headers = PROVIDERS[provider](ours(sent), what)
    for _ in range(2):
        answer = tell(provider, body, headers)
        assert answer.status_code == 200, answer.content
    subscriber = Subscriber.objects.get()
    sent.refresh_from_db()
    kinds = list(subscriber.events.order_by("pk").values_list("kind", flat=True))
    assert (subscriber.state, sent.state, kinds) == MEANT[what]
    if what == "wait":
        assert sent.reply.startswith("Delayed: ")
        assert "4.2.1" in sent.reply


def test_who_shows_no_secret_is_not_heard(sent: Delivery) -> None:
    wrong = "Basic " + base64.b64encode(b"provider:guess").decode()
    for provider, written in PROVIDERS.items():
        body, headers = written(ours(sent), "spam")
        for shown in ("", wrong, "Basic ???", BASIC.replace("Basic", "Bearer")):
            answer = tell(provider, body, headers, shown)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Watchbill"')
    assert Subscriber.objects.get().state == "active"


def test_nobody_is_heard_without_a_secret_in_the_settings(sent: Delivery, settings: Any) -> None:
    body, headers = sendgrid(ours(sent), "spam")
    settings.WATCHBILL_ANYMAIL_MAILGUN_KEY = ""
    assert tell("mailgun", *mailgun(ours(sent), "spam")).status_code == 404
    assert tell("mandrill", body, headers).status_code == 404
    settings.WATCHBILL_ANYMAIL_SECRET = ""
    empty = "Basic " + base64.b64encode(b"").decode()
    for shown in ("", empty, BASIC):
        assert tell("sendgrid", body, headers, shown).status_code == 404
    assert "X-MJ-CustomID" not in ours(sent).message


def test_a_letter_is_known_by_what_only_we_can_write(sent: Delivery) -> None:
    """Another installation behind the same account, or somebody who guesses."""
    body, headers = sendgrid(ours(sent), "bounce")
    for guess in (f"<update.{sent.pk}.{'0' * 12}@localhost>", f"bounce-{sent.pk}-{'0' * 12}", "<x@example.org>", ""):
        body[0]["smtp-id"] = guess
        assert tell("sendgrid", body, headers).status_code == 200
    assert Subscriber.objects.get().state == "active"


def test_mailguns_signature_is_looked_at(sent: Delivery) -> None:
    body, headers = mailgun(ours(sent), "spam")
    body["signature"]["signature"] = "0" * 64
    assert tell("mailgun", body, headers).status_code == 400
    assert Subscriber.objects.get().state == "active"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_makes_no_sense_is_refused_and_breaks_nothing(provider: str, hears: None, db: None) -> None:
    for body in ("", "[]", "{}", "null", "[1]", '{"event": 1}', "\x00", '[[[["x"]]]]', "é" * 100, "[" * 9000):
        assert tell(provider, body, {}).status_code in (200, 400), body[:20]


def test_amazon_is_answered_by_somebody_who_set_it_up(hears: None, db: None, caplog: Any) -> None:
    asked = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "m",
        "TopicArn": "arn:aws:sns:eu-central-1:1:mail",
        "Token": "t",
        "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
    }
    headers = {"x-amz-sns-message-type": "SubscriptionConfirmation", "x-amz-sns-message-id": "m"}
    assert tell("amazon-ses", asked, headers).status_code == 200
    assert "arn:aws:sns:eu-central-1:1:mail" in caplog.text
