"""Pages that are not for everybody: strangers learn nothing of them, from no address, not even that they exist, and
their readers read them while the database is gone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from comms import places, readers
from comms.actions import pages, publishing, snapshots, subscribing
from comms.models import Component, PageIncident, PageRole, StatusPage, Subscriber
from config.published import Published
from incidents.models import Postmortem
from incidents.problems import Blocked
from teams.models import User
from tests import factories
from tests.access.world import unlimited

SECRET = "zzcanary"
AUDIENCES = ("customers", "internal", "executives")


def gone(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return [b"gone"]


class Browser:
    """Somebody before the whole application, as the web server runs it, with a jar of cookies."""

    def __init__(self, folder: Path, *, alive: bool = True, cookies: dict[str, str] | None = None) -> None:
        self.door = Published(WSGIHandler() if alive else gone, folder)
        self.cookies = dict(cookies or {})

    def get(self, path: str, query: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        said: list[Any] = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **headers,
        }
        body = b"".join(self.door(environ, lambda *args: said.extend(args)))
        headers = dict(said[1])
        for name, value in said[1]:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0].strip('"')
                assert "HttpOnly" in value
                assert "SameSite=Lax" in value
        return int(said[0][:3]), headers, body.decode()


@pytest.fixture
def folder(settings: Any) -> Path:
    unlimited(settings)
    return Path(settings.WATCHBILL_VAR / "public")


@pytest.fixture
def public(transactional_db: None) -> StatusPage:
    return StatusPage.objects.create(name="Shop", slug="shop", is_default=True)


@pytest.fixture
def hidden(public: StatusPage, alice: User) -> Callable[[str], StatusPage]:
    """Makes a page with an incident, everything named by the canary."""

    def make(audience: str) -> StatusPage:
        page = StatusPage.objects.create(
            name=f"{SECRET} page", slug="inside", audience=audience, description=SECRET, other_languages=["de"]
        )
        Component.objects.create(page=page, name=f"{SECRET} part")
        told = PageIncident.objects.create(page=page, title=f"{SECRET} fails")
        publishing.publish_update(told, by=alice, title=told.title, body=f"{SECRET} is looked into")
        snapshots.render(public.uid)
        return page

    return make


def signed_in(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def key_of(page: StatusPage) -> str:
    return readers.key_of(page.uid, page.key_version)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_strangers_get_nothing_from_any_address(
    audience: str, hidden: Callable[[str], StatusPage], folder: Path
) -> None:
    page = hidden(audience)
    owners = snapshots.store().read().owners()
    addresses = [address for address, (uid, _) in owners.items() if uid == page.uid]
    assert len(addresses) > 15
    assert all(places.usual(page) != address or SECRET in _file(address) for address in addresses)
    stranger, forger = Browser(folder), Browser(folder)
    forger.cookies = {readers.cookie_of(page.uid): "1790000000.abc", readers.inside_cookie(): "1790000000.abc"}
    unknown = Browser(folder).get("/status/nowhere/")
    # Nothing else has a key.
    queries = ("", "key=", f"key={'0' * 32}", "key=%ff") if audience == "customers" else ("",)
    for address in [*addresses, f"{places.usual(page)}subscribe/"]:
        for somebody in (stranger, forger):
            for query in queries:
                status, headers, body = somebody.get(address, query)
                assert status == 404, address
                assert SECRET not in body.lower(), address
                assert not (query == "" and address == places.usual(page) and _bare(body) != _bare(unknown[2]))
                assert "public" not in headers.get("Cache-Control", "private")
    everywhere = [address for address, (uid, _) in owners.items() if uid != page.uid]
    for address in [*everywhere, "/status/", "/api/v2/summary.json", "/history.atom"]:
        assert SECRET not in stranger.get(address)[2].lower(), address


def _file(address: str) -> str:
    return snapshots.store().body(snapshots.store().read().addresses()[address]).decode()


def _bare(body: str) -> str:
    """What a stranger is told, but for the address that they asked for themselves."""
    return re.sub(r"next=[^\"]*", "", body)


def test_the_link_opens_it_and_another_one_shuts_it(hidden: Callable[[str], StatusPage], folder: Path) -> None:
    page = hidden("customers")
    for alive in (True, False):
        customer = Browser(folder, alive=alive)
        status, headers, _ = customer.get("/status/inside/history/", f"q=x&key={key_of(page)}")
        assert (status, headers["Location"]) == (302, "/status/inside/history/?q=x")
        status, headers, body = customer.get("/status/inside/")
        assert (status, SECRET in body) == (200, True)
        assert headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in headers["Vary"]
        assert "Access-Control-Allow-Origin" not in customer.get("/status/inside/api/v2/summary.json")[1]
        program = Browser(folder, alive=alive)
        for name in ("api/v2/summary.json", "history.atom", "badge.svg", "widget/", "de/badge.svg"):
            status, headers, body = program.get(f"/status/inside/{name}", f"key={key_of(page)}")
            assert (status, SECRET in body) == (200, True), name
            assert headers["Cache-Control"] == "private, no-cache"
        assert program.cookies == {}
    former = key_of(page)
    pages.renew_link(page)
    for alive in (True, False):
        again = Browser(folder, alive=alive, cookies=customer.cookies)
        assert again.get("/status/inside/")[0] == (404 if alive else 503)
        assert again.get("/status/inside/api/v2/summary.json", f"key={former}")[0] == (404 if alive else 503)
    assert Browser(folder).get("/status/inside/", f"key={key_of(page)}")[0] == 302


def test_django_says_of_a_link_what_the_files_say(
    hidden: Callable[[str], StatusPage], client: Client, folder: Path
) -> None:
    page = hidden("customers")
    assert client.get("/status/inside/").status_code == 404
    answer = client.get("/status/inside/", {"key": key_of(page)})
    assert (answer.status_code, answer["Location"]) == (302, "/status/inside/")
    answer = client.get("/status/inside/")
    assert answer.status_code == 200
    assert (answer["Cache-Control"], answer["Vary"]) == ("private, no-cache", "Cookie")
    pages.renew_link(page)
    assert client.get("/status/inside/").status_code == 404


def test_people_of_the_organization_read_it_even_while_nobody_can_be_asked(
    hidden: Callable[[str], StatusPage], folder: Path, bob: User
) -> None:
    hidden("internal")
    inside = Browser(folder, cookies=signed_in(bob))
    assert inside.get("/status/inside/")[0] == 200
    away = Browser(folder, alive=False, cookies=inside.cookies)
    assert SECRET in away.get("/status/inside/")[2]
    # The cookie is worth nothing without the session that it came with.
    alone = {name: value for name, value in inside.cookies.items() if "session" not in name}
    assert Browser(folder, alive=False, cookies=alone).get("/status/inside/")[0] == 503
    with time_machine.travel(_in(hours=11), tick=False):
        assert away.get("/status/inside/")[0] == 200
    with time_machine.travel(_in(hours=13), tick=False):
        assert away.get("/status/inside/")[0] == 503


def _in(hours: float) -> float:
    import time

    return time.time() + hours * 3600


def test_who_has_left_is_shut_out_when_they_are_looked_at_again(
    hidden: Callable[[str], StatusPage], folder: Path, bob: User
) -> None:
    hidden("internal")
    inside = Browser(folder, cookies=signed_in(bob))
    inside.get("/status/inside/")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    with time_machine.travel(_in(hours=0.1), tick=False):
        assert inside.get("/status/inside/")[0] == 404


def test_the_console_hands_out_what_opens_pages_for_the_organization(
    hidden: Callable[[str], StatusPage], folder: Path, bob: User
) -> None:
    page = hidden("executives")
    person = Browser(folder, cookies=signed_in(bob))
    person.get("/incidents/")
    assert readers.inside_cookie() not in person.cookies
    StatusPage.objects.filter(pk=page.pk).update(audience="internal")
    snapshots.render_due()
    person.get("/incidents/")
    assert SECRET in Browser(folder, alive=False, cookies=person.cookies).get("/status/inside/")[2]


def test_executives_are_those_who_were_named_and_administrators(
    hidden: Callable[[str], StatusPage], folder: Path, bob: User, charlie: User
) -> None:
    page = hidden("executives")
    PageRole.objects.create(page=page, user=charlie, role="reader")
    admin = factories.UserFactory(role="admin")
    assert Browser(folder, cookies=signed_in(bob)).get("/status/inside/")[0] == 404
    for user in (charlie, admin):
        reader = Browser(folder, cookies=signed_in(user))
        assert reader.get("/status/inside/")[0] == 200
        assert Browser(folder, alive=False, cookies=reader.cookies).get("/status/inside/history/")[0] == 200
    other = StatusPage.objects.create(name="Other", slug="other", audience="executives")
    assert Browser(folder, cookies=signed_in(charlie)).get(other.get_absolute_url())[0] == 404


def test_a_page_that_is_for_fewer_is_so_before_it_is_rendered(
    public: StatusPage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = StatusPage.objects.create(name="Partners", slug="partners")
    snapshots.render(page.uid)
    assert Browser(folder).get("/status/partners/")[0] == 200
    StatusPage.objects.filter(pk=page.pk).update(audience="customers")

    def fails(*_: Any) -> None:
        raise RuntimeError("no rendering today")

    monkeypatch.setattr("comms.snapshot.rendering.render", fails)
    snapshots.render_due()
    assert Browser(folder).get("/status/partners/")[0] == 404


def test_the_export_leaves_them_out_unless_asked(
    hidden: Callable[[str], StatusPage], folder: Path, tmp_path: Path
) -> None:
    hidden("customers")
    call_command("statuspage", "export", str(tmp_path / "out"))
    found = "".join(p.read_text(errors="replace") for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert SECRET not in found
    assert not (tmp_path / "out/status/inside").exists()
    call_command("statuspage", "export", str(tmp_path / "all"), "--include-private")
    assert SECRET in (tmp_path / "all/status/inside/index.html").read_text()


def test_a_public_postmortem_leads_to_public_pages_alone(
    hidden: Callable[[str], StatusPage], folder: Path, payments: Any, alice: User
) -> None:
    page = hidden("internal")
    incident = factories.incident(payments, alice)
    PageIncident.objects.filter(page=page).update(incident=incident)
    Postmortem.objects.create(
        incident=incident,
        owner=alice,
        title="What we learned",
        public=True,
        public_wording="A queue was full.",
        public_slug="learned",
        state="published",
        published_at=timezone.now(),
    )
    status, _, body = Browser(folder).get("/postmortems/learned/")
    assert (status, "What we learned" in body, SECRET in body.lower()) == (200, True, False)
    assert "inside" not in body


def test_the_default_page_is_for_everybody(public: StatusPage) -> None:
    with pytest.raises(IntegrityError, match="status_page_default_is_public"), transaction.atomic():
        StatusPage.objects.filter(pk=public.pk).update(audience="internal")
    public.audience = "internal"
    with pytest.raises(ValidationError, match="Make another one the default first"):
        public.full_clean()


def test_an_only_page_that_is_not_public_has_no_short_address(transactional_db: None, folder: Path) -> None:
    page = StatusPage.objects.create(name=f"{SECRET} page", slug="inside", audience="internal")
    snapshots.render(page.uid)
    for path in ("/status/", "/api/v2/summary.json", "/history.rss"):
        status, _, body = Browser(folder).get(path)
        assert (status, SECRET in body) == (404, False)


class TestSubscribing:
    def test_only_people_of_the_organization(self, public: StatusPage, bob: User) -> None:
        page = StatusPage.objects.create(name="Inside", slug="inside", audience="internal")
        with pytest.raises(Blocked, match="people of the organization"):
            subscribing.subscribe(page, "somebody@example.org")
        subscribing.subscribe(page, bob.email.upper())
        made = Subscriber.objects.get(page=page)
        subscribing.confirm(made.pk)
        assert page.subscribers.active().count() == 1
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert page.subscribers.active().count() == 0

    def test_only_executives(self, public: StatusPage, bob: User, charlie: User) -> None:
        page = StatusPage.objects.create(name="Inside", slug="inside", audience="executives")
        PageRole.objects.create(page=page, user=charlie, role="reader")
        with pytest.raises(Blocked):
            subscribing.subscribe(page, bob.email)
        subscribing.subscribe(page, charlie.email)
        subscribing.confirm(Subscriber.objects.get(page=page).pk)
        assert page.subscribers.active().count() == 1
        PageRole.objects.all().delete()
        assert page.subscribers.active().count() == 0

    def test_strangers_subscribe_to_nothing(
        self, hidden: Callable[[str], StatusPage], client: Client, folder: Path
    ) -> None:
        page = hidden("customers")
        assert client.post("/status/inside/subscribe/", {"email": "x@example.org"}).status_code == 404
        client.get("/status/inside/", {"key": key_of(page)})
        assert client.post("/status/inside/subscribe/", {"email": "x@example.org"}).status_code == 200
        assert Subscriber.objects.get().page == page
