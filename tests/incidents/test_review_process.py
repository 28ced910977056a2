"""The review as a process: a draft that is half written, people, their meeting, deadlines, and the way to the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from comms import letters
from comms.actions import publishing
from comms.models import Delivery, StatusPage, StatusUpdate
from incidents import postmortem_draft
from incidents.actions import drafting, factors, lifecycle, notes, postmortem, review_deadlines, review_meeting
from incidents.models import Follow, Incident, Postmortem, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Membership, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


def of(incident: Incident) -> Postmortem:
    return Postmortem.objects.get(incident=incident)


def mailed(verb: str) -> dict[str, Calendar]:
    """The invitation that each reader of the newest line of a verb got, by address."""
    entry = TimelineEntry.objects.filter(verb=verb).latest("pk")
    found = {}
    for delivery in Delivery.objects.filter(entry=entry):
        message = letters.write(letters.reload(delivery)).message
        [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        calendar = Calendar.from_ical(part.get_content())
        assert part["Content-Type"].params["method"] == calendar["METHOD"]
        [file] = list(message.iter_attachments())
        assert file.get_content() == part.get_content().encode()
        found[delivery.address] = calendar
    return found


def event(calendar: Calendar) -> dict[str, str]:
    [one] = calendar.walk("VEVENT")
    return {name: str(one[name]) for name in ("UID", "SEQUENCE", "STATUS", "SUMMARY", "ORGANIZER")} | {
        "starts": one["DTSTART"].dt,
        "attendees": str(one.get("ATTENDEE", "")),
    }


def test_the_draft_says_what_is_known_and_a_reopening_adds_to_it(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    Incident.objects.filter(pk=incident.pk).update(
        impact_started_at=incident.detected_at - timedelta(minutes=12),
        affected="3 in 10 orders, about 1,200 customers",
    )
    notes.note(incident.pk, "Why did the pool not grow?", by=bob)
    for step in (factories._mitigate, factories._communicate, factories._resolve):
        step(incident.pk, alice)
    mine = of(incident)
    assert (mine.people_affected, mine.people_unit, mine.requests_affected) == (1200, "customers", None)
    assert set(mine.participants.all()) == {alice, bob}
    said = {key: factories.section(incident.pk, key) for key in ("detection", "resolution", "open_questions")}
    assert "12 min after the impact began" in said["detection"]
    assert "*Which signal was there before somebody saw it" in said["detection"]
    assert "Roll back the last deploy: worked after" in said["resolution"]
    assert said["open_questions"] == "- Why did the pool not grow?"

    mine_now = "We rolled back, and it was not enough."
    postmortem.edit(incident.pk, by=alice, sections={"resolution": mine_now})
    lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "it is back"})
    factories._mitigate_again(incident.pk, alice)
    factories._resolve(incident.pk, alice)
    kept = factories.section(incident.pk, "resolution")
    assert kept.startswith(f"{mine_now}\n\n### Since it was reopened")
    assert "but it came back" in kept
    assert "Restart: worked after" in kept

    with pytest.raises(Blocked) as written:
        drafting.redraft(incident.pk, "resolution", by=bob)
    assert written.value.blockers[0].code == "section_written"
    notes.note(incident.pk, "Who owns the pool?", by=bob)
    assert "Who owns the pool?" in drafting.redraft(incident.pk, "open_questions", by=bob).text


def test_what_was_taken_out_of_a_draft_stays_out() -> None:
    before = "What worked:\n\n- Roll back: worked"
    again = "What worked:\n\n- Roll back: worked\n- Restart: worked\n\nWhat did not:"
    assert postmortem_draft.continued("Mine.", [before], again, "Since then") == (
        "Mine.\n\n### Since then\n\n- Restart: worked"
    )
    assert postmortem_draft.continued("Mine.", [again], before, "Since then") == "Mine."
    assert postmortem_draft.counted("2.5k orders of 40 shops (7 of 9 users)") == (40, "shops", 2500, "orders")


def test_the_invitation_follows_the_meeting(alice: User, bob: User, charlie: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    with pytest.raises(Blocked) as early:
        review_meeting.invite(incident.pk, by=alice)
    assert [each.code for each in early.value.blockers] == ["meeting_missing"]
    at = timezone.now().replace(microsecond=0) + timedelta(days=2)
    given = {"meeting_at": at, "meeting_place": "https://meet.example.org/r; 2", "facilitator": bob}
    postmortem.edit(incident.pk, by=alice, **given)
    review_meeting.invite(incident.pk, by=alice)
    first = mailed("postmortem.meeting_request")
    assert set(first) == {alice.email, bob.email}
    told = event(first[alice.email])
    assert (first[alice.email]["METHOD"], told["SEQUENCE"], told["STATUS"]) == ("REQUEST", "0", "CONFIRMED")
    assert (told["starts"], told["ORGANIZER"]) == (at.astimezone(UTC), f"mailto:{bob.email}")
    assert bob.email in told["attendees"]
    # Whoever organizes it can't be invited by themselves.
    assert (first[bob.email]["METHOD"], event(first[bob.email])["attendees"]) == ("PUBLISH", "")

    postmortem.edit(incident.pk, by=alice, meeting_at=at + timedelta(hours=1))
    moved = event(mailed("postmortem.meeting_request")[alice.email])
    assert (moved["UID"], moved["SEQUENCE"], moved["starts"]) == (told["UID"], "1", at + timedelta(hours=1))
    postmortem.edit(incident.pk, by=alice, sections={"was_hard": "All of it"})
    assert of(incident).meeting_sequence == 1

    postmortem.edit(incident.pk, by=alice, facilitator=charlie)
    seen = [alice.pk, bob.pk]
    review_meeting.set_participants(incident.pk, [bob, charlie], by=alice, seen=seen)
    added = mailed("postmortem.meeting_request")
    assert set(added) == {charlie.email}
    # Answers go where those to the first invitation went.
    assert event(added[charlie.email])["ORGANIZER"] == f"mailto:{bob.email}"
    out = mailed("postmortem.meeting_cancel")
    assert {address: event(each)["attendees"] for address, each in out.items()} == {
        alice.email: f"mailto:{alice.email}"
    }
    review_meeting.set_participants(incident.pk, [alice, bob], by=alice, seen=[bob.pk])
    again = event(mailed("postmortem.meeting_request")[alice.email])
    assert int(again["SEQUENCE"]) > int(event(out[alice.email])["SEQUENCE"])
    assert set(of(incident).participants.all()) == {alice, bob, charlie}
    review_meeting.call_off(incident.pk, by=alice, reason="nobody has time")
    off = mailed("postmortem.meeting_cancel")
    assert set(off) == {alice.email, bob.email, charlie.email}
    assert (event(off[charlie.email])["STATUS"], event(off[charlie.email])["UID"]) == ("CANCELLED", told["UID"])
    assert (of(incident).meeting_at, of(incident).invited_at) == (None, None)


def test_who_follows_hears_of_the_meeting_and_keeps_their_calendar(
    alice: User, bob: User, charlie: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    Follow.objects.create(incident=incident, user=charlie, level=Follow.Level.ALL)
    User.objects.filter(pk=bob.pk).update(time_zone="Asia/Tokyo")
    postmortem.edit(incident.pk, by=alice, meeting_at=datetime(2030, 1, 8, 9, tzinfo=UTC), meeting_place="Room 2")
    review_meeting.invite(incident.pk, by=alice)
    review_meeting.set_participants(incident.pk, [alice], by=alice)
    read = {}
    for verb in ("postmortem.meeting_request", "postmortem.meeting_cancel"):
        for delivery in Delivery.objects.filter(entry__verb=verb):
            message = letters.write(letters.reload(delivery)).message
            kinds = [part.get_content_type() for part in message.walk()]
            said = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
            read[verb[19:], delivery.address] = (message["Subject"], "text/calendar" in kinds, said)
    assert {key for key, (_, has, _) in read.items() if has} == {
        *(("request", alice.email), ("request", bob.email), ("cancel", bob.email)),
    }
    assert read["request", bob.email][0].startswith("Invitation: review of")
    assert read["cancel", charlie.email][0] == f"[{incident.reference}] Alice takes Bob out of the review's meeting"
    said = read["request", bob.email][2]
    assert "When: 09:00 UTC, 8 Jan 2030 (18:00 Asia/Tokyo), 60 min\nWhere: Room 2\n" in said
    assert "At: " not in said


def test_a_reopening_asks_anew_and_forgets_a_meeting_that_is_over(alice: User, bob: User, payments: Team) -> None:
    monday = datetime(2030, 1, 7, 12, tzinfo=UTC)
    with time_machine.travel(monday, tick=False):
        incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
        postmortem.edit(incident.pk, by=alice, meeting_at=monday + timedelta(days=1))
        review_meeting.invite(incident.pk, by=alice)
        factories.written(incident.pk, alice)
        postmortem.move(incident.pk, "submit", by=alice, approvers=[bob, bob])
    with time_machine.travel(monday + timedelta(days=5), tick=False):
        lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "it is back"})
        factories._mitigate_again(incident.pk, alice)
        factories._resolve(incident.pk, alice)
        mine = of(incident)
        assert (mine.meeting_at, mine.invited_at) == (None, None)
        assert (mine.circulate_on, mine.meet_by) == (date(2030, 1, 17), date(2030, 1, 18))
        postmortem.move(incident.pk, "submit", by=alice, approvers=[bob])
    assert list(mine.approvals.values_list("answer", flat=True)) == ["over", "waiting"]


def test_each_deadline_is_reminded_of_and_a_week_late_the_team_lead_hears(
    alice: User, bob: User, payments: Team
) -> None:
    Membership.objects.filter(team=payments, user=bob).update(role="manager")
    monday = datetime(2030, 1, 7, 12, tzinfo=UTC)
    with time_machine.travel(monday, tick=False):
        incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    mine = of(incident)
    assert (mine.circulate_on, mine.meet_by, mine.due_on) == (
        *(date(2030, 1, 11), date(2030, 1, 14), date(2030, 1, 14)),
    )
    said = {}
    for day in range(18):
        with time_machine.travel(monday + timedelta(days=day), tick=False):
            if review_deadlines.remind_due(timezone.now()):
                entry = TimelineEntry.objects.filter(verb="postmortem.reminded").latest("pk")
                said[f"{monday + timedelta(days=day):%d}"] = entry.text
    assert said["09"] == "Handing it in for review is due 11 Jan; Alice reminded"
    assert "The postmortem is due 14 Jan" in said["12"]
    assert "the review has no meeting yet, which is 1 day overdue" in said["15"]
    assert said["22"].endswith("Alice, Bob reminded")
    assert "Bob" not in said["15"]


def test_a_reviewer_who_was_asked_sends_it_back_and_then_approves(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    factories.written(incident.pk, alice)
    factories.action_item(incident.pk, alice)
    with pytest.raises(Blocked) as own:
        postmortem.move(incident.pk, "submit", by=alice, approvers=[alice])
    assert own.value.blockers[0].field == "approvers"
    postmortem.move(incident.pk, "submit", by=alice, approvers=[bob])
    assert Delivery.objects.filter(entry__verb="postmortem.in_review").get().user == bob
    with pytest.raises(Blocked, match="what is to be changed"):
        postmortem.move(incident.pk, "send_back", by=bob)
    postmortem.move(incident.pk, "send_back", by=bob, reason="The impact lacks numbers")
    postmortem.edit(incident.pk, by=alice, sections={"impact": "1,200 customers"}, public=True)
    factories.action_item(incident.pk, alice)
    postmortem.move(incident.pk, "submit", by=alice, approvers=[bob])
    postmortem.move(incident.pk, "approve", by=bob)
    answers = of(incident).approvals.values_list("answer", "comment")
    assert list(answers) == [("sent_back", "The impact lacks numbers"), ("approved", "")]
    Incident.objects.filter(pk=incident.pk).update(private=True)
    with pytest.raises(Blocked) as unsaid:
        postmortem.move(incident.pk, "publish", by=alice, announce="We looked into it.")
    assert [each.code for each in unsaid.value.blockers] == ["public_wording_missing", "not_public"]


def test_published_in_a_public_wording_told_and_taken_back(
    client: Client, alice: User, bob: User, payments: Team
) -> None:
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True)
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    publishing.publish_update(incident, by=alice, page=page, title="Payments fail", body="Over.", state="resolved")
    factories.written(incident.pk, alice, text="Secret inner workings.")
    factories.action_item(incident.pk, alice)
    given = {
        "public": "on",
        "public_title": "Why payments failed",
        "public_wording": "Alice saw that a queue was full.",
    }
    factories.action_item(incident.pk, alice)
    console = Browser(alice)
    preview = text(console.client.post(f"/incidents/{incident.pk}/postmortem/public/preview/", given))
    assert "The Incident Commander saw that a queue was full." in preview
    assert "Secret" not in preview
    assert console.client.post(f"/incidents/{incident.pk}/postmortem/public/", given).status_code == 302
    for verb, who in (("submit", alice), ("approve", bob)):
        postmortem.move(incident.pk, verb, by=who)
    postmortem.move(incident.pk, "publish", by=alice, announce="We looked into it.")
    publishing.publish_due(timezone.now())
    told = StatusUpdate.objects.published().get(state="postmortem")
    address = f"/postmortems/{of(incident).public_slug}/"
    assert address in told.body
    read = client.get(address).text
    assert "The Incident Commander saw that a queue was full." in read
    assert "Secret" not in read
    postmortem.move(incident.pk, "return_to_draft", by=alice, reason="a number is wrong")
    assert client.get(address).status_code == 404
    told.refresh_from_db()
    assert "is being revised" in told.body


def test_the_document_reads_and_goes_out_as_a_file_without_names_where_one_says_so(
    alice: User, bob: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    told = "Alice saw it.\n\n# A | heading\n\n```\n# no heading"
    factories.written(incident.pk, alice, text=told)
    factories.action_item(incident.pk, alice)
    browser = Browser(alice)
    given = {"people_affected": "1200", "people_unit": "customers", "cost": "5000", "names": "yes"}
    refused = browser.post("review_figures", incident.pk, **given)
    assert refused.status_code == 409
    assert "by its code: EUR, USD" in text(refused)
    assert browser.post("review_figures", incident.pk, **given, cost_currency="eur").status_code == 302
    dates = {"meeting_at": "2030-01-30T10:00", "meeting_minutes": "45", "facilitator": bob.pk, "participants": [bob.pk]}
    assert browser.post("review_people", incident.pk, owner=alice.pk, **dates).status_code == 302
    assert list(of(incident).participants.all()) == [bob]
    browser.post("review_meeting", incident.pk, "invite")
    assert b"DTSTART:20300130T100000Z" in browser.get("review_calendar", incident.pk).content
    page = text(browser.get("postmortem", incident.pk))
    for said in ("1,200", "Customers affected", "5,000 EUR", "Roll back the last deploy", "Alice hands it in."):
        assert said in page
    file = browser.get("postmortem_markdown", incident.pk).content.decode()
    assert "\n### A | heading\n" in file
    assert "```\n# no heading\n```" in file
    assert "| Incident Commander | Alice |" in file
    assert "| The limit was lower than the load |" in file
    factors.add(incident.pk, by=bob, text="Nobody but Alice knew the limit")
    factories.action_item(incident.pk, alice, title="Add what Alice knows to the runbook")
    for verb, who in (("submit", alice), ("approve", bob), ("publish", alice)):
        postmortem.move(incident.pk, verb, by=who)
    for answer in (browser.get("postmortem", incident.pk), browser.get("postmortem_markdown", incident.pk)):
        said = answer.content.decode()
        for worded in ("The Incident Commander saw it.", "Nobody but the Incident Commander knew", "Add what the Inc"):
            assert worded in said
        for named in ("Alice saw it.", "but Alice knew", "what Alice knows"):
            assert named not in said
    assert "Alice saw it." not in text(browser.get("section", incident.pk, "summary"))
    assert "The Incident Commander saw it." in text(browser.get("section", incident.pk, "summary"))
