"""The list of incidents and of action items: filters, search, pages, empty states, constant cost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from incidents.actions import action_items
from teams.models import Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


def test_open_incidents_come_first_and_the_rest_on_request(alice: User, payments: Team) -> None:
    titles = {
        phase: factories.incident(payments, alice, phase=phase, title=f"Case {phase}").title
        for phase in ("detect", "mitigate", "resolve", "closed", "cancelled")
    }
    browser = Browser(alice)

    def shown(**query: Any) -> set[str]:
        page = text(browser.get("list", **query))
        return {phase for phase, title in titles.items() if f">{title}<" in page}

    assert shown() == {"detect", "mitigate", "resolve"}
    assert shown(state="active") == {"detect", "mitigate"}
    assert shown(state="review") == {"resolve"}
    assert shown(state="closed") == {"closed"}
    assert shown(state="aside") == {"cancelled"}
    assert shown(state="all") == set(titles)
    assert shown(state="nonsense") == {"detect", "mitigate", "resolve"}


def test_filters_narrow_by_team_service_severity_person_and_words(
    alice: User, bob: User, charlie: User, payments: Team, search: Team, checkout: Service
) -> None:
    factories.incident(payments, alice, title="Cards fail", phase="declare", services=[checkout], private=True)
    factories.incident(search, charlie, title="Index is late")
    browser = Browser(alice)

    def shown(**query: Any) -> list[str]:
        page = text(browser.get("list", **query))
        return [title for title in ("Cards fail", "Index is late") if title in page]

    assert shown(team=payments.pk) == ["Cards fail"]
    assert shown(service=checkout.pk) == ["Cards fail"]
    assert shown(severity=2) == ["Cards fail"]
    assert shown(whose="mine") == ["Cards fail"]
    assert shown(private="on") == ["Cards fail"]
    assert shown(q="index") == ["Index is late"]
    assert shown(team="nonsense") == ["Cards fail", "Index is late"]
    assert "Nothing fits" in text(browser.get("list", q="no such word"))


def test_an_empty_list_is_calm(alice: User) -> None:
    assert "All calm" in text(Browser(alice).get("list"))


def test_a_row_says_phase_commander_and_promise(alice: User, payments: Team) -> None:
    factories.incident(payments, alice, phase="declare")
    row = text(Browser(alice).get("list")).split("<tbody>")[1]
    for said in ("SEV2", "Declare", "Alice", "data-countdown", "Payments"):
        assert said in row


def test_lists_cost_the_same_for_one_and_for_many(
    alice: User, payments: Team, checkout: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Browser(alice)

    def cost(name: str) -> int:
        with django_assert_max_num_queries(18) as counted:
            assert browser.get(name).status_code == 200
        return len(counted)

    def one_more() -> None:
        made = factories.incident(payments, alice, phase="review", services=[checkout])
        action_items.add(made.pk, by=alice, title="Add an alert", owner=alice, due_on=date(2100, 1, 1))

    one_more()
    first = [cost(name) for name in ("list", "action_items")]
    for _ in range(4):
        one_more()
    assert [cost(name) for name in ("list", "action_items")] == first


def test_pages_of_the_list(alice: User, payments: Team) -> None:
    from incidents.actions import lifecycle

    for number in range(33):
        lifecycle.report(by=alice, title=f"Trouble {number}", team=payments)
    browser = Browser(alice)
    assert "Page 1 of 2" in text(browser.get("list"))
    last = text(browser.get("list", page=2))
    assert ">Trouble 0<" in last
    assert ">Trouble 32<" not in last
    assert "Page 2 of 2" in text(browser.get("list", page=99))


def test_action_items_by_owner_state_and_kind(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase="review")

    def add(title: str, **fields: Any) -> int:
        return action_items.add(incident.pk, by=alice, title=title, **fields).pk

    add("Late one", owner=alice, due_on=date(2020, 1, 1), end_state="seen", kind="detect")
    add("Bobs one", owner=bob, due_on=date(2100, 1, 1))
    add("Free one")
    action_items.settle(add("Done one", owner=bob), "done", by=bob, evidence="link")
    browser = Browser(alice)

    def shown(**query: Any) -> list[str]:
        page = text(browser.get("action_items", **query))
        return [t for t in ("Late one", "Bobs one", "Free one", "Done one") if t in page]

    assert shown() == ["Late one", "Bobs one", "Free one"]
    assert shown(state="overdue") == ["Late one"]
    assert shown(owner="me") == ["Late one"]
    assert shown(owner="nobody") == ["Free one"]
    assert shown(kind="detect") == ["Late one"]
    assert shown(state="done") == ["Done one"]
    assert shown(q="bobs") == ["Bobs one"]
    assert shown(q=incident.reference, state="all") == ["Late one", "Bobs one", "Free one", "Done one"]
    assert "owner, due date, kind, end state" in text(browser.get("action_items", q="Free"))
