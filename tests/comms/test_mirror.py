"""The copy of public pages in an object store: a real S3 server on loopback, and a folder by the same way."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command

from comms.actions import mirroring, publishing, snapshots
from comms.checks import public_storage_is_fit
from comms.models import Component, PageIncident, StatusPage
from comms.readers import Face
from comms.snapshot import mirror
from comms.snapshot.mirror import MANIFEST
from comms.snapshot.store import HTML, Rendered, Store
from config.stores import public_storage
from teams.models import User

FOLDER = "django.core.files.storage.FileSystemStorage"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, settings: Any) -> str:
    """Named in the settings; the address below which everybody reads it."""
    import boto3

    requests.post(f"{s3}/moto-api/reset", timeout=20)
    options = {"endpoint_url": s3, "region_name": "us-east-1"}
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    boto3.client("s3", **options, **keys).create_bucket(Bucket="status", ACL="public-read")
    settings.WATCHBILL_PUBLIC_STORAGE = public_storage(
        json.dumps(
            {
                "BACKEND": "storages.backends.s3.S3Storage",
                "OPTIONS": {
                    "bucket_name": "status",
                    "access_key": "a",
                    "secret_key": "b",
                    "default_acl": "public-read",
                    **options,
                },
            }
        )
    )
    return f"{s3}/status"


@pytest.fixture
def shop(transactional_db: None) -> StatusPage:
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True)
    Component.objects.create(page=page, name="Payments")
    return page


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirroring, "_done", (None, 0.0))


def tell(page: StatusPage, by: User, title: str = "Payments fail") -> PageIncident:
    told = PageIncident.objects.create(page=page, title=title)
    publishing.publish_update(told, by=by, title=title, body="We look into it.")
    return told


class TestS3:
    def test_it_serves_what_we_serve_as_what_it_is(self, shop: StatusPage, alice: User, bucket: str) -> None:
        told = tell(shop, alice)
        assert mirroring.mirror_due() is False
        page = requests.get(f"{bucket}/status/shop/index.html", timeout=20)
        assert "Payments fail" in page.text
        assert page.headers["Content-Type"] == HTML
        assert "stale-if-error" in page.headers["Cache-Control"]
        for name, kind in (
            (f"status/shop/incidents/{told.uid}/index.html", HTML),
            ("status/index.html", HTML),
            ("api/v2/summary.json", "application/json"),
            ("status/shop/history.atom", "application/atom+xml; charset=utf-8"),
            ("history.rss", "application/rss+xml; charset=utf-8"),
            ("status/shop/badge.svg", "image/svg+xml"),
            ("static/watchbill/watchbill.css", "text/css; charset=utf-8"),
            ("static/watchbill/mark.svg", "image/svg+xml"),
        ):
            answer = requests.get(f"{bucket}/{name}", timeout=20)
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind), name
            assert requests.head(f"{bucket}/{name}", timeout=20).status_code == 200
        assert requests.get(f"{bucket}/api/v2/summary.json", timeout=20).json()["page"]["name"] == "Shop"

    def test_a_store_that_is_away_is_tried_again_and_holds_up_nobody(
        self, shop: StatusPage, alice: User, bucket: str, settings: Any, caplog: Any
    ) -> None:
        there = settings.WATCHBILL_PUBLIC_STORAGE
        away = {**there["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
        settings.WATCHBILL_PUBLIC_STORAGE = {**there, "OPTIONS": away}
        tell(shop, alice)
        assert "/status/shop/" in snapshots.store().read().addresses()
        assert mirroring.mirror_due() is False
        assert "will be tried again" in caplog.text
        settings.WATCHBILL_PUBLIC_STORAGE = there
        mirroring.mirror_due()
        assert requests.get(f"{bucket}/status/shop/index.html", timeout=20).status_code == 200

    def test_a_banner_is_put_up_there_at_once(self, shop: StatusPage, bucket: str, capsys: Any) -> None:
        call_command("statuspage", "render")
        call_command("statuspage", "mirror")
        call_command("statuspage", "banner", "We are down as well")
        assert "We are down as well" in requests.get(f"{bucket}/status/shop/index.html", timeout=20).text
        assert "files put into the store" in capsys.readouterr().out


class Watched(FileSystemStorage):
    """A folder that tells what is done to it, in order, and fails at the n-th thing."""

    def __init__(self, place: Path, fails_at: int = 10**6) -> None:
        super().__init__(location=place, allow_overwrite=True)
        self.done: list[tuple[str, str]] = []
        self.fails_at = fails_at

    def save(self, name: Any, content: Any, max_length: Any = None) -> str:
        self._note("put", name)
        return super().save(name, content, max_length)

    def delete(self, name: Any) -> None:
        self._note("delete", name)
        super().delete(name)

    def _note(self, what: str, name: str) -> None:
        if len(self.done) >= self.fails_at:
            raise ConnectionError("the store is gone")
        self.done.append((what, name))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


class TestOrder:
    def test_what_is_linked_comes_first_and_what_is_told_no_more_goes_last(
        self, shop: StatusPage, alice: User, place: Path
    ) -> None:
        told = tell(shop, alice)
        store, target = snapshots.store(), Watched(place)
        mirror.copy(store, target, existing={shop.uid})
        names = [name for _, name in target.done]
        incident = f"status/shop/incidents/{told.uid}/index.html"
        ordered = ["static/watchbill/public.css", incident, "status/shop/history.rss", "status/shop/history/index.html"]
        ordered += ["status/shop/index.html", "status/index.html"]
        assert [names.index(name) for name in ordered] == sorted(names.index(name) for name in ordered)
        assert names[-1] == MANIFEST
        assert mirror.copy(store, target, existing={shop.uid}).put == 0

        told.delete()
        snapshots.render(shop.uid)
        target.done.clear()
        mirror.copy(store, target, existing={shop.uid})
        gone = [number for number, (what, _) in enumerate(target.done) if what == "delete"]
        assert ("delete", incident) in target.done
        assert min(gone) > target.done.index(("put", "status/index.html"))
        assert not (place / incident).exists()

    def test_wherever_it_breaks_off_the_next_turn_makes_it_whole(
        self, shop: StatusPage, alice: User, place: Path
    ) -> None:
        tell(shop, alice)
        second = tell(shop, alice, "Search is slow")
        store = snapshots.store()
        address = f"status/shop/incidents/{second.uid}/index.html"

        def copied(fails_at: int) -> bool:
            try:
                mirror.copy(store, Watched(place, fails_at), existing={shop.uid})
            except ConnectionError:
                return False
            return True

        assert not any(copied(fails_at) for fails_at in (0, 1, 2, 5, 11))
        assert (place / address).exists()
        assert not (place / "status/shop/index.html").exists()
        # What was put and is then told no more goes, even if no turn has ended by then.
        second.delete()
        snapshots.render(shop.uid)
        assert next(number for number in range(100) if copied(number)) > 1
        whole = {mirror.name_of(address, file.type) for address, file in store.read().addresses().items()}
        found = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
        assert found == whole | {MANIFEST} | {name.lstrip("/") for name, _ in mirror.assets.loaded()}
        assert (place / "status/shop/index.html").read_text() == store.body(
            store.read().addresses()["/status/shop/"]
        ).decode()


def page_of(store: Store, uid: str, text: str, *, at: float = 1.0, audience: str = "public") -> None:
    body = f"<body>{text}</body>".encode()
    store.publish(uid, (int(at), at), "c", {f"/status/{uid}/": Rendered(HTML, body)}, Face(audience=audience))


class TestPages:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return Store(tmp_path / "public")

    def test_only_pages_for_everybody_go_there_and_one_that_is_not_any_more_goes(
        self, store: Store, place: Path
    ) -> None:
        page_of(store, "open", "all")
        page_of(store, "inner", "told inside", audience="internal")
        target = Watched(place)
        mirror.copy(store, target, existing={"open", "inner"})
        assert (place / "status/open/index.html").exists()
        assert not [path for path in place.rglob("*") if path.is_file() and b"told inside" in path.read_bytes()]
        assert "inner" not in (place / MANIFEST).read_text()
        page_of(store, "open", "now ours", at=2.0, audience="customers")
        mirror.copy(store, target, existing={"open", "inner"})
        assert not (place / "status/open/index.html").exists()

    def test_a_machine_that_knows_less_takes_nothing_away(self, store: Store, place: Path, tmp_path: Path) -> None:
        page_of(store, "p", "newest", at=5.0)
        page_of(store, "q", "of q")
        target = Watched(place)
        mirror.copy(store, target, existing={"p", "q"})
        empty = Store(tmp_path / "other")
        mirror.copy(empty, target, existing={"p", "q"})
        page_of(empty, "p", "older", at=3.0)
        for existing in ({"p", "q"}, None):
            mirror.copy(empty, target, existing=existing)
            assert "newest" in (place / "status/p/index.html").read_text()
            assert "of q" in (place / "status/q/index.html").read_text()
        mirror.copy(empty, target, existing={"p"})
        assert not (place / "status/q/index.html").exists()
        assert "newest" in (place / "status/p/index.html").read_text()

    def test_a_stylesheet_stays_while_pages_in_caches_may_ask_for_it(
        self, store: Store, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page_of(store, "p", "x")
        target = Watched(place)
        mirror.copy(store, target, existing=None, now=0.5)
        known = list(mirror.assets.loaded())
        monkeypatch.setattr(mirror.assets, "loaded", lambda: known[1:])
        mirror.copy(store, target, existing=None, now=1.0)
        old = place / known[0][0].lstrip("/")
        assert old.exists()
        mirror.copy(store, target, existing=None, now=1.0 + mirror.ASSET_SECONDS + 1)
        assert not old.exists()

    def test_a_turn_that_takes_long_leaves_the_rest_to_the_next(
        self, store: Store, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page_of(store, "p", "x")
        monkeypatch.setattr(mirror, "TURN_SECONDS", -1.0)
        assert mirror.copy(store, Watched(place), existing=None).left
        monkeypatch.undo()
        assert not mirror.copy(store, Watched(place), existing=None).left
        assert (place / "status/p/index.html").exists()

    def test_a_manifest_that_makes_no_sense_is_written_anew(self, store: Store, place: Path) -> None:
        page_of(store, "p", "x")
        target = Watched(place)
        for nonsense in ("{", "[]", '{"format": 99}'):
            place.mkdir(exist_ok=True)
            (place / MANIFEST).write_text(nonsense)
            assert mirror.copy(store, target, existing=None).put > 0
            assert json.loads((place / MANIFEST).read_text())["format"] == mirror.FORMAT


class TestSetting:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("s3://status", "is not JSON"),
            ("[]", "names no BACKEND"),
            ('{"BACKEND": 1}', "names no BACKEND"),
            ('{"BACKEND": "storages.backends.s3.S3Storage", "bucket": "x"}', "takes BACKEND and OPTIONS alone"),
            ('{"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": []}', "are no object"),
            ('{"BACKEND": "nowhere.Storage"}', "which is not installed"),
            ('{"BACKEND": "storages.backends.gcloud.GoogleCloudStorage"}', r"pip install 'django-storages\[google\]'"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_mend(self, text: str, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            public_storage(text)

    def test_options_that_a_storage_refuses_are_told_by_the_checks(self, settings: Any) -> None:
        settings.WATCHBILL_PUBLIC_STORAGE = {}
        assert public_storage_is_fit() == []
        settings.WATCHBILL_PUBLIC_STORAGE = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"buket": "x"}}
        [error] = public_storage_is_fit()
        assert "buket" in error.msg
        settings.WATCHBILL_PUBLIC_STORAGE = {"BACKEND": "datetime.datetime", "OPTIONS": {}}
        assert len(public_storage_is_fit()) == 1

    def test_nothing_is_copied_where_no_store_is_named(self, settings: Any) -> None:
        settings.WATCHBILL_PUBLIC_STORAGE = {}
        assert mirroring.mirror_due() is False
        with pytest.raises(CommandError, match="Set WATCHBILL_PUBLIC_STORAGE"):
            call_command("statuspage", "mirror")
