"""Updates by webhook and in chats: asked for by mail, called only after that, signed, and given up with a mail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comms import letters
from comms.actions import calling, leading, publishing, subscribing, summaries
from comms.models import Component, Delivery, PageIncident, StatusPage, Subscriber
from comms.tokens import subscriber_token
from comms.transports import webhook
from incidents.problems import Blocked
from teams.models import User
from tests.standins.server import Server, serving

ASK = "/status/shop/subscribe/"


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True
    with serving(Server("/hook")) as made:
        yield made


@pytest.fixture
def hooked(reader: Callable[..., Subscriber], server: Server) -> Subscriber:
    """An active subscription of a webhook on this machine."""
    return reader(
        "keeper@example.org",
        channel="webhook",
        endpoint=server.url,
        endpoint_shown="https://127.0.0.1/…",
        secret="s" * 32,
    )


def tell(page: StatusPage, alice: User, told: PageIncident | None = None, **fields: Any) -> PageIncident:
    told = told or PageIncident.objects.create(page=page, title="Search is slow")
    publishing.publish_update(told, by=alice, **({"body": "We look into it."} | fields))
    return told


def manage(subscriber: Subscriber) -> str:
    return reverse("comms:subscription", args=[subscriber_token(subscriber)])


def called() -> None:
    """Call everything that is due, and what is tried again as well."""
    Delivery.objects.filter(state="queued").update(due_at=timezone.now())
    calling.call_readers_due(budget=30)


def test_nothing_goes_there_before_its_keeper_confirms(
    client: Client, status_page: StatusPage, server: Server, alice: User
) -> None:
    form = {"email": "keeper@example.org", "way": "webhook", "endpoint": server.url}
    assert client.post(ASK, form).status_code == 200
    made = Subscriber.objects.get()
    assert (made.state, made.channel, made.endpoint) == ("pending", "webhook", server.url)
    [mail] = Delivery.objects.all()
    assert (mail.kind, mail.channel, mail.address) == ("confirm", "email", "keeper@example.org")
    text = letters.write(letters.reload(mail)).message.get_body(("plain",)).get_content()
    assert "Updates are to go to https://127.0.0.1/…." in text
    tell(status_page, alice)
    called()
    assert server.asked == []
    client.post(manage(made), {"do": "confirm"})
    called()
    [test] = server.asked
    assert json.loads(test.body)["test"] is True


def test_one_address_may_have_mail_and_several_endpoints(client: Client, status_page: StatusPage) -> None:
    for form in (
        {},
        {"way": "webhook", "endpoint": "https://93.184.215.14/a"},
        {"way": "webhook", "endpoint": "https://93.184.215.14/b"},
        {"way": "webhook", "endpoint": "https://93.184.215.14/b"},
        {"way": "slack", "endpoint": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"},
    ):
        assert client.post(ASK, {"email": "keeper@example.org"} | form).status_code == 200
    made = Subscriber.objects.order_by("pk").values_list("channel", "kind", "endpoint_shown")
    assert list(made) == [
        ("email", "", ""),
        ("webhook", "", "https://93.184.215.14/…"),
        ("webhook", "", "https://93.184.215.14/…"),
        ("chat", "slack", "Slack: https://hooks.slack.com/…"),
    ]


def test_an_update_comes_in_the_shape_that_programs_know_signed_by_both_secrets(
    status_page: StatusPage, components: dict[str, Component], hooked: Subscriber, server: Server, alice: User
) -> None:
    leading.rotate_secret(hooked.pk)
    hooked.refresh_from_db()
    told = tell(status_page, alice, impact="major", component_states={components["search"]: "partial_outage"})
    called()
    [asked] = server.asked
    said = json.loads(asked.body)
    assert set(said) == {"meta", "page", "incident"}
    assert said["page"]["id"] == status_page.uid
    assert said["page"]["status_indicator"] == "minor"
    incident = said["incident"]
    assert (incident["id"], incident["name"], incident["status"]) == (told.uid, "Search is slow", "investigating")
    assert [each["name"] for each in incident["components"]] == ["Search"]
    [update] = incident["incident_updates"]
    assert update["body"] == "We look into it."
    assert said["meta"]["unsubscribe"].endswith(reverse("comms:unsubscribe", args=[subscriber_token(hooked)]))
    ident, at = asked.headers["webhook-id"], int(asked.headers["webhook-timestamp"])
    signatures = asked.headers["webhook-signature"].split()
    assert hooked.former_secret == "s" * 32
    assert signatures == [webhook.signature(each, ident, at, asked.body) for each in (hooked.secret, "s" * 32)]
    leading.drop_former_secret(hooked.pk)
    tell(status_page, alice, told, body="More")
    called()
    assert len(server.asked[-1].headers["webhook-signature"].split()) == 1


def test_a_chat_is_told_in_a_few_words(
    status_page: StatusPage, reader: Any, components: dict[str, Component], server: Server, alice: User
) -> None:
    reader("k@example.org", channel="chat", kind="other", endpoint=server.url.replace("http", "json"), language="")
    tell(status_page, alice, component_states={components["search"]: "partial_outage"})
    called()
    [asked] = server.asked
    said = json.loads(asked.body)
    assert said["title"] == "[Shop status] Search is slow: Investigating"
    assert said["message"].startswith("We look into it.\nSearch: Partial outage\n")
    assert "/status/shop/incidents/" in said["message"]


def test_a_digest_in_a_chat(status_page: StatusPage, reader: Any, server: Server, alice: User) -> None:
    reader("k@example.org", channel="chat", kind="other", endpoint=server.url.replace("http", "json"), digest="daily")
    told = tell(status_page, alice)
    tell(status_page, alice, told, state="resolved")
    called()
    assert server.asked == []
    summaries.gather_due(timezone.now() + timedelta(days=1))
    called()
    [asked] = server.asked
    assert "Search is slow: Resolved" in json.loads(asked.body)["message"]


def test_one_who_left_is_not_called(status_page: StatusPage, hooked: Subscriber, server: Server, alice: User) -> None:
    tell(status_page, alice)
    subscribing.unsubscribe(hooked.pk)
    called()
    assert server.asked == []
    assert Delivery.objects.get(kind="update").state == "suppressed"


def test_what_was_refused_is_not_told_after_what_came_later(
    status_page: StatusPage, hooked: Subscriber, server: Server, alice: User
) -> None:
    server.status = 503
    told = tell(status_page, alice)
    called()
    server.status = 200
    tell(status_page, alice, told, state="resolved")
    Delivery.objects.filter(state="superseded").update(state="queued", superseded_by=None)
    called()
    called()
    assert ["Resolved" in asked.body.decode() or "resolved" in asked.body.decode() for asked in server.asked[1:]] == [
        True
    ]
    assert sorted(Delivery.objects.filter(kind="update").values_list("state", flat=True)) == ["sent", "superseded"]


def test_calls_to_readers_are_not_made_with_those_to_people(
    status_page: StatusPage, hooked: Subscriber, server: Server, alice: User
) -> None:
    tell(status_page, alice)
    assert calling.call_due() == (0, False)
    assert server.asked == []
    assert calling.call_readers_due(budget=30) == (1, False)


class TestFailing:
    def fail(self, page: StatusPage, alice: User, days: tuple[int, ...]) -> None:
        start = timezone.now()
        for day in days:
            with time_machine.travel(start + timedelta(days=day), tick=True):
                tell(page, alice)
                calling.call_readers_due(budget=30)

    def test_one_that_fails_for_days_is_turned_off_with_a_mail(
        self, client: Client, status_page: StatusPage, hooked: Subscriber, server: Server, alice: User
    ) -> None:
        server.status = 400
        for _ in range(3):
            tell(status_page, alice)
            called()
        hooked.refresh_from_db()
        assert (hooked.state, hooked.trouble) == ("active", "400 a refusal")
        assert b"400 a refusal" in client.get(manage(hooked)).content
        Subscriber.objects.update(failing_since=timezone.now() - timedelta(days=3, minutes=1))
        tell(status_page, alice)
        called()
        hooked.refresh_from_db()
        assert hooked.state == "suppressed"
        assert [event.kind for event in hooked.events.all()] == ["failing"]
        mail = Delivery.objects.get(kind="notice")
        assert (mail.address, mail.channel) == ("keeper@example.org", "email")
        letter = letters.write(letters.reload(mail)).message
        assert letter["Subject"] == "Updates do not reach you any more: Shop status"
        [path] = set(re.findall(r"(/subscriptions/\S+/)", letter.get_body(("plain",)).get_content()))
        assert path == manage(hooked)
        # The link turns it on again.
        server.status = 200
        client.post(path, {"do": "confirm"})
        called()
        hooked.refresh_from_db()
        assert (hooked.state, hooked.trouble, hooked.failing_since) == ("active", "", None)

    def test_one_call_that_failed_long_ago_does_not_turn_it_off(
        self, status_page: StatusPage, hooked: Subscriber, server: Server, alice: User
    ) -> None:
        Subscriber.objects.update(failing_since=timezone.now() - timedelta(days=90))
        server.status = 400
        tell(status_page, alice)
        called()
        hooked.refresh_from_db()
        assert hooked.state == "active"

    def test_one_that_says_that_it_is_gone_is_turned_off_at_once(
        self, status_page: StatusPage, hooked: Subscriber, server: Server, alice: User
    ) -> None:
        server.status = 410
        tell(status_page, alice)
        called()
        hooked.refresh_from_db()
        assert hooked.state == "suppressed"

    def test_what_works_again_has_failed_never(
        self, status_page: StatusPage, hooked: Subscriber, server: Server, alice: User
    ) -> None:
        server.status = 503
        tell(status_page, alice)
        called()
        hooked.refresh_from_db()
        assert hooked.failing_since is not None
        server.status = 200
        called()
        hooked.refresh_from_db()
        assert (hooked.failing_since, hooked.trouble) == (None, "")
        assert Delivery.objects.get().state == "sent"


class TestManaging:
    def test_a_test_call_and_no_two_at_once(self, client: Client, hooked: Subscriber, server: Server) -> None:
        assert client.post(manage(hooked), {"do": "test"}).status_code == 200
        again = client.post(manage(hooked), {"do": "test"})
        assert (again.status_code, "tested just now" in again.text) == (422, True)
        called()
        assert len(server.asked) == 1

    def test_another_address_is_called_first(self, client: Client, hooked: Subscriber, server: Server) -> None:
        answer = client.post(manage(hooked), {"do": "move", "endpoint": f"{server.url}/new"})
        assert answer.status_code == 200
        called()
        assert [asked.path for asked in server.asked] == ["/hook/new"]
        assert hooked.events.get().text == "another address of https://127.0.0.1/…"

    def test_another_address_inside_is_refused(self, client: Client, hooked: Subscriber, settings: Any) -> None:
        settings.WATCHBILL_OUTBOUND_LOOPBACK = False
        answer = client.post(manage(hooked), {"do": "move", "endpoint": "https://127.0.0.1/"})
        assert (answer.status_code, "sent there" in answer.text) == (422, True)

    def test_secrets_are_made_and_dropped(self, client: Client, hooked: Subscriber) -> None:
        first = hooked.secret
        client.post(manage(hooked), {"do": "rotate"})
        hooked.refresh_from_db()
        assert (hooked.former_secret, len(hooked.secret)) == (first, 43)
        assert hooked.secret in client.get(manage(hooked)).text
        client.post(manage(hooked), {"do": "drop"})
        hooked.refresh_from_db()
        assert hooked.former_secret == ""

    def test_one_who_left_can_do_nothing_but_come_back(self, client: Client, hooked: Subscriber) -> None:
        subscribing.unsubscribe(hooked.pk)
        Delivery.objects.all().delete()
        for verb in ("test", "rotate", "move", "drop", "follow", "save"):
            client.post(manage(hooked), {"do": verb, "endpoint": "https://93.184.215.14/"})
        hooked.refresh_from_db()
        assert (hooked.state, hooked.secret) == ("unsubscribed", "s" * 32)
        assert not Delivery.objects.exists()

    def test_the_same_address_twice_is_refused(self, client: Client, hooked: Subscriber) -> None:
        for path in ("a", "b"):
            client.post(ASK, {"email": "k@example.org", "way": "webhook", "endpoint": f"https://93.184.215.14/{path}"})
        second = Subscriber.objects.latest("pk")
        with pytest.raises(Blocked, match="there already"):
            leading.lead_elsewhere(second.pk, "webhook", "https://93.184.215.14/a")
