"""The whole schema, read by a machine that sends what it allows and much that it doesn't.

Each operation is called as nobody, as a viewer and as a responder, beside a private incident of others: no answer is a
failure of ours, none is undocumented, and none tells of what the caller may not see. A few examples each here;
`make fuzz` sends many.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from teams.access import SCOPES
from teams.models import ApiToken, User
from tests.access import world as worlds
from tests.access.world import World
from tests.api.document import committed

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
DOCUMENT = committed()
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Words of the private incident that no input repeats by chance.
WORDS = (b"leaks", b"draft of it")


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


@pytest.fixture
def world(db: None, settings: Any, _one_connection: None) -> World:
    worlds.unlimited(settings)
    return worlds.build(private=True)


def _headers(persona: str, world: World) -> dict[str, str]:
    if persona == "nobody":
        return {}
    user: User = world.people[persona]
    token, raw = ApiToken.issue(user, "fuzz")
    ApiToken.objects.filter(pk=token.pk).update(scopes=[name for name in SCOPES if name != "provision"])
    return {"Authorization": f"Bearer {raw}"}


@pytest.mark.parametrize("persona", ["nobody", "viewer", "responder"])
def test_whatever_is_sent_the_answer_is_documented_and_ones_own(persona: str, world: World) -> None:
    headers, wrong = _headers(persona, world), []
    for operation, cases in _operations():
        try:
            _try(cases, headers)
        except (AssertionError, ExceptionGroup) as failure:
            wrong.append(f"{operation.label}: {failure}")
    assert not wrong, "\n\n".join(wrong)


@functools.cache
def _operations() -> list[tuple[Any, Any]]:
    """Every operation with what may be sent to it: to find that out takes longer than to send it."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = get_wsgi_application()
    found = [result.ok() for result in schema.get_all_operations()]
    return [(operation, operation.as_strategy()) for operation in found]


def _try(cases: Any, headers: dict[str, str]) -> None:
    @given(case=cases)
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
                answer = case.call(headers=headers)
                raise RolledBack
        except RolledBack:
            pass
        case.validate_response(answer, checks=CHECKS, headers=headers)
        assert not [word for word in WORDS if word in answer.content], "it tells of a private incident of others"

    one()
