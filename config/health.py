"""Answers for probes: is the process alive, and can it serve."""

import socket
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from comms.actions import relaying

BROKER_SECONDS = 0.5


class Probes:
    """Answers `/healthz` and `/readyz` before host names and https
    are judged: a probe asks by bare address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path == "/readyz":
            return _ready()
        return self.get_response(request)


def _ready() -> JsonResponse:
    """200 with the database up and migrated, else 503; the broker and mail are
    told but decide nothing, sweeps wait for the one and letters for the other."""
    database = _database()
    report = {"database": database, "broker": "ok" if _broker_answers() else "away"}
    if database == "ok":
        report["mail"] = "refused" if relaying.trouble() else "ok"
    return JsonResponse(report, status=200 if database == "ok" else 503, headers={"Cache-Control": "no-store"})


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return "away"
    return "not migrated" if pending else "ok"


def _broker_answers() -> bool:
    url = urlsplit(settings.CELERY_BROKER_URL)
    try:
        if url.scheme == "redis+socket":
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(BROKER_SECONDS)
                probe.connect(unquote(url.path))
        else:
            with socket.create_connection((url.hostname or "127.0.0.1", url.port or 6379), BROKER_SECONDS):
                pass
    except OSError:
        return False
    return True
