"""PagerDuty's and Opsgenie's own clients, in an environment of their own: see `walk`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.installation import live_installation
from tests.standins.tls import certificate, https

pytestmark = pytest.mark.clients
WALK = Path(__file__).with_name("walk.py")


def test_the_official_clients_do_all_that_they_did(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with live_installation(WATCHBILL_API_RATE="off") as installation, https(installation.fleet.port, pem) as address:
        installation.run("demo")
        token = json.loads((installation.var / "demo.json").read_text())["tokens"]["ines"]
        keys = {f"{kind.upper()}_KEY": installation.integration(kind) for kind in ("pagerduty", "opsgenie")}
        with capfd.disabled():
            print()
            done = subprocess.run(
                [os.environ["CLIENTS_PYTHON"], str(WALK), address],
                env={"PATH": os.environ["PATH"], "TOKEN": token, "SSL_CERT_FILE": str(pem), **keys},
                check=False,
            )
        assert done.returncode == 0
