"""What every answer says to a browser, what production insists on, and what is bounded."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings as configured
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from comms import outcomes, replies, theme, wording
from comms.models import StatusPage
from comms.transports import email
from config import audit, bounds, console, csp, env, judging, logs, markdown, relay
from config.headers import FormsStayHere
from config.markdown import LONGEST, render
from incidents import anonymous, mentions, merging, moments
from incidents.coaching import words as coach_words
from incidents.drilling import scenario
from incidents.files import contents, names
from incidents.serializers.fields import REFERENCE
from incidents.sources import reading
from incidents.trackers import github, gitlab, jira
from teams import bridges, keys, phonebook
from teams.catalogue import backstage
from teams.ical import people, rules
from teams.models import User
from teams.scim import filters as scim_filters
from teams.scim import reading as scim_reading
from tests.api.conftest import Api, api
from tests.platform.test_env import PRODUCTION

__all__ = ["api"]

PATHS = (
    "/account/login/",
    "/status/",
    "/incidents/",
    "/admin/",
    "/api/v1/me/",
    "/api/v1/docs/",
    "/nowhere/",
    "/healthz",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_strict(path: str, client: Client, alice: User, public_page: StatusPage) -> None:
    client.force_login(alice)
    answer = client.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    if path == "/healthz":
        return
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_what_the_public_may_read_may_be_loaded_from_anywhere(client: Client, public_page: StatusPage) -> None:
    for path in ("/api/v2/summary.json", "/history.atom"):
        assert client.get(path)["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_no_cache_keeps_what_is_shown_once(client: Client, alice: User) -> None:
    client.force_login(alice)
    for path in ("/account/password/change/", "/account/2fa/", "/admin/", "/api/v1/tokens/"):
        assert "no-store" in client.get(path, follow=True)["Cache-Control"]
    made = client.post("/api/v1/tokens/", json.dumps({"name": "x"}), content_type="application/json")
    assert "no-store" in made["Cache-Control"]


def test_an_embeddable_view_is_the_one_exception() -> None:
    """A widget may stand in anybody's page; it may have no form."""
    view = csp.embeddable(lambda request: HttpResponse("up"))
    response = view(RequestFactory().get("/widget/"))
    assert response._csp_replace == {"frame-ancestors": ["*"], "form-action": ["'none'"]}
    assert response.xframe_options_exempt is True
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.django_db
def test_a_form_that_leads_to_a_provider_goes_there_by_a_page() -> None:
    """`form-action 'self'` is held against redirects, so that one would end there."""

    def leads(target: str, **headers: str) -> HttpResponse:
        def view(request: HttpRequest) -> HttpResponse:
            response = HttpResponseRedirect(target)
            response.set_cookie("kept", "1")
            return response

        return FormsStayHere(view)(RequestFactory().post("/account/oidc/x/login/", headers=headers))

    away = leads("https://id.example.org/authorize?state=a&x=%22%3E", accept="text/html,*/*")
    assert away.status_code == 200
    assert 'content="0; url=https://id.example.org/authorize?state=a&amp;x=%22%3E"' in away.content.decode()
    assert away.cookies["kept"].value == "1"
    for target in ("/incidents/", "http://testserver/incidents/"):
        assert leads(target, accept="text/html").status_code == 302
    assert leads("https://id.example.org/", accept="application/json").status_code == 302
    assert b"javascript:" not in leads("ftp://x/", accept="text/html").content


def production(code: str, **more: str) -> Any:
    """What a production's settings say: the JSON that `code` prints."""
    environ = {"PATH": os.environ["PATH"], **PRODUCTION, **more}
    program = f"import django, json; django.setup(); from django.conf import settings; print(json.dumps({code}))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=env.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_production_over_https() -> None:
    told = production(
        "{n: getattr(settings, n) for n in dir(settings) if n.startswith(('SE', 'CS', 'AL')) and n.isupper()"
        " and isinstance(getattr(settings, n), (str, int, bool, list))}"
    )
    for cookie in ("SESSION_COOKIE", "CSRF_COOKIE"):
        assert told[f"{cookie}_NAME"].startswith("__Host-")
        assert (told[f"{cookie}_SECURE"], told[f"{cookie}_HTTPONLY"], told[f"{cookie}_SAMESITE"]) == (True, True, "Lax")
    assert told["SECURE_HSTS_SECONDS"] == 2592000
    assert told["SECURE_SSL_REDIRECT"] is True
    assert told["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is False
    assert told["ALLOWED_HOSTS"] == ["watchbill.example.org"]
    assert told["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    wide = production(
        "[settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SILENCED_SYSTEM_CHECKS]", WATCHBILL_HSTS_SUBDOMAINS="yes"
    )
    assert wide == [True, ["security.W021"]]


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "a" * 300, "x y"])
def test_only_our_own_hosts_are_answered(host: str, client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["watchbill.example.org"]
    assert client.get("/account/login/", headers={"host": host}).status_code == 400
    assert client.get("/account/login/", headers={"host": "watchbill.example.org"}).status_code == 200
    forwarded = {"host": "watchbill.example.org", "x-forwarded-host": host}
    assert host not in client.get("/account/login/", headers=forwarded).content.decode()


def test_a_statement_of_a_request_ends_and_a_workers_does_not() -> None:
    show = (
        "from django.db import connection; asked = connection.cursor();"
        " asked.execute('SHOW statement_timeout'); print(asked.fetchone()[0])"
    )
    told = []
    for first in ("import config.wsgi", "import django; django.setup()"):
        environ = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": os.environ["DATABASE_URL"],
            "WATCHBILL_STATEMENT_SECONDS": "7",
        }
        code = [sys.executable, "-c", f"{first}\n{show}"]
        done = subprocess.run(code, env=environ, cwd=env.ROOT, capture_output=True, text=True, check=True)
        told.append(done.stdout.split()[-1])
    assert told == ["7s", "0"]


@pytest.mark.django_db
def test_whom_to_tell_of_a_weakness(client: Client, settings: Settings) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.WATCHBILL_SECURITY_CONTACT = "security@example.org"
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"].endswith("/.well-known/security.txt")
    until = datetime.fromisoformat(fields["Expires"])
    assert 150 < (until - datetime.now(UTC)).days < 365
    with pytest.raises(env.Refused, match="WATCHBILL_SECURITY_CONTACT"):
        env.read({"WATCHBILL_SECURITY_CONTACT": "somebody"})


# --- bounds


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/incidents/?q={'x' * 201}", {}, 400),
        (f"/admin/teams/team/?q={'+'.join('abcdefghijklmnopqrstuvwxyz')}", {}, 400),
        (f"/incidents/?x={'x' * 9000}", {}, 414),
        ("/incidents/", {"x-long": "x" * 40_000}, 431),
        ("/incidents/?page=99999999999999999999", {}, 200),
        (f"/incidents/?page={'9' * 5000}", {}, 200),
        ("/incidents/?page=-1", {}, 200),
        ("/incidents/?" + "&".join(f"a{n}=1" for n in range(2100)), {}, 414),
        ("/incidents/?q=" + "%00", {}, 200),
    ],
    ids=lambda value: str(value)[:40],
)
def test_addresses_and_headers_are_bounded(
    path: str, headers: dict[str, str], status: int, client: Client, alice: User
) -> None:
    client.force_login(alice)
    assert client.get(path, headers=headers).status_code == status


def test_the_api_names_what_is_too_much(api: Api, alice: User) -> None:
    answer = api(alice).get("/api/v1/incidents/", {"q": "x" * 300})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["field"] == "q"
    assert api(alice).get("/api/v1/incidents/", {"x": "x" * bounds.LONGEST_QUERY}).status_code == 414


def test_bodies_are_bounded(api: Api, alice: User, client: Client) -> None:
    deep = '{"title": ' + "[" * 25 + "]" * 25 + "}"
    for body, status in ((deep, 400), ("[" * 100_000, 400), ('{"title": "' + "x" * 1_000_001 + '"}', 413)):
        answer = api(alice).generic("POST", "/api/v1/incidents/", body, content_type="application/json")
        assert answer.status_code == status
    client.force_login(alice)
    assert client.post(
        "/incidents/new/", {"title": "x" * (configured.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}
    ).status_code in (
        400,
        413,
    )
    assert client.post("/incidents/new/", {f"f{n}": "" for n in range(2100)}).status_code == 400


# Every regular expression that has a name, and text that makes a careless one try every way there is.
HOSTILE = 20_000
EXPRESSIONS: dict[str, tuple[re.Pattern[Any], str]] = {
    "comms.transports.email.ADDRESS": (email.ADDRESS, "a" * HOSTILE + " "),
    "config.markdown.LINK": (markdown.LINK, "http://" + ".)" * HOSTILE),
    "incidents.coaching.words.WORD": (coach_words.WORD, "a-" * HOSTILE),
    "incidents.drilling.scenario._NUMBER": (scenario._NUMBER, "9" * HOSTILE + "."),
    "incidents.drilling.scenario._SLUG": (scenario._SLUG, "a-" * HOSTILE),
    "incidents.drilling.scenario._TIME": (scenario._TIME, "1" * HOSTILE + "h"),
    "incidents.mentions.HANDLE": (mentions.HANDLE, '@"' * HOSTILE + "@" + "a." * HOSTILE),
    "incidents.merging.LINE": (merging.LINE, "a" * HOSTILE),
    "incidents.merging.WORD": (merging.WORD, "a" * HOSTILE + " " * HOSTILE),
    "incidents.moments.CLOCK": (moments.CLOCK, "1" * HOSTILE + ":"),
    "incidents.moments.SPAN": (moments.SPAN, "9" * HOSTILE + " h"),
    "incidents.serializers.fields.REFERENCE": (REFERENCE, "INC-" + "9" * HOSTILE),
    "incidents.trackers.github.NAME": (github.NAME, "a" * HOSTILE + "/" + "." * HOSTILE),
    "incidents.trackers.github.NUMBER": (github.NUMBER, "9" * HOSTILE),
    "incidents.trackers.gitlab.NUMBER": (gitlab.NUMBER, "9" * HOSTILE),
    "incidents.trackers.gitlab.PATH": (gitlab.PATH, "a/" * HOSTILE),
    "incidents.trackers.jira.KEY": (jira.KEY, "A" * HOSTILE),
    "incidents.trackers.jira.NUMBER": (jira.NUMBER, "A" * HOSTILE + "-" + "9" * HOSTILE),
    "incidents.sources.reading.RFC_3339": (reading.RFC_3339, "2026-01-01T00:00:00." + "9" * HOSTILE + "x"),
    "incidents.sources.reading.NEARLY_RFC_3339": (
        reading.NEARLY_RFC_3339,
        "2026-01-01 00:00:00." + "9" * HOSTILE + " UTC",
    ),
    "incidents.sources.reading.NOT_IN_A_URL": (reading.NOT_IN_A_URL, "a" * HOSTILE),
    "incidents.sources.reading.UNSTORABLE": (reading.UNSTORABLE, "a" * HOSTILE),
    "incidents.files.names.MEANT_OTHERWISE": (names.MEANT_OTHERWISE, "a" * HOSTILE),
    "comms.wording._NAMED": (wording._NAMED, "{{" + " a" * HOSTILE),
    "comms.wording._SPECIAL": (wording._SPECIAL, "[" * HOSTILE),
    "comms.theme.COLOUR": (theme.COLOUR, "#" * HOSTILE),
    "comms.replies.ENHANCED": (replies.ENHANCED, "5.5." * HOSTILE),
    "comms.replies.THROTTLED": (replies.THROTTLED, "4.7." * HOSTILE),
    "config.relay.BETWEEN": (relay.BETWEEN, ",smtp" * HOSTILE),
    "config.relay.HOST": (relay.HOST, "a" * HOSTILE),
    "comms.outcomes.REPLY": (outcomes.REPLY, "550 " * HOSTILE),
    "config.judging.CONTACT": (judging.CONTACT, "a" * HOSTILE + "@"),
    "config.audit._CONVERTER": (audit._CONVERTER, "<a:" * HOSTILE),
    "config.logs._PATHS": (logs._PATHS, "/pages/" * HOSTILE),
    "config.logs._QUERY": (logs._QUERY, "?key=" * HOSTILE),
    "config.logs._MAIL": (logs._MAIL, "a" * HOSTILE),
    "config.logs._TOKENS": (logs._TOKENS, "wb_" * HOSTILE),
    "config.logs._HEADERS": (logs._HEADERS, "bearer " * HOSTILE),
    "config.console.LEVEL": (console.LEVEL, "a" * HOSTILE + " " + "b" * HOSTILE),
    "teams.catalogue.backstage.NAME": (backstage.NAME, "a" + ".-" * HOSTILE),
    "teams.catalogue.backstage.REF": (backstage.REF, "a" * HOSTILE + ":" * HOSTILE + "/"),
    "teams.phonebook.PHONE": (phonebook.PHONE, "+1" + "0" * HOSTILE),
    "teams.keys.PATTERN": (keys.PATTERN, "wbp_" * HOSTILE),
    "teams.ical.people._WORD": (people._WORD, "a." * HOSTILE + " "),
    "teams.ical.people._PART": (people._PART, " -" * HOSTILE + "-" * HOSTILE),
    "teams.ical.rules._FREQ": (rules._FREQ, "FREQ=" * HOSTILE),
    "teams.ical.rules._ZONE_RULE": (rules._ZONE_RULE, "RRULE" * HOSTILE + "\nRRULE;" * HOSTILE),
    "teams.scim.filters._BY_NAME": (scim_filters._BY_NAME, 'userName eq "a"' + " " * HOSTILE + "x"),
    "teams.scim.reading._MEMBER": (scim_reading._MEMBER, "value" + " " * HOSTILE + "value eq " * HOSTILE),
    "teams.scim.reading._FILTER": (scim_reading._FILTER, "a[" + "].a" * HOSTILE + "1"),
    "teams.bridges._PLACE": (bridges._PLACE, "{" * HOSTILE),
}
# Of bytes; whole files are searched with it.
IN_BYTES = {"incidents.files.contents.SVG": (contents.SVG, b"<a" * HOSTILE + b"<!DOCTYPE" + b" " * HOSTILE)}
# Made while running, of names that are escaped.
MADE_ANEW = {"config/story/client.py", "incidents/unnamed.py", "comms/casting.py"}
# Read what our own server of the story answers, our own templates and catalogues, and our own schema.
OURS = (
    {"config.story.play.LINK"}
    | {f"config.baseline.{name}" for name in ("APPLIED", "DIGEST", "HEADING", "OF_OTHERS", "OF_THE_SESSION")}
    | {f"config.catalogues.{name}" for name in ("_BLOCK", "_TAG", "_VARIABLE", "_CALL", "_CALL_IN_CONTEXT", "_LINE")}
)
# What the expressions that stand in the middle of the code are tried with.
TRIED = ["a", " ", "<", "{", "{a", " ({", "<a", ",", ".", "\n", "a ", "]", "_", "\r\n"]


def expressions() -> Iterator[tuple[str, str, ast.expr]]:
    """Each call of the `re` module in the rooms: its module, the name it is kept under or "", and the expression."""
    for room in ("config", "teams", "incidents", "comms"):
        for path in (env.ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text())
            kept = {id(row.value): ast.unparse(row.targets[0]) for row in tree.body if isinstance(row, ast.Assign)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and re.fullmatch(r"re\.(?!escape)\w+", ast.unparse(node.func)):
                    yield path.relative_to(env.ROOT).as_posix(), kept.get(id(node), ""), node.args[0]


@pytest.mark.parametrize("name", [*EXPRESSIONS, *IN_BYTES])
def test_no_expression_runs_away(name: str) -> None:
    pattern, text = (EXPRESSIONS | IN_BYTES)[name]
    began = time.perf_counter()
    for tried in (text, text + (b"!" if isinstance(text, bytes) else "!")):
        list(pattern.finditer(tried))
        pattern.fullmatch(tried)
    assert time.perf_counter() - began < 2


def test_every_expression_is_tried() -> None:
    """Whatever has a name is on the list above; the short ones in the middle of the code are tried here."""
    named, made = set(), set()
    for path, name, written in expressions():
        if name:
            named.add(f"{path.removesuffix('.py').replace('/', '.')}.{name}")
        elif not isinstance(written, ast.Constant):
            made.add(path)
        else:
            began = time.perf_counter()
            for part in TRIED:
                text: Any = part * HOSTILE + "!"
                re.sub(written.value, written.value[:0], text.encode() if isinstance(written.value, bytes) else text)
            assert time.perf_counter() - began < 2, (path, written.value)
    assert named == {*EXPRESSIONS, *IN_BYTES, *OURS}
    assert made == MADE_ANEW


@pytest.mark.parametrize(
    "text",
    ["[" * LONGEST, "![[" * LONGEST, "> " * LONGEST, "**a*" * LONGEST, "[a](" * LONGEST, "a|b\n-|-\n" + "|\n" * LONGEST,
     "`" * LONGEST, "<" * LONGEST, "http://a " * LONGEST, "".join("  " * n + "- a\n" for n in range(200))],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_markdown_is_bounded(text: str) -> None:
    began = time.perf_counter()
    html = render(text)
    assert time.perf_counter() - began < 6
    assert len(html) < 40 * LONGEST


def test_names_in_texts_for_the_public_are_found_in_time(alice: User, payments: Any) -> None:
    """The expression of `incidents.unnamed` is made of everybody's names, escaped."""
    from tests import factories

    alice.first_name, alice.last_name = "(a+)+$", ".*" * 20
    alice.save()
    incident = factories.incident(payments, alice)
    began = time.perf_counter()
    (told,) = anonymous.without_names(incident, ["a" * 50_000 + " (a+)+$"])
    assert time.perf_counter() - began < 2
    assert "(a+)+$" not in told


REFUSED = re.compile(
    r"\sstyle=|<style|<script(?![^>]*\b(?:src|nonce|type=\"application/json\"))|\son[a-z]+=\"|javascript:"
)


def test_templates_have_no_style_and_no_script_of_their_own() -> None:
    """The policy would refuse them; letters have no policy and need their styles."""
    wrong = []
    for room in ("config", "teams", "incidents", "comms"):
        for path in (env.ROOT / room).rglob("templates/**/*.html"):
            if not {"mail", "letters"} & set(path.parts) and REFUSED.search(path.read_text()):
                wrong.append(path.relative_to(env.ROOT).as_posix())
    assert wrong == []
