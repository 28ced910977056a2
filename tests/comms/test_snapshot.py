"""Pages as files: what the world reads is there when all else is gone, whole, the newest, and nothing private."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client

from comms.actions import publishing, snapshots
from comms.models import Component, PageIncident, StatusPage, StatusUpdate, Subscriber
from comms.snapshot.store import HTML, PLACE, Broken, Rendered, Store
from config.published import Published, matches
from incidents.models import Incident, Postmortem, TimelineEntry
from teams.models import Service, Team, User
from tests import factories

PAGE, JSON = "/status/shop/", "/status/shop/api/v2/summary.json"


def gone(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("500 Internal Server Error", [])
    return [b"gone"]


class Reader:
    """A reader before the folder, with an application behind it that fails."""

    def __init__(self, folder: Path) -> None:
        self.door = Published(gone, folder)

    def get(self, path: str, method: str = "GET", query: str = "", **headers: str) -> tuple[str, dict[str, str], bytes]:
        said: list[Any] = []
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, **headers}
        body = b"".join(self.door(environ, lambda *args: said.extend(args)))
        return said[0][:3], dict(said[1]), body


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "public")


def html(text: str) -> Rendered:
    return Rendered(HTML, f"<body>{PLACE.decode()}{text}</body>".encode())


class TestStore:
    def test_an_older_rendering_that_ends_late_loses(self, store: Store) -> None:
        assert store.publish("p", (2, 10.0), "c", {"/": html("new")})
        assert not store.publish("p", (1, 11.0), "c", {"/": html("old")})
        assert not store.publish("p", (2, 9.0), "c", {"/": html("read earlier")})
        assert b"new" in Reader(store.folder).get("/")[2]
        assert store.publish("p", (2, 12.0), "c", {"/": html("read later")})

    def test_pages_leave_each_other_be_and_one_that_is_gone_goes(self, store: Store) -> None:
        store.publish("p", (1, 1.0), "c", {"/p": html("p")})
        store.publish("q", (1, 1.0), "c", {"/q": html("q")})
        assert store.read().addresses().keys() == {"/p", "/q"}
        assert store.keep_only({"q"})
        assert store.read().addresses().keys() == {"/q"}

    def test_a_banner_is_put_up_and_taken_down_and_comes_with_what_is_rendered_next(self, store: Store) -> None:
        store.publish("p", (1, 1.0), "c", {"/": html("calm"), "/j": Rendered("application/json", b"{}")})
        before = Reader(store.folder).get("/")
        assert store.put_up("Our <own> site is down, too") == 1
        reader = Reader(store.folder)
        assert b"Our &lt;own&gt; site is down, too" in reader.get("/")[2]
        assert reader.get("/j")[2] == b"{}"
        store.publish("p", (2, 2.0), "c", {"/": html("worse")})
        assert b"down, too" in reader.get("/")[2]
        store.publish("p", (3, 3.0), "c", {"/": html("calm")})
        store.put_up("")
        assert reader.get("/")[1]["ETag"] == before[1]["ETag"]

    def test_what_was_taken_over_gets_the_banner_too(self, store: Store) -> None:
        store.publish("p", (1, 1.0), "c", {"/old": html("old")})
        known = store.read().addresses()["/old"]
        store.put_up("Down")
        store.publish("p", (2, 2.0), "c", {"/old": Rendered(HTML, known=known)})
        assert b"Down" in Reader(store.folder).get("/old")[2]

    def test_what_is_damaged_is_found(self, store: Store) -> None:
        store.publish("p", (1, 1.0), "c", {"/": html("whole")})
        assert store.verify() == 1
        name = store.read().addresses()["/"].shown
        (store.files / name).chmod(0o644)
        (store.files / name).write_bytes(b"half")
        with pytest.raises(Broken, match=name):
            store.verify()

    def test_killed_in_the_middle_the_old_page_is_whole(self, store: Store) -> None:
        """Kills the writer at every system call that changes the folder, one after the other."""
        store.publish("p", (1, 1.0), "c", {"/": html("old"), "/b": html("old b")})
        code = """
import os, sys
from pathlib import Path
from comms.snapshot.store import HTML, Rendered, Store
left = int(sys.argv[2])
def dies(call):
    def counted(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return call(*args, **kwargs)
    return counted
for name in ("replace", "fsync", "utime"):
    setattr(os, name, dies(getattr(os, name)))
files = {"/": Rendered(HTML, b"<body>new</body>"), "/b": Rendered(HTML, b"<body>new b</body>")}
Store(Path(sys.argv[1])).publish("p", (2, 2.0), "c", files)
"""
        for calls in range(40):
            done = subprocess.run([sys.executable, "-c", code, str(store.folder), str(calls)], check=False)
            assert store.verify() == 2
            bodies = [Reader(store.folder).get(path)[2] for path in ("/", "/b")]
            if done.returncode == 0:
                assert all(b"new" in body for body in bodies)
                break
            assert done.returncode == 9
            assert all(b"old" in body for body in bodies)
        # What a killed writer left is not written again.
        assert calls >= 4


class TestReader:
    def test_it_answers_with_a_strong_tag_and_says_when_nothing_is_new(self, store: Store) -> None:
        store.publish("p", (1, 1.0), "c", {"/": html("calm"), "/j.json": Rendered("application/json", b"{}")})
        reader = Reader(store.folder)
        status, headers, body = reader.get("/")
        assert (status, headers["Content-Length"]) == ("200", str(len(body)))
        assert re.fullmatch(r'"[0-9a-f]{32}"', headers["ETag"])
        assert "stale-if-error" in headers["Cache-Control"]
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert reader.get("/", HTTP_IF_NONE_MATCH=headers["ETag"])[0] == "304"
        assert reader.get("/", "HEAD")[::2] == ("200", b"")
        assert reader.get("/j.json")[1]["Access-Control-Allow-Origin"] == "*"
        assert reader.get("/", "POST")[0] == "500"
        assert reader.get("/other")[0] == "500"

    def test_what_asks_for_more_is_answered_by_the_file_when_the_rest_is_gone(self, store: Store) -> None:
        store.publish("p", (1, 1.0), "c", {"/history/": html("all"), "/j.json": Rendered("application/json", b"{}")})
        reader = Reader(store.folder)
        assert b"all" in reader.get("/history/", query="q=x")[2]
        assert reader.get("/j.json", query="t=1")[0] == "200"

    @pytest.mark.parametrize(
        ("asked", "same"), [('"a"', True), ('W/"a", "b"', True), ("*", True), ('"c"', False), ("", False)]
    )
    def test_tags(self, asked: str, same: bool) -> None:
        assert matches(asked, '"a"') is same


@pytest.fixture
def shop(transactional_db: None) -> StatusPage:
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True)
    Component.objects.create(page=page, name="Payments")
    return page


class TestRendering:
    def test_every_change_is_seen_and_nothing_else_is_rendered(self, shop: StatusPage, alice: User) -> None:
        assert snapshots.render_due() == 1
        assert snapshots.render_due() == 0
        component = shop.components.get()
        told = PageIncident.objects.create(page=shop, title="Payments fail")
        for change in (
            lambda: Component.objects.filter(pk=component.pk).update(status="major_outage"),
            lambda: Component.objects.create(page=shop, name="Search"),
            lambda: Component.objects.filter(name="Search").delete(),
            lambda: StatusPage.objects.filter(pk=shop.pk).update(description="Ours"),
            lambda: PageIncident.objects.filter(pk=told.pk).update(title="Some payments fail"),
            lambda: StatusUpdate.objects.create(page_incident=told, body="x", author=alice),
        ):
            change()
            assert snapshots.render_due() == 1, change
        assert snapshots.render_due() == 0
        StatusPage.objects.filter(pk=shop.pk).delete()
        snapshots.render_due()
        assert not snapshots.store().read().pages

    def test_whoever_publishes_reads_it_at_once_and_unchanged_stories_are_kept(
        self, shop: StatusPage, alice: User, settings: Any
    ) -> None:
        told = [PageIncident.objects.create(page=shop, title=f"Trouble {n}") for n in range(2)]
        for each in told:
            publishing.publish_update(each, by=alice, title=each.title, body="We look into it.")
        reader = Reader(settings.WATCHBILL_VAR / "public")
        assert b"Trouble 0" in reader.get(PAGE)[2]
        before = snapshots.store().read().addresses()
        publishing.publish_update(told[0], by=alice, body="We know **why**.", state="identified")
        after = snapshots.store().read().addresses()
        changed = {path for path in after if before.get(path) != after[path]}
        assert f"/status/shop/incidents/{told[0].uid}/" in changed
        assert f"/status/shop/incidents/{told[1].uid}/" not in changed
        assert [i["name"] for i in json.loads(reader.get(JSON)[2])["incidents"]] == ["Trouble 1", "Trouble 0"]

    def test_the_file_is_what_a_stranger_is_answered(self, shop: StatusPage, alice: User, settings: Any) -> None:
        told = PageIncident.objects.create(page=shop, title="Payments fail")
        publishing.publish_update(told, by=alice, title=told.title, body="We look into it.")
        reader, client = Reader(settings.WATCHBILL_VAR / "public"), Client()
        paths = snapshots.store().read().addresses()
        assert {
            PAGE,
            JSON,
            "/status/",
            "/api/v2/summary.json",
            "/history.rss",
            "/status/shop/badge.svg",
        } <= paths.keys()
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            if "As of" not in answer.text and "lastBuildDate" not in answer.text:
                assert reader.get(path)[2] == answer.content, path

    def test_it_asks_nothing_of_the_database(
        self, shop: StatusPage, settings: Any, django_assert_num_queries: Any
    ) -> None:
        snapshots.render_due()
        with django_assert_num_queries(0):
            assert Reader(settings.WATCHBILL_VAR / "public").get(PAGE)[0] == "200"


class TestCommand:
    def test_export_verify_and_banner(self, shop: StatusPage, tmp_path: Path, capsys: Any) -> None:
        with pytest.raises(CommandError, match="Nothing is published yet"):
            call_command("statuspage", "export", str(tmp_path / "out"))
        call_command("statuspage", "render")
        call_command("statuspage", "verify")
        call_command("statuspage", "banner", "We are looking into our own site")
        call_command("statuspage", "export", str(tmp_path / "out"))
        out = tmp_path / "out"
        assert "our own site" in (out / "status/shop/index.html").read_text()
        assert json.loads((out / "status/shop/api/v2/summary.json").read_text())["page"]["name"] == "Shop"
        assert (out / "history.rss").exists()
        assert list(out.glob("static/watchbill/watchbill*.css"))


SECRET = "zzcanary"


def plant(row: models.Model, apart: tuple[str, ...] = ()) -> int:
    """Write a canary into every text of a row but those that the public is told; into how many."""
    texts = [f for f in row._meta.concrete_fields if type(f) in (models.CharField, models.TextField)]
    free = [f for f in texts if f.name not in apart and not (f.choices or f.unique or f.primary_key)]
    given = {f.name: f"{SECRET}{row._meta.model_name}{f.name}"[: f.max_length or 200] for f in free}
    table = row._meta.db_table
    with connection.cursor() as cursor:
        # The timeline, for one, refuses to be changed.
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        type(row)._default_manager.filter(pk=row.pk).update(**given)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return len(given)


def test_nothing_private_reaches_a_file(shop: StatusPage, payments: Any, checkout: Any, alice: User) -> None:
    incident = factories.incident(payments, alice, title="Inside", services=[checkout])
    Component.objects.update(service=checkout, team=payments)
    update = publishing.publish_update(incident, by=alice, title="Payments fail", body="We look into it.", page=shop)
    publishing.draft_update(incident, by=alice, body=f"{SECRET} draft", page=shop)
    Subscriber.objects.create(page=shop, email=f"{SECRET}@example.org")
    Postmortem.objects.create(incident=incident, owner=alice)
    told = {
        StatusPage: ("name", "slug", "description", "time_zone", "support_url", "uid"),
        Component: ("name", "description", "uid", "status"),
        PageIncident: ("title", "uid"),
        StatusUpdate: ("body", "uid", "title"),
    }
    inside = (Incident, TimelineEntry, Postmortem, Subscriber, User, Team, Service)
    planted = [plant(row, told.get(model, ())) for model in (*told, *inside) for row in model._default_manager.all()]
    assert sum(planted) > 40
    StatusUpdate.objects.filter(pk=update.pk).update(body="We look into it.")
    snapshots.render(shop.uid)
    for path, file in snapshots.store().read().addresses().items():
        assert SECRET.encode() not in snapshots.store().body(file).lower(), path
