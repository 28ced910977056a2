"""Who is called in the walks, made inside an installation upon its demo organization."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from incidents.actions import roles
from incidents.models import Incident, Promise
from incidents.phases import Phase
from teams.models import Organization, Role, Service, Team, User
from tests import factories

NUMBERS = {"mei": "+4915112345678", "amir": "+4915100000003"}


def three(chat: str) -> None:
    """A policy of three people, a minute apart: Mei by SMS and ten minutes later by phone, Bob by the webhook of a chat
    at `chat`, Inês by mail."""
    unbundled()
    people = [User.objects.get(username=name) for name in ("mei", "bob", "ines")]
    mei, bob, _ = people
    factories.method(mei, "sms", NUMBERS["mei"])
    factories.method(mei, "voice", NUMBERS["mei"], minutes=10)
    factories.method(bob, "other", chat)
    service = Service.objects.select_related("team").get(slug="checkout")
    service.escalation_policy = factories.policy(service.team, *([user] for user in people), delay=1)
    service.save()


def unbundled() -> None:
    """Each page is a mail of its own."""
    Organization.objects.update(bundle_seconds=0)


def eight() -> int:
    """A rotation of eight: Noor has no address, and Amir is called by SMS alone. Its id."""
    names = ("ines", "bob", "mei", "kofi", "sofia", "ruth", "amir")
    people = [User.objects.get(username=name) for name in names]
    factories.method(people[-1], "sms", NUMBERS["amir"])
    people.append(User.objects.create(username="noor", first_name="Noor", last_name="Halabi"))
    made = factories.schedule(Team.objects.get(slug="payments"), people, name="Eight", time_zone="Europe/Berlin")
    return made.pk


def promised() -> int:
    """A declared incident of Payments that Inês commands and Bob speaks for. Where an update is late, one hears of it
    right after the other. Its id."""
    Organization.objects.update(promise_grace_minutes=0)
    ines, bob = (User.objects.get(username=name) for name in ("ines", "bob"))
    made = factories.incident(Team.objects.get(slug="payments"), ines, phase=Phase.DECLARE)
    lead = Role.objects.get(slug=Role.COMMUNICATIONS)
    if made.assignments.filter(role=lead, state="held").exclude(user=bob).exists():
        roles.relieve(made.pk, lead, by=bob, reason="Bob speaks")
    if not made.assignments.filter(role=lead, state="held").exists():
        roles.take(made.pk, lead, by=bob)
    return made.pk


def passed(incident: int, minutes: int) -> None:
    """Let so many minutes pass for the incident's promise."""
    span = timedelta(minutes=minutes)
    standing = Promise.objects.standing().filter(incident=incident)
    standing.update(made_at=F("made_at") - span, due_at=F("due_at") - span, remind_at=F("remind_at") - span)
    Incident.objects.filter(pk=incident).update(next_update_due_at=F("next_update_due_at") - span)
