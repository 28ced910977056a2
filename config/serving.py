"""Serving HTTP: for people, and for tools alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.conf import settings
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels

from config.processes import end_with_parent

STOP_SECONDS = 8
HEADER_BYTES = 65_536
HEADER_MILLISECONDS = 10_000


def serve(load: Callable[[str], Callable[..., Any]], *, port: int, workers: int) -> None:
    """Serve on that port, in so many processes, what `load` returns in each of them, until the end is asked for:
    SIGTERM lets running requests finish."""
    env = settings.ENV
    Granian(
        target="config.wsgi:application",
        address=env.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=env.web_threads,
        websockets=False,
        # Whoever sends a header byte by byte, or never ends, is left alone; `config.bounds` judges the rest.
        http1_settings=HTTP1Settings(max_buffer_size=HEADER_BYTES, header_read_timeout=HEADER_MILLISECONDS),
        http2_settings=HTTP2Settings(max_headers_size=HEADER_BYTES),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels(env.log_level.lower()),
        log_dictconfig=_logging(),
    ).serve(target_loader=load)


def everything(target: str) -> Callable[..., Any]:
    """Load the application in a server process, which is not to live on without its parent."""
    end_with_parent()
    from config.wsgi import application

    return application


def tools_alone(target: str) -> Callable[..., Any]:
    """Likewise what answers tools and probes, and nobody else."""
    application = everything(target)
    from config.swift import ToolsAlone

    return ToolsAlone(application)


def _logging() -> dict[str, Any]:
    logging = copy.deepcopy(settings.LOGGING)
    logging["loggers"] |= {
        "_granian": {"level": settings.ENV.log_level},
        "granian.access": {"level": "WARNING"},
    }
    return logging
