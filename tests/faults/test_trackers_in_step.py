"""Real beat and workers between action items and stand-ins for GitHub and Jira: opened, closed and reopened on either
side, through errors, silence, rate limits, and a worker killed between opening an issue and noting its number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.fleet import free_port
from config.story.client import Person, Web
from tests.installation import Installation, live_installation, wait_for
from tests.standins.server import serving
from tests.standins.trackers import EMAIL, SECRET, TOKEN, GitHubServer, JiraServer, TrackerServer

pytestmark = pytest.mark.faults
MAKE = """
from incidents.actions.trackers import keeping
made = keeping.keep(None, by=None, poll_minutes=1, **{given!r})
print("told", made.pk, made.hook_key)
"""
PATIENT = 240


@dataclass
class Scene:
    installation: Installation
    servers: dict[str, TrackerServer]
    ines: Person
    trackers: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str) -> None:
        server = self.servers[kind]
        given = {"name": kind, "kind": kind, "base_url": server.url, "project": server.project, "token": TOKEN}
        given |= {"webhook_secret": SECRET, "account": EMAIL if kind == "jira" else ""}
        output = self.installation.run("shell", "--no-imports", "-c", MAKE.format(given=given))
        told = next(line for line in output.splitlines() if line.startswith("told ")).split()
        self.trackers[kind] = int(told[1])
        server.hook = f"{self.installation.base_url}/integrations/v1/tracker/{told[2]}/"

    def item(self, title: str) -> int:
        incident = self.ines.post("incidents/", title="Checkout fails", services=["checkout"])["id"]
        return int(self.ines.post(f"incidents/{incident}/action-items/", title=title)["id"])

    def state(self, item: int) -> str:
        return str(self.ines.get(f"action-items/{item}/")["state"])

    def link(self, item: int) -> dict[str, Any]:
        return dict(next(iter(self.ines.every(f"action-items/{item}/issues/"))))

    def in_step(self, item: int, kind: str, state: str) -> Callable[[], bool]:
        issues = self.servers[kind].issues

        def holds() -> bool:
            link = self.link(item)
            there = {each.state for each in issues.values()}
            return link["state"] == "in_step" and self.state(item) == state and there == {state}

        return holds


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    servers: dict[str, TrackerServer] = {each.kind: each(port=free_port()) for each in (GitHubServer, JiraServer)}
    hosts = ",".join(f"127.0.0.1:{each.server_port}" for each in servers.values())
    fault = {"FAULT_AT": f"issue opened:{tmp_path / 'killed'}"}
    with ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(serving(server))
        running = stack.enter_context(
            live_installation(WATCHBILL_API_RATE="off", WATCHBILL_TRACKER_HOSTS=hosts, **fault)
        )
        running.run("demo")
        tokens = json.loads((running.var / "demo.json").read_text())["tokens"]
        yield Scene(running, servers, Person(Web(running.base_url), "ines", tokens["ines"]))


@pytest.mark.parametrize("kind", ["github", pytest.param("jira", marks=pytest.mark.long)])
def test_in_step_in_the_end_and_no_issue_twice(scene: Scene, tmp_path: Path, kind: str) -> None:
    scene.add(kind)
    server = scene.servers[kind]
    item = scene.item("Limit the cache")
    scene.ines.post(f"action-items/{item}/issues/", tracker=scene.trackers[kind])
    # Killed once the issue is open and before its number is kept: found again, when the lease is over.
    wait_for((tmp_path / "killed").exists, "the worker to be killed", 60)
    wait_for(scene.in_step(item, kind, "open"), "the issue to be found again", PATIENT)
    assert len(server.issues) == 1

    server.fail = [500, "hang", 503]
    scene.ines.post(f"action-items/{item}/settle/", state="done", evidence="See the graph")
    wait_for(scene.in_step(item, kind, "done"), "it to be closed there", PATIENT)
    server.fail, server.headers_of_failure = [429], {"Retry-After": "5"}
    server.act(1, state="open")
    wait_for(scene.in_step(item, kind, "open"), "it to be open again here", PATIENT)
    # The webhook of this one is lost: the poll finds it.
    server.act(1, state="dropped", tell=False)
    wait_for(scene.in_step(item, kind, "dropped"), "it to be dropped here", PATIENT)
    scene.ines.post(f"action-items/{item}/settle/", state="open")
    wait_for(scene.in_step(item, kind, "open"), "it to be open again there", PATIENT)
    # Nothing goes to and fro from here on.
    written = server.written
    assert server.tell(1) == 202
    wait_for(lambda: scene.link(item)["state"] == "in_step", "the echo to be taken")
    asked = len(server.asked)
    assert server.tell(1) == 202
    wait_for(lambda: len(server.asked) > asked, "it to be read again")
    assert (server.written, len(server.issues)) == (written, 1)
