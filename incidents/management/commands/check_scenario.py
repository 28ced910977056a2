"""`manage.py check_scenario FILE …`: whether scenarios for drills can be played, and what is wrong, by line."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents.drilling import scenario


class Command(BaseCommand):
    help = "Say whether scenarios for drills can be played, and what is wrong with them, by line."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        """CommandError where one of them can't be played."""
        wrong = 0
        for path in files:
            try:
                text = path.read_bytes()[: scenario.MAX_BYTES + 1].decode("utf-8-sig")
            except OSError as error:
                raise CommandError(f"{path} can't be read: {error.strerror}.") from None
            except UnicodeDecodeError:
                raise CommandError(f"{path} is no text in UTF-8.") from None
            script, problems = scenario.read(text)
            if script is not None:
                self.stdout.write(f"{path}: “{script.title}”, {len(script.events)} events")
                continue
            wrong += 1
            for problem in problems:
                self.stderr.write(f"{path}:{problem.line or 1}: {problem.text}")
        if wrong:
            raise CommandError(f"{wrong} of {len(files)} can't be played.")
