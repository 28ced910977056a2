"""Single sign-on against a real provider process: who comes in, as what, and who does not."""

from __future__ import annotations

import html
import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.core.cache import cache
from django.test import Client

from teams.models import AccessEvent, IdentityProvider, Membership, Organization, User
from teams.signin import discovery, joining
from tests import factories

CALLBACK = "/account/oidc/acme/login/callback/"


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


@pytest.fixture
def acme(db, identity):
    return IdentityProvider.objects.create(
        name="Acme",
        slug="acme",
        issuer=identity.url,
        client_id="watchbill",
        client_secret="s3cret",
        groups_claim="groups",
    )


@pytest.fixture
def dora(identity):
    """Somebody whom only the provider knows."""
    identity.knows("dora", given_name="Dora", family_name="Lane", zoneinfo="Europe/Berlin", groups=[])


@pytest.fixture
def owner(db):
    made = factories.UserFactory(username="olga", role="owner")
    made.set_password("calm-and-steady-7")
    made.save()
    return made


def begin(client, **data):
    """Press the button; the provider's address that it leads on to."""
    answer = client.post("/account/oidc/acme/login/", data)
    assert answer.status_code == 200, answer.content.decode()
    return html.unescape(re.search(r'content="0;url=([^"]+)"', answer.content.decode())[1])


def come_in(client, identity, sub, **data):
    return client.get(CALLBACK, identity.agrees(begin(client, **data), sub))


def signed_in(client):
    pk = client.session.get(SESSION_KEY)
    return User.objects.get(pk=pk) if pk else None


def a_while_later(client):
    """Let the sign-in of this session be too long ago for what is dangerous."""
    session = client.session
    session["watchbill_signed_in"] -= 1000
    session.save()


def test_the_first_sign_in_makes_an_account(client, identity, acme, dora):
    answer = come_in(client, identity, "dora", next="/teams/")
    assert answer.url == "/teams/"
    made = signed_in(client)
    assert (made.username, made.name, made.role) == ("dora", "Dora Lane", "responder")
    assert made.time_zone == "Europe/Berlin"
    assert not made.has_usable_password()
    assert EmailAddress.objects.get(user=made).verified
    assert client.session["watchbill_sso"] == "acme"
    assert AccessEvent.objects.filter(kind="person.provisioned", user=made).exists()
    again = Client()
    come_in(again, identity, "dora")
    assert signed_in(again) == made


def test_pkce_state_and_nonce_go_out_and_a_link_cannot_widen_the_question(client, identity, acme, dora):
    client.post("/account/oidc/acme/login/?scope=admin&auth_params=prompt%3Dnone", {"scope": "admin"})
    begin(client)
    question = identity.heard("/oauth2/authorize")
    come_in(client, identity, "dora")
    asked = identity.heard("/oauth2/authorize")[len(question)]["asked"]
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"]
    assert asked["nonce"]
    assert sorted(asked["scope"].split()) == ["email", "openid", "profile"]
    assert "prompt" not in asked


LIES = {
    "another key": ({"key": "other"}, "signature is not the provider"),
    "no signature": ({"key": "none"}, "signed with none"),
    "the secret as key": ({"key": "secret"}, "signed with HS256"),
    "another client": ({"aud": "somebody-else"}, "another client (aud)"),
    "another client's, for us too": ({"aud": ["watchbill", "other"], "azp": "other"}, "another client (azp)"),
    "another issuer": ({"iss": "https://evil.example"}, "another issuer"),
    "too old": ({"exp": -600}, "has expired"),
    "too new": ({"iat": 3600}, "from the future"),
    "another nonce": ({"nonce": "replayed"}, "another sign-in"),
    "no nonce": ({"nonce": None}, "another sign-in"),
    "no end": ({"exp": None}, "lacks the claim “exp”"),
    "another subject": ({"sub": "somebody"}, "speaks of somebody else"),
}


@pytest.mark.parametrize(("lie", "words"), LIES.values(), ids=LIES.keys())
def test_a_forged_id_token_is_refused(client, identity, acme, dora, lie, words):
    """Numbers in a lie are seconds from now."""
    identity.lies(**{name: int(time.time()) + v if isinstance(v, int) else v for name, v in lie.items()})
    answer = come_in(client, identity, "dora")
    assert answer.status_code == 401
    assert words in html.unescape(answer.content.decode())
    assert signed_in(client) is None
    assert not User.objects.filter(username="dora").exists()
    assert AccessEvent.objects.filter(kind="sso.refused").exists()


def test_a_state_is_good_once_and_for_the_browser_that_began(client, identity, acme, dora):
    back = identity.agrees(begin(client), "dora")
    stranger = Client()
    assert stranger.get(CALLBACK, back).status_code == 401
    assert signed_in(stranger) is None
    assert client.get(CALLBACK, back).status_code == 302
    other = Client()
    other.cookies = client.cookies
    assert other.get(CALLBACK, back).status_code == 401


def test_a_code_of_another_sign_in_is_refused(client, identity, acme, dora):
    """Somebody else's code, put into one's own way back: PKCE fails at the provider."""
    theirs = identity.agrees(begin(Client()), "dora")
    mine = identity.agrees(begin(client), "mallory")
    answer = client.get(CALLBACK, {"state": mine["state"], "code": theirs["code"]})
    assert answer.status_code == 401
    assert signed_in(client) is None


def test_a_link_to_the_sign_in_asks_first_and_leads_nowhere_else(client, identity, acme, dora):
    assert "Go on to Acme" in client.get("/account/oidc/acme/login/").content.decode()
    assert come_in(client, identity, "dora", next="https://evil.example/").url == "/"
    forms = Client(enforce_csrf_checks=True)
    assert forms.post("/account/oidc/acme/login/").status_code == 403


def test_who_cancels_is_told_so(client, identity, acme):
    begin(client)
    state = next(iter(client.session["socialaccount_states"]))
    answer = client.get(CALLBACK, {"state": state, "error": "access_denied"})
    assert "You cancelled at Acme" in answer.content.decode()


def test_an_account_that_was_there_is_found_by_a_verified_address_of_an_allowed_domain(client, identity, acme, bob):
    identity.knows("b-17", email="Bob@example.org")
    answer = come_in(client, identity, "b-17")
    assert answer.status_code == 403
    assert "not linked to Acme" in answer.content.decode()
    acme.email_domains = "example.org"
    acme.save()
    identity.knows("b-17", email="bob@example.org", email_verified="false")
    assert come_in(client, identity, "b-17").status_code == 403
    identity.knows("b-17", email="bob@example.org", email_verified="true")
    assert come_in(client, identity, "b-17").status_code == 302
    assert signed_in(client) == bob
    assert AccessEvent.objects.filter(kind="person.sso_linked", user=bob).exists()
    assert SocialAccount.objects.get(user=bob).uid == "b-17"


def test_an_owner_is_never_found_by_address_and_links_by_hand(client, identity, acme, owner):
    acme.email_domains = "example.org"
    acme.save()
    identity.knows("o-1", email=owner.email)
    assert come_in(client, identity, "o-1").status_code == 403
    assert signed_in(client) is None
    client.post("/account/login/", {"login": "olga", "password": "calm-and-steady-7"})
    assert signed_in(client) == owner
    assert "No account is linked" in client.get("/account/3rdparty/").content.decode()
    a_while_later(client)
    back = come_in(client, identity, "o-1", process="connect")
    assert back.url == "/account/reauthenticate/"
    assert not SocialAccount.objects.exists()
    assert client.post(back.url, {"password": "calm-and-steady-7"}).url == "/account/3rdparty/"
    assert SocialAccount.objects.get(user=owner).uid == "o-1"
    assert "Unlink" in client.get("/account/3rdparty/").content.decode()
    fresh = Client()
    come_in(fresh, identity, "o-1")
    assert signed_in(fresh) == owner
    owner.refresh_from_db()
    assert owner.role == "owner"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("create_accounts", False, "no account for you yet"),
        ("email_domains", "acme.test", "may not come in"),
    ],
)
def test_new_people_come_in_only_as_the_owners_allow(client, identity, acme, dora, field, value, words):
    setattr(acme, field, value)
    acme.save()
    answer = come_in(client, identity, "dora")
    assert answer.status_code == 403
    assert words in answer.content.decode()
    assert not User.objects.filter(username="dora").exists()


def test_a_new_person_with_an_address_nobody_verified_confirms_it_first(client, identity, acme):
    acme.email_domains = "example.org"
    acme.save()
    identity.knows("eve", email_verified=False)
    come_in(client, identity, "eve")
    assert signed_in(client) is None
    assert mail.outbox[0].to == ["eve@example.org"]
    # Neither coming again nor a change of the account takes the place of the link.
    User.objects.get(username="eve").save()
    come_in(client, identity, "eve")
    assert signed_in(client) is None
    # Nor does whoever really has the address get an account that somebody else began.
    identity.knows("the-real-one", email="eve@example.org", email_verified=True)
    assert come_in(Client(), identity, "the-real-one").status_code == 403
    path = re.search(r"/account/confirm-email/\S+", str(mail.outbox[0].body))[0]
    client.post(path)
    come_in(client, identity, "eve")
    assert signed_in(client).username == "eve"


def test_a_service_account_is_nobodys(client, identity, acme, owner):
    robot = factories.UserFactory(username="robot", is_service=True)
    acme.email_domains = "example.org"
    acme.save()
    identity.knows("r-1", email=robot.email, email_verified=True)
    assert come_in(client, identity, "r-1").status_code == 403
    assert signed_in(client) is None
    assert not SocialAccount.objects.exists()


def test_a_username_that_is_taken_gets_a_number(client, identity, acme, bob):
    identity.knows("b2", preferred_username="bob@acme.test", email="robert@example.org")
    come_in(client, identity, "b2")
    assert signed_in(client).username == "bob2"


def test_groups_give_change_and_take_roles_and_teams_and_leave_what_was_given_by_hand(
    client, identity, acme, payments, search
):
    acme.mappings.create(group="pay", team=payments, team_role="member")
    acme.mappings.create(group="pay-leads", team=payments, team_role="manager")
    acme.mappings.create(group="admins", role="admin")
    identity.knows("dora", groups=["/pay", "admins"])
    come_in(client, identity, "dora")
    dora = User.objects.get(username="dora")
    mine = dora.memberships.get()
    assert (mine.team, mine.role, mine.source, dora.role) == (payments, "member", "sso", "admin")
    Membership.objects.create(team=search, user=dora, role="guest")

    identity.knows("dora", groups=["pay", "pay-leads"])
    come_in(Client(), identity, "dora")
    dora.refresh_from_db()
    assert dora.role == "responder"
    assert dora.memberships.get(team=payments).role == "manager"

    identity.knows("dora", groups=[])
    come_in(Client(), identity, "dora")
    assert [m.team for m in dora.memberships.all()] == [search]
    event = AccessEvent.objects.filter(kind="sso.groups_synced", user=dora).first()
    assert event.detail == {"left": ["payments"]}


def test_a_role_given_by_hand_is_never_lowered_and_comes_back(identity, acme, alice):
    acme.mappings.create(group="admins", role="admin")
    acme.mappings.create(group="readers", role="viewer")
    joining.sync(alice, acme, {"groups": ["readers"]})
    alice.refresh_from_db()
    assert alice.role == "responder"
    joining.sync(alice, acme, {"groups": ["admins"]})
    alice.refresh_from_db()
    assert alice.role == "admin"
    joining.sync(alice, acme, {"groups": []})
    alice.refresh_from_db()
    assert alice.role == "responder"


def test_the_last_owner_stays_one_whatever_the_groups_say(identity, acme, client):
    acme.mappings.create(group="owners", role="owner")
    identity.knows("dora", groups=["owners"])
    come_in(client, identity, "dora")
    dora = User.objects.get(username="dora")
    assert dora.role == "owner"
    joining.sync(dora, acme, {"groups": []})
    dora.refresh_from_db()
    assert dora.role == "owner"
    factories.UserFactory(role="owner")
    joining.sync(dora, acme, {"groups": []})
    dora.refresh_from_db()
    assert dora.role == "responder"


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://acme.test/groups": ["a"]}, "https://acme.test/groups", ["a"]),
        ({"groups": "a"}, "groups", ["a"]),
        ({}, "groups", []),
        ({"groups": {"a": 1}}, "groups.a.b", []),
        ({"_claim_names": {"groups": "src1"}}, "groups", None),
    ],
)
def test_groups_are_found_wherever_the_claim_is(claims, path, found):
    assert joining.groups_of(claims, path) == found


def test_too_many_groups_to_tell_leave_everything_as_it_was(identity, acme, alice, payments):
    joining.sync(alice, acme, {"_claim_names": {"groups": "src1"}})
    assert AccessEvent.objects.filter(kind="sso.groups_missing", user=alice).exists()


def test_somebody_deactivated_does_not_come_in(client, identity, acme, dora):
    come_in(client, identity, "dora")
    User.objects.filter(username="dora").update(is_active=False)
    late = Client()
    come_in(late, identity, "dora")
    assert signed_in(late) is None


def test_signing_out_goes_by_the_provider(client, identity, acme, dora):
    come_in(client, identity, "dora")
    raw = client.session["watchbill_sso_id_token"]
    answer = client.post("/account/logout/", follow=True)
    onward = html.unescape(re.search(r'content="0;url=([^"]+)"', answer.content.decode())[1])
    assert onward.startswith(f"{identity.url}/oauth2/end_session?")
    assert raw in onward
    assert "post_logout_redirect_uri=http" in onward
    assert signed_in(client) is None
    state = re.search(r"state=([^&]+)", onward)[1]
    back = client.get(f"/account/signed-out/?state={state}", follow=True)
    assert "signed out here and at Acme" in back.content.decode()
    assert "signed out here" not in client.get("/account/signed-out/?state=made-up", follow=True).content.decode()


def test_the_provider_ends_sessions_with_a_signed_token_and_only_with_that(client, identity, acme, dora, bob):
    come_in(client, identity, "dora")
    by_hand = Client()
    by_hand.force_login(User.objects.get(username="dora"))
    url = "/account/oidc/acme/backchannel-logout/"

    def told(**claims):
        return Client().post(url, {"logout_token": identity.logout_token(**claims)})

    good = {"aud": "watchbill", "sub": "dora"}
    assert told(**good, jti="1", key="other").status_code == 400
    assert told(**{**good, "aud": "other"}, jti="2").status_code == 400
    assert told(**good, jti="3", nonce="n").status_code == 400
    assert told(aud="watchbill", jti="4").status_code == 400
    assert told(**good, jti="5", events={}).status_code == 400
    assert told(**good, jti="8", iat=int(time.time()) - 3600).status_code == 400
    assert told(aud="watchbill", sub="bob", jti="6").status_code == 200
    assert signed_in(client)
    assert told(**good, jti="7").status_code == 200
    assert signed_in(client) is None
    assert signed_in(by_hand)
    assert told(**good, jti="7").status_code == 400


def test_where_passwords_are_off_only_an_owner_breaks_the_glass(client, identity, acme, owner, bob):
    second = factories.UserFactory(username="otto", role="owner")
    bob.set_password("calm-and-steady-7")
    bob.save()
    organization = Organization.current()
    organization.sso_only = True
    organization.save()
    page = client.get("/account/login/").content.decode()
    assert "Sign in with Acme" in " ".join(page.split())
    assert "Owners: sign in with a password" in page
    answer = client.post("/account/login/", {"login": "bob", "password": "calm-and-steady-7"})
    assert answer.status_code == 403
    assert "passwords are switched off" in answer.content.decode()
    assert signed_in(client) is None
    client.post("/account/login/", {"login": "olga", "password": "calm-and-steady-7"})
    assert signed_in(client) == owner
    assert AccessEvent.objects.filter(kind="sign_in.break_glass", user=owner).exists()
    assert sorted(m.to[0] for m in mail.outbox) == sorted([owner.email, second.email])
    assert "without the identity provider" in mail.outbox[0].body


def test_a_mark_left_by_an_abandoned_sign_in_does_not_vouch_for_a_password(client, identity, acme, owner):
    session = client.session
    session["watchbill_sso"] = "acme"
    session.save()
    client.post("/account/login/", {"login": "olga", "password": "calm-and-steady-7"})
    assert signed_in(client) == owner
    assert "watchbill_sso" not in client.session


# --- is it you?


@pytest.fixture
def stale(client, identity, acme, dora):
    """Dora, an admin who only comes through the provider and did so a while ago."""
    come_in(client, identity, "dora")
    User.objects.filter(username="dora").update(role="admin")
    a_while_later(client)
    return client


def go_on(client, url):
    assert "Go on to Acme" in client.get(url).content.decode()
    return html.unescape(re.search(r'content="0;url=([^"]+)"', client.post(url).content.decode())[1])


def test_who_has_no_password_confirms_at_the_provider(stale, identity):
    asked = stale.get("/admin/teams/user/add/?email=x")
    assert asked.url == "/account/oidc/acme/confirm/?next=%2Fadmin%2Fteams%2Fuser%2Fadd%2F%3Femail%3Dx"
    question = go_on(stale, asked.url)
    assert "prompt=login" in question
    assert "max_age=0" in question
    key = stale.session.session_key
    back = stale.get(CALLBACK, identity.agrees(question, "dora"))
    assert back.url == "/admin/teams/user/add/?email=x"
    assert stale.get(back.url).status_code == 200
    assert stale.session.session_key == key
    assert AccessEvent.objects.filter(kind="reauthentication.done", user__username="dora").exists()


def test_what_was_typed_is_sent_again_after_the_provider(stale, identity):
    asked = stale.post("/admin/teams/user/add/", {"username": "carol"})
    page = stale.get(CALLBACK, identity.agrees(go_on(stale, asked.url), "dora")).content.decode()
    assert '<input type="hidden" name="username" value="carol">' in page


def test_confirming_as_somebody_else_or_with_an_old_sign_in_is_none(stale, identity):
    url = stale.get("/admin/teams/user/add/").url
    identity.knows("mallory")
    assert stale.get(CALLBACK, identity.agrees(go_on(stale, url), "mallory")).status_code == 403
    assert not User.objects.filter(username="mallory").exists()
    identity.lies(auth_time=int(time.time()) - 600)
    answer = stale.get(CALLBACK, identity.agrees(go_on(stale, url), "dora"))
    assert "did not ask again" in html.unescape(answer.content.decode())
    assert stale.get("/admin/teams/user/add/").url == url
    assert signed_in(stale).username == "dora"
    # The way to confirm is not chosen by a link.
    assert come_in(stale, identity, "dora", process="redirect", next="/teams/").url == "/teams/"
    assert "Go on to Acme" not in Client().get("/account/oidc/acme/confirm/", follow=True).content.decode()


def test_a_provider_that_is_off_proves_nothing(stale):
    IdentityProvider.objects.update(active=False)
    answer = stale.get("/admin/teams/user/add/")
    assert answer.status_code == 403
    assert "sign out and in again" in html.unescape(answer.content.decode())


# --- the administration


def as_owner(client, owner):
    client.force_login(owner)
    return client


FORM = {
    "name": "Acme",
    "slug": "acme",
    "active": "on",
    "client_id": "watchbill",
    "client_secret": "very-secret-words",
    "scopes": "openid profile email",
    "groups_claim": "groups",
    "create_accounts": "on",
    "default_role": "responder",
    "email_domains": "@Example.org, acme.test",
    "mappings-TOTAL_FORMS": 1,
    "mappings-INITIAL_FORMS": 0,
    "mappings-0-group": "leads",
    "mappings-0-role": "admin",
}


def test_a_provider_is_set_up_checked_and_its_secret_never_shown(client, identity, owner):
    as_owner(client, owner)
    form = {**FORM, "issuer": f"{identity.url}/.well-known/openid-configuration"}
    assert client.post("/admin/teams/identityprovider/add/", form).status_code == 302
    made = IdentityProvider.objects.get()
    assert (made.issuer, made.domains) == (identity.url, {"example.org", "acme.test"})
    url = f"/admin/teams/identityprovider/{made.pk}/change/"
    page = client.get(url).content.decode()
    assert made.redirect_uri in page
    assert "very-secret-words" not in page
    kept = {**form, "client_secret": "", "mappings-TOTAL_FORMS": 0, "name": "Acme 2"}
    assert client.post(url, kept).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.client_secret) == ("Acme 2", "very-secret-words")
    checked = client.post(f"/admin/teams/identityprovider/{made.pk}/check/", follow=True).content.decode()
    assert "people can sign in" in checked
    IdentityProvider.objects.update(issuer=f"{identity.url}/elsewhere")
    checked = client.post(f"/admin/teams/identityprovider/{made.pk}/check/", follow=True).content.decode()
    assert "answers 404" in checked


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "http://login.example.org"}, "plain http"),
        ({"issuer": "https://u:p@login.example.org"}, "Leave them out"),
        ({"issuer": "login"}, "is not an address"),
        ({"default_role": "owner"}, "Select a valid choice"),
        ({"email_domains": "*.org"}, "is not a domain"),
        ({"mappings-0-team_role": "member"}, "Give a role in the organization, or a team"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said_at_the_field(client, owner, change, words):
    form = {**FORM, "issuer": "https://login.example.org", **change}
    answer = as_owner(client, owner).post("/admin/teams/identityprovider/add/", form)
    assert answer.status_code == 200
    assert words in html.unescape(answer.content.decode())


@pytest.mark.parametrize("path", ["identityprovider", "scimtoken"])
def test_only_owners_see_how_people_get_in(client, path, alice, payments):
    alice.role = "admin"
    alice.save()
    client.force_login(alice)
    assert client.get(f"/admin/teams/{path}/").status_code == 403


def test_passwords_are_switched_off_only_where_somebody_can_still_come_in(client, owner, alice, identity):
    form = factories.organization_form()
    url = f"/admin/teams/organization/{Organization.current().pk}/change/"
    answer = as_owner(client, owner).post(url, {**form, "sso_only": "on"})
    assert "No identity provider is active" in answer.content.decode()
    alice.role = "admin"
    alice.save()
    client.force_login(alice)
    IdentityProvider.objects.create(name="Acme", slug="acme", issuer=identity.url, client_id="w")
    assert client.post(url, {**form, "sso_only": "on"}).status_code == 302
    assert not Organization.current().sso_only
    as_owner(client, owner).post(url, {**form, "sso_only": "on"})
    assert Organization.current().sso_only


def test_a_provider_that_is_removed_takes_its_links_along(client, identity, acme, dora, owner):
    come_in(Client(), identity, "dora")
    page = as_owner(client, owner).get(f"/admin/teams/identityprovider/{acme.pk}/change/").content.decode()
    assert 'name="issuer"' not in page
    client.post(f"/admin/teams/identityprovider/{acme.pk}/delete/", {"post": "yes"})
    assert not SocialAccount.objects.exists()


def test_what_a_document_lacks_is_said(acme):
    document = {
        "issuer": f"{acme.issuer}/",
        "authorization_endpoint": "http://login.example.org/a",
        "token_endpoint": "https://login.example.org/t",
        "response_types_supported": ["id_token"],
        "id_token_signing_alg_values_supported": ["HS256"],
        "code_challenge_methods_supported": ["plain"],
    }
    wrong = " ".join(discovery.problems(acme, document))
    for words in ("no jwks_uri", "calls itself", "plain http", "code flow", "signs with HS256", "PKCE with S256"):
        assert words in wrong


def test_a_provider_that_is_away_is_told_and_does_not_break_the_page(client, acme):
    IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    answer = client.post("/account/oidc/acme/login/")
    assert answer.status_code == 503
    assert "can't be reached" in html.unescape(answer.content.decode())
    acme.refresh_from_db()
    acme.active = False
    acme.save()
    assert client.post("/account/oidc/acme/login/").status_code == 404
    assert client.get(CALLBACK).status_code == 404


def test_a_link_with_a_provider_that_is_off_can_be_undone(client, acme, owner):
    link = SocialAccount.objects.create(user=owner, provider="acme", uid="o-1")
    IdentityProvider.objects.update(active=False)
    client.post("/account/login/", {"login": "olga", "password": "calm-and-steady-7"})
    client.post("/account/reauthenticate/", {"password": "calm-and-steady-7"})
    client.post("/account/3rdparty/", {"account": link.pk})
    assert not SocialAccount.objects.exists()
    assert AccessEvent.objects.filter(kind="person.sso_unlinked", user=owner).exists()
