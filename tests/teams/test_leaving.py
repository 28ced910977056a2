"""Somebody leaves: sessions, tokens and watches, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from teams import erasure, oncall
from teams.models import AccessEvent, ApiToken, Override, Schedule, User
from teams.signin import leaving
from tests import factories


@pytest.fixture
def owner(db):
    return factories.UserFactory(username="olga", role="owner")


@pytest.fixture
def admin(db):
    return factories.UserFactory(username="ada", role="admin")


def test_sessions_tokens_and_links_open_nothing_from_that_moment(owner, bob, payments):
    phone, desk, other = Client(), Client(), Client()
    for each in (phone, desk):
        each.force_login(bob)
    other.force_login(owner)
    _, raw = ApiToken.issue(bob, "script")
    api = APIClient(HTTP_AUTHORIZATION=f"Bearer {raw}")
    SocialAccount.objects.create(user=bob, provider="acme", uid="b-1")
    assert (phone.get("/incidents/").status_code, api.get("/api/v1/me/").status_code) == (200, 200)

    left = leaving.deactivate(bob, by=owner, through="api")

    assert (left.sessions, left.tokens) == (2, 1)
    assert phone.get("/incidents/").status_code == 302
    assert desk.get("/incidents/").status_code == 302
    assert other.get("/incidents/").status_code == 200
    assert api.get("/api/v1/me/").status_code == 401
    assert SocialAccount.objects.filter(user=bob).exists()
    assert not UserSession.objects.filter(user=bob).exists()
    event = AccessEvent.objects.get(kind="person.deactivated")
    assert (event.user, event.by, event.through) == (bob, owner, "api")

    leaving.reactivate(bob, by=owner, through="api")
    assert phone.get("/incidents/").status_code == 302
    assert api.get("/api/v1/me/").status_code == 401
    assert Session.objects.count() == 1


def test_overrides_go_back_to_the_rotation_and_the_rest_are_gaps(owner, alice, bob, payments):
    schedule = Schedule.objects.get(team=payments)
    now = timezone.now()
    begun = Override.objects.create(
        schedule=schedule, user=bob, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)
    )
    coming = Override.objects.create(
        schedule=schedule, user=bob, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)
    )
    past = Override.objects.create(
        schedule=schedule, user=bob, starts_at=now - timedelta(days=3), ends_at=now - timedelta(days=2)
    )
    assert oncall.who(schedule, now) == bob
    left = leaving.deactivate(bob, by=owner, through="api")
    assert left.overrides == 2
    assert left.gaps == []
    assert oncall.who(schedule, timezone.now()) == alice
    begun.refresh_from_db()
    assert begun.ends_at <= timezone.now()
    assert not Override.objects.filter(pk=coming.pk).exists()
    assert Override.objects.get(pk=past.pk).ends_at == past.ends_at


def test_managers_and_owners_are_told_which_watches_are_open(owner, alice, bob, charlie, payments, search):
    alice.time_zone = "Europe/Berlin"
    alice.save()
    weekly = factories.schedule(payments, [bob, alice], name="Secondary")
    factories.schedule(search, [bob], name="Search nights")
    leaving.deactivate(bob, by=owner, through="api")
    letters = {m.to[0]: m for m in mail.outbox}
    assert set(letters) == {owner.email, alice.email, charlie.email}
    to_alice = letters[alice.email]
    assert to_alice.subject.startswith("Bob has left: ")
    assert "Payments · Secondary" in to_alice.body
    assert "Search nights" not in to_alice.body
    assert "Search nights" in letters[owner.email].body
    assert "Search nights" in letters[charlie.email].body
    assert "Payments" not in letters[charlie.email].body
    assert "CET" in to_alice.body or "CEST" in to_alice.body
    assert f"{weekly.get_absolute_url()}?starts_at=" in to_alice.body
    html = to_alice.alternatives[0][0]
    assert "Find cover" in html
    assert f"{weekly.get_absolute_url()}?starts_at=" in html
    assert oncall.who(weekly, timezone.now()) in (alice, None)


def test_the_link_in_the_mail_opens_a_form_that_is_filled_in(owner, alice, bob, payments, client):
    factories.schedule(payments, [bob], name="Secondary")
    leaving.deactivate(bob, by=owner, through="api")
    body = next(m.body for m in mail.outbox if m.to == [alice.email])
    link = body.split("Find cover: ")[1].split()[0]
    client.force_login(alice)
    page = client.get("/" + link.split("/", 3)[3].partition("#")[0])
    assert page.status_code == 200
    assert set(page.context["form"].initial) >= {"starts_at", "ends_at"}


def test_the_last_owner_and_oneself_stay(owner, admin):
    with pytest.raises(ValidationError, match="can't deactivate yourself"):
        leaving.deactivate(owner, by=owner, through="api")
    with pytest.raises(ValidationError, match="last active owner"):
        leaving.deactivate(owner, by=None, through="cli")
    with pytest.raises(PermissionDenied, match="Only owners"):
        leaving.deactivate(owner, by=admin, through="api")
    second = factories.UserFactory(username="otto", role="owner")
    assert leaving.deactivate(second, by=owner, through="api")
    assert leaving.deactivate(second, by=owner, through="api") is None


def test_who_may_not_change_people_may_not_deactivate(alice, bob):
    with pytest.raises(PermissionDenied, match="owner or admin"):
        leaving.deactivate(bob, by=alice, through="api")


def test_the_form_of_a_person_calls_the_same_verb(client, admin, bob, payments):
    session = Client()
    session.force_login(bob)
    factories.schedule(payments, [bob], name="Secondary")
    client.force_login(admin)
    url = f"/admin/teams/user/{bob.pk}/change/"
    form = {
        "username": "bob",
        "email": bob.email,
        "first_name": "Robert",
        "role": "responder",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "contact_methods-TOTAL_FORMS": 0,
        "contact_methods-INITIAL_FORMS": 0,
    }
    page = client.post(url, form, follow=True).content.decode()
    assert "is deactivated: 1 sessions" in page
    bob.refresh_from_db()
    assert (bob.is_active, bob.first_name) == (False, "Robert")
    assert session.get("/incidents/").status_code == 302
    assert AccessEvent.objects.get(kind="person.deactivated").through == "admin"
    client.post(url, {**form, "is_active": "on"})
    bob.refresh_from_db()
    assert bob.is_active


def test_the_form_refuses_the_last_owner_and_oneself_at_the_field(client, owner):
    client.force_login(owner)
    form = {
        "username": "olga",
        "email": owner.email,
        "role": "owner",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "contact_methods-TOTAL_FORMS": 0,
        "contact_methods-INITIAL_FORMS": 0,
    }
    answer = client.post(f"/admin/teams/user/{owner.pk}/change/", form)
    assert answer.status_code == 200
    assert "deactivate yourself" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.is_active


def test_the_last_owner_keeps_the_role_in_the_form(client, owner):
    client.force_login(owner)
    form = {"username": "olga", "email": owner.email, "role": "admin", "is_active": "on"}
    form |= {
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "contact_methods-TOTAL_FORMS": 0,
        "contact_methods-INITIAL_FORMS": 0,
    }
    url = f"/admin/teams/user/{owner.pk}/change/"
    assert "last active owner" in client.post(url, form).context["adminform"].form.errors["role"][0]
    factories.UserFactory(role="owner", is_active=False)
    assert client.post(url, form).status_code == 200
    owner.refresh_from_db()
    assert owner.role == "owner"
    factories.UserFactory(role="owner")
    assert client.post(url, form).status_code == 302
    owner.refresh_from_db()
    assert owner.role == "admin"


def test_the_last_owner_is_not_deleted(client, owner):
    client.force_login(owner)
    url = f"/admin/teams/user/{owner.pk}/delete/"
    chosen = {"action": "delete_selected", "_selected_action": [owner.pk], "post": "yes"}
    assert client.post(url, {"post": "yes"}).status_code == 403
    assert client.post("/admin/teams/user/", chosen).status_code == 403
    second = factories.UserFactory(role="owner")
    both = {**chosen, "_selected_action": [owner.pk, second.pk]}
    assert client.post("/admin/teams/user/", both).status_code == 403
    assert User.objects.filter(role="owner").count() == 2
    assert client.post(f"/admin/teams/user/{second.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(User.objects.filter(role="owner")) == [owner]


def test_the_list_deactivates_several_and_says_what_it_could_not(client, admin, owner, bob, charlie):
    client.force_login(admin)
    chosen = {"action": "deactivate", "_selected_action": [bob.pk, charlie.pk, owner.pk, admin.pk]}
    page = client.post("/admin/teams/user/", chosen, follow=True).content.decode()
    assert "Only owners deactivate" in page
    assert "deactivate yourself" in page
    assert not User.objects.filter(pk__in=[bob.pk, charlie.pk], is_active=True).exists()
    assert User.objects.filter(pk__in=[owner.pk, admin.pk], is_active=True).count() == 2
    client.post("/admin/teams/user/", {"action": "reactivate", "_selected_action": [bob.pk]})
    bob.refresh_from_db()
    assert bob.is_active


def test_nobody_comes_back_who_was_erased(client, admin, bob):
    leaving.deactivate(bob, by=admin, through="admin")
    erasure.erase(bob, by=admin, confirm="bob")
    bob.refresh_from_db()
    with pytest.raises(ValidationError, match="was erased"):
        leaving.reactivate(bob, by=admin, through="admin")
    client.force_login(admin)
    form = {"username": bob.username, "email": bob.email, "role": "responder", "is_active": "on"}
    form |= {
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "contact_methods-TOTAL_FORMS": 0,
        "contact_methods-INITIAL_FORMS": 0,
    }
    answer = client.post(f"/admin/teams/user/{bob.pk}/change/", form)
    assert "was erased" in answer.content.decode()
    bob.refresh_from_db()
    assert not bob.is_active
