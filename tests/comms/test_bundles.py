"""A storm is one page for each person and then a digest, and what is worse breaks through."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comms import calls, letters
from comms.actions import claiming, digests
from comms.models import Bundle, Delivery
from incidents.actions import escalation, lifecycle
from incidents.models import Incident, Severity
from teams.models import Team, User

pytestmark = pytest.mark.django_db
WINDOW = timedelta(seconds=61)


@pytest.fixture
def fire(payments: Team, bob: User):
    """An incident whose first step is taken; `level` is its severity."""

    def made(title: str, level: int | None = None) -> Incident:
        incident = lifecycle.report(by=bob, title=title, team=payments)
        if level:
            Incident.objects.filter(pk=incident.pk).update(severity=Severity.objects.get(level=level))
        escalation.advance(incident.runs.get().pk)
        return incident

    return made


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").filter(kind__in=["page", "digest"]).values_list("state", flat=True))


def after_the_window() -> int:
    with time_machine.travel(timezone.now() + WINDOW, tick=True):
        return digests.close_due(timezone.now())


def test_what_follows_a_page_waits_and_is_told_at_once(fire, alice: User) -> None:
    fire("One")
    for n in range(3):
        fire(f"More {n}")
    assert states() == ["queued", "held", "held", "held"]
    assert after_the_window() == 1
    digest = Delivery.objects.get(kind="digest")
    assert (digest.user, digest.priority, digest.state) == (alice, 0, "queued")
    letter = letters.write(letters.reload(digest)).message.as_string()
    assert all(f"More {n}" in letter for n in range(3))
    assert "3 more" in calls.write(letters.reload(digest)).title
    # What comes now waits for the next digest.
    fire("Later")
    assert states()[-1] == "held"


def test_a_worse_one_breaks_through_and_becomes_the_measure(fire) -> None:
    fire("Low", 4)
    fire("Low again", 4)
    fire("Critical", 1)
    fire("Critical again", 1)
    assert states() == ["queued", "held", "queued", "held"]


def test_what_was_answered_meanwhile_is_not_told(fire, bob: User) -> None:
    fire("One")
    escalation.acknowledge(fire("Two").pk, by=bob)
    assert after_the_window() == 0
    assert states() == ["queued", "suppressed"]
    fire("Three")
    assert states()[-1] == "queued"


def test_the_digest_is_answered_as_a_whole(fire, alice: User, client: Client) -> None:
    fire("One")
    told = [fire("Two"), fire("Three")]
    after_the_window()
    digest = letters.reload(Delivery.objects.get(kind="digest"))
    path = calls.write(digest).url.split("testserver")[-1].replace("http://127.0.0.1:8000", "")
    assert "Two" in client.get(path).content.decode()
    assert Incident.objects.filter(acknowledged_by=alice).count() == 0
    client.post(path)
    while digests.answer_due()[1]:
        pass
    assert set(Incident.objects.filter(acknowledged_by=alice)) == set(told)
    assert claiming.pointless(letters.reload(digest))
    assert Bundle.objects.filter(answered_all_at__isnull=False).count() == 1


def test_without_a_window_each_page_goes_out(fire) -> None:
    from teams.models import Organization

    Organization.objects.update_or_create(pk=1, defaults={"bundle_seconds": 0})
    fire("One")
    fire("Two")
    assert states() == ["queued", "queued"]
