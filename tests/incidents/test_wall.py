"""The wall of an office, signed in and by a link of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from incidents.actions import walls
from incidents.models import Incident, WallLink
from teams.models import Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]


def link_of(admin: User, **data: Any) -> str:
    page = text(Browser(admin).post("wall_new", **data))
    return "/wall/" + page.partition('id="wall-address" value="')[2].partition('"')[0].rpartition("/wall/")[2]


def test_the_wall_shows_what_goes_on_and_nothing_private(
    alice: User, charlie: User, payments: Team, search: Team, checkout: Service
) -> None:
    factories.incident(payments, alice, title="Cards fail", phase="mitigate", services=[checkout])
    factories.incident(payments, alice, title="Key leaked", private=True)
    factories.incident(search, charlie, title="Index is late")
    factories.incident(payments, alice, title="Refunds wait", phase="resolve")
    drill = factories.incident(payments, alice, title="Practice")
    Incident.objects.filter(pk=drill.pk).update(drill=True)
    page = text(Browser(alice).get("wall"))
    for said in ("Cards fail", "Index is late", "Refunds wait", "Alice", "Checkout", "data-clock", "On call now"):
        assert said in page
    assert "Key leaked" not in page
    assert "Practice" not in page
    ours = text(Browser(alice).get("wall", team="payments"))
    assert "Cards fail" in ours
    assert "Index is late" not in ours
    Incident.objects.update(private=True)
    assert "All calm" in text(Browser(alice).get("wall"))


def test_a_link_needs_no_account_and_ends_when_it_is_revoked(
    alice: User, bob: User, payments: Team, search: Team
) -> None:
    admin = factories.UserFactory(username="root", role="admin")
    factories.incident(payments, bob, title="Cards fail")
    assert Browser(bob).get("walls").status_code == 403
    assert "Say where the screen hangs" in text(Browser(admin).post("wall_new", name=" "))
    address = link_of(admin, name="Second floor", teams=[payments.pk])
    link = WallLink.objects.get()
    assert link.digest not in text(Browser(admin).get("walls"))
    assert address.split("/")[2] not in text(Browser(admin).get("walls"))
    screen: Any = Client()
    answer = screen.get(address)
    assert answer.status_code == 200
    assert "Cards fail" in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    part = screen.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Cards fail" in part
    assert "<html" not in part
    assert screen.post(address).status_code == 405
    assert screen.get("/wall/" + "x" * 2000 + "/").status_code == 404
    # Whoever made it may no longer make one; then it is revoked.
    User.objects.filter(pk=admin.pk).update(role="viewer")
    assert screen.get(address).status_code == 404
    User.objects.filter(pk=admin.pk).update(role="admin")
    Browser(admin).post("wall_revoke", link.pk)
    assert screen.get(address).status_code == 404
    assert walls.working().count() == 0


def test_the_wall_costs_the_same_for_one_and_for_many(
    alice: User, payments: Team, checkout: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Browser(alice)

    def cost() -> int:
        with django_assert_max_num_queries(18) as counted:
            assert browser.get("wall").status_code == 200
        return len(counted)

    factories.incident(payments, alice, phase="declare", services=[checkout])
    factories.incident(payments, alice, phase="resolve")
    first = cost()
    for _ in range(3):
        factories.incident(payments, alice, phase="declare", services=[checkout])
        factories.incident(payments, alice, phase="resolve")
        factories.schedule(factories.TeamFactory(people=[alice]), [alice])
    assert cost() == first
