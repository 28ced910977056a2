"""`manage.py up`: a whole installation in one terminal, the command behind `make run`."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.supervisor import Supervisor


class Command(BaseCommand):
    help = "Start the servers that no URL names, then web, worker, beat and mail sink; Ctrl-C stops everything."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="no demo organization and no story on first start")
        parser.add_argument(
            "--attached", action="store_true", help="stop when the process that started this one is gone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(Supervisor(settings.ENV, empty=options["empty"], attached=options["attached"]).run())
