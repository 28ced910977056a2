"""Lines at which the fault tests end a process the hard way, to see what it leaves behind.

`FAULT_AT=<point>:<file>` kills the first process that comes to that point, once: the file remembers it. Without the
variable, which only the tests set, a point is a comparison and nothing more.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_AT, _, _ONCE = os.environ.get("FAULT_AT", "").partition(":")


def reached(point: str) -> None:
    """Come to `point`, and perhaps no further."""
    if point != _AT:
        return
    try:
        Path(_ONCE).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
