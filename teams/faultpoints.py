"""Lines at which the fault tests end a process the hard way, to see what it leaves behind.

`FAULT_AT=<point>:<file>` kills the first process that comes to that point, once: the file remembers it. Several are
parted by semicolons. Without the variable, which only the tests set, a point is a look-up and nothing more.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_FILES = dict(each.partition(":")[::2] for each in os.environ.get("FAULT_AT", "").split(";") if each)


def reached(point: str) -> None:
    """Come to `point`, and perhaps no further."""
    if point not in _FILES:
        return
    try:
        Path(_FILES[point]).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
