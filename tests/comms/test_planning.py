"""The pages and the API on which maintenance is planned and moved on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comms.actions import maintaining
from comms.models import Component, PageMaintenance, StatusPage
from incidents.models import Maintenance
from teams.models import User

HOUR = timedelta(hours=1)
LIST, NEW = "/planned-maintenance/", "/planned-maintenance/new/"
API = "/api/v1/planned-maintenance/"
Components = dict[str, Component]


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Berlin")
    client.force_login(alice)
    return client


@pytest.fixture
def planned(status_page: StatusPage, components: Components) -> Callable[..., PageMaintenance]:
    def make(**fields: Any) -> PageMaintenance:
        begins = timezone.now() + timedelta(days=1)
        given = {
            "by": None,
            "title": "Database upgrade",
            "body": "Payments stop.",
            "components": {components["checkout"]: "under_maintenance"},
            "scheduled_for": begins,
            "scheduled_until": begins + HOUR,
        }
        return maintaining.plan(status_page, **given | fields)

    return make


def typed(components: Components, **fields: Any) -> dict[str, Any]:
    return {
        "uid": "abcdefghijkm",
        "title": "Database upgrade",
        "body": "Payments stop.",
        "scheduled_for": "2027-07-01T02:00",
        "scheduled_until": "2027-07-01T04:00",
        "auto_start": "on",
        "auto_end": "on",
        "notify": "on",
        "remind_minutes": ["1440"],
        f"component_{components['checkout'].pk}": "under_maintenance",
    } | fields


def test_planned_from_the_form(web: Client, alice: User, status_page: StatusPage, components: Components) -> None:
    assert "Plan maintenance" in web.get(LIST).content.decode()
    assert web.get(NEW).status_code == 200
    answer = web.post(NEW, typed(components, hold_back="on"))
    made = PageMaintenance.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, made.get_console_url())
    assert made.scheduled_for.isoformat() == "2027-07-01T00:00:00+00:00"
    assert (made.author, made.remind_minutes) == (alice, [1440])
    assert made.window == Maintenance.objects.get()
    assert web.post(NEW, typed(components, hold_back="on"))["Location"] == made.get_console_url()
    assert PageMaintenance.objects.count() == 1
    window = web.get(Maintenance.objects.get().get_absolute_url()).content.decode()
    assert made.get_console_url() in window


def test_what_is_wrong_is_said_and_what_was_typed_stays(
    web: Client, status_page: StatusPage, components: Components
) -> None:
    answer = web.post(NEW, typed(components, title="", scheduled_until="2027-07-01T01:00", body="Keep this."))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Keep this." in text
    assert 'value="2027-07-01T01:00"' in text
    answer = web.post(NEW, typed(components, scheduled_until="2027-07-01T01:00"))
    assert "Give a time after its beginning." in answer.content.decode()
    answer = web.post(NEW, typed(components, scheduled_for="yesterday"))
    assert "Give a date and a time such as" in answer.content.decode()
    assert not PageMaintenance.objects.exists()


@pytest.mark.parametrize("url", [NEW, f"{LIST}preview/"])
def test_preview_says_how_many_are_mailed_and_keeps_nothing(
    url: str, web: Client, status_page: StatusPage, components: Components, reader: Any
) -> None:
    reader("a@example.org")
    reader("b@example.org", components["search"])
    text = web.post(url, typed(components, do="preview")).content.decode()
    assert "Mailed to 1 of 2 subscribers." in text
    assert "Thu 1 Jul 2027, 02:00 to 04:00 (Europe/Berlin)" in text
    assert "[Shop status] Maintenance: Database upgrade" in text
    assert not PageMaintenance.objects.exists()
    wrong = web.post(url, typed(components, do="preview", scheduled_until="2027-07-01T01:00")).content.decode()
    assert "Give a time after its beginning." in wrong


def test_moved_from_the_form_and_untouched_times_stay(web: Client, planned: Any, components: Components) -> None:
    made = planned()
    url = f"{made.get_console_url()}change/"
    text = web.get(url).content.decode()
    assert "Database upgrade" in text
    form = typed(components, title="Database move", body="")
    local = made.scheduled_for.astimezone(ZoneInfo("Europe/Berlin"))
    form |= {
        "scheduled_for": f"{local:%Y-%m-%dT%H:%M}",
        "scheduled_until": f"{local + HOUR:%Y-%m-%dT%H:%M}",
    }
    assert web.post(url, form).status_code == 302
    changed = PageMaintenance.objects.get()
    assert (changed.title, changed.scheduled_for) == ("Database move", made.scheduled_for)
    assert changed.updates.filter(kind="changed").exists()
    assert not changed.updates.filter(kind="moved").exists()
    assert web.post(url, form | {"scheduled_until": "2027-07-01T04:00", "scheduled_for": "2027-07-01T02:00"})
    assert PageMaintenance.objects.get().updates.filter(kind="moved").exists()


def test_buttons_move_it_on(web: Client, planned: Any) -> None:
    made = planned()
    url = made.get_console_url()
    assert "Begin now" in web.get(url).content.decode()
    web.post(f"{url}tell/", {"body": "Mind your carts.", "mail": "on"})
    web.post(f"{url}start/", {"body": "", "mail": "on"})
    web.post(f"{url}extend/", {"minutes": "60"})
    web.post(f"{url}verify/", {})
    web.post(f"{url}complete/", {"body": "All done."})
    assert PageMaintenance.objects.get().scheduled_until == made.scheduled_until + HOUR
    kinds = list(made.updates.order_by("pk").values_list("kind", "notify"))
    assert kinds == [
        ("planned", True),
        ("note", True),
        ("started", True),
        ("extended", False),
        ("verifying", False),
        ("completed", False),
    ]
    answer = web.post(f"{url}start/", {"body": "Typed in vain."})
    assert answer.status_code == 422
    assert "It is completed now." in answer.content.decode()
    assert "Typed in vain." in answer.content.decode()
    assert web.post(f"{url}dance/", {}).status_code == 404


def test_the_list_is_searched_filtered_and_never_silent(web: Client, planned: Any, status_page: StatusPage) -> None:
    assert "No maintenance ahead" in web.get(LIST).content.decode()
    planned(title="Upgrade of the ledger")
    done = planned(title="Move to another rack")
    maintaining.cancel(done.pk, by=None)

    def found(query: str) -> list[str]:
        text = web.get(f"{LIST}?{query}").content.decode()
        return [name for name in ("Upgrade of the ledger", "Move to another rack") if name in text]

    assert found("") == ["Upgrade of the ledger"]
    assert found("state=over") == ["Move to another rack"]
    assert found("state=all") == ["Upgrade of the ledger", "Move to another rack"]
    assert found("state=all&q=checkout+rack") == ["Move to another rack"]
    assert found(f"page={status_page.slug}&state=nonsense") == ["Upgrade of the ledger"]
    assert "Nothing fits" in web.get(f"{LIST}?q=nothing").content.decode()


def test_the_list_costs_the_same_for_one_and_for_many(web: Client, planned: Any) -> None:
    planned()
    web.get(LIST)
    with CaptureQueriesContext(connection) as one:
        web.get(LIST)
    for _number in range(10):
        planned()
    with CaptureQueriesContext(connection) as many:
        web.get(LIST)
    assert len(one) == len(many)


def test_a_viewer_reads_and_plans_nothing(client: Client, planned: Any, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(role="viewer")
    charlie.refresh_from_db()
    made = planned()
    client.force_login(charlie)
    text = client.get(made.get_console_url()).content.decode()
    assert "Database upgrade" in text
    assert "Begin now" not in text
    assert client.get(NEW).status_code == 403
    assert client.post(f"{made.get_console_url()}start/", {}).status_code == 403
    assert PageMaintenance.objects.get().state == "scheduled"


def test_what_executives_are_told_is_planned_out_of_others_sight(
    client: Client, planned: Any, status_page: StatusPage, charlie: User
) -> None:
    planned(title="Sale of the hall")
    StatusPage.objects.filter(pk=status_page.pk).update(audience="executives", is_default=False)
    client.force_login(charlie)
    assert "Sale of the hall" not in client.get("/planned-maintenance/").content.decode()
    status_page.roles.create(user=charlie, role="reader")
    assert "Sale of the hall" in client.get("/planned-maintenance/").content.decode()


def test_without_a_page_it_says_what_to_do(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "There is no status page yet" in client.get(NEW).content.decode()


def test_the_api_plans_moves_and_ends_it(web: Client, status_page: StatusPage, components: Components) -> None:
    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        return getattr(web, method)(API + path, body, content_type="application/json")

    refused = send("post", "", {"page": "shop"})
    assert refused.status_code in (409, 422)
    assert {"title", "body", "scheduled_for", "scheduled_until"} <= {
        blocker["field"] for blocker in refused.json()["blockers"]
    }
    made = send(
        "post",
        "",
        {
            "page": "shop",
            "title": "Database upgrade",
            "body": "Payments stop.",
            "components": {components["checkout"].uid: "under_maintenance"},
            "scheduled_for": "2027-07-01T00:00:00Z",
            "scheduled_until": "2027-07-01T02:00:00Z",
        },
    )
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["state"], shown["remind_minutes"]) == ("scheduled", [1440, 60])
    assert [(each["name"], each["status"]) for each in shown["components"]] == [("Checkout", "under_maintenance")]
    moved = send("patch", f"{shown['uid']}/", {"scheduled_until": "2027-07-01T03:00:00Z"}).json()
    assert [update["kind"] for update in moved["updates"]] == ["moved", "planned"]
    assert [(each["name"], each["status"]) for each in moved["components"]] == [("Checkout", "under_maintenance")]
    assert send("post", f"{shown['uid']}/start/", {}).json()["state"] == "in_progress"
    assert send("post", f"{shown['uid']}/extend/", {"minutes": 60}).json()["scheduled_until"] == "2027-07-01T04:00:00Z"
    assert send("post", f"{shown['uid']}/verify/", {"body": "We look."}).json()["updates"][0]["body"] == "We look."
    assert send("post", f"{shown['uid']}/complete/", {}).json()["state"] == "completed"
    refused = send("post", f"{shown['uid']}/cancel/", {})
    assert refused.status_code in (409, 422)
    listed = web.get(f"{API}?state=completed&page=shop&q=upgrade").json()
    assert [each["uid"] for each in listed["results"]] == [shown["uid"]]
