"""A real OpenID provider on loopback for tests: `tests.standins.oidc_provider` in a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from config.env import ROOT
from config.fleet import free_port
from tests.installation import wait_for


class Identity:
    """The provider: whom it knows, what it lies about, what it heard."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def knows(self, sub: str, **claims: Any) -> None:
        """Let it know somebody by these claims from now on."""
        named = {"email": f"{sub}@example.org", "email_verified": True, "preferred_username": sub, **claims}
        requests.put(f"{self.url}/users/{sub}", json=named, timeout=10).raise_for_status()

    def lies(self, **lies: Any) -> None:
        requests.put(f"{self.url}/lies", json=lies, timeout=10).raise_for_status()

    def heard(self, path: str) -> list[dict[str, Any]]:
        """What it was asked at `path`, in order."""
        found = requests.get(f"{self.url}/heard", timeout=10).json()
        return [each for each in found if each["path"] == path]

    def logout_token(self, **claims: Any) -> str:
        return requests.post(f"{self.url}/logout-token", json=claims, timeout=10).text

    def agrees(self, question: str, sub: str) -> dict[str, str]:
        """Answer the authorization request at `question` as `sub`: the parameters of the way back."""
        answer = requests.post(question, data={"sub": sub}, allow_redirects=False, timeout=10)
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@contextlib.contextmanager
def provider_process() -> Iterator[Identity]:
    port = free_port()
    made = Identity(port)
    argv = [sys.executable, "-m", "tests.standins.oidc_provider", str(port)]
    environ = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    process = subprocess.Popen(argv, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{made.url}/jwks", timeout=5).ok
        assert process.poll() is None, "the provider ended"
        return False

    try:
        wait_for(answers, "the OpenID provider")
        yield made
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def provider_running() -> Iterator[Identity]:
    with provider_process() as running:
        yield running


@pytest.fixture
def identity(provider_running: Identity) -> Identity:
    """The provider, telling the truth."""
    provider_running.lies()
    return provider_running
