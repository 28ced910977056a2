"""The mail relays, as URLs name them."""

import hashlib
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import SplitResult, unquote, urlsplit

from comms.relays import Relay

EXAMPLE = "smtp://user:password@host:587?tls=starttls"
# A comma separates only where another URL follows, since a password may hold one.
BETWEEN = re.compile(r",(?=[a-z]{2,10}://)", re.IGNORECASE)
HOST = re.compile(r"[0-9a-z_.:%-]{1,253}", re.IGNORECASE)
LEAST_RATE, MOST_RATE = 0.01, 10_000.0
LONGEST_NAME = 80


def split(url: str) -> SplitResult | None:
    """The parts of a URL, None where it is no URL (an unclosed bracket, a port that is no number)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def mail_relays(text: str) -> list[Relay]:
    """The relays that `text` names, in the order in which they are tried; none for no text. Raises ValueError that says
    what is wrong, and with which of them where there are several."""
    urls = [url for word in text.split() for url in BETWEEN.split(word.strip(",")) if url]
    found = []
    for place, url in enumerate(urls, 1):
        try:
            found.append(_relay(url))
        except ValueError as error:
            raise ValueError(f"{f'(number {place} of {len(urls)}) ' if len(urls) > 1 else ''}{error}") from None
    shared = Counter(relay.name for relay in found)
    found = [replace(each, name=_with_user(each)) if shared[each.name] > 1 else each for each in found]
    for name, count in Counter(relay.name for relay in found).items():
        if count > 1:
            raise ValueError(f"names {name.partition('/')[0]} with the same user {count} times; name each relay once.")
    return found


def _relay(url: str) -> Relay:
    parts = split(url)
    if parts is None or parts.scheme not in ("smtp", "smtps"):
        raise ValueError(f"is not a usable URL; write it as {EXAMPLE}, several with a space between them.")
    if not parts.hostname:
        raise ValueError(f"names no host; write it as {EXAMPLE}.")
    if not HOST.fullmatch(parts.hostname):
        raise ValueError(f"names no usable host; write it as {EXAMPLE}, several with a space between them.")
    query = dict(item.partition("=")[::2] for item in parts.query.split("&") if item)
    tls = query.pop("tls", "ssl" if parts.scheme == "smtps" else "starttls")
    rate = _rate(query.pop("rate", ""))
    if query or tls not in ("starttls", "ssl", "none"):
        raise ValueError(
            "understands ?tls=starttls, ?tls=ssl or ?tls=none, and &rate=20 for letters a second, and nothing else "
            "after the host."
        )
    port = parts.port or {"starttls": 587, "ssl": 465, "none": 25}[tls]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Relay(_name(parts.hostname, port), parts.hostname, port, user, password, tls, rate)


def _rate(text: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,5}(\.\d{1,4})?", text) or not LEAST_RATE <= float(text) <= MOST_RATE:
        raise ValueError(
            f"has the rate {text!r}; give letters a second from {LEAST_RATE:g} to {MOST_RATE:g}, as &rate=20 or "
            "&rate=0.5."
        )
    return float(text)


def _name(host: str, port: int) -> str:
    host = host.lower()
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Room for what tells two users of it apart.
    return name if len(name) <= LONGEST_NAME - 9 else f"{_short(name)}…{name[-(LONGEST_NAME - 19) :]}"


def _with_user(relay: Relay) -> str:
    return f"{relay.name}/{_short(relay.user)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
