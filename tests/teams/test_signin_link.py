"""Whoever holds nothing but the link in a page can acknowledge that page, and do nothing else anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

from config.middleware import says_its_verb
from incidents.actions import escalation
from incidents.links import page_token
from incidents.models import EscalationRun, Incident, Page
from teams import access, permits
from teams.models import Team, User
from tests import factories
from tests.access.world import unlimited
from tests.sweeps import WHOLE

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") if WHOLE else ("GET", "POST")
# One gate is before all models of the administration.
ONE_OF_MANY = re.compile(r"admin/(?!teams/user/)\w+/\w+/")
CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
# What somebody may get who is nobody: sent to sign in, refused, nothing there, or not in this way.
NOTHING = {301, 302, 400, 401, 403, 404, 405, 415}


@pytest.fixture
def called(payments: Team, alice: User, bob: User) -> Page:
    incident = factories.incident(payments, bob, title="Key leaked", private=True, impact="All of it", summary="Secret")
    escalation.advance(EscalationRun.objects.get(incident=incident).pk)
    return Page.objects.get()


def walk(patterns: Any, before: str, token: str, pk: int) -> Iterator[tuple[str, Any]]:
    """Every address of the table, with `token` wherever a word may stand and `pk` wherever a number may."""
    for entry in patterns:
        route = getattr(entry.pattern, "_route", None)
        if route is not None:
            part = CONVERTER.sub(lambda m: str(pk) if m[1] == "int" else token, route)
        else:
            text, names = normalize(entry.pattern._regex)[0]
            part = text % {n: str(pk) if n in ("pk", "object_id") else token for n in names}
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, before + part, token, pk)
        elif isinstance(entry, URLPattern):
            yield before + part, entry.callback


def test_the_link_opens_nothing_else(called: Page, settings: Any) -> None:
    # A walk over all addresses asks more often than a stranger may.
    unlimited(settings)
    token = page_token(called)
    own = f"pages/{token}/"
    addresses = [
        (p, v)
        for p, v in walk(get_resolver().url_patterns, "", token, called.incident_id)
        if not p.startswith(own) and (WHOLE or not ONE_OF_MANY.match(p))
    ]
    assert len(addresses) > 100
    client = Client(headers={"Authorization": f"Bearer {token}", "X-Token": token})
    before = Incident.objects.values().get(pk=called.incident_id)
    opened = []
    for path, view in addresses:
        assert says_its_verb(view)
        for method in METHODS:
            with CaptureQueriesContext(connection) as queries:
                answer = client.generic(method, f"/{path}?token={token}", b"", content_type=FORM)
            where = f"{method} /{path}"
            assert answer.status_code < 500, where
            assert b"Key leaked" not in getattr(answer, "content", b""), where
            verb = permits.verb_of(view, method)
            # A public form may keep its notice in a session, which is nobody's.
            assert "watchbill_session" not in answer.cookies or verb in access.OPEN, where
            client.cookies.clear()
            if verb is not None and verb not in access.OPEN:
                opened += [(where, answer.status_code)] if answer.status_code not in NOTHING else []
                wrote = [q["sql"] for q in queries if re.match(r"(INSERT|UPDATE|DELETE)", q["sql"])]
                assert not wrote, where
    assert opened == []
    assert Incident.objects.values().get(pk=called.incident_id) == before
    assert not [s for s in Session.objects.all() if SESSION_KEY in s.get_decoded()]


def test_pressing_the_button_makes_no_session(called: Page, alice: User) -> None:
    client = Client()
    client.get(f"/pages/{page_token(called)}/")
    assert client.post(f"/pages/{page_token(called)}/").status_code == 302
    assert Incident.objects.get().acknowledged_by == alice
    assert "watchbill_session" not in client.cookies
    assert not Session.objects.exists()
    assert client.get("/incidents/").status_code == 302


def test_the_link_works_for_somebody_whose_second_factor_is_missing(called: Page, alice: User) -> None:
    from teams.models import Organization

    Organization.current()
    Organization.objects.update(second_factor_for="everybody")
    alice.set_password("calm-and-steady-7")
    alice.save()
    client = Client()
    client.force_login(alice)
    assert client.get("/incidents/")["Location"] == "/account/2fa/"
    assert client.post(f"/pages/{page_token(called)}/").status_code == 302
    assert Incident.objects.get().acknowledged_by == alice
