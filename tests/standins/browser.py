"""A browser's push subscription and the push service before it, on loopback, which reads as the browser would."""

from __future__ import annotations

import base64
import json
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.standins.server import Server


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Browser(Server):
    """The push service, and behind it the browser with the private key of its subscription."""

    def __init__(self, path: str = "/push/one") -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        super().__init__(path, status=201)

    def subscription(self) -> str:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": text_of(point), "auth": text_of(self.auth)}
        return json.dumps({"endpoint": self.url, "expirationTime": None, "keys": keys})

    def read(self, number: int = -1) -> dict[str, Any]:
        """A message as only this browser can read it."""
        body = self.asked[number].body
        plain = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        found: dict[str, Any] = json.loads(plain)
        return found
