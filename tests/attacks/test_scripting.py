"""Scripts in whatever people and tools may write, stored or reflected."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.test import Client

from comms import letters
from comms.models import Delivery
from config.markdown import render
from incidents.actions import escalation
from incidents.links import page_token
from incidents.models import Page
from teams.models import User
from tests.attacks.conftest import HOSTILE, dangers


def test_the_search_for_danger_finds_it() -> None:
    """Proves that the tests below could fail."""
    for html in ("<script>1</script>", "<p onclick=x>", "<a href=' JavaScript:x'>", "<img src=x>", "<base href=x>"):
        assert dangers(html), html


def pages(rows: dict[str, Any]) -> list[str]:
    pk, alerted, closed = rows["incident"].pk, rows["alerted"].pk, rows["closed"].pk
    story = rows["told"].page_incident
    return [
        "/incidents/?state=all",
        f"/incidents/{pk}/",
        f"/incidents/{pk}/live/",
        f"/incidents/{alerted}/",
        f"/incidents/{pk}/do/declare/",
        f"/incidents/{pk}/facts/",
        f"/incidents/{pk}/severity/",
        f"/incidents/{pk}/updates/",
        f"/incidents/{pk}/updates/panel/",
        f"/incidents/{pk}/roles/scribe/",
        f"/incidents/{pk}/mitigations/new/",
        f"/incidents/{closed}/postmortem/",
        f"/incidents/{closed}/postmortem/edit/",
        "/action-items/",
        f"/action-items/{rows['item'].pk}/",
        "/teams/",
        f"/teams/{rows['team'].slug}/",
        f"/schedules/{rows['schedule'].pk}/",
        "/on-call/",
        "/status/",
        "/status/bad/history/",
        "/status/bad/subscribe/",
        story.get_absolute_url(),
    ]


def administration() -> list[str]:
    kinds = ("teams/team", "teams/service", "teams/schedule", "teams/user", "teams/escalationpolicy")
    more = ("incidents/incident", "incidents/alert", "incidents/change", "incidents/timelineentry", "incidents/page")
    told = ("incidents/integration", "comms/statuspage", "comms/component", "comms/statusupdate", "comms/pageincident")
    return [f"/admin/{kind}/" for kind in (*kinds, *more, *told)]


def test_what_was_stored_never_runs(client: Client, owner: User, alice: User, poisoned: dict[str, Any]) -> None:
    """Proves that no text which people or tools write is markup on any page, for whoever opens it."""
    client.force_login(alice)
    found = {}
    for path in pages(poisoned):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        found[path] = dangers(answer.content.decode())
    client.force_login(owner)
    for path in administration():
        answer = client.get(path)
        if answer.status_code == 200:
            found[path] = dangers(answer.content.decode())
    assert len(found) > 30
    assert {path: what for path, what in found.items() if what} == {}


def test_what_was_stored_never_runs_in_mail_and_feeds(client: Client, alice: User, poisoned: dict[str, Any]) -> None:
    """Proves the same for letters, for the link in a page, and for what feed readers show as HTML."""
    escalation.advance_due()
    written = 0
    for delivery in Delivery.objects.all():
        html = letters.write(letters.reload(delivery)).message.get_body(("html",))
        found = [what for what in dangers(html.get_content()) if not what.endswith("style")]
        assert found == [], delivery
        written += 1
    assert written
    called = Page.objects.first()
    assert dangers(client.get(f"/pages/{page_token(called)}/").content.decode()) == []
    for kind in ("rss", "atom"):
        tree = ElementTree.fromstring(client.get(f"/history.{kind}").content)
        texts = [e.text or "" for e in tree.iter() if e.tag.rpartition("}")[2] in ("description", "summary", "content")]
        assert any("pwn" in text for text in texts)
        assert [what for text in texts for what in dangers(text)] == []


REFLECTED = [
    "/incidents/?q={}",
    "/incidents/?state={}",
    "/incidents/?severity={}",
    "/action-items/?q={}",
    "/teams/?q={}",
    "/status/bad/history/?q={}",
    "/status/bad/history/?month={}",
    "/account/login/?next={}",
    "/account/password/reset/key/{}/",
    "/mail/?q={}",
    "/pages/{}/",
    "/nowhere/{}/",
    "/admin/teams/team/?q={}",
    "/admin/teams/team/?slug={}",
    "/api/v1/nowhere/{}/",
    "/api/v1/docs/?lang={}",
    "/api/v1/docs/?script={}",
    "/api/v1/incidents/?severity={}",
]


def test_what_an_address_says_never_runs(owner: User, poisoned: dict[str, Any]) -> None:
    """Proves that nothing out of an address becomes markup of the answer."""
    for path in REFLECTED:
        client = Client()
        if "/account/" not in path:
            client.force_login(owner)
        client.cookies["watchbill_zone"] = HOSTILE
        answer = client.get(path.format(quote(HOSTILE, safe="")), follow=True)
        if answer["Content-Type"].startswith("text/html"):
            assert dangers(answer.content.decode()) == [], path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer.status_code < 500, path


MARKDOWN = [
    "<script>pwn()</script>",
    "[x](javascript:pwn())",
    "[x](JaVaScRiPt:pwn())",
    "[x](&#106;avascript:pwn())",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:pwn())",
    "![x](x onerror=pwn())",
    '[x](http://a "onmouseover=pwn()")',
    '[x](http://a"onmouseover="pwn())',
    "<http://a'onclick=pwn()>",
    "http://a/<img src=x onerror=pwn()>",
    "`<img src=x onerror=pwn()>`",
    '```"><script>\npwn()\n```',
    "| <img src=x onerror=pwn()> |\n|-|\n| x |",
    "[a]: javascript:pwn()\n\n[a]",
    "<a href='javascript:pwn()'>x</a>",
    "<svg/onload=pwn()>",
    "<!--><img src=x onerror=pwn()>-->",
    "[\u202ex](java\tscript:pwn())",
    "<style>@import 'http://evil'</style>",
    "<math><mi xlink:href=javascript:pwn()>",
]


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_never_runs(text: str) -> None:
    """Proves that no Markdown becomes a script, a handler, a picture or a link that is a script."""
    assert dangers(render(text)) == []
