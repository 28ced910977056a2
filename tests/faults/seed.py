"""Who is called in the walks, made inside an installation upon its demo organization."""

from __future__ import annotations

from teams.models import Organization, Service, Team, User
from tests import factories

NUMBERS = {"mei": "+4915112345678", "amir": "+4915100000003"}


def three(chat: str) -> None:
    """A policy of three people, a minute apart: Mei by SMS and ten minutes later by phone, Bob by the webhook of a chat
    at `chat`, Inês by mail."""
    Organization.objects.update(bundle_seconds=0)
    people = [User.objects.get(username=name) for name in ("mei", "bob", "ines")]
    mei, bob, _ = people
    factories.method(mei, "sms", NUMBERS["mei"])
    factories.method(mei, "voice", NUMBERS["mei"], minutes=10)
    factories.method(bob, "other", chat)
    service = Service.objects.select_related("team").get(slug="checkout")
    service.escalation_policy = factories.policy(service.team, *([user] for user in people), delay=1)
    service.save()


def eight() -> int:
    """A rotation of eight: Noor has no address, and Amir is called by SMS alone. Its id."""
    names = ("ines", "bob", "mei", "kofi", "sofia", "ruth", "amir")
    people = [User.objects.get(username=name) for name in names]
    factories.method(people[-1], "sms", NUMBERS["amir"])
    people.append(User.objects.create(username="noor", first_name="Noor", last_name="Halabi"))
    made = factories.schedule(Team.objects.get(slug="payments"), people, name="Eight", time_zone="Europe/Berlin")
    return made.pk
