"""`manage.py web`: the web server, alone."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import serving


class Command(BaseCommand):
    help = "Serve Watchbill over HTTP until it is told to stop (SIGTERM lets running requests finish)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        serving.serve(serving.everything, port=settings.ENV.port, workers=settings.ENV.web_workers)
