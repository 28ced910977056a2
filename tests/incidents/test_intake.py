"""Real bodies of Alertmanager, from the webhook to the page."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from incidents.actions import escalation, lifecycle
from incidents.models import Alert, Change, EscalationRun, Incident, Page, TimelineEntry
from teams.models import Service, Team, User
from tests import factories

DATA = Path(__file__).parent.parent / "data" / "alertmanager-0.25"


def body(name: str) -> dict[str, Any]:
    return json.loads((DATA / name).read_text())["body"]


def post(key: str, value: Any, client: Client | None = None) -> Any:
    return (client or Client()).post(
        f"/integrations/v1/alertmanager/{key}/", json.dumps(value), content_type="application/json"
    )


def page_all() -> None:
    for pk in escalation.due(timezone.now()):
        escalation.advance(pk)


@pytest.mark.django_db
def test_three_grouped_alerts_open_one_incident_and_page_one_person(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    answer = post(key, body("am-grouped3-webhook-002-firing.json"))
    assert answer.status_code == 200
    incident = Incident.objects.get()
    assert answer.json()["opened"] == [incident.reference]
    assert incident.alerts.count() == 3
    assert incident.title == "HighCPU on node (prod-eu): 3 alerts"
    page_all()
    assert [p.user for p in Page.objects.all()] == [alice]


@pytest.mark.django_db
def test_the_resolve_is_recorded_and_repeats_are_counted(payments: Team) -> None:
    _, key = factories.integration(payments)
    post(key, body("am-grouped3-webhook-002-firing.json"))
    post(key, body("am-grouped3-webhook-004-firing.json"))
    incident = Incident.objects.get()
    assert incident.alerts.filter(status="firing").count() == 2
    assert set(incident.alerts.filter(status="firing").values_list("count", flat=True)) == {2}
    post(key, body("am-grouped3-webhook-005-resolved.json"))
    assert not incident.alerts.filter(status="firing").exists()
    assert TimelineEntry.objects.filter(incident=incident, verb="alert.resolved").count() == 3
    assert Incident.objects.count() == 1


@pytest.mark.django_db
def test_what_fires_after_the_incident_was_resolved_opens_a_new_one(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    post(key, body("am-grouped3-webhook-002-firing.json"))
    first = Incident.objects.get()
    for step in factories.WALKS[factories.Phase.RESOLVE]:
        step(first.pk, alice)
    post(key, body("am-grouped3-webhook-005-resolved.json"))
    post(key, body("am-grouped3-webhook-002-firing.json"))
    assert Incident.objects.count() == 2


@pytest.mark.django_db
def test_new_alerts_of_a_merged_incident_go_to_where_it_went(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    target = factories.incident(payments, alice)
    firing = body("am-grouped3-webhook-002-firing.json")
    post(key, {**firing, "alerts": firing["alerts"][:1]})
    echo = Incident.objects.exclude(pk=target.pk).get()
    lifecycle.perform("merge", echo.pk, by=alice, inputs={"target": target})
    post(key, firing)
    assert target.alerts.count() == 3
    assert Incident.objects.count() == 2


@pytest.mark.django_db
def test_a_service_named_in_the_labels_decides_who_owns_it(payments: Team, checkout: Service, search: Team) -> None:
    _, key = factories.integration(search)
    firing = body("prom-e2e-webhook-002-firing.json")
    firing["alerts"][0]["labels"]["service"] = "checkout"
    post(key, firing)
    incident = Incident.objects.get()
    assert (incident.team, list(incident.services.all())) == (payments, [checkout])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raw", "status", "field"),
    [
        (b"{", 400, "body"),
        (b"[]", 400, "body"),
        (b'{"version": "3", "alerts": []}', 400, "version"),
        (b" " * (512 * 1024 + 1), 413, "body"),
        (b"\xff\xfe", 400, "body"),
    ],
)
def test_a_body_that_cannot_be_read_gets_an_answer_that_names_the_field(
    raw: bytes, status: int, field: str, payments: Team
) -> None:
    _, key = factories.integration(payments)
    answer = Client().post(f"/integrations/v1/alertmanager/{key}/", raw, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert answer.json()["message"]


@pytest.mark.django_db
def test_one_malformed_alert_does_not_lose_its_neighbours(payments: Team) -> None:
    _, key = factories.integration(payments)
    firing = body("am-grouped3-webhook-002-firing.json")
    firing["alerts"][1]["startsAt"] = "yesterday"
    answer = post(key, firing)
    assert answer.status_code == 200
    assert Alert.objects.count() == 2
    assert answer.json()["problems"][0]["field"] == "alerts[1].startsAt"


@pytest.mark.django_db
def test_an_unknown_key_is_told_apart_from_nothing(payments: Team) -> None:
    factories.integration(payments)
    assert post("0" * 32, body("am-grouped3-webhook-002-firing.json")).status_code == 404


@pytest.mark.django_db
def test_a_change_is_kept_for_the_incident_that_follows_and_pages_nobody(payments: Team, checkout: Service) -> None:
    _, key = factories.integration(payments, kind="changes")
    event = {
        "routing_key": key,
        "payload": {"summary": "Deploy checkout 2.31.0", "source": "ci", "custom_details": {"service": "checkout"}},
        "links": [{"href": "https://ci.example.org/8812", "text": "Build"}],
    }
    answer = Client().post("/v2/change/enqueue", json.dumps(event), content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (202, "success")
    change = Change.objects.get()
    assert change.service == checkout
    assert not EscalationRun.objects.exists()
    unknown = Client().post(
        "/v2/change/enqueue", json.dumps({**event, "routing_key": "0" * 32}), content_type="application/json"
    )
    assert (unknown.status_code, unknown.json()["status"]) == (400, "invalid event")


@pytest.mark.django_db
def test_changes_before_the_alert_stand_nearest_first_with_those_on_its_services_on_top(
    alice: User, payments: Team, checkout: Service
) -> None:
    incident = factories.incident(payments, alice, services=[checkout])
    minutes = lambda n: incident.detected_at - timedelta(minutes=n)  # noqa: E731
    near_elsewhere = factories.ChangeFactory(at=minutes(1))
    far = factories.ChangeFactory(at=minutes(90), service=checkout)
    near = factories.ChangeFactory(at=minutes(5), service=checkout)
    factories.ChangeFactory(at=minutes(-5), service=checkout)
    factories.ChangeFactory(at=minutes(5), service=factories.ServiceFactory())
    assert list(Change.objects.before(incident)) == [near, far, near_elsewhere]


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_alerts_at_once_make_one_incident_and_one_page(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing = body("prom-e2e-webhook-002-firing.json")
    gate = threading.Barrier(10)
    answers: list[int] = []

    def send() -> None:
        gate.wait()
        try:
            answers.extend(post(key, firing).status_code for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 50
    assert Incident.objects.count() == 1
    assert Alert.objects.get().count == 50
    page_all()
    assert Page.objects.count() == 1
