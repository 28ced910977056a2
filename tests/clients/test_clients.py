"""PagerDuty's and Opsgenie's own clients, in an environment of their own: see `walk`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.installation import live_installation

pytestmark = pytest.mark.clients
WALK = Path(__file__).with_name("walk.py")


def test_the_official_clients_do_all_that_they_did(capfd: pytest.CaptureFixture[str]) -> None:
    with live_installation(WATCHBILL_API_RATE="off") as installation:
        installation.run("demo")
        token = json.loads((installation.var / "demo.json").read_text())["tokens"]["ines"]
        keys = {f"{kind.upper()}_KEY": installation.integration(kind) for kind in ("pagerduty", "opsgenie")}
        with capfd.disabled():
            print()
            done = subprocess.run(
                [os.environ["CLIENTS_PYTHON"], str(WALK), installation.base_url],
                env={"PATH": os.environ["PATH"], "TOKEN": token, **keys},
                check=False,
            )
        assert done.returncode == 0
