"""The page that brings services in from a file: looking, mending, doing; and the file that all of them make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from teams.models import AuditEvent, Service, Team, User

HARBOUR = Path(__file__).parents[1] / "data" / "catalogue" / "harbour.yaml"
URL = "/services/-/import/"


@pytest.fixture
def as_alice(client: Client, alice: User, payments: Team, search: Team) -> Client:
    """An admin."""
    User.objects.filter(pk=alice.pk).update(role="admin")
    client.force_login(alice)
    return client


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def seen(answer: Any) -> str:
    return str(answer.context["plan"].fingerprint)


def test_a_file_is_looked_at_and_then_brought_in(as_alice: Client, alice: User) -> None:
    file = SimpleUploadedFile("catalog-info.yaml", HARBOUR.read_bytes())
    looked = as_alice.post(URL, {"file": file, "look": "1"})
    assert looked.status_code == 200
    told = page(looked)
    for words in (
        *(
            "8 to create, 0 to change, 0 to leave",
            "Bring them in",
            "Latency and errors",
            "Line 111",
            "staging is none of",
        ),
        *('<code class="remark__text">lifecycle: staging</code>', "Location is no service"),
    ):
        assert words in told, words
    assert not Service.objects.exists()
    # The text of the file stands in the form now, which is all that the second step sends.
    form = looked.context["form"]
    assert form["text"].value() == HARBOUR.read_text()
    done = as_alice.post(URL, {"text": form["text"].value(), "seen": seen(looked), "apply": "1"}, follow=True)
    assert "8 created, 0 changed, 0 left as they were." in page(done)
    event = AuditEvent.objects.filter(kind="teams.service").latest("pk")
    assert (event.user, event.through) == (alice, "console")
    again = page(as_alice.post(URL, {"text": HARBOUR.read_text(), "look": "1"}))
    assert "0 to create, 0 to change, 8 to leave" in again
    assert "Bring them in" not in again


def test_what_is_wrong_is_told_and_what_was_typed_stays(as_alice: Client) -> None:
    typed = "services:\r\n  - slug: a\r\n    team: <nobody>\r\n    depends_on: [b]\r\n"
    answer = as_alice.post(URL, {"text": typed, "look": "1"})
    assert answer.status_code == 422
    told = page(answer)
    for words in ("2 problems", "Line 3", "&lt;nobody&gt;", '<code class="remark__text">team: &lt;nobody&gt;</code>'):
        assert words in told, words
    assert answer.context["form"]["text"].value() == typed
    assert "Bring them in" not in told
    # Somebody who sends it on all the same changes nothing.
    sent = as_alice.post(URL, {"text": typed, "seen": seen(answer), "apply": "1"})
    assert sent.status_code == 422
    assert not Service.objects.exists()


def test_who_answers_can_be_chosen_for_owners_who_are_no_team(as_alice: Client, search: Team) -> None:
    search.delete()
    text = HARBOUR.read_text()
    assert "There is no team “search”" in page(as_alice.post(URL, {"text": text, "look": "1"}))
    looked = as_alice.post(URL, {"text": text, "fallback": "payments", "look": "1"})
    assert "Payments answers for it." in page(looked)
    as_alice.post(URL, {"text": text, "fallback": "payments", "seen": seen(looked), "apply": "1"})
    assert Service.objects.get(slug="search").team.slug == "payments"


def test_only_what_was_shown_is_done(as_alice: Client, checkout: Service) -> None:
    text = "services: [{slug: checkout, tier: 1}]"
    looked = as_alice.post(URL, {"text": text, "look": "1"})
    for more, given in (("tier: 3", seen(looked)), ("tier: 1", "")):
        answer = as_alice.post(URL, {"text": text.replace("tier: 1", more), "seen": given, "apply": "1"})
        assert "has changed since you looked" in page(answer)
        checkout.refresh_from_db()
        assert checkout.tier == 2
    as_alice.post(URL, {"text": text, "seen": seen(looked), "apply": "1"})
    checkout.refresh_from_db()
    assert checkout.tier == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Give a file or its text."),
        ({"text": " \n "}, "Give a file or its text."),
        ({"file": SimpleUploadedFile("x.yaml", b"a: \xff")}, "Line 1: This is no text in UTF-8"),
        ({"file": SimpleUploadedFile("x.yaml", b"x" * 500_001)}, "more than 500 kB"),
        ({"text": "a: ["}, "This is no YAML"),
    ],
)
def test_what_is_no_file_of_services_is_refused(as_alice: Client, given: dict[str, Any], words: str) -> None:
    answer = as_alice.post(URL, {**given, "look": "1"})
    assert answer.status_code == 422
    assert words in page(answer)


def test_who_manages_no_team_brings_nothing_in_and_everybody_may_export(
    client: Client, bob: User, checkout: Service
) -> None:
    User.objects.filter(pk=bob.pk).update(role="viewer")
    client.force_login(bob)
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"text": "services: [{slug: checkout, tier: 1}]", "apply": "1"}).status_code == 403
    told = client.get("/services/export.yaml")
    assert told["Content-Disposition"] == 'attachment; filename="services.yaml"'
    assert "slug: checkout" in told.content.decode()
    assert "Import" not in page(client.get("/services/"))
