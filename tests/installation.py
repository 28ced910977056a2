"""A live installation for tests: the processes `make run` starts, on free ports, with a database of their own.

`installation` is shared by the tests of one worker; `own_installation` belongs to one test, which may break it.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql

from config.embedded import valkey, wait_until_ready
from config.fleet import Fleet, free_port
from config.places import layout
from config.processes import Child, Program
from tests import schema

READY_SECONDS = 60.0
TEMPLATE = "installation_template"
TEMPLATE_LOCK = 7_304_201
# One process less than `up` starts, for each of them imports everything anew.
SMALL = {"WATCHBILL_WEB_WORKERS": "1"}


class Installation:
    """Web, worker, beat, mail sink and a Valkey of its own, each of which can be killed and started by name; and
    mail_in, where WATCHBILL_MAIL_IN_DOMAIN is given.

    `admin` holds `username` and `password` of a superuser; `var` is its folder, `var/<name>.log` each log.
    """

    def __init__(
        self, home: Path, server_url: str, more: Mapping[str, str] | None = None, *, ingest: bool = False
    ) -> None:
        self.var = home
        self.server_url = server_url
        self.database = f"installation_{uuid.uuid4().hex[:12]}"
        self.database_url = schema.with_name(server_url, self.database)
        self.place = layout(home)
        self.admin = _copy_template(server_url, self.database)
        environ = {
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": self.place.broker_url,
            **SMALL,
            **plain_environ(),
            **(more or {}),
        }
        mail_in = free_port() if "WATCHBILL_MAIL_IN_DOMAIN" in environ else None
        own = free_port() if ingest else None
        self.fleet = Fleet(home, "127.0.0.1", free_port(), free_port(), environ, ingest_port=own, mail_in_port=mail_in)
        self.programs = {program.name: program for program in (valkey(self.place), *self.fleet.programs())}
        self.children: dict[str, Child] = {}

    @property
    def base_url(self) -> str:
        return self.fleet.base_url

    @property
    def ingest_url(self) -> str:
        """Where tools are answered, if they have a server of their own."""
        return f"http://127.0.0.1:{self.fleet.ingest_port}"

    def start(self, *names: str) -> None:
        """Start these processes (all that don't run, when none is named) and wait until they take work."""
        chosen = names or tuple(name for name in self.programs if not self.runs(name))
        for name in chosen:
            self._launch(self.programs[name])
        for name in chosen:
            if name != "valkey":
                wait_for(lambda name=name: self._ready(name), f"{name} to be ready", READY_SECONDS)

    def stop(self, *names: str) -> None:
        """Stop these processes in order (all of them, when none is named), as `up` would."""
        for name in names or tuple(reversed(self.children)):
            if child := self.children.pop(name, None):
                child.stop()

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send `number` to a process, by default the accident that it cannot handle; SIGKILL waits for its end."""
        child = self.children[name]
        child.kill(number)
        if number == signal.SIGKILL:
            del self.children[name]
            assert child.wait(10)
            child.finish()

    def runs(self, name: str) -> bool:
        return name in self.children and self.children[name].running

    def pid(self, name: str) -> int:
        return self.children[name].pid

    def log(self, name: str) -> str:
        """What the process has written so far."""
        return (self.var / f"{name}.log").read_text(errors="replace")

    def run(self, *arguments: str) -> str:
        """Run one of manage.py's commands with this installation's environment; its output."""
        program = self.fleet.command(*arguments)
        done = subprocess.run(
            program.argv, env=program.env, cwd=program.cwd, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def conversation(self, code: str) -> Iterator[Callable[[str], str]]:
        """Run code that reads lines and answers each with one that begins with `told `; what says a line and returns
        its answer. Whatever else the code prints is passed over, unless it ends."""
        program = self.fleet.command("shell", "--no-imports", "-c", code)
        with (
            (self.var / "conversation.log").open("a+") as log,
            subprocess.Popen(
                program.argv,
                env=program.env,
                cwd=program.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            assert process.stdin
            assert process.stdout
            said, answers = process.stdin, process.stdout

            def talk(line: str) -> str:
                # What it died of is in its log, not in a broken pipe.
                with contextlib.suppress(BrokenPipeError):
                    print(line, file=said, flush=True)
                for answer in answers:
                    if answer.startswith("told "):
                        return answer.removeprefix("told ")
                log.seek(0)
                raise AssertionError(log.read())

            try:
                yield talk
            finally:
                with contextlib.suppress(BrokenPipeError):
                    said.close()

    def integration(self, kind: str, team: str = "payments") -> str:
        """Make an integration of that kind for a team of the demo organization; its key."""
        code = (
            "from incidents.actions import integrations; from incidents.models import Integration; "
            f"from teams.models import Team; team = Team.objects.get(slug={team!r}); "
            f"made = Integration.objects.create(name='{kind} of a test', kind={kind!r}, team=team); "
            "print(integrations.add_key(made, by=None))"
        )
        return self.run("shell", "--no-imports", "-c", code).split()[-1]

    def mail(self, **filters: str) -> list[dict[str, Any]]:
        """The mail sink's messages, newest first, by `to`, `subject`, `q` and `since`."""
        with urllib.request.urlopen(f"{self.base_url}/mail/messages.json?{urlencode(filters)}", timeout=10) as answer:
            return list(json.load(answer)["messages"])

    def wait_for_mail(self, seconds: float = 30.0, count: int = 1, **filters: str) -> list[dict[str, Any]]:
        """Those messages as soon as there are `count` of them."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            found[:] = self.mail(**filters)
            return len(found) >= count

        wait_for(arrived, f"{count} mail for {filters}", seconds)
        return found

    def close(self) -> None:
        """End everything, for which nothing of it is to be kept, and drop the database."""
        for child in self.children.values():
            child.kill()
        while self.children:
            self.children.popitem()[1].finish()
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            name = sql.Identifier(self.database)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _launch(self, program: Program) -> None:
        if program.name not in ("valkey", "web", "ingest", "mailsink"):
            self.fleet.forget(program.name)
        child = Child(program)
        with (self.var / f"{program.name}.log").open("ab") as log:
            child.start(log)
        self.children[program.name] = child
        if program.name == "valkey":
            wait_until_ready(self.place, [child])

    def _ready(self, name: str) -> bool:
        assert self.children[name].running, f"{name} ended:\n{self.log(name)[-3000:]}"
        return self.fleet.ready(name)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Wait until `condition` holds; fails with `what` after `seconds`. Who waits long asks seldom: an answer takes time
    of the processes that are waited for."""
    deadline, pause = time.monotonic() + seconds, 0.05
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(pause)
        pause = min(1.2 * pause, 0.5)


@contextlib.contextmanager
def live_installation(*, ingest: bool = False, **environ: str) -> Iterator[Installation]:
    """A running installation with these settings more, gone without a trace afterwards. With `ingest` it has a server
    for tools alone, as `up` starts one."""
    home = Path(tempfile.mkdtemp(prefix="watchbill live "))
    running = Installation(home, os.environ["DATABASE_URL"], environ, ingest=ingest)
    try:
        running.start()
        yield running
    finally:
        running.close()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """A running installation for tests that only use it."""
    with live_installation() as running:
        yield running


@pytest.fixture
def own_installation() -> Iterator[Installation]:
    """A running installation for one test, which may kill what it likes."""
    with live_installation() as running:
        yield running


def plain_environ() -> dict[str, str]:
    names = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "PYTHONWARNINGS", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in names if name in os.environ}


def _copy_template(server_url: str, database: str) -> dict[str, str]:
    """Make `database` from a migrated one that the whole test run shares; the administrator in it."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        admin = _template_admin(connection) or _make_template(connection, server_url)
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(TEMPLATE))
        )
    return admin


def _template_admin(connection: psycopg.Connection) -> dict[str, str] | None:
    said = schema.comment_of(connection, TEMPLATE)
    return json.loads(said) if said else None


def _make_template(connection: psycopg.Connection, server_url: str) -> dict[str, str]:
    name = sql.Identifier(TEMPLATE)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
    migrated = sql.Identifier(schema.migrated(server_url, plain_environ()))
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, migrated))
    home = Path(tempfile.mkdtemp(prefix="watchbill-template-"))
    environ = {"DATABASE_URL": schema.with_name(server_url, TEMPLATE), **plain_environ()}
    reading, writing = os.pipe()
    program = Fleet(home, "127.0.0.1", 8000, None, environ).command("prepare", "--empty", "--report", str(writing))
    done = subprocess.run(
        program.argv,
        env=program.env,
        cwd=program.cwd,
        pass_fds=[writing],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    os.close(writing)
    shutil.rmtree(home)
    with os.fdopen(reading) as report:
        assert done.returncode == 0, done.stdout.decode()
        admin = dict(json.load(report)["admin"])
    comment = sql.Literal(json.dumps(admin))
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, comment))
    return admin
