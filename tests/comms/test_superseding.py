"""A newer update goes out instead of older ones that wait, and says what it skipped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from comms.actions import claiming, correcting, delivering, publishing, superseding
from comms.models import Delivery, StatusUpdate
from incidents.phases import Phase
from teams import moments
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


@pytest.fixture
def say(outage, alice, status_page):
    """Publishes an update; each is shown a minute after the one before."""
    began = timezone.now() - timedelta(hours=1)
    said: list[StatusUpdate] = []

    def publish(state: str, **fields) -> StatusUpdate:
        fields = {"title": "Payments fail", "body": f"{state} {len(said)}", "state": state} | fields
        fields.setdefault("occurred_at", began + timedelta(minutes=len(said)))
        said.append(publishing.publish_update(outage, by=alice, **fields))
        return said[-1]

    return publish


def states(update: StatusUpdate) -> dict[str, str]:
    return dict(Delivery.objects.filter(update=update, correction=None).values_list("address", "state"))


class TestPublishing:
    def test_what_waits_gives_way_to_the_newer(self, say, reader, components):
        reader("all@example.org")
        reader("search@example.org", components["search"])
        first = say("identified", component_states={components["search"].pk: "degraded_performance"})
        Delivery.objects.filter(address="search@example.org").update(state="sent")
        second = say("monitoring")
        assert states(first) == {"all@example.org": "superseded", "search@example.org": "sent"}
        assert set(states(second).values()) == {"queued"}
        assert Delivery.objects.get(state="superseded").superseded_by == second

    def test_whom_the_newer_does_not_concern_gets_the_older(self, say, reader, components):
        everything, other = reader("all@example.org"), reader("other@example.org")
        first = say("identified")
        other.all_components = False
        other.save()
        other.components.set([components["export"]])
        second = say("monitoring", component_states={components["checkout"].pk: "degraded_performance"})
        assert states(first) == {"all@example.org": "superseded", "other@example.org": "queued"}
        assert states(second) == {everything.email: "queued"}

    @pytest.mark.parametrize(
        ("older", "newer", "gives_way"),
        [
            ("identified", "resolved", True),
            ("resolved", "resolved", True),
            ("resolved", "postmortem", True),
            ("resolved", "investigating", False),
            ("postmortem", "monitoring", False),
        ],
    )
    def test_the_only_one_that_says_it_is_over_stays(self, say, reader, older, newer, gives_way):
        reader("all@example.org")
        first = say(older)
        say(newer)
        assert states(first) == {"all@example.org": "superseded" if gives_way else "queued"}

    def test_what_is_told_afterwards_replaces_nothing_that_is_shown_later(self, say, reader):
        reader("all@example.org")
        newest = say("monitoring", occurred_at=timezone.now() - timedelta(minutes=1))
        late = say("identified", occurred_at=timezone.now() - timedelta(minutes=30))
        assert set(states(newest).values()) == set(states(late).values()) == {"queued"}
        assert superseding.overtaken(list(Delivery.objects.values_list("pk", flat=True))) == {}

    def test_without_mail_nothing_is_replaced(self, say, reader):
        reader("all@example.org")
        first = say("identified")
        say("monitoring", notify=False)
        assert states(first) == {"all@example.org": "queued"}

    @pytest.mark.parametrize(
        ("older", "newer", "left"),
        [("held", "held", "superseded"), ("held", "queued", "superseded"), ("queued", "held", "queued")],
    )
    def test_what_goes_at_once_is_not_given_up_for_a_digest(self, say, reader, older, newer, left):
        reader("all@example.org")
        first, second = say("identified"), say("monitoring")
        for update, state in ((first, older), (second, newer)):
            Delivery.objects.filter(update=update).update(state=state, superseded_by=None)
        superseding.supersede(second)
        assert states(first) == {"all@example.org": left}

    def test_a_correction_that_waits_gives_way_as_well(self, say, reader, alice):
        reader("all@example.org")
        first = say("identified")
        Delivery.objects.update(state="sent")
        correcting.correct(first.pk, by=alice, body="It is something else.")
        say("monitoring")
        assert list(Delivery.objects.exclude(correction=None).values_list("state", flat=True)) == ["superseded"]


class TestRetries:
    def retried(self, update: StatusUpdate) -> list[Delivery]:
        """The update's rows as a worker has them that claims them once more."""
        Delivery.objects.filter(update=update, state="superseded").update(state="queued", superseded_by=None)
        return claim(50)

    def test_what_was_refused_meanwhile_is_not_tried_again(self, say, reader):
        reader("all@example.org")
        first, second, third = say("investigating"), say("identified"), say("monitoring")
        rows = self.retried(first)
        newest = next(row for row in rows if row.update_id == third.pk)
        assert set(superseding.overtaken([row.pk for row in rows]).values()) == {third.pk}
        assert superseding.still_to_be_sent(rows) == [newest]
        settled = Delivery.objects.get(update=first)
        assert (settled.state, settled.superseded_by_id, settled.lease_until) == ("superseded", third.pk, None)
        assert states(second) == {"all@example.org": "superseded"}

    def test_a_newer_one_that_failed_replaces_nothing(self, say, reader):
        reader("all@example.org")
        first, second = say("investigating"), say("identified")
        Delivery.objects.filter(update=second).update(state="failed")
        rows = self.retried(first)
        assert superseding.still_to_be_sent(rows) == rows

    def test_a_row_that_is_anothers_by_now_is_left_alone(self, say, reader):
        reader("all@example.org")
        first = say("investigating")
        say("identified")
        rows = self.retried(first)
        Delivery.objects.update(lease_until=timezone.now() + timedelta(minutes=5))
        superseding.still_to_be_sent(rows)
        assert states(first) == {"all@example.org": "sending"}

    def test_a_correction_is_replaced_only_by_what_came_after_it(self, say, reader, alice):
        reader("all@example.org")
        first = say("investigating")
        Delivery.objects.update(state="sent")
        say("identified")
        Delivery.objects.update(state="sent")
        correcting.correct(first.pk, by=alice, body="It is something else.")
        rows = claim(50)
        assert [row.correction_id is not None for row in rows] == [True]
        assert superseding.overtaken([row.pk for row in rows]) == {}
        third = say("monitoring")
        assert superseding.overtaken([row.pk for row in rows]) == {rows[0].pk: third.pk}


class TestSkipped:
    def test_who_missed_what_since_the_last_mail(self, say, reader):
        late, quick, left = (reader(f"{name}@example.org") for name in ("late", "quick", "left"))
        first, second = say("investigating"), say("identified")
        assert superseding.skipped(first, [late.pk]) == {}
        Delivery.objects.filter(subscriber=quick, update=first).update(state="sent", superseded_by=None)
        third = say("monitoring")
        found = superseding.skipped(third, [late.pk, quick.pk, left.pk])
        assert found == {late.pk: (first.pk, second.pk), quick.pk: (second.pk,), left.pk: (first.pk, second.pk)}
        assert superseding.skipped(third, [quick.pk]) == {quick.pk: (second.pk,)}
        Delivery.objects.filter(subscriber=late, update=third).update(state="sent")
        assert superseding.skipped(say("resolved"), [late.pk]) == {}

    def test_the_mail_says_it_in_both_bodies(self, say, reader, postbox, status_page):
        status_page.other_languages = ["de"]
        status_page.save()
        reader("all@example.org", language="de")
        first = say("investigating")
        say("identified")
        delivering.deliver_due(budget=60)
        (mail,) = postbox.to("all@example.org")
        for part in (mail.part("plain"), mail.part("html")):
            assert "Davor erschienen und Ihnen nicht gemailt:" in part
            assert "Wird untersucht" in part
            assert f"incidents/{first.page_incident.uid}/#{first.uid}" in part

    def test_who_missed_nothing_reads_nothing_of_it(self, say, reader, postbox):
        reader("all@example.org")
        for state in ("investigating", "identified"):
            say(state)
            delivering.deliver_due(budget=60)
        assert not any("came before" in mail.part("plain") for mail in postbox.to("all@example.org"))


def claim(limit: int) -> list[Delivery]:
    now = moments.now()
    return claiming.claim(Delivery.objects.claimable(now).filter(kind="update"), now, limit=limit)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_workers_and_publishers_never_wait_in_a_circle(self, outage, alice, status_page, reader):
        """Whoever came first, nothing waits that was not tried and that a newer update replaces."""
        for n in range(60):
            reader(f"{n:02}@example.org")
        publishing.publish_update(outage, by=alice, title="T", body="0")

        def publish() -> None:
            for n in range(3):
                publishing.publish_update(outage, by=alice, state="identified", body=f"{n}")

        def correct() -> None:
            for n in range(3):
                newest = StatusUpdate.objects.order_by("pk").last()
                correcting.correct(newest.pk, by=alice, body=f"Corrected {n}")

        def deliver() -> None:
            for _ in range(12):
                for row in superseding.still_to_be_sent(claim(9)):
                    if row.subscriber_id % 3:
                        claiming.settle(row, "sent", "250 OK")
                    else:
                        claiming.again(row, "450 4.2.1 Later")

        at_once(publish, publish, correct, deliver, deliver)
        newest = StatusUpdate.objects.order_by("published_at", "pk").last()
        mine = Delivery.objects.filter(update=newest, correction=None)
        assert mine.count() == 60
        assert not mine.filter(state="superseded").exists()
        older = Delivery.objects.filter(kind="update", correction=None).exclude(update=newest)
        assert not older.filter(state="queued", reply="").exists()
        assert not older.filter(state="superseded", superseded_by=None).exists()

    def test_a_row_that_is_being_claimed_is_its_workers(self, outage, alice, status_page, reader):
        """Publishing leaves the row to whoever has it."""
        reader("all@example.org")
        first = publishing.publish_update(outage, by=alice, title="T", body="0")
        taken = threading.Event()

        def publish() -> None:
            taken.wait(30)
            publishing.publish_update(outage, by=alice, state="identified", body="1")

        def take() -> None:
            with transaction.atomic():
                (row,) = claim(9)
                taken.set()
                assert row.update_id == first.pk

        at_once(publish, take)
        assert states(first) == {"all@example.org": "sending"}


def at_once(*works: Callable[[], None]) -> None:
    """Run each in a thread of its own; what one of them raises is raised."""

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result()
