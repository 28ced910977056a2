"""The calendar that people read: what it shows, and what picking a time on it leads to."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from teams import actions, oncall
from teams.calendar import Calendar, month_of
from teams.models import ImportedShift, LayerMember, Override, Schedule, Swap, TimeOff
from tests import factories

NOW = datetime(2027, 3, 23, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    """A Tuesday in the week before Easter in which Berlin's clocks go forward."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def berlin(payments, alice, bob):
    """Bob and Alice by the week, from Mondays at nine; Bob has the week of `clock`, from the 22nd."""
    made = factories.schedule(payments, [bob, alice], name="Berlin", time_zone="Europe/Berlin")
    made.country = "DE"
    made.save()
    return made


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def text(response):
    return " ".join(response.content.decode().split())


def url(schedule):
    return f"/schedules/{schedule.pk}/"


def on(schedule, user, start, hours, **more):
    return Override.objects.create(
        schedule=schedule, user=user, starts_at=start, ends_at=start + timedelta(hours=hours), **more
    )


def lanes(page, kind):
    return [lane for week in page.context["calendar"].weeks for lane in week.lanes if lane.kind == kind]


def names(lane):
    return [bar.words.name for bar in lane.bars]


def test_a_week_has_the_final_schedule_first_and_the_layers_last(clock, as_bob, berlin, alice):
    on(berlin, alice, NOW + timedelta(days=1), 4)
    page = as_bob.get(url(berlin))
    (week,) = page.context["calendar"].weeks
    assert [lane.kind for lane in week.lanes] == ["final", "override", "layer"]
    assert names(week.lanes[0]) == ["Alice", "Bob", "Alice", "Bob"]
    assert [tick.label for tick in week.scales[0].ticks][1:4] == ["06", "12", "18"]
    assert week.now is not None


def test_a_month_is_the_whole_calendar_month(clock, as_bob, berlin):
    page = as_bob.get(url(berlin), {"view": "month", "from": "2027-02-10"})
    calendar = page.context["calendar"]
    assert (calendar.first, calendar.last) == (date(2027, 2, 1), date(2027, 2, 28))
    assert month_of(date(2027, 3, 23)) == (date(2027, 3, 1), 5)
    assert (page.context["look"].back, page.context["look"].on) == (date(2027, 1, 1), date(2027, 3, 1))
    assert "February 2027" in text(page)


def test_the_day_that_loses_an_hour_is_drawn_shorter_and_said(clock, as_bob, berlin):
    page = as_bob.get(url(berlin), {"zone": "Europe/Berlin"})
    (week,) = page.context["calendar"].weeks
    assert [day.hours for day in week.days] == [""] * 6 + ["23"]
    assert "Clocks go forward on Sun 28 Mar, 02:00, to 03:00." in text(page)
    day = [tick.left for tick in week.scales[0].ticks if tick.kind == "day"]
    assert day[1] - day[0] == pytest.approx(24 / 167 * 100, abs=0.01)
    assert 100 - day[6] == pytest.approx(23 / 167 * 100, abs=0.01)


def test_public_holidays_of_the_schedules_country_are_in_the_head(clock, as_bob, berlin):
    page = as_bob.get(url(berlin))
    holidays = {day.date: day.holiday for day in page.context["calendar"].weeks[0].days if day.holiday}
    assert holidays == {date(2027, 3, 26): "Good Friday"}
    assert "Fri 26 Mar is Good Friday." in text(page)


def test_two_clocks_have_their_hours_one_above_the_other(clock, as_bob, berlin):
    page = as_bob.get(url(berlin), {"zone": "Asia/Tokyo"})
    assert [scale.place for scale in page.context["calendar"].weeks[0].scales] == ["Tokyo", "Berlin"]
    fact = next(fact for fact in page.context["calendar"].facts if fact.now)
    assert (fact.begin_text, fact.also) == (
        "Mon 22 Mar, 17:00",
        "Mon 22 Mar, 09:00 to Mon 29 Mar, 09:00",
    )


def test_several_people_of_a_shift_and_whom_somebody_stands_in_for_are_named(clock, as_bob, berlin, alice, bob):
    charlie, dana = factories.UserFactory(first_name="Charlie"), factories.UserFactory(first_name="Dana")
    LayerMember.objects.create(layer=berlin.layers.get(), user=dana, position=0)
    on(berlin, charlie, NOW + timedelta(days=1), 4, replaces=bob)
    page = as_bob.get(url(berlin))
    (final,) = lanes(page, "final")
    assert "Bob, Dana" in names(final)
    assert "Charlie for Bob, Dana" in names(final)
    assert names(*lanes(page, "override")) == ["Charlie for Bob"]


def test_an_imported_calendar_is_a_layer(clock, as_bob, payments, alice):
    empty = Schedule.objects.create(team=payments, name="Fed", time_zone="UTC")
    ImportedShift.objects.create(schedule=empty, user=alice, starts_at=NOW, ends_at=NOW + timedelta(hours=5))
    page = as_bob.get(url(empty))
    (layer,) = lanes(page, "layer")
    assert (layer.label, names(layer)) == ("Imported calendar", ["Alice"])


def test_being_on_call_while_away_is_marked_and_cover_is_one_step_away(clock, as_bob, berlin, bob, alice):
    TimeOff.objects.create(user=bob, starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=2))
    TimeOff.objects.create(user=alice, starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=2))
    page = as_bob.get(url(berlin))
    assert "On call while away" in text(page)
    assert [clash.user for clash in page.context["calendar"].clashes] == [bob]
    assert [mark.kind for mark in lanes(page, "final")[0].marks] == ["away"]
    assert {lane.label for lane in lanes(page, "away")} == {"Alice away", "Bob away"}
    assert f"replaces={bob.pk}&amp;starts_at=2027-03-24T12%3A00%3A00%2B00%3A00" in text(page)


def test_only_swaps_that_wait_for_an_answer_are_marked(clock, as_bob, berlin, bob, alice):
    for n, state in enumerate(Swap.State.values):
        Swap.objects.create(
            schedule=berlin,
            user=bob,
            asked=alice if state == "open" else None,
            starts_at=NOW + timedelta(hours=24 + n),
            ends_at=NOW + timedelta(hours=25 + n),
            state=state,
        )
    page = as_bob.get(url(berlin))
    assert names(*lanes(page, "swap")) == ["Bob asks Alice"]
    assert [mark.kind for mark in lanes(page, "final")[0].marks] == ["swap"]
    assert "Bob asks for a swap" in text(page)


def test_a_gap_has_a_word(clock, as_bob, berlin):
    layer = berlin.layers.get()
    layer.restrictions = [{"weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}]
    layer.save()
    page = text(as_bob.get(url(berlin)))
    assert "Nobody is on call at some time in this picture" in page
    assert 'data-first="Nobody" data-short="gap"' in page


def test_a_time_that_was_picked_is_in_the_form_without_a_script(clock, as_bob, berlin, bob):
    start, end = NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2)
    given = {"starts_at": start.isoformat(), "ends_at": end.isoformat(), "zone": "Europe/Berlin"}
    page = as_bob.get(url(berlin), given)
    assert page.context["there"] == [("Bob", "Wed 24 Mar, 13:00 to Wed 24 Mar, 15:00")]
    assert 'value="2027-03-24T13:00"' in text(page)
    assert "data-wanted" in text(page)
    assert "data-wanted" not in text(as_bob.get(url(berlin)))


def test_what_is_refused_opens_again_with_what_was_typed(clock, as_bob, berlin, bob):
    typed = {"starts_at": "2027-03-24T13:00", "ends_at": "2027-03-24T12:00", "zone": "Europe/Berlin", "reason": "Bus"}
    page = as_bob.post(url(berlin), typed | {"user": bob.pk})
    assert page.status_code == 422
    assert "data-wanted" in text(page)
    assert all(f'value="{typed[name]}"' in text(page) for name in ("starts_at", "ends_at", "reason"))


def test_somebody_stands_in_for_one_of_two(clock, as_bob, berlin, alice, bob):
    dana = factories.UserFactory(first_name="Dana")
    LayerMember.objects.create(layer=berlin.layers.get(), user=dana, position=0)
    typed = {"starts_at": "2027-03-24T13:00", "ends_at": "2027-03-24T15:00", "zone": "Europe/Berlin", "reason": "Bus"}
    done = as_bob.post(url(berlin), typed | {"user": bob.pk, "replaces": dana.pk})
    assert done.status_code == 302
    made = Override.objects.get()
    assert (made.user, made.replaces, made.starts_at.hour) == (bob, dana, 12)


def test_asking_for_a_swap_takes_the_time_along(clock, as_bob, berlin):
    typed = {"starts_at": "2027-03-24T13:00", "ends_at": "2027-03-24T15:00", "zone": "Europe/Berlin", "do": "swap"}
    where = urlsplit(as_bob.post(url(berlin), typed).headers["Location"])
    assert where.path == f"{url(berlin)}swaps/new/"
    assert parse_qs(where.query) == {
        "starts_at": ["2027-03-24T12:00:00+00:00"],
        "ends_at": ["2027-03-24T14:00:00+00:00"],
    }
    assert not Override.objects.exists()


def test_an_outsider_has_nothing_to_pick(clock, client, charlie, berlin):
    client.force_login(charlie)
    page = text(client.get(url(berlin)))
    assert "data-pick" not in page
    assert "Find cover" not in page


def test_the_roster_as_it_was_known_before_a_change_can_only_be_read(as_bob, berlin, alice, bob):
    before = timezone.now()
    made = on(berlin, alice, before + timedelta(minutes=1), 2)
    with time_machine.travel(before + timedelta(hours=1)):
        actions.remove_override(made.pk, by=None)
        known = f"{before + timedelta(minutes=30):%Y-%m-%dT%H:%M}"
        page = as_bob.get(url(berlin), {"known": known, "zone": "UTC"})
        assert lanes(page, "override")
        assert "As known on" in text(page)
        assert "data-pick" not in text(page)
        tomorrow = f"{before + timedelta(days=1):%Y-%m-%dT%H:%M}"
        assert "As known on" not in text(as_bob.get(url(berlin), {"known": tomorrow, "zone": "UTC"}))


def test_a_change_of_the_roster_to_come_is_told(as_bob, berlin, alice, bob):
    actions.set_rota(berlin.layers.get(), [alice, bob, factories.UserFactory(first_name="Dana")], by=None)
    page = text(as_bob.get(url(berlin)))
    assert "changes: Alice, Bob, Dana, every week from 09:00." in page


def test_the_past_can_not_be_picked(clock, as_bob, berlin):
    past, ahead = (text(as_bob.get(url(berlin), {"from": day})) for day in ("2027-03-01", "2027-03-30"))
    assert ("Z#override" in past, "Z#override" in ahead) == (False, True)


def test_the_midnights_of_a_month_stand_below_one_another_over_a_clock_change(clock, berlin):
    calendar = Calendar(oncall.load([berlin])[0], date(2027, 3, 1), 5, "Europe/Berlin", NOW, month=NOW.date())
    sundays = [calendar.place(calendar.midnights[7 * n + 6], n) for n in range(5)]
    assert sundays == pytest.approx([600 / 7] * 5, abs=0.01)


def test_names_of_people_and_layers_are_no_markup(clock, as_bob, berlin, alice, bob):
    """The lanes and the list are written without a template, and so without its escaping."""
    bob.first_name, evil = "<i>Bob\"'&", "&lt;i&gt;Bob&quot;&#x27;&amp;"
    bob.save()
    berlin.layers.update(name="<u>Weekly")
    on(berlin, alice, NOW + timedelta(days=1), 4, replaces=bob)
    TimeOff.objects.create(user=bob, starts_at=NOW, ends_at=NOW + timedelta(days=2))
    Swap.objects.create(schedule=berlin, user=bob, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    page = as_bob.get(url(berlin)).content.decode()
    assert f"Alice for {evil}" in page
    assert f"{evil} asks anyone" in page
    assert f"{evil} is away" in page
    assert "<i>Bob" not in page
    assert "<u>Weekly" not in page


def test_a_turn_without_an_end_in_sight_does_not_claim_one(clock, as_bob, payments, alice):
    page = as_bob.get(url(factories.schedule(payments, [alice], name="Alone")))
    (bar,) = lanes(page, "final")[0].bars
    assert bar.title == "Alice: earlier to later (Primary)"
    (fact,) = page.context["calendar"].facts
    assert (fact.begin, fact.end) == (None, None)
    assert "data-cover" not in text(page)


def test_the_form_offers_nobody_who_left(clock, as_bob, berlin, alice, bob):
    gone = factories.UserFactory(username="gone", is_active=False)
    page = text(as_bob.get(url(berlin)))
    assert f'<option value="{alice.pk}">Alice</option>' in page
    assert f'value="{gone.pk}"' not in page
