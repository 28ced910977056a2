"""What is seen in five seconds: what is broken, since when, who has which seat, and who else is here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from incidents.actions import lifecycle, notes
from incidents.models import Incident, Presence
from incidents.passage import time_in_phases
from incidents.phases import Phase
from teams.models import Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

T0 = datetime(2026, 3, 9, 14, 2, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def test_each_stay_in_a_phase_counts_and_none_is_less_than_nothing() -> None:
    moves = [("declare", after(2)), ("mitigate", after(5)), ("communicate", after(3)), ("mitigate", after(15))]
    spent = time_in_phases(moves, T0, after(20))
    # That service was back was noted as of a time before anything was tried.
    assert {phase: int(time.total_seconds() / 60) for phase, time in spent.items()} == {
        "detect": 2,
        "declare": 3,
        "mitigate": 5,
        "communicate": 10,
    }


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def incident(self, payments: Team, alice: User, checkout: Service) -> Incident:
        return factories.incident(payments, alice, phase=Phase.MITIGATE, services=[checkout])

    def test_it_says_what_is_broken_for_whom_and_which_seat_is_empty(self, incident: Incident, alice: User) -> None:
        browser = Browser(alice)
        bare = text(browser.get("incident", incident.pk))
        assert "No estimate yet" in bare
        assert re.search(r"Empty</strong>\s*<span[^>]*>Communications Lead", bare)
        notes.set_facts(incident.pk, impact="Payments fail", affected="3 in 10 orders", by=alice)
        page = text(browser.get("incident", incident.pk))
        glance = page[page.index('id="glance"') : page.index('id="path"')]
        assert "Payments fail" in glance
        assert "3 in 10 orders" in glance
        assert alice.name in glance

    def test_who_else_is_here_is_news_of_its_own(self, incident: Incident, alice: User, bob: User) -> None:
        browser = Browser(alice)
        page = text(browser.get("incident", incident.pk))
        assert "Only you are here" in page
        seen = re.search(r"/live/\?v=([^\"]+)", page)
        assert seen
        Browser(bob).get("incident", incident.pk)
        news = text(browser.get("live", incident.pk, v=seen[1]))
        assert "2 people here" in news
        assert bob.name in news
        assert "timeline-list" not in news
        again = re.search(r"/live/\?v=([^\"]+)", news)
        assert again
        assert browser.get("live", incident.pk, v=again[1]).status_code == 204
        Presence.objects.filter(user=bob).update(seen_at=timezone.now() - timedelta(minutes=1))
        assert "Only you are here" in text(browser.get("live", incident.pk, v=again[1]))

    def test_somebody_who_may_not_see_it_is_never_here(self, payments: Team, alice: User, charlie: User) -> None:
        hidden = lifecycle.report(by=alice, title="A key leaked", team=payments, private=True)
        stranger = Browser(charlie)
        assert stranger.get("incident", hidden.pk).status_code == 404
        assert stranger.get("live", hidden.pk, v="0").status_code == 404
        assert not Presence.objects.filter(user=charlie).exists()
