"""A page drill reaches people as a page would, and its report says whom it did not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from comms import calls, letters
from comms.actions import calling, claiming, delivering, drills
from comms.drills import report
from comms.models import Delivery, Drill, DrillCall
from comms.transports import twilio
from teams.models import NotificationRule, Schedule, Team, User
from tests import factories
from tests.standins.mail import Postbox
from tests.standins.provider import Provider

pytestmark = pytest.mark.django_db(transaction=True)
State = DrillCall.State


@pytest.fixture
def eight(payments: Team, alice: User, bob: User, postbox: Postbox) -> list[User]:
    """Eight people of one rotation: the third has no verified way, and every channel of the fourth fails."""
    more = [factories.UserFactory(username=f"hand{n}") for n in range(2, 8)]
    people = [alice, bob, *more]
    EmailAddress.objects.filter(user=people[2]).update(verified=False)
    factories.method(people[3], "sms", "+4915100000003")
    NotificationRule.objects.create(user=people[3], urgency="high", delay_minutes=5, method=None)
    postbox.rcpt[people[3].email] = "550 5.1.1 no such user"
    return people


@pytest.fixture
def watch(payments: Team, eight: list[User]) -> Schedule:
    return factories.schedule(payments, eight, name="Eight", time_zone="Europe/Berlin")


def send() -> None:
    """What the workers do until nothing is due."""
    calling.call_due()
    delivering.deliver_due()


def link_of(postbox: Postbox, user: User) -> str:
    found = re.search(r"/drills/answer/\S+", postbox.to(user.email)[-1].part("plain"))
    assert found
    return found.group()


def states(drill: Drill) -> dict[str, str]:
    return dict(drill.calls.values_list("person__username", "state"))


def later(**delta: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**delta), tick=True)


def test_a_drill_over_eight_says_whom_it_did_not_reach(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox, provider: Provider, client: Client
) -> None:
    provider.status = 400
    drill = drills.plan(watch, by=alice, note="First of the year")
    send()
    drills.sweep(timezone.now())
    for user in (*eight[:2], *eight[4:7]):
        mail = postbox.to(user.email)[0]
        assert str(mail.message["Subject"]).startswith("Drill: no incident")
        assert "First of the year" in mail.part("plain")
        assert client.post(link_of(postbox, user)).status_code == 302
    # The second channel was used at once, not after its five minutes, and nothing is left for the fourth.
    assert states(drill)["hand2"] == State.UNREACHABLE
    assert states(drill)["hand3"] == State.UNREACHABLE
    assert states(drill)["hand7"] == State.WAITING
    with later(minutes=16):
        assert drills.sweep(timezone.now()) == 1
        found = report.of(Drill.objects.get(pk=drill.pk))
        figures = found.figures
        assert (figures.confirmed, figures.unanswered, figures.unreachable, figures.total) == (5, 1, 2, 8)
        assert [row.person.username for row in found.rows][:3] == ["hand2", "hand3", "hand7"]
        assert "no such user" in found.rows[1].why
        assert [(tried.channel, tried.outcome) for tried in found.rows[1].tried] == [
            ("SMS", "failed"),
            ("E-mail", "failed"),
        ]
        send()
    # The manager, who is also who started it, is told once.
    told = [mail for mail in postbox.to(alice.email) if "5 of 8 confirmed" in str(mail.message["Subject"])]
    assert len(told) == 1
    assert "Hand2: No verified contact method" in told[0].part("plain")
    assert "Hand3: Every channel failed" in told[0].part("plain")


def test_a_scanner_that_follows_the_link_confirms_nothing(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox, client: Client
) -> None:
    drill = drills.plan(watch, by=alice)
    send()
    link = link_of(postbox, eight[1])
    assert "I got it" in client.get(link).content.decode()
    assert client.head(link).status_code == 200
    assert client.get(f"{link}confirm/").status_code == 405
    assert states(drill)["bob"] == State.WAITING
    said = client.post(f"{link}confirm/").json()
    assert (said["acknowledged"], said["late"]) == (True, False)
    assert client.post(f"{link.replace('-', '-0')}confirm/").status_code == 404
    assert states(drill)["bob"] == State.CONFIRMED
    assert "You were reached" in client.get(link).content.decode()


def test_who_confirms_after_the_end_is_late(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox, client: Client
) -> None:
    drill = drills.plan(watch, by=alice)
    send()
    with later(minutes=15, seconds=1):
        # Even before the sweep has ended it.
        client.post(link_of(postbox, eight[1]))
        drills.sweep(timezone.now())
        client.post(link_of(postbox, eight[4]))
    assert (states(drill)["bob"], states(drill)["hand4"]) == (State.LATE, State.LATE)


def test_what_a_killed_worker_had_claimed_is_sent_by_the_next(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox
) -> None:
    drills.plan(watch, by=alice)
    taken = claiming.claim(claiming.due(timezone.now(), ["email"]), timezone.now(), limit=50)
    assert {row.kind for row in taken} == {"drill"}
    delivering.deliver_due()
    assert postbox.mails == []
    with later(seconds=61):
        delivering.deliver_due()
    assert len(postbox.to(eight[1].email)) == 1


def test_a_step_with_a_delay_comes_then_and_never_after_an_answer(
    watch: Schedule, alice: User, bob: User, postbox: Postbox, provider: Provider, client: Client
) -> None:
    for user, number in ((alice, "+4915100000001"), (bob, "+4915100000002")):
        factories.method(user, "sms", number)
        NotificationRule.objects.create(user=user, urgency="high", delay_minutes=5, method=None)
    drills.plan(watch, by=alice)
    send()
    assert len(postbox.to(bob.email)) == len(postbox.to(alice.email)) == 0
    answered(provider, client, "+4915100000001", "drill")
    with later(minutes=5, seconds=1):
        send()
    assert (len(postbox.to(alice.email)), len(postbox.to(bob.email))) == (0, 1)


def answered(provider: Provider, client: Client, number: str, text: str) -> str:
    from django.conf import settings

    form = {"From": number, "Body": text}
    url = f"{settings.WATCHBILL_BASE_URL}/channels/twilio/sms/"
    signed = {"X-Twilio-Signature": twilio.signature(provider.token, url, form)}
    return client.post("/channels/twilio/sms/", form, headers=signed).content.decode()


def test_a_short_answer_by_sms_is_to_what_came_last(
    watch: Schedule, payments: Team, alice: User, bob: User, provider: Provider, client: Client
) -> None:
    from incidents.actions import escalation, lifecycle

    factories.method(alice, "sms", "+4915100000001")
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    send()
    drill = drills.plan(watch, by=alice)
    send()
    assert "Drill: no incident" in provider.asked[-1].fields["Body"]
    assert "Reply drill" in provider.asked[-1].fields["Body"]
    assert "You were reached" in answered(provider, client, "+4915100000001", "ok")
    incident.refresh_from_db()
    assert incident.acknowledged_by is None
    call = drill.calls.get(person=alice)
    assert (call.state, call.through) == (State.CONFIRMED, "by SMS")
    assert call.reached_by is not None
    assert call.reached_by.channel == "sms"


def test_a_key_pressed_in_a_call_confirms(
    watch: Schedule, alice: User, provider: Provider, client: Client, settings: Any
) -> None:
    factories.method(alice, "voice", "+4915100000001")
    drill = drills.plan(watch, by=alice)
    send()
    (call,) = provider.of("/Calls.json")
    action = re.search(r'action="([^"]+)"', call.fields["Twiml"])
    assert action
    pressed = {"Digits": "1"}
    signed = {"X-Twilio-Signature": twilio.signature(provider.token, action.group(1), pressed)}
    path = action.group(1).removeprefix(settings.WATCHBILL_BASE_URL)
    assert "You were reached" in client.post(path, pressed, headers=signed).content.decode()
    assert states(drill)["alice"] == State.CONFIRMED


def test_a_cancelled_drill_calls_nobody_any_more(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox
) -> None:
    drill = drills.plan(watch, by=alice)
    claimed = claiming.claim(claiming.due(timezone.now(), ["email"]), timezone.now(), limit=2)
    drills.cancel(drill, by=alice)
    send()
    with later(minutes=2):
        send()
    assert postbox.mails == []
    assert claiming.pointless(letters.reload(claimed[0]))
    with pytest.raises(ValidationError, match="cancelled already"):
        drills.cancel(drill, by=alice)


def test_a_reminder_goes_through_the_rules_once_more(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox, client: Client
) -> None:
    drill = drills.plan(watch, by=alice)
    send()
    client.post(link_of(postbox, alice))
    with pytest.raises(ValidationError, match="less than a minute"):
        drills.remind(drill, by=alice)
    with later(minutes=2):
        assert drills.remind(drill, by=alice) == 7
        send()
    assert len(postbox.to(alice.email)) == 1
    assert len(postbox.to(eight[1].email)) == 2


@pytest.mark.parametrize(
    ("starts", "follows"),
    [
        # Summer time ends on 25 October 2026 and begins on 28 March 2027.
        (datetime(2026, 10, 20, 8, tzinfo=UTC), datetime(2026, 10, 27, 9, tzinfo=UTC)),
        (datetime(2027, 3, 23, 9, tzinfo=UTC), datetime(2027, 3, 30, 8, tzinfo=UTC)),
    ],
)
def test_a_repeated_drill_keeps_its_time_on_the_clock_of_the_schedule(
    watch: Schedule, alice: User, starts: datetime, follows: datetime
) -> None:
    with time_machine.travel(starts - timedelta(days=1), tick=False):
        drill = drills.plan(watch, by=alice, starts_at=starts, repeats="weekly", note="Tuesdays")
    with time_machine.travel(starts, tick=False):
        assert drills.sweep(timezone.now()) == 1
        assert drills.sweep(timezone.now()) == 0
    following = Drill.objects.get(repeated_from=drill)
    assert (following.starts_at, following.note, following.state) == (follows, "Tuesdays", "planned")


def test_what_could_not_begin_in_time_does_not_wake_people_later(watch: Schedule, alice: User) -> None:
    drill = drills.plan(watch, by=alice, starts_at=timezone.now() + timedelta(hours=1), repeats="weekly")
    with later(days=8):
        drills.sweep(timezone.now())
        drill.refresh_from_db()
        assert (drill.state, drill.calls.count()) == ("cancelled", 0)
        assert Drill.objects.get(repeated_from=drill).starts_at > timezone.now()


def test_who_may_start_and_see_one(
    watch: Schedule, alice: User, bob: User, charlie: User, search: Team, client: Client
) -> None:
    with pytest.raises(PermissionDenied):
        drills.plan(watch, by=bob)
    drill = drills.plan(watch, by=alice)
    assert list(Drill.objects.visible_to(bob)) == [drill]
    assert list(Drill.objects.visible_to(charlie)) == []
    with pytest.raises(PermissionDenied):
        drills.cancel(drill, by=bob)


def test_what_must_never_be_is_refused_by_the_database(watch: Schedule, alice: User) -> None:
    drill = drills.plan(watch, by=alice)
    with pytest.raises(ValidationError, match="is running"):
        drills.plan(watch, by=alice)
    refused: list[Callable[[], object]] = [
        lambda: drill.calls.filter(person=alice).update(state="confirmed"),
        lambda: DrillCall.objects.create(drill=drill, person=alice),
        lambda: Drill.objects.filter(pk=drill.pk).update(state="finished"),
        lambda: Drill.objects.filter(pk=drill.pk).update(minutes=0),
        lambda: Delivery.objects.create(key="x", kind="drill", address="a@example.org"),
    ]
    for act in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    assert drill.calls.count() == 8


def test_the_call_says_first_that_it_is_a_drill(watch: Schedule, alice: User) -> None:
    drills.plan(watch, by=alice)
    for row in Delivery.objects.filter(kind="drill"):
        told = calls.write(letters.reload(row))
        assert told.title.startswith("Drill: no incident")
        assert told.urgent


def test_the_pages_start_show_remind_and_cancel(
    watch: Schedule, eight: list[User], alice: User, bob: User, postbox: Postbox, client: Client
) -> None:
    client.force_login(alice)
    text = client.get("/drills/").content.decode()
    assert "No drill yet" in text
    text = client.get("/drills/new/", {"schedule": watch.pk}).content.decode()
    assert "8 people" in text
    assert "No verified contact method" in text
    typed = {"schedule": watch.pk, "audience": "rotation", "when": "later", "repeats": "never", "minutes": 15}
    answer = client.post("/drills/new/", typed | {"note": "Kept as typed"})
    assert (answer.status_code, "Kept as typed" in answer.content.decode()) == (422, True)
    assert "Give the time at which it should start" in answer.content.decode()
    assert client.post("/drills/new/", typed | {"when": "now"}).status_code == 302
    drill = Drill.objects.get()
    again = client.post("/drills/new/", typed | {"when": "now"})
    assert (again.status_code, "is running" in again.content.decode()) == (422, True)
    send()
    client.post(link_of(postbox, bob))
    text = client.get(f"/drills/{drill.pk}/").content.decode()
    assert "1 of 8 confirmed in time" in text
    assert "every 3s" in text
    client.post(f"/drills/{drill.pk}/cancel/")
    live = client.get(f"/drills/{drill.pk}/?live=1", headers={"HX-Request": "true"})
    assert live["HX-Refresh"] == "true"
    assert (
        client.get("/drills/", {"q": "eight", "state": "cancelled", "schedule": watch.pk})
        .context["page"]
        .paginator.count
        == 1
    )
    assert client.get("/drills/", {"q": "nothing of it"}).context["page"].paginator.count == 0
    client.force_login(bob)
    assert client.get(f"/drills/{drill.pk}/").status_code == 200
    assert client.get("/drills/new/").status_code == 403
    assert client.post(f"/drills/{drill.pk}/cancel/").status_code == 403


def test_somebody_of_another_team_finds_nothing(
    watch: Schedule, alice: User, charlie: User, search: Team, client: Client
) -> None:
    drill = drills.plan(watch, by=alice)
    client.force_login(charlie)
    for path in ("", "report.csv"):
        assert client.get(f"/drills/{drill.pk}/{path}").status_code == 404
    for verb in ("cancel", "remind"):
        assert client.post(f"/drills/{drill.pk}/{verb}/").status_code == 404
    assert "Eight" not in client.get("/drills/").content.decode()


def test_the_file_has_a_line_for_each_try_and_no_formula(
    watch: Schedule, eight: list[User], alice: User, postbox: Postbox, client: Client
) -> None:
    User.objects.filter(pk=eight[4].pk).update(first_name="=1+1")
    drill = drills.plan(watch, by=alice)
    send()
    client.force_login(alice)
    lines = client.get(f"/drills/{drill.pk}/report.csv").content.decode().splitlines()
    assert len(lines) == 1 + 9
    assert any(line.startswith("'=1+1") for line in lines)


def test_a_report_takes_as_many_queries_for_eight_as_for_one(
    watch: Schedule, alice: User, payments: Team, postbox: Postbox, django_assert_max_num_queries: Any
) -> None:
    drill = drills.plan(watch, by=alice)
    send()
    with django_assert_max_num_queries(6):
        report.of(Drill.objects.select_related("schedule__team").get(pk=drill.pk))


def test_a_program_starts_reads_and_cancels(
    watch: Schedule, alice: User, charlie: User, search: Team, client: Client
) -> None:
    def ask(method: str, path: str = "", **given: Any) -> Any:
        return getattr(client, method)(f"/api/v1/drills/{path}", given, content_type="application/json")

    client.force_login(alice)
    refused = ask("post", schedule=watch.pk, minutes=1)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["minutes"]) or refused.json()
    made = ask("post", schedule=watch.pk, note="By a program")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    shown = ask("get", f"{pk}/").json()
    assert (shown["people"], shown["state"], len(shown["calls"])) == (8, "running", 8)
    assert shown["calls"][0]["state"] == "unreachable"
    (row,) = client.get("/api/v1/drills/", {"state": "running", "schedule": watch.pk}).json()["results"]
    assert row["unreachable"] == 1
    assert ask("post", schedule=watch.pk).status_code == 400
    client.force_login(charlie)
    assert ask("get", f"{pk}/").status_code == 404
    assert ask("post", f"{pk}/cancel/").status_code in (403, 404)
    client.force_login(alice)
    assert ask("post", f"{pk}/cancel/").json()["state"] == "cancelled"
