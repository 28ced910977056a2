"""The migrated schema: every database of a run is a copy of one."""

import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.fleet import Fleet

TEMPLATE = "migrated_template"
LOCK = 7_304_202
DONE = "migrated"


def migrated(server_url: str, environ: dict[str, str]) -> str:
    """The name of a database of this server that has the whole schema and nobody connected to it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if comment_of(connection, TEMPLATE) != DONE:
            name = sql.Identifier(TEMPLATE)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
            _migrate(with_name(server_url, TEMPLATE), environ)
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(DONE)))
    return TEMPLATE


def comment_of(connection: psycopg.Connection, database: str) -> str | None:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    return row[0] if row else None


def with_name(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _migrate(url: str, environ: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="watchbill-migrating-") as home:
        program = Fleet(Path(home), "127.0.0.1", 8000, None, {**environ, "DATABASE_URL": url}).command("migrate")
        done = subprocess.run(
            program.argv, env=program.env, cwd=program.cwd, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
