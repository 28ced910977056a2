"""Declaring in two steps, with what goes on already in sight, and what an organization asks of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from incidents.actions import fields, lifecycle
from incidents.likely import likely
from incidents.models import CustomField, Incident, IncidentType
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.sources import Envelope
from incidents.sources.mail import read
from teams import moments
from teams.models import Service, Team, User
from tests import factories
from tests.api.conftest import Api, api  # noqa: F401 - the fixture
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def tier() -> CustomField:
    return CustomField.objects.create(
        key="tier",
        label="Customer tier",
        kind="choice",
        choices=["gold", "all"],
        required_from="declare",
        required_level=2,
    )


def test_enter_alone_declares_nothing_and_keeps_what_was_typed(alice: User, checkout: Service) -> None:
    answer = Browser(alice).post("new", title="Cards fail", services=[checkout.pk], entered="yes")
    assert answer.status_code == 409
    assert "Press how bad it is" in text(answer)
    assert "Cards fail" in text(answer)
    assert not Incident.objects.exists()


def test_what_sounds_alike_is_shown_while_typing(payments: Team, alice: User, charlie: User, checkout: Service) -> None:
    same = factories.incident(payments, alice, phase=Phase.MITIGATE, services=[checkout], title="Checkout is slow")
    touched = factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="Zebra")
    factories.incident(payments, alice, phase=Phase.MITIGATE, title="Mail is late")
    hidden = lifecycle.report(by=alice, title="Checkout is slow for one", team=payments, private=True)
    page = text(Browser(charlie).get("likely", title="checkout slow", services=[checkout.pk]))
    assert page.index(same.title) < page.index(touched.title)
    assert "same service" in page
    assert "Mail is late" not in page
    assert hidden.title not in page
    assert hidden in likely(alice, "checkout is slow for one", [], moments.now())
    assert "<li>" not in text(Browser(charlie).get("likely", title="ch"))


def test_a_required_field_is_asked_for_and_gives_way_to_a_reason(
    payments: Team, alice: User, checkout: Service, tier: CustomField
) -> None:
    browser = Browser(alice)
    given: dict[str, Any] = {"title": "Cards fail", "services": [checkout.pk], "severity": "2"}
    refused = browser.post("new", **given)
    assert refused.status_code == 409
    assert "Not filled in yet: Customer tier." in text(refused)
    assert not Incident.objects.exists()
    assert browser.post("new", **given, override="yes", reason="No time").status_code == 302
    hurried = Incident.objects.get()
    assert hurried.timeline.get(verb="incident.declare").overridden == ["fields_missing"]
    assert "still needed" in text(browser.get("incident", hurried.pk))
    assert browser.post("new", **given, field_tier="gold").status_code == 302
    assert fields_of(Incident.objects.latest("pk")) == {"tier": "gold"}
    # Of a smaller one it is not required, and a machine is never asked.
    assert browser.post("new", **given | {"severity": "3"}).status_code == 302
    opened = factories.incident(payments, alice, phase=Phase.DETECT)
    lifecycle.perform("declare", opened.pk, by=None, inputs={"severity": opened_severity(1)})


def opened_severity(level: int) -> Any:
    from incidents.models import Severity

    return Severity.objects.get(pk=level)


def fields_of(incident: Incident) -> dict[str, str]:
    return {v.field.key: v.shown for v in incident.custom_values.select_related("field", "person")}


def test_each_kind_is_read_and_what_it_can_not_be_is_named(payments: Team, alice: User, tier: CustomField) -> None:
    for kind in ("text", "number", "date", "user"):
        CustomField.objects.create(key=kind, label=kind.title(), kind=kind)
    incident = factories.incident(payments, alice, phase=Phase.DETECT)
    given = {"text": "x", "number": "1200,50", "date": "2026-03-09", "user": "alice", "tier": "all"}
    fields.set_values(incident.pk, given, by=alice)
    assert fields_of(incident) == {
        "text": "x",
        "number": "1200.5",
        "date": "2026-03-09",
        "user": str(alice),
        "tier": "all",
    }
    told = incident.timeline.filter(verb="fields.set").latest("pk")
    assert told.data["fields"]["user"] == {"from": None, "to": {"user": alice.pk}}
    before = incident.timeline.count()
    fields.set_values(incident.pk, {"number": Decimal("1200.5"), "date": date(2026, 3, 9)}, by=alice)
    assert incident.timeline.count() == before
    with pytest.raises(Blocked) as refusal:
        fields.set_values(
            incident.pk, {"number": "many", "date": "soon", "tier": "tin", "nope": 1, "text": "y"}, by=alice
        )
    assert {b.field for b in refusal.value.blockers} == {"field_number", "field_date", "field_tier", "field_nope"}
    fields.set_values(incident.pk, {"text": None}, by=alice)
    assert "text" not in fields_of(incident)


def test_the_api_declares_with_one_call(api: Api, alice: User, checkout: Service, tier: CustomField) -> None:  # noqa: F811
    IncidentType.objects.create(slug="outage", name="Outage")
    client = api(alice)
    url = reverse("api:incidents")
    given = {"title": "Cards fail", "services": [checkout.slug], "severity": 2, "type": "outage", "affected": "All"}
    refused = client.post(url, given, format="json")
    assert refused.status_code == 409
    assert refused.json()["blockers"][0]["code"] == "fields_missing"
    made = client.post(url, given | {"custom_fields": {"tier": "gold"}}, format="json")
    assert made.status_code == 201
    body = made.json()
    assert (body["phase"], body["type"], body["custom_fields"]) == ("declare", "outage", {"tier": "gold"})
    assert body["commander"] is not None


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("SEV2: Payments fail", ("firing", "sev2", True)),
        ("[sev1] Payments fail", ("firing", "sev1", True)),
        ("[RESOLVED] SEV2 Payments fail", ("resolved", "sev2", False)),
        ("Payments fail", ("firing", None, False)),
    ],
)
def test_a_mail_that_names_a_severity_declares(subject: str, told: tuple[str, str | None, bool]) -> None:
    mail = f"From: Ann <ann@example.org>\r\nSubject: {subject}\r\n\r\nSince ten minutes\r\n".encode()
    (report,) = read(Envelope(mail, settings={"declare": True})).reports
    assert (report.status, report.severity, report.declares) == told
    (same,) = read(Envelope(mail)).reports
    assert not same.declares
