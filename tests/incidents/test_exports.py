"""Files of incidents: written in slices by whoever comes, for one person, and of what that person may see."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from incidents.actions import exports, notes
from incidents.models import Export, Incident
from incidents.problems import Blocked
from teams import moments
from teams.models import Service, Team, User
from tests import factories
from tests.api.conftest import Api, api  # noqa: F401 - a fixture is known by its name here
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]
State = Export.State


def content(export: Export) -> str:
    return b"".join(exports.bytes_of(export)).decode()


class TestExports:
    def test_a_csv_is_written_in_slices_watched_and_taken_away(
        self, alice: User, bob: User, payments: Team, checkout: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "SLICE", 2)
        for n in range(4):
            factories.incident(payments, alice, title=f"=cmd({n})", phase="declare", services=[checkout])
        factories.incident(payments, alice, title="Is over", phase="resolve")
        browser = Browser(alice)
        page = "/incidents/?".replace("/incidents/", "/exports/new/") + "state=active&severity=2"
        assert "Export 4 incidents" in text(browser.client.get(page))  # type: ignore[arg-type]
        assert browser.client.post(page, {"form": "csv", "timelines": "on"}).status_code == 409
        to = browser.client.post(page, {"form": "csv"})["Location"]
        made = Export.objects.get()
        assert to == made.get_absolute_url()
        assert "Waiting for a worker" in text(browser.client.get(to))  # type: ignore[arg-type]
        assert browser.client.get(to + "file/").status_code == 404
        assert exports.work(budget=0) == (1, True)
        made.refresh_from_db()
        assert (made.state, made.written, made.total, made.percent) == (State.RUNNING, 2, 4, 50)
        part: Any = browser.client.get(to, {"v": "waiting-0"}, headers={"HX-Request": "true"})
        assert "2 of 4 incidents" in part.content.decode()
        assert browser.client.get(to, {"v": "running-2"}, headers={"HX-Request": "true"}).status_code == 204
        assert exports.work()[1] is False
        file: Any = browser.client.get(to + "file/")
        assert file["Content-Disposition"].startswith('attachment; filename="incidents-')
        rows = list(csv.DictReader(StringIO(file.getvalue().decode())))
        assert [row["title"] for row in rows] == [f"'=cmd({n})" for n in (3, 2, 1, 0)]
        assert rows[0]["commander"] == "Alice"
        assert rows[0]["services"] == "checkout"
        assert rows[0]["time_to_declare_seconds"] == "0"
        assert Browser(bob).client.get(to).status_code == 404
        assert Browser(bob).client.get(to + "file/").status_code == 404

    def test_json_with_timelines_has_what_the_person_may_see_when_it_is_written(
        self, alice: User, charlie: User, payments: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "SLICE_WITH_TIMELINES", 1)
        told = factories.incident(payments, alice, title="Cards fail")
        notes.note(told.pk, "The ledger is slow", by=alice)
        later = factories.incident(payments, alice, title="Key leaked")
        made = exports.begin(by=charlie, query="", form="json", timelines=True)
        # It became private between the asking and the writing.
        Incident.objects.filter(pk=later.pk).update(private=True)
        exports.work()
        (row,) = json.loads(content(made))
        assert row["title"] == "Cards fail"
        assert "The ledger is slow" in [line["text"] for line in row["timeline"]]
        empty = exports.begin(by=charlie, query="q=nothing-such", form="json")
        exports.work()
        assert json.loads(content(empty)) == []

    def test_whoever_left_gets_nothing_and_what_is_stuck_ends(self, alice: User, payments: Team) -> None:
        factories.incident(payments, alice)
        left, stuck = (exports.begin(by=alice, query="") for _ in range(2))
        Export.objects.filter(pk=stuck.pk).update(
            attempts=exports.MOST_ATTEMPTS, state=State.RUNNING, lease_until=moments.now() + timedelta(minutes=1)
        )
        User.objects.filter(pk=alice.pk).update(is_active=False)
        exports.work()
        left.refresh_from_db()
        stuck.refresh_from_db()
        # Somebody else has the lease.
        assert (left.state, stuck.state) == (State.FAILED, State.RUNNING)
        Export.objects.filter(pk=stuck.pk).update(lease_until=moments.now() - timedelta(seconds=1))
        exports.work()
        stuck.refresh_from_db()
        assert (stuck.state, stuck.due_at) == (State.FAILED, None)

    def test_cancelled_too_many_and_forgotten(self, alice: User, payments: Team) -> None:
        factories.incident(payments, alice)
        made = [exports.begin(by=alice, query="") for _ in range(exports.MOST_UNDONE)]
        with pytest.raises(Blocked):
            exports.begin(by=alice, query="")
        Browser(alice).post("export_cancel", made[0].uid)
        exports.work()
        assert [e.state for e in Export.objects.order_by("pk")] == [State.CANCELLED, State.DONE, State.DONE]
        assert exports.forget(moments.now()) == 1
        Export.objects.filter(pk=made[1].pk).update(expires_at=moments.now())
        assert exports.forget(moments.now()) == 1
        assert list(Export.objects.all()) == [made[2]]

    def test_a_program_asks_polls_and_takes_it(self, api: Api, alice: User, bob: User, payments: Team) -> None:  # noqa: F811
        factories.incident(payments, alice, title="Cards fail")
        client = api(alice, "read")
        made = client.post("/api/v1/exports/", {"query": "state=all", "form": "json"}, format="json")
        assert (made.status_code, made.json()["url"]) == (202, None)
        one = f"/api/v1/exports/{made.json()['uid']}/"
        assert client.get(one + "file/").status_code == 404
        exports.work()
        done = client.get(one).json()
        assert (done["state"], done["percent"]) == ("done", 100)
        assert json.loads(client.get(done["url"]).getvalue())[0]["title"] == "Cards fail"
        assert api(bob).get(one).status_code == 404
        assert client.post(one + "cancel/").json()["state"] == "cancelled"
