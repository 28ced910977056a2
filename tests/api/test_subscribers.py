"""Subscribers and files of them, by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from comms.actions import importing
from comms.models import Component, ComponentGroup, PageRole, StatusPage, Subscriber, SubscriberImport
from teams.models import AccessEvent, User
from tests.api.conftest import Api

URL = "/api/v1/subscribers/"
IMPORTS = "/api/v1/subscriber-imports/"


@pytest.fixture
def shop(db: None) -> StatusPage:
    return StatusPage.objects.create(name="Shop status", slug="shop", is_default=True)


@pytest.fixture
def partners(db: None) -> StatusPage:
    return StatusPage.objects.create(name="Partners", slug="partners")


@pytest.fixture
def editor(api: Api, bob: User, shop: StatusPage) -> Any:
    """bob, who keeps the shop's page and no other."""
    PageRole.objects.create(page=shop, user=bob, role="editor")
    return api(bob)


def test_somebody_is_added_looked_up_and_erased(editor: Any, shop: StatusPage) -> None:
    group = ComponentGroup.objects.create(page=shop, name="Back office")
    search = Component.objects.create(page=shop, name="Search", group=group)
    given = {"page": "shop", "email": "a@example.org", "components": ["search"], "floor": "major"}
    made = editor.post(URL, given, format="json")
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["state"], shown["components"], shown["floor"]) == ("pending", [search.uid], "major")
    assert editor.post(URL, given, format="json").status_code == 200
    one = f"{URL}{shown['id']}/"
    assert editor.get(one).json()["email"] == "a@example.org"
    assert {each["kind"] for each in editor.get(f"{one}events/").json()["results"]} == {"added", "asked"}
    [delivery] = editor.get(f"{one}deliveries/").json()["results"]
    assert (delivery["kind"], delivery["state"], delivery["update"]) == ("confirm", "queued", None)
    assert editor.post(f"{one}ask/", {}, format="json").status_code == 409
    assert editor.post(f"{one}unsubscribe/", {}, format="json").json()["state"] == "unsubscribed"
    refused = editor.post(URL, given, format="json")
    assert refused.status_code == 409
    assert importing.LEFT in refused.content.decode()
    assert editor.delete(one).status_code == 204
    assert editor.get(one).status_code == 404


def test_filters(editor: Any, shop: StatusPage) -> None:
    group = ComponentGroup.objects.create(page=shop, name="Back office")
    search = Component.objects.create(page=shop, name="Search", group=group)
    everything, by_group, other = (
        Subscriber.objects.create(page=shop, email=f"{name}@example.org", state="active", all_components=name == "all")
        for name in ("all", "group", "other")
    )
    by_group.groups.add(group)
    found = editor.get(URL, {"component": search.uid}).json()["results"]
    assert [each["id"] for each in found] == [everything.pk, by_group.pk]
    assert [each["id"] for each in editor.get(URL, {"q": "other"}).json()["results"]] == [other.pk]
    assert editor.get(URL, {"component": "nothing"}).json()["results"] == []
    assert editor.get(URL, {"channel": "fax"}).status_code == 400
    raw = b"".join(editor.get(f"{URL}export.csv", {"q": "other"}).streaming_content).decode()
    assert [line.split(",")[0] for line in raw.splitlines()] == ["email", "other@example.org"]
    assert AccessEvent.objects.filter(kind="subscribers.exported").exists()


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_file_is_brought_and_told_of(editor: Any, shop: StatusPage, form: str) -> None:
    text = "email\na@example.org\nnobody\n"
    given: dict[str, Any] = {"page": "shop", "asks": False, "consent": "by contract"}
    given |= {"text": text} if form == "json" else {"file": SimpleUploadedFile("x.csv", text.encode())}
    made = editor.post(IMPORTS, given, format=form)
    assert made.status_code == 201, made.content
    assert (made.json()["state"], made.json()["lines"]) == ("waiting", 2)
    importing.work(budget=60)
    url = f"{IMPORTS}{made.json()['id']}/"
    done = editor.get(url).json()
    assert (done["state"], done["added"], done["refused"]) == ("done", 1, 1)
    [problem] = editor.get(f"{url}problems/").json()["results"]
    assert (problem["line"], problem["column"]) == (3, "email")
    assert [each["id"] for each in editor.get(IMPORTS).json()["results"]] == [done["id"]]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"page": "shop"}, 400),
        ({"page": "shop", "text": "name\nx"}, 409),
        ({"page": "shop", "text": "a@example.org", "asks": False}, 409),
        ({"page": "shop", "text": "a@example.org", "colour": 1}, 400),
        ({"page": "nothing", "text": "a@example.org"}, 400),
        ({"page": "partners", "text": "a@example.org"}, 403),
    ],
)
def test_what_is_refused(editor: Any, shop: StatusPage, partners: StatusPage, given: Any, status: int) -> None:
    answer = editor.post(IMPORTS, given, format="json")
    assert answer.status_code == status, answer.content
    assert not SubscriberImport.objects.exists()


def test_an_editor_reaches_their_page_alone(editor: Any, shop: StatusPage, partners: StatusPage, alice: User) -> None:
    theirs = Subscriber.objects.create(page=partners, email="a@example.org", state="active")
    brought = importing.begin(partners, by=alice, name="x.csv", raw="email\nb@example.org\n", asks=True)
    assert editor.get(URL).json()["results"] == []
    for path in ("", "events/", "deliveries/"):
        assert editor.get(f"{URL}{theirs.pk}/{path}").status_code == 404
    for path in ("unsubscribe/", "ask/"):
        assert editor.post(f"{URL}{theirs.pk}/{path}", {}, format="json").status_code == 404
    assert editor.delete(f"{URL}{theirs.pk}/").status_code == 404
    for path in ("", "problems/"):
        assert editor.get(f"{IMPORTS}{brought.pk}/{path}").status_code == 404
    given = {"page": "partners", "email": "c@example.org"}
    assert editor.post(URL, given, format="json").status_code == 403
    assert Subscriber.objects.get() == theirs
