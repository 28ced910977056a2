"""What a mail server's refusal means for the one message, its reader and the whole channel."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum
from random import uniform

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
CHANNEL_CODES = (530, 534, 535, 538)
# That our mail proves nothing about its sender, or that our own address is no good: the reader is not to blame.
CHANNEL_STATUSES = ("5.7.26", "5.7.515", "5.1.7", "5.1.8")
# Mail that somebody's policy refuses, to find it among rows.
UNWANTED_REPLY = r"^[0-9]+ 5\.7\.1\y"
# In what a relay says before it hangs up.
THROTTLED = re.compile(r"\b4\.7\.\d{1,3}\b")
GIVE_UP = timedelta(hours=6)
MINUTES = (1, 2, 5, 10, 20, 40)
PAGE_SECONDS = (10, 20, 30, 60)


class Meaning(Enum):
    LATER = "later"
    SLOWER = "slower"
    CHANNEL = "channel"
    """The relay refuses us, whoever the reader is."""
    NO_SUCH_READER = "no such reader"
    FULL = "full"
    UNWANTED = "unwanted"
    NEVER = "never"


def meaning(code: int, text: str) -> Meaning:
    """Class of a reply of 4xx or 5xx, by its number and the enhanced status code in its text (RFC 3463), if any."""
    found = ENHANCED.search(text)
    status = found.group() if found else ""
    if code in CHANNEL_CODES or status in CHANNEL_STATUSES:
        return Meaning.CHANNEL
    if code == 454 or status.startswith("4.7."):
        return Meaning.SLOWER
    if code < 500:
        return Meaning.LATER
    if status.startswith("5.1."):
        return Meaning.NO_SUCH_READER
    if status == "5.2.2" or (code == 552 and not status):
        return Meaning.FULL
    return Meaning.UNWANTED if status == "5.7.1" else Meaning.NEVER


def pause(attempts: int, *, urgent: bool) -> timedelta:
    """How long to wait after so many attempts. Jitter keeps a thousand readers of one server from coming back at
    the same moment."""
    steps: tuple[float, ...] = PAGE_SECONDS if urgent else tuple(60.0 * m for m in MINUTES)
    step = steps[min(max(attempts, 1), len(steps)) - 1]
    return timedelta(seconds=step * uniform(0.9, 1.2))  # noqa: S311  (nothing secret about it)
