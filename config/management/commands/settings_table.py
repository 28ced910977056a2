"""`manage.py settings_table`: renews the table of settings in docs/settings.md."""

from typing import Any

from django.core.management.base import BaseCommand

from config import env

DOCUMENT = env.ROOT / "docs" / "settings.md"
BEGIN = "<!-- begin: manage.py settings_table -->\n"
END = "<!-- end -->\n"


class Command(BaseCommand):
    help = "Write the table of settings into docs/settings.md."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        DOCUMENT.write_text(renewed(DOCUMENT.read_text()))


def renewed(text: str) -> str:
    """The document with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + env.table() + END + rest.partition(END)[2]
