"""The sink's SMTP server, on loopback and for development only."""

import asyncio
import logging
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.mailsink.store import Store

logger = logging.getLogger(__name__)

MAIL_BYTES = 30_000_000


class Keeper:
    """aiosmtpd's handler: every message is kept, none is sent on."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, and only then answer 250."""
        content = envelope.original_content or b""
        mail = self.store.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        logger.info("Kept %s for %s: %s", mail.id, ", ".join(mail.rcpt_to), mail.subject)
        return f"250 2.0.0 kept as {mail.id}"


def serve(port: int, folder: Path) -> None:
    """Take mail on 127.0.0.1:`port` into `folder` until SIGTERM or SIGINT."""
    asyncio.run(_serve(port, folder))


async def _serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    keeper = Keeper(Store(folder))
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=MAIL_BYTES, enable_SMTPUTF8=True, ident="Watchbill mail sink", loop=loop),
        host="127.0.0.1",
        port=port,
    )
    logger.info("Mail for 127.0.0.1:%d is kept in %s", port, folder)
    async with server:
        await ended.wait()
