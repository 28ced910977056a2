"""`manage.py mailsink`: the SMTP server that keeps development's mail in var/mail instead of sending it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import running
from config.mailsink import server


class Command(BaseCommand):
    help = "Take mail on loopback and keep it in var/mail, to be read at /mail/ (development only)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=running.MAIL_PORT, help="on 127.0.0.1; %(default)s if not given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WATCHBILL_MAIL_SINK:
            raise CommandError("The mail sink keeps mail from its readers; production has none.")
        server.serve(options["port"], settings.WATCHBILL_VAR / "mail")
