"""Clients of the API, each with a token of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from teams.models import ApiToken, User

Api = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def _no_rate(settings: Settings) -> None:
    settings.WATCHBILL_API_RATE = ""


@pytest.fixture
def api(db: None) -> Api:
    """Make a client that sends a token of the given person, with what tokens usually may, or with `scopes`."""

    def client(user: User, *scopes: str) -> APIClient:
        _, raw = ApiToken.issue(user, "tests", **({"scopes": scopes} if scopes else {}))
        made = APIClient()
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
        return made

    return client
