"""What is written to the log, without what opens a door.

Addresses of ours carry keys: of an integration, of a page's link, of a reset. Django logs the path of whatever it
answers with an error, and a library may log a header. Here they are left out, wherever in a line or traceback they are.
"""

from __future__ import annotations

import logging
import re

# The part of a path that comes after one of these is a key. Longest first, so that the whole of it is found.
_BEFORE_A_KEY = (
    "account/password/reset/key",
    "account/confirm-email",
    "integrations/v1/[A-Za-z0-9_-]{1,40}",
    "feeds/on-call",
    "invitations",
    "subscriptions",
    "unsubscribe",
    "pages",
    "wall",
    "digests",
    "drills/answer",
    "action-items/asked",
    "voice/page",
    "voice/drill",
    "voice/digest",
)
_PATHS = re.compile(rf"/({'|'.join(_BEFORE_A_KEY)})/([^/\s?'\"<>]{{6,}})")
# A status page for customers is opened by its key.
_QUERY = re.compile(r"([?&]key=)[^&\s'\"<>]{6,}")
# Mail for an integration has its key before the @.
_MAIL = re.compile(r"[0-9A-Fa-f]{32}(?=@)")
_TOKENS = re.compile(r"\b(wb[a-z]?)_[A-Za-z0-9_-]{8,}")
_HEADERS = re.compile(r"\b(bearer|basic|geniekey|token)[ =:]{1,3}([^\s,;'\"]{8,})", re.IGNORECASE)


def discreet(text: str) -> str:
    """`text` with an ellipsis in the place of every key."""
    text = _PATHS.sub(r"/\1/…", text)
    text = _QUERY.sub(r"\1…", text)
    text = _MAIL.sub("…", text)
    text = _TOKENS.sub(r"\1_…", text)
    return _HEADERS.sub(r"\1 …", text)


class Discreet(logging.Formatter):
    """Writes whole records, tracebacks included, and then leaves out what opens a door."""

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
