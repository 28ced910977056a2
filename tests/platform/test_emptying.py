"""What tests that commit leave behind: nothing."""

from __future__ import annotations

import pytest
from django.db import connection

from incidents.phases import Phase
from teams.models import Team, User
from tests import emptying, factories


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables))
        return dict(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_goes_and_what_a_new_installation_has_comes_back(db: None) -> None:
    before = rows()
    assert before["incidents_severity"]
    alice = factories.UserFactory(username="alice")
    team: Team = factories.TeamFactory(people=[alice])
    factories.incident(team, alice, phase=Phase.CLOSED)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM incidents_severity WHERE level = 4")
    emptying.restore()
    assert rows() == before
    assert not User.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'")
        assert not cursor.fetchall()
