"""How tests that commit leave the database: as it was migrated.

Django truncates every table, whatever is in it, and makes the rows of a new installation again, which takes longer than
most such tests. Here only what has rows is emptied, and the rows of a new database come back as they were.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

_kept: dict[str, bytes] = {}


def keep() -> None:
    """Remember the rows of a new database, before any test."""
    with connection.cursor() as cursor:
        for table in _with_rows(cursor):
            with cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                _kept[table] = b"".join(bytes(part) for part in rows)


def restore(_case: Any = None) -> None:
    """Take back what a test committed. Triggers that write history, or refuse to lose it, don't act meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _with_rows(cursor)
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        for table in tables:
            cursor.execute(f'DELETE FROM "{table}"')
        for table, rows in _kept.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as into:
                into.write(rows)
        # A table that has a check waiting for the end of the transaction takes no ALTER.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _with_rows(cursor: CursorWrapper) -> list[str]:
    tables = connection.introspection.table_names(cursor)
    cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in tables))
    return [table for (table,) in cursor.fetchall()]
