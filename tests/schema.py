"""The migrated schema. Every database of a run is a copy of one, and the next run reads that one from a file: to
migrate takes longer than hundreds of tests."""

import fcntl
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.embedded import MAJOR
from config.fleet import Fleet
from config.places import layout

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".pytest_cache" / "schema"
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
            _fill(with_name(server_url, TEMPLATE), environ)
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


def _fill(url: str, environ: dict[str, str]) -> None:
    """Read the schema from the file that a run before left, or migrate and leave one."""
    KEPT.mkdir(parents=True, exist_ok=True)
    # Of two runs that begin at once, one migrates and the other waits for its file.
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _fill_alone(url, environ)


def _fill_alone(url: str, environ: dict[str, str]) -> None:
    kept = KEPT / f"{_digest()}.dump"
    if kept.exists() and _tool("pg_restore", "--exit-on-error", f"--dbname={url}", str(kept)):
        return
    with tempfile.TemporaryDirectory(prefix="watchbill-migrating-") as home:
        program = Fleet(Path(home), "127.0.0.1", 8000, None, {**environ, "DATABASE_URL": url}).command("migrate")
        done = subprocess.run(
            program.argv, env=program.env, cwd=program.cwd, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    fresh = KEPT / f"{os.getpid()}.new"
    if _tool("pg_dump", "--format=custom", f"--dbname={url}", f"--file={fresh}"):
        for old in KEPT.glob("*.dump"):
            old.unlink(missing_ok=True)
        fresh.rename(kept)


def _tool(name: str, *arguments: str) -> bool:
    """Whether one of PostgreSQL's programs did it; a server of an age that it does not know is no accident."""
    place = layout(Path(tempfile.gettempdir()))
    return subprocess.run([place.postgres / name, *arguments], capture_output=True, check=False).returncode == 0


def _digest() -> str:
    """Of all that the schema comes from."""
    seen = hashlib.sha256(MAJOR.encode())
    for path in (*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements.txt"):
        seen.update(path.name.encode() + path.read_bytes())
    return seen.hexdigest()[:32]
