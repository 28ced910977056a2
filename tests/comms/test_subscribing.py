"""Readers come and go by links in their mail: twice asked, once clicked, and nobody learns who is subscribed."""

from __future__ import annotations

import re
from datetime import time, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comms import letters
from comms.actions import delivering, publishing, summaries
from comms.models import Delivery, PageIncident, StatusPage, Subscriber
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


def test_everything_can_be_chosen_from_the_start(web, status_page, components):
    office = components["export"].group
    form = {
        "email": "x@example.org",
        "scope": "some",
        "groups": [office.uid],
        "floor": "major",
        "ends_only": "on",
        "digest": "daily",
        "digest_at": "07:30",
        "quiet_from": "22:00",
        "quiet_until": "06:00",
        "time_zone": "Asia/Tokyo",
    }
    assert web.post(ASK, form).status_code == 200
    made = Subscriber.objects.get()
    assert (made.all_components, list(made.groups.all()), made.floor) == (False, [office], "major")
    assert (made.ends_only, made.maintenance, made.digest, made.digest_at) == (True, False, "daily", time(7, 30))
    assert (made.quiet_from, made.quiet_until, made.time_zone) == (time(22), time(6), "Asia/Tokyo")


def test_the_short_form_asks_for_everything(web, status_page):
    web.post(ASK, {"email": "x@example.org"})
    made = Subscriber.objects.get()
    assert (made.all_components, made.maintenance, made.floor, made.time_zone) == (True, True, "none", "Europe/Berlin")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"quiet_from": "22:00"}, "Give both times, or none."),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "Give another time"),
        ({"way": "webhook"}, "Give the address that updates are to go to."),
        ({"way": "webhook", "endpoint": "http://example.org/"}, "begins with https://"),
        ({"way": "slack", "endpoint": "https://example.org/"}, "hooks.slack.com"),
        ({"way": "carrier pigeon"}, "Select a valid choice"),
        ({"scope": "incidents"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(web, status_page, given, said):
    answer = web.post(ASK, {"email": "x@example.org", "floor": "none"} | given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_one_incident_alone(web, status_page, reader, alice):
    told = PageIncident.objects.create(page=status_page, title="Checkout fails")
    drafted = PageIncident.objects.create(page=status_page, title="Nobody knows yet")
    publishing.publish_update(told, by=alice, body="B")
    path = f"/status/shop/incidents/{told.uid}/"
    [link_] = re.findall(r'href="(/status/shop/subscribe/\?incident=[^"]+)"', web.get(path).content.decode())
    page = web.get(link_).content.decode()
    assert "Checkout fails" in page
    assert "Nobody knows yet" not in web.get(f"{ASK}?incident={drafted.uid}").content.decode()
    web.post(ASK, {"email": "x@example.org", "scope": "incidents", "incidents": [told.uid]})
    made = Subscriber.objects.get()
    assert (made.all_components, list(made.incidents.all())) == (False, [told])
    publishing.publish_update(told, by=alice, body="Over", state="resolved")
    assert "subscribe/?incident" not in web.get(path).content.decode()


def test_who_is_subscribed_is_offered_the_incident_that_they_ask_for(web, status_page, components, reader, alice):
    subscriber = reader("known@example.org", components["export"])
    told = PageIncident.objects.create(page=status_page, title="Checkout fails")
    publishing.publish_update(told, by=alice, body="B")
    web.post(ASK, {"email": "known@example.org", "scope": "incidents", "incidents": [told.uid]})
    assert list(subscriber.incidents.all()) == []
    mail = letters.write(letters.reload(Delivery.objects.get(kind="confirm"))).message
    [url] = set(re.findall(r"https?://\S+/subscriptions/\S+", mail.get_body(("plain",)).get_content()))
    parts = urlsplit(url)
    assert "Hear of it, too" in web.get(f"{parts.path}?{parts.query}").content.decode()
    web.post(parts.path, {"do": "follow", "incident": told.uid})
    assert list(subscriber.incidents.all()) == [told]
    assert list(subscriber.components.all()) == [components["export"]]
    # What is chosen on the page later leaves it.
    web.post(parts.path, {"do": "save", "scope": "some", "components": [components["search"].uid]})
    assert list(subscriber.incidents.all()) == [told]


def test_every_step_is_a_line_of_the_history(web, status_page, components):
    web.post(ASK, {"email": "x@example.org"})
    subscriber = Subscriber.objects.get()
    manage = reverse("comms:subscription", args=[subscriber_token(subscriber)])
    web.post(manage, {"do": "confirm"})
    web.post(manage, {"do": "confirm"})
    web.post(manage, {"do": "save", "scope": "all", "floor": "major", "maintenance": "on", "digest": "hourly"})
    web.post(manage, {"do": "save", "scope": "all", "floor": "major", "maintenance": "on", "digest": "hourly"})
    web.post(unsubscribe_url(subscriber))
    web.post(unsubscribe_url(subscriber))
    web.post(manage, {"do": "confirm"})
    told = list(subscriber.events.order_by("pk").values_list("kind", "text"))
    assert [kind for kind, _ in told] == ["asked", "confirmed", "chose", "unsubscribed", "returned"]
    assert told[2][1] == "impact: any → major or worse; low impact: at once → hourly"


def test_an_undo_mail_follows_and_brings_them_back(web, status_page, reader, postbox):
    subscriber = reader("x@example.org", language="de")
    StatusPage.objects.update(other_languages=["de"])
    done = web.post(unsubscribe_url(subscriber)).content.decode()
    assert "Rückgängig: wieder abonnieren" in done
    delivering.deliver_due(budget=60)
    [mail] = postbox.to("x@example.org")
    assert mail.message["Subject"] == "Sie sind abgemeldet: Shop status"
    assert "List-Unsubscribe" not in mail.message
    web.post(link(mail, "subscriptions"), {"do": "confirm"})
    subscriber.refresh_from_db()
    assert subscriber.state == "active"


def test_no_undo_mail_for_who_came_back_before_it_went_out(web, reader, postbox):
    subscriber = reader("x@example.org")
    web.post(unsubscribe_url(subscriber))
    web.post(reverse("comms:subscription", args=[subscriber_token(subscriber)]), {"do": "confirm"})
    delivering.deliver_due(budget=60)
    assert postbox.mails == []


def test_who_never_confirmed_gets_no_undo_mail(web, reader):
    web.post(unsubscribe_url(reader("x@example.org", state="pending")))
    assert not Delivery.objects.exists()


def test_a_digest_by_mail(web, status_page, components, reader, alice, postbox):
    reader("x@example.org", digest="daily", time_zone="Asia/Tokyo")
    slow = PageIncident.objects.create(page=status_page, title="Search is slow")
    publishing.publish_update(
        slow, by=alice, body="We **look**.", component_states={components["search"]: "degraded_performance"}
    )
    stale = PageIncident.objects.create(page=status_page, title="Exports are stale")
    publishing.publish_update(stale, by=alice, body="Exports are late.")
    publishing.publish_update(slow, by=alice, body="It is fast.", state="resolved")
    delivering.deliver_due(budget=60)
    assert postbox.mails == []
    Delivery.objects.filter(state="held").update(due_at=timezone.now())
    summaries.gather_due(timezone.now())
    delivering.deliver_due(budget=60)
    [mail] = postbox.mails
    assert mail.message["Subject"] == "[Shop status] Your digest: 2 incidents"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = mail.part("plain")
    order = [text.index(each) for each in ("Search is slow", "It is fast.", "We **look**.", "Exports are stale")]
    assert order == sorted(order)
    assert "Search: Degraded performance" in text
    assert "Asia/Tokyo" in text
    assert "<strong>look</strong>" in mail.part("html")
    told = set(Delivery.objects.filter(kind="update").values_list("state", "told_in__state"))
    # What gave way to a newer one while it was held is told with that.
    assert told == {("superseded", "sent"), ("superseded", None)}
