"""The mail sink for letters by the ten thousand, as a process of its own."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.installation import wait_for


@dataclass
class Sinking:
    process: subprocess.Popen[bytes]
    port: int
    file: Path

    def taken(self) -> list[tuple[float, str, int]]:
        """(seconds since the epoch, recipient, bytes) of each letter so far."""
        return [(float(at), str(to), int(size)) for at, to, size in self._asked()["taken"]]

    def connections(self) -> int:
        return int(self._asked()["connections"])

    def _asked(self) -> dict[str, list[tuple[float, str, int]]]:
        self.file.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        wait_for(self.file.exists, "the sink to tell", 30)
        found: dict[str, list[tuple[float, str, int]]] = json.loads(self.file.read_text())
        return found


@contextlib.contextmanager
def sinking(folder: Path) -> Iterator[Sinking]:
    port_file, taken_file = folder / "sink.port", folder / "sink.json"
    process = subprocess.Popen([sys.executable, "-m", "tests.standins.sink", str(port_file), str(taken_file)])
    try:
        wait_for(port_file.exists, "the sink", 30)
        yield Sinking(process, int(port_file.read_text()), taken_file)
    finally:
        process.terminate()
        process.wait(10)
