"""`manage.py rebuild_figures [--check]`: the moments of all incidents anew from their timelines."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents.actions import figures
from incidents.models import Incident
from teams.downloads import chunks


class Command(BaseCommand):
    help = "Make what figures are counted from anew from the timelines of all incidents, or check that it agrees."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; say which incidents differ.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """CommandError where something differs."""
        done, differing = 0, []
        for keys in chunks(Incident.objects.order_by("pk").values_list("pk", flat=True).iterator()):
            done += len(keys)
            if check:
                differing += figures.differing(keys)
            else:
                figures.refresh(keys)
        if differing:
            told = ", ".join(f"INC-{pk}" for pk in differing[:20])
            raise CommandError(
                f"{len(differing)} of {done} differ from their timelines: {told}. Run it without --check."
            )
        self.stdout.write(f"{done} incidents {'agree with their timelines' if check else 'counted anew'}.")
