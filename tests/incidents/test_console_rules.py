"""The pages of routing rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.actions import accepting, inbox, intake, rules
from incidents.models import Event, Incident, Integration, RoutingRule, Severity
from incidents.sources import AlertReport, Envelope
from teams.models import Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]
ENV = [{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}]


@pytest.fixture
def staff(alice: User) -> Browser:
    alice.role = "admin"
    alice.save()
    return Browser(alice)


@pytest.fixture
def responder(charlie: User) -> Browser:
    charlie.role = "responder"
    charlie.save()
    return Browser(charlie)


def rows(*labels: tuple[str, str, str]) -> dict[str, str]:
    told = {"labels-TOTAL_FORMS": str(len(labels) or 3), "labels-INITIAL_FORMS": "0"}
    for n, (name, test, values) in enumerate(labels):
        told |= {f"labels-{n}-name": name, f"labels-{n}-test": test, f"labels-{n}-values": values}
    return told


def filled(*labels: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    return {"name": "Production", "enabled": "on", "zone": "Europe/Berlin", **rows(*labels), **more}


def body(**labels: str) -> str:
    alert = {
        "status": "firing",
        "labels": {"alertname": "HighCPU", **labels},
        "annotations": {},
        "startsAt": "2026-03-01T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "f",
    }
    return json.dumps({"version": "4", "groupKey": "g", "status": "firing", "alerts": [alert]})


def test_a_rule_is_made_and_changed(staff: Browser, payments: Team, checkout: Service) -> None:
    tool, _ = factories.integration(payments)
    given = filled(
        ("env", "one_of", "prod, live"),
        ("job", "present", ""),
        text="disk\ninode",
        severity_words="critical, page",
        integrations=[tool.pk],
        services=[checkout.pk],
        days=["0", "4"],
        start="22:00",
        end="06:00",
        inside="out",
        team=payments.pk,
        severity="2",
        priority="1",
        declares="on",
        group_by="labels",
        group_labels="env, region",
        group_minutes="30",
    )
    assert staff.post("rule_new", **given).status_code == 302
    made = RoutingRule.objects.get(is_default=False)
    assert made.conditions == [
        {"what": "label", "name": "env", "is": "one_of", "values": ["prod", "live"]},
        {"what": "label", "name": "job", "is": "present"},
        {"what": "text", "values": ["disk", "inode"]},
        {"what": "severity", "values": ["critical", "page"]},
        {"what": "integration", "values": [tool.pk]},
        {"what": "service", "values": [checkout.pk]},
        {
            "what": "time",
            "zone": "Europe/Berlin",
            "inside": False,
            "hours": [{"weekdays": [0, 4], "start": "22:00", "end": "06:00"}],
        },
    ]
    assert (made.team, made.severity_id, made.priority, made.declares) == (payments, 2, 1, True)
    assert (made.group_by, made.group_labels, made.group_minutes) == ("labels", ["env", "region"], 30)
    page = text(staff.get("rule", made.pk))
    for shown in (
        'value="prod, live"',
        "disk\ninode",
        'value="22:00"',
        'value="env, region"',
        'value="critical, page"',
    ):
        assert shown in page
    listed = text(staff.get("rules"))
    for shown in ("label env is one of “prod” or “live”", "outside Mon Fri 22:00–06:00 (Europe/Berlin)", "declares"):
        assert shown in listed


def test_what_is_wrong_is_said_where_it_is_and_what_was_typed_stays(staff: Browser) -> None:
    answer = staff.post("rule_new", **filled(("env", "equals", ""), ("", "equals", "typed"), name="", start="09:00"))
    page = text(answer)
    assert answer.status_code == 422
    for told in (
        "Value: Give at least one value.",
        "Label: Give the label&#x27;s name",
        "Choose at least one day.",
        "Say in a few words what it is for.",
        'value="typed"',
    ):
        assert told in page
    assert "at least one condition" in text(staff.post("rule_new", **filled()))
    assert not RoutingRule.objects.filter(is_default=False).exists()


def test_one_more_row_keeps_what_was_typed_and_complains_of_nothing(staff: Browser) -> None:
    answer = staff.post("rule_new", **filled(("env", "equals", ""), name="", more="1"))
    page = text(answer)
    assert answer.status_code == 200
    assert 'name="labels-1-name"' in page
    assert 'value="env"' in page
    assert "field__error" not in page


def test_the_list_is_searched_and_says_when_it_is_empty(staff: Browser, responder: Browser, payments: Team) -> None:
    assert "No rules of your own yet" in text(staff.get("rules"))
    assert "An administrator makes rules" in text(responder.get("rules"))
    rules.keep(None, by=None, name="Production", conditions=ENV, team=payments)
    for words, found in (("produ", True), ("env", True), ("payments prod", True), ("moon", False)):
        page = text(staff.get("rules", q=words))
        assert (">Production<" in page) is found, words
        assert ("No rule matches" in page) is not found


def test_the_list_costs_the_same_queries_for_one_rule_and_for_many(staff: Browser, payments: Team) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert staff.get("rules").status_code == 200
        return len(found)

    rules.keep(None, by=None, name="one", conditions=ENV, team=payments)
    queries()
    few = queries()
    for n in range(10):
        rules.keep(None, by=None, name=f"n{n}", conditions=ENV, team=payments, severity=Severity.objects.get(level=1))
    assert queries() == few


def test_it_is_moved_with_and_without_script(staff: Browser) -> None:
    one, two = (rules.keep(None, by=None, name=name, conditions=ENV) for name in ("one", "two"))
    assert staff.post("rule_move", two.pk, "up").status_code == 302
    assert list(RoutingRule.objects.filter(is_default=False)) == [two, one]
    answer = staff.client.post(f"/routing/{two.pk}/move/down/", headers={"HX-Request": "true"})
    assert "“two” moved down." in answer.content.decode()
    assert list(RoutingRule.objects.filter(is_default=False)) == [one, two]
    assert staff.post("rule_move", two.pk, "sideways").status_code == 404


def test_the_list_is_in_the_order_in_which_rules_are_asked(staff: Browser) -> None:
    names = ["one", "two", "three"]
    made = [rules.keep(None, by=None, name=name, conditions=ENV) for name in names]
    rules.move(made[2].pk, up=True, by=None)
    page = text(staff.get("rules"))
    places = [page.index(f">{name}</a>") for name in ("one", "three", "two", "Everything else")]
    assert places == sorted(places)


def test_it_is_removed_and_the_default_is_not(staff: Browser) -> None:
    made = rules.keep(None, by=None, name="one", conditions=ENV)
    staff.post("rule_remove", made.pk)
    default = RoutingRule.objects.get()
    answer = staff.client.post(f"/routing/{default.pk}/remove/", follow=True)
    assert "can&#x27;t be removed" in answer.content.decode()
    assert RoutingRule.objects.get() == default


def test_responders_look_and_change_nothing(responder: Browser) -> None:
    made = rules.keep(None, by=None, name="one", conditions=ENV)
    page = text(responder.get("rules"))
    assert "label env is “prod”" in page
    assert "rule_move" not in page
    assert "/move/" not in page
    assert responder.get("rules_try").status_code == 200
    for name, args in (("rule", [made.pk]), ("rule_new", [])):
        assert responder.get(name, *args).status_code == 403
    for name, args in (("rule_move", [made.pk, "up"]), ("rule_remove", [made.pk])):
        assert responder.post(name, *args).status_code == 403


def test_an_alert_is_tried_with_what_is_still_being_edited(
    staff: Browser, payments: Team, search: Team, checkout: Service
) -> None:
    tool, _ = factories.integration(payments)
    rules.keep(None, by=None, name="Staging", conditions=[{**ENV[0], "values": ["staging"]}])
    made = rules.keep(None, by=None, name="Production", conditions=ENV, team=payments)
    pasted = {"try-source": "alertmanager", "try-integration": tool.pk, "try-body": body(env="prod")}
    page = text(staff.post("rule", made.pk, **filled(("env", "like", "pr*"), team=search.pk), **pasted, **{"try": "1"}))
    for told in (
        "What would become of it",
        "label env is “staging”: <strong>it is “prod”</strong>",
        "as you edit it",
        "<dd>Search</dd>",
        "a new incident",
    ):
        assert told in page
    made.refresh_from_db()
    assert made.team == payments
    # Not matching as it stands, it is for the default.
    page = text(staff.post("rule", made.pk, **filled(("env", "equals", "live")), **pasted, **{"try": "1"}))
    assert "label env is “live”: <strong>it is “prod”</strong>" in page
    assert "the default" in page
    assert not Incident.objects.exists()
    # What is wrong with the rule is said before it is tried.
    answer = staff.post("rule_new", **filled(("env", "equals", "")), **pasted, **{"try": "1"})
    assert answer.status_code == 422
    assert "What would become of it" not in text(answer)


def test_what_cannot_be_read_is_said_at_the_body(staff: Browser, payments: Team) -> None:
    tool, _ = factories.integration(payments)
    answer = staff.post("rules_try", **{"try-source": "alertmanager", "try-body": "{"})
    assert answer.status_code == 422
    assert "Choose the integration" in text(answer)
    every = {"try-integration": tool.pk, "try-body": "{}"}
    for source in ("", "alertmanager", "pagerduty", "json", "opsgenie", "email", "sentry"):
        assert staff.post("rules_try", **every, **{"try-source": source}).status_code in (200, 422), source
    assert "Paste what the tool sends" in text(staff.post("rules_try", **{"try-source": "json"}))


def test_a_past_event_is_tried_by_who_may_see_it(staff: Browser, responder: Browser, payments: Team) -> None:
    tool, key = factories.integration(payments)
    hidden, hidden_key = factories.integration(payments, name="Secret alerts", private=True)
    for each in (key, hidden_key):
        accepting.accept(each, "alertmanager", Envelope(body(env="prod").encode()))
    mine, secret = Event.objects.get(integration=tool), Event.objects.get(integration=hidden)
    page = text(responder.post("rules_try", **{"try-event": mine.pk}))
    assert "<h3>HighCPU</h3>" in page
    assert "Secret alerts" not in page
    answer = responder.post("rules_try", **{"try-event": secret.pk})
    assert answer.status_code == 422
    assert "HighCPU" not in text(answer)
    assert "<h3>HighCPU</h3>" in text(staff.post("rules_try", **{"try-event": secret.pk}))


def test_it_names_the_open_incident_only_to_who_may_see_it(staff: Browser, responder: Browser, payments: Team) -> None:
    _, key = factories.integration(payments)
    rules.keep(None, by=None, name="Secret", conditions=ENV, private=True, team=payments)
    accepting.accept(key, "alertmanager", Envelope(body(env="prod").encode()))
    inbox.take_due()
    incident = Incident.objects.get()
    asked = {"try-event": Event.objects.get().pk}
    assert incident.reference in text(staff.post("rules_try", **asked))
    page = text(responder.post("rules_try", **asked))
    assert incident.reference not in page
    assert "an open incident that you may not see" in page


def test_the_incident_shows_its_priority(staff: Browser, payments: Team) -> None:
    tool: Integration = factories.integration(payments)[0]
    rules.keep(None, by=None, name="one", conditions=ENV, priority=2)
    intake.receive(tool, [AlertReport("f", "firing", "HighCPU", labels={"env": "prod"})])
    assert "<dt>Priority</dt><dd>P2</dd>" in text(staff.get("incident", Incident.objects.get().pk))
