"""Who reads a page that is not for everybody, told by what a request carries: without a query, so that it is told in
front of the published files, too, while the database is gone.

For customers, by the page's link: a key that is derived from the secret key and from a number of the page's row, so
nothing that opens it is stored, and one more opens it no longer. Whoever comes with it gets a cookie and an address
without it. For people of the organization, by a cookie that was handed to them while their session was looked at. It
is worth nothing without that session's own cookie, and is looked at again after some minutes: only where that fails
does it count for hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare

from comms.models import StatusPage
from comms.snapshot.store import Face
from comms.tokens import mac

FRESH_SECONDS = 300
INSIDE_SECONDS = 12 * 3600
CUSTOMER_SECONDS = 180 * 86400
PUBLIC, CUSTOMERS, INTERNAL, EXECUTIVES = "public", "customers", "internal", "executives"
# The parameter of an address that has a page's key.
KEY = "key"


class Standing(Enum):
    """`STALE`: they were let in a while ago, and are to be looked at again if that can be done."""

    STRANGER = "stranger"
    STALE = "stale"
    READER = "reader"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a request has of its sender."""

    cookies: Mapping[str, str]
    key: str = ""

    @property
    def session(self) -> str:
        return self.cookies.get(settings.SESSION_COOKIE_NAME, "")


def face_of(page: StatusPage) -> Face:
    """What the manifest keeps of a page."""
    return Face(page.slug, page.audience, page.key_version, page.domain)


def key_of(uid: str, version: int, *, secret: str | None = None) -> str:
    """What opens a page for customers."""
    return mac("page.key", f"{uid}.{version}", secret=secret)


def standing(uid: str, face: Face, carried: Carried, now: float) -> Standing:
    """What somebody is to the page `uid`; `now` in seconds since 1970."""
    if face.audience == PUBLIC:
        return Standing.READER
    if face.audience == CUSTOMERS:
        if carried.key and _right(carried.key, "page.key", f"{uid}.{face.key_version}"):
            return Standing.KEY
        age = _age(carried, cookie_of(uid), f"{uid}.{face.key_version}", now)
        return Standing.READER if age is not None and age < CUSTOMER_SECONDS else Standing.STRANGER
    if not carried.session:
        return Standing.STRANGER
    inside = face.audience == INTERNAL
    age = _age(carried, inside_cookie() if inside else cookie_of(uid), _bound(uid, face, carried.session), now)
    if age is None or age >= INSIDE_SECONDS:
        return Standing.STRANGER
    return Standing.READER if age < FRESH_SECONDS else Standing.STALE


def let_in(response: HttpResponse, uid: str, face: Face, carried: Carried, now: float) -> None:
    """Give whoever may read the page the cookie that says so."""
    if face.audience == CUSTOMERS:
        _set(response, cookie_of(uid), _signed(f"{uid}.{face.key_version}", now), CUSTOMER_SECONDS)
    elif carried.session and face.audience != PUBLIC:
        name = inside_cookie() if face.audience == INTERNAL else cookie_of(uid)
        _set(response, name, _signed(_bound(uid, face, carried.session), now), INSIDE_SECONDS)


def let_inside(response: HttpResponse, carried: Carried, now: float) -> None:
    """Give whoever is signed in the cookie for all pages that are for the whole organization, if theirs is old."""
    face = Face(audience=INTERNAL)
    if carried.session and standing("", face, carried, now) is not Standing.READER:
        let_in(response, "", face, carried, now)


def cookie_of(uid: str) -> str:
    return f"{_prefix()}watchbill_page_{uid}"


def inside_cookie() -> str:
    return f"{_prefix()}watchbill_inside"


def _prefix() -> str:
    return "__Host-" if settings.SESSION_COOKIE_SECURE else ""


def _bound(uid: str, face: Face, session: str) -> str:
    return f"inside.{session}" if face.audience == INTERNAL else f"{uid}.{face.audience}.{session}"


def _signed(what: str, now: float) -> str:
    issued = int(now)
    return f"{issued}.{mac('page.cookie', f'{what}.{issued}')}"


def _age(carried: Carried, name: str, what: str, now: float) -> float | None:
    """How old the cookie `name` is, in seconds; None for what is not ours."""
    issued, _, given = carried.cookies.get(name, "").partition(".")
    if not (issued.isascii() and issued.isdecimal()) or len(issued) > 12:
        return None
    return max(0.0, now - int(issued)) if _right(given, "page.cookie", f"{what}.{issued}") else None


def _right(given: str, purpose: str, what: str) -> bool:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(given, mac(purpose, what, secret=secret)) for secret in secrets)


def _set(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )
