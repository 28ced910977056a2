"""A real browser before a live installation, and the people who use it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.installation import Installation

HERE = Path(__file__).parent
PASSWORD = "calm-and-steady-7"
TELLING = """
import json, sys, traceback
from tests.browser import seed
for line in sys.stdin:
    name, given = json.loads(line)
    try:
        told = getattr(seed, name)(**given)
    except Exception:
        told = {"failed": traceback.format_exc()}
    print("told", json.dumps(told), flush=True)
"""
_cookies: dict[tuple[str, str], list[Any]] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever stands in this folder drives a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def base_url(installation: Installation) -> str:
    """Where `page.goto("/…")` starts from."""
    return installation.base_url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium where there is one, so that nothing is downloaded."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    args = [*browser_type_launch_args.get("args", []), "--no-sandbox"]
    return {**browser_type_launch_args, "args": args, **({"executable_path": found} if found else {})}


@pytest.fixture(autouse=True)
def _nothing_stays_open(browser: Browser) -> Iterator[None]:
    """Pages that a test left open would ask for what is new until the end of the run."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="session")
def story(installation: Installation) -> Iterator[Callable[..., dict[str, Any]]]:
    """Call a function of `tests.browser.seed` inside the installation and return what it made."""
    with teller(installation) as make:
        yield make


@pytest.fixture
def sign_in(installation: Installation) -> Callable[[BrowserContext, str], Page]:
    """Open a page for somebody, signed in."""
    return lambda context, username: signed_in(installation, context, username)


@contextlib.contextmanager
def teller(installation: Installation) -> Iterator[Callable[..., dict[str, Any]]]:
    """What `story` is, for an installation of one's own; alice, bob and their team are there from the begin.

    One process makes everything: to start one takes longer than most of what is made.
    """
    with installation.conversation(TELLING) as talk:

        def make(name: str, **given: Any) -> dict[str, Any]:
            told = dict(json.loads(talk(json.dumps([name, given]))))
            assert "failed" not in told, told["failed"]
            return told

        make("people", password=PASSWORD)
        yield make


def signed_in(installation: Installation, context: BrowserContext, username: str) -> Page:
    """A page of the console for somebody, who types their password once in each installation."""
    page, who = context.new_page(), (installation.base_url, username)
    if who in _cookies:
        context.add_cookies(_cookies[who])
        page.goto(f"{installation.base_url}/incidents/")
    if who not in _cookies or "/account/login/" in page.url:
        page.goto(f"{installation.base_url}/account/login/")
        page.locator("input[name=login]").fill(username)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents/")
        _cookies[who] = list(context.cookies())
    return page


def tab_to(page: Page, target: Locator) -> None:
    """Reach `target` by the Tab key alone, as somebody without a mouse does."""
    expect(target).to_be_visible()
    for _ in range(240):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached by Tab")
