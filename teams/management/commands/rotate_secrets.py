"""`manage.py rotate_secrets`: puts every stored secret under the first encryption key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams import resealing


class Command(BaseCommand):
    help = "Encrypt every stored secret with the first of WATCHBILL_ENCRYPTION_KEYS. Safe to run while serving."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; exit with 1 if a secret is not under the first key",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check: bool = options["check"]
        counts = resealing.survey() if check else resealing.rotate()
        for count in counts:
            left = count.behind if check else count.unreadable
            done = "" if check else f", {count.behind - count.unreadable} rewritten"
            plain = f", {count.plain} not encrypted" if count.plain else ""
            self.stdout.write(f"{count.place}: {count.sealed} secrets{done}, {left} not under the first key{plain}")
            if count.unreadable:
                shown = ", ".join(str(pk) for pk in count.rows[:10]) + (" …" if len(count.rows) > 10 else "")
                self.stdout.write(f"  {count.unreadable} can be read with none of the keys: rows {shown}")
        unreadable = sum(c.unreadable for c in counts)
        behind = sum(c.behind for c in counts) if check else unreadable
        if unreadable:
            raise CommandError(
                f"{unreadable} can't be read: add the key they were written with to WATCHBILL_ENCRYPTION_KEYS, or enter"
                " these secrets again.",
                returncode=1,
            )
        if behind:
            raise CommandError(f"{behind} are not under the first key yet: run rotate_secrets.", returncode=1)
        self.stdout.write("All are under the first key. Older keys are not needed for them any more.")
