"""Nonsense in any input of any operation is refused as a problem; it never fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from comms.models import PageMaintenance, StatusPage, StatusUpdate
from incidents.actions import action_items, comments, tasks
from incidents.models import Incident, Playbook, PostmortemTemplate, RoleDuty, TimelineEntry
from incidents.phases import Phase
from teams.models import Role, Service, Team, User
from tests import factories
from tests.api.conftest import Api
from tests.api.document import committed
from tests.cast import everybody
from tests.sweeps import WHOLE

SCHEMA = committed()
# The worst of its kind first; what is like it, in the exhaustive form.
NONSENSE: list[Any] = [None, -(2**70), "\x00", "\ud800", "9999-12-31T23:59:59-14:00", [[]], {"\x00": "\ud800"}]
NONSENSE += [True, -1, "", "x" * 30_000, "2000-01-01", "2199-12-31T23:59:59Z", ["\x00"]] if WHOLE else []
WORDS = [str(2**70), "\x00", "0001-01-01T00:00:00+14:00", "9999-12-31"]
WORDS += ["-1", "true", "x" * 3000, "2199-12-31T23:59:59Z"] if WHOLE else []
WRITES = [
    (path, method)
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
    if method in ("post", "patch")
]
READS = [path for path, operations in SCHEMA["paths"].items() if "get" in operations and "docs" not in path]


def fields(path: str, method: str) -> list[str]:
    content = SCHEMA["paths"][path][method].get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    found = SCHEMA["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
    return list(found.get("properties", {}))


def scene_of(alice: User, payments: Team) -> dict[str, Any]:
    """Numbers that the addresses take, of rows that alice may do something with."""
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    factories.ChangeFactory(pk=1, at=incident.detected_at)
    page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    begins = timezone.now() + timedelta(days=1)
    PageMaintenance.objects.create(
        page=page, uid="planned", title="Upgrade", scheduled_for=begins, scheduled_until=begins + timedelta(hours=1)
    )
    told = page.incidents.create(incident=incident, title="Payments")
    checkout = Service.objects.filter(slug="checkout").first()
    metric, check = factories.metrics(incident, checkout or factories.ServiceFactory(slug="checkout", team=payments))
    return {
        "incident": incident,
        "metric": metric.pk,
        "metric_check": check.pk,
        "update": StatusUpdate.objects.create(page_incident=told, body="x", author=alice).pk,
        "item": action_items.add(incident.pk, by=alice, title="Do it").pk,
        "factor": incident.postmortem.factors.create(text="x", position=9).pk,
        "comment": comments.add(incident.pk, "factors", "Only these?", by=alice).pk,
        "crew": incident.team_requests.create(team=payments, why="x", asked_by=alice).pk,
        "relation": incident.relations.create(other=factories.incident(payments, alice)).pk,
        "task": tasks.add(incident.pk, "Do it", by=alice).pk,
        "playbook": (playbook := payments.playbooks.create(title="When it fails")).pk,
        "run": _run(incident, playbook),
        "card": factories.ServiceFactory(team=payments).cards.create(title="Fail over", success_signal="It is").pk,
        "entry": TimelineEntry.objects.first().pk,
        "schedule": payments.schedules.get().pk,
        "layer": payments.schedules.get().layers.get().pk,
        "policy": payments.policies.get().pk,
    }


def _run(incident: Incident, playbook: Playbook) -> int:
    run = incident.playbook_runs.create(playbook=playbook, title=playbook.title)
    run.steps.create(position=1, text="Look")
    return run.pk


@pytest.fixture
def scene(stood: dict[str, Any], alice: User, bob: User, payments: Team) -> dict[str, Any]:
    return stood.get("scene") or scene_of(alice, payments)


def address(path: str, scene: dict[str, Any]) -> str:
    incident: Incident = scene["incident"]
    kinds = {
        "/postmortem/comments/": scene["comment"],
        "/postmortem-templates/": PostmortemTemplate.objects.earliest("pk").pk,
        "/updates/": scene["update"],
        "/action-items/": scene["item"],
        "/factors/": scene["factor"],
        "/timeline/": scene["entry"],
        "/pins/": scene["entry"],
        "/seats/": incident.assignments.first().pk,
        "/metrics/": scene["metric" if "/incidents/" in path else "metric_check"],
        "/duties/": RoleDuty.objects.first().pk,
        "/mitigations/": incident.mitigations.first().pk,
        "/tasks/": scene["task"],
        "/teams/": scene["crew"],
        "/relations/": scene["relation"],
        "/mitigation-cards/": scene["card"],
        "/incidents/{incident_id}/playbooks/": scene["run"],
        "/playbooks/": scene["playbook"],
        "/escalation-policies/": scene["policy"],
        "/layers/": scene["layer"],
        "/schedules/": scene["schedule"],
    }
    pk = next((value for kind, value in kinds.items() if kind in path), 1)
    slug = {"teams": "payments", "status-pages": "public", "figures": "time_to_detect"}.get(
        path.split("/")[3], "checkout"
    )
    verb = (
        "drop"
        if "mitigations" in path
        else "reassign"
        if "tasks" in path
        else "decline"
        if "/teams/{id}" in path
        else "submit"
    )
    values = {
        "incident_id": incident.pk,
        "item": scene["item"],
        "public_id": "00000000-0000-0000-0000-000000000000",
        "schedule_id": scene["schedule"],
        "id": pk,
        "slug": slug,
        "uid": "planned",
        "verb": verb,
        "position": 1,
        "key": "factors",
        "number": 0,
        "role": Role.SCRIBE,
    }
    return path.format(**values)


def send(client: APIClient, method: str, url: str, body: Any) -> Any:
    return client.generic(method.upper(), url, json.dumps(body), content_type="application/json")


def check(answer: Any, sent: object) -> Any:
    assert answer.status_code < 500, sent
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json", sent
    return answer.json() if answer.content else {}


def untried(names: list[str], ask: Callable[[list[str]], Any], sent: object) -> list[str]:
    """Send it in all of `names` at once, then in those that were not refused by name, until no more are: what is left
    has reached the action. Where that took it, or refuses as things stand whatever is sent, nothing is untried; else
    one may have hidden another."""
    left = names
    while left:
        answer = ask(left)
        told = check(answer, sent)
        if answer.status_code < 400 or (answer.status_code == 409 and ask([]).status_code == 409):
            return []
        refused = {error["field"].split(".")[0] for error in told.get("errors", ())}
        if not refused & set(left):
            return left
        left = [name for name in left if name not in refused]
    return []


class TestNonsense:
    @staticmethod
    def standing() -> dict[str, Any]:
        people = everybody()
        return {**people, "scene": scene_of(people["alice"], people["payments"])}

    @pytest.mark.parametrize(("path", "method"), WRITES, ids=str)
    def test_nonsense_in_a_field(self, path: str, method: str, api: Api, alice: User, scene: dict[str, Any]) -> None:
        client, url = api(alice), address(path, scene)
        session = APIClient()
        session.force_login(alice)
        client = session if path == "/api/v1/tokens/" else client
        names = fields(path, method)
        for value in NONSENSE:
            for name in untried(names, lambda some, v=value: send(client, method, url, dict.fromkeys(some, v)), value):
                check(send(client, method, url, {name: value}), (name, value))

    @pytest.mark.parametrize("path", READS)
    def test_nonsense_in_a_parameter(self, path: str, api: Api, alice: User, scene: dict[str, Any]) -> None:
        client, url = api(alice), address(path, scene)
        parameters = SCHEMA["paths"][path]["get"].get("parameters", [])
        names = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
        for word in WORDS:
            for name in untried(names, lambda some, w=word: client.get(url, dict.fromkeys(some, w)), word):
                answer = client.get(f"{url}?{name}={quote(word)}")
                assert answer.status_code < 500, (name, word)
