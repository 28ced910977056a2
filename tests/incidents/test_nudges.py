"""Reminders of the commander: said in time, answered with one press, put off, and never in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from incidents import handover, nudges
from incidents.actions import duties, mitigation, roles
from incidents.models import Incident, RoleAssignment, RoleDuty, TimelineEntry
from incidents.nudges import Attempt, Facts, Limits, Offer, Seat
from incidents.presenters.handover import draft
from teams.models import Role, Team, User
from tests import factories
from tests.incidents.console import Browser, text

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def seat(key: int, role: str, user: int, since: datetime | None = NOW) -> Seat:
    return Seat(key, role, role.capitalize(), user, f"P{user}", since)


def keys(facts: Facts, limits: Limits = Limits()) -> list[str]:  # noqa: B008 - frozen
    return [nudge.key for nudge in nudges.find(facts, limits)[0]]


def test_nothing_is_said_of_an_incident_that_is_in_hand() -> None:
    """What time alone will bring is known beforehand: the judgement first, then the promise, then the quiet."""
    calm = Facts(
        NOW,
        written_at=NOW,
        promised_at=NOW + minutes(10),
        attempts=[Attempt(1, "Roll back", 2, NOW + minutes(5))],
        seats=[seat(1, nudges.COMMANDER, 1), seat(2, "operations-lead", 2)],
        offers=[Offer(3, "scribe", "Scribe", "P3", NOW, 1)],
    )
    assert nudges.find(calm, Limits()) == ([], NOW + minutes(5))
    assert keys(replace(calm, now=NOW + minutes(21))) == ["judge:1", "update", "quiet", "offer:3"]


def test_what_a_commander_should_see_is_said() -> None:
    tired = seat(1, nudges.COMMANDER, 1, NOW - minutes(5 * 60))
    facts = Facts(
        NOW,
        attempts=[Attempt(7, "Restart", 1, None)],
        seats=[tired, seat(2, "scribe", 1), *(seat(n, "subject-matter-expert", n) for n in range(10, 18))],
        empty=[("operations-lead", "Operations Lead")],
    )
    found, _ = nudges.find(facts, Limits())
    assert [nudge.key for nudge in found] == [
        "hands:7",
        "seat:operations-lead",
        f"tired:1:{nudges.COMMANDER}",
        "load:1",
        "span",
    ]
    load = next(nudge for nudge in found if nudge.key == "load:1")
    assert (load.text, load.role) == ("P1 does 3 things at once.", "scribe")
    assert keys(facts, Limits(0, 0, 0, 0, 5)) == ["hands:7", "seat:operations-lead"]


@pytest.mark.django_db
class TestRoom:
    @pytest.fixture
    def incident(self, alice: User, payments: Team) -> Incident:
        """Alice commands, and carries out a mitigation that is overdue."""
        made = factories.incident(payments, alice, phase="declare")
        one = mitigation.propose(
            made.pk, by=alice, kind="restart", title="Restart", deadline_at=timezone.now() + minutes(1)
        )
        mitigation.perform(one.pk, "execute", by=alice, override=True, reason="alone")
        made.mitigations.update(deadline_at=timezone.now() - minutes(1))
        return made

    def test_the_commander_sees_them_and_puts_one_off(self, incident: Incident, alice: User, bob: User) -> None:
        page = text(Browser(alice).get("incident", incident.pk))
        assert "Did it work? Time is up for: Restart" in page
        assert "Alice commands and carries out: Restart" in page
        assert "for the commander" in text(Browser(bob).get("incident", incident.pk))
        key = f"judge:{incident.mitigations.get().pk}"
        Browser(bob).dialog(incident, "nudge_snooze", incident.pk, key=key)
        alone = text(Browser(alice).get("nudges", incident.pk))
        assert "Did it work?" not in alone
        assert "commands and carries out" in alone
        incident.snoozes.update(until=timezone.now() - minutes(1))
        assert "Did it work?" in text(Browser(alice).get("nudges", incident.pk))

    def test_relief_is_one_press_away_with_a_brief(
        self, incident: Incident, alice: User, bob: User, payments: Team
    ) -> None:
        carol = factories.UserFactory(username="carol")
        payments.commander_schedule = factories.schedule(payments, [carol], name="Commanders")
        payments.save()
        RoleAssignment.objects.filter(user=alice).update(held_at=timezone.now() - timedelta(hours=6))
        page = text(Browser(alice).get("incident", incident.pk))
        assert "Alice has been on duty for 6 h" in page
        assert "load delay:1s" in page
        assert "Offer to Carol" in text(Browser(alice).get("nudges", incident.pk))
        assert "Offer to Carol" in text(Browser(alice).get("incident", incident.pk))
        Browser(alice).dialog(incident, "role_verb", incident.pk, Role.COMMANDER, "offer", user=carol.pk, drafted="on")
        offer = RoleAssignment.objects.get(state="offered")
        assert [part.title for part in handover.sections(offer.brief)][:3] == ["Condition", "Actions", "Needs"]
        assert "Runs: Restart, by Alice" in offer.brief
        hers = Browser(carol)
        partly = hers.dialog(incident, "seat", incident.pk, offer.pk, "accept", ticked=["0", "1"])
        assert partly.status_code == 409
        assert 'value="1" id="ticked-1" checked' in text(partly)
        hers.dialog(incident, "seat", incident.pk, offer.pk, "accept", ticked=["0", "1", "2", "3", "4"])
        assert Incident.objects.get(pk=incident.pk).commander == carol
        entry = TimelineEntry.objects.get(verb="role.accepted")
        assert entry.reason.startswith("Read back: Ticked: Condition, Actions")
        assert entry.data["held_from"] is not None

    def test_a_checklist_is_ticked_on_the_record(self, incident: Incident, alice: User, charlie: User) -> None:
        duty = RoleDuty.objects.filter(role__slug=Role.COMMANDER, phase="declare").first()
        assert duty is not None
        browser = Browser(alice)
        assert "0 of 4" in text(browser.get("incident", incident.pk))
        for _ in range(2):
            browser.dialog(incident, "duty", incident.pk, duty.pk)
        page = text(browser.get("incident", incident.pk))
        assert "1 of 4" in page
        assert page.count(f"Alice ticked for Incident Commander: {duty.text}") == 1
        duties.tick(incident.pk, duty, by=alice, done=False)
        assert "0 of 4" in text(browser.get("incident", incident.pk))

    def test_the_brief_says_what_is_known_and_what_is_not(self, incident: Incident, alice: User, bob: User) -> None:
        roles.offer(incident.pk, Role.objects.get(slug=Role.SCRIBE), bob, by=alice)
        brief = draft(incident, alice)
        assert "Checkout fails: SEV2 Major, Declare since" in brief
        assert "Impact: not written down yet" in brief
        assert "Does Bob take Scribe? It is offered." in brief
        assert "The next update by" in brief
