"""`manage.py beat`: the clock of the sweeps, alone. One of them is enough; a second one only costs work."""

from typing import Any

from celery import signals
from django.conf import settings
from django.core.management.base import BaseCommand

from config import running
from config.celery import app


class Command(BaseCommand):
    help = "Call the sweeps (pages, deliveries, reminders) every few seconds until told to stop."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        signals.beat_init.connect(_ready)
        app.start(["--quiet", "beat", "--loglevel", settings.ENV.log_level, "--pidfile", ""])


def _ready(**_: Any) -> None:
    running.mark_ready(settings.WATCHBILL_VAR, "beat")
