"""The committed description of the API, read once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.yaml"
# libyaml's reader takes a sixth of the time; not every build of PyYAML has it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def committed() -> dict[str, Any]:
    """Shared by all that ask: nobody may change it."""
    return parsed(COMMITTED.read_text())


def parsed(text: str | bytes) -> dict[str, Any]:
    told: dict[str, Any] = yaml.load(text, LOADER)
    return told
