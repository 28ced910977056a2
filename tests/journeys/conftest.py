"""A live installation with the demo organization, shared by the journeys of one test process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.story import tools
from config.story.client import Person, Web
from tests.installation import Installation


class Demo:
    """The demo organization on a live installation: its keys, and its people with their tokens."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.web = Web(installation.base_url)
        installation.run("demo")
        self.keys: dict[str, Any] = json.loads((installation.var / "demo.json").read_text())

    def person(self, username: str) -> Person:
        return Person(self.web, username, self.keys["tokens"][username])

    @property
    def webhook(self) -> str:
        """Where Alertmanager sends to, from the root of the installation."""
        return f"/integrations/v1/alertmanager/{self.keys['alertmanager']}/"

    def send(self, body: dict[str, Any], web: Web | None = None) -> Any:
        """Send what Alertmanager would; what became of it."""
        return tools.send(web or self.web, self.keys["alertmanager"], body)


@pytest.fixture(scope="session")
def demo(installation: Installation) -> Demo:
    return Demo(installation)
