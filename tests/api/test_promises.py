"""Promises and estimates for programs: rows, and the score."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Estimate, Incident, Promise
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api


@pytest.fixture
def scored(payments: Team, alice: User) -> Incident:
    """Two of three promises kept, and an estimate that was wrong by an hour."""
    incident = factories.incident(payments, alice, phase=Phase.DECLARE, title="Cards fail")
    incident.promises.all().delete()
    yesterday = timezone.now().replace(second=0) - timedelta(days=1)
    for n, outcome in enumerate(("kept", "kept", "broken")):
        told = yesterday + timedelta(minutes=7 if outcome == "broken" else 0)
        Promise.objects.create(
            incident=incident, due_at=yesterday, outcome=outcome, told_at=told, ended_at=told, to_readers=bool(n)
        )
    late = yesterday + timedelta(hours=1)
    Estimate.objects.create(incident=incident, late_at=yesterday, confidence="high", outcome="late", back_at=late)
    return incident


def test_the_score_by_team_severity_and_confidence(scored: Incident, api: Api, bob: User) -> None:
    score = api(bob).get("/api/v1/promises/score/").json()
    everything = score["promises"]["all"]
    assert (everything["kept"], everything["broken"], everything["percent"], everything["late_minutes"]) == (
        2,
        1,
        66,
        7,
    )
    assert [(row["key"], row["counted"]) for row in score["promises"]["by_team"]] == [("payments", 3)]
    assert [(row["label"], row["kept"]) for row in score["promises"]["by_severity"]] == [("SEV2 Major", 2)]
    (sure,) = score["estimates"]["by_confidence"]
    assert (sure["key"], sure["late"], sure["off_minutes"]) == ("high", 1, 60)


def test_what_others_may_not_see_is_in_no_score(scored: Incident, api: Api, charlie: User) -> None:
    Incident.objects.filter(pk=scored.pk).update(private=True)
    client = api(charlie)
    score = client.get("/api/v1/promises/score/").json()
    assert (score["promises"]["all"]["counted"], score["promises"]["all"]["percent"]) == (0, None)
    assert score["estimates"]["by_team"] == []
    assert client.get("/api/v1/promises/").json()["results"] == []
    assert client.get("/api/v1/estimates/").json()["results"] == []


def test_rows_say_by_how_much_they_were_off(scored: Incident, api: Api, bob: User) -> None:
    client = api(bob)
    (broken,) = client.get("/api/v1/promises/?outcome=broken").json()["results"]
    assert (broken["incident"]["title"], broken["minutes_late"], broken["to_readers"]) == ("Cards fail", 7, True)
    assert len(client.get("/api/v1/promises/?team=payments").json()["results"]) == 3
    assert client.get("/api/v1/promises/?severity=1").json()["results"] == []
    (estimate,) = client.get("/api/v1/estimates/").json()["results"]
    assert (estimate["outcome"], estimate["minutes_off"]) == ("late", 60)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("since=2026-01-01T00:00:00Z&until=2025-12-31T00:00:00Z", "until"),
        ("since=2020-01-01T00:00:00Z&until=2024-01-01T00:00:00Z", "since"),
        ("team=nobody", "team"),
        ("severity=9", "severity"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(api: Api, bob: User, asked: str, field: str) -> None:
    answer = api(bob).get(f"/api/v1/promises/score/?{asked}")
    assert answer.status_code == 400
    assert field in answer.content.decode()
