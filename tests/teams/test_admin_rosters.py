"""A roster is changed in the administration: from a moment on, without touching the past or the running shift."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from teams import actions, oncall
from teams.admin.schedule.patterns import PATTERNS, filled_in
from teams.models import Layer, Override, Schedule
from tests import factories
from tests.sweeps import WHOLE
from tests.teams.test_admin import OVERRIDES, layer, rows, text

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY + DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(clock, db):
    return factories.UserFactory(username="boss", role="owner")


@pytest.fixture
def as_boss(client, boss):
    client.force_login(boss)
    return client


@pytest.fixture
def weekly(clock, payments, alice, bob) -> Schedule:
    """Alice and Bob by weeks; Alice's runs until `MONDAY` + a week."""
    made = factories.schedule(payments, [alice, bob], name="Weekly", anchor_date=(MONDAY - 8 * WEEK).date())
    clock.shift(HOUR)
    return made


def url_of(schedule, page="change"):
    return reverse(f"admin:teams_schedule_{page}", args=[schedule.pk])


def form_of(schedule, people, overrides=(), **more):
    """The page of a schedule with one layer, with other people in it."""
    row = schedule.layers.newest().get()
    given = layer(people, name=row.name, id=row.pk, schedule=schedule.pk, anchor_date=str(row.anchor_date))
    given |= more.pop("layer", {})
    saved = schedule.overrides.filter(pk__in=[o["id"] for o in overrides if "id" in o]).count()
    return {
        "team": schedule.team_id,
        "name": schedule.name,
        "time_zone": "UTC",
        "effect": "next",
        **rows("layers", [given, *more.pop("others", [])], saved=1),
        **rows(OVERRIDES, list(overrides), saved=saved),
        **more,
    }


def names(schedule, start=MONDAY - WEEK, weeks=5):
    return [
        " ".join(u.username for u in w.users) for w in oncall.load([schedule])[0].watches(start, start + weeks * WEEK)
    ]


def test_a_change_waits_for_the_running_shift_and_the_page_says_whose_it_is(as_boss, weekly, alice, bob, charlie):
    assert "When the running shift ends: Mon 30 Nov 09:00, Alice" in text(as_boss.get(url_of(weekly)))
    form = form_of(weekly, [charlie, bob])
    page = text(as_boss.post(url_of(weekly, "preview"), form))
    said = "Until Mon 30 Nov 09:00 as before; then Charlie and Bob in weekly turns, handing over on Mondays at 09:00."
    assert said in page
    assert names(weekly) == ["bob", "alice", "bob", "alice", "bob"]
    assert as_boss.post(url_of(weekly), form).status_code == 302
    assert names(weekly) == ["bob", "alice", "bob", "charlie", "bob"]


def test_a_change_takes_effect_when_it_is_told_to(as_boss, weekly, charlie):
    form = form_of(weekly, [charlie], effect="at", effective_at="2026-12-07T09:00")
    assert as_boss.post(url_of(weekly), form).status_code == 302
    assert names(weekly) == ["bob", "alice", "bob", "charlie"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"effective_at": "2026-11-25T09:00"},
            "The shift of Alice runs until 2026-11-30 09:00 (UTC) and stays as it is.",
        ),
        ({"effective_at": ""}, "Give the date and time at which the change takes effect."),
        (
            {"layer": {"ends_at": "2026-11-26T09:00"}, "effect": "next"},
            "The change counts from 2026-11-30 09:00 (UTC).",
        ),
    ],
)
def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(as_boss, weekly, charlie, given, words):
    form = form_of(weekly, [charlie], **{"effect": "at", **given}, name="Another name")
    answer = as_boss.post(url_of(weekly), form)
    assert answer.status_code == 200
    assert words in text(answer)
    assert 'class="errorlist"' in text(answer)
    assert "Another name" in text(answer)
    assert f'<option value="{charlie.pk}" selected>' in text(answer)
    assert words in text(as_boss.post(url_of(weekly, "preview"), form))
    weekly.refresh_from_db()
    assert weekly.name == "Weekly"
    assert "charlie" not in names(weekly)


def test_several_stand_one_shift(as_boss, weekly, alice, bob, charlie):
    form = form_of(weekly, [alice, charlie, bob], layer={"rota-with": ["1"]})
    assert as_boss.post(url_of(weekly), form).status_code == 302
    assert names(weekly, MONDAY + WEEK, 3) == ["bob", "alice charlie", "bob"]
    page = text(as_boss.get(url_of(weekly)))
    assert '<input type="checkbox" name="layers-0-rota-with" value="1" checked>' in page
    assert "From Mon 30 Nov 09:00, pending:</span> Alice with Charlie and Bob in weekly turns" in page


def test_an_empty_row_between_people_moves_nobody_to_another_shift(as_boss, weekly, alice, bob, charlie):
    form = form_of(weekly, [])
    form["layers-0-rota"] = [alice.pk, "", bob.pk, charlie.pk]
    form["layers-0-rota-with"] = ["3"]
    as_boss.post(url_of(weekly), form)
    crews = [m.position for m in weekly.layers.newest().get().rota.order_by("pk")]
    assert crews == [0, 1, 1]


def test_a_layer_has_its_own_clock_hours_and_holidays(as_boss, weekly, alice):
    more = {"kind": "hour", "every": 12, "handoff_time": "08:00", "time_zone": "Asia/Tokyo", "holidays": "off"}
    hours = {
        "restrictions-0-day": ["0", "1"],
        "restrictions-0-start": "08:00",
        "restrictions-0-end": "12:00",
        "restrictions-1-day": ["0"],
        "restrictions-1-start": "13:00",
        "restrictions-1-end": "17:00",
    }
    form = form_of(weekly, [alice], others=[layer([alice], name="Days", **more, **hours)], country="JP")
    assert as_boss.post(url_of(weekly), form).status_code == 302
    made = weekly.layers.newest().get(name="Days")
    assert (made.kind, made.every, made.time_zone, made.holidays, len(made.restrictions)) == (
        *("hour", 12, "Asia/Tokyo", "off", 2),
    )
    assert Schedule.objects.get(pk=weekly.pk).country == "JP"


def test_the_zone_and_the_layers_change_together(as_boss, weekly, charlie):
    before = [(w.start, w.user) for w in oncall.load([weekly])[0].watches(MONDAY - WEEK, MONDAY + WEEK)]
    assert as_boss.post(url_of(weekly), form_of(weekly, [charlie], time_zone="Asia/Tokyo")).status_code == 302
    rota = oncall.load([Schedule.objects.get(pk=weekly.pk)])[0]
    assert [(w.start, w.user) for w in rota.watches(MONDAY - WEEK, MONDAY + WEEK)] == before
    assert rota.who(MONDAY + WEEK + DAY).end == datetime(2026, 12, 7, 0, tzinfo=UTC)


def test_a_pending_change_is_shown_and_taken_back(as_boss, clock, weekly, charlie):
    before = names(weekly)
    as_boss.post(url_of(weekly), form_of(weekly, [charlie]))
    clock.shift(HOUR)
    page = text(as_boss.get(url_of(weekly)))
    assert "Pending: what is below counts from Mon 30 Nov 09:00." in page
    assert "Until Mon 30 Nov 09:00:</span>" not in page
    assert "until Mon 30 Nov 09:00:</span> Alice and Bob in weekly turns" in page
    row = weekly.layers.newest().get()
    undo = reverse("admin:teams_schedule_withdraw", args=[weekly.pk, row.pk])
    assert f'action="{undo}"' in page
    assert as_boss.get(undo).status_code == 405
    assert "The pending change of Primary is taken back." in text(as_boss.post(undo, follow=True))
    assert names(weekly) == before
    assert "No change of this layer is pending" in text(as_boss.post(undo, follow=True))


def test_who_adds_to_a_pending_change_does_not_bring_it_forward(as_boss, clock, weekly, alice, charlie):
    later = {"effect": "at", "effective_at": "2026-12-14T09:00"}
    as_boss.post(url_of(weekly), form_of(weekly, [charlie], **later))
    clock.shift(HOUR)
    page = text(as_boss.get(url_of(weekly)))
    assert 'value="2026-12-14T09:00"' in page
    assert "A change is pending from this time: leave it to add to that one." in page
    as_boss.post(url_of(weekly), form_of(weekly, [alice, charlie], **later))
    assert names(weekly) == ["bob", "alice", "bob", "alice", "charlie"]


def test_another_teams_manager_takes_nothing_back(client, clock, weekly, boss, charlie, search):
    row = weekly.layers.newest().get()
    actions.set_rota(row, [charlie], by=boss)
    client.force_login(charlie)
    assert client.post(reverse("admin:teams_schedule_withdraw", args=[weekly.pk, row.pk])).status_code == 403
    assert "charlie" in names(weekly)


def test_a_deleted_layer_ends_and_keeps_its_past(as_boss, weekly, alice, bob):
    row = weekly.layers.newest().get()
    form = form_of(weekly, [alice, bob], layer={"DELETE": "on"})
    assert as_boss.post(url_of(weekly), form).status_code == 302
    row.refresh_from_db()
    assert row.ends_at == MONDAY + WEEK
    assert names(weekly) == ["bob", "alice"]


def test_an_override_is_taken_back_with_its_history_and_never_rewritten(
    as_boss, clock, weekly, boss, alice, bob, charlie
):
    made = actions.add_override(
        weekly, by=boss, user=charlie, starts_at=MONDAY + 2 * DAY, ends_at=MONDAY + 3 * DAY, reason="Dentist"
    )
    known = MONDAY + DAY + 90 * timedelta(minutes=1)
    clock.shift(HOUR)
    changed = {"id": made.pk, "schedule": weekly.pk, "user": bob.pk, "reason": "Another"}
    assert as_boss.post(url_of(weekly), form_of(weekly, [alice, bob], [changed])).status_code == 302
    made.refresh_from_db()
    assert (made.user, made.reason) == (charlie, "Dentist")
    form = form_of(weekly, [alice, bob], [{**changed, "DELETE": "on"}])
    assert as_boss.post(url_of(weekly), form).status_code == 302
    assert not weekly.overrides.filter(known_until=None).exists()
    assert oncall.load([weekly], known_at=known)[0].who(MONDAY + 2 * DAY + HOUR).user == charlie


def test_somebody_stands_in_for_one_of_a_shift(as_boss, weekly, alice, bob, charlie):
    stands_in = {
        "user": charlie.pk,
        "replaces": alice.pk,
        "starts_at": "2026-11-26T09:00",
        "ends_at": "2026-11-27T09:00",
    }
    assert as_boss.post(url_of(weekly), form_of(weekly, [alice, bob], [stands_in])).status_code == 302
    made = Override.objects.get()
    assert (made.user, made.replaces, made.created_by.username) == (charlie, alice, "boss")


def test_what_an_action_refuses_of_an_override_stands_in_its_row(as_boss, weekly, alice, bob, charlie):
    past = {"user": charlie.pk, "starts_at": "2026-11-23T09:00", "ends_at": "2026-11-27T09:00", "reason": "Typed"}
    form = form_of(weekly, [charlie, bob], [past])
    page = text(as_boss.post(url_of(weekly), form))
    assert "That is in the past, which stays as it was. Start now or later." in page
    assert "Typed" in page
    assert not Override.objects.exists()
    assert "charlie" not in names(weekly)
    assert "That is in the past" in text(as_boss.post(url_of(weekly, "preview"), form))


def test_a_page_that_changes_nothing_leaves_no_trace(as_boss, weekly, alice, bob):
    count = Layer.history.count()
    assert as_boss.post(url_of(weekly), form_of(weekly, [alice, bob])).status_code == 302
    assert Layer.history.count() == count
    assert "What changes" not in text(as_boss.post(url_of(weekly, "preview"), form_of(weekly, [alice, bob])))


def test_deleting_a_schedule_says_what_goes_with_it(as_boss, payments):
    schedule = payments.schedules.get()
    page = text(as_boss.get(url_of(schedule, "delete")))
    assert "nobody can ask any more who was on call" in page
    assert "Payments · Default" in page
    assert as_boss.post(url_of(schedule, "delete"), {"post": "yes"}).status_code == 302
    assert not payments.schedules.exists()


def test_a_name_that_is_taken_is_refused_at_the_name(as_boss, weekly, alice):
    form = form_of(weekly, [alice], name="Primary")
    answer = as_boss.post(url_of(weekly), form)
    assert answer.status_code == 200
    assert "already exists" in text(answer)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"] if WHOLE else ["Europe/Berlin"])
def test_every_pattern_covers_a_year_without_a_gap(as_boss, payments, alice, bob, pattern, zone):
    given = []
    for values in filled_in(pattern, MONDAY.date()):
        hours = {}
        if "hours" in values:
            days, start, end = values.pop("hours").split(" ")
            hours = {"restrictions-0-day": days.split(","), "restrictions-0-start": start, "restrictions-0-end": end}
        given.append(layer([alice, bob], **{"name": "Primary", **values}, **hours))
    form = {"team": payments.pk, "name": "Main", "time_zone": zone, **rows("layers", given), **rows(OVERRIDES, [])}
    assert as_boss.post("/admin/teams/schedule/add/", form).status_code == 302
    rota = oncall.load([Schedule.objects.get(name="Main")])[0]
    assert rota.gaps(MONDAY + 2 * DAY, MONDAY + 365 * DAY) == []
