"""The least that can be said to keep an alert: a WSGI view that inserts the body as one row and says 202."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

_own = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    connection = getattr(_own, "connection", None)
    if connection is None:
        connection = _own.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    connection.execute("INSERT INTO bare_event (body) VALUES (%s)", [body.decode()])
    start_response("202 Accepted", [("Content-Type", "application/json")])
    return [b"{}"]
