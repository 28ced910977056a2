"""What the supervisor shows on the terminal, and the log files that keep everything else."""

import re
import sys
from collections import deque
from pathlib import Path
from typing import TextIO

LOG_BYTES = 5_000_000
LOG_FILES = 4
COLOURS = {"web": 36, "worker": 32, "beat": 33, "ingest": 92, "mailsink": 35, "postgres": 34, "valkey": 31, "story": 95}
LEVEL = re.compile(r"^\S+ \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) ")
LOUD = ("WARNING", "ERROR", "CRITICAL")
SERVERS = ("postgres", "valkey")


class Console:
    """The terminal: plain lines, and lines that begin with the name of the process they come from."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.colour = self.stream.isatty()

    def say(self, text: str = "") -> None:
        """Print a line; a terminal that was closed meanwhile is no reason to fail."""
        try:
            print(text, file=self.stream, flush=True)
        except (OSError, ValueError):
            self.stream = _Nowhere()

    def relay(self, name: str, text: str) -> None:
        """Print a line of the process `name`."""
        label = f"{name:<8}"
        self.say(f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m {text}" if self.colour else f"{label} {text}")

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text


class _Nowhere:
    """A closed terminal."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class LogFile:
    """A file that starts anew at `LOG_BYTES`, with the earlier ones beside it as .1, .2 and so on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("ab")

    def write(self, data: bytes) -> None:
        if self.file.tell() + len(data) > LOG_BYTES:
            self.file.close()
            for number in range(LOG_FILES - 1, 0, -1):
                older = self.path.with_suffix(f".log.{number}")
                newer = self.path.with_suffix(f".log.{number - 1}") if number > 1 else self.path
                if newer.exists():
                    newer.replace(older)
            self.file = self.path.open("ab")
        self.file.write(data)
        self.file.flush()

    def close(self) -> None:
        self.file.close()


class Feed:
    """One process's output: all of it to its log, what matters to the console."""

    def __init__(self, name: str, log: LogFile, console: Console, *, verbatim: bool = False) -> None:
        self.name = name
        self.log = log
        self.console = console
        self.verbatim = verbatim
        self.loud = False
        self.rest = b""
        self.last: deque[str] = deque(maxlen=12)

    def take(self, data: bytes) -> None:
        """Take what the process wrote, in pieces of any length."""
        self.log.write(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self._line(line.decode(errors="replace").rstrip("\r"))

    def finish(self) -> None:
        """The process has ended: what it left without a line's end is a line, too."""
        if self.rest:
            self._line(self.rest.decode(errors="replace"))
        self.rest = b""

    def _line(self, text: str) -> None:
        self.last.append(text)
        if self.verbatim or self._matters(text):
            self.console.relay(self.name, text)

    def _matters(self, text: str) -> bool:
        if self.name in SERVERS:
            return " PANIC: " in text
        if found := LEVEL.match(text):
            self.loud = found[1] in LOUD
            return self.loud
        if text.startswith("Traceback "):
            self.loud = True
        # What follows a warning without a level of its own belongs to it. Of a traceback only the exception
        # is shown, the log has the frames.
        return self.loud and bool(text.strip()) and not text.startswith((" ", "Traceback "))
