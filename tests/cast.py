"""The people of the tests: alice owns, bob is her teammate, charlie of another team must see nothing private."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from comms.models import StatusPage
from teams.models import Service, Team, User
from tests import factories


@pytest.fixture(scope="class", autouse=True)
def standing_rows(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """What the `standing` of a class of tests makes, once for all of them; the transaction of each lies inside it."""
    build = getattr(request.cls, "standing", None)
    if build is None:
        yield {}
        return
    request.getfixturevalue("django_db_setup")
    blocker = request.getfixturevalue("django_db_blocker")
    with blocker.unblock(), transaction.atomic():
        with override_settings(WATCHBILL_DATABASE_CLOCK=False):
            made = build()
        with blocker.block():
            yield made
        transaction.set_rollback(True)


@pytest.fixture
def stood(db: None, standing_rows: dict[str, Any]) -> dict[str, Any]:
    """A copy for this test of what stands for all tests of its class, by name; nothing where nothing does."""
    return copy.deepcopy(standing_rows)


def everybody() -> dict[str, Any]:
    """The whole cast, by name, for the `standing` of a class of tests."""
    alice, bob, charlie = (factories.UserFactory(username=name) for name in ("alice", "bob", "charlie"))
    payments = team_of(alice, bob)
    return {
        "alice": alice,
        "bob": bob,
        "charlie": charlie,
        "payments": payments,
        "search": factories.TeamFactory(name="Search", people=[charlie]),
        "checkout": factories.ServiceFactory(name="Checkout", slug="checkout", team=payments),
    }


def team_of(alice: User, bob: User) -> Team:
    team = factories.TeamFactory(name="Payments", people=[alice, bob])
    factories.policy(team, [factories.schedule(team, [alice])], [bob])
    return team


@pytest.fixture
def alice(stood: dict[str, Any]) -> User:
    return stood.get("alice") or factories.UserFactory(username="alice")


@pytest.fixture
def bob(stood: dict[str, Any]) -> User:
    return stood.get("bob") or factories.UserFactory(username="bob")


@pytest.fixture
def charlie(stood: dict[str, Any]) -> User:
    return stood.get("charlie") or factories.UserFactory(username="charlie")


@pytest.fixture
def payments(stood: dict[str, Any], alice: User, bob: User) -> Team:
    """The team of alice, its manager, and bob; alice is on call and is paged first, then bob."""
    return stood.get("payments") or team_of(alice, bob)


@pytest.fixture
def search(stood: dict[str, Any], charlie: User) -> Team:
    return stood.get("search") or factories.TeamFactory(name="Search", people=[charlie])


@pytest.fixture
def checkout(stood: dict[str, Any], payments: Team) -> Service:
    return stood.get("checkout") or factories.ServiceFactory(name="Checkout", slug="checkout", team=payments)


@pytest.fixture
def public_page(db: None) -> StatusPage:
    """The default status page, for whoever tells stakeholders something."""
    return StatusPage.objects.create(name="Example", slug="example", is_default=True)
