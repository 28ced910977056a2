"""A maintenance that is moved, begins and ends by itself, with a real beat, a worker that dies in between, and mail by
a real relay."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.installation import Installation, wait_for

pytestmark = pytest.mark.faults
READER = "reader@example.org"
PLANNED = """
from datetime import timedelta
from comms.actions import maintaining
from comms.models import Component, StatusPage, Subscriber
from teams import moments
page = StatusPage.objects.create(slug="shop", name="Shop")
part = Component.objects.create(page=page, name="Payments")
Subscriber.objects.create(page=page, email="reader@example.org", state="active")
begins = moments.now() + timedelta(hours=3)
maintaining.plan(
    page, by=None, title="Database upgrade", body="Payments stop for a while.", components={part: "under_maintenance"},
    scheduled_for=begins, scheduled_until=begins + timedelta(hours=1), remind_minutes=[],
)
"""
MOVED = """
from datetime import timedelta
from comms.actions import maintaining
from comms.models import PageMaintenance
from teams import moments
begins = moments.now() + timedelta(seconds=1)
planned = PageMaintenance.objects.get()
maintaining.change(planned.pk, by=None, scheduled_for=begins, scheduled_until=begins + timedelta(seconds=8))
"""


def told(live: Installation, name: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{live.base_url}/status/shop/api/v2/scheduled-maintenances{name}.json", timeout=20)
    return list(answer.json()["scheduled_maintenances"]) if answer.status_code == 200 else []


def component(live: Installation) -> str:
    answer = requests.get(f"{live.base_url}/status/shop/api/v2/components.json", timeout=20)
    return str(answer.json()["components"][0]["status"])


def headings(live: Installation) -> list[str]:
    """The first line of each mail, in the order in which they came."""
    return [mail["text"].splitlines()[0] for mail in reversed(live.mail(to=READER))]


def wait_for_mail(live: Installation, heading: str) -> None:
    wait_for(lambda: heading in headings(live), f"the mail “{heading}”")


def test_it_is_moved_begins_and_ends_by_itself(installation: Installation) -> None:
    live = installation
    live.start()
    live.run("shell", "--no-imports", "-c", PLANNED)
    wait_for(lambda: bool(told(live, "/upcoming")), "what is planned")
    wait_for_mail(live, "Scheduled maintenance")
    assert component(live) == "operational"

    live.run("shell", "--no-imports", "-c", MOVED)
    wait_for_mail(live, "Maintenance in progress")
    # Whoever is to end it is gone for a while.
    live.kill("worker")
    live.start("worker")
    wait_for(lambda: [each["status"] for each in told(live, "")] == ["completed"], "its end")
    wait_for_mail(live, "Maintenance completed")

    (done,) = told(live, "")
    said = [(each["status"], _changes(each)) for each in reversed(done["incident_updates"])]
    assert said == [
        ("scheduled", []),
        ("scheduled", []),
        ("in_progress", [("operational", "under_maintenance")]),
        ("completed", [("under_maintenance", "operational")]),
    ]
    assert component(live) == "operational"
    assert headings(live) == [
        "Scheduled maintenance",
        "Maintenance moved",
        "Maintenance in progress",
        "Maintenance completed",
    ]
    assert {mail["subject"] for mail in live.mail(to=READER)} == {"[Shop] Maintenance: Database upgrade"}
    page = requests.get(f"{live.base_url}/status/shop/", timeout=20)
    assert page.headers.get("ETag"), "it comes from the files"
    assert "All Systems Operational" in page.text
    calendar = requests.get(f"{live.base_url}/status/shop/maintenance.ics", timeout=20)
    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:Maintenance: Database upgrade" in calendar.text


def _changes(update: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["old_status"], each["new_status"]) for each in update["affected_components"] or []]
