"""`manage.py import_services FILE`: services from a file of Watchbill's own or a catalogue of Backstage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.catalogue import documents, importing, planning
from teams.models import Team


class Command(BaseCommand):
    help = "Create and change services as a file says: all of it, or where there is a problem nothing. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a YAML file, or - for what is piped in")
        parser.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
        parser.add_argument("--team", help="the slug of the team that answers for services whose owner is no team here")

    def handle(self, *args: Any, **options: Any) -> None:
        fallback = None
        if options["team"] and (fallback := Team.objects.filter(slug=options["team"]).first()) is None:
            raise CommandError(f"There is no team “{options['team']}”.")
        try:
            text = documents.decoded(_given(options["file"]))
        except (OSError, documents.Unreadable) as wrong:
            raise CommandError(str(wrong)) from None
        act = importing.look if options["dry_run"] else importing.bring_in
        plan = act(text, by=None, fallback=fallback)
        for line in planning.lines_of(plan):
            self.stdout.write(line)
        if plan.problems:
            raise CommandError(f"Nothing was changed: {len(plan.problems)} problems.", returncode=1)
        done = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{len(plan.created)} {done}created, {len(plan.changed)} {done}changed, {len(plan.left)} left as they are."
        )


def _given(name: str) -> bytes:
    """At most a little more than is read: more is refused anyway."""
    if name == "-":
        return sys.stdin.buffer.read(documents.MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(documents.MAX_BYTES + 1)
