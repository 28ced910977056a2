"""Searching and saved boards by the API."""

from __future__ import annotations

import pytest

from incidents.actions import notes
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


def test_search_tells_where_the_words_stand(api: Api, alice: User, charlie: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, title="Cards fail", private=True)
    entry = notes.note(incident.pk, "The ledger is slow", by=alice)
    told = api(alice).get("/api/v1/search/?q=ledg&team=payments&state=open").json()
    assert (told["count"], told["pages"]) == (1, 1)
    (found,) = told["results"]
    assert found["incident"]["id"] == incident.pk
    assert found["kinds"] == ["timeline"]
    (hit,) = found["hits"]
    assert (hit["entry"], hit["html"].strip()) == (entry.pk, "The <mark>ledger</mark> is slow")
    assert api(alice).get("/api/v1/search/?q=ledg&what=postmortem").json()["results"] == []
    assert api(alice).get("/api/v1/search/?q=ledg&page=9").json()["results"] == []
    assert api(charlie).get("/api/v1/search/?q=ledg").json()["count"] == 0


def test_boards_are_kept_and_shared(api: Api, alice: User, bob: User, charlie: User, payments: Team) -> None:
    client, url = api(alice), "/api/v1/saved-filters/"
    made = client.post(
        url, {"name": "Bad ones", "query": "severity=1&bogus=2", "shared": "team", "team": "payments"}, format="json"
    )
    assert made.status_code == 201, made.json()
    assert made.json()["query"] == "severity=1"
    one = f"{url}{made.json()['uid']}/"
    assert [each["name"] for each in api(bob).get(url).json()["results"]] == ["Bad ones"]
    assert api(charlie).get(url).json()["results"] == []
    assert api(charlie).delete(one).status_code == 404
    assert api(bob).patch(one, {"name": "Mine"}, format="json").status_code == 409
    assert client.patch(one, {"shared": "everybody"}, format="json").json()["team"] is None
    assert client.post(url, {"name": "Bad ones"}, format="json").json()["blockers"][0]["field"] == "name"
    assert client.delete(one).status_code == 204
    assert api(alice, "read").post(url, {"name": "x"}, format="json").status_code == 403
