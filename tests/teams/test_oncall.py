"""Who is on call, read from real rows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from teams import oncall
from teams.models import Layer, LayerMember, Override, Schedule
from tests import factories

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)


def at(**after: float) -> datetime:
    return MONDAY + timedelta(**after)


def test_people_take_turns_from_the_anchor(payments, alice, bob):
    rota = oncall.load([factories.schedule(payments, [alice, bob], name="Weekly")])[0]
    first, second = rota.who(at(days=1)), rota.who(at(days=8))
    assert {first.user, second.user} == {alice, bob}
    assert (second.start, second.end) == (at(days=7), at(days=14))
    assert rota.next_handoff(at(days=1)).at == at(days=7)


def test_an_override_wins_and_the_last_made_wins_over_it(payments, alice, bob, charlie):
    schedule = Schedule.objects.get(team=payments)
    for user, made in ((bob, at(days=-2)), (charlie, at(days=-1))):
        Override.objects.create(
            schedule=schedule, user=user, starts_at=at(hours=1), ends_at=at(hours=3), created_at=made
        )
    rota = oncall.load([schedule])[0]
    watches = rota.watches(MONDAY, at(hours=4))
    assert [(w.user, w.start, w.layer is None) for w in watches] == [
        (alice, MONDAY, False),
        (charlie, at(hours=1), True),
        (alice, at(hours=3), False),
    ]
    Override.objects.filter(user=charlie).delete()
    assert oncall.who(schedule, at(hours=2)) == bob


def test_who_left_is_not_called_and_the_others_keep_their_turns(payments, alice, bob):
    schedule = factories.schedule(payments, [alice, bob], name="Weekly")
    Override.objects.create(schedule=schedule, user=bob, starts_at=at(hours=1), ends_at=at(hours=3))
    turns = [w.user for w in oncall.load([schedule])[0].watches(MONDAY, at(days=21))]
    bob.is_active = False
    bob.save()
    assert oncall.who(schedule, at(hours=2)) is None
    left = oncall.load([schedule])[0].watches(MONDAY, at(days=21))
    assert [w.user for w in left] == turns


def test_a_rotation_without_people_is_a_gap(payments, alice):
    schedule = Schedule.objects.get(team=payments)
    alice.is_active = False
    alice.save()
    assert oncall.who(schedule, MONDAY) is None
    schedule.layers.get().rota.all().delete()
    rota = oncall.load([schedule])[0]
    assert rota.who(MONDAY) is None
    assert rota.gaps(MONDAY, at(days=1)) == [(MONDAY, at(days=1))]
    assert rota.next_handoff(MONDAY) is None


def test_a_higher_layer_wins_within_its_hours(payments, alice, bob):
    schedule = Schedule.objects.get(team=payments)
    office = Layer.objects.create(
        schedule=schedule,
        name="Office hours",
        position=1,
        anchor_date=MONDAY.date(),
        handoff_time="09:00",
        restrictions=[{"weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}],
    )
    LayerMember.objects.create(layer=office, user=bob)
    rota = oncall.load([schedule])[0]
    assert [rota.who(at(hours=h)).user for h in (0, 7, 8, 24)] == [bob, bob, alice, bob]
    assert [layer.name for layer, _ in rota.layer_watches(MONDAY, at(days=1))] == ["Primary", "Office hours"]


@pytest.mark.parametrize("count", [1, 10])
def test_it_costs_the_same_queries_for_one_schedule_and_for_ten(payments, alice, bob, count, django_assert_num_queries):
    for n in range(count):
        made = factories.schedule(payments, [alice, bob], name=f"S{n}")
        Override.objects.create(schedule=made, user=bob, starts_at=MONDAY, ends_at=at(hours=1))
    schedules = list(Schedule.objects.filter(name__startswith="S"))
    assert len(schedules) == count
    with django_assert_num_queries(5):
        rotas = oncall.load(schedules)
        found = [rota.who(at(minutes=30)) for rota in rotas]
    assert {w.user for w in found} == {bob}


def test_unsaved_rows_make_a_rota_without_touching_the_database(payments, alice, django_assert_num_queries):
    schedule = Schedule(team=payments, name="Draft", time_zone="Europe/Berlin")
    layer = Layer(pk=-1, schedule=schedule, anchor_date=MONDAY.date(), handoff_time=datetime(2026, 1, 1, 9).time())
    layer.rota_members = [LayerMember(user=alice)]
    with django_assert_num_queries(0):
        rota = oncall.rota_of(schedule, [layer], [])
        assert rota.who(at(days=1)).user == alice
        assert rota.who(at(days=-1)) is None


def test_my_watches_come_from_every_schedule_in_order(payments, search, alice, bob, charlie):
    now = timezone.now()
    Override.objects.create(
        schedule=factories.schedule(search, [charlie]),
        user=alice,
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    mine = oncall.watches_of(alice, now, now + timedelta(days=3))
    assert [w.schedule.team for w in mine] == [payments, search]
    assert oncall.watches_of(bob, now, now + timedelta(days=3)) == []
