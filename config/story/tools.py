"""What the story's tools send: Alertmanager's webhook and a pipeline's change events, in their real shapes."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from config.story.client import PAUSE_SECONDS, StoryError, Web
from config.story.clock import stamp
from incidents.grouping import fingerprint

TAKEN_SECONDS = 30.0
STILL_FIRING = "0001-01-01T00:00:00Z"


def alertmanager(
    labels: dict[str, str], annotations: dict[str, str], *, starts_at: datetime, ends_at: datetime | None = None
) -> dict[str, Any]:
    """The webhook body (version 4) of a group of one alert; it is resolved where `ends_at` is given."""
    status = "resolved" if ends_at else "firing"
    group = {name: labels[name] for name in ("alertname", "cluster", "run")}
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": stamp(starts_at),
        "endsAt": stamp(ends_at) if ends_at else STILL_FIRING,
        "generatorURL": "https://prometheus.harbour.example/graph?g0.expr=checkout%3Aerror_ratio%3Arate5m",
        "fingerprint": fingerprint(labels),
    }
    return {
        "receiver": "watchbill",
        "status": status,
        "alerts": [alert],
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "https://alertmanager.harbour.example",
        "version": "4",
        "groupKey": "{}:{" + ", ".join(f'{name}="{value}"' for name, value in group.items()) + "}",
        "truncatedAlerts": 0,
    }


def send(web: Web, key: str, body: dict[str, Any]) -> Any:
    """Post what Alertmanager would to the integration of that key, and wait until a worker has taken it; what became of
    it."""
    return taken(web, key, web.json(f"/integrations/v1/alertmanager/{key}/", body)["id"])


def taken(web: Web, key: str, event_id: str) -> Any:
    """What became of an event, once a worker has taken it. StoryError where none does."""
    deadline = time.monotonic() + TAKEN_SECONDS
    while True:
        event = web.json(f"/integrations/v1/events/{key}/{event_id}/")
        if event["state"] != "waiting":
            return event
        if time.monotonic() > deadline:
            raise StoryError(f"No worker took the alert within {TAKEN_SECONDS:g} s. Do worker and beat run?")
        time.sleep(PAUSE_SECONDS)


def change(routing_key: str, summary: str, service: str, version: str, *, at: datetime) -> dict[str, Any]:
    """The body of a change event for a deploy."""
    return {
        "routing_key": routing_key,
        "payload": {
            "summary": summary,
            "source": "deploy-pipeline",
            "timestamp": stamp(at),
            "custom_details": {"service": service, "version": version},
        },
        "links": [{"href": f"https://ci.harbour.example/{service}/{version}", "text": "Pipeline run"}],
    }
