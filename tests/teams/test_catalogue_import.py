"""Bringing services in from a file: what is shown before, what is done, what is refused, and doing it again."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teams.catalogue import exporting, importing
from teams.catalogue.planning import Plan
from teams.models import EscalationPolicy, Service, Team, User
from tests import factories

HARBOUR = Path(__file__).parents[1] / "data" / "catalogue" / "harbour.yaml"
HARBOURS = HARBOUR.read_text()


def told(plan: Plan) -> dict[str, list[str]]:
    return {act: [row.service.slug for row in getattr(plan, act)] for act in ("created", "changed", "left")}


def problems(plan: Plan) -> list[tuple[int | None, str, str]]:
    return [(r.line, r.of, r.field) for r in plan.problems]


def changes(plan: Plan, slug: str) -> dict[str, tuple[str, str]]:
    (row,) = [row for row in plan.rows if row.service.slug == slug]
    return {change.field: (change.before, change.after) for change in row.changes}


def graph() -> dict[str, list[str]]:
    return {
        s.slug: [o.slug for o in s.depends_on.order_by("slug")] for s in Service.objects.all() if s.depends_on.exists()
    }


def test_a_catalogue_of_backstage_is_brought_in_and_a_second_time_changes_nothing(
    payments: Team, search: Team, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    alice.refresh_from_db()
    reports = factories.ServiceFactory(
        name="Reports", slug="reports", team=payments, entity_ref="component:default/reports"
    )
    shown = importing.look(HARBOURS, by=alice)
    assert not Service.objects.exclude(pk=reports.pk).exists()
    done = importing.bring_in(HARBOURS, by=alice, seen=shown.fingerprint)
    assert told(shown) == told(done)
    assert told(done)["changed"] == ["reports"]
    assert graph() == {
        "checkout": ["checkout-fraud-check", "ledger-db", "orders-topic", "search"],
        "checkout-api": ["checkout"],
        "reports": ["ledger-db"],
        "search": ["search-service"],
        "shop": ["checkout", "checkout-api", "search-service"],
    }
    checkout = Service.objects.get(slug="checkout")
    assert (checkout.name, checkout.team, checkout.tier, checkout.lifecycle) == ("Checkout", payments, 1, "production")
    assert checkout.runbook_url == "https://runbooks.harbour.example/checkout"
    assert sorted(link.kind for link in checkout.links.all()) == ["dashboard", "other"]
    api = Service.objects.get(slug="checkout-api")
    assert (api.name, api.entity_ref) == ("checkout (api)", "api:default/checkout")
    assert Service.objects.get(slug="search-service").lifecycle == "production"
    notes = {(r.line, r.field) for r in done.notes}
    assert notes == {(3, "kind"), (11, "kind"), (111, "spec.lifecycle"), (74, "depends_on")}
    again = importing.bring_in(HARBOURS, by=alice)
    assert again.idle
    assert len(again.left) == 9


def test_what_the_file_does_not_mention_stays(payments: Team, search: Team) -> None:
    importing.bring_in(HARBOURS, by=None)
    checkout = Service.objects.get(slug="checkout")
    Service.objects.filter(pk=checkout.pk).update(slug="kasse", escalation_policy=payments.escalation_policy)
    ledger = Service.objects.get(slug="ledger-db")
    Service.objects.filter(pk=ledger.pk).update(name="The ledger", tier=1, lifecycle="deprecated")
    ledger.links.create(title="Queries", url="https://graphs.example")
    plan = importing.bring_in(HARBOURS, by=None)
    assert plan.idle, [(row.service.slug, row.changes) for row in plan.changed]
    # What it does say is set again.
    Service.objects.filter(pk=checkout.pk).update(tier=3, description="Something else")
    checkout.links.all().delete()
    checkout.dependencies.create(depends_on=factories.ServiceFactory(name="Mailer", slug="x", team=payments))
    plan = importing.bring_in(HARBOURS, by=None)
    assert told(plan)["changed"] == ["kasse"]
    assert changes(plan, "kasse") == {
        "tier": ("3", "1"),
        "description": ("Something else", "Takes orders and payments."),
        "links": ("", "Latency and errors, https://chat.harbour.example/payments"),
        "depends on": ("x", ""),
    }


def test_an_owner_who_is_no_team_here_is_a_problem_until_somebody_says_who_answers(payments: Team, alice: User) -> None:
    plan = importing.bring_in(HARBOURS, by=None)
    assert problems(plan) == [
        (112, "search-service", "team"),
        (124, "search", "team"),
        (147, "orders-topic", "team"),
    ]
    assert "There is no team “search”" in plan.problems[0].text
    assert not Service.objects.exists()
    plan = importing.bring_in(HARBOURS, by=None, fallback=payments)
    assert plan.problems == []
    assert Service.objects.get(slug="search").team == payments
    # Given to another team by hand, it stays there although its owner in the file is still none.
    other = factories.TeamFactory(name="Finders")
    Service.objects.filter(slug="search").update(team=other)
    assert importing.bring_in(HARBOURS, by=None, fallback=payments).idle


def services(*rows: str) -> str:
    return "services:\n" + "".join(f"  - {{{row}}}\n" for row in rows)


def test_every_problem_is_told_with_its_line_and_nothing_is_done(payments: Team, checkout: Service) -> None:
    text = services(
        "slug: a, name: A, team: nobodys",
        "slug: b, name: B",
        "slug: b, name: Again, team: payments",
        "slug: not a word, name: C, team: payments",
        "slug: d, name: Checkout, team: payments",
        "slug: e, team: payments, tier: 9, lifecycle: retired, runbook: 'javascript:alert(1)'",
        "slug: f, team: payments, links: [{title: X, url: 'ftp://x.example'}]",
        "slug: g, team: payments, depends_on: [nothing, g]",
        "slug: h, team: payments, escalation_policy: Nobody knows",
        f"slug: i, team: payments, name: {'x' * 81}",
        "slug: good, name: Good, team: payments",
    )
    plan = importing.bring_in(text, by=None)
    assert problems(plan) == [
        *((2, "a", "team"), (3, "b", "team"), (4, "b", "slug"), (5, "not a word", "slug"), (6, "d", "name")),
        *((7, "e", "tier"), (7, "e", "lifecycle"), (7, "e", "runbook"), (8, "f", "links")),
        *((9, "g", "depends_on"), (9, "g", "depends_on"), (10, "h", "escalation_policy"), (11, "i", "name")),
    ]
    assert list(Service.objects.all()) == [checkout]


def test_a_circle_is_told_with_its_way_and_its_line(payments: Team, checkout: Service) -> None:
    ledger = factories.ServiceFactory(name="Ledger", slug="ledger", team=payments)
    checkout.dependencies.create(depends_on=ledger)
    text = services(
        "slug: ledger, depends_on: [disk]", "slug: disk, name: Disk, team: payments, depends_on: [checkout]"
    )
    plan = importing.bring_in(text, by=None)
    assert problems(plan) == [(2, "ledger", "depends_on")]
    assert "Ledger → Disk → Checkout → Ledger" in plan.problems[0].text
    assert graph() == {"checkout": ["ledger"]}
    # Turned round in one file, it is none.
    text = services("slug: ledger, depends_on: [checkout]", "slug: checkout, depends_on: []")
    assert importing.bring_in(text, by=None).problems == []
    assert graph() == {"ledger": ["checkout"]}


def entity(kind: str, name: str, **spec: Any) -> str:
    return (
        f"apiVersion: b/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{owner: payments, {_said(spec)}}}\n---\n"
    )


def _said(spec: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in spec.items())


def test_what_others_say_of_a_service_never_closes_a_circle(payments: Team) -> None:
    """A component that consumes an API of its own system says nothing wrong."""
    text = entity("API", "front", system="shop") + entity(
        "Component", "web", providesApis="[front]", consumesApis="[front]"
    )
    plan = importing.bring_in(text, by=None)
    assert plan.problems == []
    assert graph() == {"web": ["front"]}
    assert any("front needs web" in r.text or "needs web" in r.text for r in plan.notes)


def test_catalogues_in_many_files_are_brought_in_one_after_the_other(payments: Team) -> None:
    importing.bring_in(entity("Component", "web", dependsOn="['resource:db']", system="shop"), by=None)
    assert graph() == {}
    importing.bring_in(entity("System", "shop"), by=None)
    importing.bring_in(entity("Resource", "db", dependencyOf="['component:web']"), by=None)
    assert graph() == {"web": ["db"]}
    # The first file again, now that all it names is there.
    importing.bring_in(entity("Component", "web", dependsOn="['resource:db']", system="shop"), by=None)
    assert graph() == {"shop": ["web"], "web": ["db"]}
    assert importing.bring_in(entity("System", "shop"), by=None).idle


def test_a_service_made_by_hand_is_the_entity_of_its_word_and_another_entity_gets_a_word_of_its_own(
    payments: Team, checkout: Service
) -> None:
    importing.bring_in(entity("Component", "checkout"), by=None)
    checkout.refresh_from_db()
    assert (checkout.name, checkout.entity_ref) == ("Checkout", "component:default/checkout")
    plan = importing.bring_in(entity("API", "checkout"), by=None)
    assert told(plan)["created"] == ["checkout-api"]
    assert importing.bring_in(entity("API", "checkout"), by=None).idle


def test_somebody_brings_in_what_their_teams_answer_for(
    payments: Team, search: Team, checkout: Service, alice: User
) -> None:
    User.objects.update(role="viewer")
    alice.refresh_from_db()
    theirs = factories.ServiceFactory(name="Index", slug="index", team=search)
    mine = services("slug: checkout, tier: 1, depends_on: [index]", "slug: new, name: New, team: payments")
    assert importing.bring_in(mine, by=alice).problems == []
    for row in ("slug: index, tier: 1", "slug: x, name: X, team: search", "slug: checkout, team: search"):
        plan = importing.bring_in(services(row), by=alice)
        assert "You may not change the services of Search." in plan.problems[0].text
    theirs.refresh_from_db()
    assert theirs.tier == 2
    # What stays as it is may stand in the file, whose ever it is.
    assert importing.bring_in(services("slug: index, tier: 2", "slug: checkout, tier: 2"), by=alice).problems == []


def test_what_was_shown_is_what_is_done(payments: Team, checkout: Service) -> None:
    text = services("slug: checkout, tier: 1")
    shown = importing.look(text, by=None)
    Service.objects.filter(pk=checkout.pk).update(tier=3)
    with pytest.raises(importing.Overtaken) as overtaken:
        importing.bring_in(text, by=None, seen=shown.fingerprint)
    checkout.refresh_from_db()
    assert checkout.tier == 3
    importing.bring_in(text, by=None, seen=overtaken.value.plan.fingerprint)


def test_policies_are_of_the_owner_or_named_with_their_team(payments: Team, search: Team, checkout: Service) -> None:
    far = EscalationPolicy.objects.create(team=search, name="Nights")
    importing.bring_in(services("slug: checkout, escalation_policy: default"), by=None)
    checkout.refresh_from_db()
    assert checkout.escalation_policy == payments.escalation_policy
    importing.bring_in(services("slug: checkout, escalation_policy: {team: search, name: Nights}"), by=None)
    checkout.refresh_from_db()
    assert checkout.escalation_policy == far
    importing.bring_in(services("slug: checkout, escalation_policy: ''"), by=None)
    checkout.refresh_from_db()
    assert checkout.escalation_policy is None


def test_what_is_exported_can_be_brought_in_again(payments: Team, search: Team) -> None:
    importing.bring_in(HARBOURS, by=None)
    odd = factories.ServiceFactory(
        name="On: “odd” #1", slug="no", team=payments, description="Two\n\n  lines: yes\n- and a list", tier=3
    )
    odd.escalation_policy = EscalationPolicy.objects.create(team=search, name="0x10")
    odd.save()
    odd.links.create(kind="runbook", title="~", url="https://x.example/?a=b&c=%20#d")
    text = exporting.text()
    assert importing.look(text, by=None).idle
    kept = list(Service.objects.order_by("slug").values_list("slug", "name", "description", "tier", "entity_ref"))
    edges = graph()
    Service.objects.all().delete()
    plan = importing.bring_in(text, by=None)
    assert plan.problems == []
    assert (
        list(Service.objects.order_by("slug").values_list("slug", "name", "description", "tier", "entity_ref")) == kept
    )
    assert graph() == edges
    assert exporting.text() == text


def test_a_large_file_asks_no_more_than_a_small_one_to_be_looked_at(payments: Team, search: Team) -> None:
    def cost(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert importing.look(text, by=None).problems == []
        return len(queries)

    def rows(count: int) -> str:
        return services(
            *(
                f"slug: s{n}, name: S{n}, team: payments, depends_on: [{f's{n + 1}' if n + 1 < count else ''}]"
                for n in range(count)
            )
        )

    one = cost(rows(1))
    importing.bring_in(rows(100), by=None)
    with CaptureQueriesContext(connection) as queries:
        exporting.text()
    assert len(queries) == 3
    assert cost(rows(100)) == cost(services(*(f"slug: s{n}, tier: 1" for n in range(100)))) == one


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_the_same_moment_makes_each_service_once(payments: Team, search: Team) -> None:
    gate, plans = threading.Barrier(2), []

    def bring() -> None:
        try:
            gate.wait(10)
            plans.append(importing.bring_in(HARBOURS, by=None))
        finally:
            connection.close()

    threads = [threading.Thread(target=bring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(len(plan.created) for plan in plans) == [0, 8]
    assert Service.objects.count() == 8


def run(*args: str) -> str:
    out = io.StringIO()
    call_command("import_services", *args, stdout=out)
    return out.getvalue()


def test_the_command_shows_then_does_then_finds_nothing_to_do(payments: Team, search: Team, tmp_path: Path) -> None:
    shown = run(str(HARBOUR), "--dry-run")
    assert "create checkout (line 42)" in shown
    assert "8 would be created, 0 would be changed, 0 left as they are." in shown
    assert not Service.objects.exists()
    assert "8 created, 0 changed" in run(str(HARBOUR))
    assert "0 created, 0 changed, 8 left as they are." in run(str(HARBOUR))


def test_the_command_says_what_is_wrong(payments: Team, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing was changed: 3 problems"):
        run(str(HARBOUR))
    assert "8 created" in run(str(HARBOUR), "--team", "payments")
    with pytest.raises(CommandError, match="no team “x”"):
        run(str(HARBOUR), "--team", "x")
    with pytest.raises(CommandError, match="No such file"):
        run(str(tmp_path / "nothing.yaml"))
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="UTF-8"):
        run(str(broken))
