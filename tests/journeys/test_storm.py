"""Many equal alerts at the same moment, as several Alertmanagers of a cluster send them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from config.story import texts, tools
from config.story.client import Web
from tests.journeys.conftest import Demo

AT_ONCE = 50


def test_fifty_equal_alerts_at_once_are_one_incident_and_one_page(demo: Demo) -> None:
    labels = texts.ALERT_LABELS | {"alertname": "CheckoutLatency", "run": "storm"}
    body = tools.alertmanager(labels, {"summary": "checkout is slow"}, starts_at=datetime.now(UTC))

    def post(_: int) -> Any:
        return demo.send(body, Web(demo.installation.base_url))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(post, range(AT_ONCE)))

    count = Counter("opened" if each["opened"] else "repeat" for each in told)
    assert count == {"opened": 1, "repeat": AT_ONCE - 1}
    ines = demo.person("ines")
    (incident,) = ines.every("incidents/?q=slow")
    (alert,) = ines.every(f"incidents/{incident['id']}/alerts/")
    assert alert["count"] == AT_ONCE
    demo.installation.wait_for_mail(subject=f"[{incident['reference']}] Page")
    (run,) = ines.every(f"incidents/{incident['id']}/escalation-runs/")
    assert datetime.fromisoformat(run["due_at"]) > datetime.now(UTC), "the next step is minutes away"
    assert len(list(ines.every(f"incidents/{incident['id']}/pages/"))) == 1
    assert len(demo.installation.mail(subject=f"[{incident['reference']}] Page")) == 1
