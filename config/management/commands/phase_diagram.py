"""`manage.py phase_diagram`: renews the diagram of phases in docs/architecture.md."""

from typing import Any

from django.core.management.base import BaseCommand

from config.env import ROOT
from incidents import phases

DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- begin: manage.py phase_diagram -->\n"
END = "<!-- end -->\n"


class Command(BaseCommand):
    help = "Draw the table of phases into docs/architecture.md."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        DOCUMENT.write_text(renewed(DOCUMENT.read_text()))


def renewed(text: str) -> str:
    """The document with its diagram drawn anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}```mermaid\n{phases.diagram()}```\n{END}{rest.partition(END)[2]}"
