"""Several mail relays: which one letters go to, how many, and what is learned of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from comms.actions import alarming, delivering, publishing, pulse, relaying
from comms.models import Alarm, Delivery, RelayState, StatusPage, StatusUpdate, Subscriber, SubscriberEvent
from comms.relays import Relay
from incidents.phases import Phase
from teams.models import ContactMethod, Team, User
from tests import factories
from tests.comms.conftest import to_loopback
from tests.standins.mail import Postbox, posting

pytestmark = pytest.mark.django_db

A = Relay("a.example.org:25", "a.example.org", 25)
B = Relay("b.example.org:25", "b.example.org", 25)


@pytest.fixture
def told(payments: Team, alice: User, status_page: StatusPage) -> Callable[..., StatusUpdate]:
    """Publishes an update about a fresh incident."""

    def publish(body: str = "Sorry.") -> StatusUpdate:
        incident = factories.incident(payments, alice, phase=Phase.DECLARE)
        Delivery.objects.exclude(kind="update").delete()
        return publishing.publish_update(incident, by=alice, title="Trouble", body=body)

    return publish


@pytest.fixture
def two(settings: Any) -> Iterator[tuple[Postbox, Postbox]]:
    with ExitStack() as stack:
        boxes = stack.enter_context(posting()), stack.enter_context(posting())
        settings.WATCHBILL_RELAYS = [to_loopback(box.port) for box in boxes]
        yield boxes


@pytest.fixture
def names(settings: Any) -> None:
    settings.WATCHBILL_RELAYS = [A, B]


def picked() -> str:
    relay = relaying.pick()
    return relay.name if relay else ""


def later(seconds: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False)


class TestPicking:
    def test_the_next_one_takes_over_and_the_first_comes_back_after_one_letter(self, names: None) -> None:
        assert picked() == A.name
        rests = [relaying.unreachable(A, "timed out").total_seconds()]
        assert picked() == B.name
        with later(1.1):
            relay = relaying.pick()
            assert relay
            assert (relay.name, relay.on_trial, relaying.grant(relay, 50)) == (A.name, True, 1)
            # Whoever else picked it gets nothing of it, and the next.
            assert relaying.grant(relay, 50) == 0
            assert picked() == B.name
            rests.append(relaying.unreachable(relay, "timed out").total_seconds())
        with later(10):
            relay = relaying.pick()
            assert relay
            relaying.grant(relay, 50)
            relaying.went_well(relay, 1)
            healthy = relaying.pick()
            assert healthy
            assert (healthy.name, healthy.on_trial, relaying.grant(healthy, 50)) == (A.name, False, 50)
        assert rests == [1, 2]

    def test_it_rests_for_longer_each_time(self, names: None) -> None:
        trial = Relay(A.name, A.host, A.port, on_trial=True)
        assert [relaying.unreachable(trial, "x").total_seconds() for _ in range(6)] == [1, 2, 4, 8, 10, 10]

    def test_several_workers_that_lose_it_at_once_make_it_rest_once(self, names: None) -> None:
        for _ in range(4):
            assert relaying.unreachable(A, "421 shutting down").total_seconds() <= 1
        assert RelayState.objects.get().failures == 1

    def test_a_worker_that_was_killed_on_trial_does_not_keep_it_away(self, names: None) -> None:
        relaying.refuses(A, "535 no")
        with later(61):
            relay = relaying.pick()
            assert relay
            assert relaying.grant(relay, 5) == 1
            assert picked() == B.name
        with later(61 + 26):
            assert picked() == A.name

    def test_without_any_it_says_when_the_first_wakes(self, names: None) -> None:
        assert relaying.wakes_at() <= timezone.now()
        relaying.refuses(A, "535 no")
        relaying.unreachable(B, "timed out")
        assert relaying.pick() is None
        assert relaying.wakes_at() == RelayState.objects.get(name=B.name).rests_until

    def test_without_trouble_or_rate_it_costs_one_query(self, names: None, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            relay = relaying.pick()
            assert relay
            assert relaying.grant(relay, 500) == 500
            relaying.went_well(relay, 5)


class TestRates:
    @pytest.fixture
    def limited(self, settings: Any) -> Relay:
        relay = Relay(A.name, A.host, A.port, rate=20)
        settings.WATCHBILL_RELAYS = [relay]
        return relay

    def test_a_burst_of_a_second_and_then_the_rate(self, limited: Relay) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            assert [relaying.grant(limited, 50), relaying.grant(limited, 50)] == [20, 0]
            clock.shift(0.25)
            assert relaying.grant(limited, 50) == 5
            clock.shift(100)
            assert relaying.grant(limited, 3) == 3
            assert relaying.grant(limited, 50) == 17

    def test_less_than_one_a_second(self, settings: Any) -> None:
        slow = Relay(A.name, A.host, A.port, rate=0.1)
        with time_machine.travel(timezone.now(), tick=False) as clock:
            found = []
            for _ in range(21):
                found.append(relaying.grant(slow, 9))
                clock.shift(1)
            assert sum(found) == 3
        assert relaying.gap(slow) == 10

    def test_what_is_urgent_does_not_wait_and_is_counted(self, limited: Relay) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            relaying.grant(limited, 20)
            assert relaying.grant(limited, 2, urgent=True) == 2
            clock.shift(0.1)
            assert relaying.grant(limited, 20) == 0

    @pytest.mark.django_db(transaction=True)
    def test_workers_share_it(self, limited: Relay) -> None:
        gate = threading.Barrier(4)
        granted: list[int] = []
        relaying.grant(limited, 0)

        def work() -> None:
            gate.wait()
            granted.extend(relaying.grant(limited, 3) for _ in range(20))
            connection.close()

        with time_machine.travel(timezone.now(), tick=False):
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sum(granted) == 20

    def test_a_complaint_halves_it_once_and_it_grows_back(self, limited: Relay) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            relaying.slower(limited)
            relaying.slower(limited)
            relay = relaying.pick()
            assert relay
            assert relay.rate == 10
            clock.shift(16)
            relaying.slower(relay)
            assert RelayState.objects.get().rate == 5
            rates = []
            for _ in range(7):
                clock.shift(5.1)
                relaying._TAKEN._noted = -100
                now = relaying.pick()
                assert now
                relaying.went_well(now, 5)
                rates.append(RelayState.objects.get().rate)
        assert rates[0] == 6.25
        assert rates[-1] is None
        assert picked() == A.name

    def test_without_a_rate_it_is_what_went_out_lately(self, names: None) -> None:
        relaying._TAKEN._noted = -100
        with time_machine.travel(timezone.now(), tick=False) as clock:
            relaying.went_well(A, 100)
            clock.shift(5)
            relaying.slower(A)
        assert RelayState.objects.get().rate == pytest.approx(5)

    def test_it_never_stops_altogether(self, names: None) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(10):
                relaying.slower(A)
                clock.shift(16)
        assert RelayState.objects.get().rate == relaying.LEAST_RATE

    def test_throttling_with_a_hang_up_is_both(self, names: None) -> None:
        relaying.unreachable(A, "421 4.7.28 too much mail")
        state = RelayState.objects.get()
        assert (state.failures, state.rate) == (1, 1.0)


class TestFailover:
    def test_what_one_drops_the_next_takes_at_once(self, told: Any, reader: Any, two: Any) -> None:
        first, second = two
        for n in range(3):
            reader(f"r{n}@example.org")
        told()
        first.drop = True
        assert delivering.deliver_due(budget=60) == (3, False)
        assert len(second.mails) == 3
        rows = set(Delivery.objects.values_list("state", "attempts", "relay"))
        assert rows == {("sent", 1, f"127.0.0.1:{second.port}")}
        first.drop = False
        told("Better.")
        with later(2):
            assert delivering.deliver_due(budget=60) == (3, False)
        assert len(first.mails) == 3

    def test_what_one_refuses_of_us_the_next_takes(self, told: Any, reader: Any, two: Any) -> None:
        first, second = two
        reader("a@example.org")
        told()
        first.data["a@example.org"] = "550 5.7.26 not authenticated"
        assert delivering.deliver_due(budget=60) == (1, False)
        assert [len(first.mails), len(second.mails)] == [0, 1]
        assert (relaying.trouble(), Alarm.objects.count()) == ("", 0)
        assert Subscriber.objects.get().state == "active"


class TestRefusals:
    def test_an_address_that_there_is_not_ends_all_its_subscriptions(
        self,
        told: Any,
        reader: Any,
        postbox: Any,
    ) -> None:
        other = StatusPage.objects.create(name="Other", slug="other")
        reader("gone@example.org")
        elsewhere = Subscriber.objects.create(page=other, email="Gone@example.org", state="active")
        told()
        postbox.rcpt["gone@example.org"] = "550 5.1.1 no such user"
        delivering.deliver_due(budget=60)
        assert set(Subscriber.objects.values_list("state", flat=True)) == {"suppressed"}
        event = SubscriberEvent.objects.get(subscriber=elsewhere)
        assert event.kind == "suppressed"
        assert "550 5.1.1 no such user" in event.text

    def test_six_hours_count_from_when_it_was_to_go(self, told: Any, reader: Any, postbox: Any) -> None:
        reader("slow@example.org")
        told()
        postbox.rcpt["slow@example.org"] = "450 4.2.0 greylisted"
        row = Delivery.objects.get()
        Delivery.objects.update(created_at=row.created_at - timedelta(hours=10), first_due_at=row.created_at)
        delivering.deliver_due(budget=60)
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("queued", 1)
        # The last try is made at the end of the six hours, and not after it.
        assert row.first_due_at
        with time_machine.travel(row.first_due_at + timedelta(hours=5, minutes=59, seconds=40), tick=False):
            delivering.deliver_due(budget=60)
        row.refresh_from_db()
        assert row.due_at == row.first_due_at + timedelta(hours=6)


class TestAlarms:
    @pytest.fixture
    def phone(self, alice: User) -> ContactMethod:
        get_user_model().objects.filter(pk=alice.pk).update(role="owner")
        return ContactMethod.objects.create(
            user=alice,
            kind="ntfy",
            address="ntfys://ntfy.sh/x",
            shown="ntfy.sh",
            digest="d",
            verified_at=timezone.now(),
        )

    def test_owners_hear_by_what_works_once_an_hour_and_that_it_is_over(
        self, names: None, phone: ContactMethod, alice: User
    ) -> None:
        relaying.refuses(A, "535 5.7.8 bad password")
        assert not Delivery.objects.exists()
        relaying.refuses(B, "550 5.7.26 unauthenticated")
        first = Delivery.objects.get()
        assert (first.kind, first.channel, first.user) == ("alarm", "chat", alice)
        assert "535 5.7.8 bad password" in first.letter.text
        relaying.refuses(B, "550 5.7.26 unauthenticated")
        pulse.beat()
        assert Delivery.objects.count() == 1
        with later(3700):
            pulse.beat()
            assert Delivery.objects.count() == 2
            relay = relaying.pick()
            assert relay
            relaying.went_well(relay, 1)
            assert Delivery.objects.filter(letter__subject="Mail goes out again").count() == 2
            assert not Alarm.objects.open().exists()
            # It comes back within the hour: the banner shows it, nobody is called again.
            relaying.refuses(A, "535 5.7.8 bad password")
            assert Alarm.objects.open().count() == 1
            assert Delivery.objects.filter(letter__subject="No mail goes out").count() == 2

    def test_long_out_of_reach_is_as_bad(self, settings: Any, phone: ContactMethod) -> None:
        settings.WATCHBILL_RELAYS = [A]
        trial = Relay(A.name, A.host, A.port, on_trial=True)
        for _ in range(relaying.LONG_AWAY):
            relaying.unreachable(trial, "timed out")
        assert "out of reach (timed out)" in Alarm.objects.get().text

    def test_more_than_two_percent_refused_as_unwanted(
        self,
        told: Any,
        reader: Any,
        postbox: Any,
        phone: ContactMethod,
    ) -> None:
        for n in range(50):
            reader(f"r{n}@example.org")
        told()
        postbox.data["r0@example.org"] = "554 5.7.1 we think this is spam"
        delivering.deliver_due(budget=60)
        alarming.watch_policy(timezone.now())
        assert not Alarm.objects.exists()
        Delivery.objects.filter(address="r1@example.org").update(state="failed", reply="554 5.7.1 spam")
        alarming.watch_policy(timezone.now())
        alarm = Alarm.objects.get()
        assert "2 of 50 letters of an update on “Trouble”" in alarm.text
        told_by = Delivery.objects.filter(kind="alarm")
        assert set(told_by.values_list("channel", flat=True)) == {"chat", "email"}
        alarming.watch_policy(timezone.now() + timedelta(hours=2))
        assert told_by.count() == 2
        alarming.watch_policy(timezone.now() + timedelta(days=2))
        assert not Alarm.objects.open().exists()
        assert set(Subscriber.objects.values_list("state", flat=True)) == {"active"}

    def test_the_console_and_figures_show_it_to_staff(
        self, names: None, phone: ContactMethod, alice: User, bob: User, settings: Any
    ) -> None:
        settings.WATCHBILL_METRICS_TOKEN = "m" * 20
        relaying.refuses(A, "535 5.7.8 <bad> password")
        relaying.refuses(B, "550 5.7.26 unauthenticated")
        client = Client()
        client.force_login(alice)
        page = client.get("/incidents/").content.decode()
        assert "No mail goes out" in page
        assert "535 5.7.8 &lt;bad&gt; password" in page
        client.force_login(bob)
        assert "No mail goes out" not in client.get("/incidents/").content.decode()
        figures = Client().get("/metrics", headers={"Authorization": f"Bearer {'m' * 20}"}).content.decode()
        assert f'watchbill_mail_relay_takes{{relay="{A.name}"}} 0' in figures
        assert 'watchbill_alarms{kind="relays"} 1' in figures
