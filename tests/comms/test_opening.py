"""What a first update starts from, and the clock beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from comms import letters
from comms.actions import drafting, publishing
from comms.models import ComponentGroup, PageIncident
from incidents.actions import lifecycle
from incidents.models import Severity
from incidents.phases import Phase
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="ledger-7 segfaults")


@pytest.fixture
def web(client, alice):
    client.force_login(alice)
    return client


def form_of(web, incident):
    return web.get(f"/incidents/{incident.pk}/updates/").context["form"].initial


@pytest.mark.parametrize(
    ("level", "impact", "state"),
    [
        (1, "critical", "major_outage"),
        (2, "major", "partial_outage"),
        (3, "minor", "degraded_performance"),
        (4, "none", None),
    ],
)
def test_first_update_starts_as_bad_as_the_severity(web, outage, status_page, components, level, impact, state):
    type(outage).objects.filter(pk=outage.pk).update(severity=Severity.objects.get(pk=level))
    given = form_of(web, outage)
    assert (given["impact"], given["title"]) == (impact, "Problems with Checkout")
    assert given.get(f"component_{components['checkout'].pk}") == state
    assert f"component_{components['search'].pk}" not in given


def test_what_readers_know_comes_before_what_the_severity_means(web, outage, alice, status_page, components):
    drafting.draft_update(outage, by=alice, title="Cards fail", body="B")
    assert form_of(web, outage)["title"] == "Cards fail"
    publishing.publish_update(outage, by=alice, title="Cards fail", body="B", impact="minor")
    given = form_of(web, outage)
    assert (given["title"], given["impact"]) == ("Cards fail", "minor")
    assert f"component_{components['checkout'].pk}" not in given


def test_a_component_that_is_worse_already_is_left_alone(web, outage, status_page, components):
    type(outage).objects.filter(pk=outage.pk).update(severity=Severity.objects.get(pk=3))
    type(components["checkout"]).objects.filter(pk=components["checkout"].pk).update(status="major_outage")
    assert f"component_{components['checkout'].pk}" not in form_of(web, outage)


def test_of_a_private_incident_no_service_is_suggested(web, payments, alice, checkout, status_page, components):
    secret = lifecycle.report(by=alice, title="Breach", team=payments, services=[checkout], private=True)
    given = form_of(web, secret)
    assert given["title"] == ""
    assert f"component_{components['checkout'].pk}" not in given


def test_components_stand_as_on_the_page(web, outage, status_page, components):
    front = ComponentGroup.objects.create(page=status_page, name="Front", position=1)
    type(components["search"]).objects.filter(pk=components["search"].pk).update(group=front)
    form = web.get(f"/incidents/{outage.pk}/updates/").context["form"]
    seen = [(heading, [field.label for field in fields]) for heading, fields in form.component_groups()]
    assert seen == [("", ["Checkout"]), ("Back office", ["Export"]), ("Front", ["Search"])]


def clock(web, incident) -> str:
    seen = web.get(f"/incidents/{incident.pk}/updates/panel/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", seen).split())


def test_clock_calls_nothing_a_promise_that_nobody_was_given(web, outage, alice, status_page):
    seen = clock(web, outage)
    assert "First update due by" in seen
    assert "promised" not in seen
    assert "Up to date" not in seen
    soon = timezone.now() + timedelta(minutes=20)
    publishing.publish_update(outage, by=alice, title="T", body="We **know**.", next_update_at=soon)
    page = web.get(f"/incidents/{outage.pk}/updates/panel/").content.decode()
    assert "<strong>know</strong>" in page
    seen = clock(web, outage)
    assert f"Next update promised for {timezone.localtime(soon):%H:%M}" in " ".join(seen.split()).replace(" .", ".")
    assert "Up to date" in seen


def test_clock_says_both_times_where_they_differ(web, outage, alice, status_page):
    publishing.publish_update(
        outage, by=alice, title="T", body="B", next_update_at=timezone.now() + timedelta(minutes=50)
    )
    type(outage).objects.filter(pk=outage.pk).update(next_update_due_at=timezone.now() + timedelta(minutes=10))
    assert re.search(r"Tell stakeholders by \d\d:\d\d ?; readers were told \d\d:\d\d", clock(web, outage))
    assert re.search(r"Tell stakeholders by", web.get(f"/incidents/{outage.pk}/updates/").content.decode())
    PageIncident.objects.update(next_update_at=None)
    assert "readers were told no time" in clock(web, outage)


def test_no_day_of_an_open_incident_is_called_quiet(client, outage, alice, status_page):
    began = timezone.now() - timedelta(days=2)
    type(outage).objects.filter(pk=outage.pk).update(impact_started_at=began)
    outage.refresh_from_db()
    publishing.publish_update(outage, by=alice, title="T", body="B")
    days = client.get("/status/").context["days"]
    assert days
    assert all(day.day < PageIncident.objects.get().started_at.date() + timedelta(days=1) for day in days)
    publishing.publish_update(outage, by=alice, body="Over.", state="resolved")
    days = client.get("/status/").context["days"]
    assert [incident.title for day in days for incident in day.incidents] == ["T"]


def test_a_reader_whose_clock_shows_utc_is_told_once():
    winter = datetime(2026, 11, 23, 14, 10, tzinfo=UTC)
    summer = datetime(2026, 7, 23, 14, 10, tzinfo=UTC)
    assert letters.times(winter, "Europe/London") == "14:10 UTC, 23 Nov 2026"
    assert letters.times(summer, "Europe/London") == "14:10 UTC, 23 Jul 2026 (15:10 Europe/London)"
