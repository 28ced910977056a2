"""Pages pushed to a browser, against a push service on loopback that reads what it is given as the browser would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.core.exceptions import ValidationError
from django.test import Client

from comms.actions import calling, contacts, delivering, push
from comms.models import Delivery, PushKey
from comms.transports import push as transport
from comms.transports.base import Call
from incidents.actions import escalation, lifecycle
from teams import phonebook
from teams.models import ContactMethod, NotificationRule, Team, User
from tests.standins.browser import Browser, text_of
from tests.standins.server import serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(settings: Any) -> Iterator[Browser]:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True
    with serving(Browser()) as made:
        yield made


@pytest.fixture
def method(alice: User, browser: Browser, client: Client) -> ContactMethod:
    """Added by the button, and proved by the code that was pushed."""
    client.force_login(alice)
    form = {"subscription": browser.subscription(), "label": "Chrome on Android"}
    assert client.post("/account/contact/push/", form).status_code == 201
    calling.call_due()
    made = ContactMethod.objects.get(user=alice)
    found = re.search(r"\d{6}", browser.read()["text"])
    assert found
    contacts.verify(made, found.group(), by=alice)
    made.refresh_from_db()
    return made


def test_a_push_is_for_its_browser_alone_and_signed_for_its_service(method: ContactMethod, browser: Browser) -> None:
    asked = browser.asked[0]
    headers, body = asked.headers, asked.body
    assert asked.path == "/push/one"
    assert (headers["Content-Encoding"], headers["Urgency"]) == ("aes128gcm", "normal")
    assert int(headers["TTL"]) > 0
    assert b"Watchbill" not in body
    assert browser.read()["title"] == "Your Watchbill code"
    token, key = re.fullmatch(r"vapid t=([^,]+),\s*k=(.+)", headers["Authorization"]).groups()  # type: ignore[union-attr]
    assert key == PushKey.objects.get().public
    signed, _, signature = token.rpartition(".")
    raw = phonebook.unpadded(signature)
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), phonebook.unpadded(key))
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims = json.loads(phonebook.unpadded(signed.split(".")[1]))
    assert claims["aud"] == f"http://127.0.0.1:{browser.server_port}"
    assert claims["sub"].startswith("mailto:")


def test_what_is_shown_of_it_gives_nothing_away(method: ContactMethod, alice: User, client: Client) -> None:
    assert (method.label, method.shown) == ("Chrome on Android", "through 127.0.0.1")
    text = client.get("/account/contact/").content.decode()
    assert "Chrome on Android" in text
    assert "/push/one" not in text
    assert phonebook.endpoint_mark(method.address) in text


def test_a_page_is_pushed_and_acknowledged_from_the_push(
    method: ContactMethod, browser: Browser, payments: Team, bob: User, client: Client
) -> None:
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    calling.call_due()
    told, headers = browser.read(), browser.asked[-1].headers
    assert incident.reference in told["title"]
    assert (told["urgent"], headers["Urgency"], headers["Topic"]) == (True, "high", told["tag"])
    client.logout()
    path = told["answer_url"].split("/", 3)[-1]
    answer = client.post(f"/{path}", headers={"accept": "application/json"})
    assert answer.json() == {"acknowledged": True, "incident": incident.reference, "message": "You are on it."}
    incident.refresh_from_db()
    assert incident.acknowledged_by == method.user


def test_the_longest_page_fits(method: ContactMethod, browser: Browser, payments: Team, bob: User) -> None:
    incident = lifecycle.report(by=bob, title="𝒳" * 200, team=payments)
    escalation.advance(incident.runs.get().pk)
    calling.call_due()
    assert len(browser.asked[-1].body) <= 4096
    assert incident.reference in browser.read()["title"]


def test_whatever_is_told_stays_small() -> None:
    call = Call("key", "\x01" * 500, "\x02" * 5000, url="https://watchbill.example/" + "x" * 200)
    body = transport._told(call)
    assert len(body) <= transport.LARGEST
    assert json.loads(body)["title"] == "\x01" * transport.LONGEST_TITLE


@pytest.mark.parametrize(("status", "state"), [(400, "failed"), (413, "failed"), (429, "queued"), (503, "queued")])
def test_a_push_service_that_refuses_hands_over_and_the_browser_still_counts(
    method: ContactMethod,
    browser: Browser,
    payments: Team,
    bob: User,
    alice: User,
    postbox: Any,
    status: int,
    state: str,
) -> None:
    browser.status = status
    contacts.set_rules(alice, "high", [(0, method), (10, None)], by=alice)
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    calling.call_due()
    delivering.deliver_due(budget=60)
    method.refresh_from_db()
    assert method.usable
    assert str(status) in method.trouble
    states = dict(Delivery.objects.filter(page__incident=incident).values_list("channel", "state"))
    assert states == {"push": state, "email": "sent"}


def test_a_browser_that_is_gone_hands_over_counts_no_more_and_its_person_is_told(
    method: ContactMethod, browser: Browser, payments: Team, bob: User, alice: User, postbox: Any
) -> None:
    browser.status = 410
    contacts.set_rules(alice, "high", [(0, method), (10, None)], by=alice)
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    calling.call_due()
    delivering.deliver_due(budget=60)
    method.refresh_from_db()
    assert method.verified_at is None
    assert "does not take pushes" in method.trouble
    states = dict(Delivery.objects.filter(page__incident=incident).values_list("channel", "state"))
    assert states == {"push": "failed", "email": "sent"}
    assert Delivery.objects.filter(kind="account", user=alice, letter__subject__contains="is gone").count() == 1


def test_a_renewed_subscription_takes_the_place_of_the_former(
    method: ContactMethod, browser: Browser, client: Client
) -> None:
    former = json.loads(browser.subscription())
    browser.path = "/push/two"
    new = json.loads(browser.subscription())
    client.logout()

    def ask(**given: Any) -> int:
        given = {"endpoint": former["endpoint"], "auth": former["keys"]["auth"], "subscription": new} | given
        return client.post("/push/renew/", given, content_type="application/json").status_code

    assert ask(auth="AAAAAAAAAAAAAAAAAAAAAA") == 404
    assert ask(endpoint="https://push.example/other") == 404
    assert ask(subscription={"endpoint": "https://push.example/x"}) == 422
    assert client.post("/push/renew/", b"[" * 6000, content_type="application/json").status_code == 400
    method.refresh_from_db()
    assert "/push/one" in method.address
    assert ask() == 200
    method.refresh_from_db()
    assert "/push/two" in method.address
    assert method.usable


def test_a_browser_that_was_gone_comes_back_with_its_rules(
    method: ContactMethod, browser: Browser, alice: User, client: Client
) -> None:
    former = json.dumps({"endpoint": browser.url, "auth": text_of(browser.auth)})
    contacts.lose(alice, method)
    browser.path = "/push/two"
    assert "Press the button below" not in client.get("/account/contact/").content.decode()
    ContactMethod.objects.update(trouble="410 The browser does not take pushes any more.")
    text = client.get("/account/contact/").content.decode()
    assert "Press the button below" in text
    assert phonebook.endpoint_mark(method.address) not in text
    form = {"subscription": browser.subscription(), "former": former}
    assert client.post("/account/contact/push/", form).status_code == 201
    calling.call_due()
    made = ContactMethod.objects.get(user=alice)
    assert (made.pk, made.label, made.trouble) == (method.pk, "Chrome on Android", "")
    assert browser.asked[-1].path == "/push/two"
    assert NotificationRule.objects.filter(method=made).exists()
    code = re.search(r"\d{6}", browser.read()["text"])
    assert code
    contacts.verify(made, code.group(), by=alice)
    # Pressed once more, it says that all is well and sends nothing.
    taken = len(browser.asked)
    assert client.post("/account/contact/push/", form).status_code == 200
    calling.call_due()
    assert len(browser.asked) == taken


@pytest.mark.parametrize("former", ["", "[]", "5", '{"endpoint": "x"}', "[" * 6000])
def test_what_the_browser_kept_may_be_anything(alice: User, browser: Browser, client: Client, former: str) -> None:
    client.force_login(alice)
    form = {"subscription": browser.subscription(), "former": former}
    assert client.post("/account/contact/push/", form).status_code == 201


def test_nobody_takes_over_the_browser_of_another(
    method: ContactMethod, browser: Browser, bob: User, client: Client
) -> None:
    """Not even who knows its secret, as somebody who shares it does: each has their own method."""
    former = json.dumps({"endpoint": browser.url, "auth": text_of(browser.auth)})
    client.force_login(bob)
    browser.path = "/push/two"
    client.post("/account/contact/push/", {"subscription": browser.subscription(), "former": former})
    method.refresh_from_db()
    assert "/push/one" in method.address
    assert ContactMethod.objects.filter(user=bob, kind="push").count() == 1


def test_people_who_share_a_browser_are_all_renewed(
    method: ContactMethod, browser: Browser, bob: User, client: Client
) -> None:
    contacts.add(bob, "push", browser.subscription(), by=bob)
    former = browser.url
    browser.path = "/push/two"
    assert push.renew(former, text_of(browser.auth), browser.subscription())
    assert all("/push/two" in each.address for each in ContactMethod.objects.filter(kind="push"))


@pytest.mark.parametrize(
    "given",
    [
        "",
        "{}",
        '{"endpoint": "https://push.example/", "keys": {"p256dh": "AA", "auth": "AA"}}',
        '{"endpoint": 5, "keys": []}',
        "[]",
    ],
)
def test_what_is_no_subscription_is_refused(alice: User, given: str) -> None:
    with pytest.raises(ValidationError):
        contacts.add(alice, "push", given, by=alice)


def test_a_subscription_may_not_lead_inside(alice: User, browser: Browser, settings: Any) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = False
    with pytest.raises(ValidationError):
        contacts.add(alice, "push", browser.subscription(), by=alice)


def test_there_is_one_key(db: None) -> None:
    assert push.key().public == push.key().public
    assert PushKey.objects.count() == 1
    assert "PRIVATE KEY" in PushKey.objects.get().private


def test_the_worker_and_the_manifest_are_there_for_anybody(client: Client) -> None:
    worker = client.get("/sw.js")
    assert worker["Content-Type"] == "text/javascript"
    assert worker["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in client.get("/account/login/")["Content-Security-Policy"]
    manifest = client.get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    assert {icon["purpose"] for icon in manifest.json()["icons"]} == {"any", "maskable"}
