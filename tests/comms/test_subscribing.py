"""Readers come and go by links in their mail: twice asked, once clicked, and nobody learns who is subscribed."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comms.actions import delivering, publishing
from comms.models import Delivery, PageIncident, Subscriber
from comms.tokens import subscriber_from_token, subscriber_token

ASK = "/status/shop/subscribe/"


@pytest.fixture
def web():
    """A browser that CSRF protection would stop."""
    return Client(enforce_csrf_checks=True)


def link(mail, word: str) -> str:
    [url] = set(re.findall(rf"https?://\S+/{word}/\S+", mail.part("plain")))
    return urlsplit(url).path


def unsubscribe_url(subscriber) -> str:
    return reverse("comms:unsubscribe", args=[subscriber_token(subscriber)])


def test_double_opt_in(web, status_page, components, postbox):
    answer = web.post(ASK, {"email": "new@example.org", "scope": "some", "components": [components["search"].uid]})
    assert answer.status_code == 200
    assert b"Check your mail" in answer.content
    assert Subscriber.objects.get().state == "pending"
    delivering.deliver_due(budget=60)
    [mail] = postbox.to("new@example.org")
    path = link(mail, "subscriptions")
    page = web.get(path)
    assert b"Confirm" in page.content
    assert Subscriber.objects.get().state == "pending"
    done = web.post(path, {"do": "confirm"})
    assert b"You are subscribed" in done.content
    subscriber = Subscriber.objects.get()
    assert (subscriber.state, subscriber.all_components) == ("active", False)
    assert list(subscriber.components.all()) == [components["search"]]
    assert subscriber.confirmed_at is not None


def test_pending_hears_nothing(web, status_page, alice, postbox):
    web.post(ASK, {"email": "new@example.org"})
    told = PageIncident.objects.create(page=status_page, title="T")
    publishing.publish_update(told, by=alice, body="B")
    assert not Delivery.objects.filter(kind="update").exists()


def test_nobody_learns_whether_an_address_is_known(web, status_page, reader):
    reader("known@example.org")
    answers = [
        re.sub(rb"(known|fresh)@example\.org", b"X", web.post(ASK, {"email": address}).content)
        for address in ("known@example.org", "fresh@example.org", "KNOWN@example.org")
    ]
    answers[2] = answers[2].replace(b"KNOWN@example.org", b"X")
    assert answers[0] == answers[1] == answers[2]
    assert Subscriber.objects.get(email="known@example.org").state == "active"
    assert Subscriber.objects.count() == 2


def test_known_address_is_told_how_to_manage(web, status_page, components, reader, postbox):
    reader("known@example.org")
    web.post(ASK, {"email": "Known@example.org", "scope": "some", "components": [components["search"].uid]})
    delivering.deliver_due(budget=60)
    [mail] = postbox.mails
    assert "subscribed already" in mail.part("plain")
    assert Subscriber.objects.get().all_components


def test_confirmations_are_limited_for_an_address(web, status_page):
    now = timezone.now()
    for minutes in (0, 1, 9, 11, 22, 33, 44, 55, 66):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            assert web.post(ASK, {"email": "poor@example.org"}).status_code == 200
    assert Delivery.objects.filter(kind="confirm").count() == 5
    with time_machine.travel(now + timedelta(hours=25), tick=False):
        web.post(ASK, {"email": "poor@example.org"})
    assert Delivery.objects.filter(kind="confirm").count() == 6


def test_bad_address_keeps_what_was_typed(web, status_page, components):
    answer = web.post(ASK, {"email": "not an address", "scope": "all"})
    assert answer.status_code == 422
    assert b"not an address" in answer.content
    assert b"name@example.org" in answer.content
    answer = web.post(ASK, {"email": "a@example.org", "scope": "some"})
    assert b"Choose at least one component." in answer.content
    assert not Subscriber.objects.exists()


def test_an_internationalised_domain_is_kept_as_the_wire_takes_it(web, status_page, postbox):
    assert web.post(ASK, {"email": "x@EXämple.org"}).status_code == 200
    assert Subscriber.objects.get().email == "x@xn--exmple-cua.org"
    web.post(ASK, {"email": "x@xn--exmple-cua.org"})
    assert Subscriber.objects.count() == 1
    assert delivering.deliver_due(budget=60) == (1, False)
    assert [mail.recipient for mail in postbox.mails] == ["x@xn--exmple-cua.org"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("jürgen@example.org", "Before the @"),
        ("\u212aelvin@example.org", "Before the @"),
        ("x@straße.example", "begins with xn--"),
        ("x@" + "ä" * 70 + ".org", "begins with xn--"),
        ("x@" + "ä.".join("abcdefghijklmnopqrstuvwxyz") * 3 + ".org", "not an e-mail address"),
        (f"{'x' * 60}@{'y.' * 110}org", "not an e-mail address"),
    ],
)
def test_an_address_that_no_letter_can_go_to_is_explained(web, status_page, address, said):
    answer = web.post(ASK, {"email": address})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert address in answer.content.decode()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_one_click(web, reader, form):
    subscriber = reader("leaver@example.org")
    kinds = {
        "urlencoded": {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        "multipart": {"data": {"List-Unsubscribe": "One-Click"}},
    }
    answer = web.post(unsubscribe_url(subscriber), **kinds[form])
    assert answer.status_code == 200
    assert not answer.cookies
    assert not answer.has_header("Location")
    subscriber.refresh_from_db()
    assert subscriber.state == "unsubscribed"
    assert subscriber.ended_at is not None
    again = web.post(unsubscribe_url(subscriber), **kinds[form])
    assert again.status_code == 200


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_opens_every_link_changes_nothing(web, reader, status_page, method):
    active, pending = reader("a@example.org"), reader("p@example.org", state="pending")
    for subscriber in (active, pending):
        for name in ("unsubscribe", "subscription"):
            url = reverse(f"comms:{name}", args=[subscriber_token(subscriber)])
            answer = getattr(web, method)(url)
            assert answer.status_code == 200
            assert not answer.cookies
            assert "no-store" in answer["Cache-Control"]
    assert set(Subscriber.objects.values_list("state", flat=True)) == {"active", "pending"}


def test_leaving_and_coming_back(web, reader):
    subscriber = reader("back@example.org")
    web.post(unsubscribe_url(subscriber))
    manage = reverse("comms:subscription", args=[subscriber_token(subscriber)])
    assert b"Subscribe again" in web.get(manage).content
    web.post(manage, {"do": "confirm"})
    subscriber.refresh_from_db()
    assert (subscriber.state, subscriber.ended_at) == ("active", None)


def test_choosing(web, reader, components):
    subscriber = reader("choosy@example.org")
    manage = reverse("comms:subscription", args=[subscriber_token(subscriber)])
    given = {"do": "save", "scope": "some", "components": [components["export"].uid], "time_zone": "Asia/Tokyo"}
    assert b"Saved." in web.post(manage, given).content
    subscriber.refresh_from_db()
    assert subscriber.time_zone == "Asia/Tokyo"
    assert list(subscriber.components.all()) == [components["export"]]
    assert web.post(manage, {"do": "save", "scope": "some", "time_zone": "UTC"}).status_code == 422
    assert web.post(manage, {"do": "save", "scope": "all", "time_zone": "Nowhere"}).status_code == 422
    web.post(manage, {"do": "save", "scope": "all", "time_zone": "UTC"})
    subscriber.refresh_from_db()
    assert subscriber.all_components


def test_saving_does_not_bring_back_one_who_left(web, reader):
    subscriber = reader("gone@example.org", state="unsubscribed")
    manage = reverse("comms:subscription", args=[subscriber_token(subscriber)])
    web.post(manage, {"do": "save", "scope": "all", "time_zone": "UTC"})
    subscriber.refresh_from_db()
    assert subscriber.state == "unsubscribed"


def test_tokens_are_not_guessed(web, reader, settings):
    subscriber = reader("a@example.org")
    good = subscriber_token(subscriber)
    number, _, mac = good.partition("-")
    for bad in (
        f"{number}-{mac[:-1]}0",
        f"{int(number) + 1}-{mac}",
        number,
        "x",
        "-",
        f"{number}-",
        "9" * 40 + f"-{mac}",
    ):
        if bad != good:
            assert subscriber_from_token(bad) is None
    assert web.post(f"/unsubscribe/{number}-0/").status_code == 404
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert subscriber_from_token(good) == subscriber
