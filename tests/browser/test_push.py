"""Pages pushed to a real Chromium. A service on loopback plays the browser vendors', so the browser's own subscription
is replaced by one of that; what it is given is decrypted, and the developer tools hand it to the service worker."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect

from tests.browser.conftest import signed_in, teller
from tests.installation import Installation, live_installation, wait_for
from tests.standins.browser import Browser as Subscriber
from tests.standins.server import serving

Story = Callable[..., dict[str, Any]]
SHOWN = """async () => (await self.registration.getNotifications()).map((each) => ({
  title: each.title, body: each.body, tag: each.tag, stays: each.requireInteraction,
  actions: each.actions.map((action) => action.action),
}))"""
CLICK = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""


@pytest.fixture(scope="module")
def house() -> Iterator[Installation]:
    """An installation that may push to this machine."""
    with live_installation(WATCHBILL_OUTBOUND_LOOPBACK="yes") as running:
        yield running


@pytest.fixture(scope="module")
def story(house: Installation) -> Iterator[Story]:
    with teller(house) as make:
        yield make


@pytest.fixture(scope="module")
def subscriber() -> Iterator[Subscriber]:
    with serving(Subscriber()) as made:
        yield made


@pytest.fixture
def phone(browser: Browser, house: Installation, subscriber: Subscriber) -> Iterator[BrowserContext]:
    """A browser that may show notifications, and subscribes at the service on loopback."""
    context = browser.new_context()
    context.grant_permissions(["notifications"], origin=house.base_url)
    context.add_init_script(f"""
      const given = {subscriber.subscription()};
      let made = null;
      PushManager.prototype.getSubscription = async () => made;
      PushManager.prototype.subscribe = async (options) => {{
        window.asked = options;
        made = {{ endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => true }};
        return made;
      }};
    """)
    yield context
    context.close()


def deliver(page: Page, house: Installation, told: dict[str, Any]) -> None:
    """Hand a decrypted push to the worker, as the browser does."""
    tools = page.context.new_cdp_session(page)
    known: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: known.extend(each["registrationId"] for each in event["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    wait_for(lambda: page.wait_for_timeout(20) is None and bool(known), "the worker's registration")
    tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": house.base_url, "registrationId": known[-1], "data": json.dumps(told)},
    )
    tools.detach()


def shown(page: Page, worker: Worker, text: str) -> dict[str, Any]:
    """The one notification, once `text` is in it."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        page.wait_for_timeout(50)
        found[:] = worker.evaluate(SHOWN)
        return len(found) == 1 and text in f"{found[0]['title']} {found[0]['body']}"

    wait_for(there, f"a notification with {text!r}; there are {found}")
    return found[0]


def test_a_browser_is_added_shows_a_page_and_acknowledges_from_it(
    phone: BrowserContext, house: Installation, story: Story, subscriber: Subscriber
) -> None:
    page = signed_in(house, phone, "alice")
    page.goto(f"{house.base_url}/account/contact/")
    page.get_by_role("button", name="Push pages to this browser").click()
    expect(page.get_by_text(re.compile("A code is on its way to"))).to_be_visible()
    wait_for(lambda: bool(subscriber.asked), "the code")
    worker = phone.service_workers[0]

    deliver(page, house, subscriber.read())
    code = re.search(r"\d{6}", shown(page, worker, "is the code")["body"])
    assert code
    page.get_by_label("Code").fill(code.group())
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("counts from now on")).to_be_visible()
    worker.evaluate("async () => { for (const each of await self.registration.getNotifications()) each.close(); }")

    taken = len(subscriber.asked)
    made = story("page", title="Checkout fails")
    wait_for(lambda: len(subscriber.asked) > taken, "the page")
    told = subscriber.read()
    deliver(page, house, told)
    seen = shown(page, worker, "Checkout fails")
    assert (seen["actions"], seen["stays"], seen["tag"]) == (["acknowledge", "open"], True, told["tag"])

    # The same page again stands in the place of the first.
    deliver(page, house, told)
    shown(page, worker, "Checkout fails")

    # Where nobody answers, the notification says so and stays; a second try is the first anew.
    house.stop("web")
    worker.evaluate(CLICK, "acknowledge")
    failed = shown(page, worker, "Could not acknowledge – open the page")
    assert (failed["actions"], failed["stays"]) == (["acknowledge", "open"], True)
    assert story("answered", pk=made["pk"]) == {"by": ""}

    # Neither does an old console show.
    page.goto(f"{house.base_url}/incidents/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()

    house.start("web")
    worker.evaluate(CLICK, "acknowledge")
    done = shown(page, worker, "Acknowledged")
    assert (done["title"], done["actions"], done["stays"]) == ("Acknowledged", ["open"], False)
    assert "You are on it." in done["body"]
    assert story("answered", pk=made["pk"]) == {"by": "alice"}
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("link", name="Checkout fails").first).to_be_visible()


def test_the_console_can_be_installed(phone: BrowserContext, house: Installation, story: Story) -> None:
    page = signed_in(house, phone, "bob")
    tools = phone.new_cdp_session(page)
    found = tools.send("Page.getAppManifest")
    assert found["errors"] == []
    told = json.loads(found["data"])
    for icon in told["icons"]:
        size = page.evaluate(
            "async (src) => { const image = new Image(); image.src = src; await image.decode();"
            " return `${image.naturalWidth}x${image.naturalHeight}`; }",
            icon["src"],
        )
        assert size == icon["sizes"]
    errors = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Playwright's contexts are private windows, in which nothing is installed.
    assert {each["errorId"] for each in errors} <= {"in-incognito"}


@pytest.mark.parametrize(
    ("script", "said", "pressable"),
    [
        ("delete window.PushManager", "can’t take pushes", False),
        ("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })", "blocked here", False),
        (
            "delete window.PushManager; Object.defineProperty(navigator, 'userAgent', { get: () => 'iPhone' })",
            "Add to Home Screen",
            False,
        ),
        ("Notification.requestPermission = async () => 'denied'", "blocked here", True),
    ],
    ids=["not supported", "blocked", "iPhone", "refused"],
)
def test_a_browser_that_cannot_says_why(
    phone: BrowserContext, house: Installation, story: Story, script: str, said: str, pressable: bool
) -> None:
    page = signed_in(house, phone, "bob")
    page.add_init_script(script)
    page.goto(f"{house.base_url}/account/contact/")
    button = page.get_by_role("button", name="Push pages to this browser")
    if pressable:
        button.click()
    else:
        expect(button).to_be_disabled()
    expect(page.locator("[data-push-said]")).to_contain_text(said)
