"""Real bodies of Alertmanager, from the webhook to the page."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from incidents.actions import copying, escalation, inbox, intake, lifecycle
from incidents.models import Alert, Change, EscalationRun, Incident, Page, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.sources import AlertReport
from teams.models import Service, Team, User
from tests import factories

DATA = Path(__file__).parent.parent / "data" / "alertmanager-0.25"


def body(name: str) -> dict[str, Any]:
    return json.loads((DATA / name).read_text())["body"]


def post(key: str, value: Any, client: Client | None = None) -> Any:
    answer = (client or Client()).post(
        f"/integrations/v1/alertmanager/{key}/", json.dumps(value), content_type="application/json"
    )
    inbox.take_due()
    return answer


def page_all() -> None:
    escalation.advance_due()


@pytest.mark.django_db
def test_three_grouped_alerts_open_one_incident_and_page_one_person(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    answer = post(key, body("am-grouped3-webhook-002-firing.json"))
    assert answer.status_code == 202
    incident = Incident.objects.get()
    told = Client().get(f"/integrations/v1/events/{key}/{answer.json()['id']}/").json()
    assert (told["state"], told["opened"]) == ("done", [incident.reference])
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
    post(key, body("am-grouped3-webhook-005-resolved.json"))
    for step in factories.WALKS[factories.Phase.RESOLVE]:
        step(first.pk, alice)
    post(key, body("am-grouped3-webhook-002-firing.json"))
    assert Incident.objects.count() == 2


def started(value: dict[str, Any], at: str) -> dict[str, Any]:
    """The same alerts, firing since `at`."""
    return {**value, "alerts": [{**alert, "startsAt": at} for alert in value["alerts"]]}


@pytest.mark.django_db
def test_what_resolved_by_itself_and_fires_again_pages_again(alice: User, bob: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing, resolved = body("prom-e2e-webhook-002-firing.json"), body("prom-e2e-webhook-003-resolved.json")
    post(key, firing)
    page_all()
    post(key, resolved)
    assert EscalationRun.objects.get().state == "stopped"
    post(key, firing)
    assert EscalationRun.objects.filter(state="running").count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        page_all()
    assert [p.user for p in Page.objects.order_by("pk")] == [alice, alice]


@pytest.mark.django_db
def test_an_answer_of_long_ago_does_not_silence_what_comes_back(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing, resolved = body("prom-e2e-webhook-002-firing.json"), body("prom-e2e-webhook-003-resolved.json")
    post(key, firing)
    page_all()
    incident = Incident.objects.get()
    escalation.acknowledge(incident.pk, by=alice)
    post(key, resolved)
    post(key, firing)
    assert not EscalationRun.objects.filter(state="running").exists()
    post(key, resolved)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        post(key, firing)
        page_all()
    assert Page.objects.count() == 2


@pytest.mark.django_db
def test_a_resolve_that_got_lost_does_not_silence_the_alert_for_ever(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing = body("prom-e2e-webhook-002-firing.json")
    post(key, firing)
    first = Incident.objects.get()
    for step in factories.WALKS[Phase.COMMUNICATE]:
        step(first.pk, alice)
    given = {"confirmation": "quiet for an hour", "reason": "the tool never says resolved"}
    lifecycle.perform("resolve", first.pk, by=alice, inputs=given, override=True)
    post(key, started(firing, timezone.now().isoformat()))
    again = Incident.objects.exclude(pk=first.pk).get()
    assert again.phase == Phase.DETECT
    assert Alert.objects.filter(status="firing").get().incident == again


@pytest.mark.django_db
def test_resolving_while_alerts_fire_takes_a_reason(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    post(key, body("am-grouped3-webhook-002-firing.json"))
    incident = Incident.objects.get()
    for step in factories.WALKS[Phase.COMMUNICATE]:
        step(incident.pk, alice)
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("resolve", incident.pk, by=alice, inputs={"confirmation": "looks fine", "update": "Fixed."})
    (blocker,) = refused.value.blockers
    assert (blocker.code, blocker.overridable) == ("alerts_firing", True)
    assert "(3)" in blocker.message


@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "over"), [("uncancel", Phase.CANCELLED), ("reopen", Phase.RESOLVE)])
def test_what_another_incident_took_over_is_not_taken_back(verb: str, over: Phase, alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing = body("prom-e2e-webhook-002-firing.json")
    post(key, firing)
    first = Incident.objects.get()
    post(key, body("prom-e2e-webhook-003-resolved.json"))
    for step in factories.WALKS[over]:
        step(first.pk, alice)
    post(key, firing)
    second = Incident.objects.exclude(pk=first.pk).get()
    with pytest.raises(Blocked) as refused:
        lifecycle.perform(verb, first.pk, by=alice, inputs={"reason": "it is back"})
    (blocker,) = refused.value.blockers
    assert (blocker.code, second.reference in blocker.message) == ("successor_open", True)


@pytest.mark.django_db
def test_alerts_follow_a_chain_of_merges(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing = body("am-grouped3-webhook-002-firing.json")
    post(key, {**firing, "alerts": firing["alerts"][:1]})
    one = Incident.objects.get()
    two, three = factories.incident(payments, alice), factories.incident(payments, alice)
    lifecycle.perform("merge", one.pk, by=alice, inputs={"target": two})
    lifecycle.perform("merge", two.pk, by=alice, inputs={"target": three})
    post(key, firing)
    assert (Incident.objects.count(), three.alerts.count()) == (3, 3)


@pytest.mark.django_db
def test_a_private_tools_incident_stays_with_its_own_team(payments: Team, checkout: Service, search: Team) -> None:
    _, key = factories.integration(search, private=True)
    firing = body("prom-e2e-webhook-002-firing.json")
    firing["alerts"][0]["labels"]["service"] = "checkout"
    post(key, firing)
    assert Incident.objects.get().team == search


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
    assert answer.status_code == 202
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
    inbox.take_due()
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
def test_an_alert_that_comes_while_somebody_resolves_opens_its_own_incident(alice: User, payments: Team) -> None:
    _, key = factories.integration(payments)
    firing = body("am-grouped3-webhook-002-firing.json")
    post(key, {**firing, "alerts": firing["alerts"][:1]})
    incident = Incident.objects.get()
    for step in factories.WALKS[Phase.COMMUNICATE]:
        step(incident.pk, alice)

    def send() -> None:
        try:
            post(key, firing)
        finally:
            connection.close()

    sender = threading.Thread(target=send)
    given = {"confirmation": "quiet", "reason": "one straggler"}
    with transaction.atomic():
        lifecycle.perform("resolve", incident.pk, by=alice, inputs=given, override=True)
        sender.start()
        wait_until_somebody_waits_for_a_lock()
    sender.join()
    # On a busy machine it may have given up by then, and comes back.
    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=True):
        inbox.take_due()
    late = Incident.objects.exclude(pk=incident.pk).get()
    assert (late.phase, late.alerts.count()) == (Phase.DETECT, 2)
    assert late.runs.filter(state="running").exists()


def wait_until_somebody_waits_for_a_lock() -> None:
    """Returns once another connection of this database is held up by a lock; fails after ten seconds."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                "WHERE NOT l.granted AND a.datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody came to wait for the lock")


@pytest.mark.django_db(transaction=True)
def test_one_locked_incident_does_not_hold_up_the_pages_of_others(alice: User, bob: User, payments: Team) -> None:
    busy, other = factories.incident(payments, alice), factories.incident(payments, alice)
    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=busy.pk)
        sweeper = threading.Thread(target=lambda: (page_all(), connection.close()))
        sweeper.start()
        sweeper.join(timeout=10)
        assert not sweeper.is_alive()
    assert list(Page.objects.values_list("incident", flat=True)) == [other.pk]
    page_all()
    assert Page.objects.filter(incident=busy).count() == 1


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
    assert answers == [202] * 50
    # What nobody took because somebody held the rest, the next sweep takes.
    inbox.take_due()
    assert Incident.objects.count() == 1
    assert Alert.objects.get().count == 50
    page_all()
    assert Page.objects.count() == 1


def test_what_is_copied_has_every_field_of_an_alert(payments: Team) -> None:
    """A field that is added has to be written there, too."""
    made_up = {"public_id"}
    columns = {field.column for field in Alert._meta.concrete_fields}
    assert columns - made_up == {*copying.COLUMNS, *copying.AS_JSON}
    tool, _ = factories.integration(payments)
    odd = "tab\tnew\nline \\ back \\N {\"a\": [1]} \u2028 'quoted' \U0001f6a8"
    report = AlertReport("f", "firing", odd, odd, labels={odd: odd}, annotations={"a": ""}, links=[])
    intake.receive(tool, [report])
    alert = Alert.objects.get()
    assert (alert.title, alert.summary, alert.labels, alert.annotations) == (odd, odd, {odd: odd}, {"a": ""})
    assert alert.public_id is not None
