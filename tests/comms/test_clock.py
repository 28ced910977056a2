"""The promised next update and when service is expected back, as readers are told: on the page, in mail and feeds; and
what becomes of both."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from comms import times
from comms.actions import calling, delivering, publishing
from comms.models import Delivery, PageIncident, StatusUpdate
from incidents import clock
from incidents.actions import promises, roles
from incidents.models import Estimate
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import NotificationRule, Role
from tests import factories

NOON = datetime(2030, 1, 7, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


@pytest.fixture
def publish(outage, alice, status_page):
    def make(minutes=0, **given):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            fields = {"title": "Payments fail", "body": "Sorry.", "state": "identified"} | given
            return publishing.publish_update(outage, by=alice, **fields)

    return make


def ahead(minutes):
    return NOON + timedelta(minutes=minutes)


def seen(client, path, minutes=1):
    with time_machine.travel(ahead(minutes), tick=False):
        html = client.get(path).content.decode()
    shown = re.sub(r"<(span|time)[^>]* hidden>[^<]*</(span|time)>", "", html)
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def test_a_reader_without_script_is_told_the_time_and_that_it_has_passed(client, publish):
    told = publish(next_update_at=ahead(40)).page_incident
    for path in ("/status/shop/", told.get_absolute_url()):
        assert re.search(r"Next update by 12:40 UTC", seen(client, path))
        assert "12:40 UTC" in seen(client, path, minutes=40)
        assert "was due at" not in seen(client, path, minutes=40)
        assert re.search(r"Next update was due at 12:40 UTC", seen(client, path, minutes=41))


def test_the_page_says_a_range_and_how_sure_it_is(client, publish):
    told = publish(eta_early_at=ahead(60), eta_at=ahead(90), eta_confidence="medium").page_incident
    for path in ("/status/shop/", told.get_absolute_url()):
        assert "between 13:00 and 13:30 UTC (medium confidence)" in seen(client, path)
    publish(minutes=5, eta_at=ahead(90))
    assert "Service expected back by 13:30 UTC" in seen(client, "/status/shop/", minutes=6)
    assert "13:30" not in seen(client, "/status/shop/", minutes=95)


def test_mail_says_both_in_the_readers_zone_and_how_long_from_now(publish, reader, postbox):
    reader("vera@example.org")
    publish(eta_early_at=ahead(60), eta_at=ahead(90), eta_confidence="high", next_update_at=ahead(40))
    with time_machine.travel(ahead(3), tick=True):
        delivering.deliver_due(budget=60)
    (mail,) = postbox.to("vera@example.org")
    for part in (mail.part("plain"), mail.part("html")):
        assert "Next update by 12:40 UTC, 7 Jan 2030 (13:40 Europe/Berlin), 40 min after this mail" in part
        expected = "between 13:00 and 13:30 UTC, 7 Jan 2030 (14:00 to 14:30 Europe/Berlin), high confidence"
        assert f"Service expected back {expected}" in part


@pytest.mark.parametrize(
    ("early", "late", "zone", "said"),
    [
        (20, 50, "UTC", "between 12:20 and 12:50 UTC, 7 Jan 2030"),
        (660, 740, "UTC", "between 23:00 UTC, 7 Jan 2030 and 00:20 UTC, 8 Jan 2030"),
        (
            600,
            690,
            "Europe/Berlin",
            "between 22:00 UTC, 7 Jan 2030 (23:00 Europe/Berlin) "
            "and 23:30 UTC, 7 Jan 2030 (00:30 Europe/Berlin, 8 Jan)",
        ),
        (None, 50, "UTC", "by 12:50 UTC, 7 Jan 2030"),
    ],
)
def test_a_range_is_said_once_a_day(early, late, zone, said):
    update = StatusUpdate(eta_early_at=early and ahead(early), eta_at=ahead(late))
    assert times.expected(update, zone) == said


def test_feeds_say_what_was_to_come(client, publish):
    publish(eta_at=ahead(90), eta_confidence="low", next_update_at=ahead(40))
    feed = client.get("/status/shop/history.atom").content.decode()
    assert "Service expected back by 13:30 UTC" in feed
    assert "low confidence" in feed
    assert "Next update by 12:40 UTC" in feed


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"eta_early_at": 30}, "eta_at"),
        ({"eta_confidence": "high"}, "eta_at"),
        ({"eta_early_at": 90, "eta_at": 60}, "eta_early_at"),
        ({"eta_early_at": -5, "eta_at": 60}, "eta_early_at"),
        ({"eta_at": 60, "eta_confidence": "certain"}, "eta_confidence"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(outage, alice, publish, given, field):
    times = {key: ahead(value) if isinstance(value, int) else value for key, value in given.items()}
    with pytest.raises(Blocked) as error:
        publish(**times)
    assert {blocker.field for blocker in error.value.blockers} == {field}


def test_taking_the_time_back_takes_back_the_range(outage, alice, status_page):
    times = {"eta_early_at": ahead(60), "eta_at": ahead(90), "eta_confidence": "low"}
    draft = publishing.draft_update(outage, by=alice, page=status_page, body="B", **times)
    draft = publishing.edit_update(draft.pk, by=alice, eta_at=None)
    assert (draft.eta_early_at, draft.eta_at, draft.eta_confidence) == (None, None, "")


def test_every_estimate_is_held_against_when_service_was_back(publish):
    publish(eta_early_at=ahead(10), eta_at=ahead(30), eta_confidence="high")
    publish(minutes=1, eta_early_at=ahead(10), eta_at=ahead(30), eta_confidence="medium")
    publish(minutes=25, eta_early_at=ahead(50), eta_at=ahead(70), eta_confidence="low")
    publish(minutes=45, state="monitoring")
    rows = [(e.confidence, e.outcome, e.minutes_off(e.back_at)) for e in Estimate.objects.order_by("pk")]
    assert rows == [("medium", "late", 15), ("low", "early", -5)]


def test_what_came_back_too_soon_waits_for_its_real_end(publish):
    publish(eta_at=ahead(30))
    publish(minutes=20, state="monitoring")
    assert Estimate.objects.get().outcome == "inside"
    publish(minutes=25, state="identified")
    assert Estimate.objects.get().outcome == "open"
    told = publish(minutes=90, state="resolved").page_incident
    estimate = Estimate.objects.get()
    assert (estimate.outcome, estimate.minutes_off(estimate.back_at)) == ("late", 60)
    told.refresh_from_db()
    assert (told.eta_early_at, told.eta_at, told.eta_confidence) == (None, None, "")


def test_the_form_takes_a_range_and_shows_it_again(client, outage, alice, status_page):
    client.force_login(alice)
    typed = {
        "uid": "a1b2c3d4e5f6",
        "title": "Payments fail",
        "body": "Sorry.",
        "state": "identified",
        "impact": "minor",
        "promise": "30",
        "when": "now",
        "eta_early_at": "2100-01-05T09:00",
        "eta_at": "2100-01-05T09:30",
        "eta_confidence": "high",
    }
    assert client.post(f"/incidents/{outage.pk}/updates/", typed).status_code == 302
    told = PageIncident.objects.get()
    assert (told.eta_at - told.eta_early_at, told.eta_confidence) == (timedelta(minutes=30), "high")
    html = client.get(f"/incidents/{outage.pk}/updates/").content.decode()
    assert 'value="2100-01-05T09:00"' in html
    assert "high confidence" in " ".join(client.get(f"/incidents/{outage.pk}/").content.decode().split())


def late(outage):
    """The promise is late, and it is the commander's turn to hear of it."""
    outage.refresh_from_db()
    moment = clock.late_from(outage.next_update_due_at)
    for minutes in (0, 5):
        with time_machine.travel(moment + timedelta(minutes=minutes), tick=False):
            promises.remind_due(timezone.now())
    return moment + timedelta(minutes=5)


def test_who_is_escalated_to_is_called_as_for_a_page_and_not_once_the_update_came(
    outage, alice, bob, status_page, provider
):
    factories.method(alice, "sms", "+4915112345678")
    later = factories.method(alice, "voice", "+4915112345678")
    NotificationRule.objects.filter(method=later).update(delay_minutes=10)
    roles.take(outage.pk, Role.objects.get(slug=Role.COMMUNICATIONS), by=bob)
    moment = late(outage)
    calls = Delivery.objects.filter(kind="notice").exclude(channel="email")
    assert set(calls.values_list("user__username", "channel")) == {("alice", "sms"), ("alice", "voice")}
    with time_machine.travel(moment, tick=True):
        calling.call_due(budget=5)
    (message,) = provider.of("Messages")
    assert "The promised status update is late" in message.fields["Body"]
    with time_machine.travel(moment + timedelta(minutes=1), tick=False):
        publishing.publish_update(outage, by=alice, title="T", body="B")
    with time_machine.travel(moment + timedelta(minutes=11), tick=True):
        calling.call_due(budget=5)
    assert provider.of("Calls") == []
    assert calls.get(channel="voice").reply == "The update had come before it went out."


def test_before_it_is_due_the_mail_says_so(outage, alice, status_page, postbox):
    with time_machine.travel(outage.next_update_due_at - timedelta(minutes=5), tick=True):
        promises.remind_due(timezone.now())
        delivering.deliver_due(budget=60)
    (mail,) = postbox.to(alice.email)
    assert "A status update is due soon" in mail.message["Subject"]
