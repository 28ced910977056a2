"""`manage.py ingest`: a web server for tools alone, which a busy console does not hold up."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import serving


class Command(BaseCommand):
    help = "Take what tools send over HTTP, and nothing else, until it is told to stop."
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        default = settings.ENV.ingest_port or settings.ENV.port + 1
        parser.add_argument("--port", type=int, default=default, help="the port to listen on; %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        serving.serve(serving.tools_alone, port=options["port"], workers=settings.ENV.ingest_workers)
