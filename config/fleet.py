"""The processes of one installation beside its servers: how each
is started and how it shows that it is ready.

`up` and the tests' live installation start the same programs from here.
"""

import http.client
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import running
from config.env import ROOT
from config.processes import Program

WORKER_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Fleet:
    """Web, beat, worker, the servers for tools and for mail that becomes alerts, and (in development) the mail sink,
    sharing one environment and one `var`."""

    var: Path
    host: str
    port: int
    mail_port: int | None
    """Where the mail sink takes mail on loopback; None for no sink."""
    environ: Mapping[str, str]
    ingest_port: int | None = None
    """Where the server for tools alone listens; None for none: the web server takes what they send, too."""
    mail_in_port: int | None = None
    """Where mail for integrations is taken; None for nowhere."""

    @property
    def base_url(self) -> str:
        """The web server's own address, which is the people's address only where no proxy is in front."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def programs(self) -> list[Program]:
        """In the order they are started; they are stopped the other way round."""
        sink = [self.command("mailsink", "--port", str(self.mail_port))] if self.mail_port else []
        ingest = [self.command("ingest", "--port", str(self.ingest_port), stop_seconds=12)] if self.ingest_port else []
        return [
            *sink,
            *ingest,
            self.command("worker", stop_seconds=WORKER_STOP_SECONDS),
            self.command("beat"),
            *([self.command("mail_in")] if self.mail_in_port else []),
            self.command("web", stop_seconds=12),
        ]

    def command(self, name: str, *arguments: str, stop_seconds: float = 10) -> Program:
        """One of manage.py's commands as a program of this installation."""
        environ = {**self.environ, **self._own_environ()}
        argv = [sys.executable, str(ROOT / "manage.py"), name, *arguments]
        return Program(name, argv, environ, cwd=ROOT, stop_seconds=stop_seconds)

    def ready(self, name: str) -> bool:
        """Whether the process of that name takes work by now."""
        if name == "web":
            return self._answers(self.port)
        if name == "ingest":
            return self._answers(self.ingest_port or 0)
        if name == "mailsink":
            return self._sink_answers()
        return running.is_ready(self.var, name)

    def forget(self, name: str) -> None:
        """Take back that process's word that it is ready, before it is started anew."""
        running.forget_ready(self.var, name)

    def _own_environ(self) -> dict[str, str]:
        own = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "WATCHBILL_VAR": str(self.var),
            "WATCHBILL_HOST": self.host,
            "PORT": str(self.port),
        }
        if self.mail_in_port:
            own["WATCHBILL_MAIL_IN_PORT"] = str(self.mail_in_port)
        if self.mail_port and not self.environ.get("WATCHBILL_EMAIL_URL"):
            own["WATCHBILL_EMAIL_URL"] = f"smtp://127.0.0.1:{self.mail_port}?tls=none"
        return own

    def _answers(self, port: int) -> bool:
        host = self.base_url.removeprefix("http://").rpartition(":")[0].strip("[]")
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _sink_answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.mail_port or 0), 1):
                return True
        except OSError:
            return False


def taken(host: str, port: int) -> bool:
    """Whether another process already listens on that address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
