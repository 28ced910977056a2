"""A process that hands one message to a chat service through `apprise`, and can do nothing else: `python -m` with the
message as JSON on its input, and what came of it as JSON on its output.

The library is large, its addresses are powerful, and people write them. So before it sees one, the interpreter is told
to refuse what no message needs (an audit hook, which can't be taken off again): connections to where we don't connect,
whatever name or redirect led there; files beside the libraries' own; and other programs.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apprise
import certifi
from django.conf import settings

from teams import outward

LONGEST = 300
# The begin of the names of what starts programs, loads code or listens.
NEVER = ("subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "os.fork", "pty.")
NEVER_EITHER = ("ctypes.dlopen", "socket.bind", "os.remove", "os.rename", "shutil.", "ftplib.", "smtplib.", "sqlite3.")
# Beside the interpreter and the libraries: who is trusted, what time it is, and how names are resolved.
READ = ("/etc/ssl", "/etc/pki", "/etc/mime.types", "/etc/localtime", "/etc/timezone", "/etc/hosts", "/etc/resolv.conf")
DEVICES = ("/dev/null", "/dev/urandom")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def fence(*, private: bool) -> Callable[[str, tuple[Any, ...]], None]:
    """The hook. `private` lets connections into a private network pass; PermissionError is what the library gets."""
    places = [Path(place).resolve() for place in (sys.prefix, sys.base_prefix, apprise.__path__[0], *READ)]
    given = [os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")]
    places += [Path(place).resolve() for place in (certifi.where(), *given) if place]
    if len(places[1].parts) < 2:
        places.pop(1)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            where = arguments[1]
            if not isinstance(where, tuple) or not outward.may_connect(str(where[0]), private=private):
                raise PermissionError("That is not where messages may go.")
        elif event == "socket.sendto":
            raise PermissionError("Messages go by connections.")
        elif event == "open":
            _read_only(arguments, places)
        elif event.startswith((*NEVER, *NEVER_EITHER)):
            raise PermissionError("No message needs that.")

    return hook


def _read_only(arguments: tuple[Any, ...], places: list[Path]) -> None:
    path, mode, flags = (*arguments, None, None)[:3]
    if isinstance(path, int):
        return
    name = os.fsdecode(path)
    if name in DEVICES:
        return
    writes = bool(set(str(mode or "r")) & set("wax+")) or bool(isinstance(flags, int) and flags & WRITING)
    # Symbolic links are followed, as opening it would.
    found = Path(os.path.realpath(name))
    if writes or not any(found.is_relative_to(place) for place in places):
        raise PermissionError("No message needs that file.")


def speak(asked: dict[str, Any]) -> dict[str, Any]:
    """Hand it over, and say whether it was taken and what the library's log has."""
    asset = apprise.AppriseAsset(
        app_id="Watchbill", app_desc="Watchbill", async_mode=False, secure_logging=True, http_redirects=False
    )
    service = apprise.Apprise.instantiate(asked["address"], asset=asset, suppress_exceptions=True)
    if service is None:
        return {"unreadable": True, "said": "The address of the service can't be read. Enter it again."}
    service.socket_connect_timeout, service.socket_read_timeout = 5.0, 10.0
    kind = apprise.NotifyType.FAILURE if asked["urgent"] else apprise.NotifyType.INFO
    with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
        taken = apprise.Apprise(asset=asset)
        taken.add(service)
        done = bool(taken.notify(body=asked["body"], title=asked["title"], notify_type=kind))
        return {"taken": done, "said": "" if done else " ".join(said.getvalue().split())[:LONGEST]}


def main() -> None:
    asked = json.load(sys.stdin)
    settings.configure(WATCHBILL_OUTBOUND_LOOPBACK=bool(asked["loopback"]))
    # Loads what is loaded when it is first used, before the fence stands.
    outward.may_connect("192.0.2.1")
    sys.addaudithook(fence(private=bool(asked["private"])))
    json.dump(speak(asked), sys.stdout)


if __name__ == "__main__":
    main()
