"""Overrides: who may make and remove them, and what is refused with which words."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from teams import actions, oncall
from teams.models import EscalationPolicy, Override, Schedule
from tests import factories

HOUR = timedelta(hours=1)


@pytest.fixture
def primary(payments):
    return Schedule.objects.get(team=payments)


@pytest.fixture
def carol(payments):
    """A member of the team who manages nothing and is in no rotation."""
    user = factories.UserFactory(username="carol")
    payments.memberships.create(user=user)
    return user


def soon(hours=1):
    return timezone.now() + timedelta(hours=hours)


def test_a_manager_lets_anybody_stand_in(primary, alice, bob):
    made = actions.add_override(primary, by=alice, user=bob, starts_at=soon(1), ends_at=soon(3), reason=" dentist ")
    assert oncall.who(primary, soon(2)) == bob
    assert oncall.who(primary, soon(4)) == alice
    assert (made.created_by, made.reason) == (alice, "dentist")


@pytest.mark.parametrize(
    ("start", "end", "field", "words"),
    [
        (2, 1, "ends_at", "before it starts"),
        (1, 1, "ends_at", "before it starts"),
        (-5, -4, "ends_at", "over already"),
        (-5, 2, "starts_at", "in the past"),
        (1, 24 * 400, "ends_at", "more than a year"),
    ],
)
def test_an_impossible_span_names_the_field_and_the_fix(primary, alice, bob, start, end, field, words):
    now = timezone.now()
    with pytest.raises(ValidationError) as refusal:
        actions.add_override(primary, by=alice, user=bob, starts_at=now + start * HOUR, ends_at=now + end * HOUR)
    assert list(refusal.value.message_dict) == [field]
    assert words in refusal.value.message_dict[field][0]
    assert not Override.objects.exists()


def test_somebody_who_left_cannot_stand_in(primary, alice, bob):
    bob.is_active = False
    bob.save()
    with pytest.raises(ValidationError) as refusal:
        actions.add_override(primary, by=alice, user=bob, starts_at=soon(1), ends_at=soon(2))
    assert "deactivated" in refusal.value.message_dict["user"][0]


def test_a_start_of_a_few_minutes_ago_is_now_and_leaves_the_past_alone(primary, alice, bob):
    before = timezone.now()
    made = actions.add_override(primary, by=alice, user=bob, starts_at=before - timedelta(minutes=9), ends_at=soon(2))
    assert made.starts_at > before - timedelta(minutes=1)


def test_a_member_stands_in_but_does_not_put_others_in(primary, alice, bob, carol):
    actions.add_override(primary, by=carol, user=carol, starts_at=soon(1), ends_at=soon(2))
    with pytest.raises(ValidationError) as refusal:
        actions.add_override(primary, by=carol, user=bob, starts_at=soon(3), ends_at=soon(4))
    assert "user" in refusal.value.message_dict


def test_a_member_hands_over_duty_of_their_own(payments, alice, bob, carol):
    rotation = factories.schedule(payments, [carol], name="Secondary")
    actions.add_override(rotation, by=carol, user=bob, starts_at=soon(1), ends_at=soon(2))
    assert oncall.who(rotation, soon(1.5)) == bob
    with pytest.raises(ValidationError):
        # This hour is bob's by now.
        actions.add_override(rotation, by=carol, user=alice, starts_at=soon(1), ends_at=soon(2))


def test_an_outsider_may_nothing(primary, charlie):
    with pytest.raises(PermissionDenied):
        actions.add_override(primary, by=charlie, user=charlie, starts_at=soon(1), ends_at=soon(2))
    assert not Override.objects.exists()


def test_removing_what_has_not_begun_brings_the_earlier_override_back(primary, alice, bob, carol):
    actions.add_override(primary, by=alice, user=bob, starts_at=soon(1), ends_at=soon(4))
    later = actions.add_override(primary, by=alice, user=carol, starts_at=soon(2), ends_at=soon(3))
    assert oncall.who(primary, soon(2.5)) == carol
    assert actions.remove_override(later.pk, by=carol) is None
    assert oncall.who(primary, soon(2.5)) == bob


def test_removing_a_running_override_ends_it_and_keeps_the_past(primary, alice, bob):
    now = timezone.now()
    running = Override.objects.create(schedule=primary, user=bob, starts_at=now - HOUR, ends_at=now + HOUR)
    left = actions.remove_override(running.pk, by=alice)
    assert left is not None
    assert oncall.who(primary, now - HOUR / 2) == bob
    assert oncall.who(primary, timezone.now()) == alice


def test_removing_is_for_its_people_and_managers_and_only_once(primary, alice, bob, carol, charlie):
    made = actions.add_override(primary, by=alice, user=bob, starts_at=soon(1), ends_at=soon(2))
    for nobody in (carol, charlie):
        with pytest.raises(PermissionDenied):
            actions.remove_override(made.pk, by=nobody)
    actions.remove_override(made.pk, by=bob)
    with pytest.raises(ValidationError, match="already"):
        actions.remove_override(made.pk, by=bob)


def test_an_override_that_is_over_stays(primary, alice, bob):
    now = timezone.now()
    past = Override.objects.create(schedule=primary, user=bob, starts_at=now - 3 * HOUR, ends_at=now - HOUR)
    with pytest.raises(ValidationError, match="past"):
        actions.remove_override(past.pk, by=alice)
    assert not actions.may_remove(alice, past)


def test_the_order_of_a_rota_is_kept_even_with_somebody_twice(payments, alice, bob):
    layer = factories.schedule(payments, [alice], name="Two").layers.get()
    actions.set_rota(layer, [bob, alice, bob])
    assert [m.user for m in layer.rota.order_by("position")] == [bob, alice, bob]


def test_dropping_a_policy_leaves_another_one_alone(payments):
    used, other = payments.escalation_policy, EscalationPolicy.objects.create(team=payments, name="Other")
    actions.drop_policy(payments, other)
    payments.refresh_from_db()
    assert payments.escalation_policy == used
    actions.drop_policy(payments, used)
    payments.refresh_from_db()
    assert payments.escalation_policy is None
