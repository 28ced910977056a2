"""`manage.py prepare`: what has to be true of the database before anything is served."""

import json
import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandParser

ADMIN = "admin"


class Command(BaseCommand):
    help = "Migrate; on first start make the demo organization (development only) and the first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="no demo organization")
        parser.add_argument(
            "--report",
            type=int,
            help="file descriptor to tell the outcome to, as JSON, instead of the terminal",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=0, stdout=self.stdout)
        users = get_user_model()._default_manager
        first = not users.filter(role="owner", is_active=True).exists()
        outcome: dict[str, Any] = {"first_start": first, "admin": None}
        if first:
            if not settings.PRODUCTION and not options["empty"] and "demo" in get_commands():
                call_command("demo", stdout=self.stdout)
            # Last, so that an interrupted first start is a first start again.
            outcome["admin"] = _make_administrator()
        if options["report"] is not None:
            with os.fdopen(options["report"], "w") as report:
                json.dump(outcome, report)
        elif outcome["admin"]:
            self.stdout.write(
                "Administrator {username}, password {password} (shown this once)".format(**outcome["admin"])
            )


def _make_administrator() -> dict[str, str]:
    """Make the user `admin`, or give the demo's user of that name the
    rights; the password is stored as a hash only."""
    password = secrets.token_urlsafe(12)
    users = get_user_model()
    user, _ = users._default_manager.get_or_create(username=ADMIN, defaults={"email": f"{ADMIN}@watchbill.invalid"})
    user.role, user.is_active = "owner", True
    user.set_password(password)
    user.save()
    return {"username": ADMIN, "password": password}
