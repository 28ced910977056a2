"""Services in the administration: dependencies of any team, circles, links, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from teams.models import Service, Team, User
from tests import factories


@pytest.fixture
def as_alice(client: Client, alice: User, payments: Team) -> Client:
    """The manager of Payments, who is a viewer otherwise."""
    User.objects.filter(pk=alice.pk).update(role="viewer")
    client.force_login(alice)
    return client


def form(service: Service, **more: Any) -> dict[str, Any]:
    return {
        "name": service.name,
        "slug": service.slug,
        "team": service.team_id,
        "tier": service.tier,
        "lifecycle": service.lifecycle,
        "links-TOTAL_FORMS": 0,
        "links-INITIAL_FORMS": 0,
        **more,
    }


def test_a_manager_chooses_what_a_service_depends_on_among_all_teams(
    as_alice: Client, checkout: Service, search: Team
) -> None:
    index = factories.ServiceFactory(name="Index", slug="index", team=search)
    url = f"/admin/teams/service/{checkout.pk}/change/"
    assert f'<option value="{index.pk}">Index (Search)</option>' in as_alice.get(url).content.decode()
    link = {
        "links-TOTAL_FORMS": 1,
        "links-0-service": checkout.pk,
        "links-0-kind": "dashboard",
        "links-0-title": "Latency",
        "links-0-url": "https://graphs.example",
    }
    answer = as_alice.post(url, form(checkout, needs=[index.pk], **link))
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert [s.slug for s in checkout.depends_on.all()] == ["index"]
    assert checkout.links.get().title == "Latency"
    assert f'<option value="{index.pk}" selected>' in as_alice.get(url).content.decode()
    made = form(Service(name="Refunds", slug="refunds", team=checkout.team), needs=[checkout.pk])
    assert as_alice.post("/admin/teams/service/add/", made).status_code == 302
    assert [s.slug for s in Service.objects.get(slug="refunds").depends_on.all()] == ["checkout"]


def test_a_circle_is_told_at_the_field(as_alice: Client, checkout: Service, payments: Team) -> None:
    ledger = factories.ServiceFactory(name="Ledger", slug="ledger", team=payments)
    ledger.dependencies.create(depends_on=checkout)
    answer = as_alice.post(f"/admin/teams/service/{checkout.pk}/change/", form(checkout, needs=[ledger.pk]))
    assert answer.status_code == 200
    assert "Checkout → Ledger → Checkout" in answer.content.decode()
    assert not checkout.dependencies.exists()


def test_a_link_leads_to_the_web_alone(as_alice: Client, checkout: Service) -> None:
    answer = as_alice.post(f"/admin/teams/service/{checkout.pk}/change/", form(checkout, runbook_url="ftp://x.example"))
    assert answer.status_code == 200
    assert "Enter a valid URL" in answer.content.decode()
