"""The real Alertmanager pointed at the webhook: a group of three alerts is one incident and one page."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.fleet import free_port
from tests.installation import wait_for
from tests.journeys.conftest import Demo

BINARY = shutil.which("prometheus-alertmanager")
CONFIGURATION = """
global: {{resolve_timeout: 1m}}
route:
  receiver: 'null'
  group_by: [alertname, cluster]
  group_wait: 2s
  group_interval: 2s
  repeat_interval: 1h
  routes:
  - {{receiver: watchbill, matchers: ['capture="yes"']}}
receivers:
- name: watchbill
  webhook_configs: [{{url: '{url}', send_resolved: true}}]
- name: 'null'
"""

pytestmark = pytest.mark.skipif(BINARY is None, reason="prometheus-alertmanager is not installed")


class Alertmanager:
    """A real one on loopback, with its data in a folder of its own."""

    def __init__(self, home: Path, webhook: str) -> None:
        assert BINARY
        self.port = free_port()
        self.log = home / "alertmanager.log"
        configuration = home / "alertmanager.yml"
        configuration.write_text(CONFIGURATION.format(url=webhook))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    BINARY,
                    f"--config.file={configuration}",
                    f"--storage.path={home / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    f"--web.external-url=http://127.0.0.1:{self.port}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def post(self, alerts: list[dict[str, Any]]) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v2/alerts",
            json.dumps(alerts).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def alertmanager(demo: Demo, tmp_path: Path) -> Iterator[Alertmanager]:
    started = Alertmanager(tmp_path, f"{demo.installation.base_url}{demo.webhook}")
    try:
        wait_for(started.ready, "Alertmanager to be ready")
        yield started
    finally:
        started.stop()


def alert(node: int, began: datetime, *, over: bool = False) -> dict[str, Any]:
    ends = {"endsAt": datetime.now(UTC).isoformat()} if over else {}
    return {
        "labels": {
            "alertname": "HighCPU",
            "capture": "yes",
            "cluster": "prod-eu",
            "instance": f"node-{node}:9100",
            "job": "node",
            "service": "ledger",
            "severity": "critical",
        },
        "annotations": {
            "summary": f"CPU above 90% on node-{node}",
            "runbook_url": "https://runbook.example/HighCPU",
        },
        "startsAt": began.isoformat(),
        "generatorURL": "https://prom.example/graph?g0.expr=cpu",
        **ends,
    }


def test_three_grouped_alerts_are_one_incident_and_one_page(demo: Demo, alertmanager: Alertmanager) -> None:
    ines = demo.person("ines")

    def incidents() -> list[dict[str, Any]]:
        return list(ines.every("incidents/?q=HighCPU"))

    def alerts(status: str) -> list[dict[str, Any]]:
        return list(ines.every(f"incidents/{incidents()[0]['id']}/alerts/?status={status}"))

    # Not earlier: Alertmanager waits for the rest of a group only where the first alert of it is new.
    began = datetime.now(UTC)
    alertmanager.post([alert(node, began) for node in range(3)])

    wait_for(lambda: bool(incidents()), "the incident")
    (incident,) = incidents()
    assert incident["title"] == "HighCPU on ledger (prod-eu): 3 alerts"
    assert incident["team"]["slug"] == "payments"
    assert [service["slug"] for service in incident["services"]] == ["ledger"]
    assert len(alerts("firing")) == 3
    (mail,) = demo.installation.wait_for_mail(subject=f"[{incident['reference']}] Page")
    assert mail["rcpt_to"] == ["bob@harbour.example"]

    alertmanager.post([alert(0, began, over=True)])
    wait_for(lambda: len(alerts("resolved")) == 1, "the first alert to be resolved")
    alertmanager.post([alert(1, began, over=True), alert(2, began, over=True)])
    wait_for(lambda: len(alerts("resolved")) == 3, "all alerts to be resolved")

    assert len(incidents()) == 1
    lines = [e["text"] for e in ines.every(f"incidents/{incident['id']}/timeline/") if e["kind"] == "alert"]
    assert lines[0] == "Alert: HighCPU on ledger (prod-eu): 3 alerts"
    assert len(lines) == 4
    assert lines[-1].endswith("None is firing any more")
    pages = list(ines.every(f"incidents/{incident['id']}/pages/"))
    assert len(pages) == 1
    assert len(demo.installation.mail(subject=f"[{incident['reference']}] Page")) == 1
    # It stays open until people say that it is over.
    assert incidents()[0]["phase"] == "detect"
