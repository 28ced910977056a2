"""A mail server that costs as little as one can: it takes everything, counts, and notes who got what. For benches and
for letters by the ten thousand; run as a process of its own, it writes what it took to a file when it is asked to end.

    python -m tests.standins.sink PORT_FILE TAKEN_FILE
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path


class Sink(asyncio.Protocol):
    """One connection. `taken` has (seconds since the epoch, recipient, length) of each letter of all connections."""

    taken: list[tuple[float, str, int]] = []
    connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        Sink.connections += 1
        self.transport = transport
        self.buffer = b""
        self.in_letter = False
        self.recipient = ""
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        answers = []
        while True:
            if self.in_letter:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                Sink.taken.append((time.time(), self.recipient, end))
                self.buffer = self.buffer[end + 5 :]
                self.in_letter = False
                answers.append(b"250 2.0.0 taken\r\n")
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                break
            self.buffer = rest
            answers.append(self._answer(line))
        if answers:
            self.transport.write(b"".join(answers))

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line[line.find(b"<") + 1 : line.rfind(b">")].decode()
        elif verb == b"DATA":
            self.in_letter = True
            return b"354 go on\r\n"
        elif verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        elif verb == b"QUIT":
            asyncio.get_running_loop().call_soon(self.transport.close)
            return b"221 2.0.0 bye\r\n"
        return b"250 2.1.0 OK\r\n"


async def serve(port_file: Path, taken_file: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    fresh = port_file.with_suffix(".new")
    fresh.write_text(str(server.sockets[0].getsockname()[1]))
    fresh.replace(port_file)
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)

    def tell() -> None:
        fresh = taken_file.with_suffix(".new")
        fresh.write_text(json.dumps({"taken": Sink.taken, "connections": Sink.connections}))
        fresh.replace(taken_file)

    loop.add_signal_handler(signal.SIGUSR1, tell)
    await ended.wait()
    tell()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
