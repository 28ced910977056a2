"""What an installation noted in `var/run/servers.json` about itself
while it runs, for commands started beside it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATABASE = "watchbill"
MAIL_PORT = 8025


def database_url(sockets: Path) -> str:
    """The URL of the embedded PostgreSQL with its socket in the folder `sockets`."""
    return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(sockets), safe='')}"


def broker_url(sockets: Path) -> str:
    """The URL of the embedded Valkey with its socket in the folder `sockets`."""
    return f"redis+socket://{quote(str(sockets / 'valkey.sock'))}"


def note(var: Path, **facts: Any) -> None:
    """Add `facts` to what is noted: `database_url`, `broker_url`, `mail_port`, `pid`, `base_url`."""
    path = var / "run" / "servers.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(noted(var) | facts, indent=1))
    fresh.replace(path)


def noted(var: Path) -> dict[str, Any]:
    """Everything noted by the last start, empty where there is none."""
    try:
        facts = json.loads((var / "run" / "servers.json").read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def mark_ready(var: Path, name: str) -> None:
    """Say that the process `name` of this installation takes work from now on."""
    folder = var / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}.ready").touch()


def is_ready(var: Path, name: str) -> bool:
    """Whether `name` said so since `forget_ready`."""
    return (var / "run" / f"{name}.ready").exists()


def forget_ready(var: Path, name: str) -> None:
    """Take the mark away, before `name` is started."""
    (var / "run" / f"{name}.ready").unlink(missing_ok=True)
