"""What is tried in a process of its own behind the fence of `comms.transports.speaking`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.env import ROOT

TRIED = {
    "a secret": "open(sys.argv[1] + '/secret').read()",
    "the settings": "open('config/settings.py').read()",
    "accounts": "open('/etc/passwd').read()",
    "a link to it": "open(sys.argv[1] + '/link').read()",
    "the environment of another": "open('/proc/1/environ', 'rb').read()",
    "writing": "open(sys.argv[1] + '/new', 'w')",
    "opening low": "os.open(sys.argv[1] + '/secret', os.O_RDONLY)",
    "a program": "subprocess.run(['true'])",
    "a shell": "os.system('true')",
    "a fork": "os.fork()",
    "another program": "os.execv('/bin/true', ['true'])",
    "this machine": "socket.create_connection(('127.0.0.1', 9), 1)",
    "the link": "socket.create_connection(('169.254.169.254', 80), 1)",
    "the network": "socket.create_connection(('10.0.0.1', 80), 1)",
    "a local socket": "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
    "listening": "socket.socket().bind(('127.0.0.1', 0))",
    "datagrams": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 514))",
    "a library": "__import__('ctypes').CDLL(None)",
}
FINE = {"nothing": "None", "certificates": "__import__('ssl').create_default_context()"}
PROGRAM = """
import os, socket, subprocess, sys, _posixsubprocess
from django.conf import settings
settings.configure(WATCHBILL_OUTBOUND_LOOPBACK=False)
from comms.transports import speaking
import ctypes
sys.addaudithook(speaking.fence(private=False))
try:
    {}
except PermissionError:
    print("refused")
else:
    print("done")
"""


def run(what: str, folder: Path) -> str:
    """What comes of it: refused, done, or what went wrong otherwise. `folder` has a secret and a link to it."""
    (folder / "secret").write_text("s3cret")
    (folder / "link").symlink_to("/etc/passwd")
    code = PROGRAM.format({**TRIED, **FINE}[what])
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr
