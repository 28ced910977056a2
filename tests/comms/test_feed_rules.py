"""The rules that the W3C's feed validator looks after, for RSS 2.0 and Atom 1.0, and a reader with strict syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest
from django.test import Client

from comms.actions import publishing
from comms.models import Component, PageIncident, StatusPage
from teams.models import User
from tests.attacks.test_what_is_told import dangers, elements

ATOM = "{http://www.w3.org/2005/Atom}"
# RFC 3339 with an offset, and RFC 822 with a year of four digits.
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4}|GMT)")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
ADDRESSES = [f"{prefix}history.{kind}" for prefix in ("/", "/status/shop/") for kind in ("rss", "atom")]


@pytest.fixture
def page(db: None, alice: User) -> StatusPage:
    """Two incidents; one has all that a text may have in it."""
    page = StatusPage.objects.create(
        name="Shop & Söhne <b>",
        slug="shop",
        is_default=True,
        time_zone="Asia/Kathmandu",
        description="Ours & <i>yours</i>",
    )
    part = Component.objects.create(page=page, name="Payments")
    for title, body in (
        (
            "Cards & carts < 5 %",
            "**Sorry** & see [the list](/status/shop/history/) or <https://example.org/a?b=1&c=2>.\n\n\U0001f6d1",
        ),
        ("Search is slow", "We look into it.\x0b"),
    ):
        told = PageIncident.objects.create(page=page, title=title)
        publishing.publish_update(told, by=alice, title=title, body=body, component_states={part: "partial_outage"})
        publishing.publish_update(told, by=alice, body="It is *over*.", state="resolved")
    return page


def whole(address: str | None) -> bool:
    parts = urlsplit(address or "")
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in (address or "")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_strict_reader_finds_nothing_amiss(client: Client, page: StatusPage, address: str) -> None:
    answer = client.get(address)
    kind = address.rpartition(".")[2]
    assert answer["Content-Type"] == f"application/{kind}+xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    read = feedparser.parse(answer.content, response_headers={"content-type": answer["Content-Type"]})
    assert not read.bozo, read.get("bozo_exception")
    assert read.version == {"rss": "rss20", "atom": "atom10"}[kind]
    assert read.encoding == "utf-8"
    assert [entry.title for entry in read.entries] == ["Search is slow", "Cards & carts < 5 %"]
    assert len({entry.id for entry in read.entries}) == 2
    assert all(entry.published_parsed or entry.updated_parsed for entry in read.entries)
    head = client.head(address)
    assert (head.status_code, head["Content-Type"]) == (200, answer["Content-Type"])


def bodies(tree: ET.Element, *names: str) -> Iterator[str]:
    for each in tree.iter():
        if each.tag in names:
            yield each.text or ""


def judge_bodies(texts: list[str]) -> None:
    assert any("<strong>Sorry</strong> &amp; see" in text for text in texts)
    for text in texts:
        assert dangers(text, fragment=True) == []
        for tag, given in elements(text, fragment=True):
            assert tag not in ("script", "style", "meta", "link", "iframe", "object")
            assert all(whole(given[name]) for name in ("href", "src") if name in given), given


def test_rss(client: Client, page: StatusPage) -> None:
    root = ET.fromstring(client.get("/history.rss").content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    [channel] = list(root)
    assert channel.tag == "channel"
    for name in ("title", "link", "description", "language", "lastBuildDate"):
        assert len(channel.findall(name)) == 1, name
        assert (channel.findtext(name) or "").strip()
    assert whole(channel.findtext("link"))
    assert LANGUAGE.fullmatch(channel.findtext("language") or "")
    assert RFC822.fullmatch(channel.findtext("lastBuildDate") or "")
    own = [each for each in channel.findall(f"{ATOM}link") if each.get("rel") == "self"]
    assert len(own) == 1
    assert whole(own[0].get("href"))
    assert (own[0].get("href") or "").endswith("/status/shop/history.rss")
    items = channel.findall("item")
    seen = set()
    for item in items:
        assert item.findtext("title") or item.findtext("description")
        assert whole(item.findtext("link"))
        assert RFC822.fullmatch(item.findtext("pubDate") or "")
        date = parsedate_to_datetime(item.findtext("pubDate") or "")
        assert f"{date:%a}" == (item.findtext("pubDate") or "")[:3]
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink", "true") == "true"
        assert whole(guid.text)
        seen.add(guid.text)
        assert len({each.tag for each in item}) == len(list(item)), "an element comes twice"
    assert len(seen) == len(items) == 2
    # Titles and the channel's description are plain text.
    assert channel.findtext("title") == "Shop & Söhne <b>: incident history"
    assert "<i>" not in (channel.findtext("description") or "")
    judge_bodies(list(bodies(root, "description"))[1:])


def test_atom(client: Client, page: StatusPage) -> None:
    root = ET.fromstring(client.get("/status/shop/history.atom").content)
    assert root.tag == f"{ATOM}feed"
    assert LANGUAGE.fullmatch(root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    for name in ("id", "title", "updated"):
        assert len(root.findall(ATOM + name)) == 1, name
    own = [each for each in root.findall(f"{ATOM}link") if each.get("rel") == "self"]
    assert [each.get("href", "").endswith("/status/shop/history.atom") for each in own] == [True]
    alternates = [(each.get("type"), each.get("hreflang")) for each in root.findall(f"{ATOM}link[@rel='alternate']")]
    assert len(alternates) == len(set(alternates)) == 1
    entries = root.findall(f"{ATOM}entry")
    # Without an author of the feed each entry has one.
    authors = [entry.find(f"{ATOM}author/{ATOM}name") for entry in entries]
    if root.find(f"{ATOM}author/{ATOM}name") is None:
        assert all(each is not None and (each.text or "").strip() for each in authors)
    stamps = []
    for entry in entries:
        for name in ("id", "title", "updated"):
            assert len(entry.findall(ATOM + name)) == 1, name
        assert whole(entry.findtext(f"{ATOM}id"))
        assert all(whole(each.get("href")) for each in entry.findall(f"{ATOM}link"))
        updated, published = (entry.findtext(ATOM + name) or "" for name in ("updated", "published"))
        assert RFC3339.fullmatch(updated)
        assert RFC3339.fullmatch(published)
        assert datetime.fromisoformat(updated) >= datetime.fromisoformat(published)
        stamps.append(datetime.fromisoformat(updated))
        summary = entry.find(f"{ATOM}summary")
        assert summary is not None
        assert summary.get("type") == "html"
        assert len([each for each in entry.findall(f"{ATOM}link") if each.get("rel", "alternate") == "alternate"]) == 1
    assert len({entry.findtext(f"{ATOM}id") for entry in entries} | {root.findtext(f"{ATOM}id")}) == 3
    assert datetime.fromisoformat(root.findtext(f"{ATOM}updated") or "") >= max(stamps)
    judge_bodies(list(bodies(root, f"{ATOM}summary")))


def test_an_empty_feed_keeps_the_rules(client: Client, db: None) -> None:
    StatusPage.objects.create(name="Shop", slug="shop", is_default=True)
    for address in ADDRESSES:
        read = feedparser.parse(client.get(address).content)
        assert not read.bozo
        assert read.feed.title == "Shop: incident history"
        assert read.entries == []
