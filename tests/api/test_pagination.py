"""Pages of a list: complete, without repeats, while rows come and go."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from incidents.actions import lifecycle, notes
from incidents.models import Severity
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api

URL = "/api/v1/incidents/"


def walk(client: APIClient, url: str | None, way: str = "next") -> list[int]:
    """Ids over all pages, following `way`."""
    found: list[int] = []
    while url:
        page: dict[str, Any] = client.get(url).json()
        ids = [row["id"] for row in page["results"]]
        found = found + ids if way == "next" else ids + found
        url = page[way]
    return found


@pytest.mark.parametrize("ordering", ["-id", "id", "-detected_at", "detected_at", "severity", "next_update"])
def test_every_row_comes_once_in_each_ordering(ordering: str, api: Api, alice: User, payments: Team) -> None:
    made = [factories.incident(payments, alice) for _ in range(7)]
    for n, incident in enumerate(made[:5]):
        severity = Severity.objects.get(pk=n % 2 + 1)
        lifecycle.perform("declare", incident.pk, by=alice, inputs={"severity": severity})
    client = api(alice)

    whole = walk(client, f"{URL}?ordering={ordering}")
    paged = walk(client, f"{URL}?ordering={ordering}&page_size=2")

    assert sorted(whole) == sorted(i.pk for i in made)
    assert paged == whole
    url: str | None = f"{URL}?ordering={ordering}&page_size=2"
    while url:
        last, url = url, client.get(url).json()["next"]
    assert walk(client, last, "previous") == whole


def test_worst_first_and_what_has_no_severity_last(api: Api, alice: User, payments: Team) -> None:
    for level in (3, None, 1):
        incident = factories.incident(payments, alice)
        if level:
            severity = Severity.objects.get(pk=level)
            lifecycle.perform("declare", incident.pk, by=alice, inputs={"severity": severity})
    rows = api(alice).get(f"{URL}?ordering=severity").json()["results"]
    assert [r["severity"] and r["severity"]["code"] for r in rows] == ["SEV1", "SEV3", None]


def test_new_rows_do_not_shift_the_pages(api: Api, alice: User, payments: Team) -> None:
    made = [factories.incident(payments, alice).pk for _ in range(4)]
    client = api(alice)
    first = client.get(f"{URL}?page_size=2").json()
    factories.incident(payments, alice)
    second = client.get(first["next"]).json()
    assert [r["id"] for r in first["results"] + second["results"]] == made[::-1]
    assert second["next"] is None
    assert [r["id"] for r in client.get(second["previous"]).json()["results"]] == made[:1:-1]


def test_timeline_goes_by_what_happened_when(api: Api, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    client, url = api(alice), f"{URL}{incident.pk}/timeline/"
    earlier = {"text": "It began", "occurred_at": "2026-01-01T10:00:00+02:00"}
    assert client.post(url, earlier).json()["occurred_at"] == "2026-01-01T08:00:00Z"
    assert client.post(url, {"text": "Odd", "time_unknown": True}).json()["occurred_at"] is None
    for n in range(5):
        notes.note(incident.pk, f"Note {n}", by=alice)
    texts = [e["text"] for e in client.get(url).json()["results"]]
    assert texts[0] == "It began"
    assert walk(client, f"{url}?page_size=2") == walk(client, url)
    assert walk(client, f"{url}?page_size=3&ordering=-happened_at") == walk(client, url)[::-1]


def test_changes_before_the_alert_nearest_first_over_pages(
    api: Api, alice: User, payments: Team, checkout: Any
) -> None:
    from datetime import timedelta

    incident = factories.incident(payments, alice, services=[checkout])
    for minutes in (30, 5, 10):
        factories.ChangeFactory(service=checkout, at=incident.detected_at - timedelta(minutes=minutes))
        factories.ChangeFactory(service=None, at=incident.detected_at - timedelta(minutes=minutes))
    factories.ChangeFactory(service=checkout, at=incident.detected_at - timedelta(hours=30))
    client, url = api(alice), f"{URL}{incident.pk}/changes/"
    rows = client.get(url).json()["results"]
    assert [r["concerned"] for r in rows] == [True] * 3 + [False] * 3
    assert rows[0]["at"] > rows[1]["at"] > rows[2]["at"]
    assert walk(client, f"{url}?page_size=2") == [r["id"] for r in rows]
    assert len(client.get(f"{url}?hours=48").json()["results"]) == 7
    identified = client.post(f"{url}identify/", {"change": rows[0]["id"]})
    assert identified.json()["suspect_change"]["id"] == rows[0]["id"]
    assert [r["suspected"] for r in client.get(url).json()["results"]] == [True] + [False] * 5
