"""The demo organization: a small shop with three teams, so that a new installation has something to look at.

It is made once. What plays on it (`manage.py story`) comes in through the public interfaces; the keys for that are kept
in `var/demo.json`, readable by this installation's user alone.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from comms.models import Component, ComponentGroup, StatusPage
from incidents.actions import integrations
from incidents.models import Integration
from teams.models import (
    ApiToken,
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    Layer,
    LayerMember,
    Membership,
    Organization,
    Role,
    Schedule,
    Service,
    ServiceDependency,
    Team,
    User,
)

PEOPLE = {
    "ines": ("Inês", "Duarte", "Europe/Lisbon"),
    "bob": ("Bob", "Okafor", "Europe/London"),
    "mei": ("Mei", "Tanaka", "Asia/Tokyo"),
    "kofi": ("Kofi", "Mensah", "Europe/Berlin"),
    "sofia": ("Sofia", "Lindqvist", "Europe/Stockholm"),
    "amir": ("Amir", "Haddad", "Europe/Paris"),
    "ruth": ("Ruth", "Castellano", "America/New_York"),
}
# What the story's people do through the API.
STORY = ("read", "respond", "publish", "rosters")
TEAMS: dict[str, tuple[str, list[str], list[tuple[str, int, str]]]] = {
    "Payments": (
        "Checkout, ledger and refunds: everything between the basket and the money.",
        ["ines", "bob", "kofi", "mei"],
        [("Checkout", 1, "Takes orders and payments"), ("Ledger", 2, "Books what was paid")],
    ),
    "Search": (
        "Finding things in the shop.",
        ["sofia", "amir"],
        [("Search API", 2, "Answers queries of the shop and its apps")],
    ),
    "Platform": (
        "What all the others stand on: network, databases, deploys.",
        ["ruth", "kofi"],
        [
            ("Sign-in", 1, "Accounts and sessions"),
            ("Database", 1, "Keeps what the others must not forget"),
            ("Deploys", 3, "Builds and rollouts"),
        ],
    ),
}
# What needs what: trouble of the database reaches the whole shop.
DEPENDS = {
    "checkout": ("ledger", "sign-in"),
    "ledger": ("database",),
    "search-api": ("sign-in", "database"),
    "sign-in": ("database",),
}
COMPONENTS = (
    ("Shop", (("Checkout", "checkout"), ("Search", "search-api"), ("Accounts", "sign-in"))),
    ("For partners", (("Orders API", "ledger"),)),
)


@transaction.atomic
def make(keys: Path) -> bool:
    """Make the demo organization and write its keys to `keys`. Does nothing, and says False, where there is a team
    already."""
    if Team.objects.exists():
        return False
    Organization.current()
    # Without bundles each page of the story is a mail of its own, however fast it is played.
    Organization.objects.update(name="Harbour & Co", bundle_seconds=0)
    people = {
        name: User(username=name, first_name=first, last_name=last, email=f"{name}@harbour.example", time_zone=zone)
        for name, (first, last, zone) in PEOPLE.items()
    }
    for user in people.values():
        user.set_unusable_password()
        user.save()
    teams = {name: _team(name, people) for name in TEAMS}
    command = _rotation(teams["Platform"], "Incident command", [people["ines"], people["ruth"], people["sofia"]])
    telling = _rotation(teams["Platform"], "Communications", [people["mei"], people["amir"]])
    Role.objects.filter(slug=Role.COMMANDER).update(schedule=command)
    Role.objects.filter(slug=Role.COMMUNICATIONS).update(schedule=telling)
    _depend()
    _status_page()
    secrets = {
        "tokens": {
            name: ApiToken.issue(user, "Demo story", scopes=STORY, lasts=timedelta(days=365))[1]
            for name, user in people.items()
        },
        "alertmanager": _integration("Prometheus in production", teams["Platform"], "alertmanager"),
        "changes": _integration("Deploy pipeline", teams["Platform"], "changes"),
    }
    _write(keys, secrets)
    return True


def _team(name: str, people: dict[str, User]) -> Team:
    description, members, services = TEAMS[name]
    team = Team.objects.create(name=name, slug=name.lower(), description=description)
    Membership.objects.bulk_create(
        Membership(team=team, user=people[m], role="member" if place else "manager") for place, m in enumerate(members)
    )
    for label, tier, text in services:
        slug = label.lower().replace(" ", "-")
        service = Service.objects.create(
            name=label,
            slug=slug,
            tier=tier,
            description=text,
            team=team,
            runbook_url=f"https://runbooks.harbour.example/{slug}",
            repository_url=f"https://git.harbour.example/{slug}",
        )
        service.links.create(title="Latency and errors", url=f"https://graphs.harbour.example/{slug}")
    watch = [people[m] for m in members[1:]] or [people[members[0]]]
    primary = _rotation(team, "Primary", watch)
    policy = EscalationPolicy.objects.create(
        team=team, name="Day and night", repeat=2, fallback_user=people[members[0]]
    )
    targets: list[dict[str, Any]] = [{"schedule": primary}, {"user": people[members[0]]}, {"team": team}]
    for place, target in enumerate(targets):
        step = EscalationStep.objects.create(policy=policy, position=place, delay_minutes=5)
        EscalationTarget.objects.create(step=step, **target)
    team.escalation_policy = policy
    team.save()
    return team


def _depend() -> None:
    services = {service.slug: service for service in Service.objects.all()}
    ServiceDependency.objects.bulk_create(
        ServiceDependency(service=services[slug], depends_on=services[other])
        for slug, others in DEPENDS.items()
        for other in others
    )


def _rotation(team: Team, name: str, people: list[User]) -> Schedule:
    """A weekly rotation that hands off at nine; the first person's week began three days ago, so that yesterday's story
    has today's cast."""
    schedule = Schedule.objects.create(team=team, name=name, time_zone="Europe/Lisbon")
    first = timezone.now().date() - timedelta(days=3, weeks=4 * len(people))
    layer = Layer.objects.create(schedule=schedule, name="Weekly", kind="week", anchor_date=first, handoff_time="09:00")
    LayerMember.objects.bulk_create(LayerMember(layer=layer, user=u, position=n) for n, u in enumerate(people))
    return schedule


def _integration(name: str, team: Team, kind: str) -> str:
    return integrations.add_key(Integration.objects.create(name=name, team=team, kind=kind), by=None)


def _status_page() -> None:
    page = StatusPage.objects.create(
        name="Harbour & Co",
        slug="harbour",
        description="How our shop and our APIs are doing.",
        time_zone="Europe/Lisbon",
        support_url="https://help.harbour.example",
        is_default=True,
    )
    for place, (group, components) in enumerate(COMPONENTS):
        row = ComponentGroup.objects.create(page=page, name=group, position=place)
        for n, (name, service) in enumerate(components):
            owner = Service.objects.get(slug=service)
            Component.objects.create(page=page, group=row, name=name, service=owner, team=owner.team, position=n)


def _write(path: Path, secrets: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(secrets, indent=2))
