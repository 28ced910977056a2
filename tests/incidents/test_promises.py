"""Promised updates: when they count as kept, who hears of those that are not, and the score."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidents import clock
from incidents.actions import escalation, lifecycle, notes, promises, roles
from incidents.models import Estimate, Incident, Promise, Severity, TimelineEntry
from incidents.phases import Phase
from teams.models import EscalationStep, EscalationTarget, Role, Team, User
from tests import factories

MINUTE = timedelta(minutes=1)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=False):
        yield


def tell(incident: Incident, by: User, moment: datetime, *, minutes: int | None = 30, final: bool = False) -> None:
    with at(moment):
        then = None if minutes is None else moment + timedelta(minutes=minutes)
        promises.told(incident.pk, by=by, text="More", final=final, next_update_at=then)


def outcomes(incident: Incident) -> list[str]:
    return list(incident.promises.order_by("pk").values_list("outcome", flat=True))


@pytest.fixture
def declared(payments: Team, alice: User) -> Incident:
    """Alice commands; the first update is due in half an hour."""
    return factories.incident(payments, alice, phase=Phase.DECLARE)


def test_an_update_is_on_time_until_the_promised_minute_is_over(declared: Incident, alice: User) -> None:
    due = declared.next_update_due_at
    assert due is not None
    tell(declared, alice, clock.minute(due) + timedelta(seconds=59))
    declared.refresh_from_db()
    second = declared.next_update_due_at
    assert second is not None
    tell(declared, alice, clock.minute(second) + MINUTE)
    assert outcomes(declared) == ["kept", "broken", "open"]
    kept, broken, standing = declared.promises.order_by("pk")
    assert (kept.to_readers, kept.made_by, broken.to_readers, broken.made_by) == (False, alice, True, alice)
    assert broken.minutes_late(timezone.now()) == 1
    assert standing.remind_at is not None
    assert declared.promises_kept == (1, 2)


def test_what_ends_with_its_incident_counts_nothing_unless_it_was_late(payments: Team, alice: User) -> None:
    in_time, late = (factories.incident(payments, alice, phase=Phase.DECLARE, title=name) for name in "ab")
    lifecycle.perform("cancel", in_time.pk, by=alice, inputs={"kind": "false_alarm"})
    assert late.next_update_due_at is not None
    with at(late.next_update_due_at + 5 * MINUTE):
        lifecycle.perform("cancel", late.pk, by=alice, inputs={"kind": "false_alarm"})
    assert (outcomes(in_time), outcomes(late)) == (["void"], ["broken"])
    assert late.promises.get().told_at is None


def test_a_promise_that_is_moved_forward_counts_where_it_ends(payments: Team, alice: User) -> None:
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    assert outcomes(incident) == ["moved", "open"]
    tell(incident, alice, timezone.now(), final=True)
    assert outcomes(incident) == ["moved", "kept"]
    incident.refresh_from_db()
    assert incident.next_update_due_at is None


def test_an_update_that_promises_nothing_leaves_no_promise(payments: Team, alice: User) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    notes.set_severity(incident.pk, Severity.objects.get(pk=4), by=alice, reason="few are hit")
    tell(incident, alice, timezone.now(), minutes=20)
    tell(incident, alice, timezone.now(), minutes=None)
    incident.refresh_from_db()
    assert incident.next_update_due_at is None
    assert outcomes(incident) == ["void", "kept"]


def test_no_incident_has_two_promises_that_stand(declared: Incident) -> None:
    with pytest.raises(IntegrityError, match="promise_one_standing"), transaction.atomic():
        Promise.objects.create(incident=declared, due_at=timezone.now())


def lines(incident: Incident) -> list[str]:
    return list(incident.timeline.filter(kind="promise").order_by("pk").values_list("text", flat=True))


def sweep(moment: datetime) -> None:
    with at(moment):
        promises.remind_due(moment)


def test_one_after_the_other_hears_of_it_each_once_until_stakeholders_are_told(
    declared: Incident, alice: User, bob: User, charlie: User, payments: Team
) -> None:
    roles.take(declared.pk, Role.objects.get(slug=Role.COMMUNICATIONS), by=bob)
    boss = factories.UserFactory(username="boss", role="owner")
    step = EscalationStep.objects.create(policy=payments.policies.get(), position=2, delay_minutes=5)
    EscalationTarget.objects.create(step=step, user=charlie)
    due = declared.next_update_due_at
    assert due is not None
    late = clock.late_from(due)
    for minutes in (-10, -5, -4, -1, 0, 1, 5, 6, 10, 11, 20, 21, 60, 300):
        sweep(late + minutes * MINUTE)
    assert lines(declared) == [
        f"The next update is due at {due:%H:%M} UTC; Bob was reminded",
        "The promised update is late; Bob was reminded",
        "The promised update is late; Alice was reminded",
        "The promised update is 11 min late; Charlie was reminded",
        f"The promised update is 21 min late; {boss.name} was reminded",
    ]
    assert outcomes(declared) == ["broken"]
    tell(declared, alice, late + 400 * MINUTE)
    assert outcomes(declared) == ["broken", "open"]


def test_nobody_is_told_any_more_once_the_update_came(declared: Incident, alice: User, bob: User) -> None:
    roles.take(declared.pk, Role.objects.get(slug=Role.COMMUNICATIONS), by=bob)
    due = declared.next_update_due_at
    assert due is not None
    sweep(due + 2 * MINUTE)
    tell(declared, bob, due + 3 * MINUTE, final=True)
    sweep(due + 60 * MINUTE)
    assert lines(declared) == ["The promised update is late; Bob was reminded"]


def test_after_a_standstill_they_still_hear_one_after_the_other(declared: Incident, bob: User) -> None:
    """Nothing is lost while no worker runs, and not all are woken in one second when one does."""
    roles.take(declared.pk, Role.objects.get(slug=Role.COMMUNICATIONS), by=bob)
    due = declared.next_update_due_at
    assert due is not None
    sweep(due + 600 * MINUTE)
    assert lines(declared) == ["The promised update is late; Bob was reminded"]
    sweep(due + 605 * MINUTE)
    assert lines(declared)[1:] == ["The promised update is late; Alice was reminded"]


def test_one_that_cannot_be_reminded_of_holds_up_no_other(
    payments: Team, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (factories.incident(payments, alice, phase=Phase.DECLARE, title=name) for name in "ab")
    real = escalation.managers
    Promise.objects.update(due_at=timezone.now() - 10 * MINUTE, remind_at=timezone.now() - 10 * MINUTE)
    first.assignments.all().update(state="ended", ended_at=timezone.now())
    second.assignments.all().update(state="ended", ended_at=timezone.now())

    def fails(incident: Incident) -> list[User]:
        if incident == first:
            raise RuntimeError("a row that nobody thought of")
        return real(incident)

    monkeypatch.setattr(escalation, "managers", fails)
    promises.remind_due(timezone.now())
    assert (lines(first), lines(second)) == ([], ["The promised update is late; Alice was reminded"])
    monkeypatch.undo()
    promises.remind_due(timezone.now())
    assert lines(first) == ["The promised update is late; Alice was reminded"]


def scored(incident: Incident, *outcomes: str, minutes: int = 7, **given: Any) -> None:
    """Promises that were due yesterday, the broken ones `minutes` late."""
    incident.promises.all().delete()
    for n, outcome in enumerate(outcomes):
        due = timezone.now() - timedelta(days=1, minutes=n)
        told = due + timedelta(minutes=minutes) if outcome == "broken" else due
        Promise.objects.create(incident=incident, due_at=due, outcome=outcome, told_at=told, ended_at=told, **given)


@pytest.fixture
def two_teams(payments: Team, search: Team, alice: User, charlie: User) -> tuple[Incident, Incident]:
    """Payments kept two of three, Search, whose incident is private, one of one."""
    mine = factories.incident(payments, alice, phase=Phase.DECLARE, title="Cards fail")
    theirs = factories.incident(search, charlie, phase=Phase.DECLARE, title="Index leaks", private=True)
    scored(mine, "kept", "kept", "broken")
    scored(theirs, "kept")
    Estimate.objects.create(
        incident=mine,
        late_at=timezone.now(),
        confidence="high",
        outcome="late",
        back_at=timezone.now() + timedelta(minutes=25),
    )
    Estimate.objects.update(late_at=timezone.now() - timedelta(hours=2), back_at=timezone.now() - timedelta(hours=1))
    return mine, theirs


def page(user: User, **asked: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get("/promises/", asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_has_the_score_of_what_its_reader_may_see(
    two_teams: tuple[Incident, Incident], bob: User, charlie: User
) -> None:
    seen = page(bob)
    assert "2 of 3 promised updates on time" in seen
    assert "66 %" in seen
    assert "7 min" in seen
    assert "0 of 1 estimate came true" in seen
    assert "Search" not in seen.split('id="kept-h"')[1]
    assert "Index leaks" not in seen
    assert "3 of 4 promised updates on time" in page(charlie)
    assert "Cards fail" in seen.split('id="list-h"')[1]


def test_the_page_is_narrowed_and_says_where_nothing_fits(two_teams: tuple[Incident, Incident], charlie: User) -> None:
    assert "1 of 1 promised update on time" in page(charlie, team=str(two_teams[1].team_id))
    assert "None was broken" in page(charlie, q="leaks")
    assert "Nothing fits" in page(charlie, q="volcano")
    assert page(charlie, show="all").count("asked by the severity") == 4
    assert "Last 30 days" in page(charlie, period="30")
    assert "Last 90 days" in page(charlie, period="nonsense")


def test_an_installation_without_promises_says_what_would_stand_there(alice: User) -> None:
    assert "No promise was due" in page(alice)


def test_the_page_costs_the_same_for_few_and_for_many(
    two_teams: tuple[Incident, Incident], alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = Client()
    client.force_login(alice)

    def cost() -> int:
        with django_assert_max_num_queries(25) as counted:
            assert client.get("/promises/").status_code == 200
        return len(counted)

    few = cost()
    for n in range(5):
        team = factories.TeamFactory(name=f"Crew {n}", people=[alice])
        scored(factories.incident(team, alice, phase=Phase.DECLARE, title=f"Trouble {n}"), "broken", "kept")
    assert cost() == few


def test_an_update_that_came_long_before_it_was_due_counts_at_once(declared: Incident, alice: User) -> None:
    tell(declared, alice, timezone.now(), minutes=240)
    assert "1 of 1 promised update on time" in page(alice)


def test_drills_do_not_count(two_teams: tuple[Incident, Incident], bob: User) -> None:
    Incident.objects.filter(pk=two_teams[0].pk).update(drill=True)
    assert "No promise was due" in page(bob)


def test_an_incident_says_how_many_of_its_updates_came_in_time(two_teams: tuple[Incident, Incident], bob: User) -> None:
    client = Client()
    client.force_login(bob)
    assert "2 of 3 updates on time" in " ".join(client.get(f"/incidents/{two_teams[0].pk}/").content.decode().split())


def test_the_timeline_keeps_whether_an_update_was_on_time(declared: Incident, alice: User) -> None:
    assert declared.next_update_due_at is not None
    tell(declared, alice, declared.next_update_due_at + 8 * MINUTE)
    entry = TimelineEntry.objects.get(verb="update.published")
    assert entry.data["minutes_late"] == 8
