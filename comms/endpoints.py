"""Where updates go that go by no mail: a subscriber's webhook, or their chat.

What strangers may enter there is less than what people of the organization may: nothing in a private network, whatever
an owner allowed, nothing that is not encrypted, and no service that would page somebody.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from comms.models import Delivery, Subscriber
from comms.transports.base import Destination
from teams import chats, outward, phonebook
from teams.models import ContactMethod

Kind = ContactMethod.Kind
WEBHOOK = "webhook"
# The services that are offered, as they call themselves.
CHATS = {
    Kind.SLACK.value: "Slack",
    Kind.MSTEAMS.value: "Microsoft Teams",
    Kind.MATTERMOST.value: "Mattermost",
    Kind.TELEGRAM.value: "Telegram",
    Kind.NTFY.value: "ntfy",
    Kind.OTHER.value: "Discord, Google Chat, Webex, Zulip, Rocket.Chat",
}
ENCRYPTED = {
    *("https", "slack", "workflow", "workflows", "mmosts", "tgram", "ntfys"),
    *("discord", "rockets", "zulip", "gchat", "wxteams"),
}
LONGEST = 2000
# Below it are services that speak other protocols.
FREE_PORTS = 1024


def such_as(kind: str) -> str:
    """What an address looks like."""
    if kind == WEBHOOK:
        return "https://example.org/status"
    if kind == Kind.NTFY:
        return "ntfys://ntfy.sh/topic"
    return chats.SERVICES[kind][1]


def is_usable(kind: str, address: str) -> bool:
    """Whether updates may go there. It is asked when it is entered; each sending resolves the host anew, and connects
    to nothing inside (`outward.pin`, and the fence around the library that speaks to chats).

    Why not isn't told: whether a name leads inside, or to nothing, is nothing that a stranger is to learn.
    """
    if len(address) > LONGEST:
        return False
    if kind == WEBHOOK:
        return _reaches_outside(address)
    if kind not in CHATS or chats.problem(address, kind):
        return False
    scheme = urlsplit(address).scheme.lower()
    if scheme == "json" and outward.loopback_allowed():
        # For development: a chat on this machine.
        return True
    host = chats.host_of(address)
    return scheme in ENCRYPTED and (host is None or _reaches_outside(f"https://{_netloc(*host)}/"))


def _netloc(host: str, port: int) -> str:
    return outward.Destination("https", host, port, "/").netloc


def _reaches_outside(address: str) -> bool:
    try:
        to = outward.parse(address, ("https",))
        if to.scheme == "https" and to.port != 443 and to.port < FREE_PORTS:
            return False
        outward.pin(to)
    except (outward.Unsafe, OSError, UnicodeError):
        return False
    return True


def shown(kind: str, address: str) -> str:
    """As much of it as may be read again."""
    if kind == WEBHOOK:
        return phonebook.shown(kind, address)
    return f"{_name(kind, address)}: {chats.shown(address)}"[:120]


def _name(kind: str, address: str) -> str:
    return urlsplit(address).scheme.lower() if kind == Kind.OTHER else CHATS[kind]


def mark(kind: str, address: str, email: str) -> str:
    """By which the subscription of one keeper for one address is found again without reading what is sealed."""
    return phonebook.digest_of(kind, f"{address}:{email.lower()}")


def channel(kind: str) -> str:
    return Subscriber.Channel.WEBHOOK if kind == WEBHOOK else Subscriber.Channel.CHAT


def destination(subscriber: Subscriber, channel: str) -> Destination:
    """Where a call to a subscriber goes."""
    if channel == Delivery.Channel.WEBHOOK:
        secrets = (subscriber.secret, subscriber.former_secret)
        return Destination(WEBHOOK, subscriber.endpoint, secrets, stranger=True)
    return Destination(subscriber.kind, subscriber.endpoint, stranger=True)
