"""The board, the seats and the timeline, as they are worked from the incident's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from incidents.actions import lifecycle, mitigation, notes, roles
from incidents.models import Incident, Mitigation, RoleAssignment, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Role, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    """Declared; alice commands, bob leads operations."""
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


def test_a_mitigation_from_proposal_to_outcome(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    browser.dialog(
        incident,
        "propose",
        incident.pk,
        kind="roll_back",
        title="Roll back",
        carried_by=bob.pk,
        success_signal="< 1 %",
        deadline_in=5,
    )
    one = Mitigation.objects.get()
    assert one.deadline_at is not None
    page = text(browser.get("incident", incident.pk))
    assert "Start: Roll back" in page
    browser.dialog(incident, "verb", incident.pk, "start_mitigation")
    browser.dialog(incident, "mitigation", incident.pk, one.pk, "execute", carried_by=bob.pk)
    assert "Judge it: Roll back" in text(browser.get("incident", incident.pk))
    browser.dialog(incident, "mitigation", incident.pk, one.pk, "worked", note="errors are gone")
    one.refresh_from_db()
    assert (one.state, one.outcome_note, one.carried_by) == ("worked", "errors are gone", bob)
    assert "Is service back for its users?" in text(browser.get("incident", incident.pk))


def test_the_commander_carries_out_only_with_a_reason(incident: Incident, alice: User) -> None:
    one = mitigation.propose(incident.pk, by=alice, kind="restart", title="Restart")
    browser = Browser(alice)
    refused = browser.dialog(incident, "mitigation", incident.pk, one.pk, "execute", carried_by=alice.pk)
    assert refused.status_code == 409
    assert "commands and does not carry out" in text(refused)
    assert "anyway" in text(refused)
    browser.dialog(
        incident,
        "mitigation",
        incident.pk,
        one.pk,
        "execute",
        carried_by=alice.pk,
        override="yes",
        reason="Alone at night",
    )
    assert Mitigation.objects.get().state == "executing"
    assert TimelineEntry.objects.get(verb="mitigation.executing").overridden == ["commander_carries_out"]


def test_a_mitigation_that_was_moved_meanwhile(incident: Incident, alice: User, bob: User) -> None:
    one = mitigation.propose(incident.pk, by=alice, kind="restart", title="Restart", carried_by=bob)
    mitigation.perform(one.pk, "drop", by=bob)
    answer = Browser(alice).dialog(incident, "mitigation", incident.pk, one.pk, "execute")
    assert answer.status_code == 409
    assert "has moved on: not done" in text(answer)


def test_the_last_change_is_suspected_and_rolled_back(incident: Incident, alice: User, checkout: Service) -> None:
    at = incident.detected_at
    near = factories.ChangeFactory(summary="Deploy 2.31", service=checkout, at=at - timedelta(minutes=4))
    factories.ChangeFactory(summary="Deploy 2.30", service=checkout, at=at - timedelta(hours=4))
    browser = Browser(alice)
    page = text(browser.get("incident", incident.pk))
    assert page.index("Deploy 2.31") < page.index("Deploy 2.30")
    assert "Last change: Deploy 2.31. Roll it back?" in page
    browser.dialog(incident, "change_mark", incident.pk, near.pk, state="suspect")
    assert Incident.objects.get().suspect_change == near
    assert "Roll back: Deploy 2.31" in text(browser.get("propose", incident.pk, change=near.pk))
    browser.dialog(incident, "propose", incident.pk, kind="roll_back", title="Roll back", change=near.pk)
    assert Mitigation.objects.get().change == near
    browser.post("change_mark", incident.pk, near.pk, state="dismissed")
    assert Incident.objects.get().suspect_change is None


def test_command_is_handed_over_with_a_brief(incident: Incident, alice: User, bob: User) -> None:
    command = Role.objects.get(slug=Role.COMMANDER)
    answer = Browser(alice).dialog(
        incident, "role_verb", incident.pk, command.slug, "offer", user=bob.pk, brief="Rolling back now"
    )
    assert answer.status_code == 200
    offer = RoleAssignment.objects.get(state="offered")
    mine = Browser(bob)
    assert "offers you Incident Commander" in text(mine.get("incident", incident.pk))
    seat = text(mine.get("role", incident.pk, command.slug))
    assert "Read it and accept" in seat
    assert command.duties in seat
    assert "Rolling back now" in text(mine.get("seat", incident.pk, offer.pk, "accept"))
    unread = mine.dialog(incident, "seat", incident.pk, offer.pk, "accept", read_back="")
    assert unread.status_code == 409
    assert "Say the hand-over back" in text(unread)
    mine.dialog(incident, "seat", incident.pk, offer.pk, "accept", ticked=["0"])
    assert Incident.objects.get().commander == bob
    assert "Read back: Ticked: Hand-over" in text(mine.get("incident", incident.pk))


def test_seats_are_taken_declined_left_and_relieved(incident: Incident, alice: User, bob: User, charlie: User) -> None:
    scribe = Role.objects.get(slug=Role.SCRIBE)
    Browser(charlie).post("role_verb", incident.pk, scribe.slug, "take")
    seat = RoleAssignment.objects.get(role=scribe, state="held")
    assert seat.user == charlie
    taken = Browser(bob).dialog(incident, "role_verb", incident.pk, scribe.slug, "take")
    assert taken.status_code == 409
    assert "Charlie is Scribe" in text(taken)
    assert Browser(bob).post("seat", incident.pk, seat.pk, "leave").status_code == 409
    Browser(charlie).post("seat", incident.pk, seat.pk, "leave")
    assert not RoleAssignment.objects.filter(role=scribe, state="held").exists()
    offer = roles.offer(incident.pk, scribe, bob, by=alice)
    Browser(bob).post("seat", incident.pk, offer.pk, "decline", reason="Busy")
    offer.refresh_from_db()
    assert offer.state == "declined"
    assert Browser(bob).post("role_verb", incident.pk, Role.COMMANDER, "relieve").status_code == 409
    Browser(bob).post("role_verb", incident.pk, Role.COMMANDER, "relieve", reason="Alice is offline")
    assert Incident.objects.get().commander == bob


def test_an_offer_asks_whom(incident: Incident, alice: User) -> None:
    answer = Browser(alice).post("role_verb", incident.pk, Role.SCRIBE, "offer", brief="Please")
    assert answer.status_code == 409
    assert "Choose who shall have it" in text(answer)
    assert "Please" in text(answer)


def test_wanted_seats_stand_empty_on_the_page(incident: Incident, alice: User) -> None:
    page = text(Browser(alice).get("incident", incident.pk))
    assert "Scribe" in page
    assert "Nobody yet" in page
    assert Role.objects.get(slug=Role.SCRIBE).duties in page


def test_notes_are_written_safely_and_corrected(incident: Incident, alice: User) -> None:
    browser = Browser(alice)
    browser.post("note", incident.pk, text="Latency is **900 ms** <script>alert(1)</script>", kind="decision")
    entry = TimelineEntry.objects.get(kind="decision")
    page = text(browser.get("incident", incident.pk))
    assert "<strong>900 ms</strong>" in page
    assert "<script>alert(1)" not in page
    browser.dialog(incident, "correct", incident.pk, entry.pk, text="Latency is 90 ms")
    right = TimelineEntry.objects.get(corrects=entry)
    page = text(browser.get("incident", incident.pk))
    assert f'href="#entry-{right.pk}">a later entry' in page
    assert f'href="#entry-{entry.pk}">an earlier entry' in page


def test_a_time_that_nobody_knows_stays_empty(incident: Incident, alice: User) -> None:
    Browser(alice).post("note", incident.pk, text="Pods were drained", time_unknown="on")
    assert TimelineEntry.objects.get(kind="note").occurred_at is None
    assert "time not known" in text(Browser(alice).get("incident", incident.pk))


def test_the_form_under_the_timeline_keeps_its_place(incident: Incident, alice: User) -> None:
    browser = Browser(alice)
    headers = {
        "HX-Request": "true",
        "HX-Target": "note-form",
        "HX-Current-URL": f"http://testserver{incident.get_absolute_url()}",
    }
    url = f"{incident.get_absolute_url()}notes/"
    empty = browser.client.post(url, {"text": " "}, headers=headers)
    assert empty.status_code == 422
    assert "Write what happened" in text(empty)  # type: ignore[arg-type]
    done = browser.client.post(url, {"text": "Errors fall"}, headers=headers)
    page = text(done)  # type: ignore[arg-type]
    assert page.lstrip().startswith("<form")
    assert 'id="timeline-list"' in page
    assert "data-focus>" not in page


def test_the_timeline_shows_one_kind(incident: Incident, alice: User) -> None:
    notes.note(incident.pk, "Errors fall", by=alice)
    page = text(Browser(alice).get("incident", incident.pk, show="words"))
    story = page.split('id="timeline-list"')[1].split("</ol>")[0]
    assert "Errors fall" in story
    assert "declared the incident" not in story


def test_a_foreign_mitigation_or_seat_is_not_found(incident: Incident, alice: User, payments: Team) -> None:
    other = factories.incident(payments, alice, phase=Phase.MITIGATE)
    browser = Browser(alice)
    foreign = other.mitigations.get().pk
    seat = other.assignments.filter(state="held").first()
    assert seat is not None
    assert browser.post("mitigation", incident.pk, foreign, "worked").status_code == 404
    assert browser.post("seat", incident.pk, seat.pk, "leave").status_code == 404


def test_nothing_new_is_tried_once_the_trouble_is_over(payments: Team, alice: User, bob: User) -> None:
    over = factories.incident(payments, alice, phase=Phase.DECLARE)
    one = mitigation.propose(over.pk, by=alice, kind="restart", title="Restart", carried_by=bob)
    lifecycle.perform("cancel", over.pk, by=alice, inputs={"kind": "other"})
    for verb in ("approve", "execute", "drop"):
        with pytest.raises(Blocked) as refused:
            mitigation.perform(one.pk, verb, by=bob)
        assert refused.value.blockers[0].code == "incident_over"
        answer = Browser(bob).get("mitigation", over.pk, one.pk, verb)
        assert answer.status_code == 409
        assert "is cancelled" in text(answer)
    one.refresh_from_db()
    assert (one.state, mitigation.allowed(one)) == ("proposed", [])


def test_what_was_tried_is_still_judged_and_undone_after_it_is_resolved(payments: Team, alice: User, bob: User) -> None:
    resolved = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    spare = mitigation.propose(resolved.pk, by=alice, kind="restart", title="Restart", carried_by=bob)
    worked = resolved.mitigations.get(state="worked")
    factories._resolve(resolved.pk, alice)
    with pytest.raises(Blocked) as refused:
        mitigation.perform(spare.pk, "execute", by=bob)
    assert refused.value.blockers[0].code == "incident_over"
    page = text(Browser(bob).get("incident", resolved.pk))
    assert f"mitigation-{spare.pk}-execute" not in page
    assert f"mitigation-{spare.pk}-drop" in page
    assert mitigation.perform(spare.pk, "drop", by=bob).state == "dropped"
    assert mitigation.perform(worked.pk, "undo", by=bob).state == "undone"


def test_whom_the_roster_chose_may_say_that_they_cant(payments: Team, alice: User, bob: User) -> None:
    incident = factories.incident(payments, bob)
    declare = {"severity": Severity.objects.get(pk=1)}
    lifecycle.perform("declare", incident.pk, by=bob, inputs=declare)
    seat = RoleAssignment.objects.get(role__slug=Role.COMMANDER, state="held")
    assert (seat.user, seat.accepted_at) == (alice, None)
    url = reverse("incidents:seat", args=[incident.pk, seat.pk, "decline"])
    assert f'href="{url}"' in text(Browser(alice).get("role", incident.pk, Role.COMMANDER))
    assert f'href="{url}"' not in text(Browser(bob).get("role", incident.pk, Role.COMMANDER))
    assert "Say that you can&#x27;t be Incident Commander" in text(Browser(alice).client.get(url))
    answer = Browser(alice).dialog(incident, "seat", incident.pk, seat.pk, "decline", reason="On a train")
    assert answer.status_code == 200
    seat.refresh_from_db()
    assert seat.state == "declined"
