"""Reading what strangers send: JSON, text, times and links, made fit to store or refused by name. Pure."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, NoReturn
from urllib.parse import urlsplit

from incidents.sources import Link, SourceError

DEEPEST = 20
LONGEST_URL = 2000
MOST_LINKS = 20

# PostgreSQL stores neither in text or jsonb.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\x9f\"<>\\`]")
RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):?([0-5]\d))", re.ASCII
)

# The ways of other tools to write a moment: a blank for the "T", one before the offset, "UTC", or no offset at all.
NEARLY_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,20})?) ?(UTC|[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)


def decode(raw: bytes) -> object:
    """The JSON value of a body. SourceError on `body`: not UTF-8, not JSON, or nested over 20 deep."""
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError:
        raise SourceError("body", f"is nested more than {DEEPEST} deep") from None
    except UnicodeDecodeError:
        raise SourceError("body", "is not UTF-8") from None
    except ValueError as error:
        raise SourceError("body", f"is not JSON: {clean(str(error), 200)}") from None
    # Most bodies have so few brackets that they can't be deep.
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return value
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [child for each in level for child in _children(each) if isinstance(child, dict | list)]
        if not level:
            return value
    raise SourceError("body", f"is nested more than {DEEPEST} deep")


def storable(text: str) -> str:
    """`text` with U+FFFD for what PostgreSQL refuses."""
    # Most text is ASCII, which is seen at once.
    return text if text.isascii() and "\x00" not in text else UNSTORABLE.sub("\ufffd", text)


def clean(text: str, most: int) -> str:
    """`text` stripped, at most `most` characters, with U+FFFD for what PostgreSQL refuses."""
    text = storable(text).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def key(text: str, most: int) -> str:
    """An identifier of at most `most` (over 40) characters; a longer one ends in its digest."""
    text = storable(text)
    return text if len(text) <= most else f"{text[: most - 33]}~{sha256(text.encode()).hexdigest()[:32]}"


def flat(value: object, field: str) -> dict[str, str]:
    """An object of text, such as labels. Numbers and booleans become text, null the empty text or object."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SourceError(field, "give an object of text")
    return {storable(name): _scalar(each, f"{field}.{name}") for name, each in value.items()}


def bounded(pairs: Mapping[str, str], most: int, longest: int, keep: Iterable[str] = ()) -> dict[str, str]:
    """At most `most` pairs by name, but those to `keep` first, with values up to `longest` characters."""
    first = frozenset(keep)
    names: Iterable[str] = pairs
    if len(pairs) > most:
        names = sorted(pairs, key=lambda name: (name not in first, name))[:most]
    return {key(name, 200): clean(pairs[name], longest) for name in names}


def moment(value: object, field: str) -> datetime | None:
    """An RFC 3339 time in UTC, cut to microseconds. None for null, empty text, and year 1: Go's zero time.

    The offset is required; its colon is not, since PagerDuty's own example has none.
    """
    if value is None or value == "":
        return None
    match = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise _no_time(value, field)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, zulu, sign, hours, minutes = match.groups()[6:]
    try:
        zone = UTC
        if not zulu:
            ahead = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(ahead if sign == "+" else -ahead)
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        found = datetime(year, month, day, hour, minute, second, micro, tzinfo=zone)
        return None if year == 1 else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_time(value, field) from None


def stamp(value: object, field: str) -> datetime | None:
    """A moment as tools write it: `moment`'s form, one with blanks, "UTC" or no offset (which means UTC), or seconds
    or milliseconds since 1970, as a number or in digits. None for null, empty text, 0 and year 1."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 15:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_1970(value, field)
    if isinstance(value, str) and (match := NEARLY_RFC_3339.fullmatch(value.strip())):
        day, clock, offset = match.groups()
        return moment(f"{day}T{clock}{'Z' if offset in (None, 'UTC') else offset}", field)
    return moment(value, field)


def _since_1970(value: float, field: str) -> datetime | None:
    try:
        # 10**11 seconds are in the year 5138, 10**11 milliseconds in 1973.
        seconds = value if abs(value) < 1e11 else value / 1000
        return datetime.fromtimestamp(seconds, UTC) if value else None
    except (ValueError, OverflowError, OSError):
        raise _no_time(value, field) from None


def text(value: object, field: str, most: int) -> str:
    """One line or more of at most `most` characters. Null is the empty text; a number or boolean is written out."""
    return clean(_scalar(value, field), most)


def fields(value: object, field: str) -> dict[str, Any]:
    """An object; null is an empty one. SourceError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SourceError(field, "give an object")
    return value


def rows(value: object, field: str) -> list[Any]:
    """A list; null is an empty one. SourceError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise SourceError(field, "give a list")
    return value


def told(value: object) -> dict[str, str]:
    """Whatever an object holds as text, for labels or annotations: lists and objects are written as JSON, null is
    left out. Anything but an object is told as one value, "details"."""
    pairs = value.items() if isinstance(value, dict) else [("details", value)]
    written = {}
    for name, each in pairs:
        if each is not None and each not in ("", [], {}):
            written[storable(name)] = (
                json.dumps(details(each, "details", depth=100), ensure_ascii=False)
                if isinstance(each, dict | list)
                else _scalar(each, "details")
            )
    return written


def details(value: object, field: str, *, depth: int = DEEPEST) -> Any:
    """A JSON value fit for a JSON column. SourceError where it is nested over `depth` deep."""
    if depth < 0:
        raise SourceError(field, "is nested too deeply")
    if isinstance(value, dict):
        return {storable(str(name)): details(each, field, depth=depth - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [details(each, field, depth=depth - 1) for each in value]
    if isinstance(value, str):
        return storable(value)
    # A number such as 1e999 is infinite once read, which JSON can't write.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def link(href: object, text: object) -> Link | None:
    """A link that is safe to show; None for anything but an absolute http or https URL."""
    if not isinstance(href, str) or len(href) > LONGEST_URL:
        return None
    href = href.strip()
    try:
        parts = urlsplit(href)
        good = parts.scheme in ("http", "https") and parts.hostname and not NOT_IN_A_URL.search(href)
    except ValueError:
        return None
    if not good or UNSTORABLE.search(href):
        return None
    return Link(href=href, text=(clean(text, 200) if isinstance(text, str) else "") or clean(href, 200))


def links(found: Iterable[Link | None]) -> list[Link]:
    """The first 20 that are links, each URL once."""
    once: dict[str, Link] = {}
    for each in found:
        if each and len(once) < MOST_LINKS:
            once.setdefault(each["href"], each)
    return list(once.values())


def shown(value: object) -> str:
    """A short quotation of a wrong value, for a message."""
    return clean(json.dumps(value, ensure_ascii=False, default=str), 60)


def _scalar(value: object, field: str) -> str:
    if isinstance(value, str):
        return storable(value)
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise SourceError(clean(field, 200), "give text")


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_time(value: object, field: str) -> SourceError:
    return SourceError(field, f"give a time such as 2026-11-23T04:00:00Z, not {shown(value)}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
