"""Planned maintenance as the world reads it: page, JSON, feeds, calendar, mail, and the files of all that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from comms.actions import delivering, maintaining, snapshots
from comms.models import Component, PageMaintenance, StatusPage, Subscriber
from tests.standins.mail import Mail, Postbox

HOUR = timedelta(hours=1)
BEGINS = datetime(2027, 1, 16, 1, tzinfo=UTC)
Components = dict[str, Component]
Planned = Callable[..., PageMaintenance]
API = "/status/shop/api/v2/"


@pytest.fixture
def planned(status_page: StatusPage, components: Components) -> Planned:
    def make(**fields: Any) -> PageMaintenance:
        given = {
            "by": None,
            "title": "Database upgrade",
            "body": "Payments **stop** for a few minutes.",
            "components": {components["checkout"]: "under_maintenance", components["export"]: "partial_outage"},
            "scheduled_for": BEGINS,
            "scheduled_until": BEGINS + 2 * HOUR,
        }
        return maintaining.plan(status_page, **given | fields)

    return make


def listed(client: Client, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{API}{name}.json").json()["scheduled_maintenances"]
    return found


def test_its_json_has_the_shape_that_readers_know(client: Client, planned: Planned, components: Components) -> None:
    made = planned()
    (found,) = listed(client, "scheduled-maintenances")
    assert found.keys() == {
        *("id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink"),
        *("started_at", "page_id", "incident_updates", "components", "scheduled_for", "scheduled_until"),
    }
    assert (found["id"], found["status"], found["impact"]) == (made.uid, "scheduled", "maintenance")
    assert (found["scheduled_for"], found["scheduled_until"]) == (
        "2027-01-16T01:00:00.000Z",
        "2027-01-16T03:00:00.000Z",
    )
    assert [component["name"] for component in found["components"]] == ["Checkout", "Export"]
    (update,) = found["incident_updates"]
    assert (update["status"], update["incident_id"], update["affected_components"]) == ("scheduled", made.uid, None)
    maintaining.start(made.pk, by=None)
    (found,) = listed(client, "scheduled-maintenances/active")
    assert [update["status"] for update in found["incident_updates"]] == ["in_progress", "scheduled"]
    assert {each["new_status"] for each in found["incident_updates"][0]["affected_components"]} == {
        "under_maintenance",
        "partial_outage",
    }


def test_each_list_has_its_own(client: Client, planned: Planned) -> None:
    upcoming, running, done, cancelled = (planned(title=name) for name in ("Later", "Now", "Done", "Cancelled"))
    maintaining.start(running.pk, by=None)
    maintaining.verify(running.pk, by=None)
    maintaining.start(done.pk, by=None)
    maintaining.complete(done.pk, by=None)
    maintaining.cancel(cancelled.pk, by=None)
    status = {each["name"]: each["status"] for each in listed(client, "scheduled-maintenances")}
    assert status == {"Later": "scheduled", "Now": "verifying", "Done": "completed", "Cancelled": "completed"}
    assert [each["id"] for each in listed(client, "scheduled-maintenances/upcoming")] == [upcoming.uid]
    assert [each["id"] for each in listed(client, "scheduled-maintenances/active")] == [running.uid]
    assert [each["id"] for each in listed(client, "summary")] == [running.uid, upcoming.uid]
    assert client.get(f"{API}incidents.json").json()["incidents"] == []


def test_the_page_says_when_in_its_own_zone_and_what_it_touches(client: Client, planned: Planned) -> None:
    made = planned()
    page = client.get("/status/shop/").content.decode()
    assert "Sat 16 Jan 2027, 02:00 to 04:00 (Europe/Berlin)" in page
    assert "Affects Checkout, Export" in page
    assert "All Systems Operational" in page
    own = client.get(made.get_absolute_url()).content.decode()
    assert "<strong>stop</strong>" in own
    maintaining.start(made.pk, by=None)
    assert "Minor Service Outage" in client.get("/status/shop/").content.decode()
    maintaining.complete(made.pk, by=None)
    page = client.get("/status/shop/").content.decode()
    assert "maintenance, done after" in page
    assert "Database upgrade" in client.get("/status/shop/maintenance/?q=payments").content.decode()
    assert "No maintenance matches" in client.get("/status/shop/maintenance/?q=nothing").content.decode()


def test_a_reminder_is_by_mail_alone(client: Client, planned: Planned) -> None:
    made = planned()
    maintaining.maintain_due(made.scheduled_for - HOUR)
    (found,) = listed(client, "scheduled-maintenances")
    assert len(found["incident_updates"]) == 1
    assert "begins in" not in client.get(made.get_absolute_url()).content.decode()


def test_feeds_tell_of_it(client: Client, planned: Planned) -> None:
    made = planned()
    for kind in ("rss", "atom"):
        text = client.get(f"/status/shop/history.{kind}").content.decode()
        assert made.get_absolute_url() in text
        assert "Planned for Sat 16 Jan 2027, 02:00 to 04:00 (Europe/Berlin)" in text


def events(client: Client) -> dict[str, Any]:
    answer = client.get("/status/shop/maintenance.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_the_calendar_keeps_an_event_and_counts_its_changes(client: Client, planned: Planned) -> None:
    now = timezone.now()
    made = planned(scheduled_for=now + HOUR, scheduled_until=now + 2 * HOUR)
    planned(title="Far away", scheduled_for=now + timedelta(days=181), scheduled_until=now + timedelta(days=182))
    past = planned(title="Long ago")
    PageMaintenance.objects.filter(pk=past.pk).update(
        scheduled_for=now - timedelta(days=17), scheduled_until=now - timedelta(days=16)
    )
    (name, before), *others = events(client).items()
    assert (name, others) == ("Maintenance: Database upgrade", [])
    assert (before["SEQUENCE"], before["STATUS"], before["TRANSP"]) == (0, "CONFIRMED", "TRANSPARENT")
    maintaining.change(made.pk, by=None, scheduled_for=now + 2 * HOUR, scheduled_until=now + 3 * HOUR)
    moved = events(client)[name]
    assert (moved["UID"], moved["SEQUENCE"]) == (before["UID"], 1)
    assert moved.decoded("DTSTART") == (now + 2 * HOUR).replace(microsecond=0)
    maintaining.cancel(made.pk, by=None)
    gone = events(client)[name]
    assert (gone["UID"], gone["SEQUENCE"], gone["STATUS"]) == (before["UID"], 2, "CANCELLED")


@pytest.fixture
def send(planned: Planned, reader: Callable[..., Subscriber], postbox: Postbox) -> Callable[[], Mail]:
    """The last mail to a reader in New York."""
    reader("reader@example.org", time_zone="America/New_York")

    def last() -> Mail:
        delivering.deliver_due(budget=60)
        return postbox.to("reader@example.org")[-1]

    return last


def lines(mail: Mail) -> list[str]:
    return mail.part("plain").splitlines()


def test_mail_says_when_on_the_readers_clock_and_keeps_one_thread(planned: Planned, send: Callable[[], Mail]) -> None:
    made = planned()
    first = send()
    assert first.message["Subject"] == "[Shop status] Maintenance: Database upgrade"
    for text in (first.part("plain"), first.part("html")):
        assert "Scheduled maintenance" in text
        assert "01:00 UTC, 16 Jan 2027 (20:00 America/New_York, 15 Jan)" in text
        assert "Checkout: Under maintenance" in text
        assert "stop" in text
    assert lines(first)[0] == "Scheduled maintenance"
    assert first.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    maintaining.change(
        made.pk, by=None, title="Database move", scheduled_for=BEGINS + HOUR, scheduled_until=BEGINS + 2 * HOUR
    )
    moved = send()
    assert moved.message["Subject"] == first.message["Subject"]
    assert moved.message["References"] == first.message["References"]
    said = lines(moved)
    assert said[0] == "Maintenance moved"
    assert any(line.startswith("Begins: 02:00 UTC") for line in said)
    before = said[said.index("Until now it was planned for") + 1]
    assert before == "01:00 UTC, 16 Jan 2027 (20:00 America/New_York, 15 Jan)"
    assert "Europe/Berlin" not in moved.part("plain")


def test_mail_brings_the_event(planned: Planned, send: Callable[[], Mail]) -> None:
    made = planned()
    (attached,) = send().message.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "maintenance.ics")
    assert attached.get_param("method") == "PUBLISH"
    (event,) = Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"]) == (f"maintenance-{made.uid}@watchbill", 0)
    maintaining.cancel(made.pk, by=None)
    mail = send()
    assert lines(mail)[0] == "Maintenance cancelled"
    (attached,) = mail.message.iter_attachments()
    (event,) = Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert (event["SEQUENCE"], event["STATUS"]) == (1, "CANCELLED")


def test_mail_of_its_beginning_says_how_components_are(planned: Planned, send: Callable[[], Mail]) -> None:
    made = planned()
    maintaining.start(made.pk, by=None)
    mail = send()
    assert "- Export: Partial outage" in mail.part("plain")
    assert not list(mail.message.iter_attachments())


def test_it_is_in_the_files_and_whatever_changes_of_it_too(
    planned: Planned, status_page: StatusPage, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.WATCHBILL_VAR = tmp_path
    made = planned()
    assert snapshots.render(status_page.uid)

    def shown(address: str) -> str:
        held = snapshots.store()
        return held.body(held.read().addresses()[address]).decode()

    for address in (
        *("/status/shop/", "/status/shop/maintenance/", "/status/shop/maintenance.ics", made.get_absolute_url()),
        *(f"{API}{name}.json" for name in ("summary", "scheduled-maintenances", "scheduled-maintenances/upcoming")),
        *("/api/v2/scheduled-maintenances.json", "/history.rss"),
    ):
        assert "Database upgrade" in shown(address), address
    with django_capture_on_commit_callbacks(execute=True):
        maintaining.start(made.pk, by=None)
    for address in ("/status/shop/", made.get_absolute_url()):
        assert "The maintenance has begun." in shown(address), address
    assert made.uid in shown(f"{API}scheduled-maintenances/active.json")


@pytest.mark.django_db(transaction=True)
def test_the_page_counts_what_changes_of_it(planned: Planned, status_page: StatusPage) -> None:
    def count() -> int:
        return StatusPage.objects.values_list("changed", flat=True).get()

    before = count()
    made = planned()
    assert count() > before
    for change in (
        lambda: PageMaintenance.objects.update(title="By hand"),
        lambda: made.updates.update(body="By hand"),
        lambda: made.parts.update(status="major_outage"),
        made.delete,
    ):
        before = count()
        change()
        assert count() > before


def test_a_page_costs_the_same_queries_for_one_and_for_many(
    client: Client, planned: Planned, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        planned(title=f"Upgrade {number}")
    with django_assert_max_num_queries(30):
        client.get("/status/shop/")
    with django_assert_max_num_queries(14):
        client.get(f"{API}summary.json")
