"""Mail addresses as the wire takes them: in ASCII, an internationalised domain in its `xn--` form."""

from __future__ import annotations

from unicodedata import normalize


class Unwritable(ValueError):
    """An address that no letter of ours can be sent to. The text says what to do about it."""


def ascii_form(address: str) -> str:
    """`name@exämple.org` as `name@xn--exmple-cua.org`; what is ASCII comes back as it is. Raises Unwritable."""
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise Unwritable(
            "Before the @, only letters from A to Z, digits and signs can be used. Choose another address of yours."
        )
    try:
        encoded = domain.encode("idna").decode("ascii")
        meant = encoded.encode("ascii").decode("idna")
    except UnicodeError:
        meant = encoded = ""
    # Some letters (ß is one) are another domain to older software: what can't be read back isn't guessed at.
    if not encoded or meant != normalize("NFC", domain).lower():
        raise Unwritable("We can't write to that domain as it is spelled. Write it in its form that begins with xn--.")
    return f"{local}@{encoded}"
