"""Services in the console: how they are as far as somebody may know, their pages, and the map."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidents.models import Incident
from incidents.presenters import service_map
from incidents.presenters.health import Healths
from teams.models import EscalationPolicy, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
Shop = dict[str, Service]


@pytest.fixture
def shop(payments: Team, search: Team) -> Shop:
    """web needs checkout and index; checkout needs ledger, which needs disk. wiki stands alone."""
    made = {
        slug: factories.ServiceFactory(name=slug.title(), slug=slug, team=search if slug == "index" else payments)
        for slug in ("web", "checkout", "index", "ledger", "disk", "wiki")
    }
    for service, other in (("web", "checkout"), ("web", "index"), ("checkout", "ledger"), ("ledger", "disk")):
        made[service].dependencies.create(depends_on=made[other])
    return made


def states(user: User, shop: Shop) -> dict[str, str]:
    healths = Healths(user)
    return {slug: healths.of(service.pk).word for slug, service in shop.items()}


def shown(browser: Browser, **query: Any) -> list[str]:
    return [service.slug for service, _ in browser.get("services", **query).context["rows"]]  # type: ignore[attr-defined]


def test_health_is_the_worst_that_goes_on_and_reaches_whatever_depends_on_it(
    alice: User, payments: Team, shop: Shop
) -> None:
    calm = dict.fromkeys(shop, "No trouble known")
    assert states(alice, shop) == calm
    factories.incident(payments, alice, title="Slow", services=[shop["ledger"]])
    assert states(alice, shop) == calm | {
        "ledger": "Not rated yet",
        "checkout": "Depends on trouble",
        "web": "Depends on trouble",
    }
    factories.incident(payments, alice, phase="mitigate", services=[shop["ledger"], shop["web"]])
    assert states(alice, shop) == calm | {"ledger": "SEV2", "web": "SEV2", "checkout": "Depends on trouble"}


@pytest.mark.parametrize("phase", ["resolve", "review", "closed", "cancelled", "merged"])
def test_what_is_over_is_no_trouble(phase: str, alice: User, payments: Team, shop: Shop) -> None:
    factories.incident(payments, alice, phase=phase, services=[shop["ledger"]])
    assert set(states(alice, shop).values()) == {"No trouble known"}


def test_a_drill_is_no_trouble(alice: User, payments: Team, shop: Shop) -> None:
    made = factories.incident(payments, alice, services=[shop["ledger"]])
    Incident.objects.filter(pk=made.pk).update(drill=True)
    assert set(states(alice, shop).values()) == {"No trouble known"}


def test_of_a_private_incident_nobody_else_learns_from_any_page(
    alice: User, bob: User, charlie: User, payments: Team, shop: Shop
) -> None:
    made = factories.incident(payments, alice, title="Zanzibar leaks", services=[shop["ledger"]], private=True)
    assert states(bob, shop)["checkout"] == "Depends on trouble"
    assert set(states(charlie, shop).values()) == {"No trouble known"}
    pages = (("services",), ("service", "ledger"), ("service", "checkout"), ("service_map",))
    for name, *args in pages:
        mine, theirs = (text(Browser(user).get(name, *args)) for user in (bob, charlie))
        told = ("Zanzibar", made.reference, "Not rated yet", "epends on trouble</text>", "is in trouble")
        assert any(words in mine for words in told), name
        assert not [words for words in told if words in theirs], name
    assert shown(Browser(charlie), health="trouble") == shown(Browser(charlie), health="exposed") == []
    assert "0 in 90 days" in text(Browser(charlie).get("service", "ledger"))


def test_the_list_begins_with_trouble_and_is_narrowed(alice: User, payments: Team, search: Team, shop: Shop) -> None:
    Service.objects.filter(slug="wiki").update(tier=3, lifecycle="deprecated", description="Words and pictures")
    factories.incident(payments, alice, services=[shop["ledger"]])
    browser = Browser(alice)
    assert shown(browser) == ["ledger", "checkout", "web", "disk", "index", "wiki"]
    assert shown(browser, q="pictures") == ["wiki"]
    assert shown(browser, q="SEARCH") == ["index"]
    assert shown(browser, team="search") == ["index"]
    assert shown(browser, tier=3) == ["wiki"]
    assert shown(browser, lifecycle="deprecated") == ["wiki"]
    assert shown(browser, health="trouble") == ["ledger"]
    assert shown(browser, health="exposed") == ["checkout", "web"]
    assert shown(browser, health="calm", team="payments") == ["disk", "wiki"]
    assert len(shown(browser, team="nonsense", tier="x", health="y")) == 6
    assert "No service matches" in text(browser.get("services", q="nothing like it"))
    page = text(browser.get("services"))
    assert "Deprecated" in page
    assert "Not rated yet" in page


def test_the_list_has_pages_and_an_empty_one_leads_on(alice: User, charlie: User, payments: Team) -> None:
    User.objects.filter(pk=charlie.pk).update(role="viewer")
    assert "Bring services in" in text(Browser(alice).get("services"))
    assert "Bring services in" not in text(Browser(charlie).get("services"))
    assert "No services yet" in text(Browser(alice).get("service_map"))
    for number in range(33):
        factories.ServiceFactory(team=payments, name=f"S{number:02}", slug=f"s{number}")
    assert len(shown(Browser(alice))) == 30
    assert shown(Browser(alice), page=2) == ["s30", "s31", "s32"]


def test_a_service_page_says_who_where_and_what(alice: User, bob: User, payments: Team, shop: Shop) -> None:
    ledger = shop["ledger"]
    Service.objects.filter(pk=ledger.pk).update(
        description="Books **money**",
        runbook_url="https://runbooks.example/ledger",
        repository_url="https://git.example/ledger",
        tier=1,
    )
    ledger.links.create(title="Latency", url="https://graphs.example/ledger")
    ledger.links.create(kind="runbook", title="Restore a backup", url="https://runbooks.example/restore")
    factories.ChangeFactory(service=ledger, summary="Deployed ledger 7")
    factories.ChangeFactory(service=shop["wiki"], summary="Deployed the wiki")
    made = factories.incident(payments, alice, phase="review", services=[ledger], title="Books are late")
    page = text(Browser(bob).get("service", "ledger"))
    for words in (
        *("Ledger", "<strong>money</strong>", "Tier 1", "Payments · Primary", "Alice", "the team's policy"),
        *("At once: whoever is on call in Payments · Primary.", "https://runbooks.example/ledger", "Restore a backup"),
        *("https://graphs.example/ledger", "https://git.example/ledger", "Deployed ledger 7", "Books are late"),
        *(made.reference, "1 in 90 days", "/services/checkout/", "/services/disk/", "/services/-/map/?service=ledger"),
        *("/incidents/new/?service=ledger", "No trouble known"),
    ):
        assert words in page, words
    assert "Deployed the wiki" not in page
    assert "/services/web/" not in page
    assert Browser(bob).get("service", "nothing").status_code == 404


def test_a_service_pages_by_its_own_policy_and_the_page_says_whose_watch_it_is(
    alice: User, bob: User, payments: Team, search: Team, shop: Shop
) -> None:
    night = factories.schedule(search, [bob], name="Nights")
    policy = EscalationPolicy.objects.create(team=search, name="By night")
    policy.steps.create(position=0).targets.create(schedule=night)
    Service.objects.filter(slug="disk").update(escalation_policy=policy)
    page = text(Browser(alice).get("service", "disk"))
    assert "Search · Nights" in page
    assert "Paged by By night</p>" in page
    Team.objects.filter(pk=payments.pk).update(escalation_policy=None)
    assert "Nobody is paged" in text(Browser(alice).get("service", "wiki"))


def test_trouble_below_is_told_on_the_page(alice: User, payments: Team, shop: Shop) -> None:
    factories.incident(payments, alice, services=[shop["disk"]])
    page = text(Browser(alice).get("service", "web"))
    notice = page.split("Something that it depends on is in trouble")[1].split("</div>")[0]
    assert re.findall(r"/services/([\w-]+)/", notice) == ["disk"]


def boxes(browser: Browser, **query: Any) -> list[str]:
    picture = browser.get("service_map", **query).context["picture"]  # type: ignore[attr-defined]
    for sheet in picture.sheets:
        assert sorted(box.service.slug for box in sheet.boxes) == sorted(line.service.slug for line in picture.lines)
    return sorted(line.service.slug for line in picture.lines)


def test_the_map_shows_all_or_what_is_around(alice: User, payments: Team, search: Team, shop: Shop) -> None:
    browser = Browser(alice)
    assert boxes(browser) == ["checkout", "disk", "index", "ledger", "web", "wiki"]
    assert boxes(browser, service="checkout") == ["checkout", "ledger", "web"]
    assert boxes(browser, service="checkout", reach="2") == ["checkout", "disk", "ledger", "web"]
    assert boxes(browser, service="web", reach="all") == ["checkout", "disk", "index", "ledger", "web"]
    assert boxes(browser, team="search") == ["index", "web"]
    assert boxes(browser, show="trouble") == []
    assert "Nothing to show here" in text(browser.get("service_map", show="trouble"))
    factories.incident(payments, alice, services=[shop["ledger"]])
    assert boxes(browser, show="trouble") == ["checkout", "ledger", "web"]
    assert len(boxes(browser, service="nonsense", reach="x", team="y")) == 6


def test_the_map_tells_trouble_by_shape_and_word_and_is_walked_with_the_keyboard(
    alice: User, payments: Team, shop: Shop
) -> None:
    factories.incident(payments, alice, phase="declare", services=[shop["ledger"]])
    page = text(Browser(alice).get("service_map", service="ledger"))
    layers = page.split('class="smap smap--layers"')[1].split("</div>")[0]
    found = re.findall(
        r'<a class="smap__box" href="([^"]+)" data-state="(\w+)" data-tone="\w+" aria-label="([^"]+)"', layers
    )
    assert [(href, state) for href, state, _ in found] == [
        ("/services/checkout/", "exposed"),
        ("/services/ledger/", "trouble"),
        ("/services/disk/", "calm"),
    ]
    assert found[1][2] == "Ledger: SEV2, Payments, tier 2, depends on Disk"
    assert "#i-sev2" in layers
    assert "#i-partial" in layers
    assert ">depends on trouble<" in layers
    assert layers.count('aria-current="true"') == 1
    assert "In trouble: Ledger; 1 more service" in page
    # The same in a table.
    words = page.split("In words")[1]
    assert re.findall(r'class="strong tap" href="([^"]+)"', words) == [
        *("/services/checkout/", "/services/disk/", "/services/ledger/")
    ]


def test_too_many_for_one_picture_are_not_drawn(
    alice: User, payments: Team, monkeypatch: pytest.MonkeyPatch, shop: Shop
) -> None:
    monkeypatch.setattr("incidents.views.services.MOST_DRAWN", 3)
    page = text(Browser(alice).get("service_map"))
    assert "6 services are more than anybody reads" in page
    assert "smap__box" not in page
    assert "smap__box" in text(Browser(alice).get("service_map", service="disk"))


def test_names_are_escaped_and_cut_in_the_picture(alice: User, payments: Team, shop: Shop) -> None:
    hostile = '<script>alert("1")</script> of a very long name'
    Service.objects.filter(slug="disk").update(name=hostile)
    page = text(Browser(alice).get("service_map"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    longest = max(
        len(box.name) for box in service_map.picture(Service.objects.in_bulk(), Healths(alice)).sheets[0].boxes
    )
    assert longest <= 22


def test_a_report_from_the_page_names_the_service(alice: User, shop: Shop) -> None:
    page = text(Browser(alice).get("new", service="ledger"))
    checked = re.findall(r'name="services" value="(\d+)"[^>]*checked', page)
    assert checked == [str(shop["ledger"].pk)]


@pytest.mark.parametrize(("name", "args"), [("services", ()), ("service", ("web",)), ("service_map", ())], ids=str)
def test_pages_cost_the_same_for_one_service_and_for_a_hundred(
    name: str,
    args: tuple[str, ...],
    alice: User,
    payments: Team,
    shop: Shop,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = Browser(alice)
    incident = factories.incident(payments, alice, services=[shop["disk"]])

    def more(first: int, count: int) -> None:
        for number in range(first, first + count):
            team = factories.TeamFactory()
            made = factories.ServiceFactory(team=team, name=f"S{number}", slug=f"s{number}")
            made.dependencies.create(depends_on=shop["disk"])
            shop["web"].dependencies.create(depends_on=made)
            shop["web"].links.create(title=f"L{number}", url=f"https://x.example/{number}")
            factories.ChangeFactory(service=shop["web"], at=timezone.now() - timedelta(hours=1))
            incident.services.add(made)

    more(0, 1)
    browser.get(name, *args)
    with django_assert_max_num_queries(40) as few:
        browser.get(name, *args)
    more(1, 100)
    with django_assert_max_num_queries(len(few)):
        assert browser.get(name, *args).status_code == 200
