"""Getting in with a password: who is let in, who is told what, and how much guessing is allowed."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from teams.models import AccessEvent, User
from teams.signin import addresses

PASSWORD = "calm-and-steady-7"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.create_user("anna", "Anna@Example.org", PASSWORD, first_name="Anna")


def enter(login: str, password: str = PASSWORD, client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).post("/account/login/", {"login": login, "password": password, **more})


def seen(answer: Any) -> str:
    """The page without what differs with every request."""
    body = answer.content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|value="(anna|gone|nobody)[^"]*"', "", body)


@pytest.mark.parametrize("login", ["anna", "ANNA", "anna@example.org", "Anna@Example.ORG "])
def test_a_password_lets_in_by_name_or_address(anna: User, login: str) -> None:
    client = Client()
    answer = enter(login, client=client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/account/profile/").status_code == 200
    event = AccessEvent.objects.get(kind="sign_in.done")
    assert (event.user, event.detail["method"]) == (anna, "password")


def test_nobody_learns_who_has_an_account(anna: User) -> None:
    User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
    answers = [
        enter("anna", "wrong"),
        enter("nobody", "wrong"),
        enter("gone", PASSWORD),
        enter("gone", "wrong"),
    ]
    assert {a.status_code for a in answers} == {200}
    assert len({seen(a) for a in answers}) == 1
    by_mail = [enter("anna@example.org", "x"), enter("nobody@example.org", "x"), enter("gone@example.org")]
    assert len({seen(a) for a in by_mail}) == 1


def test_every_refusal_checks_one_password(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    hashed = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher, name, lambda self, *a, real=real, **k: hashed.append(1) or real(self, *a, **k)
        )
    User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
    work = []
    for login in ("anna", "anna@example.org", "nobody", "nobody@example.org", "gone", "gone@example.org"):
        hashed.clear()
        enter(login, "wrong")
        work.append(len(hashed))
    assert set(work) == {1}


def test_a_reset_answers_everybody_the_same(anna: User) -> None:
    User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
    bodies = set()
    for email in ("anna@example.org", "gone@example.org", "nobody@example.org"):
        client = Client()
        answer = client.post("/account/password/reset/", {"email": email})
        assert (answer.status_code, answer["Location"]) == (302, "/account/password/reset/done/")
        bodies.add(client.get(answer["Location"]).content)
        assert mail.outbox[-1].to == [email]
    assert len(bodies) == 1
    assert [m.subject for m in mail.outbox] == [
        "Choose a new password for Watchbill",
        "No Watchbill account for this address",
        "No Watchbill account for this address",
    ]


def test_guessing_at_an_account_stops_whatever_it_is_called(anna: User) -> None:
    for login in ("anna", "Anna", "anna@example.org", "ANNA@example.org", "anna"):
        assert "Too many" not in seen(enter(login, "wrong"))
    locked = enter("anna")
    assert "Too many attempts. Wait five minutes" in locked.content.decode()
    assert AccessEvent.objects.filter(kind="sign_in.refused", user=anna).count() == 5
    assert not AccessEvent.objects.filter(kind="sign_in.done").exists()
    bea = User.objects.create_user("bea", "bea@example.org", PASSWORD)
    assert enter("bea").status_code == 302
    assert bea.pk


def test_no_password_is_written_down(anna: User) -> None:
    enter("anna", "my-secret-guess")
    enter("my-secret-guess", "x")
    for event in AccessEvent.objects.all():
        assert "my-secret-guess" not in f"{event.text}{event.detail}"


def test_signing_in_changes_the_session_key(anna: User) -> None:
    client = Client()
    client.get("/account/login/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["watchbill_session"] = before = session.session_key
    enter("anna", client=client)
    assert client.session.session_key != before
    assert UserSession.objects.get().session_key == client.session.session_key


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_next_leads_nowhere_else(anna: User, url: str) -> None:
    assert enter("anna", next=url)["Location"] == "/"
    client = Client()
    client.force_login(anna)
    assert "evil" not in client.get("/account/login/", {"next": url})["Location"]


def test_next_leads_to_a_page_of_ours(anna: User) -> None:
    assert enter("anna", next="/teams/?mine=1")["Location"] == "/teams/?mine=1"


def test_nobody_signs_up(db: None) -> None:
    assert "By invitation" in Client().get("/account/signup/").content.decode()
    Client().post("/account/signup/", {"username": "x", "email": "x@example.org", "password1": PASSWORD})
    assert not User.objects.exists()


# --- addresses


def test_an_address_that_somebody_with_the_right_wrote_counts(anna: User) -> None:
    assert anna.email == "anna@example.org"
    row = EmailAddress.objects.get(user=anna)
    assert (row.email, row.verified, row.primary) == ("anna@example.org", True, True)
    anna.email = "a.new@example.org"
    anna.save()
    row = EmailAddress.objects.get(user=anna)
    assert (row.email, row.verified, row.primary) == ("a.new@example.org", True, True)


def test_rows_from_before_do_not_lock_anybody_out(anna: User) -> None:
    EmailAddress.objects.all().delete()
    assert enter("anna")["Location"] == "/"


def test_an_upgrade_counts_everybodys_address(anna: User) -> None:
    bea = User.objects.create_user("bea", "bea@example.org", PASSWORD)
    EmailAddress.objects.filter(user=bea).delete()
    EmailAddress.objects.filter(user=anna).update(verified=False, primary=False)
    EmailAddress.objects.create(user=anna, email="old@example.org")
    User.objects.filter(pk=bea.pk).update(email="Bea@Example.org")

    import_module("teams.migrations.0006_addresses_count_as_verified").vouch(apps, None)

    rows = EmailAddress.objects.values_list("user__username", "email", "verified", "primary")
    assert set(rows) == {("anna", "anna@example.org", True, True), ("bea", "bea@example.org", True, True)}


def test_vouching_takes_a_leftover_from_somebody_else(anna: User) -> None:
    bea = User.objects.create_user("bea", "bea@example.org", PASSWORD)
    EmailAddress.objects.create(user=anna, email="b@example.org", verified=True)
    User.objects.filter(pk=bea.pk).update(email="b@example.org")
    bea.refresh_from_db()
    addresses.vouch(bea)
    assert EmailAddress.objects.get(email="b@example.org").user == bea


def test_changing_ones_own_address_waits_for_its_link(anna: User) -> None:
    client = Client()
    enter("anna", client=client)
    answer = client.post("/account/email/", {"email": "new@example.org", "action_add": "1"}, follow=True)
    assert "Waiting to be confirmed" in answer.content.decode()
    anna.refresh_from_db()
    assert anna.email == "anna@example.org"
    (letter,) = mail.outbox
    assert letter.to == ["new@example.org"]
    path = re.search(r"http://127\.0\.0\.1:8000(/account/confirm-email/\S+)", str(letter.body))
    assert path
    assert "new@example.org" in Client().get(path[1]).content.decode()
    anna.refresh_from_db()
    assert anna.email == "anna@example.org"

    Client().post(path[1])

    anna.refresh_from_db()
    assert anna.email == "new@example.org"
    assert [a.email for a in EmailAddress.objects.filter(user=anna)] == ["new@example.org"]
    assert mail.outbox[-1].to == ["anna@example.org"]
    assert AccessEvent.objects.get(kind="address.changed").detail["after"] == "new@example.org"


def test_an_address_of_somebody_else_is_not_taken(anna: User, alice: User) -> None:
    client = Client()
    enter("anna", client=client)
    client.post("/account/email/", {"email": alice.email, "action_add": "1"})
    path = re.search(r"8000(/account/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert path
    assert "Somebody else has this address" in Client().get(path[1]).content.decode()
    Client().post(path[1])
    anna.refresh_from_db()
    assert anna.email == "anna@example.org"


# --- passwords


def test_a_reset_ends_sessions_and_is_told(anna: User) -> None:
    elsewhere = Client()
    enter("anna", client=elsewhere)
    client = Client()
    client.post("/account/password/reset/", {"email": "anna@example.org"})
    path = re.search(r"http://127\.0\.0\.1:8000(/account/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert path
    form = client.get(path[1], follow=True)
    url = form.redirect_chain[-1][0]
    weak = client.post(url, {"password1": "anna", "password2": "anna"})
    assert "too short" in weak.content.decode()
    done = client.post(url, {"password1": "quiet-harbour-42", "password2": "quiet-harbour-42"}, follow=True)
    assert "Your new password works" in done.content.decode()
    assert elsewhere.get("/account/profile/").status_code == 302
    assert enter("anna", "quiet-harbour-42").status_code == 302
    assert AccessEvent.objects.filter(kind="password.reset", user=anna).exists()
    assert mail.outbox[-1].subject == "Your password was reset"
    assert "This link no longer works" in Client().get(path[1], follow=True).content.decode()


def test_a_changed_password_ends_the_other_sessions_only(anna: User) -> None:
    here, there = Client(), Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    enter("anna", client=here)
    enter("anna", client=there)
    changed = {"oldpassword": PASSWORD, "password1": "quiet-harbour-42", "password2": "quiet-harbour-42"}
    assert here.post("/account/password/change/", changed).status_code == 302
    assert here.get("/account/profile/").status_code == 200
    assert there.get("/account/profile/").status_code == 302
    assert [s.session_key for s in UserSession.objects.filter(user=anna)] == [here.session.session_key]
    assert AccessEvent.objects.filter(kind="session.ended", user=anna).count() == 1
    assert mail.outbox[-1].subject == "Your password was changed"


def test_an_administrators_password_ends_every_session(anna: User) -> None:
    theirs = Client()
    enter("anna", client=theirs)
    boss = User.objects.create_user("boss", "boss@example.org", PASSWORD, role="owner")
    client = Client()
    client.force_login(boss)
    given = {"password1": "quiet-harbour-42", "password2": "quiet-harbour-42", "usable_password": "true"}
    assert client.post(f"/admin/teams/user/{anna.pk}/password/", given).status_code == 302
    assert theirs.get("/account/profile/").status_code == 302
    assert AccessEvent.objects.get(kind="password.changed").by == boss
    assert mail.outbox[-1].to == ["anna@example.org"]


def test_a_new_device_is_told_of_and_a_known_one_is_not(anna: User) -> None:
    firefox = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    iphone = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"}
    enter("anna", client=Client(headers=firefox))
    assert not mail.outbox
    enter("anna", client=Client(headers=iphone))
    (letter,) = mail.outbox
    assert "Safari on iPhone" in str(letter.body)
    html = letter.alternatives[0][0]  # type: ignore[attr-defined]
    assert "Safari on iPhone" in html
    enter("anna", client=Client(headers=firefox))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_reset_password_done", "account_signup"]
)
def test_pages_before_signing_in_are_ours(name: str) -> None:
    page = Client().get(reverse(name)).content.decode()
    assert 'class="focus' in page
    assert "style=" not in page


@pytest.mark.parametrize(
    "name",
    [
        "signin:profile",
        "signin:sessions",
        "account_email",
        "account_change_password",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_activate_totp",
    ],
)
def test_pages_of_the_account_are_ours(name: str, anna: User) -> None:
    client = Client()
    enter("anna", client=client)
    answer = client.get(reverse(name))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="account__nav"' in page
    assert page.count('aria-current="page"') == 1
    assert "style=" not in page


def test_the_profile_is_changed_and_what_is_wrong_is_kept(anna: User) -> None:
    client = Client()
    enter("anna", client=client)
    wrong = {"first_name": "Ann", "last_name": "Lee", "time_zone": "Mars/Base", "phone": "call me"}
    answer = client.post("/account/profile/", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="call me"' in page
    assert "Give a telephone number" in page
    right = wrong | {"time_zone": "Europe/Berlin", "phone": "+49 30 1234567"}
    assert client.post("/account/profile/", right).status_code == 302
    anna.refresh_from_db()
    assert (anna.name, anna.time_zone, anna.phone) == ("Ann Lee", "Europe/Berlin", "+49 30 1234567")
