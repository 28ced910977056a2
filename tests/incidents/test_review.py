"""Postmortems, action items, promises and what reminds of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from incidents.actions import (
    action_items,
    lifecycle,
    notes,
    postmortem,
    promises,
    reminding,
    review_deadlines,
    roles,
)
from incidents.actions.deadlines import workdays_after
from incidents.models import Incident, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Membership, Role, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


def notified(verb: str) -> list[str]:
    return [e.text for e in TimelineEntry.objects.filter(verb=verb)]


def test_the_newer_text_is_not_overwritten(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    seen = {"factors": 0, "was_hard": 0}
    postmortem.edit(incident.pk, by=alice, versions=seen, sections={"factors": "A cache without a limit"})
    with pytest.raises(Blocked) as refused:
        postmortem.edit(incident.pk, by=bob, versions=seen, sections={"factors": "Mine", "was_hard": "Mine, too"})
    assert [(each.code, each.field) for each in refused.value.blockers] == [("edited_meanwhile", "factors")]
    assert factories.section(incident.pk, "was_hard") == ""
    postmortem.edit(incident.pk, by=bob, versions=seen, sections={"was_hard": "Mine, too"})
    assert incident.postmortem.sections.get(key="was_hard").revisions.count() == 2


def test_what_two_writers_chose_of_the_timeline_is_kept(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    mine = incident.postmortem
    first, second, *rest = mine.entries.order_by("pk")
    told = notes.note(incident.pk, "Worth telling", by=bob)
    seen = list(mine.entries.values_list("pk", flat=True))
    postmortem.edit(incident.pk, by=bob, entries=[first, *rest, told], entries_seen=seen)
    postmortem.edit(incident.pk, by=alice, entries=[second, *rest], entries_seen=seen, sections={"summary": "More"})
    assert set(mine.entries.all()) == {told, *rest}
    changes = mine.changes.filter(field="entries").order_by("pk").values_list("before", "after")
    assert list(changes) == [([second.pk], [told.pk]), ([first.pk], [])]


def test_it_is_published_only_when_written_and_approved_by_another(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    with pytest.raises(Blocked) as early:
        postmortem.move(incident.pk, "publish", by=alice)
    assert early.value.blockers[0].code == "wrong_state"
    with pytest.raises(Blocked) as empty:
        postmortem.move(incident.pk, "submit", by=alice)
    assert [b.code for b in empty.value.blockers] == ["sections_empty", "factors_missing"]
    factories.written(incident.pk, alice)
    postmortem.move(incident.pk, "submit", by=alice)
    with pytest.raises(Blocked) as own:
        postmortem.move(incident.pk, "approve", by=alice)
    assert [b.code for b in own.value.blockers] == ["own_approval", "action_items_missing"]
    factories.action_item(incident.pk, alice)
    postmortem.move(incident.pk, "approve", by=bob)
    assert postmortem.move(incident.pk, "publish", by=alice).published_at is not None


def test_a_waiver_is_for_the_severities_that_allow_it(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    with pytest.raises(Blocked) as refused:
        postmortem.move(incident.pk, "waive", by=bob, reason="known and harmless")
    assert refused.value.blockers[0].code == "waiver_not_allowed"
    Incident.objects.update(severity=3)
    postmortem.move(incident.pk, "waive", by=bob, reason="known and harmless")
    assert lifecycle.perform("close", incident.pk, by=bob).phase == Phase.CLOSED


def test_a_waiver_is_taken_back_and_does_not_outlive_a_relapse(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    Incident.objects.update(severity=3)
    postmortem.move(incident.pk, "waive", by=bob, reason="known and harmless")
    lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "not so harmless"})
    factories._mitigate_again(incident.pk, alice)
    factories._resolve(incident.pk, alice)
    incident.postmortem.refresh_from_db()
    assert incident.postmortem.state == "draft"


def test_action_items_remind_before_on_and_after_their_day(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    due = timezone.now().date() + timedelta(days=5)
    item = action_items.add(incident.pk, by=alice, title="Limit the cache", owner=bob, due_on=due, end_state="Capped")
    days = []
    for day in range(16):
        at = datetime.combine(due, datetime.min.time(), ZoneInfo("UTC")) + timedelta(days=day - 5, hours=10)
        with time_machine.travel(at, tick=False):
            if reminding.remind_due(timezone.now()):
                days.append(day - 5)
    assert days == [-2, 0, 1, 8]
    action_items.settle(item.pk, "done", by=bob, evidence="https://git.example.org/1")
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert reminding.remind_due(timezone.now()) == 0


def test_closing_an_item_takes_evidence_and_dropping_it_a_reason(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    item = action_items.add(incident.pk, by=alice, title="Limit the cache")
    assert item.missing() == ["owner", "due date", "kind", "end state"]
    for state in ("done", "dropped"):
        with pytest.raises(Blocked) as refused:
            action_items.settle(item.pk, state, by=alice)
        assert refused.value.blockers[0].field == "evidence"


def test_a_broken_promise_reminds_the_comms_lead_then_the_commander_then_rests(
    alice: User, bob: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    roles.take(incident.pk, Role.objects.get(slug=Role.COMMUNICATIONS), by=bob)
    incident.refresh_from_db()
    due = incident.next_update_due_at
    assert due is not None
    assert promises.due(timezone.now()) == []
    for minutes in (1, 3, 7, 60):
        with time_machine.travel(due + timedelta(minutes=minutes), tick=False):
            for pk in promises.due(timezone.now()):
                promises.remind(pk)
    assert notified("promise.broken") == [
        "The promised update is late; Bob was reminded",
        "The promised update is late; Alice was reminded",
    ]


def test_telling_stakeholders_starts_the_next_promise_and_the_last_word_ends_it(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    soon = timezone.now() + timedelta(minutes=15)
    told = promises.told(incident.pk, by=alice, text="We roll back", final=False, next_update_at=soon)
    assert told.comms_track(timezone.now()) == "current"
    assert told.comms_track(soon + timedelta(minutes=1)) == "overdue"
    told = promises.told(incident.pk, by=alice, text="It is fixed", final=True)
    assert told.comms_track(timezone.now()) == "final_sent"


def test_weekends_are_no_working_days() -> None:
    friday = date(2026, 11, 20)
    assert workdays_after(friday, 1) == date(2026, 11, 23)
    assert workdays_after(friday, 5) == date(2026, 11, 27)


def written(pk: int, by: User) -> None:
    factories.written(pk, by)
    factories.action_item(pk, by)
    postmortem.move(pk, "submit", by=by)


def test_what_was_approved_is_not_rewritten_before_it_is_published(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    written(incident.pk, alice)
    postmortem.move(incident.pk, "approve", by=bob)
    with pytest.raises(Blocked, match="Take it back to draft first") as refused:
        postmortem.edit(incident.pk, by=alice, sections={"summary": "Something that nobody approved"})
    assert refused.value.blockers[0].code == "postmortem_settled"
    postmortem.move(incident.pk, "publish", by=alice)
    assert factories.section(incident.pk, "summary") == "Written."


def test_handing_ownership_over_does_not_let_one_approve_what_one_submitted(
    alice: User, bob: User, charlie: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    written(incident.pk, alice)
    postmortem.edit(incident.pk, by=alice, owner=bob)
    for who in (alice, bob):
        with pytest.raises(Blocked) as own:
            postmortem.move(incident.pk, "approve", by=who)
        assert own.value.blockers[0].code == "own_approval"
    postmortem.move(incident.pk, "return_to_draft", by=bob)
    dave, eve = factories.UserFactory(), factories.UserFactory()
    text = f"{factories.section(incident.pk, 'summary')} {'A whole page more. ' * 20}"
    postmortem.edit(incident.pk, by=dave, sections={"summary": text})
    postmortem.edit(incident.pk, by=eve, sections={"summary": text.replace("page", "pages", 1)})
    postmortem.move(incident.pk, "submit", by=charlie)
    # She owned it and wrote in it; he wrote most of it; eve mended a word.
    for who in (alice, dave):
        with pytest.raises(Blocked) as own:
            postmortem.move(incident.pk, "approve", by=who)
        assert own.value.blockers[0].code == "own_approval"
    assert postmortem.move(incident.pk, "approve", by=eve).approved_by == eve


def test_a_reopening_keeps_what_the_writer_took_out_and_sets_the_day_anew(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    first = incident.postmortem.entries.order_by("pk").first()
    postmortem.edit(incident.pk, by=alice, entries=[first], due_on=date(2100, 1, 1))
    lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "it is back"})
    factories._mitigate_again(incident.pk, alice)
    factories._resolve(incident.pk, alice)
    mine = Incident.objects.get(pk=incident.pk).postmortem
    told = list(mine.entries.order_by("pk").values_list("verb", flat=True))
    assert told[:2] == ["incident.opened", "incident.reopen"]
    assert told[-1] == "incident.resolve"
    assert mine.due_on == workdays_after(timezone.now().date(), 5)
    assert mine.remind_at is not None
    assert mine.remind_at.date() <= mine.due_on


def test_another_day_sets_the_reminder_anew(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    due = timezone.now().date() + timedelta(days=30)
    rest = {"meet_by": None, "circulate_on": None}
    made = postmortem.edit(incident.pk, by=alice, due_on=due, **rest)
    assert made.remind_at is not None
    assert made.remind_at.date() == due - timedelta(days=2)
    before = made.remind_at
    assert postmortem.edit(incident.pk, by=alice, due_on=due, sections={"summary": "More"}).remind_at == before
    assert postmortem.edit(incident.pk, by=alice, due_on=None).remind_at is None


def test_a_row_that_fails_starves_no_other_reminder(
    alice: User, payments: Team, caplog: pytest.LogCaptureFixture
) -> None:
    """A day that Python can't read stands for whatever may be wrong with one row."""
    broken, whole = (factories.incident(payments, alice, phase=Phase.RESOLVE) for _ in range(2))
    past = timezone.now() - timedelta(minutes=1)
    due = timezone.now().date()
    rows = [action_items.add(i.pk, by=alice, title="Add", owner=alice, due_on=due) for i in (broken, whole)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_postmortem SET remind_at = %s", [past])
        cursor.execute("UPDATE incidents_actionitem SET remind_at = %s", [past])
        cursor.execute("UPDATE incidents_postmortem SET due_on = 'infinity' WHERE incident_id = %s", [broken.pk])
        cursor.execute("UPDATE incidents_actionitem SET due_on = 'infinity' WHERE id = %s", [rows[0].pk])
    assert review_deadlines.remind_due(timezone.now()) == 1
    assert reminding.remind_due(timezone.now()) == 1
    for verb in ("postmortem.reminded", "action_item.reminded"):
        assert [e.incident for e in TimelineEntry.objects.filter(verb=verb)] == [whole]
    assert len([r for r in caplog.records if r.exc_info]) == 2


@pytest.mark.parametrize("private", [False, True])
def test_the_draft_tells_of_a_private_incident_only_where_it_is_private_itself(
    alice: User, payments: Team, private: bool
) -> None:
    target = factories.incident(payments, alice, phase=Phase.COMMUNICATE, private=private)
    gone = factories.incident(payments, alice, title="Key leaked")
    lifecycle.perform("merge", gone.pk, by=alice, inputs={"target": target})
    notes.set_facts(gone.pk, by=alice, private=True)
    factories._resolve(target.pk, alice)
    told = set(Incident.objects.get(pk=target.pk).postmortem.entries.values_list("incident", flat=True))
    assert told == ({target.pk, gone.pk} if private else {target.pk})


def test_a_writer_does_not_take_out_what_they_may_not_see(
    alice: User, charlie: User, payments: Team, search: Team
) -> None:
    target = factories.incident(search, charlie, phase=Phase.COMMUNICATE, private=True)
    target.participants.add(alice)
    gone = factories.incident(payments, alice, private=True)
    lifecycle.perform("merge", gone.pk, by=alice, inputs={"target": target})
    factories._resolve(target.pk, charlie)
    dave = factories.UserFactory()
    Membership.objects.create(team=search, user=dave)
    mine = Incident.objects.get(pk=target.pk).postmortem
    hidden = set(mine.entries.filter(incident=gone))
    assert hidden
    postmortem.edit(target.pk, by=dave, entries=[])
    assert set(mine.entries.all()) == hidden


def test_whom_a_writer_names_takes_part(alice: User, charlie: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW, private=True)
    assert not Incident.objects.visible_to(charlie).filter(pk=incident.pk).exists()
    dave = factories.UserFactory()
    postmortem.edit(incident.pk, by=alice, owner=charlie, facilitator=dave)
    for named in (charlie, dave):
        assert Incident.objects.visible_to(named).filter(pk=incident.pk).exists()
    incident.participants.remove(charlie)
    postmortem.edit(incident.pk, by=alice, sections={"summary": "Written on"})
    assert not incident.participants.filter(pk=charlie.pk).exists()
