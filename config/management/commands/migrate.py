"""`manage.py migrate`: Django's, which begins an empty database from `config/baseline.sql`."""

from typing import Any

import psycopg
from django.core.management.commands import migrate
from django.db import Error

from config import baseline

# With these it is asked to do something else than to bring everything up to date.
OTHERWISE = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "run_syncdb", "prune", "from_nothing")


class Command(migrate.Command):
    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from-nothing", action="store_true", help="go through every migration, always")

    def handle(self, *args: Any, **options: Any) -> None:
        if any(options.get(name) for name in OTHERWISE):
            super().handle(*args, **options)
            return
        with baseline.alone(options["database"]):
            try:
                if baseline.lay(options["database"]) and options["verbosity"]:
                    self.stdout.write("Began from the schema of a new installation.")
            except (psycopg.Error, Error) as error:
                self.stderr.write(f"The schema could not be made at once ({error}): going through every migration.")
            super().handle(*args, **options)
