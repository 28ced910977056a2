"""Nothing tells a stranger whether an address is subscribed: not the words, not the headers, not the work."""

from __future__ import annotations

import re
import statistics
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comms import endpoints
from comms.models import Delivery, PageRole, StatusPage, Subscriber
from teams.models import User

ROUNDS = 7
# They say what time it is.
CLOCKS = ("Date", "Expires")
HOOK = "https://93.184.215.14/status"
STATES = ("pending", "active", "unsubscribed", "suppressed")


def known(page: StatusPage, email: str, state: str, **fields: Any) -> Subscriber:
    return Subscriber.objects.create(page=page, email=email, state=state, **fields)


def limited(page: StatusPage, email: str) -> None:
    """Somebody who was sent all the mails that they get on one day."""
    theirs = known(page, email, "pending")
    for n in range(5):
        Delivery.objects.create(
            key=f"confirm:{theirs.pk}:{n}", kind="confirm", address=email, subscriber=theirs, created_at=timezone.now()
        )


def shape(sql: str) -> str:
    """A statement without its values. What writes a row that is there writes one that is not in another word."""
    said = re.sub(r"'(?:[^']|'')*'|\b\d+\b|s\d+_x\d+", "?", sql)
    words = said.split()[:3]
    return "WRITE" if words[0] in ("INSERT", "UPDATE") else words[0]


def asked(client: Client, page: StatusPage, **form: Any) -> tuple[str, dict[str, str], list[str]]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = client.post(f"/status/{page.slug}/subscribe/", form)
    assert answer.status_code == 200
    body = answer.text.replace(form["email"], "ADDRESS")
    headers = {name: value for name, value in answer.headers.items() if name not in CLOCKS}
    return body, headers, [shape(query["sql"]) for query in seen]


@pytest.fixture
def cases(public_page: StatusPage) -> dict[str, str]:
    """Addresses of the same length, by what is known of them."""
    for state in STATES:
        known(public_page, f"{state:_<12}@example.org", state)
    limited(public_page, "limited_____@example.org")
    return {name: f"{name:_<12}@example.org" for name in ("new", *STATES, "limited")}


@pytest.mark.django_db
@pytest.mark.parametrize("form", [{}, {"scope": "some"}, {"way": "webhook", "endpoint": HOOK}])
def test_the_same_words_headers_and_statements(
    client: Client, public_page: StatusPage, cases: dict[str, str], form: dict[str, str]
) -> None:
    component = public_page.components.create(name="Search")
    if "scope" in form:
        form = form | {"components": component.uid}
    if "way" in form:
        for name, email in cases.items():
            if name in STATES:
                mark = endpoints.mark("webhook", HOOK, email)
                made = known(public_page, email, name, channel="webhook", endpoint=HOOK, endpoint_mark=mark)
                assert made.pk
    # What is loaded when it is first needed.
    asked(client, public_page, email="before______@example.org", **form)
    answers = {name: asked(client, public_page, email=email, **form) for name, email in cases.items()}
    reference = answers["new"]
    assert len(reference[2]) > 8
    for name, answer in answers.items():
        assert answer == reference, name


@pytest.mark.django_db
@pytest.mark.parametrize("audience", ["internal", "executives"])
def test_on_pages_for_people_of_the_organization(client: Client, bob: User, audience: str) -> None:
    page = StatusPage.objects.create(name="Inside", slug="inside", audience=audience)
    PageRole.objects.create(page=page, user=bob, role="reader")
    client.force_login(bob)
    asked(client, page, email=bob.email)
    first = Subscriber.objects.get()
    seen = []
    for state in ("", *STATES):
        Delivery.objects.all().delete()
        Subscriber.objects.filter(pk=first.pk).update(state=state or "pending")
        if not state:
            first.delete()
            first = Subscriber()
        seen.append(asked(client, page, email=bob.email))
        first = Subscriber.objects.get()
    assert all(answer == seen[0] for answer in seen)


@pytest.mark.django_db
def test_the_medians_of_the_time_it_takes_are_told(
    client: Client, public_page: StatusPage, cases: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The time itself is nothing that a test can hold on to on a busy machine: that the same is done is, above. What
    was measured is printed for whoever reads it, with `-s`."""
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, email in cases.items():
            began = time.perf_counter()
            client.post(f"/status/{public_page.slug}/subscribe/", {"email": email})
            took[name].append((time.perf_counter() - began) * 1000)
    with capsys.disabled():
        print("\nMedian milliseconds:", {name: round(statistics.median(each), 1) for name, each in took.items()})
    assert {len(each) for each in took.values()} == {ROUNDS}


@pytest.mark.django_db
def test_a_link_that_is_none_says_nothing(client: Client, public_page: StatusPage) -> None:
    made = known(public_page, "a@example.org", "active")
    forged = [
        client.get(f"/{kind}/{pk}-{'0' * 32}/") for kind in ("subscriptions", "unsubscribe") for pk in (made.pk, 9)
    ]
    assert {answer.status_code for answer in forged} == {404}
    assert forged[0].content == forged[1].content
