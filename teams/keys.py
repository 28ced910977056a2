"""What an API token looks like, so that scanners of code and logs find one that got lost.

PURE. `wbp_` (a person's) or `wbs_` (a service account's), 30 random characters of base 62, and 6 more that are the
CRC-32 of all before them: a scanner tells a token from a look-alike, and we a torn one from an unknown one, without
asking anybody.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

PERSONAL, SERVICE = "wbp_", "wbs_"
# Those of before; they have no checksum, and are good until they are revoked.
EARLIER = "wb_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM, CHECK = 30, 6
PATTERN = re.compile(rf"\bwb[ps]_[0-9A-Za-z]{{{RANDOM + CHECK}}}\b")


def fresh(prefix: str) -> str:
    """A new key: 178 random bits."""
    said = prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return said + checksum(said)


def checksum(said: str) -> str:
    """The CRC-32 of `said` in base 62, padded with zeros."""
    number, digits = zlib.crc32(said.encode()), ""
    for _ in range(CHECK):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def whole(raw: str) -> bool:
    """Whether `raw` may be a token at all: of before, or one whose checksum is right."""
    if raw.startswith((PERSONAL, SERVICE)):
        return bool(PATTERN.fullmatch(raw)) and checksum(raw[:-CHECK]) == raw[-CHECK:]
    return raw.startswith(EARLIER)
