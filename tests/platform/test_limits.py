"""How much one caller may ask for, counted by every web process together, and what happens when the broker is away."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from comms.models import StatusPage
from config import cache as shared
from config import limits
from config.cache import Shared, server_url
from config.rates import Rate, rate
from teams.models import ApiToken, Team, User
from tests import factories


def process(prefix: str) -> Shared:
    """A cache as another web process has it: its own connections, the same server."""
    return Shared("", {"KEY_PREFIX": prefix})


@pytest.fixture
def _server_away(settings: Settings, tmp_path: Path) -> Any:
    settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock"
    yield
    shared.away.quiet_until = 0.0


def test_processes_count_together() -> None:
    clients = [process(cache.key_prefix) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda n: clients[n % 4].count("together", 60)[0], range(200)))
    assert sorted(counted) == list(range(1, 201))


def test_a_window_ends() -> None:
    here, there = process(cache.key_prefix), process(cache.key_prefix)
    first, left = here.count("short", 1)
    assert (first, there.count("short", 1)[0]) == (1, 2)
    assert 0 < left <= 1
    deadline = time.monotonic() + 5
    while here.count("short", 1)[0] != 1:
        assert time.monotonic() < deadline


@pytest.mark.usefixtures("_server_away")
def test_a_lost_broker_neither_locks_out_nor_slows_down() -> None:
    alone = process("away")
    began = time.monotonic()
    assert [alone.count("alone", 60)[0] for _ in range(50)] == list(range(1, 51))
    alone.set("told", [1.5], 60)
    assert alone.get("told") == [1.5]
    assert alone.add("told", 1, 60) is False
    assert time.monotonic() - began < 2


def test_a_broker_that_hangs_costs_a_moment_once(settings: Settings) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        began = time.monotonic()
        assert [process("deaf").count("deaf", 60)[0] for _ in range(20)] == list(range(1, 21))
        assert time.monotonic() - began < 3
    shared.away.quiet_until = 0.0


def test_what_lies_there_is_no_pickle() -> None:
    """Whoever can write to the broker's server can't run anything in a web process."""
    here = process(cache.key_prefix)
    client = here._cache.get_client(write=True)
    client.set(here.make_key("poisoned"), b"cposix\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match="Expecting value"):
        here.get("poisoned")


def test_clearing_leaves_the_brokers_queues() -> None:
    mine, other = process(f"{cache.key_prefix}-a"), process(f"{cache.key_prefix}-b")
    mine.set("told", 1)
    other.set("told", 2)
    mine.clear()
    assert (mine.get("told"), other.get("told")) == (None, 2)


@pytest.mark.parametrize(
    ("broker", "server"),
    [
        ("redis://:secret@queue:6379/1", "redis://:secret@queue:6379/1"),
        ("rediss://queue/0?ssl_cert_reqs=CERT_REQUIRED", "rediss://queue/0?ssl_cert_reqs=required"),
        ("redis+socket:///var/run/valkey.sock?virtual_host=3", "unix:///var/run/valkey.sock?db=3"),
        ("redis+socket:///with%20space/valkey.sock", "unix:///with%20space/valkey.sock"),
    ],
)
def test_brokers_urls(broker: str, server: str) -> None:
    assert server_url(broker) == server


def test_rates_are_read() -> None:
    assert rate("20/hour") == Rate(20, 3600)
    assert rate("off") is None
    for wrong in ("20", "0/min", "x/min", "20/week", "1/min/min"):
        with pytest.raises(ValueError, match="write it as"):
            rate(wrong)


def bearer(raw: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    return client


def test_each_token_is_told_what_is_left(alice: User, settings: Settings) -> None:
    settings.WATCHBILL_API_RATE = "2/min"
    (_, one), (_, other) = ApiToken.issue(alice, "one"), ApiToken.issue(alice, "other")
    first = bearer(one).get("/api/v1/me/")
    assert (first.status_code, first["RateLimit-Policy"]) == (200, '"api";q=2;w=60')
    assert first["RateLimit"].startswith('"api";r=1;t=')
    assert bearer(one).get("/api/v1/me/").status_code == 200
    refused = bearer(one).get("/api/v1/me/")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert refused["Content-Type"] == "application/problem+json"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"].startswith('"api";r=0;t=')
    assert bearer(other).get("/api/v1/me/").status_code == 200


def test_guesses_count_for_their_address_and_hurt_nobody_else_there(alice: User, settings: Settings) -> None:
    settings.WATCHBILL_ANONYMOUS_RATE = "3/min"
    _, good = ApiToken.issue(alice, "good")
    said = [bearer(f"wb_{n}").get("/api/v1/me/").status_code for n in range(5)]
    assert said == [401, 401, 401, 429, 429]
    assert APIClient().get("/api/v1/me/").status_code == 429
    assert APIClient().get("/api/v1/me/", REMOTE_ADDR="192.0.2.9").status_code == 401
    assert bearer(good).get("/api/v1/me/").status_code == 200


def test_a_person_in_the_console_is_told_calmly(client: Client, alice: User, settings: Settings) -> None:
    settings.WATCHBILL_CONSOLE_RATE = "1/min"
    client.force_login(alice)
    assert client.post("/incidents/new/", {}).status_code != 429
    refused = client.post("/incidents/new/", {})
    assert refused.status_code == 429
    assert "Nothing was changed" in refused.content.decode()
    assert "Retry-After" in refused
    assert client.get("/incidents/").status_code == 200


def test_the_public_by_address(client: Client, public_page: StatusPage, settings: Settings) -> None:
    settings.WATCHBILL_PUBLIC_RATE = "2/min"
    settings.WATCHBILL_SUBSCRIBE_RATE = "1/hour"
    told = [client.get("/api/v2/summary.json", REMOTE_ADDR="192.0.2.1").status_code for _ in range(3)]
    assert told == [200, 200, 429]
    assert client.get("/history.atom", REMOTE_ADDR="192.0.2.2").status_code == 200
    where = f"/status/{public_page.slug}/subscribe/"
    asked = [client.post(where, {"email": f"a{n}@example.org"}).status_code for n in range(2)]
    assert asked == [200, 429]


def test_a_line_of_ipv6_is_one_caller(client: Client, public_page: StatusPage, settings: Settings) -> None:
    settings.WATCHBILL_PUBLIC_RATE = "1/min"
    told = [client.get("/status/", REMOTE_ADDR=f"2001:db8::{n}").status_code for n in (1, 2)]
    assert told == [200, 429]
    assert client.get("/status/", REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


def test_only_a_trusted_proxy_names_the_caller(client: Client, public_page: StatusPage, settings: Settings) -> None:
    settings.WATCHBILL_PUBLIC_RATE = "1/min"
    forged = [client.get("/status/", HTTP_X_FORWARDED_FOR=f"192.0.2.{n}").status_code for n in (1, 2)]
    assert forged == [200, 429]
    settings.WATCHBILL_TRUST_PROXY = True
    behind = [client.get("/status/", HTTP_X_FORWARDED_FOR=f"6.6.6.{n}, 192.0.2.1").status_code for n in (1, 2)]
    assert behind == [200, 429]


def test_links_by_address(client: Client, alice: User, payments: Team, settings: Settings) -> None:
    settings.WATCHBILL_LINK_RATE = "2/min"
    told = [client.get(f"/pages/forged{n}/").status_code for n in range(3)]
    assert told == [404, 404, 429]


def test_senders_of_alerts_are_put_off_and_never_refused(client: Client, payments: Team, settings: Settings) -> None:
    """Alertmanager sends again after 503 and drops what is answered with 429."""
    settings.WATCHBILL_EVENT_RATE = "1/min"
    _, key = factories.integration(payments)
    _, other = factories.integration(payments, name="Other alerts")
    send = {"data": "{}", "content_type": "application/json"}
    assert client.post(f"/integrations/v1/alertmanager/{key}/", **send).status_code == 400
    put_off = client.post(f"/integrations/v1/alertmanager/{key}/", **send)
    assert (put_off.status_code, put_off.json()["status"]) == (503, "error")
    assert 0 < int(put_off["Retry-After"]) <= 60
    assert client.post(f"/integrations/v1/alertmanager/{other}/", **send).status_code == 400


def test_sign_in_is_limited_for_all_processes(client: Client, alice: User) -> None:
    """allauth counts on the cache that the processes share, so a guess at one counts at the other."""
    alice.set_password("calm-and-steady-7")
    alice.save()
    for _ in range(5):
        client.post("/account/login/", {"login": "alice", "password": "wrong"})
    client.logout()
    right = client.post("/account/login/", {"login": "alice", "password": "calm-and-steady-7"})
    assert "_auth_user_id" not in client.session
    assert "Too many" in right.content.decode()
    keys = process(cache.key_prefix)._cache.get_client().keys(f"{cache.key_prefix}:*login_failed*")
    assert keys


def test_every_view_counts_as_something(settings: Settings) -> None:
    """A setting for each limit that `limit_of` can name."""
    for name in ("api", "anonymous", "console", "public", "subscribe", "link", "event"):
        assert rate(getattr(settings, f"WATCHBILL_{name.upper()}_RATE")) is not None
    assert limits.Spent("api", Rate(5, 60), 7, 0.2).state == '"api";r=0;t=1'
