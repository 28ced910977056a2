"""Inviting people: who may, what the link does, and what nobody learns by it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from teams import invitations
from teams.models import AccessEvent, ApiToken, Invitation, Team, User
from tests import factories

PASSWORD = "correct horse battery"
GIVEN = {"first_name": "Dana", "last_name": "Reyes", "username": "dana", "password": PASSWORD}


@pytest.fixture
def boss(db: None) -> User:
    return factories.UserFactory(username="boss", role="owner")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def link() -> str:
    """The link in the last mail; the same in its text and its HTML."""
    told = mail.outbox[-1]
    found = re.search(r"http\S+(/invitations/\S+/)", told.body)
    assert found
    assert found[1] in str(told.alternatives[0][0])  # type: ignore[attr-defined]
    return found[1]


def send(by: User, email: str = "dana@example.org", **fields: Any) -> Invitation:
    (made,) = invitations.invite(by=by, emails=[email], **{"role": "responder"} | fields)
    return made


def test_a_manager_invites_and_the_link_makes_one_account(alice: User, payments: Team) -> None:
    manager = signed_in(alice)
    assert f"/people/invitations/new/?team={payments.slug}" in manager.get(payments.get_absolute_url()).content.decode()
    given = {"emails": "Dana <dana@example.org>, erik@example.org", "role": "responder", "team": payments.slug}
    answer = manager.post("/people/invitations/new/", given | {"team_role": "member"}, follow=True)
    page = answer.content.decode()
    assert "2 invitations on the way." in page
    assert "dana@example.org" in page
    assert [m.to for m in mail.outbox] == [["dana@example.org"], ["erik@example.org"]]
    mail.outbox.pop()

    url, guest = link(), Client()
    shown = guest.get(url)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert 'value="dana"' in shown.content.decode()
    assert not User.objects.filter(email="dana@example.org").exists(), "looking changes nothing"
    done = guest.post(url, GIVEN)
    assert done["Location"] == payments.get_absolute_url()
    dana = User.objects.get(username="dana")
    assert (dana.role, dana.name, dana.check_password(PASSWORD)) == ("responder", "Dana Reyes", True)
    assert payments.memberships.get(user=dana).role == "member"
    address = EmailAddress.objects.get(user=dana)
    assert (address.verified, address.primary) == (True, True)
    assert guest.get("/teams/").status_code == 200, "signed in"
    assert "accepted" in manager.get("/people/invitations/", {"state": "accepted"}).content.decode()
    assert set(AccessEvent.objects.values_list("kind", flat=True)) >= {"invitation.sent", "invitation.accepted"}


def test_every_link_that_opens_nothing_gets_the_same_page(alice: User, payments: Team) -> None:
    pages = set()
    urls = [reverse("teams:invitation", args=["unknown"])]
    send(alice, team=payments)
    urls.append(link())
    invitations.accept(urls[-1].split("/")[2], **GIVEN)
    revoked = send(alice, "erik@example.org", team=payments)
    urls.append(link())
    invitations.revoke(revoked.pk, by=alice)
    expired = send(alice, "fay@example.org", team=payments)
    urls.append(link())
    long_ago = timezone.now() - timedelta(days=9)
    Invitation.objects.filter(pk=expired.pk).update(created_at=long_ago, expires_at=long_ago + timedelta(days=7))
    send(alice, "gus@example.org", team=payments)
    urls.append(link())
    invitations.resend(Invitation.objects.get(email="gus@example.org").pk, by=alice)
    left = factories.UserFactory(username="hal", is_active=False)
    send(alice, left.email, team=payments)
    for url in urls:
        for method in ("get", "post"):
            answer = getattr(Client(), method)(url, GIVEN if method == "post" else {})
            pages.add((answer.status_code, re.sub(r'value="[^"]+"', "", answer.content.decode())))
    assert len(pages) == 1
    assert next(iter(pages))[0] == 404
    assert Client().get(link()).status_code == 200, "the newest link of gus"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(alice: User, payments: Team) -> None:
    send(alice, team=payments)
    url, guest = link(), Client()
    for change, said in (
        ({"password": "12345678"}, "too common"),
        ({"password": "dana@example"}, "too similar"),
        ({"username": "ALICE"}, "Somebody has this username already"),
        ({"username": "da na"}, "Enter a valid username"),
        ({"first_name": ""}, "This field is required"),
    ):
        answer = guest.post(url, GIVEN | change)
        page = answer.content.decode()
        assert answer.status_code == 422, change
        assert said in page, change
        assert 'value="Reyes"' in page
        assert PASSWORD not in page
    assert not User.objects.filter(email="dana@example.org").exists()
    assert guest.post(url, GIVEN).status_code == 302


def test_nothing_tells_who_has_an_account(alice: User, charlie: User, payments: Team) -> None:
    manager = signed_in(alice)
    answers = []
    for email in ("dana@example.org", charlie.email):
        given = {"emails": email, "role": "responder", "team": payments.slug, "team_role": "guest"}
        page = manager.post("/people/invitations/new/", given, follow=True).content.decode()
        row = re.search(rf"<tr>(?:(?!</tr>).)*{re.escape(email)}.*?</tr>", page, re.DOTALL)
        assert row
        told = re.sub(r'value="[^"]{60,}"|/\d+/|<time.*?</time>', "", row[0])
        answers.append(told.replace(email, "somebody"))
    assert answers[0] == answers[1]
    assert payments.memberships.get(user=charlie).role == "guest"
    assert mail.outbox[-1].subject == "Alice added you to Payments"
    url = link()
    page = Client().get(url).content.decode()
    assert "You have an account already" in page
    payments.memberships.filter(user=charlie).delete()
    assert Client().post(url)["Location"] == payments.get_absolute_url()
    assert not payments.memberships.filter(user=charlie).exists(), "a link does not undo that they were taken out again"
    assert Client().get(url).status_code == 404
    assert User.objects.filter(email__iexact=charlie.email).count() == 1


def test_an_account_that_was_made_meanwhile_joins_by_the_link(alice: User, payments: Team) -> None:
    send(alice, team=payments)
    dana = factories.UserFactory(username="dana")
    assert Client().post(link(), GIVEN).status_code == 302
    assert payments.memberships.filter(user=dana).exists()


def test_nobody_gives_more_than_they_have(alice: User, boss: User, payments: Team, search: Team) -> None:
    for role in ("owner", "admin"):
        with pytest.raises(ValidationError, match="You can give one of these: responder, viewer"):
            send(alice, team=payments, role=role)
    User.objects.filter(pk=alice.pk).update(role="viewer")
    alice.refresh_from_db()
    with pytest.raises(ValidationError, match="one of these: viewer"):
        send(alice, team=payments, role="responder")
    for team in (search, None):
        with pytest.raises(PermissionDenied):
            send(alice, team=team, role="viewer")
    admin = factories.UserFactory(role="admin")
    with pytest.raises(ValidationError, match="admin, responder, viewer"):
        send(admin, role="owner")
    assert send(boss, role="owner").role == "owner"
    made = send(boss, "erik@example.org", role="admin", team=payments)
    with pytest.raises(PermissionDenied):
        invitations.resend(made.pk, by=alice)


def test_an_invitation_ends_with_who_made_it(alice: User, boss: User, payments: Team) -> None:
    send(alice, team=payments)
    url = link()
    payments.memberships.filter(user=alice).update(role="member")
    assert Client().get(url).status_code == 404
    payments.memberships.filter(user=alice).update(role="manager")
    assert Client().get(url).status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Client().post(url, GIVEN).status_code == 404


def test_a_member_and_another_teams_manager_find_nothing(bob: User, alice: User, payments: Team, search: Team) -> None:
    made = send(alice, team=payments)
    assert signed_in(bob).get("/people/invitations/").status_code == 403
    other = factories.UserFactory()
    search.memberships.create(user=other, role="manager")
    client = signed_in(other)
    page = client.get("/people/invitations/").content.decode()
    assert "dana@example.org" not in page
    assert "Nobody is invited" in page
    assert client.post(f"/people/invitations/{made.pk}/revoke/").status_code == 404
    assert payments.name not in client.get("/people/invitations/new/").content.decode()


def test_a_form_that_is_wrong_names_each_address_and_keeps_what_was_typed(alice: User, payments: Team) -> None:
    given = {"emails": "dana@example.org nobody\nerik@", "role": "viewer", "team": payments.slug, "team_role": "guest"}
    answer = signed_in(alice).post("/people/invitations/new/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“nobody” is not an address" in page
    assert "“erik@” is not an address" in page
    assert "dana@example.org nobody" in page
    assert '<option value="viewer" selected>' in page
    assert not Invitation.objects.exists()
    assert mail.outbox == []


def test_invited_again_the_newest_link_counts(alice: User, payments: Team) -> None:
    send(alice, team=payments)
    first = link()
    client = signed_in(alice)
    client.post(f"/people/invitations/{Invitation.objects.get().pk}/resend/")
    send(alice, "DANA@example.org", team=payments)
    made = Invitation.objects.get()
    assert made.sent_count == 3
    assert Client().get(first).status_code == 404
    with pytest.raises(ValidationError, match="within a day"):
        send(alice, team=payments)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
        send(alice, team=payments)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            email="Dana@example.org", role="viewer", team=payments, digest="x", expires_at=made.expires_at
        )


def test_an_inviter_has_so_many_a_day(alice: User, payments: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_BY_ONE", 2)
    send(alice, team=payments)
    with pytest.raises(ValidationError, match="a day, and have sent 1"):
        invitations.invite(by=alice, emails=["e@example.org", "f@example.org"], role="viewer", team=payments)
    assert Invitation.objects.count() == 1


def test_one_account_answers_all_that_waited(alice: User, boss: User, payments: Team, search: Team) -> None:
    send(boss, team=search, role="viewer")
    send(alice, team=payments)
    Client().post(link(), GIVEN)
    dana = User.objects.get(username="dana")
    assert dana.role == "responder"
    assert {str(t) for t in dana.teams.all()} == {"Payments", "Search"}
    assert not Invitation.objects.open(timezone.now()).exists()


def test_the_list_costs_the_same_however_long(boss: User, payments: Team) -> None:
    client = signed_in(boss)
    send(boss, team=payments)
    with CaptureQueriesContext(connection) as few:
        client.get("/people/invitations/")
    for n in range(8):
        send(boss, f"p{n}@example.org", team=payments)
    with CaptureQueriesContext(connection) as many:
        client.get("/people/invitations/")
    assert len(few) == len(many)


def test_the_administration_leads_there_and_managers_see_their_own(boss: User, alice: User, payments: Team) -> None:
    send(boss, "hidden@example.org")
    send(alice, team=payments)
    assert reverse("teams:invite") in signed_in(boss).get("/admin/teams/user/").content.decode()
    page = signed_in(alice).get("/admin/teams/invitation/").content.decode()
    assert "dana@example.org" in page
    assert "hidden@example.org" not in page


def test_programs_invite_with_the_scope_for_it(alice: User, charlie: User, payments: Team, search: Team) -> None:
    def client(*scopes: str) -> APIClient:
        made = APIClient()
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(alice, 'hr', scopes=scopes)[1]}")
        return made

    body = {"emails": ["dana@example.org", charlie.email], "role": "viewer", "team": "payments"}
    refused = client("read").post("/api/v1/invitations/", body)
    assert (refused.status_code, refused.json()["scope"]) == (403, "people")
    people = client("people")
    answer = people.post("/api/v1/invitations/", body, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 201
    first, second = answer.json()
    assert first | {"id": 0, "email": ""} == second | {
        "id": 0,
        "email": "",
        **{name: first[name] for name in ("created_at", "sent_at", "expires_at")},
    }
    again = people.post("/api/v1/invitations/", body, headers={"Idempotency-Key": "k1"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(mail.outbox) == 2
    assert people.post("/api/v1/invitations/", body | {"team": "search"}).status_code == 403
    wrong = people.post("/api/v1/invitations/", body | {"emails": ["nobody"], "role": "owner"}).json()
    assert {e["field"].partition(".")[0] for e in wrong["errors"]} == {"emails", "role"}
    url = f"/api/v1/invitations/{first['id']}/"
    assert people.post(f"{url}resend/").json()["sent_count"] == 2
    assert people.delete(url).status_code == 204
    assert people.delete(url).status_code == 400
    listed = people.get("/api/v1/invitations/?state=revoked").json()["results"]
    assert [row["email"] for row in listed] == ["dana@example.org"]
