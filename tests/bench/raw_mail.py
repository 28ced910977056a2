"""The least that can be said to send mail to many: ready-made bytes over smtplib, on one connection.

python -m tests.bench.raw_mail PORT LETTER_FILE HOW_MANY
"""

from __future__ import annotations

import smtplib
import sys
from pathlib import Path


def send(port: int, letter: bytes, many: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(many):
            smtp.sendmail("us@example.org", [f"raw{number}@example.org"], letter)


if __name__ == "__main__":
    send(int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3]))
