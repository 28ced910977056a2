"""The schema that a new installation begins with, in one file.

`baseline.sql` is what the migrations that it names come to; `make baseline` writes it. An empty database reads it in a
second or two, where to go through every change that there ever was takes minutes. Migrations that are newer than the
file, and every upgrade, go their usual way.
"""

import contextlib
import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

FILE = Path(__file__).with_name("baseline.sql")
LOCK = 7_304_203
DIGEST = re.compile(r"^-- Of migrations: ([0-9a-f]{64})$", re.MULTILINE)
APPLIED = re.compile(r"^\('(\w+)', '(\w+)'\),?$", re.MULTILINE)
HEADING = re.compile(r"^--\n-- Name: .*\n--\n\n", re.MULTILINE)
# Only a superuser may comment on what a superuser made.
OF_OTHERS = re.compile(r"^COMMENT ON EXTENSION .*\n\n*", re.MULTILINE)
# Outlives the transaction, and is each server's own to say.
OF_THE_SESSION = re.compile(r"^SET default_(?:tablespace|table_access_method) = .*\n\n*", re.MULTILINE)
# UNIQUE NULLS NOT DISTINCT, which Django leaves out on older ones.
OLDEST = 150_000
BEFORE = """\
SET LOCAL check_function_bodies = false;
SET LOCAL client_min_messages = warning;
SELECT pg_catalog.set_config('search_path', '', true);
"""


def lay(using: str = "default") -> bool:
    """Give an empty database its schema, and say which migrations that was; whether it did.

    Leaves alone what has a table, a database whose tables go elsewhere than to `public`, and PostgreSQL 14. Raises
    `psycopg.Error` or `django.db.Error` for what the server does not take, and leaves nothing of it.
    """
    with transaction.atomic(using), connections[using].cursor() as cursor:
        if not _can_begin(cursor):
            return False
        # Past whatever would put the context of the audit log before it: there is no such table yet.
        connections[using].connection.execute(FILE.read_text())
        return True


def written(dump: str, applied: Sequence[tuple[str, str]]) -> str:
    """The file's text, of what `pg_dump --schema-only` wrote and the migrations (app, name) that it comes from."""
    start, end = HEADING.search(dump), dump.rindex("\n--\n-- PostgreSQL database dump complete")
    assert start
    body = OF_THE_SESSION.sub("", OF_OTHERS.sub("", HEADING.sub("", dump[start.start() : end])))
    rows = ",\n".join(f"('{app}', '{name}')" for app, name in sorted(applied))
    return (
        "-- The schema of a new installation, written by `make baseline`: see config/baseline.py.\n"
        f"-- Of migrations: {digest(applied)}\n\n{BEFORE}\n{body.strip()}\n\n"
        "INSERT INTO public.django_migrations (app, name, applied)\n"
        f"SELECT app, name, now() FROM (VALUES\n{rows}\n) AS of_migrations (app, name);\n"
    )


def up_to_date() -> bool:
    """Whether the migrations that the file names are still what they were when it was written."""
    text = FILE.read_text()
    said = DIGEST.search(text)
    return said is not None and said[1] == digest(APPLIED.findall(text))


def digest(applied: Sequence[tuple[str, str]]) -> str:
    """Of the files of these migrations (app, name). Those that were squashed have none any more."""
    seen = hashlib.sha256()
    for app, name in sorted(applied):
        path = Path(str(import_module(f"{apps.get_app_config(app).name}.migrations").__file__)).with_name(f"{name}.py")
        if path.exists():
            seen.update(f"{app} {name}".encode() + path.read_bytes())
    return seen.hexdigest()


@contextlib.contextmanager
def alone(using: str = "default") -> Iterator[None]:
    """For as long as the context, no other process migrates this database; waits for one that does."""
    # A connection of its own keeps the lock whatever becomes of the other.
    with contextlib.closing(connections[using].copy()) as holder, holder.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def _can_begin(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT current_setting('server_version_num')::int >= %s AND current_schema() = 'public'"
        " AND NOT EXISTS (SELECT FROM pg_class"
        " WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = to_regnamespace('public')"
        # What an extension brought is nobody's data.
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid"
        " AND deptype = 'e'))",
        [OLDEST],
    )
    return bool(cursor.fetchone()[0])
