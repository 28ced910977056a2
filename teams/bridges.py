"""Where people of an incident meet: a team's templates for addresses of a video room and of a chat channel.

What fills a template in is named here, and nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify

PLACEHOLDERS = ("reference", "number", "title_slug", "team", "severity")
HELP = "May hold " + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS) + "."
_PLACE = re.compile(r"\{([^{}]*)\}")
_on_the_web = URLValidator(schemes=["http", "https"])


def check(template: str) -> None:
    """ValidationError for a placeholder that there is not, a host that one would choose, or what is no web address."""
    unknown = [name for name in _PLACE.findall(template) if name not in PLACEHOLDERS]
    if unknown or "{" in (rest := _PLACE.sub("", template)) or "}" in rest:
        what = f"There is no {{{unknown[0]}}}." if unknown else "A brace has no partner."
        raise ValidationError(f"{what} {HELP}", code="placeholder")
    host = template.split("://", 1)[-1].split("/", 1)[0]
    if "{" in host:
        raise ValidationError("Placeholders stand after the host, in the path.", code="placeholder")
    try:
        _on_the_web(_PLACE.sub("x", template))
    except ValidationError:
        raise ValidationError("Give a web address, such as https://meet.example.org/{reference}.") from None


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with `values` in it, each escaped for a path; what is not known is left empty."""
    return _PLACE.sub(lambda found: quote(values.get(found[1], ""), safe=""), template)


def values(*, number: int, reference: str, title: str, team: str, severity: str) -> dict[str, str]:
    """What `filled` takes, of an incident."""
    return {
        "reference": reference,
        "number": str(number),
        "title_slug": slugify(title)[:60].strip("-"),
        "team": team,
        "severity": severity,
    }
