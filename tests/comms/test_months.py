"""The history by month and postmortems, as files: what was told stays readable, and what is taken back goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from comms import months
from comms.actions import publishing, snapshots
from comms.models import Component, PageIncident, StatusPage, StatusUpdate
from incidents.models import Incident, Postmortem
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories

NOVEMBER, OCTOBER, AUGUST = (f"/status/shop/history/{name}/" for name in ("2026-11", "2026-10", "2026-08"))


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "2026-1", "2026-011", "202611", "now", "0000-01", "2026-W1"])
def test_what_names_no_month(name: str) -> None:
    assert months.span(name, ZoneInfo("UTC")) is None


def test_a_month_begins_at_midnight_of_the_pages_zone() -> None:
    begin, end = months.span("2026-10", ZoneInfo("Europe/Berlin")) or (None, None)
    assert (begin, end) == (datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC))
    assert months.span("2026-12", ZoneInfo("UTC")) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def shop(transactional_db: None) -> StatusPage:
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True, time_zone="Europe/Berlin")
    Component.objects.create(page=page, name="Payments")
    return page


@pytest.fixture
def past(shop: StatusPage, alice: User) -> list[PageIncident]:
    """What began in August, at the very end of October and in November, as clocks in Berlin show it."""
    found = []
    for title, at in (
        ("Search is slow", datetime(2026, 8, 3, 12, tzinfo=UTC)),
        ("Carts vanish", datetime(2026, 10, 31, 22, 59, tzinfo=UTC)),
        ("Payments fail", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ):
        told = PageIncident.objects.create(page=shop, title=title, started_at=at)
        publishing.publish_update(
            told, by=alice, title=title, body=f"{title} **no more**.", state="resolved", occurred_at=at, notify=False
        )
        PageIncident.objects.filter(pk=told.pk).update(started_at=at)
        found.append(told)
    snapshots.render(shop.uid)
    return found


def read(path: str) -> str:
    file = snapshots.store().read().addresses()[path]
    return snapshots.store().body(file).decode()


def test_each_month_has_a_file_that_leads_to_those_beside_it(past: list[PageIncident]) -> None:
    assert {NOVEMBER, OCTOBER, AUGUST} <= snapshots.store().read().addresses().keys()
    october = read(OCTOBER)
    assert "Carts vanish" in october
    assert "<strong>no more</strong>" in october
    assert "Payments fail" not in october
    assert f'href="{NOVEMBER}"' in october
    assert f'href="{AUGUST}"' in october
    assert "September" not in october
    assert "Payments fail" in read(NOVEMBER)
    history = read("/status/shop/history/")
    assert all(f'href="{path}"' in history for path in (NOVEMBER, OCTOBER, AUGUST))
    client = Client()
    assert client.get(OCTOBER).text == october
    for path in ("/status/shop/history/2026-09/", "/status/shop/history/nonsense/", "/status/none/history/2026-10/"):
        assert client.get(path).status_code == 404, path


def test_only_what_changed_is_rendered_again(past: list[PageIncident], shop: StatusPage, alice: User) -> None:
    def changed(before: dict[str, Any]) -> set[str]:
        after = snapshots.store().read().addresses()
        return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path) and "20" in path}

    known = snapshots.store().read().addresses()
    publishing.publish_update(past[1], by=alice, body="Here they are.", state="resolved", notify=False)
    assert changed(known) == {OCTOBER}
    known = snapshots.store().read().addresses()
    StatusUpdate.objects.filter(page_incident=past[0]).update(body="By hand.")
    snapshots.render(shop.uid)
    assert changed(known) == {AUGUST}
    known = snapshots.store().read().addresses()
    PageIncident.objects.filter(pk=past[0].pk).delete()
    snapshots.render(shop.uid)
    assert changed(known) == {AUGUST, OCTOBER}
    assert "Older" not in read(OCTOBER)
    assert AUGUST not in read(OCTOBER)


def test_a_renamed_component_is_renamed_in_the_past(shop: StatusPage, alice: User) -> None:
    component = shop.components.get()
    told = PageIncident.objects.create(page=shop, title="Payments fail")
    states = {component: "major_outage"}
    publishing.publish_update(told, by=alice, title=told.title, body="We look.", component_states=states)
    assert "Card payments" not in read(told.get_absolute_url())
    Component.objects.update(name="Card payments")
    snapshots.render_due()
    assert "Card payments" in read(told.get_absolute_url())


@pytest.fixture
def review(shop: StatusPage, payments: Team, alice: User) -> Postmortem:
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    Postmortem.objects.filter(incident=incident).update(
        title="Why payments failed", public=True, public_as_written=True
    )
    incident.postmortem.sections.filter(key="summary").update(text="Alice saw it.")
    return Postmortem.objects.get(incident=incident)


def test_a_published_postmortem_is_a_file_until_it_is_taken_back(
    shop: StatusPage, review: Postmortem, alice: User
) -> None:
    path = f"/postmortems/{review.public_slug}/"
    for told in (False, True):
        if told:
            publishing.publish_update(review.incident, by=alice, title="Payments fail", body="Over.", state="resolved")
        Postmortem.objects.update(public=True)
        snapshots.render_due()
        assert "Why payments failed" in read(path)
        assert "The Incident Commander saw it." in read(path)
        assert ("as it was told" in read(path)) is told
        Postmortem.objects.update(title="What we learned")
        assert snapshots.render_due() == 1
        assert "What we learned" in read(path)
        Postmortem.objects.update(title="Why payments failed", public=False)
        assert snapshots.render_due() == 1
        assert path not in snapshots.store().read().addresses()


def test_what_becomes_private_goes(shop: StatusPage, review: Postmortem) -> None:
    path = f"/postmortems/{review.public_slug}/"
    snapshots.render_due()
    assert path in snapshots.store().read().addresses()
    Incident.objects.filter(pk=review.incident_id).update(private=True)
    assert snapshots.render_due() == 1
    assert path not in snapshots.store().read().addresses()


def test_nobodys_new_name_is_in_an_old_file(shop: StatusPage, review: Postmortem, bob: User) -> None:
    """A file from before somebody's name stood in it is rendered anew once it does."""
    review.sections.filter(key="summary").update(text="Bobby rolled it back.")
    snapshots.render_due()
    path = f"/postmortems/{review.public_slug}/"
    assert "Bobby" in read(path)
    User.objects.filter(pk=bob.pk).update(first_name="Bobby")
    snapshots.render(shop.uid)
    assert "Bobby" not in read(path)
