"""Whatever a tool sends: a clear answer, an entry in the integration's list, and never a lost neighbour."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from incidents.actions import accepting, inbox
from incidents.models import Alert, Event
from incidents.sources import registry
from incidents.sources.registry import Source
from teams.models import Team
from tests import factories
from tests.incidents.hostile import BODIES, HTTP, MOST, Bad, is_told, mutants, send, sound

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parents[2] / "docs" / "hostile-bodies.md"


@pytest.fixture(autouse=True)
def _unlimited(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WATCHBILL_EVENT_RATE = "off"
    monkeypatch.setattr(accepting, "MOST_REFUSED", 10_000)


def made(team: Team, source: Source) -> str:
    settings = {"mapping": {"key": "id", "title": "title"}} if source.name == "json" else {}
    _, key = factories.integration(team, kind=source.name, name=source.name, settings=settings)
    return key


def test_a_bad_body_is_answered_clearly_and_listed(payments: Team) -> None:
    keys = {source.name: made(payments, source) for source in HTTP}
    told = {bad.name: {s.title: _of_one(s, keys[s.name], bad) for s in HTTP} for bad in BODIES}
    inbox.take_due(budget=60)
    assert not Event.objects.filter(state="waiting").exists()
    table = "\n".join(["| Body | Answer |", "|---|---|", *(f"| {name} | {_told(told[name])} |" for name in told)])
    assert table in PAGE.read_text(), f"Put this into {PAGE.name}:\n\n{table}"


def _of_one(source: Source, key: str, bad: Bad) -> int:
    """The status that a bad body is answered with, once everything about that is found right."""
    before = Event.objects.count()
    answer = send(source, key, bad.body(sound(source, key).body), bad.kind, dict(bad.headers))
    where = f"{bad.name} to {source.name}: {answer.status_code} {answer.content!r}"
    assert answer.status_code < 500, where
    # Where the body itself would say whose it is, nobody can tell.
    knows = source.name not in ("pagerduty", "changes") or answer.status_code == 202
    assert Event.objects.count() - before == knows, where
    if answer.status_code >= 400:
        assert is_told(source, answer) == "", where
    if answer.status_code >= 400 and knows:
        event = Event.objects.first()
        assert event is not None, where
        assert (event.state, bool(event.outcome["problems"])) == ("rejected", True), where
    return int(answer.status_code)


@pytest.mark.parametrize("source", HTTP, ids=lambda source: source.name)
def test_any_field_may_be_anything(payments: Team, source: Source) -> None:
    key = made(payments, source)
    own = sound(source, key)
    if not own.body.lstrip().startswith(b"{"):
        pytest.skip("its body is no JSON")
    for what, body in mutants(own.body):
        answer = send(source, key, body, own.header("Content-Type") or "application/json", {})
        assert answer.status_code < 500, (what, answer.content)
        if answer.status_code >= 400:
            assert is_told(source, answer) == "", what
    inbox.take_due(budget=60)
    assert not Event.objects.filter(state="waiting").exists(), Event.objects.filter(state="waiting").first().outcome


def test_what_is_sound_in_a_bad_batch_is_taken(payments: Team) -> None:
    key = made(payments, registry.SOURCES["alertmanager"])
    good = [{"status": "firing", "labels": {"alertname": f"Good {n}"}} for n in range(2)]
    bad: list[Any] = [7, None, {}, {"status": "burning", "labels": {"a": "b"}}, {"status": "firing", "labels": []}]
    body = json.dumps({"version": "4", "status": "firing", "alerts": [good[0], *bad, good[1]]})
    answer = Client().post(f"/integrations/v1/alertmanager/{key}/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["alerts"], len(answer.json()["problems"])) == (202, 2, len(bad))
    inbox.take_due()
    assert set(Alert.objects.values_list("title", flat=True)) == {"Good 0", "Good 1"}
    event = Event.objects.get()
    assert (event.state, len(event.outcome["problems"])) == ("done", len(bad))
    assert event.outcome["problems"][0]["field"] == "alerts[1]"


def test_who_has_no_good_key_leaves_nothing(payments: Team) -> None:
    made(payments, registry.SOURCES["alertmanager"])
    for path in ("/integrations/v1/alertmanager/wrong/", "/v2/enqueue", "/v2/alerts"):
        assert Client().post(path, b"{", content_type="application/json").status_code in (400, 401, 404)
        assert Client().post(path, b" " * (MOST + 1), content_type="application/json").status_code == 413
    assert not Event.objects.exists()


def test_the_wrong_protocol_for_a_good_key_is_listed(payments: Team) -> None:
    key = made(payments, registry.SOURCES["alertmanager"])
    assert Client().post(f"/integrations/v1/grafana/{key}/", b"{}", content_type="application/json").status_code == 400
    answer = Client().post(f"/integrations/v1/datadog/{key}/", _datadog(), content_type="application/json")
    assert answer.status_code == 404
    assert "does not speak" in Event.objects.first().outcome["problems"][0]["message"]


def _datadog() -> bytes:
    return registry.SOURCES["datadog"].test(key="").body


def test_a_wrong_signature_is_listed(payments: Team) -> None:
    integration, key = factories.integration(payments, kind="github", name="github")
    integration.secret = "shared"
    integration.save()
    own = registry.SOURCES["github"].test(key=key)
    headers = {**own.headers, "X-Hub-Signature-256": "sha256=00"}
    answer = send(registry.SOURCES["github"], key, own.body, "application/json", headers)
    assert answer.status_code == 403
    assert Event.objects.get().outcome["problems"][0]["field"] == "signature"


def test_entries_have_an_end_and_what_is_beyond_is_counted(payments: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "MOST_REFUSED", 3)
    key = made(payments, registry.SOURCES["alertmanager"])
    for _ in range(5):
        Client().post(f"/integrations/v1/alertmanager/{key}/", b"x" * 100_000, content_type="application/json")
    assert Event.objects.count() == 3
    last = Event.objects.order_by("pk").last()
    assert last is not None
    assert (last.outcome["more"], last.outcome["cut"], len(last.body)) == (2, 100_000, accepting.MOST_KEPT)


def test_a_database_that_is_away_changes_no_refusal(payments: Team) -> None:
    key = made(payments, registry.SOURCES["alertmanager"])

    def gone(*_: Any) -> Any:
        raise OperationalError("the database is away")

    path = f"/integrations/v1/alertmanager/{key}/"
    with connection.execute_wrapper(gone):
        assert Client().post(path, b"{", content_type="application/json").status_code == 400


def _told(answers: dict[str, int]) -> str:
    """Statuses in words: the one that most sources answer with, and who answers otherwise."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for title, status in answers.items():
        by_status[status].append(title)
    most = max(by_status, key=lambda status: len(by_status[status]))
    others = [f"{status}: {', '.join(names)}" for status, names in sorted(by_status.items()) if status != most]
    return "; ".join([str(most), *others])
