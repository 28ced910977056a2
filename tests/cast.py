"""The people of the tests: alice owns, bob is her teammate, charlie of another team must see nothing private."""

from __future__ import annotations

from typing import Any

import pgtrigger
import pytest
from django.db import connection

from comms.models import StatusPage
from teams.models import AccessEvent, AuditEvent, Service, Team, User
from tests import factories


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let tests that commit empty their tables: the timeline and the audit log refuse TRUNCATE, and that is how Django
    cleans up."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE incidents_timelineentry DISABLE TRIGGER timeline_no_truncate")
        for model in (AccessEvent, AuditEvent):
            (guard,) = [t for _, t in pgtrigger.registered(f"teams.{model.__name__}:no_truncate")]
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER {guard.get_pgid(model)}")


@pytest.fixture
def alice(db: None) -> User:
    return factories.UserFactory(username="alice")


@pytest.fixture
def bob(db: None) -> User:
    return factories.UserFactory(username="bob")


@pytest.fixture
def charlie(db: None) -> User:
    return factories.UserFactory(username="charlie")


@pytest.fixture
def payments(alice: User, bob: User) -> Team:
    """The team of alice, its manager, and bob; alice is on call and is paged first, then bob."""
    team = factories.TeamFactory(name="Payments", people=[alice, bob])
    factories.policy(team, [factories.schedule(team, [alice])], [bob])
    return team


@pytest.fixture
def search(charlie: User) -> Team:
    return factories.TeamFactory(name="Search", people=[charlie])


@pytest.fixture
def checkout(payments: Team) -> Service:
    return factories.ServiceFactory(name="Checkout", slug="checkout", team=payments)


@pytest.fixture
def public_page(db: None) -> StatusPage:
    """The default status page, for whoever tells stakeholders something."""
    return StatusPage.objects.create(name="Example", slug="example", is_default=True)
