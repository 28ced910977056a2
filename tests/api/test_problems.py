"""Whatever is sent, the answer is a problem that says what is wrong: never a page, a bare 403 or a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.api import problems
from incidents.models import Incident
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api

URL = "/api/v1/incidents/"


def raw(client: APIClient, url: str, body: bytes | str, content_type: str = "application/json") -> Any:
    return client.generic("POST", url, body, content_type=content_type)


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status), body
    assert answer["Content-Type"] == "application/problem+json"
    assert body["title"]
    assert body["detail"]
    assert body["type"] == f"urn:watchbill:problem:{code}"
    return body


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"title": }', "line 1, column 11"),
        ('{"title": "x",\n "team" 1}', "line 2, column 9"),
        ('{"n": NaN}', "NaN"),
        ('{"n": 1e999}', "too large"),
        ("[" * 100_000, "nested more than 20 deep"),
        (b'{"title": "\xff"}', "byte 11"),
        (" ", "line 1, column 2"),
        ('{"n": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_broken_json_names_the_place(api: Api, alice: User, body: bytes | str, says: str) -> None:
    told = check(raw(api(alice), URL, body), 400, "parse_error")
    assert says in told["detail"]


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "3", "[{}]"])
def test_json_that_is_no_object_is_refused(api: Api, alice: User, body: str) -> None:
    check(raw(api(alice), URL, body), 400, "invalid")


def test_large_body_is_refused(api: Api, alice: User) -> None:
    check(raw(api(alice), URL, b'"' + b"x" * 1_000_001 + b'"'), 413, "body_too_large")


def test_other_media_type_is_refused(api: Api, alice: User) -> None:
    check(raw(api(alice), URL, "title=x", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"title": "a\x00b"}, "title", "null_characters_not_allowed"),
        ({"title": "a\ud800b"}, "title", "surrogate_characters_not_allowed"),
        ({"title": "x" * 201}, "title", "max_length"),
        ({"title": {"a": 1}}, "title", "invalid"),
        ({"team": "no-such-team"}, "team", "does_not_exist"),
        ({"team": "a\x00"}, "team", "invalid"),
        ({"team": 7}, "team", "invalid"),
        ({"services": ["checkout", "nope"]}, "services.1", "does_not_exist"),
        ({"services": "checkout"}, "services", "not_a_list"),
        ({"occurred_at": "yesterday"}, "occurred_at", "invalid"),
        ({"occurred_at": "2026-03-29T14:02:00"}, "occurred_at", "no_offset"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at", "out_of_range"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at", "out_of_range"),
        ({"private": "maybe"}, "private", "invalid"),
        ({"titel": "x"}, "titel", "unknown"),
    ],
)
def test_wrong_field_is_named(
    api: Api, alice: User, checkout: Any, given: dict[str, Any], field: str, code: str
) -> None:
    body = {"title": "Checkout fails", "team": "payments", **given}
    told = check(raw(api(alice), URL, json.dumps(body)), 400, "invalid")
    assert [(e["field"], e["code"]) for e in told["errors"]] == [(field, code)]
    assert told["errors"][0]["message"]
    assert not Incident.objects.exists()


def test_report_without_anything_names_all_that_is_missing(api: Api, alice: User) -> None:
    told = check(api(alice).post(URL, {}), 409, "blocked")
    assert [(b["code"], b["field"]) for b in told["blockers"]] == [
        ("title_missing", "title"),
        ("owner_missing", "team"),
    ]


def test_time_to_come_is_refused(api: Api, alice: User, payments: Team) -> None:
    body = {"title": "x", "team": "payments", "occurred_at": "2199-01-01T00:00:00Z"}
    told = check(api(alice).post(URL, body), 409, "occurred_in_future")
    assert told["blockers"][0]["field"] == "occurred_at"


@pytest.mark.parametrize(
    ("path", "says"),
    [("verbs/explode/", "declare"), ("mitigations/{}/explode/", "execute"), ("postmortem/explode/", "submit")],
)
def test_unknown_verb_is_404_and_names_the_others(api: Api, alice: User, payments: Team, path: str, says: str) -> None:
    incident = factories.incident(payments, alice, phase="mitigate")
    row = incident.mitigations.get()
    told = check(api(alice).post(f"{URL}{incident.pk}/{path.format(row.pk)}", {}), 404, "not_found")
    assert says in told["detail"]


@pytest.mark.parametrize(
    "path", ["nowhere/", "incidents/abc/", "incidents/999999999999999999999/", "incidents", "incidents/1/%00/"]
)
def test_unknown_address_is_a_problem(api: Api, alice: User, path: str) -> None:
    check(api(alice).get(f"/api/v1/{path}"), 404, "not_found")


def test_wrong_method_is_a_problem(api: Api, alice: User) -> None:
    answer = api(alice).delete(URL)
    check(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=x", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=%00", "page_size"),
        ("ordering=password", "ordering"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%00", "cursor"),
        ("phase=sleeping", "phase"),
        ("severity=99999999999999999999", "severity"),
        ("created_after=yesterday", "created_after"),
        ("q=%00", "q"),
        ("service=%00", "service"),
    ],
)
def test_wrong_parameter_is_named(api: Api, alice: User, query: str, field: str) -> None:
    told = check(api(alice).get(f"{URL}?{query}"), 400, "invalid")
    assert told["errors"][0]["field"] == field


def test_cursor_belongs_to_its_ordering(api: Api, alice: User, payments: Team) -> None:
    for _ in range(2):
        factories.incident(payments, alice)
    client = api(alice)
    following = client.get(f"{URL}?page_size=1").json()["next"]
    told = check(client.get(f"{following}&ordering=severity"), 400, "invalid")
    assert told["errors"][0]["field"] == "cursor"


def test_somebody_elses_offer_is_a_409_that_says_whose(
    api: Api, alice: User, bob: User, charlie: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase="declare")
    base = f"{URL}{incident.pk}/"
    seat = api(alice).post(f"{base}roles/scribe/offer/", {"user": "bob"}).json()
    told = check(api(charlie).post(f"{base}seats/{seat['id']}/accept/", {}), 409, "not_yours")
    assert "Bob" in told["detail"]


def test_newer_text_of_somebody_else_is_not_overwritten(api: Api, alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase="resolve")
    url = f"{URL}{incident.pk}/postmortem/"
    factors = {"key": "factors", "version": 0}
    assert api(bob).patch(url, {"sections": [{**factors, "text": "Two conditions."}]}).status_code == 200
    check(api(alice).patch(url, {"sections": [{**factors, "text": "One."}]}), 409, "edited_meanwhile")
    texts = {each["key"]: each["text"] for each in api(alice).get(url).json()["sections"]}
    assert texts["factors"] == "Two conditions."
    check(api(alice).patch(url, {"sections": [{"key": "guilt", "text": "Mine."}]}), 409, "section_unknown")


def test_our_own_failure_is_a_problem_too(caplog: pytest.LogCaptureFixture) -> None:
    answer = problems.answer(RuntimeError("disk full"), {})
    assert (answer.status_code, answer.data["code"]) == (500, "failed")
    assert "disk full" not in answer.data["detail"]
    assert "disk full" in caplog.text
