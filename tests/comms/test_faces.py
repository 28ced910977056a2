"""A page's languages, colours, logo, domain, and what of it stands on other sites."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import resolve
from django.utils import translation
from PIL import Image

from comms import logos, places, theme
from comms.actions import pages, publishing, snapshots, subscribing
from comms.letters import write
from comms.models import Component, Delivery, PageIncident, StatusPage, Subscriber
from config import catalogues
from config.management.commands import translations
from teams.models import User
from tests.access.world import unlimited
from tests.comms.test_audience import Browser

LANGUAGES = ("de", "fr", "es")


@pytest.fixture
def folder(settings: Any) -> Path:
    unlimited(settings)
    return Path(settings.WATCHBILL_VAR / "public")


def page_of(alice: User, **given: Any) -> StatusPage:
    """A page with an incident that goes on."""
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True, **given)
    Component.objects.create(page=page, name="Payments")
    row = PageIncident.objects.create(page=page, title="Payments fail")
    publishing.publish_update(row, by=alice, title=row.title, body="We look into it.", state="investigating")
    return page


@pytest.fixture
def shop(transactional_db: None, alice: User) -> StatusPage:
    return page_of(alice, other_languages=["de"])


class TestCatalogues:
    def test_everything_that_is_said_is_translated_and_nothing_else(self) -> None:
        wanted = translations.said() | {str(label) for label in Component.Status.labels}
        wanted |= {str(label) for label in PageIncident.State.labels}
        for path in translations.CATALOGUES:
            entries = catalogues.read(path)
            assert not wanted - set(entries), path
            assert not {key for key, text in entries.items() if key and not text}, path
            for key, text in entries.items():
                if key:
                    assert _holes(key) == _holes(text), key
        assert [path.parent.parent.name for path in translations.CATALOGUES] == sorted(LANGUAGES)

    def test_what_is_loaded_is_what_people_edit(self) -> None:
        for path in translations.CATALOGUES:
            assert path.with_suffix(".mo").read_bytes() == catalogues.compiled(catalogues.read(path)), (
                "Run: manage.py translations"
            )

    def test_a_line_that_is_not_understood_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "x.po").write_text('msgid "a"\nmsgstr a\n')
        with pytest.raises(catalogues.Unreadable, match="line 2"):
            catalogues.read(tmp_path / "x.po")

    def test_the_script_counts_down_in_the_same_words(self) -> None:
        script = Path("config/static/watchbill/watchbill.js").read_text()
        for path in translations.CATALOGUES:
            entries = catalogues.read(path)
            code = path.parent.parent.name
            (line,) = re.findall(rf"^ +{code}: {{ day: .*$", script, re.MULTILINE)
            for key in ("under 1 min", "overdue by %(time)s", "in %(time)s"):
                assert f'"{entries[key].replace("%(time)s", "%s")}"' in line


def _holes(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s|%%|</?strong>", text))


class TestLanguages:
    @pytest.fixture
    def shop(self, transactional_db: None, alice: User) -> StatusPage:
        return page_of(alice, other_languages=[*LANGUAGES])

    def test_a_page_is_there_in_each_of_its_languages(self, shop: StatusPage, folder: Path) -> None:
        words = {"": "Investigating", "de": "Wird untersucht", "fr": "Analyse en cours", "es": "En investigación"}
        for code, word in words.items():
            away = Browser(folder, alive=False)
            prefix = f"/status/shop/{code}/" if code else "/status/shop/"
            told = PageIncident.objects.get()
            for below in ("", "history/", f"incidents/{told.uid}/", "widget/"):
                status, _, body = away.get(prefix + below)
                assert status == 200, prefix + below
                assert f'<html lang="{code or "en"}"' in body
                assert word in body, prefix + below
                for link in re.findall(r'href="(/status/[^"?]*)"(?! lang)', body):
                    assert link.startswith(prefix) or link.endswith(".json"), (prefix, link)
            assert word in away.get(f"{prefix}history.atom")[2]
            assert f"<language>{code or 'en'}</language>" in away.get(f"{prefix}history.rss")[2]
        assert 'hreflang="fr" href="http' in away.get("/status/shop/")[2]

    def test_no_other_language_and_no_second_address(self, shop: StatusPage, client: Client) -> None:
        assert client.get("/status/shop/en/history/?q=x")["Location"] == "/status/shop/history/?q=x"
        StatusPage.objects.update(other_languages=["de"])
        assert client.get("/status/shop/fr/").status_code == 404
        assert client.get("/status/shop/it/").status_code == 404

    def test_what_programs_read_is_in_english(self, shop: StatusPage, folder: Path) -> None:
        StatusPage.objects.update(language="de", other_languages=[])
        snapshots.render(shop.uid)
        away = Browser(folder, alive=False)
        assert 'lang="de"' in away.get("/status/shop/")[2]
        summary = json.loads(away.get("/status/shop/api/v2/summary.json")[2])
        assert summary["status"]["description"] == "All Systems Operational"
        assert summary["incidents"][0]["status"] == "investigating"

    def test_dates_and_figures_are_as_a_reader_writes_them(self, shop: StatusPage, client: Client) -> None:
        body = client.get("/status/shop/de/").text
        assert re.search(r"Stand: <time[^>]*>\w\w, \d+\. \w+\.? \d{4}, \d\d:\d\d UTC</time>", body)
        assert translation.get_language() == "en"

    def test_mail_speaks_as_the_subscriber_does(self, shop: StatusPage, alice: User, client: Client) -> None:
        client.post("/status/shop/de/subscribe/", {"email": "leserin@example.org"})
        made = Subscriber.objects.get()
        asked = write(Delivery.objects.get(kind="confirm")).message
        assert asked["Subject"].startswith("Bitte bestätigen Sie Ihre Anmeldung")
        assert 'lang="de"' in asked.get_body(("html",)).get_content()
        subscribing.confirm(made.pk)
        told = PageIncident.objects.get()
        publishing.publish_update(told, by=alice, body="We know why.", state="identified")
        text = write(Delivery.objects.get(kind="update")).message.get_body(("plain",)).get_content()
        assert "Ursache gefunden" in text
        assert f"/status/shop/de/incidents/{told.uid}/" in text
        assert "We know why." in text
        subscribing.choose(made.pk, components=None, language="fr")
        text = write(Delivery.objects.get(kind="update")).message.get_body(("plain",)).get_content()
        assert "Cause identifiée" in text
        StatusPage.objects.update(other_languages=["de"])
        text = write(Delivery.objects.get(kind="update")).message.get_body(("plain",)).get_content()
        assert "Identified" in text

    def test_a_subscriber_chooses_a_language_and_is_answered_in_it(self, shop: StatusPage, client: Client) -> None:
        from comms.tokens import subscriber_token

        made = Subscriber.objects.create(page=shop, email="x@example.org", state="active")
        url = f"/subscriptions/{subscriber_token(made)}/"
        assert "Your subscription" in client.get(url).text
        answer = client.post(url, {"do": "save", "scope": "all", "time_zone": "UTC", "language": "es"})
        assert "Su suscripción" in answer.text
        assert "Guardado." in answer.text
        made.refresh_from_db()
        assert made.language == "es"


class TestTheme:
    @pytest.mark.parametrize("colour", ["#0c5f78", "#9c1d2c", "#000000", "#5a3d00"])
    def test_what_is_readable_is_taken(self, colour: str) -> None:
        theme.validate_light(colour)
        said = theme.css(colour, "", "sharp", "serif")
        (dark,) = re.findall(rf"--accent: light-dark\({colour}, (#[0-9a-f]{{6}})\)", said)
        theme.validate_dark(dark)
        assert "--r3: 0;" in said

    @pytest.mark.parametrize("colour", ["#ffcc00", "#00aaff", "#8a8a8a"])
    def test_what_is_not_is_refused_with_the_nearest_that_is(self, colour: str) -> None:
        with pytest.raises(ValidationError) as refused:
            theme.validate_light(colour)
        said = refused.value.messages[0]
        nearest = re.findall(r"#[0-9a-f]{6}", said)[-1]
        assert "4.5 to 1" in said
        theme.validate_light(nearest)

    @pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "#0c5f78;}", ""])
    def test_what_is_no_colour_is_told_so(self, text: str) -> None:
        with pytest.raises(ValidationError, match="six hexadecimal digits"):
            theme.validate_dark(text)

    def test_contrast_is_that_of_the_guidelines(self) -> None:
        assert theme.contrast("#ffffff", "#000000") == pytest.approx(21)
        assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)

    def test_the_grounds_are_those_of_our_style_sheet(self) -> None:
        css = Path("config/static/watchbill/watchbill.css").read_text()
        for name in ("surface", "paper", "hover"):
            light, dark = re.findall(rf"--{name}: light-dark\((#\w+), (#\w+)\)", css)[0]
            assert light in theme.LIGHT_GROUNDS
            assert dark in theme.DARK_GROUNDS

    def test_it_is_a_file_of_the_page(self, shop: StatusPage, folder: Path) -> None:
        assert "theme.css" not in Browser(folder, alive=False).get("/status/shop/")[2]
        StatusPage.objects.update(accent_light="#9C1D2C")
        snapshots.render_due()
        away = Browser(folder, alive=False)
        assert "/status/shop/theme.css?" in away.get("/status/shop/de/")[2]
        status, headers, body = away.get("/status/shop/theme.css")
        assert (status, headers["Content-Type"]) == (200, "text/css; charset=utf-8")
        assert "--accent: light-dark(#9c1d2c," in body

    def test_the_database_keeps_what_would_not_be_a_colour(self, public_page: StatusPage) -> None:
        with pytest.raises(IntegrityError, match="accents_are_colours"), transaction.atomic():
            StatusPage.objects.update(accent_light="}*{x:y")


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 100), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#0c5f78").save(out, kind, **options)
    return out.getvalue()


class TestLogo:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_it_is_written_anew(self, kind: str) -> None:
        made = logos.read(picture(kind, (2000, 400)))
        with Image.open(io.BytesIO(made.data)) as found:
            assert (found.format, found.size) == ("PNG", (640, 128))
        with Image.open(io.BytesIO(made.icon)) as found:
            assert found.size == (64, 64)
        assert (made.width, made.height) == (320, 64)

    def test_nothing_else_of_the_file_is_kept(self) -> None:
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Comment", "zzcanary")
        assert b"zzcanary" not in logos.read(picture(pnginfo=info) + b"<script>zzcanary</script>").data

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "SVG"),
            (b'<?xml version="1.0"?><svg/>', "SVG"),
            (b"GIF89a....", "no PNG"),
            (b"<html>", "no PNG"),
            (picture()[:60], "damaged"),
            (picture(size=(400, 8)), "400 by 8"),
            (b"\x89PNG\r\n\x1a\n" + b"0" * 1_000_001, "1 MB"),
        ],
    )
    def test_what_is_none_is_refused_with_the_reason(self, data: bytes, why: str) -> None:
        with pytest.raises(logos.Unfit, match=why):
            logos.read(data)

    def test_it_is_a_file_of_the_page_and_stands_for_its_name(self, shop: StatusPage, folder: Path) -> None:
        pages.dress(shop, {"light": logos.read(picture()), "dark": logos.read(picture("WEBP"))})
        away = Browser(folder, alive=False)
        body = away.get("/status/shop/")[2]
        assert re.search(r'<img class="logo logo--dark" src="/status/shop/logo-dark\.png\?\w{8}" alt="Shop"', body)
        assert '<link rel="icon" href="/status/shop/icon.png"' in body
        store = snapshots.store()
        file = store.read().addresses()["/status/shop/logo-light.png"]
        assert file.type == "image/png"
        assert store.body(file).startswith(b"\x89PNG")
        pages.dress(shop, {"light": None, "dark": None})
        assert "/status/shop/logo-light.png" not in store.read().addresses()

    def test_another_logo_is_a_change_of_the_page(self, shop: StatusPage) -> None:
        snapshots.render_due()
        before = StatusPage.objects.get().changed
        pages.dress(shop, {"light": logos.read(picture())})
        assert StatusPage.objects.get().changed > before


class TestDomain:
    @pytest.fixture
    def own(self, transactional_db: None, alice: User) -> StatusPage:
        return page_of(alice, other_languages=["de", "fr"], domain="status.example.org")

    def test_the_page_is_there_and_nothing_else(self, own: StatusPage, folder: Path) -> None:
        told = PageIncident.objects.get()
        for alive in (True, False):
            there = Browser(folder, alive=alive)
            for path in ("/", "/history/", f"/incidents/{told.uid}/", "/de/", "/de/history/", "/widget/"):
                status, _, body = there.get(path, HTTP_HOST="Status.Example.org:443")
                assert (status, "Payments fail" in body) == (200, True), path
                assert "/status/shop/" not in body, path
            for path in ("/api/v2/summary.json", "/history.atom", "/badge.svg", "/widget.js", "/fr/badge.svg"):
                assert there.get(path, HTTP_HOST="status.example.org")[0] == 200, path
        there = Browser(folder)
        for path in ("/account/login/", "/incidents/", "/admin/", "/api/v1/incidents/", "/status/shop/", "/healthz"):
            assert there.get(path, HTTP_HOST="status.example.org")[0] == 404, path
        for path in ("/integrations/v1/alertmanager/x", "/../account/login/", "//account/login/"):
            assert there.get(path, HTTP_HOST="status.example.org")[0] == 404, path
        assert there.get("/", HTTP_HOST="evil.example.org")[0] == 400
        assert "Payments fail" in there.get("/history/", "q=payments", HTTP_HOST="status.example.org")[2]
        assert "No incident" in there.get("/history/", "q=nothing", HTTP_HOST="status.example.org")[2]
        body = there.get("/subscribe/", HTTP_HOST="status.example.org")[2]
        assert "Get updates" in body
        assert 'href="/status/' not in body

    def test_it_is_what_links_name_everywhere(
        self, own: StatusPage, folder: Path, settings: Any, django_assert_num_queries: Any
    ) -> None:
        away = Browser(folder, alive=False)
        root = places.root(own)
        assert "//status.example.org" in root
        with django_assert_num_queries(0):
            assert away.get("/", HTTP_HOST="status.example.org")[0] == 200
            assert json.loads(away.get("/api/v2/summary.json")[2])["page"]["url"] == root
        assert f"<id>{root}incidents/" in away.get("/status/shop/history.atom")[2]
        assert f'<link rel="canonical" href="{root}">' in away.get("/status/shop/")[2]
        settings.SECURE_SSL_REDIRECT = True
        status, headers, _ = Browser(folder).get("/history/", "q=x", HTTP_HOST="status.example.org")
        assert (status, headers["Location"]) == (301, "https://status.example.org/history/?q=x")

    def test_the_key_of_customers_works_there(self, own: StatusPage, folder: Path) -> None:
        from comms import readers

        StatusPage.objects.update(is_default=False, audience="customers")
        snapshots.render_due()
        customer = Browser(folder, alive=False)
        key = readers.key_of(own.uid, own.key_version)
        status, headers, _ = customer.get("/de/", f"key={key}", HTTP_HOST="status.example.org")
        assert (status, headers["Location"]) == (302, "/de/")
        assert customer.get("/de/", HTTP_HOST="status.example.org")[0] == 200
        assert Browser(folder).get("/", HTTP_HOST="status.example.org")[0] == 404
        answer = Browser(folder).get("/history/", f"q=x&key={key}", HTTP_HOST="status.example.org")
        assert answer[1]["Location"] == "/history/?q=x"

    def test_what_is_no_name_and_what_is_somebody_elses_are_refused(self, public_page: StatusPage) -> None:
        for name in (
            "https://status.example.org",
            "status.example.org/",
            "localhost",
            "a_b.example.org",
            "S.example.org",
        ):
            public_page.domain = name
            with pytest.raises(ValidationError, match="host name alone"):
                public_page.full_clean()
        StatusPage.objects.update(domain="status.example.org")
        other = StatusPage(name="Other", slug="other", domain="status.example.org")
        with pytest.raises(ValidationError, match="Another page has this domain"):
            other.full_clean()
        other = StatusPage(name="Other", slug="other", domain="in.example.org", audience="internal")
        with pytest.raises(ValidationError, match="no domain of its own"):
            other.full_clean()


def test_every_part_of_a_page_has_its_address() -> None:
    page = StatusPage(name="Shop", slug="shop", other_languages=["de"])
    parts = {
        "month": ("2026-11",),
        "incident": ("abc",),
        "maintenance": ("abc",),
        "feed": ("atom",),
        "api": ("summary",),
        "logo": ("light",),
    }
    for name in places.PATHS:
        for lang in ("", "de"):
            found = resolve(places.path(page, name, *parts.get(name, ()), lang=lang))
            assert found.app_name == "comms"
            assert found.kwargs["slug"] == "shop"
            assert found.kwargs.get("lang", "") == ("" if name in places.WORDLESS else lang)


class Outside(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe") or (tag == "link" and given.get("rel") in ("stylesheet", "icon")):
            self.loads.append(given.get("src") or given.get("href") or "")
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


class TestWidget:
    def test_other_sites_may_frame_it_and_nothing_else(self, shop: StatusPage, folder: Path, client: Client) -> None:
        away = Browser(folder, alive=False)
        for path, framed in (
            ("/status/shop/widget/", True),
            ("/status/shop/de/widget/", True),
            ("/status/shop/", False),
        ):
            for query in ("", "x=1"):
                headers = away.get(path, query)[1]
                assert ("frame-ancestors *" in headers["Content-Security-Policy"]) is framed, path
                assert ("X-Frame-Options" in headers) is not framed
            answer = client.get(path)
            assert ("frame-ancestors *" in answer["Content-Security-Policy"]) is framed, path
            assert ("X-Frame-Options" in answer) is not framed

    def test_it_says_how_it_is_and_loads_only_ours(self, shop: StatusPage, folder: Path) -> None:
        body = Browser(folder, alive=False).get("/status/shop/widget/")[2]
        assert "Payments fail" in body
        assert "data-well" not in body
        seen = Outside()
        seen.feed(body)
        assert seen.loads
        assert all(load.startswith(("/static/", "/status/shop/")) for load in seen.loads)
        assert not seen.inline
        PageIncident.objects.update(state="resolved")
        snapshots.render_due()
        assert '<html lang="en" data-well>' in Browser(folder, alive=False).get("/status/shop/widget/")[2]

    def test_its_script_is_a_file_and_asks_nobody_else(self, shop: StatusPage, folder: Path) -> None:
        status, headers, body = Browser(folder, alive=False).get("/status/shop/widget.js")
        assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert not re.findall(r"https?://|eval|innerHTML|document\.cookie|localStorage", body)
