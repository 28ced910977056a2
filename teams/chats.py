"""Addresses of chat services and push apps, as the library that speaks to them writes them, and what of that is taken.

The library knows far more: services that read files, run commands or ring this machine's desktop, and options that load
a file. So what is taken is listed, here; what isn't listed is refused, when it is entered and when it is used.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.conf import settings

from teams import outward
from teams.models import ContactMethod

Kind = ContactMethod.Kind
# The schemes of each service's address, and an example.
SERVICES: dict[str, tuple[tuple[str, ...], str]] = {
    Kind.SLACK: (("slack", "https"), "https://hooks.slack.com/services/T…/B…/…"),
    Kind.MSTEAMS: (("workflow", "workflows", "https"), "https://….api.powerplatform.com/powerautomate/…&sig=…"),
    Kind.MATTERMOST: (("mmost", "mmosts"), "mmosts://mattermost.example.org/token"),
    Kind.TELEGRAM: (("tgram",), "tgram://bot-token/chat-id"),
    Kind.NTFY: (("ntfy", "ntfys"), "ntfys://ntfy.example.org/topic"),
    Kind.GOTIFY: (("gotify", "gotifys"), "gotifys://gotify.example.org/token"),
    Kind.PUSHOVER: (("pover",), "pover://user-key@app-token"),
    Kind.SIGNAL: (("signal", "signals"), "signals://signal-api.example.org/+49…/+49…"),
    Kind.OTHER: (
        (
            *("discord", "rocket", "rockets", "zulip", "matrix", "matrixs", "gchat", "wxteams", "pbul"),
            *("opsgenie", "pagerduty", "json", "jsons", "twist", "bark", "barks"),
        ),
        "discord://webhook-id/token",
    ),
}
# Where the address that a service shows to be copied leads.
COPIED = {
    Kind.SLACK: ("hooks.slack.com",),
    Kind.MSTEAMS: (".logic.azure.com", ".api.powerplatform.com"),
}
# Services whose host is in the address: it is where we connect to.
HOSTED = {
    *("mmost", "mmosts", "ntfy", "ntfys", "gotify", "gotifys", "signal", "signals", "rocket", "rockets", "zulip"),
    *("matrix", "matrixs", "json", "jsons", "bark", "barks", "workflow", "workflows"),
}
# Options that choose whom it reaches, how loud and how it looks. None of them names a file (as `template` does), says
# how long to wait (`rto`, `retry`), follows redirects or turns off the check of a certificate (`verify`).
OPTIONS = {
    *(
        "to",
        "channel",
        "channels",
        "team",
        "thread",
        "topic",
        "tags",
        "xtags",
        "from",
        "mode",
        "auth",
        "token",
        "email",
    ),
    *("format", "image", "emojis", "footer", "timestamp", "blocks", "botname", "avatar", "tts", "silent", "preview"),
    *("priority", "sound", "level", "volume", "call", "badge", "category", "group", "ttl", "archive", "expire"),
    *("interval", "severity", "region", "class", "entity", "alias", "status", "batch", "msgtype", "version"),
    *("webhook", "workspace", "key", "detect", "device", "subtitle"),
    # Of the address that Microsoft's workflows show.
    *("api-version", "sp", "sv", "sig", "ver", "id", "wrap"),
}
# For the service that takes anything as JSON: headers (+), what stands in the query (-) and in the body (:).
OPEN = {"json", "jsons"}


def problem(address: str, kind: str) -> str:
    """Why `address` is none that a message of the service `kind` goes to, or "". Whether its host may be connected to
    is asked of the name service; a name that can't be resolved now may be later."""
    schemes, such_as = SERVICES[kind]
    if not address.isprintable() or "\\" in address or " " in address:
        return f"Give the address without spaces and special characters, such as {such_as}."
    try:
        parts = urlsplit(address)
        named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=40)]
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), _port(parts)
    except ValueError:
        return "That is no address: look at its brackets and its port."
    if scheme not in schemes or not parts.netloc:
        return f"Give the address of the service, such as {such_as}."
    if scheme == "https" and not _copied(host, COPIED[Kind(kind)]):
        return f"That is no address of this service. Give one such as {such_as}."
    for name in named:
        opened = scheme in OPEN and name[:1] in ("+", "-", ":", " ")
        if not opened and unquote(name).lower() not in OPTIONS:
            return f"Leave out the option {name[:30]!r}: it is not used here."
    return _unsafe(scheme, host, port)


def shown(address: str) -> str:
    """Its scheme, and its host where it names one: of a company's service, a key stands in that place."""
    parts = urlsplit(address)
    host = (parts.hostname or "") if parts.scheme.lower() in (*HOSTED, "https") else ""
    return f"{parts.scheme}://{host}/…" if host else f"{parts.scheme}://…"


def private(address: str) -> bool:
    """Whether the host of `address` is one that the owner named, which may be in a private network."""
    return (urlsplit(address).hostname or "").lower() in settings.WATCHBILL_CHAT_HOSTS


def _copied(host: str, known: tuple[str, ...]) -> bool:
    return any(host == each or (each[0] == "." and host.endswith(each)) for each in known)


def _port(parts: SplitResult) -> int:
    """Where a service is a company's, what looks like a port is a part of its key."""
    return (parts.port or 443) if parts.scheme.lower() in HOSTED else 443


def host_of(address: str) -> tuple[str, int] | None:
    """The host and port that `address`, in which there is no `problem`, makes us connect to; None where it is a
    company's own."""
    parts = urlsplit(address)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    return (host, _port(parts)) if _names_host(scheme, host) else None


def _names_host(scheme: str, host: str) -> bool:
    # The name of an organization at zulipchat.com stands where a host does.
    return scheme in HOSTED and bool(host) and not (scheme == "zulip" and "." not in host)


def _unsafe(scheme: str, host: str, port: int) -> str:
    if not _names_host(scheme, host):
        return ""
    allowed = host in settings.WATCHBILL_CHAT_HOSTS
    try:
        outward.pin(outward.Destination("https", host, port, "/"), private=allowed)
    except outward.Unsafe as unsafe:
        return f"{unsafe} Whoever runs Watchbill can allow it in WATCHBILL_CHAT_HOSTS." if not allowed else str(unsafe)
    except (OSError, UnicodeError):
        return ""
    return ""
