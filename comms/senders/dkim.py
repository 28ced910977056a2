"""DKIM (RFC 6376): the public keys by which receivers check the relay's signature."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from comms.senders.findings import Finding, Names

ABOUT = "DKIM"
# What providers and mail servers often call theirs, tried where none is named.
COMMON = (
    *("default", "dkim", "mail", "smtp", "s1", "s2", "k1", "k2", "k3", "selector1", "selector2", "google"),
    *("mandrill", "mailjet", "pm", "mx", "sig1", "fm1", "protonmail", "zoho", "key1", "dkim1"),
)
LEAST_BITS, GOOD_BITS = 1024, 2048


def tags(text: str) -> dict[str, str]:
    """The tags of a record such as `v=DKIM1; p=…`, without what is malformed."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}


def check(domain: str, selectors: Sequence[str], names: Names) -> Iterator[Finding]:
    """The keys of `selectors`, or of the usual ones where none is named. Raises Unanswered."""
    asked = selectors or COMMON
    found = {each: names.txt(f"{each}._domainkey.{domain}") for each in asked}
    if not selectors:
        found = {each: texts for each, texts in found.items() if texts}
        if not found:
            yield Finding(
                "warning",
                ABOUT,
                f"No key of {domain} was found under the usual names, and which one the relay uses is for it to say.",
                "Name it with --selector: it is s=… in the DKIM-Signature of a mail that arrived.",
            )
            return
    for selector, texts in found.items():
        yield from _of_key(f"{selector}._domainkey.{domain}", texts)


def _of_key(name: str, texts: list[str]) -> Iterator[Finding]:
    if not texts:
        yield Finding(
            "error",
            ABOUT,
            f"There is no key at {name}.",
            "Publish the TXT or CNAME record that the relay's provider says.",
        )
        return
    if len(texts) > 1:
        yield Finding(
            "error", ABOUT, f"{name} has {len(texts)} records.", "Leave one: which of them counts is anybody's guess."
        )
        return
    found = tags(texts[0])
    kind = found.get("k", "rsa")
    wrong = _wrong(found, kind)
    if wrong:
        yield Finding("error", ABOUT, f"{name} {wrong}.", "Publish the record anew, as the relay's provider gives it.")
        return
    key = base64.b64decode("".join(found["p"].split()))
    bits = _rsa_bits(key) if kind == "rsa" else 256
    if kind == "rsa" and bits < LEAST_BITS:
        yield Finding(
            "error", ABOUT, f"{name} has an RSA key of {bits} bits, which receivers refuse.", "Make one of 2048 bits."
        )
    elif kind == "rsa" and bits < GOOD_BITS:
        yield Finding("warning", ABOUT, f"{name} has an RSA key of {bits} bits.", "Make one of 2048 bits.")
    else:
        yield Finding("ok", ABOUT, f"{name} has a key ({kind.upper() if kind == 'rsa' else kind}, {bits} bits).")
    if "y" in found.get("t", "").split(":"):
        yield Finding(
            "warning",
            ABOUT,
            f"{name} says that DKIM is being tried out (t=y).",
            "Take it out: signatures may count as none.",
        )


def _wrong(found: dict[str, str], kind: str) -> str:
    """What of a record can't be used, in words that follow its name."""
    if found.get("v", "DKIM1") != "DKIM1":
        return "is no DKIM record (v=DKIM1)"
    if "p" not in found:
        return "has no key (p=)"
    if not found["p"]:
        return "has a key that was revoked (p= is empty)"
    if kind not in ("rsa", "ed25519"):
        return f"has a key of a kind that receivers don't know (k={kind})"
    if "h" in found and "sha256" not in found["h"].split(":"):
        return "does not allow SHA-256 (h=)"
    if "s" in found and not {"*", "email"} & set(found["s"].split(":")):
        return "is not for mail (s=)"
    try:
        key = base64.b64decode("".join(found["p"].split()), validate=True)
        if kind == "ed25519":
            return "" if len(key) == 32 else "has a key of the wrong length"
        return "" if _rsa_bits(key) else "has a key that is no RSA key"
    except (binascii.Error, ValueError):
        return "has a key that can't be read (p= is cut off or mistyped)"


def _rsa_bits(key: bytes) -> int:
    """Raises ValueError for what is no key."""
    try:
        loaded = load_der_public_key(key)
    except UnsupportedAlgorithm:
        return 0
    return loaded.key_size if isinstance(loaded, RSAPublicKey) else 0
