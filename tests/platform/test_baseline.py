"""What a new installation begins with: the rest of it, all tests run on."""

import pytest
from django.db import connection

from config import baseline


def test_it_comes_from_the_migrations_that_there_are() -> None:
    assert baseline.up_to_date(), "A migration that config/baseline.sql has was changed: run `make baseline`."


@pytest.mark.django_db
def test_what_has_tables_is_left_alone() -> None:
    assert not baseline.lay()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations WHERE name = '0001_initial' AND app = 'teams'")
        assert cursor.fetchone() == (1,)
