"""`manage.py mail_in`: the SMTP server that takes mail for integrations, and what comes back of ours, alone."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import mailin, running


class Command(BaseCommand):
    help = (
        "Take mail for integrations, and what comes back of ours, over SMTP until told to stop (SIGTERM lets a mail be"
        " finished)."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        env = settings.ENV
        domain = settings.WATCHBILL_MAIL_IN_DOMAIN or settings.WATCHBILL_RETURN_DOMAIN
        if not domain:
            raise CommandError(
                "Set WATCHBILL_MAIL_IN_DOMAIN to the domain whose mail becomes alerts, or WATCHBILL_RETURN_DOMAIN to"
                " the one that bounces come back to."
            )
        # As web does: a sender has its own end, and comes again.
        given = settings.DATABASES["default"]["OPTIONS"]
        given["options"] = f"{given.get('options', '')} -c statement_timeout={settings.WATCHBILL_STATEMENT_SECONDS}s"
        try:
            mailin.serve(
                env.mail_in_host,
                env.mail_in_port,
                domain,
                _certificate(env.mail_in_certificate, env.mail_in_certificate_key),
                lambda: running.mark_ready(settings.WATCHBILL_VAR, "mail_in"),
                patience=env.mail_in_seconds,
            )
        except OSError as error:
            raise CommandError(f"Mail can't be taken on {env.mail_in_host}:{env.mail_in_port}: {error}") from None


def _certificate(path: str, key: str) -> mailin.Certificate | None:
    if not path:
        return None
    try:
        return mailin.Certificate.read(Path(path), Path(key) if key else None)
    except OSError as error:
        raise CommandError(f"WATCHBILL_MAIL_IN_CERTIFICATE can't be used: {error}") from None
