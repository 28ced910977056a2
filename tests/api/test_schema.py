"""The committed schema is the API's, and says what its readers need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from incidents.phases import VERBS
from tests.api.document import COMMITTED, committed


@pytest.fixture
def schema() -> dict[str, Any]:
    return committed()


def test_committed_schema_is_current_valid_and_free_of_warnings(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_text() == COMMITTED.read_text(), "Run “make schema” and commit docs/openapi.yaml."


def test_version_and_security(schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.0"
    schemes = schema["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"
    assert schemes["session"]["in"] == "cookie"


def test_each_verb_is_described_with_its_inputs(schema: dict[str, Any]) -> None:
    for verb in VERBS.values():
        operation = schema["paths"][f"/api/v1/incidents/{{incident_id}}/verbs/{verb.name}/"]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        wanted = {i.name for i in verb.inputs} | {"override", "occurred_at", "reason"}
        assert set(schema["components"]["schemas"][body]["properties"]) == wanted, verb.name
        for guard in verb.guards:
            assert guard.code in operation["description"], verb.name


def test_every_operation_is_told_and_may_answer_with_a_problem(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), (method, path)
            assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)


def test_schema_and_its_page_are_served_without_another_host(db: None) -> None:
    client = APIClient()
    served = client.get("/api/v1/schema/")
    assert served.status_code == 200
    assert served.content.startswith(b"openapi: 3.1.0\n")
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "//cdn" not in page.content.decode()
    assert "/static/drf_spectacular_sidecar/" in page.content.decode()
    script = client.get("/api/v1/docs/?script=")
    assert script.status_code == 200
    assert "//cdn" not in script.content.decode()
