"""Debian's Prometheus, as it is, behind the metric of an incident: an error rate that falls after a rollback is seen on
the chart, Watchbill proposes to resolve, and warns who resolves while the errors are back."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.fleet import free_port
from config.story.client import Person, Refused, Web
from tests.installation import Installation, live_installation, wait_for
from tests.standins.server import Handler, Server, serving

PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
scrape_configs:
- job_name: shop
  static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]
"""
ERRORS = '100 * sum(rate(requests_total{code="500"}[5s])) / sum(rate(requests_total[5s]))'
SHOWN = """
from django.utils import timezone
from incidents.models import Incident
from incidents.presenters.parts import witness
incident = Incident.objects.get(pk={pk})
rows = list(incident.witnesses.all())
(shown,) = witness.drawn(incident, rows, list(incident.mitigations.all()), timezone.now())
print("told", shown.state, "|", shown.chart.summary, "|", " ".join(mark.sign for mark in shown.chart.marks))
"""

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed"),
]


class Exporter(Server):
    """What Prometheus scrapes: a hundred requests more each time, of which so many per cent failed."""

    def __init__(self) -> None:
        self.failing = 1
        self.good = self.bad = 0
        super().__init__(answer=self.told)

    def told(self, handler: Handler) -> None:
        self.good += 100 - self.failing
        self.bad += self.failing
        text = f'requests_total{{code="200"}} {self.good}\nrequests_total{{code="500"}} {self.bad}\n'
        handler.reply(200, text.encode(), **{"Content-Type": "text/plain; version=0.0.4"})


@dataclass
class Shop:
    installation: Installation
    exporter: Exporter
    prometheus: str
    ines: Person
    incident: int = 0

    @property
    def probe(self) -> dict[str, Any]:
        given = {"title": "Error rate", "url": self.prometheus, "query": ERRORS, "threshold": 5, "unit": "%"}
        return {**given, "hold_minutes": 1, "interval_seconds": 5}

    def metric(self) -> dict[str, Any]:
        (found,) = self.ines.every(f"incidents/{self.incident}/metrics/")
        return dict(found)

    def told(self, words: str) -> bool:
        return any(words in each["text"] for each in self.ines.every(f"incidents/{self.incident}/timeline/"))

    def verb(self, name: str, **given: Any) -> Any:
        return self.ines.post(f"incidents/{self.incident}/verbs/{name}/", **given)

    def chart(self) -> str:
        output = self.installation.run("shell", "--no-imports", "-c", SHOWN.format(pk=self.incident))
        return next(line for line in output.splitlines() if line.startswith("told "))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    port = free_port()
    with (
        live_installation(WATCHBILL_API_RATE="off", WATCHBILL_METRIC_HOSTS=f"127.0.0.1:{port}") as installation,
        serving(Exporter()) as exporter,
    ):
        installation.run("demo")
        tokens = json.loads((installation.var / "demo.json").read_text())["tokens"]
        (tmp_path / "prometheus.yml").write_text(PROMETHEUS.format(exporter=exporter.server_port))
        arguments = [
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with (tmp_path / "log").open("wb") as log:
            running = subprocess.Popen(["prometheus", *arguments], stdout=log, stderr=log, cwd=tmp_path)
        try:
            wait_for(lambda: ready(port), "Prometheus to be ready")
            web = Web(installation.base_url)
            yield Shop(installation, exporter, f"http://127.0.0.1:{port}", Person(web, "ines", tokens["ines"]))
        finally:
            running.terminate()
            running.wait(20)


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_an_error_rate_falls_after_a_rollback(shop: Shop) -> None:
    shop.installation.run(
        "shell",
        "--no-imports",
        "-c",
        "from teams.models import Organization; Organization.objects.update(soak_minutes=0)",
    )
    shop.incident = shop.ines.post("incidents/", title="Checkout fails", services=["checkout"])["id"]
    # Good for a while first, so that the chart shows the rise.
    wait_for(lambda: shop.ines.post(f"incidents/{shop.incident}/metrics/try/", **shop.probe)["holds"] is True, "a rate")
    shop.exporter.failing = 40
    shop.verb("declare", severity=4)
    shop.ines.post(f"incidents/{shop.incident}/metrics/", **shop.probe)
    wait_for(lambda: shop.metric()["state"] == "fails", "the errors to be seen", 40)
    tried = shop.ines.post(f"incidents/{shop.incident}/mitigations/", kind="roll_back", title="Roll back v42")["id"]
    shop.verb("start_mitigation", override=True, reason="A test of one")
    at = f"incidents/{shop.incident}/mitigations/{tried}"
    shop.ines.post(f"{at}/execute/", override=True, reason="A test of one")

    # Whoever claims it too early is warned.
    with pytest.raises(Refused, match="not as it should be") as warned:
        shop.verb("confirm_mitigated", recovered_by_itself=True)
    assert warned.value.status == 409
    shop.exporter.failing = 1
    wait_for(lambda: shop.metric()["state"] == "holds", "the errors to be over", 40)
    # What goes to and fro is told every two minutes at most.
    with psycopg.connect(shop.installation.database_url, autocommit=True) as database:
        database.execute("UPDATE incidents_witness SET told_at = told_at - interval '2 minutes'")
    wait_for(lambda: shop.told("Is service restored? Confirm that it is mitigated"), "it to be told")
    shop.ines.post(f"{at}/worked/")
    shop.verb("confirm_mitigated")
    with pytest.raises(Refused, match="not held for its time"):
        shop.verb("resolve", confirmation="Looks good")
    wait_for(lambda: shop.told("Watchbill proposes to resolve it"), "it to be proposed", 100)
    state, summary, marks = shop.chart().removeprefix("told ").split(" | ")
    assert state == "Holds"
    assert float(summary.partition("Worst ")[2].split()[0]) > 5
    assert summary.endswith("last 1 %.")
    assert marks.split() == ["A", "D", "1", "1'", "M"]

    # They come back before anybody resolved: it is no longer proposed, and whoever resolves is warned.
    shop.exporter.failing = 60
    wait_for(lambda: shop.told("no longer proposes to resolve it"), "the proposal to be taken back", 40)
    with pytest.raises(Refused, match="not as it should be"):
        shop.verb("resolve", confirmation="Looks good")
    resolved = shop.verb("resolve", confirmation="Customers say so", override=True, reason="The exporter lags")
    assert resolved["phase"] == "resolve"
