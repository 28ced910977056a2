"""`manage.py baseline`: writes `config/baseline.sql` from the migrations, with servers of its own."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from config import baseline
from config.embedded import throwaway_servers
from config.fleet import Fleet


class Command(BaseCommand):
    help = "Go through every migration and write what they come to into config/baseline.sql."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        baseline.FILE.write_text(baseline.written(*schema("--from-nothing")))


def schema(*how: str) -> tuple[str, list[tuple[str, str]]]:
    """What `manage.py migrate` with these arguments makes of an empty database: as `pg_dump --schema-only` writes it,
    and the migrations that it then has. Raises `CommandError` with what a program said that failed."""
    with (
        tempfile.TemporaryDirectory(prefix="watchbill-baseline-", ignore_cleanup_errors=True) as home,
        throwaway_servers(Path(home)) as place,
    ):
        environ = {"DATABASE_URL": place.database_url, "CELERY_BROKER_URL": place.broker_url}
        migrate = Fleet(Path(home), "127.0.0.1", 8000, None, environ).command("migrate", *how)
        _run(*migrate.argv, env=migrate.env, cwd=migrate.cwd)
        with psycopg.connect(place.database_url) as connection:
            applied = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
        program = str(place.postgres / "pg_dump")
        # The key keeps a dump from being changed on its way, and is another each time.
        options = ("--schema-only", "--no-owner", "--no-privileges", "--restrict-key=watchbill")
        return _run(program, *options, place.database_url), applied


def _run(*argv: str, **where: Any) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **where)
    if done.returncode:
        raise CommandError(done.stdout + done.stderr)
    return str(done.stdout)
