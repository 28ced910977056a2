"""Boards of incidents: whose, in columns, fresh, kept under a name, and in as few queries for many as for one."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from incidents import boards
from incidents.actions import boards as saving
from incidents.actions import notes
from incidents.models import SavedFilter
from incidents.problems import Blocked
from teams.models import Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]


def test_tabs_count_what_is_mine_and_my_teams(
    alice: User, bob: User, charlie: User, payments: Team, search: Team
) -> None:
    factories.incident(payments, alice, title="Cards fail", phase="declare")
    factories.incident(search, charlie, title="Index is late")
    factories.incident(search, charlie, title="Crawler leaks", private=True)
    counts = {user.username: boards.counted(boards.BoardForm({}), user) for user in (alice, bob, charlie)}
    assert counts["alice"] == {"mine": 1, "teams": 1, "": 2}
    assert counts["bob"] == {"mine": counts["bob"]["mine"], "teams": 1, "": 2}
    assert counts["charlie"] == {"mine": 2, "teams": 2, "": 3}
    page = text(Browser(alice).get("list", whose="teams"))
    assert "Cards fail" in page
    assert "Index is late" not in page


def test_filters_of_levels_roles_days_and_drills(alice: User, payments: Team) -> None:
    rated = factories.incident(payments, alice, title="Cards fail", phase="declare")
    factories.incident(payments, alice, title="Not looked at")
    browser = Browser(alice)

    def shown(**query: Any) -> list[str]:
        page = text(browser.get("list", **query))
        return [title for title in ("Cards fail", "Not looked at") if title in page]

    assert shown(severity=["2", "none"]) == ["Cards fail", "Not looked at"]
    assert shown(severity="none") == ["Not looked at"]
    commander = rated.assignments.get(role__slug="incident-commander").role_id
    assert shown(role=commander) == ["Cards fail"]
    assert shown(phase="declare") == ["Cards fail"]
    assert shown(drill="only") == []
    assert shown(since="2000-01-01", until="2001-01-01") == []
    assert shown(since="2000-01-01", until="2999-12-31") == ["Cards fail", "Not looked at"]
    for nonsense in ({"since": "0001-01-01"}, {"severity": "9"}, {"sort": "x"}, {"board": "x" * 30}, {"q": "\x00"}):
        assert browser.get("list", **nonsense).status_code == 200


def test_columns_hold_the_worst_first_and_say_how_many_more_there_are(
    alice: User, payments: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "MOST_CARDS", 1)
    mild = factories.incident(payments, alice, title="Mild", phase="declare")
    slight = boards.Incident.severity.field.related_model.objects.get(pk=4)
    notes.set_severity(mild.pk, by=alice, severity=slight, reason="Nobody notices")
    factories.incident(payments, alice, title="Grave", phase="declare")
    factories.incident(payments, alice, title="Looked into", phase="review")
    page = text(Browser(alice).get("list", layout="columns"))
    assert "Grave" in page
    assert "Looked into" in page
    assert ">Mild<" not in page
    assert "All 2" in page
    assert "Looked into" not in text(Browser(alice).get("list", layout="columns", state="active"))


def test_the_poll_is_silent_until_something_is_recorded(
    alice: User, charlie: User, payments: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    incident = factories.incident(payments, alice, title="Cards fail", private=True)
    browser, stranger = Browser(alice), Browser(charlie)
    seen, theirs = boards.state_key(alice), boards.state_key(charlie)
    # One beside those of the session.
    with django_assert_max_num_queries(5):
        assert browser.get("list_live", v=seen).status_code == 204
    notes.note(incident.pk, "Looking", by=alice)
    fresh = browser.get("list_live", v=seen, whose="mine")
    assert fresh.status_code == 200
    assert "Cards fail" in text(fresh)
    assert f"v={seen}" not in text(fresh)
    assert stranger.get("list_live", v=theirs).status_code == 204


def test_a_board_is_kept_shared_opened_first_renamed_and_removed(
    alice: User, bob: User, charlie: User, payments: Team
) -> None:
    factories.incident(payments, alice, title="Cards fail", phase="declare")
    browser = Browser(alice)
    page = reverse("incidents:board_new") + "?severity=1&severity=2&state=active&page=3&bogus=1"
    assert "Save this board" in text(browser.client.get(page))  # type: ignore[arg-type]
    refused = browser.client.post(page, {"name": "", "shared": "nobody"})
    assert refused.status_code == 409
    assert "Give it a name" in refused.content.decode()
    foreign = browser.client.post(page, {"name": "Theirs", "shared": "team"})
    assert foreign.status_code == 409
    kept = browser.client.post(page, {"name": "Bad ones", "shared": "team", "team": payments.pk, "opens": "on"})
    saved = SavedFilter.objects.get()
    assert saved.query == "severity=1&severity=2&state=active"
    assert kept["Location"] == f"/incidents/?{saved.query}&board={saved.uid}"
    # It opens first, for her alone, and leads to the same incidents for whoever may see it.
    assert browser.get("list")["Location"] == kept["Location"]
    assert Browser(bob).get("list").status_code == 200
    assert Browser(bob).get("board", saved.uid)["Location"] == kept["Location"]
    assert Browser(charlie).get("board", saved.uid).status_code == 404
    assert "Bad ones" in text(Browser(bob).client.get(kept["Location"]))  # type: ignore[arg-type]
    assert "Bad ones" not in text(Browser(charlie).get("boards"))
    # Only its owner changes it.
    assert Browser(bob).post("board_remove", saved.uid).status_code == 409
    Browser(bob).post("board_first", saved.uid)
    browser.post("board_edit", saved.uid, name="Worst", shared="nobody")
    saved.refresh_from_db()
    assert (saved.name, saved.shared, saved.team) == ("Worst", "nobody", None)
    # Bob may not see it any more: his list opens with everything again.
    assert Browser(bob).get("list").status_code == 200
    with pytest.raises(Blocked) as taken:
        saving.save(by=alice, name="Worst", query="")
    assert taken.value.blockers[0].field == "name"
    browser.post("board_remove", saved.uid)
    assert browser.get("list").status_code == 200


def test_an_administrator_clears_away_what_is_shared_and_nothing_else(alice: User, bob: User) -> None:
    mine = saving.save(by=alice, name="Mine", query="q=cards")
    ours = saving.save(by=alice, name="Ours", query="q=cards", shared="everybody")
    admin = factories.UserFactory(username="root", role="admin")
    with pytest.raises(Blocked):
        saving.remove(ours.pk, by=bob)
    with pytest.raises(SavedFilter.DoesNotExist):
        saving.remove(mine.pk, by=admin)
    saving.remove(ours.pk, by=admin)
    assert list(SavedFilter.objects.all()) == [mine]


def test_boards_cost_the_same_for_one_and_for_many(
    alice: User, payments: Team, checkout: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Browser(alice)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("list", {"layout": "columns"}),
        ("list", {"state": "active", "whose": "teams", "severity": "2", "q": "fails"}),
        ("search", {"q": "reported fails"}),
        ("boards", {}),
    ]

    def cost(name: str, query: dict[str, Any]) -> int:
        with django_assert_max_num_queries(18) as counted:
            assert browser.get(name, **query).status_code == 200
        return len(counted)

    def more(count: int) -> None:
        for n in range(count):
            factories.incident(payments, alice, phase="declare", services=[checkout])
            saving.save(by=alice, name=f"Board {SavedFilter.objects.count()} {n}", query="", shared="everybody")

    more(1)
    first = [cost(*each) for each in asked]
    more(5)
    assert [cost(*each) for each in asked] == first
