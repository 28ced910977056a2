"""Which transport serves which channel. A new one is a module here and a line in `CALLERS`."""

from __future__ import annotations

import json

from comms.models import Delivery
from comms.transports import chat, push, twilio, webhook
from comms.transports.base import Answer, Call, Caller, Destination

Channel = Delivery.Channel


def by_webhook(to: Destination, call: Call, *, deadline: float) -> Answer:
    """A signed POST of `{"type", "id", "title", "text", "url", "acknowledge_url", "data"}`, or of what the
    call has in the place of it."""
    body = call.body or {
        "type": call.data.get("type", "page"),
        "id": call.ident,
        "title": call.title,
        "text": call.text,
        "url": call.url,
        "acknowledge_url": call.answer_url,
        "urgent": call.urgent,
        "data": call.data,
    }
    status = webhook.post(
        to.address,
        json.dumps(body, ensure_ascii=False).encode(),
        ident=call.ident,
        secrets=to.secrets,
        headers={"Content-Type": "application/json"},
    )
    return Answer(f"{status}")


CALLERS: dict[str, Caller] = {
    Channel.SMS: twilio.sms,
    Channel.VOICE: twilio.voice,
    Channel.PUSH: push.send,
    Channel.CHAT: chat.send,
    Channel.WEBHOOK: by_webhook,
}
