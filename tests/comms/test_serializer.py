"""What templates of public pages are given: plain values alone, so that no template reaches what is not told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db.models import Manager, Model, QuerySet
from django.http import HttpRequest
from django.test import Client
from django.test.utils import ContextList

from comms import reader_letters
from comms.actions import publishing, snapshots
from comms.models import Component, PageIncident, StatusPage, StatusUpdate, Subscriber
from comms.snapshot import public, serializer
from incidents.models import Postmortem
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories


def rows(value: Any, path: str, seen: set[int]) -> Iterator[str]:
    """Where below `value` a template comes to a row or to a way to ask for rows."""
    if isinstance(value, (Model, Manager, QuerySet)):
        yield f"{path} is {type(value).__name__}"
    if id(value) in seen or isinstance(value, (str, bytes, int, float, type, HttpRequest)):
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        inner = {str(key): each for key, each in value.items()}
    elif isinstance(value, (list, tuple, set)):
        inner = {str(number): each for number, each in enumerate(value)}
    elif dataclasses.is_dataclass(value):
        inner = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    else:
        # Templates refuse names that begin with an underscore.
        inner = {name: each for name, each in getattr(value, "__dict__", {}).items() if not name.startswith("_")}
    for name, each in inner.items():
        yield from rows(each, f"{path}.{name}", seen)


@pytest.fixture
def shop(transactional_db: None, payments: Team, alice: User) -> StatusPage:
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True)
    component = Component.objects.create(page=page, name="Payments", team=payments)
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    publishing.publish_update(
        incident,
        by=alice,
        title="Payments fail",
        body="We look.",
        page=page,
        component_states={component: "degraded_performance"},
    )
    Postmortem.objects.filter(incident=incident).update(title="Why", public=True, public_as_written=True)
    return page


def test_the_search_for_rows_finds_them(shop: StatusPage) -> None:
    """Proves that the tests below could fail."""
    assert list(rows({"a": [{"b": shop}]}, "", set())) == [".a.0.b is StatusPage"]
    assert list(rows({"a": StatusPage.objects.all()}, "", set())) == [".a is StatusPageQuerySet"]


def test_no_template_of_a_public_page_is_given_a_row(shop: StatusPage) -> None:
    client = Client()
    review = Postmortem.objects.get(public=True)
    paths = [*snapshots.store().read().addresses(), f"/postmortems/{review.public_slug}/"]
    asked = 0
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        contexts = answer.context if isinstance(answer.context, ContextList) else filter(None, [answer.context])
        for context in contexts:
            flat = context.flatten()
            # These two are the reader's own.
            assert list(rows({k: v for k, v in flat.items() if k not in ("user", "messages")}, path, set())) == []
            asked += 1
        assert b'href=""' not in answer.content, path
    assert asked > 4


def test_nor_is_one_of_an_updates_mail(shop: StatusPage) -> None:
    update = StatusUpdate.objects.get()
    told = reader_letters.update_context(update, "UTC")
    assert told["changes"] == [("Payments", "Degraded performance")]
    assert list(rows(told, "mail", set())) == []


def test_what_is_not_plain_is_refused(shop: StatusPage) -> None:
    @dataclasses.dataclass(frozen=True)
    class Careless:
        name: str
        subscribers: Any

    with pytest.raises(TypeError, match=r"Careless\.subscribers would be"):
        serializer._pick(Careless, shop)


def test_a_shape_has_no_field_of_a_person(shop: StatusPage) -> None:
    """Nobody's name, address or key is among what the shapes list."""
    shapes = [each for name, each in vars(public).items() if name.startswith("Public")]
    named = {field.name for shape in shapes for field in dataclasses.fields(shape)}
    assert len(shapes) >= 7
    assert not named & {"author", "email", "incident", "team", "service", "subscribers", "pk", "id", "user"}
    assert Subscriber.objects.count() == PageIncident.objects.exclude(page=shop).count() == 0
