"""The console's list of subscribers, one's whole history, and what is done about them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from comms.actions import importing, subscribing, suppressing
from comms.models import (
    Component,
    Delivery,
    PageIncident,
    PageRole,
    StatusPage,
    StatusUpdate,
    Subscriber,
    SubscriberEvent,
    SubscriberImport,
)
from teams.models import AccessEvent, AuditEvent, User

HOME = "/communications/subscribers/"
State = Subscriber.State


@pytest.fixture
def admin(alice: User, client: Client) -> Client:
    User.objects.filter(pk=alice.pk).update(role="admin")
    client.force_login(alice)
    return client


@pytest.fixture
def other(db: None) -> StatusPage:
    return StatusPage.objects.create(name="Partners", slug="partners")


@pytest.fixture
def editor(bob: User, status_page: StatusPage) -> Client:
    """bob, who keeps the first page and no other."""
    PageRole.objects.create(page=status_page, user=bob, role="editor")
    client = Client()
    client.force_login(bob)
    return client


def at(name: str, *args: Any) -> str:
    return reverse(f"comms:{name}", args=args)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def exported(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


class TestList:
    def test_it_narrows_counts_and_sorts(self, admin, status_page, components, reader):
        reader("zoe@example.org")
        reader("anna@example.org", components["search"], language="de")
        by_group = reader("bert@example.org", components["checkout"], state="pending")
        by_group.groups.add(components["export"].group)
        reader("gone@example.org", state="unsubscribed")

        def shown(**asked: str) -> list[str]:
            return [row.email.partition("@")[0] for row in admin.get(HOME, asked).context["page"]]

        assert shown(sort="email") == ["anna", "bert", "gone", "zoe"]
        assert shown(q="ZOE") == ["zoe"]
        assert shown(state="pending") == ["bert"]
        assert shown(language="de") == ["anna"]
        assert shown(component=components["search"].uid, sort="email") == ["anna", "gone", "zoe"]
        assert shown(component=components["export"].uid, sort="email") == ["bert", "gone", "zoe"]
        assert shown(channel="webhook") == []
        assert shown(state="nonsense", sort="email") == ["anna", "bert", "gone", "zoe"]
        context = admin.get(HOME, {"state": "active"}).context
        assert [(value, count) for value, _, count in context["states"]] == [
            *(("pending", 1), ("active", 2), ("unsubscribed", 1), ("suppressed", 0)),
        ]

    def test_nobody_yet_and_nobody_like_that(self, admin, status_page):
        assert "Nobody subscribed yet" in text(admin.get(HOME))
        assert "Nobody fits" in text(admin.get(HOME, {"q": "x"}))

    def test_pages_are_turned_beside_a_page_that_is_chosen(self, admin, status_page, reader):
        for number in range(60):
            reader(f"r{number:02}@example.org")
        second = admin.get(HOME, {"on": "shop", "sort": "email", "page": 2})
        assert [row.email for row in second.context["page"]] == [f"r{number}@example.org" for number in range(50, 60)]
        assert "on=shop" in text(second)

    def test_as_many_queries_for_many(self, admin, reader, components, django_assert_num_queries):
        reader("a@example.org", components["search"])
        admin.get(HOME)
        with CaptureQueriesContext(
            connection,
        ) as one:
            admin.get(HOME)
        for number in range(30):
            reader(f"r{number}@example.org", components["search"], components["export"])
        with django_assert_num_queries(len(one)):
            admin.get(HOME)

    def test_an_editor_sees_those_of_their_page(self, editor, reader, other):
        mine = reader("mine@example.org")
        theirs = Subscriber.objects.create(page=other, email="theirs@example.org", state="active")
        page = text(editor.get(HOME))
        assert "mine@example.org" in page
        assert "theirs@example.org" not in page
        assert "Partners" not in page
        assert editor.get(at("subscriber", mine.pk)).status_code == 200
        assert editor.get(at("subscriber", theirs.pk)).status_code == 404
        assert editor.post(at("subscriber_do", theirs.pk, "unsubscribe")).status_code == 404
        assert editor.get(at("subscriber_add") + "?on=partners").status_code == 404
        assert exported(editor.post(at("subscribers_export") + "?on=partners")) == exported(
            editor.post(at("subscribers_export"))
        )
        theirs.refresh_from_db()
        assert theirs.state == "active"

    def test_whoever_keeps_no_page_sees_nothing(self, client, charlie, reader):
        one = reader("a@example.org")
        client.force_login(charlie)
        for url in (HOME, at("subscriber", one.pk), at("subscriber_import_new"), at("subscriber_add")):
            assert client.get(url).status_code == 403
        assert client.post(at("subscribers_export")).status_code == 403


class TestHistory:
    def test_one_line_of_time(self, admin, status_page, reader, alice):
        one = reader("a@example.org")
        now = timezone.now()
        told = PageIncident.objects.create(page=status_page, title="Payments fail")
        first, second = (
            StatusUpdate.objects.create(page_incident=told, status="published", state=state, body="B", published_at=now)
            for state in ("investigating", "identified")
        )

        def sent(minutes: int, update: StatusUpdate, **fields: Any) -> None:
            Delivery.objects.create(
                key=f"u:{minutes}",
                kind="update",
                address=one.email,
                subscriber=one,
                update=update,
                created_at=now + timedelta(minutes=minutes),
                **fields,
            )

        sent(1, first, state="superseded", superseded_by=second)
        sent(3, second, state="bounced", reply="5.2.2 mailbox full")
        SubscriberEvent.objects.create(subscriber=one, kind="added", at=now, by=alice, text="They agreed before: x")
        SubscriberEvent.objects.create(subscriber=one, kind="bounced", at=now + timedelta(minutes=4), text="5.2.2")
        answer = admin.get(at("subscriber", one.pk))
        assert [entry.event.kind if entry.event else entry.delivery.state for entry in answer.context["page"]] == [
            *("bounced", "bounced", "superseded", "added"),
        ]
        page = text(answer)
        for said in ("by Alice", "They agreed before: x", "A newer update was sent instead", "mailbox full"):
            assert said in page
        assert "Payments fail" in page
        assert page.count("Send it again") == 1

        def shown(show: str) -> int:
            return len(admin.get(at("subscriber", one.pk), {"show": show}).context["page"])

        assert (shown("events"), shown("sent"), shown("missed"), shown("nonsense")) == (2, 2, 2, 4)

    def test_a_long_one_has_pages(self, admin, reader):
        one = reader("a@example.org")
        for number in range(70):
            suppressing.note(one, "chose", f"change {number}")
        last = admin.get(at("subscriber", one.pk), {"page": 3}).context["page"]
        assert [entry.event.text for entry in last] == [f"change {number}" for number in range(9, -1, -1)]


class TestVerbs:
    def test_unsubscribing_them_is_written_down(self, admin, reader, alice):
        one = reader("a@example.org")
        for _ in range(2):
            admin.post(at("subscriber_do", one.pk, "unsubscribe"))
        one.refresh_from_db()
        assert one.state == "unsubscribed"
        event = one.events.get(kind="removed")
        assert event.by == alice

    def test_a_suppressed_address_is_only_asked(self, admin, reader):
        one = reader("a@example.org", state="suppressed", ended_at=timezone.now())
        admin.post(at("subscriber_do", one.pk, "ask"))
        one.refresh_from_db()
        assert (one.state, one.ended_at) == ("pending", None)
        assert Delivery.objects.get().kind == "confirm"
        assert "tried again" in one.events.get(kind="asked").text
        said = text(admin.post(at("subscriber_do", one.pk, "ask"), follow=True))
        assert "ten minutes" in said
        assert Delivery.objects.count() == 1

    @pytest.mark.parametrize("state", ["active", "unsubscribed"])
    def test_others_are_not_asked(self, admin, reader, state):
        one = reader("a@example.org", state=state)
        admin.post(at("subscriber_do", one.pk, "ask"))
        one.refresh_from_db()
        assert one.state == state
        assert not Delivery.objects.exists()

    def test_what_was_missed_is_sent_again(self, admin, reader, status_page):
        one, two = reader("a@example.org"), reader("b@example.org")
        missed, got, theirs = (
            Delivery.objects.create(key=key, kind="update", address=who.email, subscriber=who, state=state)
            for key, who, state in (("1", one, "bounced"), ("2", one, "sent"), ("3", two, "failed"))
        )
        for delivery in (missed, got, theirs):
            admin.post(at("subscriber_do", one.pk, "resend"), {"delivery": delivery.pk})
        assert list(Delivery.objects.order_by("key").values_list("state", flat=True)) == ["queued", "sent", "failed"]
        subscribing.unsubscribe(one.pk, by=User.objects.get(username="alice"))
        Delivery.objects.filter(pk=missed.pk).update(state="failed")
        said = text(admin.post(at("subscriber_do", one.pk, "resend"), {"delivery": missed.pk}, follow=True))
        assert "not told of anything" in said

    def test_a_verb_that_is_none(self, admin, reader):
        assert admin.post(at("subscriber_do", reader("a@example.org").pk, "dance")).status_code == 404

    def test_erasing_leaves_no_address_anywhere(self, admin, reader, status_page, other, alice):
        one = reader("gone@example.org")
        Subscriber.objects.create(page=other, email="Gone@example.org", state="active")
        stays = reader("stays@example.org")
        admin.post(at("subscriber_do", one.pk, "unsubscribe"))
        importing.begin(status_page, by=alice, name="x.csv", raw="email\ngone@example.org\n", asks=True)
        importing.work(budget=60)
        assert AuditEvent.objects.filter(label__icontains="gone@example.org").exists()
        admin.post(at("subscriber_do", one.pk, "erase"), {"confirm": "stays@example.org"})
        assert Subscriber.objects.count() == 3
        answer = admin.post(at("subscriber_do", one.pk, "erase"), {"confirm": "Gone@Example.org"})
        assert answer.headers["Location"] == HOME
        assert list(Subscriber.objects.all()) == [stays]
        assert not SubscriberEvent.objects.exists()
        for rows, field in ((AuditEvent, "label"), (Delivery, "address")):
            assert not rows.objects.filter(**{f"{field}__icontains": "gone@example.org"}).exists()
        assert not SubscriberImport.objects.get().problems.exists()
        assert AccessEvent.objects.filter(kind="subscriber.erased").exists()

    def test_an_editor_erases_on_their_own_pages(self, editor, reader, other):
        one = reader("gone@example.org")
        theirs = Subscriber.objects.create(page=other, email="gone@example.org", state="active")
        editor.post(at("subscriber_do", one.pk, "erase"), {"confirm": one.email})
        [left] = Subscriber.objects.all()
        assert (left.pk, left.email) == (theirs.pk, "gone@example.org")


class TestAdding:
    def test_one_is_asked_or_agreed(self, admin, status_page, components, alice):
        form = {"email": "a@example.org", "how": "ask", "components": [components["search"].uid], "floor": "major"}
        form |= {"language": "en", "time_zone": "Asia/Tokyo"}
        admin.post(at("subscriber_add"), form)
        made = Subscriber.objects.get()
        assert (made.state, made.floor, made.time_zone) == ("pending", "major", "Asia/Tokyo")
        assert list(made.components.all()) == [components["search"]]
        assert {event.kind for event in made.events.all()} == {"added", "asked"}
        refused = admin.post(at("subscriber_add"), form | {"email": "b@example.org", "how": "agreed"})
        assert refused.status_code == 422
        assert "Say where they agreed" in text(refused)
        assert "b@example.org" in text(refused)
        admin.post(at("subscriber_add"), form | {"email": "b@example.org", "how": "agreed", "consent": "by letter"})
        assert Subscriber.objects.get(email="b@example.org").state == "active"

    def test_whoever_left_is_not_added(self, admin, reader):
        reader("a@example.org", state="unsubscribed")
        answer = admin.post(at("subscriber_add"), {"email": "A@example.org", "how": "ask", "floor": "none"})
        assert answer.status_code == 422
        assert importing.LEFT in text(answer)


class TestFiles:
    def test_a_file_is_read_while_its_page_shows_how_far(self, admin, status_page, alice):
        upload = SimpleUploadedFile("readers.csv", b"email\na@example.org\nnobody\n", "text/csv")
        answer = admin.post(at("subscriber_import_new"), {"page": "shop", "file": upload, "how": "ask"})
        row = SubscriberImport.objects.get()
        url = at("subscriber_import", row.pk)
        assert answer.headers["Location"] == url
        waiting = admin.get(url)
        assert "0 of 2 lines read" in text(waiting)
        assert "every 2s" in text(waiting)
        assert "http-equiv" in text(waiting)
        importing.work(budget=60)
        live = admin.get(url, {"live": 1}, headers={"HX-Request": "true"})
        assert live.headers["HX-Refresh"] == "true"
        done = text(admin.get(url))
        assert "every 2s" not in done
        assert "That is not an e-mail address" in done
        assert row.name in text(admin.get(at("subscriber_import_new")))

    def test_what_was_not_taken_comes_as_a_file_that_can_be_brought_again(self, admin, status_page, components, alice):
        text_of = 'email;components;language\nbad;"Search";it\n=cmd@example.org;=1+1|Search;\n'
        importing.begin(status_page, by=alice, name="x.csv", raw=text_of, asks=True)
        importing.work(budget=60)
        row = SubscriberImport.objects.get()
        raw = b"".join(admin.get(at("import_report", row.pk)).streaming_content).decode()
        lines = list(csv.DictReader(io.StringIO(raw)))
        assert [line["line"] for line in lines] == ["2", "3"]
        assert lines[1]["email"] == "'=cmd@example.org"
        assert lines[1]["components"] == "'=1+1|Search"
        mended = raw.replace("bad,", "good@example.org,").replace(",it,", ",en,").replace("'=1+1|", "")
        importing.begin(status_page, by=alice, name="y.csv", raw=mended, asks=True)
        importing.work(budget=60)
        assert SubscriberImport.objects.latest("pk").refused == 0
        assert set(Subscriber.objects.values_list("email", flat=True)) == {"good@example.org", "=cmd@example.org"}

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"how": "ask"}, "Choose a file, or paste"),
            ({"how": "ask", "text": "name\nAnna"}, "No column is called"),
            ({"how": "agreed", "text": "a@example.org", "consent": " "}, "Say where they agreed"),
            ({"text": "a@example.org"}, "This field is required"),
        ],
    )
    def test_a_refused_form_keeps_what_was_typed(self, admin, status_page, form, said):
        answer = admin.post(at("subscriber_import_new"), {"page": "shop", "consent": "kept <words>"} | form)
        assert answer.status_code == 422
        assert said in text(answer)
        assert form.get("consent", "kept &lt;words&gt;") in text(answer)
        assert form.get("text", "") in text(answer)
        assert not SubscriberImport.objects.exists()

    def test_an_editor_brings_to_their_page_and_sees_no_other_import(self, editor, other, alice, status_page):
        refused = editor.post(at("subscriber_import_new"), {"page": "partners", "text": "a@example.org", "how": "ask"})
        assert refused.status_code == 422
        theirs = importing.begin(other, by=alice, name="secret.csv", raw="email\na@example.org\n", asks=True)
        assert editor.get(at("subscriber_import", theirs.pk)).status_code == 404
        assert editor.get(at("import_report", theirs.pk)).status_code == 404
        assert "secret.csv" not in text(editor.get(at("subscriber_import_new")))

    def test_an_export_comes_back_as_it_was(self, admin, status_page, components, reader, alice):
        Component.objects.create(page=status_page, name="A|B")
        odd = Component.objects.get(name="A|B")
        reader("a@example.org", components["search"], odd, floor="major", language="")
        reader("b@example.org", time_zone="Asia/Tokyo").groups.clear()
        answer = admin.post(at("subscribers_export") + "?sort=email&state=active")
        raw = b"".join(answer.streaming_content).decode()
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert [line["email"] for line in csv.DictReader(io.StringIO(raw))] == ["a@example.org", "b@example.org"]
        importing.begin(status_page, by=alice, name="x.csv", raw=raw, asks=True)
        importing.work(budget=60)
        row = SubscriberImport.objects.get()
        assert (row.same, row.refused, row.problem) == (2, 0, "")
        exported_by = AccessEvent.objects.get(kind="subscribers.exported")
        assert exported_by.by == alice
        assert exported_by.detail["filters"]["state"] == "active"
