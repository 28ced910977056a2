"""Programs that read statuspage.io's JSON, before ours and unchanged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from config.fleet import free_port
from tests.faults.test_status_page_alone import MADE
from tests.installation import Installation, live_installation, wait_for
from tests.standins.tls import certificate, https

pytestmark = pytest.mark.clients
NPM = "statuspage.io@3.1.1"
WALK = """
const { Statuspage } = require("statuspage.io");
(async () => {
  const client = new Statuspage("shop");
  client.setApiUrl("https://" + process.argv[2]);
  const { api } = client;
  const [told] = (await api.incidents.getUnresolved()).incidents;
  console.log(JSON.stringify({
    status: (await api.getStatus()).status.indicator,
    components: (await api.getComponents()).components.map((each) => each.name),
    summary: (await api.getSummary()).page.name,
    incidents: (await api.incidents.getAll()).incidents.length,
    told: [told.name, told.incident_updates[0].body],
    planned: [
      (await api.scheduledMaintenances.getAll()).scheduled_maintenances,
      (await api.scheduledMaintenances.getUpcoming()).scheduled_maintenances,
      (await api.scheduledMaintenances.getActive()).scheduled_maintenances,
    ],
  }));
})().catch((error) => { console.error(error.message); process.exit(1); });
"""


def publish(live: Installation) -> None:
    live.run("shell", "--no-imports", "-c", MADE)
    url = f"{live.base_url}/api/v2/summary.json"
    wait_for(lambda: "ETag" in requests.get(url, timeout=20).headers, "the files")


def test_the_exporter_for_prometheus(tmp_path: Path) -> None:
    exporter = Path(os.environ["CLIENTS_PYTHON"]).absolute().with_name("statuspage-prometheus-exporter")
    port = free_port()
    with live_installation() as live:
        publish(live)
        services = {"shop": {"url": f"{live.base_url}/api/v2/summary.json", "name": "Shop"}}
        (tmp_path / "services.json").write_text(json.dumps(services))
        environ = {"PATH": os.environ["PATH"], "METRICS_PORT": str(port)}
        with (tmp_path / "log").open("w") as log:
            running = subprocess.Popen([exporter], cwd=tmp_path, env=environ, stdout=log, stderr=log)

        def seen() -> str:
            try:
                return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
            except requests.ConnectionError:
                return ""

        try:
            wait_for(lambda: "statuspage_component_status{" in seen(), "its figures", 60)
            told = seen()
        finally:
            running.terminate()
            running.wait(20)
    assert 'component_name="Payments"' in told
    assert 'incident_name="Payments fail"' in told


def test_the_client_for_javascript(tmp_path: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("there is no npm")
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", NPM], cwd=tmp_path, check=True)
    (tmp_path / "walk.js").write_text(WALK)
    pem = certificate(tmp_path)
    with live_installation() as live, https(live.fleet.port, pem) as address:
        publish(live)
        done = subprocess.run(
            ["node", "walk.js", urlsplit(address).netloc],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(pem)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "status": "none",
        "components": ["Payments"],
        "summary": "Shop",
        "incidents": 1,
        "told": ["Payments fail", "We look into it."],
        "planned": [[], [], []],
    }
