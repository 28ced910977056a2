"""The pages of swaps and time off: what they show, keep and cost, and whom they let do what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from teams import actions
from teams.models import Override, Schedule, Swap, TimeOff, User
from tests import factories

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
NOW = MONDAY + 2 * DAY
ALICES, BOBS = MONDAY + 3 * WEEK, MONDAY + 4 * WEEK


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mei(db) -> User:
    return factories.UserFactory(username="mei")


@pytest.fixture
def web(alice, bob, mei) -> Schedule:
    """Alice, Bob and Mei of Web by weeks from Monday at nine, of which Alice has the running one; Alice manages."""
    team = factories.TeamFactory(name="Web", people=[alice, bob, mei])
    return factories.schedule(team, [alice, bob, mei], anchor_date=MONDAY.date())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob) -> Client:
    return signed_in(bob)


def text(response) -> str:
    return " ".join(response.content.decode().split())


def key(start: datetime, end: datetime) -> str:
    return f"{start.isoformat()}/{end.isoformat()}"


def new(schedule: Schedule) -> str:
    return reverse("teams:swap_new", args=[schedule.pk])


def labels(form, name: str) -> list[str]:
    found = []
    for value, label in form.fields[name].choices:
        found += [inner for _, inner in label] if isinstance(label, list) else [label]
        del value
    return found


def test_the_form_offers_ones_shifts_and_says_who_is_free(as_alice, web, alice, bob, mei):
    TimeOff.objects.create(user=mei, starts_at=ALICES, ends_at=ALICES + DAY)
    form = as_alice.get(new(web)).context["form"]
    assert labels(form, "shift")[0] == "Mon 13 Apr, 09:00 to Mon 20 Apr, 09:00"
    assert labels(form, "asked") == [
        "Anyone of the team or the rotation",
        "Bob · 336 h on call around then",
        "Mei · away then",
    ]
    assert labels(form, "back") == ["Nothing"]


def test_choosing_a_colleague_offers_their_shifts_without_a_script_too(as_alice, web, bob):
    given = {"shift": key(ALICES, ALICES + WEEK), "asked": bob.pk, "note": "dentist"}
    looked = as_alice.get(new(web), given)
    page = as_alice.post(new(web), {**given, "look": "1"})
    for form in (looked.context["form"], page.context["form"]):
        assert "Mon 20 Apr, 09:00 to Mon 27 Apr, 09:00" in labels(form, "back")
        assert form["asked"].value() == str(bob.pk)
        assert form["note"].value() == "dentist"
    assert page.status_code == 200
    assert not Swap.objects.exists()


def test_a_link_fills_in_the_shift_or_the_part_of_it_that_is_to_come(as_alice, web):
    whole = {"starts_at": ALICES.isoformat(), "ends_at": (ALICES + WEEK).isoformat()}
    assert as_alice.get(new(web), whole).context["form"]["shift"].value() == key(ALICES, ALICES + WEEK)
    running = as_alice.get(new(web), {"starts_at": MONDAY.isoformat(), "ends_at": (MONDAY + WEEK).isoformat()})
    form = running.context["form"]
    assert form["shift"].value() == "other"
    assert form["starts_at"].value() == (NOW + HOUR / 2).replace(tzinfo=None)


def test_asking_leads_to_the_page_of_the_swap(as_alice, web, alice, bob):
    given = {"shift": key(ALICES, ALICES + WEEK), "asked": bob.pk, "back": key(BOBS, BOBS + WEEK), "note": "dentist"}
    page = as_alice.post(new(web), given, follow=True)
    swap = Swap.objects.get()
    assert page.redirect_chain == [(f"/swaps/{swap.pk}/", 302)]
    assert (swap.asked, swap.starts_at, swap.back_starts_at, swap.note) == (bob, ALICES, BOBS, "dentist")
    assert "Bob gets a mail" in text(page)
    assert "Alice asks Bob to stand in" in text(page)


def test_a_span_of_ones_own_is_read_on_the_readers_clock(as_alice, web, alice, bob):
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Berlin")
    given = {"shift": "other", "starts_at": "2026-04-14T12:00", "ends_at": "2026-04-14T14:00", "asked": ""}
    assert as_alice.post(new(web), given).status_code == 302
    assert Swap.objects.get().starts_at == datetime(2026, 4, 14, 10, tzinfo=UTC)


def test_what_was_typed_stays_and_the_error_stands_at_its_field(as_alice, web, bob):
    given = {"shift": "other", "starts_at": "2026-04-20T12:00", "ends_at": "2026-04-20T14:00", "note": "dentist"}
    page = as_alice.post(new(web), given)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["starts_at"]
    assert 'value="2026-04-20T12:00"' in text(page)
    assert 'value="dentist"' in text(page)
    empty = as_alice.post(new(web), {"shift": "other"})
    assert list(empty.context["form"].errors) == ["starts_at", "ends_at"]
    # The roster has changed since the page was shown: the shift is Bob's.
    stale = as_alice.post(new(web), {"shift": key(BOBS, BOBS + WEEK), "asked": bob.pk})
    assert "The roster has changed meanwhile" in text(stale)
    gone = as_alice.post(
        new(web), {"shift": key(ALICES, ALICES + WEEK), "asked": bob.pk, "back": key(ALICES, ALICES + DAY)}
    )
    assert list(gone.context["form"].errors) == ["back"]
    assert not Swap.objects.exists()


def test_who_has_no_shift_is_told_and_who_does_not_belong_is_refused(web, charlie):
    zoe = factories.UserFactory(username="zoe")
    web.team.memberships.create(user=zoe)
    assert "You have no shift ahead" in text(signed_in(zoe).get(new(web)))
    User.objects.filter(pk=charlie.pk).update(role="viewer")
    assert signed_in(charlie).get(new(web)).status_code == 403


def test_the_one_asked_finds_it_on_their_page_and_accepts(as_alice, as_bob, web, alice, bob):
    swap = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + WEEK, asked=bob)
    assert "Swaps waiting for your answer" in text(as_bob.get("/on-call/"))
    assert "You asked Bob" in text(as_alice.get("/on-call/"))
    page = text(as_bob.get(swap.get_absolute_url()))
    assert "I stand in" in page
    assert "Withdraw" not in page
    assert "I stand in" not in text(as_alice.get(swap.get_absolute_url()))
    done = as_bob.post(reverse("teams:swap_accept", args=[swap.pk]), follow=True)
    assert "You stand in for Alice" in text(done)
    assert Override.objects.get().user == bob
    assert "Undo the swap" in text(as_alice.get(swap.get_absolute_url()))
    assert "waiting for your answer" not in text(as_bob.get("/on-call/"))


def test_it_is_said_before_accepting_what_speaks_against_it(as_bob, web, alice, bob):
    TimeOff.objects.create(user=bob, starts_at=ALICES, ends_at=ALICES + DAY)
    swap = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + WEEK, asked=bob)
    assert "Bob is away then and on call right before or after." in text(as_bob.get(swap.get_absolute_url()))
    done = as_bob.post(reverse("teams:swap_accept", args=[swap.pk]), follow=True)
    assert "Mind: Bob is away then" in text(done)


def test_declining_withdrawing_and_undoing_say_what_became_of_it(as_alice, as_bob, web, alice, bob):
    first = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + WEEK, asked=bob)
    said = as_bob.post(reverse("teams:swap_decline", args=[first.pk]), {"word": "at sea"}, follow=True)
    assert "Alice gets a mail that says no" in text(said)
    second = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + WEEK)
    assert "It is withdrawn" in text(as_alice.post(reverse("teams:swap_withdraw", args=[second.pk]), follow=True))
    late = as_bob.post(reverse("teams:swap_accept", args=[second.pk]), follow=True)
    assert "nothing to answer any more" in text(late)
    third = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + WEEK)
    actions.accept_swap(third.pk, by=bob)
    undone = as_alice.post(reverse("teams:swap_undo", args=[third.pk]), follow=True)
    assert "The swap is undone" in text(undone)
    assert "Undo the swap" not in text(undone)


def test_the_list_shows_what_concerns_one_and_is_filtered_searched_and_paged(
    as_alice, as_bob, web, alice, bob, mei, charlie
):
    named = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + DAY, asked=bob, note="dentist")
    anyone = actions.ask_swap(web, by=bob, starts_at=BOBS, ends_at=BOBS + DAY)
    old = Swap.objects.create(schedule=web, user=bob, starts_at=MONDAY - DAY, ends_at=MONDAY)

    def shown(client: Client, **query: str) -> list[Swap]:
        return [row["swap"] for row in client.get("/swaps/", query).context["rows"]]

    assert shown(as_bob) == [anyone, named, old]
    assert shown(as_bob, show="answer") == [named]
    assert shown(as_alice, show="answer") == [anyone]
    assert shown(as_alice, show="mine") == [named]
    assert shown(as_bob, state="expired") == [old]
    assert shown(as_bob, show="teams", state="open") == [anyone, named]
    assert shown(as_bob, q="dentist") == [named]
    assert shown(signed_in(mei)) == [anyone]
    assert shown(signed_in(charlie), show="all", team="web") == [anyone, named, old]
    assert "No swaps yet" in text(signed_in(charlie).get("/swaps/"))
    assert "No swap matches" in text(as_bob.get("/swaps/", {"q": "nothing like it"}))
    Swap.objects.bulk_create(
        Swap(schedule=web, user=alice, starts_at=ALICES + n * HOUR, ends_at=ALICES + DAY * 2) for n in range(30)
    )
    assert "Page 1 of 2" in text(as_alice.get("/swaps/"))


def more(web: Schedule, alice: User, bob: User) -> None:
    for n in range(8):
        team = factories.TeamFactory(people=[alice, bob])
        other = factories.schedule(team, [alice, bob], name=f"Number {n}")
        for schedule in (web, other):
            Swap.objects.create(
                schedule=schedule, user=bob, asked=alice, starts_at=BOBS + n * HOUR, ends_at=BOBS + 9 * HOUR
            )
        TimeOff.objects.create(user=alice, starts_at=NOW + n * DAY, ends_at=NOW + n * DAY + HOUR)


@pytest.mark.parametrize("url", ["/swaps/", "/on-call/", "/on-call/away/", "/schedules/{pk}/swaps/new/"])
def test_a_page_costs_the_same_queries_however_much_it_shows(
    as_alice, web, alice, bob, url, django_assert_max_num_queries
):
    url = url.format(pk=web.pk)
    actions.ask_swap(web, by=bob, starts_at=BOBS, ends_at=BOBS + DAY, asked=alice)
    actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + DAY)
    TimeOff.objects.create(user=alice, starts_at=NOW + 90 * DAY, ends_at=NOW + 91 * DAY)
    as_alice.get(url)
    with django_assert_max_num_queries(32) as few:
        as_alice.get(url)
    more(web, alice, bob)
    with django_assert_max_num_queries(len(few)):
        assert as_alice.get(url).status_code == 200


def test_whole_days_are_asked_for_and_said_as_days(as_alice, web, alice):
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Berlin")
    given = {"user": alice.pk, "first_day": "2026-04-13", "last_day": "2026-04-14"}
    page = as_alice.post("/on-call/away/new/", given, follow=True)
    row = TimeOff.objects.get()
    # Midnight in Berlin.
    assert (row.starts_at, row.ends_at) == (
        datetime(2026, 4, 12, 22, tzinfo=UTC),
        datetime(2026, 4, 14, 22, tzinfo=UTC),
    )
    assert "Mon 13 Apr 2026 to Tue 14 Apr 2026" in text(page)
    form = as_alice.get(reverse("teams:away_edit", args=[row.pk])).context["form"]
    assert str(form["last_day"].value()) == "2026-04-14"
    times = {"first_day": "2026-04-13", "from_time": "14:00", "last_day": "2026-04-13", "until_time": "18:30"}
    page = as_alice.post(reverse("teams:away_edit", args=[row.pk]), times, follow=True)
    row.refresh_from_db()
    assert row.ends_at == datetime(2026, 4, 13, 16, 30, tzinfo=UTC)
    assert "Mon 13 Apr 2026, 14:00 to Mon 13 Apr 2026, 18:30" in text(page)


def test_what_was_typed_of_time_off_stays_and_the_error_stands_at_its_field(as_alice, web, alice):
    given = {"user": alice.pk, "first_day": "2026-04-14", "last_day": "2026-04-13", "note": "sea"}
    page = as_alice.post("/on-call/away/new/", given)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["last_day"]
    assert 'value="sea"' in text(page)
    assert list(as_alice.post("/on-call/away/new/", {"user": alice.pk}).context["form"].errors) == [
        "first_day",
        "last_day",
    ]


def test_one_step_asks_who_is_free(as_alice, web, alice, bob, mei):
    row = actions.add_time_off(by=alice, user=alice, starts_at=ALICES, ends_at=ALICES + DAY)
    page = as_alice.get(row.get_absolute_url())
    assert "Ask Mei" in text(page)
    (entry,) = page.context["affected"]
    ask = entry["duty"].ask
    given = {"shift": "other", "starts_at": ask.start.isoformat(), "ends_at": ask.end.isoformat(), "asked": mei.pk}
    assert as_alice.post(new(web), given).status_code == 302
    assert (Swap.objects.get().asked, Swap.objects.get().starts_at) == (mei, ALICES)
    assert "Mei was asked" in text(as_alice.get(row.get_absolute_url()))


def test_a_manager_lets_somebody_stand_in_and_others_do_not(as_alice, as_bob, web, alice, bob, mei):
    row = actions.add_time_off(by=bob, user=bob, starts_at=BOBS, ends_at=BOBS + DAY, note="Surgery")
    page = text(as_alice.get(row.get_absolute_url()))
    assert "Let Mei stand in" in page
    assert "Ask Mei" not in page
    assert "Let Mei stand in" not in text(as_bob.get(row.get_absolute_url()))
    given = {
        "schedule": web.pk,
        "user": mei.pk,
        "starts_at": BOBS.isoformat(),
        "ends_at": (BOBS + DAY).isoformat(),
    }
    url = reverse("teams:away_stand_in", args=[row.pk])
    assert as_bob.post(url, given).status_code == 403
    assert "Mei stands in for Bob" in text(as_alice.post(url, given, follow=True))
    override = Override.objects.get()
    assert (override.user, override.replaces, override.reason) == (mei, bob, "Time off")
    assert signed_in(mei).get(row.get_absolute_url()).status_code == 404


def test_the_list_of_time_off_is_ones_own_and_of_the_people_one_manages(as_alice, as_bob, web, alice, bob, mei):
    mine = actions.add_time_off(by=alice, user=alice, starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    bobs = actions.add_time_off(by=bob, user=bob, starts_at=NOW + 3 * DAY, ends_at=NOW + 4 * DAY, note="Surgery")
    over = TimeOff.objects.create(user=bob, starts_at=NOW - 9 * DAY, ends_at=NOW - 8 * DAY)

    def shown(client: Client, **query: str) -> list[TimeOff]:
        return [entry["row"] for entry in client.get("/on-call/away/", query).context["rows"]]

    assert shown(as_alice) == [mine]
    assert shown(as_alice, show="teams") == [mine, bobs]
    assert shown(as_alice, team="web", q="surg") == [bobs]
    assert shown(as_bob) == [bobs]
    assert shown(as_bob, show="teams") == [bobs]
    assert shown(as_bob, when="past") == [over]
    assert shown(as_bob, when="all") == [over, bobs]
    assert "No time off ahead" in text(signed_in(mei).get("/on-call/away/"))
    assert "No time off matches" in text(as_bob.get("/on-call/away/", {"q": "nothing"}))


def test_the_administration_lists_swaps_and_lets_managers_keep_time_off(as_alice, web, alice, bob, charlie):
    User.objects.filter(pk=alice.pk).update(role="viewer")
    swap = actions.ask_swap(web, by=alice, starts_at=ALICES, ends_at=ALICES + DAY, asked=bob)
    assert "Alice asks Bob" in text(as_alice.get("/admin/teams/swap/"))
    assert as_alice.get(f"/admin/teams/swap/{swap.pk}/change/").status_code == 200
    assert as_alice.get("/admin/teams/swap/add/").status_code == 403
    given = {
        "user": bob.pk,
        "starts_at": "2026-04-01T09:00",
        "ends_at": "2026-04-02T09:00",
        "note": "Surgery",
    }
    add = "/admin/teams/timeoff/add/"
    assert as_alice.post(add, given).status_code == 302
    row = TimeOff.objects.get()
    assert (row.user, row.created_by) == (bob, alice)
    assert "Bob is away from" in text(as_alice.post(add, given))
    assert "Select a valid choice" in text(as_alice.post(add, {**given, "user": charlie.pk}))
    change = f"/admin/teams/timeoff/{row.pk}/change/"
    assert as_alice.post(change, {**given, "ends_at": "2026-04-03T09:00"}).status_code == 302
    row.refresh_from_db()
    assert row.ends_at == datetime(2026, 4, 3, 9, tzinfo=UTC)
    assert as_alice.post(f"/admin/teams/timeoff/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not TimeOff.objects.exists()
