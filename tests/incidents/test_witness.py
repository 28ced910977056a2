"""Metrics that incidents are watched by: read from a stand-in for Prometheus, judged, told of, and acted on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.actions import lifecycle, mitigation, recovery
from incidents.actions.witness import attaching, keeping, watching
from incidents.models import Incident, MetricCheck, Severity, TimelineEntry, Witness, WitnessPoint
from incidents.phases import Phase
from incidents.presenters.parts import witness as part
from incidents.problems import Blocked
from teams.models import Organization, Service, Team, User
from tests import factories
from tests.standins.server import Handler, Server, serving

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 3, 2, 14, tzinfo=UTC)


class Prometheus(Server):
    """Answers every query with `figure`, and a range with what `course` says of each moment."""

    def __init__(self) -> None:
        self.figure: float | str = 12.0
        self.course: dict[datetime, float] = {}
        super().__init__(answer=self.told)

    def told(self, handler: Handler) -> None:
        if handler.path.startswith("/api/v1/query_range"):
            values = [[at.timestamp(), str(value)] for at, value in sorted(self.course.items())]
            self.say(handler, "matrix", [{"metric": {}, "values": values}] if values else [])
        elif handler.path.startswith("/api/v1/query"):
            self.say(handler, "vector", [{"metric": {}, "value": [0, str(self.figure)]}])
        else:
            handler.reply(200, json.dumps({"data": {"rates": [{"errors": self.figure}]}}).encode())

    def say(self, handler: Handler, kind: str, result: list[Any]) -> None:
        handler.reply(200, json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode())


class Watch:
    """An incident with a metric, on a clock that is moved by hand with the sweep coming every so often."""

    def __init__(self, clock: Any, server: Prometheus) -> None:
        self.clock, self.server, self.second = clock, server, 0

    def wait(self, minutes: float, *, step: int = 15) -> None:
        until = self.second + int(minutes * 60)
        while self.second < until:
            self.second += step
            self.clock.move_to(BEGIN + timedelta(seconds=self.second))
            watching.read_due()

    def probe(self, **given: Any) -> dict[str, Any]:
        usual = {"title": "Error rate", "url": self.server.url, "query": "errors", "threshold": 1.0, "unit": "%"}
        return {"hold_minutes": 5, **usual, **given}


@pytest.fixture
def watch(settings: Any) -> Iterator[Watch]:
    with time_machine.travel(BEGIN, tick=False) as clock, serving(Prometheus()) as server:
        settings.WATCHBILL_METRIC_HOSTS = frozenset({f"127.0.0.1:{server.server_port}"})
        yield Watch(clock, server)


@pytest.fixture
def checkout(payments: Team) -> Service:
    return factories.ServiceFactory(name="Checkout", team=payments)


@pytest.fixture(autouse=True)
def nobody_outside_is_told() -> None:
    Severity.objects.update(comms_required=False)


def told(incident: Incident) -> list[str]:
    rows = TimelineEntry.objects.filter(incident=incident, kind="witness").order_by("pk")
    return list(rows.values_list("text", flat=True))


def test_an_error_rate_falls_after_a_rollback(watch: Watch, alice: User, payments: Team, checkout: Service) -> None:
    check = attaching.keep(None, checkout, by=alice, **watch.probe())
    incident = factories.incident(payments, alice, phase=Phase.MITIGATE, services=[checkout])
    row = Witness.objects.get(incident=incident)
    assert row.check_of == check
    # What was before it is known as well: it rose ten minutes ago.
    ago = [BEGIN - timedelta(minutes=n) for n in range(20, 0, -1)]
    watch.server.course = {at: 0.2 if at < BEGIN - timedelta(minutes=10) else 12.0 for at in ago}
    watch.wait(1)
    row.refresh_from_db()
    assert (row.state, row.state_since) == ("fails", BEGIN - timedelta(minutes=10))
    with pytest.raises(Blocked) as blocked:
        lifecycle.perform("confirm_mitigated", incident.pk, by=alice, inputs={"recovered_by_itself": True})
    (only,) = blocked.value.blockers
    assert (only.code, only.overridable) == ("metric_not_holding", True)
    assert "Error rate is 12 %, not below 1 %" in only.message

    watch.server.figure = 0.4
    watch.wait(2)
    told_so = [
        "A metric attached itself: Error rate, to be below 1 % for 5 min",
        "Error rate does not hold: 12 %, not below 1 %",
        "Error rate holds: 0.4 %, below 1 %. Is service restored? Confirm that it is mitigated",
    ]
    assert told(incident) == told_so
    Organization.objects.update(soak_minutes=1)
    mitigation.perform(incident.mitigations.get().pk, "worked", by=alice)
    lifecycle.perform("confirm_mitigated", incident.pk, by=alice)
    watch.wait(2)
    with pytest.raises(Blocked, match="not held for its time"):
        lifecycle.perform("resolve", incident.pk, by=alice, inputs={"confirmation": "Looks good"})
    watch.wait(3)
    incident.refresh_from_db()
    assert incident.resolve_proposed_at is not None
    assert told(incident)[-1] == "Error rate has been below 1 % for 5 min. Watchbill proposes to resolve it"

    watch.server.figure = 7
    watch.wait(1)
    incident.refresh_from_db()
    assert incident.resolve_proposed_at is None
    assert told(incident)[-1] == (
        "Error rate does not hold: 7 %, not below 1 %. Watchbill no longer proposes to resolve it"
    )
    with pytest.raises(Blocked, match="not as it should be"):
        lifecycle.perform("resolve", incident.pk, by=alice, inputs={"confirmation": "Looks good"})
    watch.server.figure = 0.1
    watch.wait(8)
    assert recovery.accept(incident.pk, by=alice) == "resolved the incident"
    incident.refresh_from_db()
    assert incident.confirmation.startswith("Error rate has been below 1 % for ")


def test_it_warns_and_a_reason_overrides(watch: Watch, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    attaching.attach(incident.pk, by=alice, **watch.probe())
    watch.wait(1)
    given = {"confirmation": "Customers say so", "reason": "The exporter lags"}
    resolved = lifecycle.perform("resolve", incident.pk, by=alice, inputs=given, override=True)
    assert resolved.phase == Phase.RESOLVE
    entry = TimelineEntry.objects.get(incident=incident, verb="incident.resolve")
    assert "metric_not_holding" in entry.overridden
    # It is read for a while after the end, so that one sees whether it stays, and then no more.
    watch.wait(20, step=60)
    assert Witness.objects.get().reads > 20
    watch.wait(12, step=60)
    assert Witness.objects.get().due_at is None


def test_a_metric_that_can_not_be_read_says_so_and_never_counts_as_good(
    watch: Watch, alice: User, payments: Team
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.COMMUNICATE)
    row = attaching.attach(incident.pk, by=alice, **watch.probe())
    watch.server.figure = 0.1
    watch.wait(4)
    watch.server.answer = lambda handler: handler.reply(500)
    watch.wait(5)
    row.refresh_from_db()
    assert (row.state, row.error) == ("holds", "It answers 500 instead of a figure.")
    assert told(incident)[-1] == "Error rate can't be read: It answers 500 instead of a figure."
    facts = lifecycle.facts_of(incident, by=alice)
    assert facts.metrics_unreadable == "Error rate: It answers 500 instead of a figure"
    with pytest.raises(Blocked, match="can't be read"):
        lifecycle.perform("resolve", incident.pk, by=alice, inputs={"confirmation": "Looks good"})
    incident.refresh_from_db()
    assert incident.resolve_proposed_at is None
    # Nobody knows how it was meanwhile, so that its time begins anew.
    watch.server.answer = watch.server.told
    watch.wait(3)
    row.refresh_from_db()
    assert told(incident)[-1] == "Error rate can be read again: 0.1 %"
    assert row.held_for(datetime.now(UTC)) < timedelta(minutes=4)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "gives no series"),
        (
            {"status": "success", "data": {"resultType": "vector", "result": [{"value": [0, "1"]}, {}]}},
            "gives 2 series",
        ),
        ({"status": "success", "data": {"resultType": "vector", "result": [{"value": [0, "NaN"]}]}}, "not finite"),
        (["something"], "none of Prometheus'"),
        ("not JSON at all", "no JSON"),
    ],
)
def test_answers_without_a_figure(watch: Watch, answer: Any, why: str) -> None:
    from incidents.actions.witness import probing

    body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
    watch.server.answer = lambda handler: handler.reply(200, body)
    probe = Witness()
    probing.fill(probe, watch.probe())
    value, said = probing.try_out(probe)
    assert value is None
    assert why in said


@pytest.mark.parametrize("path", ["data.rates[0].errors", "/data/rates/0/errors"])
def test_a_json_endpoint_and_its_sign_in(watch: Watch, alice: User, payments: Team, path: str) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    given = watch.probe(kind="json", url=f"{watch.server.url}/health?key=abc", query=path)
    row = attaching.attach(incident.pk, by=alice, sign_in="bearer", secret="s3cret", **given)
    watch.wait(0.25)
    row.refresh_from_db()
    assert row.value == 12
    (asked,) = watch.server.of("/health")
    assert asked.headers["Authorization"] == "Bearer s3cret"
    with connection.cursor() as cursor:
        cursor.execute("SELECT url, secret FROM incidents_witness")
        assert not any(word in str(cursor.fetchall()) for word in ("s3cret", "abc", "health"))
    attaching.remove(row.pk, by=alice)
    row.refresh_from_db()
    assert (row.secret, row.url, row.due_at) == ("", "", None)
    watch.wait(1)
    assert len(watch.server.of("/health")) == 1


def test_a_metric_that_jumps_is_told_of_now_and_then(watch: Watch, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    attaching.attach(incident.pk, by=alice, **watch.probe())
    for turn in range(24):
        watch.server.figure = 0.1 if turn % 2 else 5
        watch.wait(0.25)
    assert len(told(incident)) <= 5


def test_two_workers_read_a_metric_once_and_a_late_one_keeps_nothing(watch: Watch, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    attaching.attach(incident.pk, by=alice, **watch.probe())
    (task,) = watching.claim(datetime.now(UTC))
    assert watching.claim(datetime.now(UTC)) == []
    # It died: after its lease another one reads, and what the first one brings then is dropped.
    watch.wait(1.5)
    points = WitnessPoint.objects.count()
    assert points
    assert not watching._keep(watching.Outcome(task, [(datetime.now(UTC), 99.0)]))
    assert WitnessPoint.objects.count() == points


def test_old_readings_are_thinned_and_never_without_an_end(
    watch: Watch, alice: User, payments: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    row = attaching.attach(incident.pk, by=alice, **watch.probe())
    times = [BEGIN - timedelta(seconds=15 * n) for n in range(4 * 60 * 8)]
    WitnessPoint.objects.bulk_create(
        WitnessPoint(witness=row, at=at, value=50.0 if at.second == 30 else 1.0) for at in times
    )
    assert keeping.tidy_due() == 1
    old = WitnessPoint.objects.filter(at__lt=BEGIN - keeping.WHOLE)
    # One a minute, and the peak of it.
    assert 119 <= old.count() <= 121
    assert set(old.values_list("value", flat=True)) <= {50.0, 1.0}
    assert old.filter(value=50).count() >= 118
    monkeypatch.setattr(keeping, "MOST_POINTS", 100)
    watch.clock.move_to(BEGIN + timedelta(hours=2))
    keeping.tidy_due()
    assert WitnessPoint.objects.count() == 100


def test_what_attaches_itself_when(watch: Watch, alice: User, payments: Team, checkout: Service) -> None:
    for name, attach in (("Opens", "open"), ("Declares", "declare"), ("Never", "never")):
        attaching.keep(None, checkout, by=alice, attach=attach, **watch.probe(title=name))
    incident = factories.incident(payments, alice, services=[checkout])
    titles = incident.witnesses.order_by("pk").values_list("title", flat=True)
    assert list(titles) == ["Opens"]
    attaching.remove(incident.witnesses.get().pk, by=alice)
    lifecycle.perform("declare", incident.pk, by=alice, inputs={"severity": Severity.objects.get(pk=2)})
    # What somebody removed does not come back by itself.
    assert list(incident.witnesses.standing().values_list("title", flat=True)) == ["Declares"]


def test_a_token_is_never_sent_to_another_host(watch: Watch, alice: User, checkout: Service) -> None:
    given = watch.probe(sign_in="bearer", secret="s3cret")
    check = attaching.keep(None, checkout, by=alice, **given)
    with pytest.raises(Blocked) as blocked:
        attaching.keep(check, checkout, by=alice, url="https://93.184.215.14/")
    assert [blocker.code for blocker in blocked.value.blockers] == ["secret_again"]
    kept = attaching.keep(check, checkout, by=alice, url=f"{watch.server.url}/prometheus", threshold=2.0)
    assert (kept.secret, kept.threshold) == ("s3cret", 2.0)


def test_the_room_shows_the_course_and_polls_for_little(
    client: Client, watch: Watch, alice: User, payments: Team, django_assert_max_num_queries: Any
) -> None:
    client.force_login(alice)
    incident = factories.incident(payments, alice, phase=Phase.MITIGATE)
    page = client.get(incident.get_absolute_url()).text
    assert "No metric is watched" in page
    attaching.attach(incident.pk, by=alice, **watch.probe())
    watch.server.course = {BEGIN - timedelta(minutes=n): float(n) for n in range(1, 20)}
    watch.wait(1)
    with CaptureQueriesContext(
        connection,
    ) as one:
        answer = client.get(incident.get_absolute_url())
    page = answer.text
    assert 'class="chart__line"' in page
    assert "Error rate from " in page
    assert "Roll back the last deploy, began" in page
    key = f"{answer.context['page_key']}~{answer.context['witness_ticks']}"
    live = f"{incident.get_absolute_url()}live/"
    assert client.get(live, {"v": key}).status_code == 204
    watch.server.figure = 11
    watch.wait(0.25)
    news = client.get(live, {"v": key})
    assert 'id="witness"' in news.text
    assert "11 %" in news.text
    # Nothing but the metric is new, and nothing else is loaded.
    assert 'id="timeline-list"' not in news.text
    assert "HX-Trigger" not in news
    attaching.attach(incident.pk, by=alice, **watch.probe(title="Latency"))
    attaching.attach(incident.pk, by=alice, **watch.probe(title="Queue"))
    watch.wait(0.5)
    with CaptureQueriesContext(connection) as three:
        client.get(incident.get_absolute_url())
    assert len(three) <= len(one)
    watch.server.answer = lambda handler: handler.reply(503)
    watch.wait(1)
    assert "It answers 503 instead of a figure." in client.get(incident.get_absolute_url()).text


def test_the_form_tries_before_it_keeps(client: Client, watch: Watch, alice: User, payments: Team) -> None:
    client.force_login(alice)
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    address = f"/incidents/{incident.pk}/metrics/new/"
    typed = {"title": "Error rate", "kind": "promql", "url": watch.server.url, "query": "errors", "threshold": "1"}
    tried = client.post(address, {**typed, "unit": "%", "secret": "typed", "try": "yes"})
    assert tried.status_code == 200
    assert "<strong>12 %</strong> now, not below 1 %" in tried.text
    assert 'value="typed"' in tried.text
    assert not Witness.objects.exists()
    wrong = client.post(address, {**typed, "url": "http://10.0.0.1/", "threshold": ""})
    assert wrong.status_code == 409
    assert "WATCHBILL_METRIC_HOSTS" in wrong.text
    assert "Give the figure" in wrong.text
    assert 'value="http://10.0.0.1/"' in wrong.text
    assert client.post(address, typed).status_code == 302
    row = Witness.objects.get()
    assert (row.hold_minutes, row.interval_seconds, row.comparison) == (5, 15, "below")
    assert client.post(f"/incidents/{incident.pk}/metrics/{row.pk}/remove/").status_code == 302
    assert not Witness.objects.standing().exists()


def test_a_service_keeps_metrics_and_incidents_offer_them(
    client: Client, watch: Watch, alice: User, bob: User, payments: Team, checkout: Service
) -> None:
    client.force_login(alice)
    typed = {"title": "Error rate", "kind": "promql", "url": watch.server.url, "query": "errors", "threshold": "1"}
    new = f"/services/{checkout.slug}/metrics/new/"
    assert client.post(new, {**typed, "attach": "never"}).status_code == 302
    check = MetricCheck.objects.get()
    assert "Error rate" in client.get(checkout.get_absolute_url()).text
    again = client.post(new, typed)
    assert "a metric of that name already" in again.text
    client.force_login(bob)
    incident = factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])
    address = f"/incidents/{incident.pk}/metrics/new/"
    assert "Error rate of Checkout" in client.get(address).text
    assert client.post(address, {"check": check.pk}).status_code == 302
    assert Witness.objects.get().check_of == check
    client.force_login(alice)
    assert client.post(f"/services/{checkout.slug}/metrics/{check.pk}/remove/").status_code == 302
    assert not MetricCheck.objects.exists()
    assert Witness.objects.standing().count() == 1


def test_marks_and_courses_make_a_picture(watch: Watch, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.MITIGATE)
    row = attaching.attach(incident.pk, by=alice, **watch.probe())
    watch.wait(20, step=60)
    watch.server.figure = 0.2
    watch.wait(10, step=60)
    now = datetime.now(UTC)
    row.refresh_from_db()
    (shown,) = part.drawn(incident, [row], list(incident.mitigations.all()), now)
    wide, narrow = shown.chart.sheets
    assert wide.path.count("M") == narrow.path.count("M") == 1
    assert [mark.sign for mark in shown.chart.marks] == ["A", "D", "1"]
    assert "Worst 12 % at" in shown.chart.summary
    assert shown.chart.summary.endswith("last 0.2 %.")
    assert len(shown.chart.table) <= 24
    # Flags of one moment stand beside each other in two rows.
    assert {flag.y for flag in wide.flags} == {11.0, 30.0}


def test_addresses_of_prometheus_are_understood(watch: Watch, alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    attaching.attach(
        incident.pk, by=alice, **watch.probe(url=f"{watch.server.url}/graph", query='sum(rate(x{a="b"}[1m]))')
    )
    watch.wait(0.25)
    asked = [urlsplit(each.path) for each in watch.server.asked]
    assert [each.path for each in asked] == ["/api/v1/query_range", "/api/v1/query"]
    assert parse_qs(asked[1].query) == {"query": ['sum(rate(x{a="b"}[1m]))']}
