"""The command line, whose commands say in the audit log that it was them. Imported before Django is set up."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from typing import Any

from django.core.management import ManagementUtility

# Commands that start a process which does the work of others: their tasks and requests say themselves who they are.
SERVE = ("beat", "mailsink", "runserver", "up", "web", "worker")


@contextlib.contextmanager
def of_command(name: str) -> Iterator[None]:
    """What somebody does on the command line; the person is known as the system's account alone."""
    import pghistory

    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = ""
    with pghistory.context(through="cli", command=name, account=account):
        yield


class CommandLine(ManagementUtility):
    """Django's own, with the context around each command that does something itself."""

    def fetch_command(self, subcommand: str) -> Any:
        command = super().fetch_command(subcommand)
        if subcommand not in SERVE:
            run = command.run_from_argv

            def within(argv: list[str]) -> None:
                with of_command(subcommand):
                    run(argv)

            command.run_from_argv = within  # type: ignore[method-assign]
        return command
