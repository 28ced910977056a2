"""What web processes share for a moment: counts of requests, and allauth's of attempts to sign in.

It lies on the broker's server under names of its own. Where that server is away, each process goes on with its own
memory, and asks again after a pause: nobody is locked out, nobody waits, and the limits are only less exact.
"""

from __future__ import annotations

import itertools
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
PATIENCE_SECONDS = 0.25
MOST_COUNTS = 20_000

# One step, so that two processes never both believe to be the first, and a count without an end can't stay.
COUNT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
"""

T = TypeVar("T")


def server_url(broker: str) -> str:
    """The broker's URL as the client library reads it: Celery writes sockets and TLS in a way of its own."""
    parts = urlsplit(broker)
    query = dict(parse_qsl(parts.query))
    if "ssl_cert_reqs" in query:
        query["ssl_cert_reqs"] = query["ssl_cert_reqs"].lower().removeprefix("cert_")
    if parts.scheme == "redis+socket":
        if "virtual_host" in query:
            query["db"] = query.pop("virtual_host").strip("/")
        return f"unix://{parts.netloc}{parts.path}" + (f"?{urlencode(query)}" if query else "")
    return urlunsplit(parts._replace(query=urlencode(query)))


class Plain:
    """Values as JSON. Whoever can write to the broker must not be able to run anything here, as a pickle would."""

    def dumps(self, value: Any) -> Any:
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: Any) -> Any:
        return json.loads(data)


class Away:
    """Whether the server is worth trying: after a failure this process leaves it alone for `PAUSE_SECONDS`."""

    def __init__(self) -> None:
        self.quiet_until = 0.0

    def told(self, error: Exception) -> None:
        self.quiet_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("The broker is away (%s); limits are counted by each process.", type(error).__name__)

    @property
    def quiet(self) -> bool:
        return time.monotonic() < self.quiet_until


away = Away()


class Counts:
    """Counts in this process's memory, for as long as the server is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[int, float]] = {}

    def add(self, key: str, seconds: float, more: int = 1) -> tuple[int, float]:
        now = time.monotonic()
        with self._lock:
            if len(self._rows) > MOST_COUNTS:
                self._rows = {k: row for k, row in self._rows.items() if row[1] > now}
                if len(self._rows) > MOST_COUNTS:
                    self._rows.clear()
            count, until = self._rows.get(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + seconds
            self._rows[key] = (count + more, until)
            return count + more, until - now


_counts = Counts()


def _or_memory(name: str) -> Any:
    """A method of the shared cache that falls back to the same of this process's."""

    def method(self: Shared, *args: Any, **kwargs: Any) -> Any:
        return self.attempt(
            lambda: getattr(RedisCache, name)(self, *args, **kwargs),
            lambda: getattr(self.memory, name)(*args, **kwargs),
        )

    method.__name__ = name
    return method


class Shared(RedisCache):
    """Django's cache on the broker's server; LOCATION is not read, the broker's setting is."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server or "broker", params)
        self.memory = LocMemCache("watchbill", params)

    @cached_property
    def _cache(self) -> RedisCacheClient:
        # One try and little patience: a server that is away must not slow down a page.
        return RedisCacheClient(
            [server_url(settings.CELERY_BROKER_URL)],
            serializer=Plain,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=None,
        )

    def attempt(self, shared: Callable[[], T], alone: Callable[[], T]) -> T:
        if away.quiet:
            return alone()
        try:
            return shared()
        except (RedisError, OSError) as error:
            away.told(error)
            return alone()

    def count(self, key: str, seconds: int, *, more: int = 1) -> tuple[int, float]:
        """Count so many `more` of `key`: how many there are in this window, which begins with the first, and how many
        seconds of it are left. At once and for all processes, where the server answers."""
        made = self.make_and_validate_key(key)

        def shared() -> tuple[int, float]:
            client = self._cache.get_client(write=True)
            count, left = client.eval(COUNT, 1, made, seconds * 1000, more)
            return int(count), int(left) / 1000

        return self.attempt(shared, lambda: _counts.add(made, seconds, more))

    add = _or_memory("add")
    get = _or_memory("get")
    set = _or_memory("set")
    touch = _or_memory("touch")
    delete = _or_memory("delete")
    get_many = _or_memory("get_many")
    has_key = _or_memory("has_key")
    incr = _or_memory("incr")
    set_many = _or_memory("set_many")
    delete_many = _or_memory("delete_many")

    def clear(self) -> None:
        """Forget what is ours. Django's own would empty the whole database, and with it the broker's queues."""

        def shared() -> None:
            client = self._cache.get_client(write=True)
            mine = client.scan_iter(match=f"{self.key_prefix}:*", count=500)
            while batch := list(itertools.islice(mine, 500)):
                client.unlink(*batch)

        self.attempt(shared, lambda: None)
        self.memory.clear()
