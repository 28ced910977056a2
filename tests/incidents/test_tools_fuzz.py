"""What tools may send, read from its document by a machine that sends what it allows and much that it doesn't.

No answer is a failure of ours, and none is another than the document says. A few examples here; `make fuzz` sends many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from incidents import tool_urls
from incidents.sources import registry
from teams.models import Team
from tests import factories
from tests.access import world as worlds

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "tools.openapi.yaml"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = {"what it allows": GenerationMode.POSITIVE, "what it does not": GenerationMode.NEGATIVE}
MAPPING = {"key": "id || 'one'", "title": "title || 'Untitled'"}


class RolledBack(Exception):
    """Undoes what an example changed."""


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """A server closes what a request left open; here that is the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def document(keys: dict[str, str]) -> dict[str, Any]:
    """The document with keys that are good, each beside one that isn't."""
    doc: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    for path, methods in doc["paths"].items():
        for operation in methods.values():
            kind = path.split("/")[3] if path.startswith("/integrations/v1/") else "opsgenie"
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "key":
                    parameter["schema"] = {"enum": [keys.get(kind, keys["alertmanager"]), "no-such-key"]}
                elif parameter["name"] == "Authorization":
                    parameter["schema"] = {"enum": [f"GenieKey {keys['opsgenie']}", "GenieKey no-such-key"]}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "routing_key" in body.get("properties", {}):
                body["properties"]["routing_key"] = {"enum": [keys["pagerduty"], "0" * 32]}
    return doc


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.django_db
@pytest.mark.usefixtures("_one_connection")
def test_whatever_a_tool_sends_the_answer_is_as_documented(mode: str, payments: Team, settings: Any) -> None:
    worlds.unlimited(settings)
    keys = {
        name: factories.integration(
            payments, name=name, kind=name, settings={"mapping": MAPPING} if name == "json" else {}
        )[1]
        for name in registry.SOURCES
    }
    schema = schemathesis.openapi.from_dict(document(keys))
    schema.app = get_wsgi_application()
    wrong = []
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            _try(operation, MODES[mode])
        except (AssertionError, ExceptionGroup) as failure:
            wrong.append(f"{operation.label}: {failure}")
    assert not wrong, "\n\n".join(wrong)


def _try(operation: Any, mode: GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        try:
            with transaction.atomic():
                answer = case.call()
                raise RolledBack
        except RolledBack:
            pass
        case.validate_response(answer, checks=CHECKS)

    one()


def test_the_document_has_every_address_and_source() -> None:
    paths = yaml.safe_load(DOCUMENT.read_text())["paths"]
    said = {
        path.replace("{key}", "k").replace("{public_id}", str(_ID)).replace("{request_id}", str(_ID)) for path in paths
    }
    found = {get_resolver().resolve(path).url_name for path in said}
    assert found == {pattern.name for pattern in tool_urls.urlpatterns}
    for source in registry.SOURCES.values():
        if source.address:
            assert "/" + source.address.replace("{name}", source.name) in paths, source.name


_ID = "0e8a4b0e-6c1c-4b57-9a43-0c9a2a8f8f0a"
