"""`up`: starts an installation's processes, keeps them running, and stops them in order.

One thread and one loop: everything that happens (output, the end of a process, a signal) is handled in
`_pump`.
Children are tied to this thread by the kernel, so that not even
`kill -9` of the supervisor leaves one behind.
"""

import contextlib
import fcntl
import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.core.management import get_commands

from config import embedded, running
from config.console import SERVERS, Console, Feed, LogFile
from config.env import Environment
from config.fleet import Fleet, free_port, taken
from config.places import Unable, layout, private_folder
from config.processes import Child, Program, remember, stop_remembered

READY_SECONDS = 90.0
BACKOFF_SECONDS = (0.5, 1, 2, 4, 8, 15, 30)
STEADY_SECONDS = 60.0
START_ATTEMPTS = 3
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked for the end."""


@dataclass
class Kept:
    """A process of the installation: `failures` counts its ends since it last ran steadily."""

    child: Child
    feed: Feed
    again: bool
    """Whether it is started again when it ends."""
    started: float = 0.0
    failures: int = 0
    start_at: float | None = None
    """When it is started again, in monotonic seconds; None while nothing is planned."""


class Supervisor:
    """One `up` from start to stop."""

    def __init__(self, env: Environment, *, empty: bool = False, attached: bool = False) -> None:
        self.env = env
        self.empty = empty
        self.parent = os.getppid() if attached else None
        """The process to end with, whatever ended that; None to go on without it."""
        self.console = Console()
        self.run_folder = env.var / "run"
        self.log_folder = env.var / "log"
        self.memory = self.run_folder / "processes.json"
        self.kept: list[Kept] = []
        self.selector = selectors.DefaultSelector()
        self.stop_signals = 0
        self.stopping = False
        self.links: list[str] = []
        self.administrator: dict[str, str] | None = None
        """The first administrator's name and password, until they were shown."""

    def run(self) -> int:
        """Serve until a signal asks for the end; the exit status."""
        try:
            for folder in (self.env.var, self.run_folder, self.log_folder):
                private_folder(folder)
            with self._lock(), self._signals():
                return self._serve()
        except Unable as unable:
            self.console.say(str(unable))
            return 1

    def _serve(self) -> int:
        try:
            self._check_port()
            self._clear_leftovers()
            first = not running.noted(self.env.var)
            self.console.say("Starting Watchbill" + ("; the first start takes a little longer." if first else "."))
            fleet = self._start_servers()
            outcome = self._prepare(fleet)
            self.administrator = outcome["admin"]
            programs = fleet.programs()
            for program in programs:
                fleet.forget(program.name)
                self._start(program)
            for program in programs:
                self._await(program.name, functools.partial(fleet.ready, program.name))
            self.links = self._links(fleet)
            self._announce()
            if outcome["first_start"] and self._has_story():
                self._start(fleet.command("story", "--leave-open"), again=False, verbatim=True)
            while True:
                self._pump()
        except Stopped:
            self.console.say("\nStopping; running work is finished first.")
        finally:
            # A start that was interrupted before the end still made an administrator.
            self._show_administrator()
            self._stop_all()
        self.console.say("Everything is stopped. The next start continues where this one ended.")
        return 0

    # Starting

    def _check_port(self) -> None:
        host, port = self.env.host, self.env.port
        if taken(host, port):
            other = port + 1 if port < 65535 else 8000
            raise Unable(
                f"Port {port} on {host} is taken by another program. Stop that one, or choose another port:\n"
                f"  PORT={other} make run"
            )

    def _clear_leftovers(self) -> None:
        for name in stop_remembered(self.memory):
            self.console.say(f"Stopped {name}, which an earlier start had left running.")

    def _start_servers(self) -> Fleet:
        """Start the servers that no URL names, and answer the fleet that uses them."""
        environ = dict(os.environ)
        wanted = [
            name for name, url in (("postgres", self.env.database_url), ("valkey", self.env.broker_url)) if not url
        ]
        if wanted:
            place = layout(self.env.var)
            if place.home != self.env.var:
                self.console.say(f"The database is kept in {place.home}, where its own account can reach it.")
            children = [self._start(program).child for program in embedded.programs(place) if program.name in wanted]
            embedded.wait_until_ready(place, children, pause=self._pause)
            running.note(self.env.var, database_url=place.database_url, broker_url=place.broker_url)
            if "postgres" in wanted:
                environ["DATABASE_URL"] = place.database_url
            if "valkey" in wanted:
                environ["CELERY_BROKER_URL"] = place.broker_url
        mail_port = None
        if self.env.mode == "development":
            mail_port = free_port() if taken("127.0.0.1", running.MAIL_PORT) else running.MAIL_PORT
            running.note(self.env.var, mail_port=mail_port)
        return Fleet(
            self.env.var,
            self.env.host,
            self.env.port,
            mail_port,
            environ,
            ingest_port=self._ingest_port(),
            mail_in_port=self._mail_in_port(),
        )

    def _ingest_port(self) -> int:
        """The port for tools; where nobody chose one and the usual one is taken, any other will do: the web server
        takes what they send, too."""
        usual = self.env.ingest_port or min(self.env.port + 1, 65535)
        return free_port() if not self.env.ingest_port and taken(self.env.host, usual) else usual

    def _mail_in_port(self) -> int | None:
        wanted = self.env.mail_in_port
        if self.env.mode == "development":
            return free_port() if taken(self.env.mail_in_host, wanted) else wanted
        return wanted if self.env.mail_in_domain or self.env.return_domain else None

    def _prepare(self, fleet: Fleet) -> dict[str, Any]:
        """Migrate and so on in a process of its own; what it reports comes
        by a pipe, for it has a password in it."""
        reading, writing = os.pipe()
        arguments = ["--report", str(writing), *(["--empty"] if self.empty else [])]
        kept = self._start(fleet.command("prepare", *arguments), again=False, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as report:
            while kept in self.kept:
                self._pump()
            if kept.child.returncode:
                raise Unable("\n".join(["The database could not be prepared:", *kept.feed.last]))
            return dict(json.load(report))

    def _has_story(self) -> bool:
        return not self.empty and self.env.mode == "development" and "story" in get_commands()

    def _start(
        self, program: Program, *, again: bool = True, verbatim: bool = False, pass_fds: Sequence[int] = ()
    ) -> Kept:
        log = LogFile(self.log_folder / f"{program.name}.log")
        kept = Kept(Child(program), Feed(program.name, log, self.console, verbatim=verbatim), again)
        self.kept.append(kept)
        self._launch(kept, pass_fds)
        return kept

    def _launch(self, kept: Kept, pass_fds: Sequence[int] = ()) -> None:
        kept.child.start(subprocess.PIPE, pass_fds=pass_fds)
        kept.started = time.monotonic()
        kept.start_at = None
        stream = kept.child.output
        os.set_blocking(stream.fileno(), False)
        self.selector.register(stream, selectors.EVENT_READ, kept)
        remember(self.memory, [each.child for each in self.kept])

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            self._pause()
            kept = next(each for each in self.kept if each.child.program.name == name)
            if kept.failures >= START_ATTEMPTS or time.monotonic() > deadline:
                head = f"{name} does not start; {self.log_folder / name}.log ends with:"
                raise Unable("\n".join([head, *kept.feed.last]))

    def _links(self, fleet: Fleet) -> list[str]:
        base = (self.env.base_url or fleet.base_url).rstrip("/")
        rows = [("Console", "/"), ("Status page", "/status/"), ("Admin", "/admin/"), ("API", "/api/v1/docs/")]
        if fleet.mail_port:
            rows.append(("Mail", "/mail/"))
        told = [f"  {label:<12} {base}{path}" for label, path in rows]
        if fleet.mail_in_port:
            told.append(f"  {'Alert mail':<12} smtp://{self.env.mail_in_host}:{fleet.mail_in_port}")
        return told

    def _announce(self) -> None:
        self.console.say()
        self.console.say(self.console.bold("Watchbill is ready."))
        for line in self.links:
            self.console.say(line)
        self._show_administrator()
        self.console.say()
        self.console.say(f"  Logs are in {self.log_folder}. Ctrl-C stops everything.")
        self.console.say()

    def _show_administrator(self) -> None:
        if self.administrator:
            self.console.say()
            self.console.say("  Sign in as {username} with the password {password}".format(**self.administrator))
            self.console.say("  It is shown this once; to set another:")
            self.console.say("  .venv/bin/python manage.py changepassword admin")
        self.administrator = None

    # Running

    def _pump(self, seconds: float = 0.1) -> None:
        """Handle what happens within `seconds`. Raises `Stopped` when a signal asked for the end."""
        for key, _ in self.selector.select(seconds):
            if key.data is None:
                self._drain_wakeups(key.fileobj)
            else:
                self._read(key.data)
        if self.stopping:
            return
        for kept in list(self.kept):
            if kept.start_at is None and not kept.child.running:
                self._ended(kept)
            elif kept.start_at is not None and time.monotonic() >= kept.start_at:
                self._launch(kept)
        if self.stop_signals or (self.parent and os.getppid() != self.parent):
            raise Stopped

    def _pause(self) -> None:
        """Go on handling what happens for a moment, between two tries of something."""
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            self._pump(0.05)

    def _read(self, kept: Kept) -> None:
        stream = kept.child.output
        while True:
            try:
                data = os.read(stream.fileno(), 65536)
            except BlockingIOError:
                return
            if not data:
                self.selector.unregister(stream)
                return
            kept.feed.take(data)

    def _say_where_again(self) -> None:
        """The story's many lines have pushed the addresses out of sight."""
        self.console.say(self.console.bold("The story has been played. Look around:"))
        for line in self.links:
            self.console.say(line)
        self.console.say("  The administrator's password stands above the story.")
        self.console.say()

    def _ended(self, kept: Kept) -> None:
        """Clear up after a process that ended by itself and plan its next start."""
        self._close(kept)
        name = kept.child.program.name
        if not kept.again:
            kept.feed.log.close()
            self.kept.remove(kept)
            if name == "story":
                self._say_where_again()
            return
        if time.monotonic() - kept.started > STEADY_SECONDS:
            kept.failures = 0
        pause = BACKOFF_SECONDS[min(kept.failures, len(BACKOFF_SECONDS) - 1)]
        kept.failures += 1
        kept.start_at = time.monotonic() + pause
        how = _how(kept.child.returncode)
        self.console.relay(name, f"{how}; it is started again in {pause:g} s ({self.log_folder / name}.log)")

    def _close(self, kept: Kept) -> None:
        stream = kept.child.output
        if stream.fileno() in self.selector.get_map():
            self._read(kept)
        if stream.fileno() in self.selector.get_map():
            self.selector.unregister(stream)
        kept.feed.finish()
        kept.child.finish()

    # Stopping

    def _stop_all(self) -> None:
        """Stop everything, the last started first; a second signal
        shortens the wait for all but the servers."""
        self.stopping = True
        for kept in reversed(self.kept):
            if kept.start_at is None:
                self._stop(kept)
            kept.feed.log.close()
        self.kept = []
        remember(self.memory, [])

    def _stop(self, kept: Kept) -> None:
        program = kept.child.program
        kept.feed.loud = False
        kept.child.ask_to_stop()
        began = time.monotonic()
        while kept.child.running:
            impatient = self.stop_signals > 1 and program.name not in SERVERS
            if time.monotonic() - began > (1 if impatient else program.stop_seconds):
                self.console.relay(program.name, "did not stop in time and is killed")
                break
            self._pump(0.05)
        self._close(kept)

    # The process itself

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the installation: the kernel lets go of the lock when this process ends, however it ends."""
        with (self.run_folder / "up.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                pid, _, url = lock.read().partition(" ")
                raise Unable(
                    f"Watchbill already runs from {self.env.var}: {url.strip() or 'it is just starting'}\n"
                    f"Stop it with Ctrl-C in its terminal, or with: kill {pid or 'its process id'}"
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()} http://{self.env.host}:{self.env.port}/")
            lock.flush()
            yield

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Count the signals that ask for the end; each of them, and each end of a child, wakes the loop."""

        def asked(_number: int, _frame: FrameType | None) -> None:
            self.stop_signals += 1

        waking, woken = socket.socketpair()
        with waking, woken:
            waking.setblocking(False)
            woken.setblocking(False)
            earlier_fd = signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
            earlier = {number: signal.signal(number, asked) for number in STOP_SIGNALS}
            earlier[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
            self.selector.register(waking, selectors.EVENT_READ, None)
            try:
                yield
            finally:
                self.selector.close()
                for number, handler in earlier.items():
                    signal.signal(number, handler)
                signal.set_wakeup_fd(earlier_fd)

    def _drain_wakeups(self, waking: Any) -> None:
        with contextlib.suppress(BlockingIOError):
            while waking.recv(512):
                pass


def _how(status: int | None) -> str:
    if status is not None and status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
