"""Trouble in the rosters is found, told once to whom it concerns, and forgotten when it is mended."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from teams import actions, dossier, reach
from teams.models import CalendarSource, Membership, Organization, Override, RosterWarning, Schedule, TimeOff, User
from tests import factories

# A Thursday.
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 27, 8, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
# Alice has the week of NOW, and Bob that which begins on Monday the 30th at nine.
ANCHOR = date(2024, 1, 8)
WORKDAYS = [{"weekdays": [0, 1, 2, 3, 4], "start": "00:00", "end": "00:00"}]


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="boss", role="admin")


@pytest.fixture
def team(clock, alice, bob):
    """Alice manages; both are in the rotation and reachable, and nothing is wrong."""
    Organization.objects.update_or_create(pk=1, defaults={"time_zone": "UTC", "nights_limit": 28})
    made = factories.TeamFactory(name="Payments", people=[alice, bob])
    factories.schedule(made, [alice, bob], anchor_date=ANCHOR)
    return made


@pytest.fixture
def primary(team):
    return Schedule.objects.get(team=team)


@pytest.fixture
def weekdays_only(primary):
    primary.layers.update(restrictions=WORKDAYS)
    return primary


def open_kinds() -> list[str]:
    return sorted(RosterWarning.objects.open().values_list("kind", flat=True))


def unproven(user: User) -> None:
    EmailAddress.objects.filter(user=user).update(verified=False)


def letters() -> dict[str, str]:
    """What was written, by whom it went to."""
    found = {str(m.to[0]): f"{m.subject}\n{m.body}" for m in mail.outbox}
    assert len(found) == len(mail.outbox), "somebody got two"
    mail.outbox.clear()
    return found


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def test_a_roster_in_order_opens_nothing(team):
    assert actions.look_ahead(NOW) == (0, 0)
    assert actions.tell_of_warnings(MORNING) == 0


def test_a_gap_opens_once_follows_the_roster_and_goes_when_it_is_mended(weekdays_only, team):
    assert actions.look_ahead(NOW) == (1, 0)
    row = RosterWarning.objects.get()
    assert (row.kind, row.team, row.schedule) == ("gap", team, weekdays_only)
    assert "every Sat 00:00 to Mon 00:00: 4 gaps" in row.text
    assert actions.look_ahead(NOW + HOUR) == (0, 0)
    assert actions.look_ahead(NOW + WEEK) == (0, 0)
    row.refresh_from_db()
    assert row.starts_at == datetime(2026, 12, 5, tzinfo=UTC)
    assert row.found_at == NOW
    weekdays_only.layers.update(restrictions=[])
    assert actions.look_ahead(NOW + WEEK) == (0, 1)
    row.refresh_from_db()
    assert row.gone_at == NOW + WEEK


def test_trouble_that_comes_back_is_a_new_warning(weekdays_only):
    actions.look_ahead(NOW)
    weekdays_only.layers.update(restrictions=[])
    actions.look_ahead(NOW + HOUR)
    weekdays_only.layers.update(restrictions=WORKDAYS)
    assert actions.look_ahead(NOW + 2 * HOUR) == (1, 0)
    assert RosterWarning.objects.count() == 2


def test_what_is_over_is_kept_for_a_while(weekdays_only):
    actions.look_ahead(NOW)
    RosterWarning.objects.update(gone_at=NOW - 91 * DAY)
    actions.look_ahead(NOW)
    assert list(RosterWarning.objects.values_list("gone_at", flat=True)) == [None]


def test_every_kind_is_found(team, primary, alice, bob):
    second = factories.schedule(team, [alice], name="Secondary")
    third = factories.schedule(factories.TeamFactory(name="Search"), [], name="Empty")
    unproven(bob)
    TimeOff.objects.create(user=bob, starts_at=NOW + DAY, ends_at=NOW + 30 * DAY)
    CalendarSource.objects.create(schedule=primary, url="https://calendar.example.org/x.ics", error="It says 404.")
    Organization.objects.update(nights_limit=10)
    actions.look_ahead(NOW)
    assert open_kinds() == ["alone", "away", "gap", "import", "nights", "nights", "twice", "unreachable"]
    assert RosterWarning.objects.get(kind="gap").schedule == third
    assert RosterWarning.objects.get(kind="alone").schedule == second


def test_who_left_is_nobody_on_call(primary, alice, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    actions.look_ahead(NOW)
    # Every other week is open, and the rest is Alice's.
    assert open_kinds() == ["alone", "gap", "gap"]


def test_an_address_counts_once_it_is_proved(alice, bob, charlie):
    unproven(bob)
    User.objects.filter(pk=charlie.pk).update(email="")
    assert reach.unreachable(User.objects.filter(pk__in=[alice.pk, bob.pk, charlie.pk])) == {bob.pk, charlie.pk}


def test_looking_ahead_costs_the_same_however_much_there_is(team, primary, alice, bob):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            actions.look_ahead(NOW)
        return len(queries)

    cost()
    factories.schedule(team, [], name="Empty")
    few = cost()
    for n in range(12):
        people = [factories.UserFactory() for _ in range(3)]
        made = factories.schedule(factories.TeamFactory(people=people), people, restrictions=WORKDAYS)
        Override.objects.create(schedule=made, user=alice, starts_at=NOW + n * DAY, ends_at=NOW + (n + 1) * DAY)
        unproven(people[0])
        TimeOff.objects.create(user=people[1], starts_at=NOW, ends_at=NOW + 20 * DAY)
    assert cost() <= few
    assert RosterWarning.objects.count() > 30
    with CaptureQueriesContext(connection) as queries:
        actions.tell_of_warnings(MORNING)
    # The letters are rows of the outbox: what grows with them is theirs.
    assert sum("teams_" in q["sql"] and "organization" not in q["sql"] for q in queries) <= 8


def test_the_manager_is_told_in_the_morning_and_once(weekdays_only, alice, bob, boss):
    weekdays_only.layers.update(restrictions=[{"weekdays": [0, 1, 2, 3, 4, 5], "start": "00:00", "end": "00:00"}])
    actions.look_ahead(NOW)
    assert actions.tell_of_warnings(NOW + HOUR) == 0
    assert actions.tell_of_warnings(MORNING) == 1
    (letter,) = [letters()[alice.email]]
    assert "Ahead in Payments: Nobody on call" in letter
    assert "every Sun all day: 4 gaps" in letter
    assert f"/schedules/{weekdays_only.pk}/?from=2026-11-29" in letter
    assert actions.tell_of_warnings(MORNING + HOUR) == 0
    actions.look_ahead(MORNING + DAY)
    assert actions.tell_of_warnings(MORNING + DAY) == 0


def test_a_gap_within_a_day_is_told_at_once_but_not_in_the_midst_of_an_edit(team, alice):
    factories.schedule(team, [], name="Empty")
    actions.look_ahead(NOW)
    assert actions.tell_of_warnings(NOW + timedelta(minutes=1)) == 0
    assert actions.tell_of_warnings(NOW + timedelta(minutes=6)) == 1
    assert "Within a day in Payments: Nobody on call" in letters()[alice.email]


def test_what_is_mended_before_it_is_told_is_not_told(weekdays_only):
    actions.look_ahead(NOW)
    weekdays_only.layers.update(restrictions=[])
    actions.look_ahead(NOW + HOUR)
    assert actions.tell_of_warnings(MORNING) == 0


def test_one_letter_holds_all_that_is_new(weekdays_only, team, alice, bob):
    factories.schedule(team, [alice], name="Secondary", anchor_date=date(2026, 12, 1))
    actions.look_ahead(NOW)
    actions.tell_of_warnings(MORNING)
    letter = letters()[alice.email]
    assert letter.count("Find cover: ") >= 2
    assert "at once" in letter


def test_admins_are_told_where_no_manager_can_be(weekdays_only, alice, boss):
    actions.look_ahead(NOW)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert actions.tell_of_warnings(MORNING) == 1
    assert list(letters()) == [boss.email]


def test_a_manager_whom_no_mail_reaches_hides_nothing(weekdays_only, alice, boss):
    unproven(alice)
    actions.look_ahead(NOW)
    actions.tell_of_warnings(MORNING)
    sent = letters()
    assert "every Sat" in sent[boss.email]
    # She is told that she herself can't be reached, and of nothing else.
    assert "every Sat" not in sent[alice.email]
    assert "No page reaches Alice" in sent[alice.email]


def test_what_nobody_can_be_told_of_stays_due(weekdays_only, alice):
    Membership.objects.all().delete()
    actions.look_ahead(NOW)
    assert actions.tell_of_warnings(MORNING) == 0
    assert RosterWarning.objects.get().told_at is None
    owner = factories.UserFactory(username="olga", role="owner")
    assert actions.tell_of_warnings(MORNING + HOUR) == 1
    assert list(letters()) == [owner.email]


def test_who_can_not_be_reached_is_told_again_a_day_before_duty(primary, alice, bob):
    unproven(bob)
    actions.look_ahead(NOW)
    row = RosterWarning.objects.get()
    begins = row.starts_at
    assert begins == datetime(2026, 11, 30, 9, tzinfo=UTC)
    actions.tell_of_warnings(MORNING)
    assert set(letters()) == {alice.email, bob.email}
    for at in (MORNING + DAY, begins - 25 * HOUR):
        actions.look_ahead(at)
        assert actions.tell_of_warnings(at) == 0
    actions.look_ahead(begins - 23 * HOUR)
    assert actions.tell_of_warnings(begins - 23 * HOUR) == 2
    sent = letters()
    assert "This hurts within a day" in sent[bob.email]
    assert "Confirm your e-mail address" in sent[bob.email]
    for at in (begins - 22 * HOUR, begins + HOUR, begins + 6 * DAY):
        actions.look_ahead(at)
        assert actions.tell_of_warnings(at) == 0


def test_people_are_told_of_their_own_double_duty_and_duty_while_away(team, primary, alice, bob):
    factories.schedule(team, [alice, bob], name="Secondary", anchor_date=ANCHOR)
    TimeOff.objects.create(user=bob, starts_at=NOW + WEEK, ends_at=NOW + 2 * WEEK)
    actions.look_ahead(NOW)
    actions.tell_of_warnings(MORNING)
    sent = letters()[bob.email]
    assert "Bob is on call on Payments · Primary and on Payments · Secondary at once" in sent
    assert "Bob is away from" in sent
    assert "Alice" not in sent


def test_a_letter_that_can_not_be_queued_leaves_all_due(weekdays_only, settings):
    actions.look_ahead(NOW)
    settings.EMAIL_BACKEND = "tests.teams.test_warnings.Broken"
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.tell_of_warnings(MORNING)
    assert RosterWarning.objects.get().told_at is None


class Broken:
    def __init__(self, **_: object) -> None:
        pass

    def send_messages(self, messages: object) -> int:
        raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_open_and_tell_each_warning_once(weekdays_only, alice):
    def work(call, results) -> None:
        try:
            results.append(call())
        finally:
            connections.close_all()

    def both(call) -> list:
        results: list = []
        threads = [threading.Thread(target=work, args=(call, results)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return sorted(results)

    assert both(lambda: actions.look_ahead(NOW)) == [(0, 0), (1, 0)]
    assert both(lambda: actions.tell_of_warnings(MORNING)) == [0, 1]
    assert len(mail.outbox) == 1


def test_the_file_of_a_person_has_their_warnings(primary, bob):
    unproven(bob)
    actions.look_ahead(NOW)
    assert "No page reaches Bob" in "".join(dossier.written(bob, bob))


# The console


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_team_page_shows_what_is_ahead_and_offers_cover(as_bob, weekdays_only):
    actions.look_ahead(NOW)
    page = text(as_bob.get("/teams/payments/"))
    assert "every Sat 00:00 to Mon 00:00" in page
    assert f'href="/schedules/{weekdays_only.pk}/?from=2026-11-28&amp;starts_at=2026-11-28T00' in page
    assert "Find cover" in page


def test_a_stranger_sees_it_and_is_offered_no_way_to_mend_it(client, charlie, weekdays_only):
    actions.look_ahead(NOW)
    client.force_login(charlie)
    page = text(client.get("/teams/payments/"))
    assert "every Sat 00:00 to Mon 00:00" in page
    assert "Find cover" not in page


def test_nothing_ahead_is_said_so(as_bob, team):
    assert "Nothing ahead that we can see" in text(as_bob.get("/teams/payments/"))
    assert "Nothing ahead that we can see" in text(as_bob.get("/rosters/warnings/"))


def test_all_warnings_are_narrowed_by_team_kind_words_and_state(as_bob, weekdays_only, bob):
    factories.schedule(factories.TeamFactory(name="Search"), [], name="Empty")
    unproven(bob)
    actions.look_ahead(NOW)

    def kinds(**asked: str) -> list[str]:
        return sorted(each.warning.kind for each in as_bob.get("/rosters/warnings/", asked).context["told"])

    assert kinds() == ["gap", "gap", "unreachable"]
    assert kinds(team="payments") == ["gap", "unreachable"]
    assert kinds(kind="unreachable") == ["unreachable"]
    assert kinds(q="search now") == ["gap"]
    assert kinds(kind="nonsense", team="none") == ["gap", "gap", "unreachable"]
    weekdays_only.layers.update(restrictions=[])
    actions.look_ahead(NOW)
    assert kinds(state="gone") == ["gap"]
    assert "Nothing fits" in text(as_bob.get("/rosters/warnings/", {"q": "nothing like it"}))


def test_the_list_of_teams_counts_and_ones_own_stand_on_ones_page(as_bob, weekdays_only, bob):
    unproven(bob)
    actions.look_ahead(NOW)
    assert [row["ahead"] for row in as_bob.get("/teams/").context["rows"]] == [2]
    page = text(as_bob.get("/on-call/"))
    assert "No page reaches Bob" in page
    assert "Confirm your address" in page
    assert "every Sat" not in page


@pytest.mark.parametrize("url", ["/rosters/warnings/", "/teams/payments/", "/on-call/", "/teams/"])
def test_pages_cost_the_same_however_many_warnings(as_bob, team, bob, url):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_bob.get(url).status_code == 200
        return len(queries)

    def more(count: int) -> None:
        for n in range(count):
            made = factories.schedule(team, [], name=f"Empty {RosterWarning.objects.count()} {n}")
            values = {"team": team, "schedule": made, "text": "x", "starts_at": NOW, "ends_at": NOW + DAY}
            RosterWarning.objects.create(kind="gap", key=f"a{made.pk}", **values)
            RosterWarning.objects.create(kind="away", key=f"b{made.pk}", user=bob, **values)

    more(1)
    cost()
    few = cost()
    more(7)
    assert cost() == few


def test_the_administration_shows_them_on_the_schedule_and_counts_them(client, boss, weekdays_only):
    actions.look_ahead(NOW)
    client.force_login(boss)
    assert "1 warning</a>" in text(client.get("/admin/teams/schedule/"))
    page = text(client.get(f"/admin/teams/schedule/{weekdays_only.pk}/change/"))
    assert 'id="ahead"' in page
    assert "every Sat 00:00 to Mon 00:00" in page
    settings = text(client.get("/admin/teams/organization/1/change/"))
    assert 'name="warn_weeks"' in settings
    assert 'name="nights_limit"' in settings


def test_the_api_lists_and_narrows_them(client, as_bob, weekdays_only, bob):
    unproven(bob)
    actions.look_ahead(NOW)
    url = "/api/v1/roster-warnings/"
    found = as_bob.get(url, {"kind": "gap", "team": "payments", "open": "true"}).json()["results"]
    assert [row["kind"] for row in found] == ["gap"]
    assert found[0]["schedule"]["id"] == weekdays_only.pk
    assert found[0]["starts_at"] == "2026-11-28T00:00:00Z"
    assert [row["user"]["username"] for row in as_bob.get(url, {"kind": "unreachable"}).json()["results"]] == ["bob"]
    assert as_bob.get(url, {"open": "false"}).json()["results"] == []
    assert as_bob.get(url, {"team": "search"}).json()["results"] == []
    assert as_bob.get(url, {"kind": "nonsense"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_changes_of_rosters_wake_whoever_looks_ahead(clock, alice, bob, payments, monkeypatch):
    """What is published is seen at the broker's door; nothing of ours is replaced."""
    from celery.signals import before_task_publish

    woken = threading.Event()

    def saw(sender: str = "", **_: object) -> None:
        if sender == "teams.tasks.look_ahead":
            woken.set()

    before_task_publish.connect(saw)
    schedule = Schedule.objects.get(team=payments)
    boss = factories.UserFactory(role="admin")

    def wakes(call) -> bool:
        woken.clear()
        call()
        # What follows within a moment is gathered, and comes at its end.
        return woken.wait(2)

    assert wakes(lambda: actions.add_override(schedule, by=boss, user=bob, starts_at=NOW + DAY, ends_at=NOW + 2 * DAY))
    assert wakes(lambda: actions.remove_override(Override.objects.get().pk, by=boss))
    assert wakes(lambda: actions.set_rota(schedule.layers.get(), [bob], by=boss))
    assert wakes(lambda: actions.move_schedule(schedule, by=boss, time_zone="Europe/Berlin", country=""))
