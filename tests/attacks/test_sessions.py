"""Sessions, redirects, frames, and keys that leak."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from django.conf import settings as configured
from django.test import Client
from pytest_django.fixtures import Settings

from comms.models import StatusPage
from config.logs import Discreet, discreet
from incidents.models import Integration, IntegrationKey
from teams.models import ApiToken, Team, User
from tests import factories
from tests.installation import Installation

PASSWORD = "calm-and-steady-7"
ROOMS = [Path(__file__).parents[2] / name for name in ("config", "teams", "incidents", "comms")]


@pytest.fixture
def known(alice: User, settings: Settings) -> User:
    # How slowly a password is checked is not what these attacks are about.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def sign_in(client: Client, **more: str) -> Any:
    return client.post("/account/login/", {"login": "alice", "password": PASSWORD, **more})


def test_a_session_that_was_planted_is_worth_nothing(client: Client, known: User) -> None:
    """Proves that signing in makes a new session, and that the one which somebody planted before stays a stranger's."""
    client.get("/account/login/")
    planted = client.session
    planted["mark"] = "theirs"
    planted.save()
    client.cookies[configured.SESSION_COOKIE_NAME] = planted.session_key
    sign_in(client)
    assert "_auth_user_id" in client.session
    assert client.cookies[configured.SESSION_COOKIE_NAME].value != planted.session_key
    thief = Client()
    thief.cookies[configured.SESSION_COOKIE_NAME] = planted.session_key
    assert thief.get("/incidents/").status_code == 302


def test_a_session_that_ended_is_worth_nothing(client: Client, known: User) -> None:
    """Proves that after signing out, and after a new password, a copied cookie opens nothing."""
    for end in ("out", "password"):
        fresh = Client()
        sign_in(fresh)
        thief = Client()
        thief.cookies[configured.SESSION_COOKIE_NAME] = fresh.cookies[configured.SESSION_COOKIE_NAME].value
        assert thief.get("/incidents/").status_code == 200
        if end == "out":
            fresh.post("/account/logout/")
        else:
            known.set_password("another-calm-9")
            known.save()
        assert thief.get("/incidents/").status_code == 302


EVIL = [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:pwn()",
    "https:evil.example",
    "\t//evil.example",
    "///evil.example",
    "http://testserver@evil.example/",
    "data:text/html,x",
]


def test_no_address_leads_away(known: User, payments: Team) -> None:
    """Proves that no parameter that says where to go on leads to another site."""
    schedule = payments.schedules.get().pk
    for target in EVIL:
        there, client = quote(target, safe=""), Client()
        answers = [sign_in(client, next=target), client.get(f"/account/login/?next={there}")]
        assert "_auth_user_id" in client.session
        answers += [
            client.get(f"/admin/login/?next={there}"),
            client.post(f"/account/logout/?next={there}", {"next": target}),
        ]
        client.force_login(known)
        answers += [
            client.post(f"/schedules/{schedule}/?from={there}&zone={there}&view={there}", {"zone": target}),
            client.get(f"/action-items/?from={there}"),
            client.get(f"/account/reauthenticate/?next={there}"),
            client.post("/account/reauthenticate/", {"password": PASSWORD, "next": target}),
            client.get(f"/{target.lstrip('/')}", follow=False),
        ]
        for answer in answers:
            stays(answer, target)


def stays(answer: Any, target: str) -> None:
    assert answer.status_code < 500, target
    if answer.status_code in (301, 302, 303):
        parts = urlsplit(answer["Location"].replace("\\", "/"))
        assert parts.netloc in ("", "testserver"), answer["Location"]
        assert parts.scheme in ("", "http", "https"), answer["Location"]
        assert not answer["Location"].startswith(("//", "/\\"))
    elif "html" in answer["Content-Type"]:
        assert f'href="{target}' not in answer.content.decode()


READS_A_TARGET = r"(?:GET|POST)(?:\.get\(|\[)\"(next|back|url|to|return|redirect|from)\""


def test_next_is_read_in_no_other_place() -> None:
    """Proves that the parameters above are all there are: whoever reads another adds it there."""
    read = set()
    for room in ROOMS:
        for path in room.rglob("*.py"):
            names = re.findall(READS_A_TARGET, path.read_text())
            read |= {(path.parent.name, path.stem, name) for name in names}
    assert read <= {
        ("config", "site", "next"),
        ("views", "action_items", "from"),
        ("views", "trackers", "from"),
        # Days, of which anything else is ignored, and a word that chooses between two pages.
        ("schedules", "views", "from"),
        ("schedules", "views", "back"),
        ("away", "views", "from"),
        ("mailsink", "views", "to"),
        # A word that chooses between two pages.
        ("views", "approval", "back"),
    }


PAGES = [
    "/account/login/",
    "/status/",
    "/incidents/",
    "/admin/",
    "/api/v1/me/",
    "/nowhere/",
    "/history.rss",
    "/static/watchbill/watchbill.js",
]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_in_a_frame(path: str, client: Client, owner: User, public_page: StatusPage) -> None:
    """Proves that no site can lay a page of ours under its own buttons."""
    client.force_login(owner)
    answer = client.get(path)
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    answer.close()
    if not path.startswith("/static/"):
        assert answer["X-Frame-Options"] == "DENY"


SECRETS = {
    "/pages/WzEsMl0:1abcde:sigsigsig/": "sigsigsig",
    "Not Found: /subscriptions/12-0123456789abcdef/": "0123456789abcdef",
    "/unsubscribe/12-0123456789abcdef": "0123456789abcdef",
    "Bad Request: /integrations/v1/alertmanager/AbCdEf0123456789/": "AbCdEf0123456789",
    "Not Found: /integrations/v1/alertmanagerV2/QwErTy0123456789/": "QwErTy0123456789",
    "Not Found: /integrations/v1/amazon-sns_2/ZxCvBn0123456789": "ZxCvBn0123456789",
    "GET /account/password/reset/key/1-cmx0y1-0123456789/ HTTP/1.1": "0123456789",
    "{'Authorization': 'Bearer wb_0123456789abcdef'}": "0123456789abcdef",
    "header authorization=Basic dXNlcjpwYXNz": "dXNlcjpwYXNz",
    "token wbp_AbCdEfGh12345678 was refused": "AbCdEfGh12345678",
    "{'key': 'wbs_AbCdEfGh12345678'}": "AbCdEfGh12345678",
    "Unauthorized: /scim/v2/Users?token=wbx_AbCdEfGh12345678": "AbCdEfGh12345678",
    "Not Found: /wall/AbCdEfGh12345678/": "AbCdEfGh12345678",
    "Not Found: /action-items/asked/AbCdEfGh12345678/": "AbCdEfGh12345678",
    "Not Found: /feeds/on-call/AbCdEfGh12345678.ics": "AbCdEfGh12345678",
    "Not Found: /invitations/7-0123456789abcdef/": "0123456789abcdef",
    "'RCPT TO:<alerts+0123456789abcdef0123456789abcdef@alerts.example.org>'": "0123456789abcdef",
    "GET /status/shop/api/v2/summary.json?q=x&key=0123456789abcdef HTTP/1.1": "0123456789abcdef",
    "GET /account/confirm-email/MQ:1abcde:0123456789/ HTTP/1.1": "0123456789",
}


@pytest.mark.parametrize("line", SECRETS)
def test_a_log_keeps_no_key(line: str) -> None:
    """Proves that what opens a door is left out of any line or traceback that has it."""
    assert SECRETS[line] not in discreet(line)
    try:
        raise ValueError(line)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "Failed: %s", (line,), __import__("sys").exc_info())
    assert SECRETS[line] not in Discreet("%(message)s").format(record)


def test_a_running_installation_logs_no_key(installation: Installation) -> None:
    """Proves it for the processes as they run, the web server's own log included, with requests that go wrong."""
    key, token, link, reset = ("K" * 20 + "ey", "wbp_" + "T" * 30, "L" * 20 + "ink", "1-cmx0y1-" + "r" * 24)
    scim, invited = ("wbx_" + "S" * 30, "I" * 30)
    base = installation.base_url
    requests.post(f"{base}/integrations/v1/alertmanager/{key}/", data="{", timeout=20)
    requests.get(f"{base}/integrations/v1/alertmanager/{key}/", timeout=20)
    requests.get(f"{base}/api/v1/me/", headers={"Authorization": f"Bearer {token}"}, timeout=20)
    requests.get(f"{base}/pages/{link}/", timeout=20)
    requests.get(f"{base}/subscriptions/{link}/", timeout=20)
    requests.get(f"{base}/invitations/{invited}/", timeout=20)
    requests.get(f"{base}/scim/v2/Users", headers={"Authorization": f"Bearer {scim}"}, timeout=20)
    requests.get(f"{base}/account/password/reset/key/{reset}/", timeout=20)
    requests.post(f"{base}/account/login/", data={"login": "x", "password": token}, timeout=20)
    said = "".join(installation.log(name) for name in installation.programs)
    assert "Not Found: /pages/…" in said
    for secret in (key, token, link, reset, scim, invited):
        assert secret not in said


SECRET_NAMES = {"token", "raw", "secret", "digest", "mac", "signature", "password", "key", "api_key", "routing_key"}
# Comparisons of something that is called so and is no secret: the digest of a body, and what is sealed already.
NO_SECRETS = {"teams/idempotency.py", "teams/secrets.py"}


def test_no_key_is_compared_letter_by_letter() -> None:
    """Proves that no secret meets `==`, whose time tells how much of a guess is right. Tokens and keys are looked up by
    their SHA-256, links are signatures that are compared in constant time."""
    found = []
    for room in ROOMS:
        for path in room.rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                    sides = [node.left, *node.comparators]
                    plain = any(isinstance(side, ast.Constant) for side in sides)
                    names = {getattr(side, "attr", getattr(side, "id", "")) for side in sides}
                    if names & SECRET_NAMES and not plain:
                        found.append((path.relative_to(room.parent).as_posix(), node.lineno, ast.unparse(node)))
    assert [row for row in found if row[0] not in NO_SECRETS] == []


def test_keys_are_kept_as_digests(alice: User, payments: Team) -> None:
    """Proves that neither a token nor an integration's key can be read in the database."""
    _, token = ApiToken.issue(alice, "x")
    _, key = factories.integration(payments)
    assert not ApiToken.objects.filter(digest=token).exists()
    assert ApiToken.objects.filter(digest=ApiToken.digest_of(token)).exists()
    assert not IntegrationKey.objects.filter(digest=key).exists()
    assert IntegrationKey.objects.filter(digest=IntegrationKey.digest_of(key)).exists()
    assert token not in str(ApiToken.objects.values_list())
    assert key not in str([*Integration.objects.values_list(), *IntegrationKey.objects.values_list()])
