"""`manage.py access_table`: renews the tables of access in docs/access.md."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from config import env
from teams import access
from teams.access import Role, Verb

DOCUMENT = env.ROOT / "docs" / "access.md"
BEGIN = "<!-- begin: manage.py access_table -->\n"
END = "<!-- end -->\n"
TITLES = {
    "self": "One's own account",
    "admin": "The organization",
    "person": "People",
    "team": "Teams and rosters",
    "incident": "Incidents and their review",
    "update": "Telling stakeholders",
    "public": "Without an account",
}


class Command(BaseCommand):
    help = "Write the tables of access into docs/access.md."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        DOCUMENT.write_text(renewed(DOCUMENT.read_text()))


def renewed(text: str) -> str:
    """The document with its tables made anew."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "".join(f"{line}\n" for line in _tables()) + END + rest.partition(END)[2]


def _tables() -> Iterator[str]:
    yield "| Role | Who that is | On a private incident |"
    yield "|---|---|---|"
    for role in Role:
        counts = "counts" if role in access.ON_PRIVATE else "–"
        yield f"| **{role.value}** | {access.EXPLAINED[role]} | {counts} |"
    for verb in access.TABLE.values():
        if title := _title(verb):
            yield from ("", f"### {title}", "", "| One may … | Verb | Roles | Scope of a token | Asked again |")
            yield "|---|---|---|---|---|"
        again = "yes" if verb.again else ""
        scope = f"`{verb.scope}`" if verb.scope else "none"
        yield f"| {verb.does} | `{verb.name}` | {_roles(verb)} | {scope} | {again} |"
    yield ""
    yield "| Scope | An API token with it may … |"
    yield "|---|---|"
    for scope, does in access.SCOPES.items():
        yield f"| `{scope}` | {does[0].lower()}{does[1:]} |"


def _title(verb: Verb) -> str:
    """The heading that a verb begins, if it does."""
    first = next(v for v in access.TABLE.values() if v.noun == verb.noun)
    return TITLES.get(verb.noun, "") if first is verb else ""


def _roles(verb: Verb) -> str:
    if verb.roles >= set(access.ORGANIZATION):
        return "everybody who is signed in"
    return ", ".join(r.value for r in Role if r in verb.roles)
