"""What the browser tests start from, made inside the installation by its own actions."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from comms.actions import publishing
from comms.models import Component, ComponentGroup, PageIncident, StatusPage
from incidents.actions import comments, escalation, lifecycle, notes
from incidents.links import page_token
from incidents.models import Change, EscalationRun, Incident, Page, Postmortem
from incidents.phases import Phase
from teams import invitations
from teams.models import IdentityProvider, Service, Team, User
from teams.signin import scim_tokens
from teams.signin.again import SIGNED_IN
from tests import factories
from tests.installation import wait_for


def people(password: str) -> dict[str, Any]:
    """Alice, who is on call, and bob of payments, with a service, its last deploy, and a status page."""
    StatusPage.objects.get_or_create(slug="shop", defaults={"name": "Shop", "is_default": True})
    users = {}
    for name in ("alice", "bob"):
        users[name] = User(username=name, email=f"{name}@example.org", first_name=name.capitalize())
        users[name].set_password(password)
        users[name].save()
        verified(name)
    team = factories.TeamFactory(name="Payments", people=list(users.values()))
    factories.policy(team, [factories.schedule(team, [users["alice"]])], [users["bob"]])
    service = factories.ServiceFactory(name="Checkout", slug="checkout", team=team)
    at = timezone.now() - timedelta(minutes=4)
    Change.objects.create(summary="Deploy checkout 2.31.0", service=service, at=at)
    return {name: user.pk for name, user in users.items()}


def verified(username: str) -> dict[str, Any]:
    """Somebody's address as one that they have confirmed."""
    user = User.objects.get(username=username)
    known = {"verified": True, "primary": True}
    made, _ = EmailAddress.objects.update_or_create(
        user=user, email=user.email or f"{username}@example.org", defaults=known
    )
    return {"email": made.email}


def incident(title: str) -> dict[str, Any]:
    """Something that bob saw and reported."""
    service = Service.objects.get(slug="checkout")
    bob = User.objects.get(username="bob")
    made = lifecycle.report(by=bob, title=title, team=Team.objects.get(name="Payments"), services=[service])
    return {"pk": made.pk, "path": made.get_absolute_url()}


def dependency() -> dict[str, Any]:
    """Invoices depend on a ledger that is in trouble. Both are new: the others' incidents are of other tests."""
    team = Service.objects.get(slug="checkout").team
    invoices, ledger = (factories.ServiceFactory(name=name, team=team) for name in ("Invoices", "Ledger"))
    invoices.dependencies.create(depends_on=ledger)
    bob = User.objects.get(username="bob")
    made = lifecycle.report(by=bob, title="The books are late", team=team, services=[ledger])
    return {"reference": made.reference}


def page(title: str) -> dict[str, Any]:
    """A page that went out to alice, with the path of its link."""
    made = incident(title)
    run = EscalationRun.objects.get(incident=made["pk"])
    escalation.advance(run.pk)
    # Where a worker was faster, it may be at it still.
    called = Page.objects.filter(run=run, user__username="alice", level=0, loop=0)
    wait_for(called.exists, "the page")
    return {**made, "link": f"/pages/{page_token(called.get())}/"}


def answered(pk: int) -> dict[str, Any]:
    """Who acknowledged an incident; "" while nobody has."""
    by = Incident.objects.get(pk=pk).acknowledged_by
    return {"by": by.username if by else ""}


def identity_provider(issuer: str, team: str) -> dict[str, Any]:
    """A provider whose groups mean roles and a team, and a SCIM token."""
    payments = Team.objects.get(name=team)
    made, new = IdentityProvider.objects.get_or_create(
        slug="acme",
        defaults={
            "name": "Acme",
            "issuer": issuer,
            "client_id": "watchbill",
            "client_secret": "s3cret",
            "groups_claim": "groups",
        },
    )
    if new:
        made.mappings.create(group="pay", team=payments, team_role="member")
        made.mappings.create(group="pay-leads", team=payments, team_role="manager")
        made.mappings.create(group="admins", role="admin")
    owner = User.objects.filter(role=User.Role.OWNER).first()
    assert owner is not None
    _, raw = scim_tokens.issue(by=owner, name="Acme", provider=made)
    return {"token": raw}


def standing(username: str) -> dict[str, Any]:
    """The role of somebody, and their roles in teams."""
    user = User.objects.get(username=username)
    return {"role": user.role, "teams": {m.team.slug: m.role for m in user.memberships.select_related("team")}}


def person(first_name: str, password: str) -> dict[str, Any]:
    """Somebody of one test alone."""
    username = f"{first_name}-{secrets.token_hex(3)}"
    made = User.objects.create_user(username, f"{username}@example.org", password, first_name=first_name.capitalize())
    return {"pk": made.pk, "username": username}


def make_owner(username: str) -> dict[str, Any]:
    return {"changed": User.objects.filter(username=username).update(role="owner")}


def age_sign_in(username: str) -> dict[str, Any]:
    """Let the sessions of somebody be an hour old."""
    count = 0
    for row in UserSession.objects.filter(user__username=username):
        store = SessionStore(row.session_key)
        store[SIGNED_IN] = store[SIGNED_IN] - 3600
        store["account_authentication_methods"] = []
        store.save()
        count += 1
    return {"aged": count}


def invitation(email: str) -> dict[str, Any]:
    """Somebody whom alice invites to payments; the link is in the mail alone."""
    alice = User.objects.get(username="alice")
    made = invitations.invite(by=alice, emails=[email], role="responder", team=Team.objects.get(name="Payments"))
    return {"pk": made[0].pk}


def rota() -> dict[str, Any]:
    """A schedule of alice and bob, who hand off every day at nine in Berlin."""
    people = [User.objects.get(username=name) for name in ("alice", "bob")]
    team = Team.objects.get(name="Payments")
    made = factories.schedule(team, people, name=f"Daily {secrets.token_hex(4)}", time_zone="Europe/Berlin", kind="day")
    return {"path": made.get_absolute_url()}


def daily(title: str, password: str) -> dict[str, Any]:
    """A team of its own whose Alice and Bob take turns by days, and have no other duty."""
    mark = secrets.token_hex(3)
    pair = []
    for name in ("alice", "bob"):
        user = User(username=f"{name}-{mark}", email=f"{name}-{mark}@example.org", first_name=name.capitalize())
        user.set_password(password)
        user.save()
        verified(user.username)
        pair.append(user)
    team = factories.TeamFactory(name=f"Watch {mark}", people=pair)
    made = factories.schedule(team, pair, name=title, kind="day")
    alice, bob = (user.username for user in pair)
    return {"pk": made.pk, "path": made.get_absolute_url(), "name": str(made), "alice": alice, "bob": bob}


def promise(minutes: int) -> dict[str, Any]:
    """An incident told on a status page, whose next update is promised for so many minutes from now."""
    made = factories.incident(Team.objects.get(name="Payments"), User.objects.get(username="alice"), phase="declare")
    page, _ = StatusPage.objects.get_or_create(slug="countdown", defaults={"name": "Countdown"})
    update = publishing.publish_update(
        made,
        by=User.objects.get(username="alice"),
        page=page,
        title="Payments fail",
        body="One in three fails.",
        next_update_at=timezone.now() + timedelta(minutes=minutes),
    )
    return {"path": update.page_incident.get_absolute_url()}


def in_review(title: str) -> dict[str, Any]:
    """An incident whose postmortem is written."""
    alice = User.objects.get(username="alice")
    made = factories.incident(Team.objects.get(name="Payments"), alice, phase="review", title=title)
    return {"pk": made.pk, "postmortem": made.postmortem.get_absolute_url()}


def told() -> dict[str, Any]:
    """A status page on which everything is shown that can be, and a postmortem; the addresses to read them."""
    alice = User.objects.get(username="alice")
    page = StatusPage.objects.get(slug="shop")
    StatusPage.objects.filter(pk=page.pk).update(
        description="How our shop is.", support_url="https://help.example.org/"
    )
    group, _ = ComponentGroup.objects.get_or_create(page=page, name="Back office")
    parts = [
        Component.objects.get_or_create(page=page, name=f"Part {n}", defaults={"group": group if n > 2 else None})[0]
        for n in range(5)
    ]
    states = dict(zip(parts, Component.Status, strict=True))
    reviewed = factories.incident(Team.objects.get(name="Payments"), alice, phase="closed", title="Carts vanish")
    Postmortem.objects.filter(incident=reviewed).update(public=True, public_as_written=True, title="Why carts vanished")
    reviewed.postmortem.sections.filter(key="summary").update(text="A *long* story.")
    publishing.publish_update(
        reviewed, by=alice, page=page, title="Carts vanish", body="They are back.", state="resolved"
    )
    running = lifecycle.report(by=alice, title="Payments fail", team=Team.objects.get(name="Payments"))
    publishing.publish_update(
        running,
        by=alice,
        page=page,
        title="Payments fail",
        body="We **look** into it:\n\n- cards\n- [the list](https://example.org/)\n\n| a | b |\n|-|-|\n| 1 | 2 |",
        component_states=states,
        next_update_at=timezone.now() + timedelta(minutes=30),
    )
    publishing.draft_update(running, by=alice, page=page, body="We found it.")
    story = PageIncident.objects.get(incident=running)
    review = Postmortem.objects.get(incident=reviewed)
    below = page.get_absolute_url()
    return {
        "public": [
            below,
            f"{below}history/",
            f"{below}history/{story.started_at:%Y-%m}/",
            f"{below}subscribe/",
            story.get_absolute_url(),
            f"/postmortems/{review.public_slug}/",
        ],
        "console": [
            f"/incidents/{running.pk}/updates/",
            f"/incidents/{running.pk}/",
            "/communications/",
            "/planned-maintenance/",
            "/promises/",
        ],
    }


def rooms() -> dict[str, Any]:
    """An incident in each phase, with alice in command and a note."""
    alice, team = User.objects.get(username="alice"), Team.objects.get(name="Payments")
    service = Service.objects.get(slug="checkout")
    found = {}
    for phase in Phase:
        if phase in (Phase.CANCELLED, Phase.MERGED):
            continue
        made = factories.incident(team, alice, phase=phase, title=f"Orders fail, {phase.label}", services=[service])
        notes.note(made.pk, "Errors at **30 %** since the deploy", by=alice)
        found[phase.value] = made.get_absolute_url()
        if phase == Phase.REVIEW:
            comments.add(made.pk, "summary", "Since *which* deploy?", by=alice, quote="On the day")
    return found
