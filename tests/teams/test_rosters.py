"""Changes of a roster count from a moment on: the past, the running shift, and what was known, stay."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection

from teams import actions, oncall
from teams.models import Layer, Override, Schedule
from tests import factories

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
SETTLED = MONDAY - 4 * WEEK


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="boss", role="admin")


@pytest.fixture
def clock():
    with time_machine.travel(SETTLED, tick=False) as traveller:
        yield traveller


@pytest.fixture
def weekly(clock, payments, alice, bob) -> Schedule:
    """Alice and Bob by weeks that begin on Mondays at nine; Alice has the week of `MONDAY`."""
    made = factories.schedule(payments, [alice, bob], name="Weekly", anchor_date=MONDAY.date() - 8 * WEEK)
    clock.move_to(MONDAY + 2 * DAY)
    return made


def names(schedule: Schedule, start: datetime, end: datetime, known_at: datetime | None = None) -> list[str]:
    return [w.user.username for w in oncall.load([schedule], known_at=known_at)[0].watches(start, end)]


def spans(schedule: Schedule, start: datetime, end: datetime, known_at: datetime | None = None):
    rota = oncall.load([schedule], known_at=known_at)[0]
    return [(w.start, w.end, w.user.username) for w in rota.watches(start, end)]


def test_the_past_and_the_running_shift_stay_when_a_roster_changes(weekly, boss, alice, bob, charlie):
    before = spans(weekly, MONDAY - 4 * WEEK, MONDAY + WEEK)
    actions.set_rota(weekly.layers.newest().get(), [charlie, bob], by=boss)
    assert spans(weekly, MONDAY - 4 * WEEK, MONDAY + WEEK) == before
    assert names(weekly, MONDAY + WEEK, MONDAY + 3 * WEEK) == ["bob", "charlie"]


def test_what_was_known_before_a_change_can_still_be_asked(weekly, clock, boss, alice, bob, charlie):
    known = MONDAY + 2 * DAY
    clock.move_to(known + HOUR)
    actions.set_rota(weekly.layers.newest().get(), [charlie], by=boss)
    clock.move_to(known + 2 * HOUR)
    actions.set_rota(weekly.layers.newest().get(), [alice], by=boss)
    ahead = MONDAY + WEEK, MONDAY + 3 * WEEK
    assert names(weekly, *ahead, known_at=known) == ["bob", "alice"]
    assert set(names(weekly, *ahead, known_at=known + 1.5 * HOUR)) == {"charlie"}
    assert set(names(weekly, *ahead)) == {"alice"}


def test_a_change_waits_until_the_time_that_is_given(weekly, boss, alice, bob, charlie):
    at = MONDAY + 3 * WEEK
    actions.set_rota(weekly.layers.newest().get(), [charlie], by=boss, effective_at=at)
    assert names(weekly, MONDAY, at + WEEK) == ["alice", "bob", "alice", "charlie"]


def test_a_change_that_would_cut_the_running_shift_says_until_when_it_runs(weekly, boss, charlie):
    layer = weekly.layers.newest().get()
    with pytest.raises(ValidationError) as refusal:
        actions.set_rota(layer, [charlie], by=boss, effective_at=MONDAY + 3 * DAY)
    assert "runs until 2026-03-30 09:00 (UTC)" in refusal.value.message_dict["effective_at"][0]
    assert Layer.history.filter(schedule=weekly).count() == 1


def test_a_pending_change_can_be_changed_moved_and_taken_back(weekly, clock, boss, alice, bob, charlie):
    layer = weekly.layers.newest().get()
    actions.set_rota(layer, [charlie], by=boss, effective_at=MONDAY + 2 * WEEK)
    clock.shift(HOUR)
    actions.set_rota(layer, [charlie, bob], by=boss, effective_at=MONDAY + 2 * WEEK)
    assert names(weekly, MONDAY, MONDAY + 4 * WEEK) == ["alice", "bob", "charlie", "bob"]
    clock.shift(HOUR)
    actions.set_rota(layer, [alice, bob], by=boss)
    assert names(weekly, MONDAY, MONDAY + 4 * WEEK) == ["alice", "bob", "alice", "bob"]
    assert names(weekly, MONDAY, MONDAY + 4 * WEEK, known_at=MONDAY + 2 * DAY + 1.5 * HOUR)[2:] == ["charlie", "bob"]


def test_another_period_counts_from_the_next_hand_over(weekly, boss):
    layer = weekly.layers.newest().get()
    actions.change_roster(weekly, [actions.LayerChange(layer, {"kind": "day", "anchor_date": MONDAY.date()})], by=boss)
    assert names(weekly, MONDAY, MONDAY + WEEK + 3 * DAY) == ["alice", "bob", "alice", "bob"]


def test_a_new_layer_begins_when_the_running_shift_has_ended(weekly, boss, charlie):
    values = {"name": "Upper", "kind": "day", "anchor_date": MONDAY.date() - WEEK, "handoff_time": MONDAY.time()}
    actions.change_roster(weekly, [actions.LayerChange(None, values, [[charlie]])], by=boss)
    assert names(weekly, MONDAY - WEEK, MONDAY + 2 * WEEK) == ["bob", "alice", "charlie"]


def test_a_first_layer_begins_now_and_not_in_the_past(clock, payments, boss, charlie):
    schedule = Schedule.objects.create(team=payments, name="New")
    values = {"name": "Weekly", "kind": "week", "anchor_date": SETTLED.date() - 4 * WEEK, "handoff_time": MONDAY.time()}
    actions.change_roster(schedule, [actions.LayerChange(None, values, [[charlie]])], by=boss)
    assert spans(schedule, SETTLED - WEEK, SETTLED + WEEK) == [(SETTLED, SETTLED + WEEK, "charlie")]


def test_layers_of_one_form_wait_for_what_ran_before_it(clock, payments, boss, alice, charlie):
    schedule = Schedule.objects.create(team=payments, name="New")
    values = {"kind": "week", "anchor_date": SETTLED.date() - 4 * WEEK, "handoff_time": MONDAY.time()}
    both = [
        actions.LayerChange(None, {**values, "name": "Lower"}, [[alice]]),
        actions.LayerChange(None, {**values, "name": "Upper"}, [[charlie]]),
    ]
    actions.change_roster(schedule, both, by=boss)
    assert oncall.who(schedule, SETTLED) == charlie


def test_a_layer_ends_with_its_running_shift_and_keeps_its_past(weekly, boss):
    actions.end_layer(weekly.layers.newest().get(), by=boss)
    assert names(weekly, MONDAY - WEEK, MONDAY + 2 * WEEK) == ["bob", "alice"]
    assert oncall.load([weekly])[0].gaps(MONDAY, MONDAY + 2 * WEEK) == [(MONDAY + WEEK, MONDAY + 2 * WEEK)]


def test_moving_the_schedule_to_another_zone_moves_nothing_of_the_past(weekly, boss):
    before = spans(weekly, MONDAY - 4 * WEEK, MONDAY + WEEK)
    actions.move_schedule(weekly, by=boss, time_zone="Asia/Tokyo", country="")
    assert spans(weekly, MONDAY - 4 * WEEK, MONDAY + WEEK) == before
    rota = oncall.load([weekly])[0]
    assert rota.next_handoff(MONDAY + WEEK).at == datetime(2026, 4, 6, 0, tzinfo=UTC)


def test_people_of_one_turn_stand_it_together(weekly, boss, alice, bob, charlie):
    layer = weekly.layers.newest().get()
    actions.change_roster(weekly, [actions.LayerChange(layer, crews=[[alice, charlie], [bob]])], by=boss)
    assert oncall.crew(weekly, MONDAY + 2 * WEEK) == (alice, charlie)
    alice.is_active = False
    alice.save()
    assert oncall.crew(weekly, MONDAY + 2 * WEEK) == (charlie,)
    assert [w.start for w in oncall.watches_of(charlie, MONDAY, MONDAY + 4 * WEEK)] == [MONDAY + 2 * WEEK]


def test_standing_in_for_one_of_a_turn_leaves_the_others(weekly, boss, alice, bob, charlie):
    layer = weekly.layers.newest().get()
    actions.change_roster(weekly, [actions.LayerChange(layer, crews=[[alice, charlie]])], by=boss)
    start = MONDAY + 2 * WEEK
    actions.add_override(weekly, by=boss, user=bob, replaces=alice, starts_at=start, ends_at=start + DAY)
    watch = oncall.load([weekly])[0].who(start)
    assert (watch.users, watch.instead_of) == ((bob, charlie), alice)


def test_a_removed_override_is_still_known_to_have_been(weekly, clock, boss, bob, charlie):
    start = MONDAY + 3 * DAY
    clock.shift(HOUR)
    made = actions.add_override(weekly, by=boss, user=charlie, starts_at=start, ends_at=start + DAY)
    clock.shift(HOUR)
    known = MONDAY + 2 * DAY + 2 * HOUR
    clock.shift(HOUR)
    assert actions.remove_override(made.pk, by=boss) is None
    assert not Override.objects.filter(pk=made.pk).exists()
    assert names(weekly, start, start + HOUR) == ["alice"]
    assert names(weekly, start, start + HOUR, known_at=known) == ["charlie"]


def test_an_override_that_ends_early_was_known_to_last_longer(weekly, clock, boss, charlie):
    now = MONDAY + 2 * DAY
    made = actions.add_override(weekly, by=boss, user=charlie, starts_at=now, ends_at=now + DAY)
    clock.move_to(now + 2 * HOUR)
    assert actions.remove_override(made.pk, by=boss).ends_at == now + 2 * HOUR
    assert names(weekly, now, now + 3 * HOUR) == ["charlie", "alice"]
    assert names(weekly, now, now + 3 * HOUR, known_at=now + HOUR) == ["charlie"]


def test_only_who_may_change_the_roster_does(weekly, bob, charlie):
    with pytest.raises(PermissionDenied):
        actions.set_rota(weekly.layers.newest().get(), [charlie], by=bob)


def test_whoever_was_taken_out_of_a_rotation_is_its_guest_no_longer(weekly, clock, boss, alice, charlie):
    layer = weekly.layers.newest().get()
    actions.set_rota(layer, [charlie], by=boss)
    clock.move_to(MONDAY + 2 * WEEK)
    actions.set_rota(layer, [alice], by=boss)
    clock.move_to(MONDAY + 6 * WEEK)
    now = MONDAY + 6 * WEEK
    with pytest.raises(PermissionDenied):
        actions.add_override(weekly, by=charlie, user=charlie, starts_at=now, ends_at=now + DAY)


def test_two_versions_of_one_layer_at_one_time_are_refused_by_the_database(weekly):
    layer = weekly.layers.newest().get()
    layer.pk = None
    layer.save(force_insert=True)
    with pytest.raises(IntegrityError, match="layer_versions_one_at_a_time"):
        connection.check_constraints()


def test_an_end_before_the_change_counts_is_refused(weekly, boss):
    layer = weekly.layers.newest().get()
    with pytest.raises(ValidationError) as refusal:
        actions.change_roster(weekly, [actions.LayerChange(layer, {"ends_at": MONDAY + 3 * DAY})], by=boss)
    assert "ends_at" in refusal.value.message_dict
