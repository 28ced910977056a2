"""What became of an update's mail: counts, the page that shows them, and sending it again to those who missed it."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from comms import ledgers, outcomes
from comms.actions import correcting, delivering, maintaining, publishing, resending
from comms.models import Delivery, PageRole, StatusPage, StatusUpdate, Subscriber
from incidents.models import TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import AccessEvent, ApiToken, User
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="Ledger secret")


@pytest.fixture
def update(outage, alice, status_page, reader) -> StatusUpdate:
    """Published to ten readers, r0 to r9, and not sent yet."""
    for n in range(10):
        reader(f"r{n}@example.org")
    return publishing.publish_update(outage, by=alice, title="Payments fail", body="Sorry.", state="identified")


@pytest.fixture
def api(settings):
    """Makes a client that sends a token of somebody."""
    settings.WATCHBILL_API_RATE = ""

    def client(user: User) -> APIClient:
        _, raw = ApiToken.issue(user, "tests", scopes=["read", "publish", "setup"])
        made = APIClient()
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
        return made

    return client


def becomes(update, address: str, **fields) -> None:
    mail = Delivery.objects.filter(update=update, correction=None, address=f"{address}@example.org")
    assert mail.update(**fields) == 1


@pytest.fixture
def halfway(update) -> StatusUpdate:
    now = timezone.now()
    for n in (0, 1, 2):
        becomes(
            update, f"r{n}", state="sent", sent_at=now - timedelta(seconds=20 * n), relay="one.example", reply="250 OK"
        )
    becomes(update, "r3", state="failed", reply="550 5.1.1 <r3@example.org> no such user")
    becomes(update, "r4", state="bounced", reply="552 5.2.2 over quota")
    becomes(update, "r5", attempts=2, reply="450 4.2.1 later", due_at=now + timedelta(minutes=5))
    becomes(update, "r6", state="superseded")
    becomes(update, "r7", state="suppressed", reply="Subscription: unsubscribed.")
    return update


class TestCounts:
    def test_every_outcome_is_counted(self, halfway):
        ledger = ledgers.of(halfway)
        assert ledger.tally.counts == {
            "sent": 3,
            "failed": 1,
            "bounced": 1,
            "superseded": 1,
            "suppressed": 1,
            "deferred": 1,
            "queued": 2,
        }
        assert (ledger.tally.total, ledger.tally.settled, ledger.tally.going) == (10, 7, 2)
        assert ledger.tally.summary.startswith("3 of 10 sent, 1 bounced, 1 failed")
        assert ledger.relays == {"one.example": 3}
        assert ledger.next_try_at is not None
        assert [(reply.name, reply.count) for reply in sorted(ledger.replies, key=lambda reply: reply.name)] == [
            ("The mailbox is full", 1),
            ("The server asks us to come back", 1),
            ("There is no such mailbox", 1),
        ]
        widths = [float(part.width.rstrip("%")) for part in ledger.tally.parts]
        assert sum(widths) == pytest.approx(100, abs=0.1)

    def test_time_left_is_by_the_measured_rate_and_what_goes_before(self, halfway):
        ledger = ledgers.of(halfway)
        assert ledger.rate == pytest.approx(3 / 40, rel=0.2)
        assert ledger.left_in_words == "under a minute left"
        assert ledgers.about(timedelta(minutes=2, seconds=1)) == "about 3 min left"
        assert ledgers.about(timedelta(hours=3)) == "about 3 h left"

    def test_what_is_more_urgent_goes_before(self, update, alice):
        Delivery.objects.bulk_create(
            Delivery(key=f"n{n}", kind="notice", priority=3, user=alice, address="a@example.org") for n in range(4)
        )
        others = Delivery.objects.filter(kind="notice").count()
        assert ledgers.of(update).ahead == others

    def test_corrections_are_told_apart(self, halfway, alice):
        correcting.correct(halfway.pk, by=alice, body="Not all payments.")
        assert ledgers.of(halfway).tally.total == 10
        assert ledgers.tallies([halfway])[halfway.pk].total == 10
        ((_, tally),) = ledgers.of_corrections(halfway)
        assert tally.counts == {"queued": 3}

    def test_counting_many_takes_as_many_queries_as_one(
        self, outage, alice, status_page, reader, django_assert_num_queries
    ):
        reader("all@example.org")
        updates = [publishing.publish_update(outage, by=alice, title="T", body=f"{n}") for n in range(3)]
        with django_assert_num_queries(2):
            ledgers.tallies(updates[:1])
        with django_assert_num_queries(2):
            ledgers.tallies(updates[1:])

    def test_of_several_who_watch_one_looks_at_the_rows(self, halfway, django_assert_num_queries):
        ledgers.of(halfway)
        with django_assert_num_queries(0):
            ledgers.of(halfway)

    def test_counts_come_from_the_index_alone(self, update):
        """Neither the table nor its other indexes are read for them."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(
                "EXPLAIN SELECT update_id, state, count(*) FROM comms_delivery WHERE update_id IN (%s) GROUP BY 1, 2",
                [update.pk],
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Index Only Scan using delivery_of_update" in plan


class TestApi:
    def test_counts_rows_and_sending_again(self, halfway, api, alice, bob, status_page):
        PageRole.objects.create(page=status_page, user=alice, role="editor")
        url = f"/api/v1/incidents/{halfway.page_incident.incident_id}/updates/{halfway.pk}/"
        told = api(alice).get(f"{url}deliveries/?page_size=4").json()
        assert told["counts"] == {
            "total": 10,
            "sent": 3,
            "failed": 1,
            "bounced": 1,
            "superseded": 1,
            "suppressed": 1,
            "deferred": 1,
            "queued": 2,
            "sending": 0,
            "held": 0,
        }
        assert (told["over"], len(told["results"]), told["previous"]) == (False, 4, None)
        assert len(api(alice).get(told["next"]).json()["results"]) == 4
        (row,) = api(alice).get(f"{url}deliveries/?state=failed").json()["results"]
        assert row["address"] == "r3@example.org"
        assert "knows no such mailbox" in row["means"]
        assert api(bob).get(f"{url}deliveries/").json()["results"] == []
        assert api(bob).post(f"{url}resend/", {"who": ["nobody"]}).status_code == 400
        assert api(bob).post(f"{url}resend/", {"who": ["refused"]}).json() == {
            "refused": 2,
            "withheld": 0,
            "since": 0,
        }

    def test_figures_for_prometheus(self, halfway, client, settings):
        settings.WATCHBILL_METRICS_TOKEN = "t" * 16
        told = client.get("/metrics", headers={"authorization": f"Bearer {'t' * 16}"}).content.decode()
        assert 'watchbill_update_deliveries{outcome="sent"} 3' in told
        assert 'watchbill_update_deliveries{outcome="held"} 0' in told
        assert 'watchbill_deliveries_oldest_due_seconds{kind="update"}' in told


class TestWords:
    @pytest.mark.parametrize(
        ("state", "reply", "says"),
        [
            ("failed", "550 5.1.1 unknown", "knows no such mailbox"),
            ("failed", "552 quota", "After three times in a row"),
            ("failed", "550 5.7.1 spam", "SPF, DKIM and DMARC"),
            ("failed", "451 try later", "given up"),
            ("deferred", "450 4.2.0 greylisted", "for up to six hours"),
            ("deferred", "454 4.7.0 slow down", "more slowly"),
            ("deferred", "timed out", "could not be reached"),
            ("suppressed", "Subscription: unsubscribed.", "Subscription: unsubscribed."),
            ("bounced", "550 5.1.1 gone", "knows no such mailbox"),
            ("sent", "250 OK", ""),
        ],
    )
    def test_a_reply_is_said_in_plain_words(self, state, reply, says):
        told = outcomes.explain(state, reply)
        assert says in told
        assert bool(told) == bool(says)


class TestPage:
    @pytest.fixture
    def home(self, halfway) -> str:
        return reverse("comms:deliveries", args=[halfway.page_incident.incident_id, halfway.uid])

    def see(self, who: User, path: str, **headers) -> str:
        client = Client(headers=headers)
        client.force_login(who)
        answer = client.get(path)
        assert answer.status_code == 200, answer
        return answer.content.decode()

    def test_who_may_see_addresses_sees_what_each_reply_means(self, home, alice):
        alice.role = "admin"
        alice.save()
        page = self.see(alice, home)
        assert "3 of 10 sent" in page
        assert "r3@example.org" in page
        assert "The server of this address knows no such mailbox." in page
        assert 'role="progressbar"' in page
        assert 'aria-valuenow="7"' in page

    def test_others_see_counts_and_no_address(self, home, bob):
        page = self.see(bob, home)
        assert "3 of 10 sent" in page
        assert not re.search(r"r\d@example\.org", page)
        assert "for administrators" in page

    @pytest.mark.parametrize(
        ("asked", "there"),
        [("q=r3", {"r3"}), ("outcome=deferred", {"r5"}), ("outcome=missed", {"r3", "r4", "r7"}), ("q=nobody", set())],
    )
    def test_the_list_is_searched_and_filtered(self, home, alice, asked, there):
        alice.role = "admin"
        alice.save()
        found = self.see(alice, f"{home}?{asked}").partition('id="deliveries"')[2]
        assert {name for name in (f"r{n}" for n in range(10)) if f"{name}@example.org" in found} == there
        assert ("Nothing fits" in found) == (not there)

    def test_it_is_live_until_it_is_over_and_speaks_only_of_news(self, home, halfway, bob):
        page = self.see(bob, home)
        (poll,) = re.findall(r'hx-get="([^"]+live=[^"]*)" hx-trigger="every 2s', page)
        again = self.see(bob, poll, HX_Request="true")
        assert "<h1" not in again
        assert 'hx-swap-oob="innerHTML"' not in again
        for address in ("r5", "r8", "r9"):
            becomes(halfway, address, state="sent", sent_at=timezone.now())
        ledgers.forget(halfway)
        client = Client(headers={"HX-Request": "true"})
        client.force_login(bob)
        over = client.get(poll)
        assert "Everything is done: 6 of 10 sent" in over.content.decode()
        assert "hx-trigger" not in over.content.decode()
        assert over["HX-Trigger"] == "settled"

    def test_the_list_costs_the_same_for_many(self, home, halfway, alice):
        alice.role = "admin"
        alice.save()
        costs = []
        for asked in ("q=r6", "q=", "q=r6"):
            with CaptureQueriesContext(connection) as queries:
                self.see(alice, f"{home}?{asked}")
            costs.append(len(queries))
        assert costs[1] == costs[2]

    def test_the_mail_of_one_reader_is_shown_to_those_who_see_deliveries(self, home, halfway, alice, bob):
        alice.role = "admin"
        alice.save()
        row = Delivery.objects.get(update=halfway, address="r0@example.org")
        letter = f"{home}{row.pk}/"
        page = self.see(alice, letter)
        headers = page.partition("Headers as they were sent")[2].partition("</pre>")[0]
        assert "Message-ID: &lt;update." in headers
        assert "quoted-printable" not in headers, "the body is none of them"
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in page
        assert f"update.{row.pk}." in page
        client = Client()
        client.force_login(bob)
        assert client.get(letter).status_code == 403

    def test_executives_mail_is_theirs(self, halfway, home, status_page, charlie):
        StatusPage.objects.update(audience="executives", is_default=False)
        charlie.role = "viewer"
        charlie.save()
        client = Client()
        client.force_login(charlie)
        assert client.get(home).status_code == 404

    def test_the_desk_and_the_panel_show_it_in_small_while_it_goes_out(self, halfway, alice):
        pk = halfway.page_incident.incident_id
        for path in (reverse("comms:desk"), reverse("comms:panel", args=[pk])):
            page = self.see(alice, path)
            assert "7 of 10, under a minute left" in page
            assert 'id="going"' in page
        assert "3 of 10 sent" in self.see(alice, reverse("comms:compose", args=[pk]))
        Delivery.objects.filter(update=halfway).update(state="sent")
        ledgers.forget(halfway)
        for path in (reverse("comms:desk"), reverse("comms:panel", args=[pk])):
            assert 'id="going"' not in self.see(alice, path)

    def test_maintenance_has_one_too(self, status_page, components, reader, alice):
        alice.role = "admin"
        alice.save()
        reader("all@example.org")
        begins = timezone.now() + timedelta(days=1)
        row = maintaining.plan(
            status_page,
            by=alice,
            title="Disks",
            body="New disks.",
            scheduled_for=begins,
            scheduled_until=begins + timedelta(hours=1),
            components={components["checkout"].pk: "under_maintenance"},
        )
        told = row.updates.get()
        page = self.see(alice, reverse("comms:maintenance_deliveries", args=[row.uid, told.uid]))
        assert "0 of 1 sent" in page
        assert "all@example.org" in page
        Delivery.objects.update(state="failed", reply="550 5.3.0 no")
        assert resending.resend_maintenance(told.pk, ["refused"], by=alice) == {"refused": 1}
        assert AccessEvent.objects.filter(kind="maintenance.resent").count() == 1


class TestResending:
    def test_it_goes_to_those_who_missed_it_and_only_to_them(self, halfway, alice, reader):
        Subscriber.objects.filter(email="r3@example.org").update(state="suppressed")
        late = reader("late@example.org", confirmed_at=timezone.now())
        reader("early@example.org", confirmed_at=timezone.now() - timedelta(days=1))
        missed = resending.missed(halfway)
        assert missed == resending.Missed({"refused": 1, "withheld": 1, "since": 1}, newer=0, gone=1)
        row = Delivery.objects.get(update=halfway, address="r4@example.org")
        queued = resending.resend(halfway.pk, ["refused", "since"], by=alice)
        assert queued == {"refused": 1, "since": 1}
        again = Delivery.objects.get(update=halfway, address="r4@example.org")
        assert (again.pk, again.key, again.state, again.attempts) == (row.pk, row.key, "queued", 0)
        assert Delivery.objects.filter(update=halfway, subscriber=late, state="queued").count() == 1
        assert TimelineEntry.objects.get(verb="update.resent").data["queued"] == queued

    def test_asked_twice_it_is_sent_once(self, halfway, alice):
        resending.resend(halfway.pk, ["refused"], by=alice)
        assert resending.resend(halfway.pk, ["refused"], by=alice) == {"refused": 0}
        assert TimelineEntry.objects.filter(verb="update.resent").count() == 1

    def test_who_has_a_newer_one_gets_no_older_one(self, halfway, outage, alice):
        newer = publishing.publish_update(outage, by=alice, title="T", body="More.", state="monitoring")
        Delivery.objects.filter(update=newer, address="r4@example.org").update(state="failed")
        missed = resending.missed(halfway)
        assert missed.counts == {"refused": 1, "withheld": 0, "since": 0}
        assert missed.newer == 2

    def test_who_came_when_it_was_over_missed_nothing(self, halfway, outage, alice, reader):
        publishing.publish_update(outage, by=alice, body="Back.", state="resolved")
        reader("late@example.org", confirmed_at=timezone.now())
        fresh = StatusUpdate.objects.get(pk=halfway.pk)
        assert resending.missed(fresh).counts["since"] == 0

    def test_on_a_page_of_approvers_an_approver_sends_it(self, halfway, status_page, bob):
        StatusPage.objects.update(guarded=True)
        with pytest.raises(PermissionDenied):
            resending.resend(halfway.pk, ["refused"], by=bob)
        PageRole.objects.create(page=status_page, user=bob, role="approver")
        assert resending.resend(halfway.pk, ["refused"], by=bob) == {"refused": 2}

    @pytest.mark.parametrize("who", [[], ["everybody"]])
    def test_who_is_to_be_said(self, halfway, alice, who):
        with pytest.raises(Blocked) as error:
            resending.resend(halfway.pk, who, by=alice)
        assert [blocker.field for blocker in error.value.blockers] == ["who"]

    def test_the_form_says_beforehand_and_the_mail_arrives(self, update, alice, postbox):
        delivering.deliver_due(budget=60)
        first = postbox.to("r4@example.org")[0].message["Message-ID"]
        becomes(update, "r4", state="bounced", reply="451 4.4.7 expired")
        client = Client()
        client.force_login(alice)
        path = reverse("comms:resend_update", args=[update.page_incident.incident_id, update.uid])
        assert "1 whose server refused it" in client.get(path).content.decode()
        assert client.post(path, {}).status_code == 422
        assert client.post(path, {"who": "refused"}).status_code == 302
        assert client.post(path, {"who": "refused"}).status_code == 302
        delivering.deliver_due(budget=60)
        assert [mail.message["Message-ID"] for mail in postbox.to("r4@example.org")] == [first, first]


@pytest.mark.django_db(transaction=True)
def test_a_double_click_queues_once(payments, alice, status_page, reader):
    for n in range(20):
        reader(f"r{n}@example.org")
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    update = publishing.publish_update(incident, by=alice, title="T", body="B")
    Delivery.objects.filter(update=update).update(state="failed")
    gate = threading.Barrier(3)

    def click(_: int) -> dict[str, int]:
        try:
            gate.wait()
            return resending.resend(update.pk, ["refused"], by=alice)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        counts = sorted(queued["refused"] for queued in pool.map(click, range(3)))
    assert counts == [0, 0, 20]
    assert TimelineEntry.objects.filter(verb="update.resent").count() == 1
