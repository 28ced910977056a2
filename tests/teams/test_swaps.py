"""Somebody asks to be covered: who may answer, what accepting changes, and who hears of it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from teams import actions, oncall
from teams.actions import LayerChange
from teams.actions.swaps import expire
from teams.models import Membership, Override, Schedule, Swap, Team, TimeOff, User
from teams.signin import leaving
from teams.swaps import reading
from teams.tasks import expire_swaps
from tests import factories

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
# Alice's next week, Bob's after it, Mei's after that.
ALICES, BOBS, MEIS = MONDAY + 3 * WEEK, MONDAY + 4 * WEEK, MONDAY + 5 * WEEK


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY + 2 * DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mei(db) -> User:
    return factories.UserFactory(username="mei")


@pytest.fixture
def web(clock, alice, bob, mei) -> Schedule:
    """Alice, Bob and Mei of Web by weeks from Monday at nine, of which Alice has the running one; Alice manages."""
    team = factories.TeamFactory(name="Web", people=[alice, bob, mei])
    return factories.schedule(team, [alice, bob, mei], anchor_date=MONDAY.date())


def names(schedule: Schedule, start: datetime, end: datetime) -> list[str]:
    return [w.user.username for w in oncall.load([schedule])[0].watches(start, end)]


def ask(schedule: Schedule, alice: User, asked: User | None = None, **more) -> Swap:
    given = {"starts_at": ALICES, "ends_at": ALICES + WEEK, "asked": asked, **more}
    return actions.ask_swap(schedule, by=alice, **given)


def why(error: pytest.ExceptionInfo[ValidationError]) -> str:
    return " ".join(error.value.messages)


def test_accepting_lets_the_colleague_stand_in_and_says_for_whom(web, alice, bob):
    swap = ask(web, alice, bob, ends_at=ALICES + DAY, note="  dentist ")
    assert names(web, ALICES, ALICES + WEEK) == ["alice"]

    done = actions.accept_swap(swap.pk, by=bob)

    assert names(web, ALICES, ALICES + WEEK) == ["bob", "alice"]
    (override,) = done.swap.overrides.all()
    assert (override.user, override.replaces, override.swap) == (bob, alice, swap)
    assert "dentist" in override.reason
    assert (done.swap.state, done.swap.answered_by) == ("accepted", bob)
    assert done.warnings == []


def test_what_is_taken_in_return_changes_hands_too(web, alice, bob):
    swap = ask(web, alice, bob, back_starts_at=BOBS, back_ends_at=BOBS + WEEK)
    # Their weeks follow one another, but nobody has both.
    assert actions.accept_swap(swap.pk, by=bob).warnings == []
    assert names(web, ALICES, BOBS + WEEK) == ["bob", "alice"]
    assert {(o.user.username, o.replaces.username) for o in swap.overrides.all()} == {
        ("bob", "alice"),
        ("alice", "bob"),
    }


def test_the_one_asked_gets_a_mail_with_the_link_and_the_asker_hears_the_answer(web, alice, bob):
    swap = ask(web, alice, bob, back_starts_at=BOBS, back_ends_at=BOBS + DAY, note="Anna's wedding")
    (letter,) = mail.outbox
    assert letter.to == ["bob@example.org"]
    assert f"/swaps/{swap.pk}/" in letter.body
    assert "Anna's wedding" in letter.body
    assert "13 Apr 2026, 09:00" in letter.body
    assert "20 Apr 2026, 09:00" in letter.body
    assert f"/swaps/{swap.pk}/" in str(letter.alternatives[0][0])
    actions.accept_swap(swap.pk, by=bob)
    assert [(m.to, m.subject) for m in mail.outbox[1:]] == [
        (["alice@example.org"], f"Bob stands in for you: {web}"),
    ]


def test_a_question_to_anyone_goes_to_the_team_and_the_rotation(web, alice, bob, mei, charlie):
    guest = factories.UserFactory(username="guest")
    factories.UserFactory(username="left", is_active=False)
    layer = web.layers.get()
    actions.set_rota(layer, [alice, bob, mei, guest])
    ask(web, alice, starts_at=MONDAY + 3 * DAY, ends_at=MONDAY + 4 * DAY)
    assert sorted(m.to[0] for m in mail.outbox) == ["bob@example.org", "guest@example.org", "mei@example.org"]


def test_the_colleague_may_say_no_with_a_word(web, alice, bob):
    swap = ask(web, alice, bob)
    with pytest.raises(PermissionDenied):
        actions.decline_swap(swap.pk, by=alice)
    assert actions.decline_swap(swap.pk, by=bob, word="I am at sea").state == "declined"
    assert mail.outbox[-1].to == ["alice@example.org"]
    assert "I am at sea" in mail.outbox[-1].body
    assert names(web, ALICES, ALICES + WEEK) == ["alice"]
    with pytest.raises(ValidationError, match="declined this already"):
        actions.accept_swap(swap.pk, by=bob)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("ends_at", {"ends_at": ALICES}),
        ("ends_at", {"ends_at": ALICES + 400 * DAY}),
        ("starts_at", {"starts_at": MONDAY + DAY}),
        ("starts_at", {"starts_at": ALICES - HOUR}),
        ("starts_at", {"ends_at": ALICES + WEEK + HOUR}),
        ("back_ends_at", {"back_starts_at": BOBS}),
        ("back_ends_at", {"back_starts_at": BOBS, "back_ends_at": BOBS - HOUR}),
        ("back_starts_at", {"back_starts_at": MONDAY, "back_ends_at": BOBS + DAY}),
        ("back_starts_at", {"back_starts_at": BOBS - HOUR, "back_ends_at": BOBS + DAY}),
        ("back_starts_at", {"back_starts_at": MEIS, "back_ends_at": MEIS + DAY}),
        ("back_starts_at", {"asked": None, "back_starts_at": BOBS, "back_ends_at": BOBS + DAY}),
        ("asked", {"asked": "alice"}),
        ("asked", {"asked": "charlie"}),
        ("asked", {"asked": "left"}),
    ],
)
def test_a_refusal_names_the_field(web, alice, bob, charlie, field, given):
    factories.UserFactory(username="left", is_active=False)
    if isinstance(given.get("asked"), str):
        given = {**given, "asked": User.objects.get(username=given["asked"])}
    with pytest.raises(ValidationError) as refused:
        ask(web, alice, **{"asked": bob, **given})
    assert list(refused.value.message_dict) == [field]
    assert not Swap.objects.exists()
    assert not mail.outbox


def test_others_duty_is_not_theirs_to_give(web, bob, charlie):
    with pytest.raises(ValidationError) as refused:
        ask(web, bob)
    assert "starts_at" in refused.value.message_dict
    with pytest.raises(PermissionDenied):
        ask(web, charlie)


def test_asking_the_same_twice_is_refused_but_two_people_may_be_asked(web, alice, bob, mei):
    first, second = ask(web, alice, bob), ask(web, alice, mei)
    with pytest.raises(ValidationError, match="You asked Bob already"):
        ask(web, alice, bob)
    actions.accept_swap(second.pk, by=mei)
    first.refresh_from_db()
    assert first.state == "withdrawn"
    with pytest.raises(ValidationError, match="withdrawn"):
        actions.accept_swap(first.pk, by=bob)


def test_only_who_was_asked_accepts_and_of_anyone_only_who_belongs(web, alice, bob, mei, charlie):
    named, anyone = ask(web, alice, bob), ask(web, alice)
    for swap, by in ((named, mei), (named, alice), (named, charlie), (anyone, alice), (anyone, charlie)):
        with pytest.raises(PermissionDenied):
            actions.accept_swap(swap.pk, by=by)
    assert actions.accept_swap(anyone.pk, by=mei).swap.answered_by == mei


def test_a_colleague_who_is_not_of_the_team_any_more_does_not_accept(web, alice, bob):
    solo = factories.schedule(web.team, [alice], name="Solo", anchor_date=MONDAY.date())
    swap = ask(solo, alice, bob)
    Membership.objects.filter(user=bob).delete()
    User.objects.filter(pk=bob.pk).update(role="viewer")
    with pytest.raises(PermissionDenied):
        actions.accept_swap(swap.pk, by=User.objects.get(pk=bob.pk))
    assert names(solo, ALICES, ALICES + WEEK) == ["alice"]


def test_a_roster_that_changed_meanwhile_is_noticed(web, alice, bob, mei):
    swap = ask(web, alice, bob)
    layer = web.layers.get()
    actions.change_roster(web, [LayerChange(layer, crews=[[mei], [bob]])], by=alice)
    with pytest.raises(ValidationError) as refused:
        actions.accept_swap(swap.pk, by=bob)
    assert "Not all of that is duty of Alice" in why(refused)
    assert not Override.objects.exists()
    assert Swap.objects.get().state == "open"


def test_what_in_return_is_not_theirs_any_more_is_noticed(web, alice, bob, mei):
    swap = ask(web, alice, bob, back_starts_at=BOBS, back_ends_at=BOBS + WEEK)
    actions.add_override(web, by=alice, user=mei, starts_at=BOBS, ends_at=BOBS + HOUR)
    with pytest.raises(ValidationError) as refused:
        actions.accept_swap(swap.pk, by=bob)
    assert "Not all of that is duty of Bob" in why(refused)


def test_on_a_shift_of_several_only_the_asker_is_replaced(clock, alice, bob, mei):
    team = factories.TeamFactory(name="Crew", people=[alice, bob, mei])
    crew = Schedule.objects.create(team=team, name="Crew")
    actions.change_roster(
        crew,
        [
            LayerChange(
                None,
                {"anchor_date": MONDAY.date(), "handoff_time": MONDAY.time(), "kind": "week"},
                crews=[[alice, bob]],
            )
        ],
        by=alice,
    )
    with pytest.raises(ValidationError, match="on call on this schedule then already"):
        ask(crew, alice, bob)
    actions.accept_swap(ask(crew, alice, mei).pk, by=mei)
    (watch,) = oncall.load([crew])[0].watches(ALICES, ALICES + WEEK)
    assert [u.username for u in watch.users] == ["mei", "bob"]


def test_whoever_accepts_is_warned_of_what_speaks_against_it(web, alice, bob, mei):
    mail_team = factories.TeamFactory(name="Mail", people=[alice])
    other = factories.schedule(mail_team, [bob], anchor_date=MONDAY.date())
    TimeOff.objects.create(user=bob, starts_at=ALICES + DAY, ends_at=ALICES + 2 * DAY)
    done = actions.accept_swap(ask(web, alice, bob).pk, by=bob)
    assert done.warnings == [f"Bob is on call on {other} then, away then and on call right before or after."]


def test_its_time_has_begun_so_nobody_answers_any_more(web, clock, alice, bob):
    swap = ask(web, alice, bob)
    clock.move_to(ALICES)
    assert swap.stands(ALICES) == "expired"
    assert list(reading.to_answer(bob, ALICES)) == []
    for act in (actions.accept_swap, actions.decline_swap):
        with pytest.raises(ValidationError, match="begun"):
            act(swap.pk, by=bob)
    with pytest.raises(ValidationError, match="begun"):
        actions.withdraw_swap(swap.pk, by=alice)


def test_the_sweep_closes_what_nobody_answered_and_tells_the_asker_once(web, clock, alice, bob):
    ask(web, alice, bob)
    late = ask(web, alice, starts_at=ALICES + DAY, ends_at=ALICES + 2 * DAY)
    mail.outbox.clear()
    clock.move_to(ALICES + HOUR)
    assert (expire_swaps(), expire_swaps()) == (1, 0)
    assert [(m.to, m.subject) for m in mail.outbox] == [(["alice@example.org"], f"Nobody stands in for you: {web}")]
    late.refresh_from_db()
    assert late.state == "open"
    assert Swap.objects.in_state("expired", ALICES + HOUR).count() == 1


def test_the_asker_or_a_manager_withdraws(web, alice, bob, mei):
    mine = actions.ask_swap(web, by=bob, starts_at=BOBS, ends_at=BOBS + DAY)
    with pytest.raises(PermissionDenied):
        actions.withdraw_swap(mine.pk, by=mei)
    assert actions.withdraw_swap(mine.pk, by=alice).state == "withdrawn"
    again = actions.ask_swap(web, by=bob, starts_at=BOBS, ends_at=BOBS + DAY)
    assert actions.withdraw_swap(again.pk, by=bob).state == "withdrawn"


def test_either_of_the_two_undoes_both_ways_and_the_other_is_told(web, alice, bob, mei):
    swap = ask(web, alice, bob, back_starts_at=BOBS, back_ends_at=BOBS + WEEK)
    actions.accept_swap(swap.pk, by=bob)
    with pytest.raises(PermissionDenied):
        actions.undo_swap(swap.pk, by=mei)
    mail.outbox.clear()
    assert actions.undo_swap(swap.pk, by=alice) == 2
    assert names(web, ALICES, BOBS + WEEK) == ["alice", "bob"]
    assert [m.to for m in mail.outbox] == [["bob@example.org"]]
    with pytest.raises(ValidationError, match="Nothing of this swap is to come"):
        actions.undo_swap(swap.pk, by=bob)


def test_undoing_what_has_begun_leaves_the_past(web, clock, alice, bob):
    swap = ask(web, alice, bob)
    actions.accept_swap(swap.pk, by=bob)
    clock.move_to(ALICES + DAY)
    actions.undo_swap(swap.pk, by=bob)
    assert names(web, ALICES, ALICES + WEEK) == ["bob", "alice"]


def test_who_leaves_leaves_no_question_open(web, alice, bob, mei):
    owner = factories.UserFactory(username="olga", role="owner")
    theirs, named = actions.ask_swap(web, by=bob, starts_at=BOBS, ends_at=BOBS + DAY), ask(web, alice, bob)
    mail.outbox.clear()
    left = leaving.deactivate(bob, by=owner, through="api")
    assert left is not None
    assert left.swaps == 2
    assert {s.pk: s.state for s in Swap.objects.all()} == {theirs.pk: "withdrawn", named.pk: "declined"}
    (letter,) = [m for m in mail.outbox if m.to == ["alice@example.org"] and "stand in" in m.subject]
    assert "Bob has left" in letter.body


def test_what_waits_for_somebody_is_what_they_were_asked_or_what_is_for_anyone_where_they_belong(
    web, alice, bob, mei, charlie
):
    named, anyone = ask(web, alice, bob), ask(web, alice)
    waiting = {user: set(reading.to_answer(user, MONDAY + 2 * DAY)) for user in (alice, bob, mei, charlie)}
    assert waiting == {alice: set(), bob: {named, anyone}, mei: {anyone}, charlie: set()}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_stands_in_and_the_other_is_told_who(web, alice, bob, mei):
    swap = ask(web, alice)
    gate, told = threading.Barrier(2), {}

    def accept(user: User) -> None:
        try:
            gate.wait(10)
            told[user.username] = actions.accept_swap(swap.pk, by=user).swap.state
        except ValidationError as refusal:
            told[user.username] = " ".join(refusal.messages)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=[user]) for user in (bob, mei)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    swap.refresh_from_db()
    winner = swap.answered_by
    loser = mei if winner == bob else bob
    assert told == {winner.username: "accepted", loser.username: f"{winner} accepted this already."}
    assert [o.user for o in Override.objects.all()] == [winner]
    assert expire(ALICES) == 0
    Team.objects.all().delete()
