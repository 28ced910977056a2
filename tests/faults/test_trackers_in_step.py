"""Real beat and workers between action items and stand-ins for GitHub and Jira: opened, closed and reopened on either
side, through errors, silence, rate limits, and a worker killed between opening an issue and noting its number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.fleet import free_port
from config.story.client import Person, Web
from tests.installation import live_installation, wait_for
from tests.standins.server import serving
from tests.standins.trackers import EMAIL, SECRET, TOKEN, GitHubServer, JiraServer, TrackerServer

pytestmark = pytest.mark.faults
MAKE = """
from datetime import timedelta
from incidents.actions.trackers import keeping
from teams.models import ApiToken, Team, User
for given in {given!r}:
    made = keeping.keep(None, by=None, team=Team.objects.get(slug="payments"), **given)
    print("told", made.kind, made.pk, made.hook_key)
ines = User.objects.get(username="ines")
print("told token", ApiToken.issue(ines, "A test", scopes=("setup",), lasts=timedelta(days=1))[1])
"""
PATIENT = 120


@dataclass
class Side:
    """A tracker, and the item that is kept in step with it."""

    server: TrackerServer
    ines: Person
    tracker: int = 0
    item: int = 0

    def add(self) -> None:
        incident = self.ines.post("incidents/", title="Checkout fails", services=["checkout"])["id"]
        self.item = int(self.ines.post(f"incidents/{incident}/action-items/", title="Limit the cache")["id"])
        self.ines.post(f"action-items/{self.item}/issues/", tracker=self.tracker)

    def settle(self, state: str, evidence: str = "") -> None:
        self.ines.post(f"action-items/{self.item}/settle/", state=state, evidence=evidence)

    @property
    def link(self) -> dict[str, Any]:
        return dict(next(iter(self.ines.every(f"action-items/{self.item}/issues/"))))

    def in_step(self, state: str) -> bool:
        there = {each.state for each in self.server.issues.values()}
        here = self.ines.get(f"action-items/{self.item}/")["state"]
        return self.link["state"] == "in_step" and here == state and there == {state}


@dataclass
class Scene:
    sides: dict[str, Side]
    keeper: Person

    def wait_until_all(self, state: str, what: str) -> None:
        wait_for(lambda: all(side.in_step(state) for side in self.sides.values()), what, PATIENT)


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
        web = Web(running.base_url)
        sides = {kind: Side(server, Person(web, "ines", tokens["ines"])) for kind, server in servers.items()}
        given = [
            {"name": kind, "kind": kind, "base_url": server.url, "project": server.project, "token": TOKEN}
            | {"webhook_secret": SECRET, "account": EMAIL if kind == "jira" else ""}
            for kind, server in servers.items()
        ]
        output = running.run("shell", "--no-imports", "-c", MAKE.format(given=given))
        *made, token = [line.split()[1:] for line in output.splitlines() if line.startswith("told ")]
        for kind, pk, key in made:
            sides[kind].tracker = int(pk)
            servers[kind].hook = f"{running.base_url}/integrations/v1/tracker/{key}/"
        yield Scene(sides, Person(web, "ines", token[1]))


def test_in_step_in_the_end_and_no_issue_twice(scene: Scene, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    # Killed once the issue is open and before its number is kept: found again, when the lease is over.
    for side in (scene.sides["jira"], scene.sides["github"]):
        killed.unlink(missing_ok=True)
        side.add()
        wait_for(killed.exists, f"the worker to be killed for {side.server.kind}", 60)
    scene.wait_until_all("open", "the issues to be found again")
    assert [len(side.server.issues) for side in scene.sides.values()] == [1, 1]

    for side in scene.sides.values():
        side.server.fail = [503, "hang"]
        side.settle("done", "See the graph")
    scene.wait_until_all("done", "them to be closed there")
    for side in scene.sides.values():
        side.server.fail, side.server.headers_of_failure = [429], {"Retry-After": "5"}
        side.server.act(1, state="open")
    scene.wait_until_all("open", "them to be open again here")
    # The webhooks of these are lost: looking finds them, at once when somebody asks for it.
    for side in scene.sides.values():
        side.server.act(1, state="dropped", tell=False)
        scene.keeper.post(f"trackers/{side.tracker}/try-again/")
    scene.wait_until_all("dropped", "them to be dropped here")
    for side in scene.sides.values():
        side.settle("open")
    scene.wait_until_all("open", "them to be open again there")
    # Nothing goes to and fro from here on.
    for side in scene.sides.values():
        server = side.server
        written = server.written
        assert server.tell(1) == 202
        wait_for(lambda side=side: side.link["state"] == "in_step", "the echo to be taken")
        asked = len(server.asked)
        assert server.tell(1) == 202
        wait_for(lambda server=server, asked=asked: len(server.asked) > asked, "it to be read again")
        assert (server.written, len(server.issues)) == (written, 1)
