"""`manage.py web`: the web server, alone."""

import copy
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels

from config.processes import end_with_parent

STOP_SECONDS = 8
HEADER_BYTES = 65_536
HEADER_MILLISECONDS = 10_000


class Command(BaseCommand):
    help = "Serve Watchbill over HTTP until it is told to stop (SIGTERM lets running requests finish)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        env = settings.ENV
        Granian(
            target="config.wsgi:application",
            address=env.host,
            port=env.port,
            interface=Interfaces.WSGI,
            workers=env.web_workers,
            blocking_threads=env.web_threads,
            websockets=False,
            # Whoever sends a header byte by byte, or never ends, is left alone; `config.bounds` judges the rest.
            http1_settings=HTTP1Settings(max_buffer_size=HEADER_BYTES, header_read_timeout=HEADER_MILLISECONDS),
            http2_settings=HTTP2Settings(max_headers_size=HEADER_BYTES),
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            log_level=LogLevels(env.log_level.lower()),
            log_dictconfig=_logging(),
        ).serve(target_loader=_application)


def _application(target: str) -> Callable[..., Any]:
    """Load the application in a server process, which is not to live on without its parent."""
    end_with_parent()
    from config.wsgi import application

    return application


def _logging() -> dict[str, Any]:
    logging = copy.deepcopy(settings.LOGGING)
    logging["loggers"] |= {
        "_granian": {"level": settings.ENV.log_level},
        "granian.access": {"level": "WARNING"},
    }
    return logging
