"""The clean case of what tools send, without a request of Django's: a body that can be read, kept for an integration
that is there. Whatever else there is to say is left to `incidents.ingest`, which says it in the protocol's words.

In a storm this is what everything waits for, and most of what a request of Django's costs is for people."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.db import DatabaseError, InterfaceError

from incidents.actions import accepting
from incidents.sources import Envelope, InvalidEventError, SourceError, registry
from incidents.sources.registry import Source

BY_ADDRESS = "/integrations/v1/"
# Protocols whose address says nothing: the request itself has the key.
BY_REQUEST = {
    "/v2/enqueue": ("pagerduty", ""),
    "/v2/change/enqueue": ("changes", ""),
    "/v2/alerts": ("opsgenie", "v2/alerts"),
}
LONGEST_ADDRESS = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `key` is the integration's where the address has it, `path` what stands after that."""

    source: Source
    key: str
    path: str


def target(path: str) -> Target | None:
    """Which source an address (unquoted) is of; None for what is not sent here, or wants more than to be read and
    kept: a signature, or the integration's settings."""
    if found := BY_REQUEST.get(path):
        name, rest = found
        return Target(registry.SOURCES[name], "", rest)
    if not path.startswith(BY_ADDRESS) or len(path) > LONGEST_ADDRESS or not path.isascii():
        return None
    name, _, rest = path[len(BY_ADDRESS) :].partition("/")
    key, _, rest = rest.partition("/")
    source = registry.named(name)
    if source is None or not key or source.key is not None or not source.address:
        return None
    if rest.rstrip("/") == registry.HEARTBEAT and source.name != "heartbeat":
        return None
    return None if source.proof is not None or source.configurable else Target(source, key, rest)


def keep(target: Target, body: bytes, headers: Mapping[str, str], query: str) -> tuple[int, bytes] | None:
    """Keep a request; the status and the body of the answer once it is committed. None: somebody else has to answer
    it, and nothing was kept."""
    began = time.monotonic()
    source = target.source
    sent = Envelope(body, headers, dict(parse_qsl(query, keep_blank_values=True)) if query else {}, target.path)
    try:
        key = target.key or (source.key(sent) if source.key else "")
        parsed = source.read(sent)
        if parsed.problems or parsed.confirm:
            return None
        kind = "" if source.name == "changes" else source.name
        lane = accepting.lane_of(parsed.reports)
        if not accepting.accept(key, source.name, sent, kind=kind, lane=lane):
            return None
    except (SourceError, InvalidEventError, DatabaseError, InterfaceError):
        return None
    answer = source.answer(parsed, sent, time.monotonic() - began)
    return answer.status, json.dumps(dict(answer.body)).encode()
