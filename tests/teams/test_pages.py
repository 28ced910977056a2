"""The console's team pages: what they say, whom they let change what, and what they cost."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from teams import calendar, oncall
from teams.calendar import Calendar
from teams.models import Override, Schedule
from tests import factories


@pytest.fixture
def primary(payments):
    return Schedule.objects.get(team=payments)


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def text(response):
    return " ".join(response.content.decode().split())


def posted(start, end, zone="UTC", **more):
    clock = [m.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") for m in (start, end)]
    return {"starts_at": clock[0], "ends_at": clock[1], "zone": zone, "reason": "", **more}


@pytest.mark.parametrize("url", ["/teams/", "/teams/payments/", "/on-call/"])
def test_signing_in_comes_first(client, payments, url):
    assert client.get(url).headers["Location"].startswith(reverse("account_login"))


def test_the_list_says_who_is_on_call_and_finds_by_person_and_service(as_bob, payments, search, checkout):
    assert "Alice" in text(as_bob.get("/teams/"))
    for words, found in (("check", "Payments"), ("charl", "Search"), ("SEARCH", "Search")):
        page = as_bob.get("/teams/", {"q": words})
        assert [r["team"].name for r in page.context["rows"]] == [found]
    assert [r["team"].name for r in as_bob.get("/teams/", {"mine": "1"}).context["rows"]] == ["Payments"]
    assert "No team matches" in text(as_bob.get("/teams/", {"q": "nothing like it"}))


def test_the_list_has_pages(as_bob, payments):
    for _ in range(30):
        factories.TeamFactory()
    first, second = as_bob.get("/teams/"), as_bob.get("/teams/", {"page": 2})
    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 6)
    assert "Page 1 of 2" in text(first)


def grow(payments, people, count):
    """`count` more of everything that these pages show."""
    now = timezone.now()
    for n in range(count):
        team = factories.TeamFactory(people=people)
        factories.policy(team, [factories.schedule(team, people)], people, fallback=people[0])
        factories.ServiceFactory(team=team)
        factories.ServiceFactory(team=payments)
        payments.memberships.create(user=factories.UserFactory())
        made = factories.schedule(payments, people, name=f"{team.name} too")
        Override.objects.create(schedule=made, user=people[0], starts_at=now, ends_at=now + timedelta(hours=n + 1))


@pytest.mark.parametrize("url", ["/teams/", "/teams/payments/", "/on-call/", "/schedules/{pk}/"])
def test_a_page_costs_the_same_queries_however_much_it_shows(
    as_bob, payments, primary, alice, bob, url, django_assert_max_num_queries
):
    url = url.format(pk=primary.pk)
    grow(payments, [bob, alice], 1)
    with django_assert_max_num_queries(30) as few:
        as_bob.get(url)
    grow(payments, [bob, alice], 8)
    with django_assert_max_num_queries(len(few)):
        as_bob.get(url)


def test_the_team_page_shows_people_services_policy_and_handoff(as_bob, payments, checkout):
    page = text(as_bob.get("/teams/payments/"))
    for words in ("Alice", "Manager", "Checkout", "At once: whoever is on call in Payments · Primary."):
        assert words in page
    assert "After 5 min: Bob." in page
    assert "/incidents/?team=payments" in page
    assert as_bob.get("/teams/nowhere/").status_code == 404


def test_a_schedule_shows_names_gaps_and_the_same_facts_as_a_list(as_bob, primary):
    layer = primary.layers.get()
    layer.restrictions = [{"weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}]
    layer.save()
    page = as_bob.get(f"/schedules/{primary.pk}/", {"view": "week", "from": "2027-03-24", "zone": "UTC"})
    facts = page.context["calendar"].facts
    assert next(f.begin_text for f in facts if f.user) == "Mon 22 Mar 2027, 09:00"
    assert sum(f.user is None for f in facts) == 6
    assert "Nobody" in text(page)
    assert "data-gap" in text(page)


def test_the_reader_sees_their_own_zone_with_the_schedules_beside_it(as_bob, bob, primary):
    bob.time_zone = "Asia/Tokyo"
    bob.save()
    page = as_bob.get(f"/schedules/{primary.pk}/", {"view": "week"})
    assert page.context["calendar"].zone == "Asia/Tokyo"
    assert "the schedule runs on UTC" in text(page)
    assert "show in UTC" in text(page)
    there = as_bob.get(f"/schedules/{primary.pk}/", {"zone": "UTC"})
    assert there.context["calendar"].zone == "UTC"
    assert as_bob.get(f"/schedules/{primary.pk}/", {"zone": "Mars/Base", "from": "x"}).status_code == 200


def test_an_override_is_read_on_the_clock_that_the_page_shows(as_bob, bob, primary):
    start = (timezone.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    data = posted(start, start + timedelta(hours=4), zone="America/New_York", user=bob.pk)
    answer = as_bob.post(f"/schedules/{primary.pk}/?view=week", data)
    assert answer.status_code == 302
    made = Override.objects.get()
    assert (made.starts_at, made.created_by) == (start, bob)


def test_a_refused_override_keeps_what_was_typed_and_explains(as_bob, bob, alice, primary):
    start = timezone.now() + timedelta(days=2)
    answer = as_bob.post(
        f"/schedules/{primary.pk}/", posted(start, start - timedelta(hours=1), user=bob.pk, reason="Dentist")
    )
    page = text(answer)
    assert answer.status_code == 422
    assert "It ends before it starts" in page
    assert 'value="Dentist"' in page
    again = as_bob.post(
        f"/schedules/{primary.pk}/",
        posted(start, start + timedelta(hours=1), user=factories.UserFactory().pk),
    )
    assert "ask a manager of the team" in text(again)
    assert as_bob.post(f"/schedules/{primary.pk}/", {}).status_code == 422
    assert not Override.objects.exists()


def test_an_outsider_sees_the_calendar_and_adds_nothing(client, charlie, primary):
    client.force_login(charlie)
    assert "Add the override" not in text(client.get(f"/schedules/{primary.pk}/"))
    start = timezone.now() + timedelta(days=2)
    data = posted(start, start + timedelta(hours=1), user=charlie.pk)
    assert client.post(f"/schedules/{primary.pk}/", data).status_code == 403


def test_removing_an_override_from_my_on_call(as_bob, bob, charlie, primary, client):
    start = timezone.now() + timedelta(days=1)
    made = Override.objects.create(schedule=primary, user=bob, starts_at=start, ends_at=start + timedelta(hours=1))
    assert "You stand in" in text(as_bob.get("/on-call/"))
    url = f"/overrides/{made.pk}/remove/"
    assert as_bob.get(url).status_code == 405
    client.force_login(charlie)
    assert client.post(url).status_code == 403
    client.force_login(bob)
    assert as_bob.post(url, {"back": "my_oncall"}).headers["Location"] == "/on-call/"
    assert "already" in text(as_bob.post(url, follow=True))
    assert not Override.objects.exists()


def test_my_on_call_says_whether_and_what_comes_next(client, alice, bob, charlie, payments):
    client.force_login(alice)
    assert "You are on call now" in text(client.get("/on-call/"))
    client.force_login(bob)
    page = text(client.get("/on-call/"))
    assert "You are not on call now" in page
    assert "On call in my teams now" in page
    client.force_login(charlie)
    assert "You are in no rotation" in text(client.get("/on-call/"))


def test_the_picture_keeps_days_equal_over_a_clock_change(payments, alice, bob):
    schedule = factories.schedule(payments, [alice, bob], name="Berlin", time_zone="Europe/Berlin", kind="day")
    rota = oncall.load([schedule])[0]
    now = datetime(2026, 10, 20, tzinfo=UTC)
    calendar = Calendar(rota, date(2026, 10, 19), 1, "Europe/Berlin", now)
    assert calendar.end - calendar.start == timedelta(days=7, hours=1)
    (week,) = calendar.weeks
    final = week.lanes[0]
    # Every hand-over is at nine; the Sunday has 25 hours, of which ten pass until nine.
    expected = [(n + 9 / 24) / 7 * 100 for n in range(6)] + [(6 + 10 / 25) / 7 * 100]
    assert [bar.left for bar in final.bars][1:] == pytest.approx(expected, abs=0.01)
    assert sum(bar.width for bar in final.bars) == pytest.approx(100, abs=0.05)
    assert calendar.facts[-2].length == timedelta(hours=25)


def test_who_left_is_a_gap_in_the_picture(payments, alice, primary):
    alice.is_active = False
    alice.save()
    now = timezone.now()
    calendar = Calendar(oncall.load([primary])[0], now.date(), 1, "UTC", now)
    assert {f.user for f in calendar.facts} == {None}
    assert calendar.gaps


def test_places_are_said_in_words_to_a_tenth_of_a_percent(client, alice, primary):
    """The page's policy lets no style stand in it, so calendar.css adds up the digits."""
    sheet = (Path(oncall.__file__).parent / "static" / "teams" / "calendar.css").read_text()
    values = dict(re.findall(r'\[data-left~="(\w+)"\] \{ --l[tud]: ([\d.]+); \}', sheet))
    assert values == dict(re.findall(r'\[data-width~="(\w+)"\] \{ --w[tud]: ([\d.]+); \}', sheet))
    for tenths in range(1001):
        words = calendar.digits(tenths / 10 + 0.04).split()
        assert sum(float(values[word]) for word in words) == pytest.approx(tenths / 10)
    client.force_login(alice)
    html = client.get(f"/schedules/{primary.pk}/").content.decode()
    assert 'data-left="t' in html
    assert "style=" not in html
