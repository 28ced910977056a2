"""`manage.py worker`: a Celery worker, alone."""

import warnings
from typing import Any

from celery import platforms, signals
from django.conf import settings
from django.core.management.base import BaseCommand

from config import running
from config.celery import app


class Command(BaseCommand):
    help = "Run the tasks that are due until told to stop (SIGTERM lets running tasks finish)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Messages are JSON, so the danger of root that Celery warns of (running pickled code) is not there.
        warnings.simplefilter("ignore", platforms.SecurityWarning)  # type: ignore[attr-defined]
        signals.worker_ready.connect(_ready)
        app.worker_main(
            [
                "--quiet",
                "worker",
                "--loglevel",
                settings.ENV.log_level,
                "--without-gossip",
                "--without-mingle",
            ]
        )


def _ready(**_: Any) -> None:
    running.mark_ready(settings.WATCHBILL_VAR, "worker")
