"""Contributing factors as rows, what recurs over many incidents, and earlier incidents like a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.actions import action_items, factors
from incidents.models import ActionItem, Factor, FactorTag, Incident, Postmortem
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    return factories.incident(payments, alice, phase=Phase.REVIEW)


def published(incident: Incident, **fields: Any) -> Postmortem:
    Postmortem.objects.filter(incident=incident).update(state="published", published_at=timezone.now(), **fields)
    return Postmortem.objects.get(incident=incident)


def tag(slug: str) -> FactorTag:
    return FactorTag.objects.get(slug=slug)


def texts(incident: Incident) -> list[str]:
    return [row.text for row in Factor.objects.filter(postmortem__incident=incident)]


def test_factors_are_written_tagged_ordered_and_answered(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    assert "Say which condition contributed" in text(browser.post("factor_new", incident.pk, text=" "))
    browser.post("factor_new", incident.pk, text="No alert on replication lag")
    page = text(browser.get("postmortem", incident.pk))
    assert "Only one factor is named" in page
    assert 'value="missing-alert"' in page
    first = Factor.objects.get()
    browser.post("factor_do", incident.pk, first.pk, "tag", tag="missing-alert")
    browser.post("factor_new", incident.pk, text="The runbook was outdated", tags=[tag("runbook-gap").pk])
    second = Factor.objects.get(text__startswith="The runbook")
    browser.post("factor_do", incident.pk, second.pk, "up")
    browser.post("factor", incident.pk, first.pk, text="No alert on lag", tags=[tag("missing-alert").pk])
    assert texts(incident) == ["The runbook was outdated", "No alert on lag"]
    page = text(browser.get("postmortem", incident.pk))
    assert "Only one factor is named" not in page
    assert "Missing alert" in page
    browser.post("action_item_new", incident.pk, title="Alert on lag", factor=first.pk)
    assert ActionItem.objects.get().factor == first
    assert "Answered by" in text(browser.get("postmortem", incident.pk))
    browser.post("factor_do", incident.pk, first.pk, "remove")
    assert texts(incident) == ["The runbook was outdated"]
    assert ActionItem.objects.get().factor is None
    gone = browser.post("factor", incident.pk, first.pk, text="Again")
    assert gone.status_code == 404
    published(incident)
    assert "Take it back to draft first" in text(browser.post("factor_new", incident.pk, text="Late"))
    other = factories.incident(incident.team, bob, phase=Phase.REVIEW)  # type: ignore[arg-type]
    with pytest.raises(Blocked, match="its own incident"):
        action_items.add(other.pk, by=bob, title="Alert", factor=second)


def test_the_api_keeps_factors(incident: Incident, alice: User, charlie: User) -> None:
    client = Client()
    client.force_login(alice)
    base = f"/api/v1/incidents/{incident.pk}/postmortem/factors/"

    def send(method: str, url: str, body: Any) -> Any:
        return getattr(client, method)(url, body, content_type="application/json")

    made = send("post", base, {"text": "No alert", "tags": ["missing-alert"]})
    assert (made.status_code, made.json()["tags"]) == (201, ["missing-alert"])
    assert send("post", base, {"text": "", "tags": []}).status_code == 409
    assert send("post", base, {"text": "X", "tags": ["no-such"]}).status_code == 400
    pk = send("post", base, {"text": "A full disk"}).json()["id"]
    assert send("patch", f"{base}{pk}/", {"position": 1}).json()["position"] == 1
    assert [row["text"] for row in client.get(base).json()["results"]] == ["A full disk", "No alert"]
    item = send("post", f"/api/v1/incidents/{incident.pk}/action-items/", {"title": "Alert on disks", "factor": pk})
    assert item.json()["factor"] == pk
    assert client.delete(f"{base}{pk}/").status_code == 204
    Incident.objects.update(private=True)
    client.force_login(charlie)
    assert client.get(base).status_code == 404
    assert any(row["slug"] == "capacity" for row in client.get("/api/v1/factor-tags/").json()["results"])


def test_what_recurs_is_found_by_who_may_see_it(payments: Team, alice: User, charlie: User) -> None:
    made = [factories.incident(payments, alice, phase=Phase.REVIEW, title=f"Number {n}") for n in range(4)]
    for n, one in enumerate(made):
        factors.add(one.pk, by=alice, text=f"No alert on disk {n}", tags=[tag("missing-alert")])
        factors.add(one.pk, by=alice, text="A flag", tags=[tag("configuration"), tag("missing-alert")])
        action_items.add(
            one.pk, by=alice, title=f"Alert {n}", factor=Factor.objects.filter(postmortem__incident=one)[0]
        )
        published(one)
    old, secret, drill, draft = made[0], made[1], made[2], made[3]
    Incident.objects.filter(pk=old.pk).update(detected_at=timezone.now() - timedelta(days=70))
    Incident.objects.filter(pk=secret.pk).update(private=True, title="Secret")
    Postmortem.objects.filter(incident=secret).update(title="Secret")
    browser, stranger = Browser(alice), Browser(charlie)
    page = text(browser.get("learning"))
    assert all(f"Number {n}" in page for n in (0, 2, 3))
    assert "Secret" in page
    assert "Missing alert" in page
    assert "4 open action items" in page
    theirs = text(stranger.get("learning"))
    assert "Secret" not in theirs
    assert "3 open action items" in theirs
    Incident.objects.filter(pk=drill.pk).update(drill=True)
    Postmortem.objects.filter(incident=draft).update(state="draft", published_at=None)
    page = text(browser.get("learning"))
    assert "Number 0" in page
    assert "Number 2" not in page
    assert "Number 3" not in page
    assert "Number 3" in text(browser.get("learning", state="all"))
    month = f"{timezone.now() - timedelta(days=70):%Y-%m}"
    narrowed = text(browser.get("learning", tag=tag("missing-alert").pk, month=month))
    assert "Number 0" in narrowed
    assert "Alert 0" in narrowed
    assert "Secret" not in narrowed
    assert "Number 0" in text(browser.get("learning", q="disk 0"))
    assert "Nothing fits" in text(browser.get("learning", q="kangaroo", severity="9", month="x", tag="y"))
    for month in ("2024-01\n", "2٠٢٤-01"):
        assert browser.get("learning", month=month).status_code == 200

    with CaptureQueriesContext(
        connection,
    ) as few:
        browser.get("learning")
    for n in range(3):
        more = factories.incident(payments, alice, phase=Phase.REVIEW, title=f"More {n}")
        factors.add(more.pk, by=alice, text="Full", tags=[tag("capacity"), tag("data")])
        published(more)
    with CaptureQueriesContext(connection) as many:
        browser.get("learning")
    assert len(many) == len(few)


def test_a_new_incident_shows_what_was_seen_before(payments: Team, alice: User, charlie: User) -> None:
    old = factories.incident(payments, alice, phase=Phase.REVIEW, title="Checkout answers with errors")
    room = factories.incident(payments, alice, phase=Phase.DECLARE, title="Checkout answers with errors")
    browser = Browser(alice)
    assert "Seen before" not in text(browser.get("incident", room.pk))
    factors.add(old.pk, by=alice, text="No alert on disks", tags=[tag("missing-alert")])
    action_items.add(old.pk, by=alice, title="Alert on disks")
    assert "Seen before" not in text(browser.get("incident", room.pk))
    published(old)
    page = text(browser.get("incident", room.pk))
    assert "Seen before" in page
    assert "Helped: Roll back the last deploy" in page
    assert "missing alert" in page
    assert "1 action item still open" in page
    Incident.objects.filter(pk=old.pk).update(private=True)
    assert "Seen before" not in text(Browser(charlie).get("incident", room.pk))
