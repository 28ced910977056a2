"""Queries, headers and paths made of what a caller sends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comms import letters
from comms.actions import publishing
from comms.models import Delivery, StatusPage, Subscriber, SubscriberImport
from comms.subscribers import exporting
from incidents.actions import escalation
from incidents.models import Incident
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api
from tests.api.test_hostile import READS, SCHEMA, address
from tests.sweeps import WHOLE

# What closes a number, a string, and a string whose quotes are escaped by a backslash.
SQL = ("1) OR '1'='1'; SELECT pg_sleep(9);--", "x\\'); SELECT pg_sleep(9);--")
FIELDS = ("password", "user__password", "-digest")


def test_sql_in_any_parameter(api: Api, alice: User, scene: dict[str, Any]) -> None:
    """Proves that no parameter of the API is ever part of a statement: it is a value, or it is refused."""
    client = api(alice)
    wrong = {}
    paged: set[str] = set()
    for number, (path, name) in enumerate(parameters()):
        if name in ("cursor", "page_size") and not WHOLE:
            # All lists have them from the same class.
            if name in paged:
                continue
            paged.add(name)
        texts = SQL if WHOLE or name == "q" else SQL[number % 2 :][:1]
        for text in (*texts, *FIELDS) if name == "ordering" else texts:
            answer = client.get(f"{address(path, scene)}?{name}={quote(text)}")
            if answer.status_code not in ({400, 403} if name == "ordering" else {200, 400, 403, 404}):
                wrong[path, name, text] = answer.status_code
    assert wrong == {}


def parameters() -> Iterator[tuple[str, str]]:
    for path in READS:
        for parameter in SCHEMA["paths"][path]["get"].get("parameters", []):
            if parameter["in"] == "query":
                yield path, parameter["name"]


@pytest.mark.parametrize("path", ["teams/user", "incidents/incident", "comms/subscriber", "teams/apitoken"])
def test_sql_and_lookups_in_the_administration(path: str, client: Client, owner: User) -> None:
    """Proves that an administrator can't read a password or a digest letter by letter through a filter's lookup."""
    client.force_login(owner)
    for lookup in ("password__startswith=a", "user__password__startswith=a", "digest__startswith=a", "o=9'%3B--"):
        with CaptureQueriesContext(
            connection,
        ) as ran:
            answer = client.get(f"/admin/{path}/?{lookup}")
        assert answer.status_code in (200, 302, 400, 404)
        assert not [q for q in ran if "LIKE 'a%" in q["sql"]], lookup
    assert client.get(f"/admin/{path}/?q={quote(SQL[1])}").status_code in (200, 404)


def test_no_header_is_made_of_a_name(alice: User, payments: Team, public_page: StatusPage) -> None:
    """Proves that a line break in a name, a title or an address never begins another header of a letter."""
    evil = "x\r\nBcc: evil@example.org\r\n\r\nBody"
    User.objects.filter(pk=alice.pk).update(first_name=evil)
    StatusPage.objects.update(name=evil[:80])
    Team.objects.update(name=evil)
    alice.refresh_from_db()
    incident = factories.incident(payments, alice)
    Incident.objects.filter(pk=incident.pk).update(title=evil)
    incident.refresh_from_db()
    escalation.advance_due()
    publishing.publish_update(incident, by=alice, title=evil, body="x", state="identified")
    deliveries = list(Delivery.objects.all())
    assert deliveries
    for delivery in deliveries:
        raw = letters.write(letters.reload(delivery)).content
        read = message_from_bytes(raw, policy=policy.default)
        assert read["Bcc"] is None
        assert "evil@example.org" not in str(read["To"])


def test_no_header_is_made_of_an_address(client: Client, alice: User, payments: Team) -> None:
    """Proves that a line break in an address never begins another header of an answer."""
    client.force_login(alice)
    schedule = payments.schedules.get().pk
    for break_ in ("%0d%0aSet-Cookie:%20a=b", "%0aLocation:%20x", "%E5%98%8A%E5%98%8DSet-Cookie:a=b"):
        for path in (f"/schedules/{schedule}/?zone={break_}", f"/admin/login/?next={break_}", f"/status/{break_}/"):
            for method in (client.get, client.post):
                answer = method(path)
                assert answer.status_code < 500
                assert "a" not in answer.cookies
                assert not any("\n" in value or "\r" in value for value in answer.headers.values())


PATHS = [
    "/static/../manage.py",
    "/static/%2e%2e/manage.py",
    "/static/..%2f..%2fconfig/settings.py",
    "/static//etc/passwd",
    "/static/watchbill/../../../../../../etc/passwd",
    "/static/....//....//etc/passwd",
    "/mail/..%2f..%2fsecret_key",
    "/mail/-1/",
    "/mail/0.eml",
    "/mail/../secret_key",
    "/api/v2/../../../../etc/passwd.json",
    "/api/v2/..%2f..%2fetc%2fpasswd.json",
    "/status/..%2f..%2f/api/v2/summary.json",
    "/status/example/api/v2/incidents/../../x.json",
    "/history.../../etc/passwd",
    "/.well-known/../manage.py",
    "/.git/config",
    "/var/secret_key",
]


def test_no_path_leads_out(client: Client, public_page: StatusPage) -> None:
    """Proves that no address reaches a file beside those that are served."""
    for path in PATHS:
        answer = client.get(path)
        body = answer.getvalue() if answer.streaming else answer.content
        assert answer.status_code in (301, 302, 400, 404), (path, answer.status_code)
        assert b"root:" not in body, path
        assert b"SECRET" not in body, path


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_no_cell_of_a_file_of_subscribers_is_a_formula(begins: str, alice: User, public_page: StatusPage) -> None:
    """Proves that a component's name, a line that was imported and its address are texts in a spreadsheet."""
    evil = f"{begins}HYPERLINK(1)"
    part = public_page.components.create(name=evil)
    reader = public_page.subscribers.create(email="=cmd@example.org", state="active", all_components=False)
    reader.components.add(part)
    brought = SubscriberImport.objects.create(page=public_page, name="x.csv", state="done")
    brought.problems.create(line=2, content=f'=cmd@example.org,"{evil}",,,,,', problem=evil)
    for lines in (exporting.rows(Subscriber.objects.all()), exporting.problems(brought)):
        _, *found = csv.reader(io.StringIO("".join(lines), newline=""))
        cells = [cell for row in found for cell in row]
        assert "'=cmd@example.org" in cells
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
