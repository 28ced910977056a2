"""Whom an escalation pages next: a step at a time, and what it does when it finds nobody."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from teams.escalation import Policy, Step, Target, decide, from_json, plan, to_json
from teams.hours import Restriction

PRIMARY, BACKUP, TEAM, ALICE, ERIN = (
    Target("schedule", 1),
    Target("schedule", 2),
    Target("team", 1),
    Target("user", 7),
    Target("user", 9),
)
MINUTE = timedelta(minutes=1)
POLICY = Policy((Step(5 * MINUTE, (PRIMARY,)), Step(10 * MINUTE, (BACKUP, ALICE))), repeat=1, fallback_user_id=9)


def answers(**named):
    """A resolver from names such as schedule_1="alice bob"; everybody else resolves to nobody."""
    return lambda target: named.get(f"{target.kind}_{target.id}", "").split()


def walk(policy, resolve, most=50):
    """(people, level, loop, wait) of each page until the policy is exhausted."""
    level = loop = 0
    for _ in range(most):
        due = decide(policy, level, loop, resolve)
        if due.exhausted:
            return
        yield [person for person, _ in due.people], due.level, due.loop, due.delay // MINUTE
        level, loop = due.next_level, due.next_loop
    raise AssertionError("the policy never ends")


class TestPlan:
    def test_the_first_step_is_due_at_once_and_leads_to_the_second(self):
        due = plan(POLICY, 0, 0)
        assert (due.targets, due.delay, due.exhausted) == ((PRIMARY,), 5 * MINUTE, False)
        assert (due.next_level, due.next_loop) == (1, 0)

    def test_after_the_last_step_it_starts_over_then_is_exhausted(self):
        assert (plan(POLICY, 1, 0).next_level, plan(POLICY, 1, 0).next_loop) == (0, 1)
        last = plan(POLICY, 1, 1)
        assert last.targets == (BACKUP, ALICE)
        assert not last.exhausted
        end = plan(POLICY, last.next_level, last.next_loop)
        assert (end.exhausted, end.targets) == (True, ())

    def test_a_position_that_a_shorter_policy_no_longer_has_is_exhausted(self):
        assert plan(POLICY, 5, 0).exhausted
        assert plan(POLICY, 0, 2).exhausted
        with pytest.raises(ValueError, match="count from 0"):
            plan(POLICY, -1, 0)

    def test_without_steps_the_fallback_is_the_only_step(self):
        bare = Policy((), fallback_user_id=9)
        assert plan(bare, 0, 0).targets == (ERIN,)
        assert plan(bare, 1, 0).exhausted
        assert plan(Policy(()), 0, 0).exhausted

    def test_steps_without_delay_do_not_make_a_burst_of_rounds(self):
        hasty = Policy((Step(timedelta(0), (PRIMARY,)), Step(timedelta(0), (BACKUP,))), repeat=3)
        assert plan(hasty, 0, 0).delay == timedelta(0)
        assert plan(hasty, 1, 0).delay == MINUTE


class TestDecide:
    def test_everybody_is_on_call(self):
        everybody = answers(schedule_1="bob", schedule_2="carol", user_7="alice", user_9="erin")
        assert list(walk(POLICY, everybody)) == [
            (["bob"], 0, 0, 5),
            (["carol", "alice"], 1, 0, 10),
            (["bob"], 0, 1, 5),
            (["carol", "alice"], 1, 1, 10),
        ]

    def test_a_person_named_twice_is_paged_once_for_the_first_target(self):
        due = decide(POLICY, 1, 0, answers(schedule_2="alice", user_7="alice"))
        assert due.people == (("alice", BACKUP),)

    def test_a_team_is_all_its_people(self):
        policy = Policy((Step(MINUTE, (TEAM, PRIMARY)),))
        assert [p for p, _ in decide(policy, 0, 0, answers(team_1="bob carol", schedule_1="carol")).people] == [
            "bob",
            "carol",
        ]

    def test_a_gap_goes_to_the_fallback_at_once_and_is_told(self):
        due = decide(POLICY, 0, 0, answers(user_7="alice", user_9="erin"))
        assert due.people == (("erin", ERIN),)
        assert due.used_fallback
        assert due.empty == (PRIMARY,)
        assert (due.level, due.delay, due.next_level) == (0, 5 * MINUTE, 1)

    def test_a_gap_beside_somebody_is_told_but_needs_no_fallback(self):
        due = decide(POLICY, 1, 0, answers(user_7="alice", user_9="erin"))
        assert (due.people, due.used_fallback, due.empty) == ((("alice", ALICE),), False, (BACKUP,))

    def test_without_a_fallback_the_next_step_is_taken_at_once(self):
        due = decide(replace(POLICY, fallback_user_id=None), 0, 0, answers(user_7="alice"))
        assert due.people == (("alice", ALICE),)
        assert (due.level, due.loop, due.delay) == (1, 0, 10 * MINUTE)
        assert (due.next_level, due.next_loop) == (0, 1)
        assert due.empty == (PRIMARY, BACKUP)

    def test_a_fallback_who_has_left_is_told_and_passed_over(self):
        due = decide(POLICY, 0, 0, answers(user_7="alice"))
        assert due.people == (("alice", ALICE),)
        assert due.empty == (PRIMARY, ERIN, BACKUP)
        assert not due.used_fallback

    def test_an_empty_last_step_wraps_to_the_first(self):
        due = decide(replace(POLICY, fallback_user_id=None), 1, 0, answers(schedule_1="bob"))
        assert (due.people, due.level, due.loop) == ((("bob", PRIMARY),), 0, 1)

    def test_nobody_at_all_waits_and_looks_again_while_loops_are_left(self):
        alone = replace(POLICY, fallback_user_id=None)
        due = decide(alone, 0, 0, answers())
        assert (due.people, due.exhausted, due.delay) == ((), False, 10 * MINUTE)
        assert (due.next_level, due.next_loop) == (0, 1)
        later = decide(alone, due.next_level, due.next_loop, answers(schedule_1="bob"))
        assert [person for person, _ in later.people] == ["bob"]
        last = decide(alone, 0, 1, answers())
        assert (last.people, last.exhausted, last.empty) == ((), True, (PRIMARY, BACKUP, ALICE))

    def test_a_step_without_targets_goes_to_the_fallback(self):
        policy = Policy((Step(MINUTE, ()),), fallback_user_id=9)
        assert list(walk(policy, answers(user_9="erin"))) == [(["erin"], 0, 0, 1)]

    def test_a_policy_without_anything_is_exhausted(self):
        assert decide(Policy((), repeat=5), 0, 0, answers(user_9="erin")).exhausted
        assert list(walk(Policy((), repeat=1, fallback_user_id=9), answers(user_9="erin"))) == [
            (["erin"], 0, 0, 5),
            (["erin"], 0, 1, 5),
        ]

    @pytest.mark.parametrize("repeat", [0, 1, 20])
    def test_it_always_ends(self, repeat):
        everybody = answers(schedule_1="bob", schedule_2="carol")
        assert len(list(walk(replace(POLICY, repeat=repeat), everybody))) == 2 * (repeat + 1)
        assert len(list(walk(replace(POLICY, repeat=repeat), answers()))) == repeat


class TestSnapshot:
    def test_it_survives_the_database(self):
        assert from_json(json.loads(json.dumps(to_json(POLICY)))) == POLICY
        assert from_json(to_json(Policy(()))) == Policy(())

    def test_what_a_later_release_adds_is_ignored(self):
        assert from_json(to_json(POLICY) | {"colour": "blue"}) == POLICY

    @pytest.mark.parametrize(
        ("value", "field"),
        [
            (None, "policy:"),
            ({}, "steps:"),
            ({"steps": [], "repeat": -1}, "repeat:"),
            ({"steps": [], "repeat": True}, "repeat:"),
            ({"steps": [], "fallback_user_id": "9"}, "fallback_user_id:"),
            ({"steps": [7]}, "steps[0]:"),
            ({"steps": [{"targets": []}]}, "steps[0].delay_seconds:"),
            ({"steps": [{"delay_seconds": 10**9, "targets": []}]}, "steps[0].delay_seconds:"),
            ({"steps": [{"delay_seconds": 60}]}, "steps[0].targets:"),
            (
                {"steps": [{"delay_seconds": 60, "targets": [{"kind": "robot", "id": 1}]}]},
                "steps[0].targets[0].kind:",
            ),
            (
                {"steps": [{"delay_seconds": 60, "targets": [{"kind": ["x"], "id": 1}]}]},
                "steps[0].targets[0].kind:",
            ),
            ({"steps": [{"delay_seconds": 60, "targets": [{"kind": "user"}]}]}, "steps[0].targets[0].id:"),
        ],
    )
    def test_a_bad_one_names_the_field(self, value, field):
        with pytest.raises(ValueError) as caught:
            from_json(value)
        assert str(caught.value).startswith(field)


class TestConditions:
    OFFICE = Restriction(frozenset(range(5)), time(9), time(17))
    STEP = Step(5 * MINUTE, (PRIMARY,), worst_level=2, hours=(OFFICE,), zone="Europe/Berlin")
    MONDAY_TEN = datetime(2026, 11, 23, 9, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("severity", "at", "holds"),
        [
            (1, MONDAY_TEN, True),
            (2, MONDAY_TEN, True),
            (3, MONDAY_TEN, False),
            (None, MONDAY_TEN, True),
            (1, MONDAY_TEN.replace(hour=16), False),
            (1, MONDAY_TEN + timedelta(days=5), False),
        ],
    )
    def test_a_step_holds_for_its_severities_in_its_hours(self, severity, at, holds):
        assert self.STEP.holds(severity, at) is holds

    def test_hours_that_run_from_sunday_into_monday(self):
        night = Step(5 * MINUTE, (), hours=(Restriction(frozenset({6}), time(22), time(6)),))
        assert night.holds(None, datetime(2026, 11, 23, 5, tzinfo=UTC))
        assert not night.holds(None, datetime(2026, 11, 23, 6, tzinfo=UTC))

    def test_a_step_that_does_not_hold_is_passed_over_at_once(self):
        due = decide(POLICY, 0, 0, answers(schedule_1="alice", user_7="bob"), lambda step: step is not POLICY.steps[0])
        assert ([p for p, _ in due.people], due.passed, due.level) == (["bob"], (0,), 1)

    def test_where_no_step_holds_the_fallback_is_paged_rather_than_nobody(self):
        due = decide(POLICY, 0, 0, answers(schedule_1="alice", user_9="erin"), lambda step: False)
        assert ([p for p, _ in due.people], due.used_fallback) == (["erin"], True)
        assert not due.exhausted

    def test_a_snapshot_keeps_everything(self):
        policy = Policy((self.STEP,), 1, 9, timedelta(minutes=30))
        assert from_json(to_json(policy)) == policy
