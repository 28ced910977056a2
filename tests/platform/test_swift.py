"""The tools' door before Django: what is clean is kept at once, everything else goes on as it came."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection

from config.swift import ToolsAlone, ToolsFirst
from incidents.actions import inbox
from incidents.models import Alert, Event, Integration, IntegrationKey
from incidents.sources.registry import SOURCES
from teams.models import Team
from tests import factories

pytestmark = pytest.mark.django_db
ALERT = {"version": "4", "status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": "Disk"}}]}


class Beyond:
    """What stands behind the door: it remembers the bodies that come through."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        start_response("418 Beyond", [])
        return [b"beyond"]


def ask(application: Any, path: str, body: bytes, **more: Any) -> tuple[int, dict[str, str], bytes]:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        **more,
    }
    told: list[Any] = []
    said = b"".join(application(environ, lambda *given: told.append(given)))
    status, headers = told[0]
    return int(status[:3]), dict(headers), said


@pytest.fixture
def beyond() -> Beyond:
    return Beyond()


@pytest.fixture
def tool(payments: Team) -> tuple[Integration, str]:
    return factories.integration(payments)


def test_a_clean_alert_is_kept_and_answered(tool: tuple[Integration, str], beyond: Beyond) -> None:
    path, body = f"/integrations/v1/alertmanager/{tool[1]}/", json.dumps(ALERT).encode()
    status, headers, said = ask(ToolsFirst(beyond), path, body, HTTP_X_GITHUB_EVENT="x", HTTP_COOKIE="secret")
    assert (status, beyond.bodies) == (202, [])
    assert headers["Content-Length"] == str(len(said))
    event = Event.objects.get(public_id=json.loads(said)["id"])
    assert (bytes(event.body), event.source, event.integration) == (body, "alertmanager", tool[0])
    assert event.headers == {"x-github-event": "x", "content-type": "application/json"}
    assert event.key == IntegrationKey.objects.get()
    inbox.take_due()
    assert Alert.objects.get().title == "Disk"


@pytest.mark.parametrize("name", ["pagerduty", "opsgenie", "changes"])
def test_protocols_that_say_their_key_themselves(payments: Team, beyond: Beyond, name: str) -> None:
    _, key = factories.integration(payments, kind=name)
    sent = SOURCES[name].test(key=key)
    path = {"pagerduty": "/v2/enqueue", "opsgenie": "/v2/alerts", "changes": "/v2/change/enqueue"}[name]
    headers = {f"HTTP_{each.upper().replace('-', '_')}": value for each, value in sent.headers.items()}
    status, _, _ = ask(ToolsFirst(beyond), path, sent.body, **headers)
    assert (status, beyond.bodies, Event.objects.get().integration.kind) == (202, [], name)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/integrations/v1/alertmanager/KEY/", b"not json"),
        ("/integrations/v1/alertmanager/KEY/", json.dumps({**ALERT, "alerts": [*ALERT["alerts"], 7]}).encode()),
        ("/integrations/v1/alertmanager/wrong/", json.dumps(ALERT).encode()),
        ("/integrations/v1/grafana/KEY/", json.dumps(ALERT).encode()),
        ("/integrations/v1/generic/KEY/", b"{}"),
        ("/integrations/v1/github/KEY/", b"{}"),
        ("/integrations/v1/nobody/KEY/", b"{}"),
        ("/incidents/", b"a=b"),
        ("/integrations/v1/alertmanager/KEY/", b" " * (512 * 1024 + 1)),
    ],
)
def test_everything_else_goes_on_as_it_came(
    tool: tuple[Integration, str], beyond: Beyond, path: str, body: bytes
) -> None:
    status, _, _ = ask(ToolsFirst(beyond), path.replace("KEY", tool[1]), body)
    assert (status, beyond.bodies, Event.objects.count()) == (418, [body], 0)


def test_a_body_without_a_length_and_other_methods_go_on(tool: tuple[Integration, str], beyond: Beyond) -> None:
    path, body = f"/integrations/v1/alertmanager/{tool[1]}/", json.dumps(ALERT).encode()
    for more in ({"CONTENT_LENGTH": ""}, {"REQUEST_METHOD": "GET"}, {"CONTENT_LENGTH": "x"}):
        assert ask(ToolsFirst(beyond), path, body, **more)[0] == 418
    assert Event.objects.count() == 0


def test_plain_http_goes_on_where_only_https_is_taken(
    settings: Any, tool: tuple[Integration, str], beyond: Beyond
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    path, body = f"/integrations/v1/alertmanager/{tool[1]}/", json.dumps(ALERT).encode()
    door = ToolsFirst(beyond)
    assert ask(door, path, body)[0] == 418
    assert ask(door, path, body, HTTP_X_FORWARDED_PROTO="https")[0] == 202


def test_what_is_too_much_goes_on_to_who_says_when_to_come_back(
    settings: Any, tool: tuple[Integration, str], beyond: Beyond
) -> None:
    settings.WATCHBILL_EVENT_RATE = "3/min"
    door = ToolsFirst(beyond)
    # Told at once, for the sake of this test: otherwise a few times a second.
    door.limit.seconds = 0.0
    path, body = f"/integrations/v1/alertmanager/{tool[1]}/", json.dumps(ALERT).encode()
    assert [ask(door, path, body)[0] for _ in range(5)] == [202, 202, 202, 418, 418]
    assert Event.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_meanwhile_is_made_anew(tool: tuple[Integration, str], beyond: Beyond) -> None:
    path, body = f"/integrations/v1/alertmanager/{tool[1]}/", json.dumps(ALERT).encode()
    door = ToolsFirst(beyond)
    assert ask(door, path, body)[0] == 202
    connection.connection.pgconn.finish()
    assert ask(door, path, body)[0] == 202
    assert Event.objects.count() == 2


def test_the_server_for_tools_answers_nobody_else(beyond: Beyond) -> None:
    door = ToolsAlone(beyond)
    assert ask(door, "/v2/enqueue", b"{}")[0] == 418
    assert ask(door, "/readyz", b"")[0] == 418
    status, _, said = ask(door, "/incidents/", b"")
    assert (status, b"The console is at http" in said) == (404, True)
