"""The line under the timeline as it is worked: commands, mentions, pins, a search, and what is sent twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from comms.models import Delivery
from incidents.actions import notes, pins
from incidents.models import Incident, Pin, RoleAssignment, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    """Declared; alice commands, bob leads operations."""
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


def typed(browser: Browser, incident: Incident, line: str, **more: Any) -> Any:
    """What the page's script gets for a line."""
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": f"http://testserver{incident.get_absolute_url()}",
        "Accept": "application/json",
    }
    answer = browser.client.post(reverse("incidents:note", args=[incident.pk]), {"text": line, **more}, headers=headers)
    return json.loads(answer.content) | {"status": answer.status_code}


def newest(incident: Incident) -> TimelineEntry:
    return TimelineEntry.objects.filter(incident=incident).latest("pk")


def told(user: User) -> int:
    return Delivery.objects.filter(kind="notice", user=user).count()


def test_commands_do_what_their_forms_do(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    answer = typed(browser, incident, "/severity 1 because nobody can pay")
    assert (answer["status"], answer["said"]) == (200, "Severity is SEV1.")
    assert 'id="timeline-list"' in answer["html"]
    assert newest(incident).reason == "nobody can pay"
    typed(browser, incident, "/role scribe @bob")
    assert RoleAssignment.objects.get(state="offered").user == bob
    typed(browser, incident, "/mitigate roll back deploy 42 @bob within 10m")
    one = incident.mitigations.get()
    assert (one.kind, one.title, one.carried_by) == ("roll_back", "Roll back deploy 42", bob)
    assert one.deadline_at is not None
    typed(browser, incident, "/task @bob check the replicas by 15m")
    task = incident.tasks.get()
    assert (task.title, task.owner) == ("Check the replicas", bob)
    search = factories.TeamFactory(name="Search", people=[factories.UserFactory()])
    factories.policy(search, [factories.schedule(search, [search.members.get()])])
    typed(browser, incident, "/page @search is the index slow?")
    assert incident.team_requests.get().team == search
    typed(browser, incident, "/eta 30m")
    incident.refresh_from_db()
    assert incident.eta_at is not None
    assert timedelta(minutes=29) < incident.eta_at - timezone.now() <= timedelta(minutes=30)
    typed(browser, incident, "/at 5m ago /decide we fail over")
    assert (newest(incident).kind, newest(incident).text) == ("decision", "we fail over")
    assert newest(incident).occurred_at < timezone.now() - timedelta(minutes=4)  # type: ignore[operator]
    typed(browser, incident, "/link https://example.org/g Errors by minute")
    assert '<a href="https://example.org/g" rel="nofollow noopener noreferrer">Errors by minute</a>' in text(
        browser.get("incident", incident.pk)
    )
    assert typed(browser, incident, "/status We are rolling back.")["go"].endswith("?text=We+are+rolling+back.")


def test_a_refusal_says_what_is_wrong_and_writes_nothing(incident: Incident, alice: User) -> None:
    browser, before = Browser(alice), newest(incident).pk
    for line, said in (
        ("/severty 1", "Did you mean /severity?"),
        ("/severity 9", "There is no severity “9”"),
        ("/role lead", "may mean several"),
        ("/role scribe @nobody", "Nobody is called @nobody"),
        ("", "Write what happened"),
    ):
        answer = typed(browser, incident, line)
        assert answer["status"] == 409
        assert said in " ".join(answer["problems"]), line
    # Without the script the form comes back with all that was typed.
    page = browser.post("note", incident.pk, text="/severty 1")
    assert page.status_code == 409
    assert "/severty 1</textarea>" in text(page)
    assert newest(incident).pk == before


def test_a_line_that_is_sent_twice_is_written_once(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    away = (timezone.now() - timedelta(minutes=20)).isoformat()
    for _ in range(2):
        assert typed(browser, incident, "Errors fall", key="k" * 24, typed_at=away)["said"] == "Written down."
    entry = TimelineEntry.objects.get(text="Errors fall")
    assert entry.occurred_at is not None
    assert entry.recorded_at - entry.occurred_at > timedelta(minutes=19)
    typed(browser, incident, "Errors fall more", key="k" * 24)
    typed(Browser(bob), incident, "Errors fall", key="k" * 24)
    assert TimelineEntry.objects.filter(text__startswith="Errors fall").count() == 3
    # A refusal is not kept: the same line may be sent again once it can be done.
    assert typed(browser, incident, "/sev 2", key="z")["status"] == 409
    notes.set_severity(incident.pk, Severity.objects.get(pk=3), by=bob, reason="Only a few")
    assert typed(browser, incident, "/sev 2", key="z")["status"] == 200


def test_whom_a_note_mentions_is_told(incident: Incident, alice: User, bob: User, payments: Team, search: Team) -> None:
    before = told(bob)
    entry = notes.note(incident.pk, "@bob and @payments, look at bob@example.org; `@search` and @nobody not", by=alice)
    assert [row["as"] for row in entry.data["mentions"]] == ["bob", "payments", "search"]
    assert told(bob) == before + 1
    assert told(alice) == 0
    page = text(Browser(alice).get("incident", incident.pk))
    assert '<span class="mention">@' in page
    assert "<code>@search</code>" in page
    notes.correct(entry.pk, "@bob, look again", by=alice)
    assert told(bob) == before + 1


def test_who_cannot_see_a_private_incident_is_offered_not_told(
    payments: Team, alice: User, bob: User, charlie: User
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE, private=True)
    notes.note(incident.pk, "Ask @charlie", by=alice)
    assert told(charlie) == 0
    browser = Browser(alice)
    assert "was told nothing" in text(browser.get("incident", incident.pk))
    browser.dialog(incident, "bring_in", incident.pk, charlie.pk)
    assert told(charlie) == 1
    assert "was told nothing" not in text(browser.get("incident", incident.pk))
    assert Browser(charlie).get("incident", incident.pk).status_code == 200


def test_lines_are_pinned_taken_down_and_both_are_told(incident: Incident, alice: User, bob: User) -> None:
    entry = notes.note(incident.pk, "Bridge: room 4", by=bob)
    browser = Browser(alice)
    browser.dialog(incident, "pin", incident.pk, entry=entry.pk)
    notes.correct(entry.pk, "Bridge: room 5", by=bob)
    top = text(browser.get("incident", incident.pk)).split('id="timeline-list"')[0]
    assert "Bridge: room 5" in top
    assert "Bridge: room 4" not in top
    browser.dialog(incident, "pin", incident.pk, down=entry.pk)
    assert not Pin.objects.exists()
    assert [e.verb for e in incident.timeline.order_by("-pk")[:3]] == [
        "entry.unpinned",
        "entry.corrected",
        "entry.pinned",
    ]
    for number in range(Pin.MOST):
        pins.write(incident.pk, f"Line {number}", by=alice)
    with pytest.raises(Blocked, match="Take one down"):
        pins.pin(incident.pk, entry.pk, by=alice)


def test_the_timeline_is_searched_by_words_by_writer_and_by_what_is_pinned(
    incident: Incident, alice: User, bob: User
) -> None:
    notes.note(incident.pk, "Replicas lag", by=alice)
    notes.note(incident.pk, "Replicas are fine", by=bob)
    pins.write(incident.pk, "Bridge: room 4", by=bob)
    browser = Browser(alice)

    def lines(**asked: Any) -> str:
        return text(browser.get("incident", incident.pk, **asked)).split('id="timeline-list"')[1].split("</ol>")[0]

    assert "Replicas lag" in lines(q="replicas")
    assert "Bridge" not in lines(q="replicas")
    assert "Replicas lag" not in lines(q="replicas", who=bob.pk)
    assert "Replicas" not in lines(pinned="yes")
    assert "Bridge" in lines(pinned="yes")
    assert "No entry fits" in lines(q="zebra")
    assert browser.get("incident", incident.pk, who="x" * 20, show="nonsense", q="\x00").status_code == 200


def test_what_completes_a_word(
    incident: Incident, alice: User, bob: User, charlie: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Browser(alice)

    def offered(kind: str, begin: str = "") -> list[str]:
        answer: HttpResponse = browser.get("complete", incident.pk, kind=kind, q=begin)
        return [each["insert"] for each in json.loads(answer.content)["options"]]

    assert set(offered("person")[:2]) == {"@alice", "@bob"}
    assert offered("whom", "char") == ["@charlie"]
    assert offered("whom", "paym") == ["@payments"]
    assert offered("role", "comm") == ["Incident Commander", "Communications Lead"]
    assert offered("severity", "crit") == ["1"]
    assert offered("whom", "\x00zebra") == []
    with django_assert_max_num_queries(12):
        offered("whom", "a")


def test_the_same_through_the_api(incident: Incident, alice: User, bob: User) -> None:
    client = APIClient()
    client.force_authenticate(alice)
    base = f"/api/v1/incidents/{incident.pk}"

    def post(path: str, body: dict[str, Any], **headers: str) -> Any:
        answer = client.post(f"{base}/{path}/", body, format="json", headers=headers)
        return answer.json() | {"status_code": answer.status_code}

    assert {each["name"] for each in client.get(f"{base}/commands/").json()} >= {"severity", "role", "eta"}
    for _ in range(2):
        done = post("commands", {"text": "/pin Bridge: room 4, ask @bob"}, **{"Idempotency-Key": "one"})
        assert (done["command"], done["entry"]["kind"]) == ("pin", "note")
    assert post("commands", {"text": "/eta soon"})["status_code"] == 409
    assert post("commands", {"text": "/status We work on it"})["draft"] == "We work on it"
    (pinned,) = client.get(f"{base}/pins/").json()
    assert (pinned["entry"]["text"], pinned["pinned_by"]["username"]) == ("Bridge: room 4, ask @bob", "alice")
    found = client.get(f"{base}/timeline/", {"q": "bridge", "actor": "alice", "pinned": "true"}).json()["results"]
    assert [each["id"] for each in found] == [pinned["entry"]["id"]]
    assert client.delete(f"{base}/pins/{pinned['entry']['id']}/").status_code == 204
    assert client.get(f"{base}/timeline/", {"pinned": "true"}).json()["results"] == []
