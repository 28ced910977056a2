"""Time-zone names as this machine's tz database knows them."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone."""
    return name in _known()


@cache
def zone_names() -> tuple[str, ...]:
    """Names a person would pick, sorted: `Area/City` and UTC, without legacy aliases such as `EST5EDT`."""
    return tuple(sorted(z for z in _known() if z == "UTC" or ("/" in z and not z.startswith("Etc/"))))


def validate_zone(value: str) -> None:
    """Raise ValidationError unless `value` names an IANA time zone."""
    if not is_zone(value):
        raise ValidationError(
            "%(value)s is not a time zone. Use a name such as Europe/Berlin.",
            code="unknown_zone",
            params={"value": value},
        )
