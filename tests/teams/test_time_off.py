"""Somebody is away: who may say so, what stays, and which duty falls into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from teams import actions, dossier, erasure
from teams.away import reading
from teams.models import Schedule, Swap, TimeOff, User
from tests import factories

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
NOW = MONDAY + 2 * DAY
# Alice's next week.
ALICES = MONDAY + 3 * WEEK


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mei(db) -> User:
    return factories.UserFactory(username="mei")


@pytest.fixture
def web(clock, alice, bob, mei) -> Schedule:
    """Alice, Bob and Mei of Web by weeks from Monday at nine, of which Alice has the running one; Alice manages."""
    team = factories.TeamFactory(name="Web", people=[alice, bob, mei])
    return factories.schedule(team, [alice, bob, mei], anchor_date=MONDAY.date())


def away(user: User, start: datetime, end: datetime, by: User | None = None, note: str = "") -> TimeOff:
    return actions.add_time_off(by=by or user, user=user, starts_at=start, ends_at=end, note=note)


def test_people_say_it_themselves_and_managers_and_admins_for_their_people(web, alice, bob, charlie):
    admin = factories.UserFactory(username="ada", role="admin")
    for by in (bob, alice, admin):
        made = away(bob, NOW + DAY, NOW + 2 * DAY, by)
        assert made.created_by == by
        actions.remove_time_off(made.pk, by=by)
    assert not TimeOff.objects.exists()
    for by, user in ((bob, alice), (charlie, bob), (alice, charlie)):
        with pytest.raises(PermissionDenied):
            away(user, NOW + DAY, NOW + 2 * DAY, by)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (NOW + DAY, NOW + DAY, "ends_at"),
        (NOW - HOUR, NOW, "ends_at"),
        (NOW - 2 * DAY, NOW + DAY, "starts_at"),
        (NOW, NOW + 400 * DAY, "ends_at"),
    ],
)
def test_a_refusal_names_the_field(web, bob, start, end, field):
    with pytest.raises(ValidationError) as refused:
        away(bob, start, end)
    assert list(refused.value.message_dict) == [field]


def test_today_as_a_whole_can_be_taken_off(web, bob):
    midnight = NOW.replace(hour=0)
    assert away(bob, midnight, midnight + DAY).starts_at == midnight


def test_what_overlaps_is_refused_and_named_what_touches_is_not(web, bob, mei):
    away(bob, NOW + DAY, NOW + 3 * DAY)
    with pytest.raises(ValidationError) as refused:
        away(bob, NOW + 2 * DAY, NOW + 5 * DAY)
    (message,) = refused.value.message_dict["starts_at"]
    assert "Bob is away from 26 Mar 2026, 09:00 to 28 Mar 2026, 09:00 already" in message
    away(bob, NOW + 3 * DAY, NOW + 5 * DAY)
    away(mei, NOW + 2 * DAY, NOW + 5 * DAY)


def test_one_that_has_begun_keeps_its_start_and_one_that_is_over_stays(web, clock, bob):
    made = away(bob, NOW + DAY, NOW + 3 * DAY)
    clock.move_to(NOW + 2 * DAY)
    with pytest.raises(ValidationError) as refused:
        actions.change_time_off(made.pk, by=bob, starts_at=NOW + 2 * DAY, ends_at=NOW + 4 * DAY)
    assert "starts_at" in refused.value.message_dict
    changed = actions.change_time_off(made.pk, by=bob, starts_at=NOW + DAY, ends_at=NOW + 4 * DAY, note="longer")
    assert (changed.ends_at, changed.note) == (NOW + 4 * DAY, "longer")
    left = actions.remove_time_off(made.pk, by=bob)
    assert left is not None
    assert (left.starts_at, left.ends_at) == (NOW + DAY, NOW + 2 * DAY)
    for act in (
        lambda: actions.remove_time_off(made.pk, by=bob),
        lambda: actions.change_time_off(made.pk, by=bob, starts_at=NOW + DAY, ends_at=NOW + 9 * DAY),
    ):
        with pytest.raises(ValidationError, match="over"):
            act()


def test_the_duty_within_it_is_told_with_who_could_cover_it(web, alice, bob, mei):
    away(mei, ALICES + DAY, ALICES + 2 * DAY)
    row = away(alice, ALICES + 2 * DAY, ALICES + 9 * DAY)
    (duty,) = reading.affected(row, NOW)
    assert duty.schedule == web
    assert duty.span == (ALICES + 2 * DAY, ALICES + WEEK)
    assert duty.ask == duty.span
    assert [(s.user.username, s.free) for s in duty.stand_ins] == [("mei", True), ("bob", True)]
    # Bob is on from the moment at which it ends.
    assert duty.stand_ins[1].close


def test_whoever_is_away_or_on_call_elsewhere_is_not_proposed_first(web, alice, bob, mei):
    mail = factories.TeamFactory(name="Mail", people=[bob])
    other = factories.schedule(mail, [bob], anchor_date=MONDAY.date())
    away(mei, ALICES + HOUR, ALICES + 2 * HOUR)
    (duty,) = reading.affected(away(alice, ALICES, ALICES + DAY), NOW)
    assert duty.free == []
    assert {s.user.username: (s.away, s.elsewhere) for s in duty.others} == {
        "bob": (False, (other,)),
        "mei": (True, ()),
    }


def test_what_was_asked_already_is_told_and_what_is_covered_is_no_duty_any_more(web, alice, bob):
    row = away(alice, ALICES, ALICES + DAY)
    swap = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + DAY, asked=bob)
    assert [d.swaps for d in reading.affected(row, NOW)] == [[swap]]
    actions.accept_swap(swap.pk, by=bob)
    assert reading.affected(row, NOW) == []


def test_of_a_running_watch_only_what_can_still_be_asked_is_proposed(web, alice):
    row = away(alice, NOW, NOW + DAY)
    (duty,) = reading.affected(row, NOW)
    assert duty.span.start == NOW
    assert duty.ask is not None
    assert NOW + timedelta(minutes=15) <= duty.ask.start <= NOW + timedelta(minutes=30)
    assert reading.affected(row, NOW + 2 * DAY) == []


def test_it_costs_the_same_queries_however_much_duty_falls_into_it(web, alice, bob, django_assert_max_num_queries):
    row = away(alice, ALICES, ALICES + 100 * DAY)
    with django_assert_max_num_queries(25) as few:
        reading.affected(row, NOW)
    for n in range(5):
        team = factories.TeamFactory(people=[alice, bob, *(factories.UserFactory() for _ in range(3))])
        factories.schedule(team, [alice, bob], name=f"Number {n}")
    with django_assert_max_num_queries(len(few)):
        assert len(reading.affected(row, NOW)) > 20


def test_others_see_it_only_where_they_may_change_the_roster(web, alice, bob, mei, charlie):
    row = away(bob, NOW + DAY, NOW + 2 * DAY)
    admin = factories.UserFactory(username="ada", role="admin")
    assert [row in reading.seen_by(u) for u in (bob, alice, admin, mei, charlie)] == [True, True, True, False, False]


def test_both_are_in_ones_data_and_time_off_goes_with_the_person(web, alice, bob):
    owner = factories.UserFactory(username="olga", role="owner")
    away(bob, NOW + DAY, NOW + 2 * DAY, note="Surgery")
    actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + DAY, asked=bob, note="Bob knows")
    told = "".join(dossier.written(bob, bob))
    assert "Surgery" in told
    assert "Bob knows" in told
    User.objects.filter(pk=bob.pk).update(is_active=False)
    erasure.erase(User.objects.get(pk=bob.pk), by=owner, confirm="bob")
    assert not TimeOff.objects.exists()
    swap = Swap.objects.get()
    assert swap.asked_id == bob.pk
    assert "Bob" not in swap.note
