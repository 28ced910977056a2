"""The search over incidents, timelines and postmortems."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from incidents import full_text, searching
from incidents.actions import notes, postmortem
from incidents.searching import SearchForm
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]


def found(user: User, q: str, **more: str) -> list[str]:
    data = QueryDict(mutable=True)
    data.update({"q": q, **more})
    form = SearchForm(data)
    rows = searching.complete(searching.search(form, user), form, user)
    return [f"{each.incident.title}: {'+'.join(sorted(each.kinds))}" for each in rows]


class TestSearch:
    def test_titles_come_before_lines_and_the_newest_of_equals_first(self, alice: User, payments: Team) -> None:
        told = factories.incident(payments, alice, title="Cards fail")
        notes.note(told.pk, "The ledger database is slow", by=alice)
        named = factories.incident(payments, alice, title="Ledger database is down")
        older = factories.incident(payments, alice, title="Refunds wait", phase="review")
        postmortem.edit(older.pk, by=alice, sections={"factors": "The ledger had no standby database."})
        assert found(alice, "ledger database") == [
            "Ledger database is down: incident+timeline",
            "Refunds wait: postmortem",
            "Cards fail: timeline",
        ]
        assert found(alice, "ledger database", what="postmortem") == ["Refunds wait: postmortem"]
        assert found(alice, "ledger", state="review") == ["Refunds wait: postmortem"]
        assert found(alice, "ledger", sort="newest")[0].startswith("Refunds wait")
        # As a web search reads it, and while the last word is still being typed.
        assert len(found(alice, "ledger datab")) == 3
        assert found(alice, '"database is slow"') == ["Cards fail: timeline"]
        assert found(alice, "ledger -standby -slow") == ["Ledger database is down: incident+timeline"]
        assert len(found(alice, "standby or slow")) == 2
        # By number, and by a part of a word of the title.
        assert found(alice, named.reference)[0].startswith("Ledger database is down")
        assert found(alice, "dger data")[0].startswith("Ledger database is down")

    def test_nothing_private_is_found_by_others(self, alice: User, bob: User, charlie: User, payments: Team) -> None:
        secret = factories.incident(payments, alice, title="Key leaked", private=True, phase="review")
        notes.note(secret.pk, "Zanzibar is the word", by=alice)
        postmortem.edit(secret.pk, by=alice, sections={"factors": "Zanzibar was on a wiki."})
        assert found(bob, "zanzibar") == ["Key leaked: postmortem+timeline"]
        for words in ("zanzibar", "key leaked", secret.reference, "zanz"):
            assert found(charlie, words) == []
            assert "Key leaked" not in text(Browser(charlie).get("search", q=words))

    def test_excerpts_are_marked_and_nothing_in_them_is_markup(self, alice: User, payments: Team) -> None:
        incident = factories.incident(payments, alice, title="<b>Cards</b> fail")
        notes.note(incident.pk, f"<script>alert(1)</script> cards {full_text.START} & more", by=alice)
        page = text(Browser(alice).get("search", q="cards"))
        assert "&lt;b&gt;<mark>Cards</mark>&lt;/b&gt; fail" in page
        assert "<script>alert" not in page
        assert page.count("<mark>") == page.count("</mark>") > 1
        assert "c<mark>ards" not in page
        assert "<mark>ards</mark>" in text(Browser(alice).get("search", q="ards"))

    @pytest.mark.parametrize(
        "q", ["'", "a:*", "&|!()", "x' or", "²", '"open', "or", "-", "\\", "\x00", "é" * 200, "a b' c"]
    )
    def test_nothing_that_is_typed_fails(self, q: str, alice: User) -> None:
        answer: Any = Browser(alice).get("search", q=q)
        assert answer.status_code == 200
