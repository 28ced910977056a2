"""Debian's Prometheus and Alertmanager, as they are, at an exporter whose figures the test sets: each alert goes to the
webhook, as PagerDuty's event and as Opsgenie's alert at once, fires, is over in part, and is over."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.fleet import free_port
from config.story.client import Person, Web
from tests.installation import Installation, live_installation, wait_for
from tests.standins.server import Handler, Server, serving

PROGRAMS = ("prometheus", "prometheus-alertmanager")
RULES = """
groups:
- name: shop
  rules:
  - alert: QueueLong
    expr: queue_length > 100
    labels: {service: checkout, severity: critical}
    annotations: {summary: 'The queue {{ $labels.queue }} has {{ $value }} messages'}
  - alert: ErrorsMany
    expr: error_ratio > 0.05
    labels: {service: checkout, severity: warning}
    annotations: {summary: 'Checkout fails for {{ $value | humanizePercentage }}'}
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]
scrape_configs:
- job_name: shop
  static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]
"""
ALERTMANAGER = """
route:
  receiver: webhook
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
  routes:
  - {{receiver: webhook, continue: true}}
  - {{receiver: pagerduty, continue: true}}
  - {{receiver: opsgenie, continue: true}}
receivers:
- name: webhook
  webhook_configs: [{{url: '{base}/integrations/v1/alertmanager/{webhook}/'}}]
- name: pagerduty
  pagerduty_configs: [{{url: '{base}/v2/enqueue', routing_key: {pagerduty}}}]
- name: opsgenie
  opsgenie_configs: [{{api_url: '{base}/', api_key: {opsgenie}, update_alerts: true}}]
"""
# Alertmanager's webhook tells of each alert; to the others a group is one alert.
FIRED = Counter(alertmanager=3, pagerduty=2, opsgenie=2)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="Prometheus or Alertmanager is not installed"),
]


class Exporter(Server):
    """What Prometheus scrapes: the lengths of two queues, and how much of checkout fails."""

    def __init__(self) -> None:
        self.orders = self.mails = 0
        self.errors = 0.0
        super().__init__(answer=self.told)

    def told(self, handler: Handler) -> None:
        lines = [
            f'queue_length{{queue="orders"}} {self.orders}',
            f'queue_length{{queue="mails"}} {self.mails}',
            f"error_ratio {self.errors}",
        ]
        handler.reply(200, "\n".join([*lines, ""]).encode(), **{"Content-Type": "text/plain; version=0.0.4"})


@dataclass
class Shop:
    installation: Installation
    exporter: Exporter
    ines: Person
    log: Path

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.exporter.server_port}"

    def incidents(self) -> list[dict[str, Any]]:
        return list(self.ines.every("incidents/"))

    def alerts(self) -> list[dict[str, Any]]:
        return [a for each in self.incidents() for a in self.ines.every(f"incidents/{each['id']}/alerts/")]

    def states(self, status: str) -> Counter[str]:
        """How many alerts of each kind of integration stand so."""
        return Counter(each["integration"].split()[0] for each in self.alerts() if each["status"] == status)

    def repeated(self) -> Counter[str]:
        """Of how many alerts each kind of integration was told more than once."""
        return Counter(each["integration"].split()[0] for each in self.alerts() if each["count"] > 1)


def started(name: str, folder: Path, port: int, *arguments: str) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        given = [name, *arguments, f"--web.listen-address=127.0.0.1:{port}"]
        return subprocess.Popen(given, stdout=log, stderr=subprocess.STDOUT, cwd=folder)


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with live_installation(WATCHBILL_API_RATE="off") as installation, serving(Exporter()) as exporter:
        installation.run("demo")
        tokens = json.loads((installation.var / "demo.json").read_text())["tokens"]
        kinds = {"webhook": "alertmanager", "pagerduty": "pagerduty", "opsgenie": "opsgenie"}
        keys = {name: installation.integration(kind) for name, kind in kinds.items()}
        ports = (free_port(), free_port())
        (tmp_path / "rules.yml").write_text(RULES)
        (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER.format(base=installation.base_url, **keys))
        (tmp_path / "prometheus.yml").write_text(
            PROMETHEUS.format(rules="rules.yml", alertmanager=ports[0], exporter=exporter.server_port)
        )
        running = [
            started(
                PROGRAMS[1], tmp_path, ports[0], "--config.file=alertmanager.yml", "--storage.path=alertmanager",
                "--cluster.listen-address=",
            ),
            started(
                PROGRAMS[0], tmp_path, ports[1], "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
            ),
        ]  # fmt: skip
        try:
            for port in ports:
                wait_for(lambda port=port: ready(port), "Prometheus and Alertmanager to be ready")
            ines = Person(Web(installation.base_url), "ines", tokens["ines"])
            yield Shop(installation, exporter, ines, tmp_path / f"{PROGRAMS[1]}.log")
        finally:
            for each in running:
                each.terminate()
            for each in running:
                each.wait(20)


def test_alerts_fire_are_over_in_part_and_are_over(shop: Shop) -> None:
    shop.exporter.orders, shop.exporter.mails, shop.exporter.errors = 500, 300, 0.2
    wait_for(lambda: shop.states("firing") == FIRED, "what fires")
    assert {each["title"] for each in shop.incidents()} == {
        "Checkout fails for 20%",
        f"[FIRING:1] ErrorsMany ({shop.target} shop checkout warning)",
        f"[FIRING:1] ErrorsMany ({shop.target} shop checkout warning) on checkout",
        f"[FIRING:2] QueueLong ({shop.target} shop checkout critical)",
        f"[FIRING:2] QueueLong ({shop.target} shop checkout critical) on checkout",
        "QueueLong on checkout: 2 alerts",
    }
    queue = next(each for each in shop.incidents() if each["title"] == "QueueLong on checkout: 2 alerts")

    shop.exporter.mails = 0
    wait_for(lambda: shop.states("resolved") == {"alertmanager": 1}, "one queue to be over")
    # The others know the group as one alert, and it goes on.
    wait_for(lambda: shop.repeated() == {"pagerduty": 1, "opsgenie": 1, "alertmanager": 1}, "what goes on to be told")
    assert shop.states("firing") == FIRED - Counter(alertmanager=1)
    (over,) = shop.ines.every(f"incidents/{queue['id']}/alerts/?status=resolved")
    assert over["labels"]["queue"] == "mails"

    shop.exporter.orders, shop.exporter.errors = 0, 0.0
    wait_for(lambda: shop.states("resolved") == FIRED, "all to be over")
    assert shop.states("firing") == {}
    assert len(shop.incidents()) == 6
    for incident in shop.incidents():
        lines = [each["text"] for each in shop.ines.every(f"incidents/{incident['id']}/timeline/")]
        assert any(line.endswith("None is firing any more") for line in lines), lines
        assert len(list(shop.ines.every(f"incidents/{incident['id']}/pages/"))) == 1
    assert not [line for line in shop.log.read_text().splitlines() if "level=error" in line or "level=warn" in line]
