"""The mail relay, as a URL names it."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit


def split(url: str) -> SplitResult | None:
    """The parts of a URL, None where it is no URL (an unclosed bracket, a port that is no number)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over; `tls` is `starttls`, `ssl` or `none`."""

    host: str
    port: int
    user: str
    password: str
    tls: str


def mail_relay(url: str) -> Relay | None:
    """The relay that an smtp URL names, None for no URL. Raises ValueError that says what is wrong."""
    parts = split(url)
    if not url or parts is None:
        return None
    if not parts.hostname:
        raise ValueError("names no host; write it as smtp://user:password@host:587?tls=starttls.")
    query = dict(item.partition("=")[::2] for item in parts.query.split("&") if item)
    tls = query.pop("tls", "ssl" if parts.scheme == "smtps" else "starttls")
    if query or tls not in ("starttls", "ssl", "none"):
        raise ValueError("understands ?tls=starttls, ?tls=ssl or ?tls=none and nothing else after the host.")
    port = parts.port or {"starttls": 587, "ssl": 465, "none": 25}[tls]
    return Relay(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)
