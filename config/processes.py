"""Child processes that never outlive their purpose: started in their own session, stopped in order,
remembered.

`up`, the test servers and the tests' live installation all start their processes through `Child`.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Account:
    """A system account by name and ids."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: `stop_signal` asks it to leave, and after `stop_seconds` it is killed."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    account: Account | None = None
    """Whom to run as, None for the same user."""


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process `number` when its parent is
    gone (Linux; elsewhere nothing happens)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))


def _end_with(parent: int, number: int) -> Callable[[], None]:
    """What a child does between fork and exec: tie itself to `parent`, which may have ended meanwhile."""

    def in_child() -> None:
        end_with_parent(number)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


class Child:
    """One run of a `Program`. Start it from a thread that lives as long as the child shall."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, output: IO[bytes] | int, *, outlives_parent: bool = False, pass_fds: Sequence[int] = ()) -> None:
        """Run the program with its output and errors going to `output` (a file, or `subprocess.PIPE`)."""
        program, account = self.program, self.program.account
        # Between fork and exec only prctl and getppid are called, which
        # no lock of another thread can hold up.
        tie = None if outlives_parent else _end_with(os.getpid(), program.stop_signal)
        with warnings.catch_warnings():
            # Python 3.12 warns of any such function in a process with threads.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = subprocess.Popen(
                program.argv,
                env=program.env,
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                pass_fds=pass_fds,
                preexec_fn=tie,  # noqa: PLW1509
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.program.name} was not started"
        return self.process.pid

    @property
    def output(self) -> IO[bytes]:
        """What the process writes, when it was started with `subprocess.PIPE`."""
        assert self.process is not None
        assert self.process.stdout is not None, "started without a pipe"
        return self.process.stdout

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for the signal that killed it; None while it runs."""
        return self.process.returncode if self.process else None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self.running:
            os.kill(self.pid, self.program.stop_signal)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send any signal to the process, as an accident would."""
        if self.running:
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Whether the process ended within `seconds`."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def finish(self) -> None:
        """Kill what is left of the process and of its own children."""
        if self.process is None:
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self) -> None:
        """Stop in order: ask, wait as long as the program is allowed, then kill."""
        self.ask_to_stop()
        self.wait(self.program.stop_seconds)
        self.finish()


def remember(path: Path, children: Iterable[Child]) -> None:
    """Write who runs to `path`, so that a next start finds what this one may leave behind."""
    rows = []
    for child in children:
        if not child.running:
            continue
        try:
            started = psutil.Process(child.pid).create_time()
        except psutil.NoSuchProcess:
            continue
        rows.append(
            {
                "name": child.program.name,
                "pid": child.pid,
                "started": started,
                "stop_signal": int(child.program.stop_signal),
                "stop_seconds": child.program.stop_seconds,
            }
        )
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(rows, indent=1))
    fresh.replace(path)


def remembered(path: Path) -> list[dict[str, Any]]:
    """The processes of an earlier start that still run, in the order they were started."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [row for row in rows if _same(row)]


def stop_remembered(path: Path) -> list[str]:
    """Stop every process that an earlier start left behind, newest first; the names of those stopped."""
    stopped = []
    for row in reversed(remembered(path)):
        stop_process(row["pid"], row["stop_signal"], row["stop_seconds"])
        stopped.append(row["name"])
    path.unlink(missing_ok=True)
    return stopped


def stop_process(pid: int, number: int, seconds: float) -> None:
    """Stop a process that is not our child: ask, wait, then kill it and its group."""
    try:
        process = psutil.Process(pid)
        process.send_signal(number)
        if not _gone(process, seconds):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            else:
                process.kill()
            _gone(process, 10)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return


def _gone(process: psutil.Process, seconds: float) -> bool:
    """Whether the process ends within `seconds`; one that nobody has reaped yet has ended, too."""
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _same(row: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(row["pid"])
        # The start time tells a survivor from a stranger that was given its number.
        same = abs(process.create_time() - float(row["started"])) < 1
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
