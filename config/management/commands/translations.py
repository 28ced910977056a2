"""`manage.py translations`: makes what Django loads of the catalogues that people edit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import catalogues, env

CATALOGUES = sorted((env.ROOT / "comms" / "locale").glob("*/LC_MESSAGES/django.po"))
# Where words stand that readers of status pages see.
ROOMS = ("comms", "config")
APART = {"admin", "migrations", "locale", "management"}


class Command(BaseCommand):
    help = "Compile comms/locale/*/LC_MESSAGES/django.po, and say what they lack."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = said()
        lacking = []
        for path in CATALOGUES:
            entries = catalogues.read(path)
            path.with_suffix(".mo").write_bytes(catalogues.compiled(entries))
            lacking += [f"{path.parent.parent.name}: {each!r}" for each in sorted(wanted - set(entries))]
        if lacking:
            raise CommandError("Not translated yet:\n" + "\n".join(lacking), returncode=1)


def said() -> set[str]:
    """All that templates and code have translated."""
    found: set[str] = set()
    for room in ROOMS:
        for path in (env.ROOT / room).rglob("*"):
            if path.suffix in (".html", ".txt", ".svg", ".py") and not APART & set(path.parts):
                found.update(catalogues.said(path.read_text(encoding="utf-8")))
    return found
