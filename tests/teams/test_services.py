"""Services: what they say and depend on, and that no dependency ever closes a circle."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from teams import actions
from teams.models import AuditEvent, Service, ServiceDependency, Team, User
from tests import factories


@pytest.fixture
def shop(payments: Team) -> dict[str, Service]:
    """Four services of Payments, by their words."""
    return {
        name: factories.ServiceFactory(name=name.title(), slug=name, team=payments)
        for name in ("checkout", "ledger", "database", "mail")
    }


def depends(service: Service, *others: Service) -> None:
    actions.change_service(service, by=None, depends_on=list(others))


def told(service: Service) -> list[str]:
    return [other.slug for other in service.depends_on.order_by("slug")]


def test_a_service_is_made_with_all_that_is_known_of_it(payments: Team, alice: User, shop: dict[str, Service]) -> None:
    made = actions.make_service(
        payments,
        by=alice,
        name=" Refunds ",
        slug="refunds",
        tier=1,
        lifecycle="experimental",
        repository_url="https://git.example/refunds",
        links=[{"kind": "dashboard", "title": "Latency", "url": "https://graphs.example/1"}],
        depends_on=[shop["ledger"], shop["database"]],
    )
    made.refresh_from_db()
    assert (made.name, made.tier, made.lifecycle) == ("Refunds", 1, "experimental")
    assert told(made) == ["database", "ledger"]
    assert [(link.kind, str(link)) for link in made.links.all()] == [("dashboard", "Latency")]


def test_what_is_left_out_stays_and_lists_are_replaced(alice: User, shop: dict[str, Service]) -> None:
    checkout = shop["checkout"]
    link = {"kind": "dashboard", "title": "Latency", "url": "https://graphs.example/1"}
    actions.change_service(checkout, by=alice, links=[link], depends_on=[shop["ledger"], shop["mail"]])
    kept = checkout.links.get().pk
    actions.change_service(checkout, by=alice, description="Takes orders")
    assert told(checkout) == ["ledger", "mail"]
    other = {"kind": "other", "title": "Chat", "url": "https://chat.example"}
    actions.change_service(checkout, by=alice, links=[{**link, "title": "Speed"}, other], depends_on=[shop["mail"]])
    assert told(checkout) == ["mail"]
    assert sorted(str(each) for each in checkout.links.all()) == ["Chat", "Speed"]
    assert checkout.links.get(title="Speed").pk == kept
    actions.change_service(checkout, by=alice, links=[], depends_on=[])
    assert (told(checkout), checkout.links.count()) == ([], 0)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": ""}, "name", "cannot be blank"),
        ({"name": "Ledger"}, "name", "already exists"),
        ({"slug": "not a word"}, "slug", "valid"),
        ({"tier": 9}, "tier", "not a valid choice"),
        ({"lifecycle": "retired"}, "lifecycle", "not a valid choice"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url", "valid URL"),
        ({"repository_url": "ftp://example.org/x"}, "repository_url", "valid URL"),
        ({"links": [{"kind": "other", "title": "X", "url": "javascript:alert(1)"}]}, "links", "“X”: Enter a valid URL"),
        ({"links": [{"kind": "other", "title": "", "url": "https://x.example"}]}, "links", "cannot be blank"),
        ({"links": [{"kind": "other", "title": "X", "url": "https://x.example"}] * 2}, "links", "there twice"),
    ],
)
def test_nonsense_is_refused_by_its_field(
    values: dict[str, Any], field: str, words: str, alice: User, shop: dict[str, Service]
) -> None:
    with pytest.raises(ValidationError) as refusal:
        actions.change_service(shop["checkout"], by=alice, **values)
    assert words in " ".join(refusal.value.message_dict[field])
    assert not shop["checkout"].links.exists()


def test_a_circle_is_refused_and_names_its_way(alice: User, shop: dict[str, Service]) -> None:
    depends(shop["checkout"], shop["ledger"])
    depends(shop["ledger"], shop["database"])
    with pytest.raises(ValidationError) as refusal:
        actions.change_service(shop["database"], by=alice, depends_on=[shop["mail"], shop["checkout"]])
    assert "Database → Checkout → Ledger → Database" in refusal.value.message_dict["depends_on"][0]
    assert told(shop["database"]) == []
    with pytest.raises(ValidationError, match="Checkout can't depend on itself"):
        depends(shop["checkout"], shop["checkout"])


def test_the_database_itself_refuses_a_circle(shop: dict[str, Service]) -> None:
    def add(a: str, b: str) -> ServiceDependency:
        return ServiceDependency.objects.create(service=shop[a], depends_on=shop[b])

    add("checkout", "ledger")
    last = add("ledger", "database")
    with pytest.raises(IntegrityError, match="Checkout depends on Database already"), transaction.atomic():
        add("database", "checkout")
    with pytest.raises(IntegrityError), transaction.atomic():
        add("mail", "mail")
    # Turned round it closes none, since it is no longer there as it was.
    ServiceDependency.objects.filter(pk=last.pk).update(service=shop["database"], depends_on=shop["ledger"])
    both = [
        ServiceDependency(service=shop[a], depends_on=shop[b]) for a, b in (("mail", "checkout"), ("ledger", "mail"))
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceDependency.objects.bulk_create(both)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_action", [True, False], ids=["by the action", "by the row alone"])
def test_of_two_halves_of_a_circle_at_the_same_moment_one_is_refused(by_action: bool, shop: dict[str, Service]) -> None:
    depends(shop["ledger"], shop["database"])
    gate, outcome = threading.Barrier(2), {}

    def add(service: str, other: str) -> None:
        try:
            with transaction.atomic():
                gate.wait(10)
                if by_action:
                    depends(shop[service], shop[other])
                else:
                    ServiceDependency.objects.create(service=shop[service], depends_on=shop[other])
                    # The other has inserted, too, before either commits: it waits for this one.
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_sleep(0.3)")
            outcome[service] = ""
        except (ValidationError, IntegrityError) as refusal:
            outcome[service] = str(refusal)
        finally:
            connection.close()

    halves = [("database", "checkout"), ("checkout", "ledger")]
    threads = [threading.Thread(target=add, args=half) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    refused = [text for text in outcome.values() if text]
    assert len(outcome) == 2
    assert len(refused) == 1
    assert ("→" if by_action else "already") in refused[0]
    assert ServiceDependency.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_renaming_and_depending_at_the_same_moment_wait_for_each_other_in_one_order(shop: dict[str, Service]) -> None:
    """A new word locks a service's row harder than a dependency on it can bear: taken the wrong way round, two of these
    would wait for one another."""
    gate, failed = threading.Barrier(2), []

    def change(one: str, other: str) -> None:
        try:
            for number in range(8):
                gate.wait(10)
                values = {"slug": f"{one}-{number}", "depends_on": [shop[other]] if one == "checkout" else []}
                actions.change_service(shop[one], by=None, **values)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says so
            failed.append(error)
            gate.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=pair) for pair in (("checkout", "ledger"), ("ledger", "checkout"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []


def test_only_the_managers_of_a_team_change_its_services(
    alice: User, bob: User, charlie: User, payments: Team, search: Team, shop: dict[str, Service]
) -> None:
    User.objects.update(role="viewer")
    mail = shop["mail"]

    def tries(user: User) -> list[Any]:
        return [
            lambda: actions.make_service(payments, by=user, name="X", slug="x"),
            lambda: actions.change_service(mail, by=user, tier=1),
            lambda: actions.change_service(mail, by=user, depends_on=[]),
            lambda: actions.remove_service(mail, by=user),
        ]

    for user in (alice, bob, charlie):
        user.refresh_from_db()
    for act in (*tries(bob), *tries(charlie), lambda: actions.change_service(mail, by=alice, team=search)):
        with pytest.raises(PermissionDenied):
            act()
    actions.change_service(shop["mail"], by=alice, tier=1)
    actions.remove_service(shop["mail"], by=alice)
    assert not Service.objects.filter(slug="mail").exists()


def test_the_audit_log_keeps_what_was_added_and_taken_away(alice: User, shop: dict[str, Service]) -> None:
    checkout, ledger = shop["checkout"], shop["ledger"]
    depends(checkout, ledger)
    depends(checkout)
    events = AuditEvent.objects.filter(kind="teams.servicedependency").order_by("pk")
    assert [(e.done, e.label) for e in events] == [("insert", "Checkout on Ledger"), ("delete", "Checkout on Ledger")]
    for row in (checkout, ledger):
        assert f"teams.service:{row.pk}" in events[0].about
    link = {"kind": "dashboard", "title": "Latency", "url": "https://graphs.example/1"}
    actions.change_service(checkout, by=None, links=[link])
    event = AuditEvent.objects.filter(kind="teams.servicelink").get()
    assert (event.label, event.after["url"]) == ("Latency of Checkout", "https://graphs.example/1")
