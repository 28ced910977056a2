"""What axe-core finds on public pages and where updates are written, light and dark, wide and narrow.

Rules of WCAG 2.2 AA and below; nothing is excused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import signed_in
from tests.installation import Installation, wait_for

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# In the dark, what has to do with colours.
RULES: dict[Any, dict[str, Any]] = {
    "light": {"type": "tag", "values": TAGS},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


@pytest.fixture(scope="module")
def pages(story: Callable[..., dict[str, Any]], installation: Installation) -> dict[str, Any]:
    import requests

    made = story("told")
    wait_for(lambda: requests.get(installation.base_url + made["public"][-1], timeout=20).ok, "the postmortem")
    return made


@pytest.fixture(scope="module")
def rooms(story: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return story("rooms")


@pytest.fixture
def face(browser: Browser, installation: Installation) -> BrowserContext:
    # Where things move, colours would be on their way from one scheme to the other.
    return browser.new_context(base_url=installation.base_url, reduced_motion="reduce", bypass_csp=True)


def violations(context: BrowserContext, paths: list[str], page: Page | None = None) -> dict[str, list[str]]:
    """What is wrong with each page, which is loaded once for both widths and schemes: only its styles ask for them."""
    page = page or context.new_page()
    found: dict[str, list[str]] = {}
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, (path, answer.status)
        page.evaluate(Axe().axe_script)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, rules in RULES.items():
                page.emulate_media(color_scheme=scheme)
                for told in wrong(page, rules):
                    found.setdefault(path, []).append(f"{width} {scheme}: {told}")
    return found


def wrong(page: Page, rules: dict[str, Any]) -> list[str]:
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    seen = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in seen for node in rule["nodes"]]


def test_public_pages(face: BrowserContext, pages: dict[str, Any]) -> None:
    assert violations(face, pages["public"]) == {}


def test_pages_where_updates_are_written(
    face: BrowserContext, pages: dict[str, Any], installation: Installation
) -> None:
    assert violations(face, pages["console"], signed_in(installation, face, "alice")) == {}


def test_the_room_in_each_phase(face: BrowserContext, installation: Installation, rooms: dict[str, Any]) -> None:
    assert violations(face, list(rooms.values()), signed_in(installation, face, "alice")) == {}


def test_what_leads_to_the_room_and_what_hangs_on_it(
    face: BrowserContext, installation: Installation, rooms: dict[str, Any]
) -> None:
    room = rooms["mitigate"]
    paths = ["/incidents/", "/incidents/?layout=columns", "/incidents/new/", f"{rooms['detect']}do/declare/"]
    paths += ["/search/?q=orders", "/incidents/wall/", "/boards/", "/exports/", "/tasks/", "/following/", "/playbooks/"]
    paths += [
        "/services/checkout/deck/",
        "/services/checkout/",
        "/exercises/",
        "/exercises/new/",
        "/scenarios/",
        "/learning/",
    ]
    paths += [f"{room}{form}" for form in ("replay/", "mitigations/new/", "metrics/new/", "teams/new/", "split/")]
    assert violations(face, paths, signed_in(installation, face, "alice")) == {}


def test_a_postmortem_that_is_written_together(
    face: BrowserContext, installation: Installation, rooms: dict[str, Any]
) -> None:
    review = f"{rooms['review']}postmortem/"
    paths = [f"{review}{part}" for part in ("", "edit/", "history/", "comments/?state=all")]
    paths += [f"{review}sections/summary/{part}" for part in ("", "write/", "history/")]
    paths += ["/postmortem-templates/", "/postmortem-templates/1/"]
    assert violations(face, paths, signed_in(installation, face, "alice")) == {}


def test_what_reviews_lead_to(face: BrowserContext, installation: Installation, rooms: dict[str, Any]) -> None:
    review, closed = f"{rooms['review']}postmortem/", f"{rooms['closed']}postmortem/"
    paths = [closed, f"{review}coach/", f"{review}people/", f"{review}figures/", f"{review}public/"]
    paths += [f"{review}factors/new/", f"{rooms['review']}action-items/new/", f"{rooms['closed']}hindsight/"]
    paths += ["/action-items/", "/action-items/?group=urgency&state=all", "/trackers/", "/trackers/new/"]
    paths += ["/figures/", "/figures/time_to_resolve/", "/figures/time_to_resolve/incidents/", "/figures/report/"]
    assert violations(face, paths, signed_in(installation, face, "alice")) == {}


def test_the_search_finds_what_is_wrong(browser: Browser) -> None:
    """Proves that the tests above could fail."""
    page = browser.new_page()
    page.set_content("<html><body><img src='data:,'><input></body></html>")
    assert Axe().run(page).violations_count > 2
    page.close()
