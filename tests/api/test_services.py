"""Services through the API: read, written, and what they depend on however indirectly."""

from __future__ import annotations

from typing import Any

from teams.models import Service, Team, User
from tests import factories
from tests.api.conftest import Api

URL = "/api/v1/services/"


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.json()
    return answer.json() if answer.content else None


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.json()
    return {e["field"]: e["message"] for e in answer.json()["errors"]}


def test_a_service_is_made_changed_and_removed(api: Api, alice: User, payments: Team, checkout: Service) -> None:
    client = api(alice, "read", "rosters")
    made = ok(
        client.post(
            URL,
            {
                "name": "Refunds",
                "slug": "refunds",
                "team": "payments",
                "tier": 1,
                "lifecycle": "experimental",
                "repository_url": "https://git.example/refunds",
                "escalation_policy": payments.escalation_policy_id,
                "links": [{"title": "Latency", "url": "https://graphs.example/1"}],
                "depends_on": ["checkout"],
            },
        ),
        201,
    )
    assert (made["team"]["slug"], made["lifecycle"], made["tier"]) == ("payments", "experimental", 1)
    assert made["links"] == [{"kind": "dashboard", "title": "Latency", "url": "https://graphs.example/1"}]
    assert [s["slug"] for s in made["depends_on"]] == ["checkout"]
    assert [s["slug"] for s in ok(client.get(f"{URL}checkout/"))["dependents"]] == ["refunds"]
    changed = ok(client.patch(f"{URL}refunds/", {"slug": "money-back", "depends_on": []}))
    assert (changed["slug"], changed["depends_on"], changed["links"]) == ("money-back", [], made["links"])
    ok(client.delete(f"{URL}money-back/"), 204)
    assert client.get(f"{URL}money-back/").status_code == 404


def test_a_request_that_is_sent_again_makes_one_service(api: Api, alice: User, payments: Team) -> None:
    client = api(alice, "rosters")
    given = {"name": "Refunds", "slug": "refunds", "team": "payments"}
    first, second = (ok(client.post(URL, given, headers={"Idempotency-Key": "once"}), 201) for _ in range(2))
    assert first == second
    assert "slug" in errors(client.post(URL, given))


def test_nonsense_is_told_by_its_field(api: Api, alice: User, checkout: Service) -> None:
    client = api(alice, "rosters")
    given = {
        "name": "",
        "slug": "x y",
        "team": "nobodys",
        "tier": 7,
        "lifecycle": "retired",
        "links": [{"title": "X"}],
        "depends_on": ["nothing"],
        "escalation_policy": 999_999_999,
    }
    said = errors(client.post(URL, given))
    assert {"name", "team", "tier", "lifecycle", "links.0.url", "depends_on", "escalation_policy"} <= set(said)
    assert said["depends_on"] == "There is no “nothing”."
    assert "slug" in errors(client.patch(f"{URL}checkout/", {"slug": "x y"}))
    assert "runbook_url" in errors(client.patch(f"{URL}checkout/", {"runbook_url": "javascript:alert(1)"}))
    assert "nmae" in errors(client.patch(f"{URL}checkout/", {"nmae": "X"}))


def test_a_circle_is_refused_with_its_way(api: Api, alice: User, payments: Team, checkout: Service) -> None:
    client = api(alice, "rosters")
    factories.ServiceFactory(name="Ledger", slug="ledger", team=payments).dependencies.create(depends_on=checkout)
    said = errors(client.patch(f"{URL}checkout/", {"depends_on": ["ledger"]}))
    assert "Checkout → Ledger → Checkout" in said["depends_on"]


def test_who_manages_no_team_changes_none(
    api: Api, alice: User, bob: User, charlie: User, checkout: Service, search: Team
) -> None:
    User.objects.update(role="viewer")
    for user in (bob, charlie):
        client = api(user, "rosters")
        assert client.patch(f"{URL}checkout/", {"tier": 1}).status_code == 403
        assert client.delete(f"{URL}checkout/").status_code == 403
        assert client.post(URL, {"name": "X", "slug": "x", "team": "payments"}).status_code == 403
    assert api(alice, "read").patch(f"{URL}checkout/", {"tier": 1}).json()["code"] == "scope_missing"
    assert api(alice, "rosters").patch(f"{URL}checkout/", {"team": "search"}).status_code == 403
    ok(api(alice, "rosters").patch(f"{URL}checkout/", {"tier": 1}))


def test_what_trouble_reaches(api: Api, alice: User, payments: Team) -> None:
    made = {n: factories.ServiceFactory(name=n, slug=n, team=payments) for n in ("web", "shop", "db", "disk", "mail")}
    for service, other in (("web", "shop"), ("shop", "db"), ("db", "disk")):
        made[service].dependencies.create(depends_on=made[other])
    found = ok(api(alice).get(f"{URL}shop/dependencies/"))
    assert [(r["service"]["slug"], r["steps"]) for r in found["upstream"]] == [("db", 1), ("disk", 2)]
    assert [(r["service"]["slug"], r["steps"]) for r in found["downstream"]] == [("web", 1)]


def test_services_are_found_by_what_they_are(api: Api, alice: User, payments: Team, search: Team) -> None:
    old = factories.ServiceFactory(name="Old", slug="old", team=payments, lifecycle="deprecated", tier=3)
    factories.ServiceFactory(name="New", slug="new", team=search, tier=1).dependencies.create(depends_on=old)

    def found(query: str) -> list[str]:
        return [s["slug"] for s in ok(api(alice).get(f"{URL}?{query}"))["results"]]

    assert found("") == ["new", "old"]
    assert found("lifecycle=deprecated") == ["old"]
    assert found("team=search") == ["new"]
    assert found("tier=1") == ["new"]
    assert found("depends_on=old") == ["new"]
    assert found("q=ne") == ["new"]


def test_health_is_what_the_caller_may_know(api: Api, alice: User, charlie: User, checkout: Service) -> None:
    web = factories.ServiceFactory(name="Web", slug="web", team=checkout.team)
    web.dependencies.create(depends_on=checkout)
    made = factories.incident(checkout.team, alice, phase="mitigate", services=[checkout], private=True)
    url = f"{URL}-/health/"
    first, second = ok(api(alice).get(url))["results"]
    assert (first["service"]["slug"], first["state"], first["severity"]) == ("checkout", "trouble", 2)
    assert [i["reference"] for i in first["incidents"]] == [made.reference]
    assert (second["state"], [s["slug"] for s in second["sources"]]) == ("exposed", ["checkout"])
    assert {row["state"] for row in ok(api(charlie).get(url))["results"]} == {"calm"}

    def found(user: User, state: str) -> list[str]:
        return [row["service"]["slug"] for row in ok(api(user).get(f"{url}?state={state}"))["results"]]

    assert (found(alice, "trouble"), found(alice, "exposed"), found(alice, "calm")) == (["checkout"], ["web"], [])
    assert (found(charlie, "trouble"), found(charlie, "calm")) == ([], ["checkout", "web"])


FILE = "services:\n  - {slug: refunds, name: Refunds, team: payments, depends_on: [checkout]}\n"


def test_a_file_is_looked_at_brought_in_and_repeated(api: Api, alice: User, checkout: Service) -> None:
    client, url = api(alice, "read", "rosters"), f"{URL}-/import/"
    shown = ok(client.post(url, {"text": FILE, "dry_run": True}))
    assert [row["slug"] for row in shown["created"]] == ["refunds"]
    assert not Service.objects.filter(slug="refunds").exists()
    done = ok(client.post(url, {"text": FILE}))
    assert done == shown
    assert [row["slug"] for row in ok(client.post(url, {"text": FILE}))["left"]] == ["refunds"]
    told = client.get(f"{URL}export.yaml")
    assert told["Content-Type"] == "application/yaml"
    assert "slug: refunds" in told.content.decode()
    assert ok(client.post(url, {"text": told.content.decode(), "dry_run": True}))["changed"] == []


def test_what_is_wrong_in_a_file_is_told_with_its_lines(api: Api, alice: User, payments: Team) -> None:
    client, url = api(alice, "rosters"), f"{URL}-/import/"
    wrong = FILE.replace("payments", "nobodys")
    shown = ok(client.post(url, {"text": wrong, "dry_run": True}))
    assert [(p["line"], p["service"], p["field"]) for p in shown["problems"]] == [
        (2, "refunds", "team"),
        (2, "refunds", "depends_on"),
    ]
    said = client.post(url, {"text": wrong}).json()["errors"]
    assert said[0]["message"].startswith("line 2, refunds, team: There is no team “nobodys”")
    assert not Service.objects.exists()
    assert "no YAML" in client.post(url, {"text": "a: ["}).json()["errors"][0]["message"]
    ok(client.post(url, {"text": "services: [{slug: x, name: X, team: y}]", "fallback": "payments"}))


def test_a_file_takes_the_right_to_what_it_changes(api: Api, bob: User, charlie: User, checkout: Service) -> None:
    User.objects.filter(pk__in=(bob.pk, charlie.pk)).update(role="viewer")
    url = f"{URL}-/import/"
    assert api(bob, "rosters").post(url, {"text": FILE}).status_code == 403
    theirs = Team.objects.create(name="Search", slug="search")
    theirs.memberships.create(user=charlie, role="manager")
    client = api(charlie, "read", "rosters")
    assert "may not change the services of Payments" in client.post(url, {"text": FILE}).json()["errors"][0]["message"]
    ok(client.post(url, {"text": FILE.replace("payments", "search")}))
    assert api(charlie, "read").get(f"{URL}export.yaml").status_code == 200
