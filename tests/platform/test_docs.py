"""What the documents claim about the code is still so."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from config.env import ROOT
from config.management.commands import access_table, phase_diagram

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)[^)\s]*\)")
COMMAND = re.compile(r"manage\.py (\w+)")


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def test_the_diagram_of_phases_is_drawn_from_the_table() -> None:
    text = phase_diagram.DOCUMENT.read_text()
    assert phase_diagram.renewed(text) == text, "run: .venv/bin/python manage.py phase_diagram"


def test_who_may_do_what_is_told_from_the_table() -> None:
    text = access_table.DOCUMENT.read_text()
    assert access_table.renewed(text) == text, "run: .venv/bin/python manage.py access_table"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_commands_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    assert set(COMMAND.findall(text)) <= set(get_commands())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:PORT=\d+ )?make ([a-z-]+)", text)) <= targets
