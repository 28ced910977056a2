"""Alerts to a demo installation, and the pages that come of them."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any

import redis

from config.story import tools
from config.story.client import Web
from tests.installation import Installation

WITHIN_SECONDS = 30.0
AT_ONCE_SECONDS = 5.0


class Alarm:
    """A demo installation to which alerts are sent, each in a group of its own."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.web = Web(installation.base_url)
        installation.run("demo")
        known = json.loads((installation.var / "demo.json").read_text())
        self.key, self.tokens = known["alertmanager"], known["tokens"]
        self.numbers = itertools.count(1)
        self.events: dict[str, str] = {}
        self.fired: dict[str, float] = {}
        self.waited: dict[str, float] = {}

    def seed(self, name: str, *given: object) -> str:
        """Call a function of `tests.faults.seed` inside the installation; what it returned, as text."""
        code = f"from tests.faults import seed; print(seed.{name}(*{given!r}))"
        return self.installation.run("shell", "--no-imports", "-c", code).splitlines()[-1]

    def fire(self) -> str:
        """Send one alert and return what it is called; the sender is answered at once, whatever is down."""
        run = f"fault-{next(self.numbers):03}"
        labels = {"alertname": "Fault", "service": "checkout", "severity": "critical", "cluster": "eu", "run": run}
        body = tools.alertmanager(labels, {"summary": run}, starts_at=datetime.now(UTC))
        began = time.monotonic()
        self.events[run] = self.web.json(f"/integrations/v1/alertmanager/{self.key}/", body)["id"]
        took = time.monotonic() - began
        assert took < AT_ONCE_SECONDS, f"the sender waited {took:.1f} s"
        self.fired[run] = began
        return run

    def reference(self, run: str) -> str:
        """What the incident is called that the alert has opened; waits until a worker has taken it."""
        (reference,) = tools.taken(self.web, self.key, self.events[run])["opened"]
        return str(reference)

    def mails(self, run: str) -> list[dict[str, Any]]:
        """The page's mails so far."""
        return self.installation.mail(subject=f"Page: {run}")

    def paged(self, run: str, seconds: float = WITHIN_SECONDS) -> list[dict[str, Any]]:
        """The page's mails; fails where none has come within the promised time from now."""
        found = self.installation.wait_for_mail(seconds, subject=f"Page: {run}")
        self.waited[run] = time.monotonic() - self.fired[run]
        return found

    def flush(self) -> None:
        with redis.Redis(unix_socket_path=str(self.installation.place.valkey_socket)) as queue:
            queue.flushall()
