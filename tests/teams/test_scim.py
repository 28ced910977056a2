"""SCIM with the bodies that Okta and Entra ID send: people and teams kept in step, and nobody's owner touched."""

from __future__ import annotations

import json

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from teams import erasure
from teams.models import AccessEvent, ApiToken, IdentityProvider, Membership, ScimToken, Team, User
from teams.signin import joining, leaving, scim_tokens
from tests import factories

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

OKTA_NEW = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "dora@acme.test",
    "name": {"givenName": "Dora", "familyName": "Lane"},
    "emails": [{"primary": True, "value": "dora@acme.test", "type": "work"}],
    "displayName": "Dora Lane",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}
ENTRA_NEW = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "erik@acme.test",
    "active": True,
    "displayName": "Erik Sund",
    "emails": [{"primary": True, "type": "work", "value": "erik@acme.test"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Erik Sund", "familyName": "Sund", "givenName": "Erik"},
    "roles": [],
    "title": "Engineer",
    ENTERPRISE: {"department": "Payments", "manager": {"value": "17"}},
}


class Scim:
    """A client of SCIM with a token."""

    def __init__(self, raw):
        self.client = Client()
        self.raw = raw

    def __call__(self, method, path, body=None, **params):
        answer = self.client.generic(
            method,
            f"/scim/v2/{path}",
            json.dumps(body) if body is not None else b"",
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.raw}"},
            query_params=params,
        )
        answer.said = json.loads(answer.content) if answer.content else None
        return answer

    def patch(self, path, *operations):
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


@pytest.fixture
def owner(db):
    return factories.UserFactory(username="olga", role="owner")


@pytest.fixture
def token(owner):
    return scim_tokens.issue(by=owner, name="Okta")


@pytest.fixture
def scim(token):
    return Scim(token[1])


def wrong(answer, status, kind=None):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/scim+json"
    assert answer.said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.said["status"] == str(status)
    assert answer.said["detail"]
    assert answer.said.get("scimType") == kind
    return answer.said["detail"]


# --- the door


@pytest.mark.parametrize("path", ["Users", "Groups", "Users/1", "ServiceProviderConfig", "Schemas", "Bulk", "Me", ""])
def test_without_a_valid_token_nothing_is_told(db, path, alice):
    _, personal = ApiToken.issue(alice, "mine")
    for raw in ("", "wbx_made-up", personal):
        wrong(Scim(raw)("GET", path), 401)
    session = Client()
    session.force_login(factories.UserFactory(role="owner"))
    assert session.get(f"/scim/v2/{path}").status_code == 401


def test_a_revoked_token_and_too_many_guesses_are_refused(scim, token, owner):
    assert scim("GET", "Users").status_code == 200
    token[0].refresh_from_db()
    assert token[0].last_used_at
    scim_tokens.revoke(token[0], by=owner)
    wrong(scim("GET", "Users"), 401)
    guesses = [Scim("wbx_no")("GET", "Users").status_code for _ in range(35)]
    assert guesses[0] == 401
    assert guesses[-1] == 429


def test_rate_and_body_are_bounded(scim, settings):
    big = {**OKTA_NEW, "title": "x" * (1024 * 1024)}
    wrong(scim("POST", "Users", big), 413, "tooMany")
    settings.WATCHBILL_SCIM_RATE = "2/min"
    cache.clear()
    with time_machine.travel(timezone.now(), tick=False):
        codes = [scim("GET", "Users").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_a_token_is_shown_once_by_its_prefix_and_kept_as_a_digest(client, owner):
    client.force_login(owner)
    page = client.post(
        "/admin/teams/scimtoken/add/", {"name": "Entra", "default_role": "viewer"}, follow=True
    ).content.decode()
    raw = page.split('class="wb-secret">')[1].split("<")[0]
    made = ScimToken.objects.get()
    assert raw.startswith("wbx_")
    assert made.digest == ScimToken.digest_of(raw)
    assert raw not in client.get(f"/admin/teams/scimtoken/{made.pk}/change/").content.decode()
    assert Scim(raw)("GET", "Users").status_code == 200
    client.post("/admin/teams/scimtoken/", {"action": "revoke", "_selected_action": [made.pk]})
    assert Scim(raw)("GET", "Users").status_code == 401
    assert set(AccessEvent.objects.values_list("kind", flat=True)) >= {"token.scim_issued", "token.scim_revoked"}


def test_what_is_offered_is_described(scim):
    config = scim("GET", "ServiceProviderConfig").said
    assert config["patch"] == {"supported": True}
    assert config["filter"]["supported"]
    assert config["authenticationSchemes"][0]["type"] == "oauthbearertoken"
    assert {t["id"] for t in scim("GET", "ResourceTypes").said["Resources"]} == {"User", "Group"}
    names = {s["name"] for s in scim("GET", "Schemas").said["Resources"]}
    assert names == {"User", "Group"}
    wrong(scim("GET", "Schemas/none"), 404)
    wrong(scim("POST", "Bulk", {}), 501)
    wrong(scim("PUT", "ServiceProviderConfig", {}), 405)
    wrong(scim("DELETE", "Users"), 405)


# --- people


def test_okta_makes_changes_deactivates_and_brings_back_somebody(scim):
    asked = scim("GET", "Users", filter='userName eq "dora@acme.test"', startIndex="1", count="100").said
    assert (asked["totalResults"], asked["Resources"]) == (0, [])
    made = scim("POST", "Users", OKTA_NEW)
    assert made.status_code == 201
    pk = made.said["id"]
    assert made["Location"].endswith(f"/scim/v2/Users/{pk}")
    dora = User.objects.get(pk=pk)
    assert (dora.username, dora.name, dora.role, dora.is_active) == ("dora@acme.test", "Dora Lane", "responder", True)
    assert not dora.has_usable_password()
    assert EmailAddress.objects.get(user=dora).verified
    assert made.said["externalId"] == "00ujl29u0le5T6Aj10h7"
    assert "password" not in made.said

    found = scim("GET", "Users", filter='userName eq "DORA@acme.test"').said
    assert [u["id"] for u in found["Resources"]] == [pk]

    whole = {**made.said, "name": {"givenName": "Dora", "familyName": "Lane-Ruiz"}, "displayName": "Dora Lane-Ruiz"}
    assert scim("PUT", f"Users/{pk}", whole).said["name"]["familyName"] == "Lane-Ruiz"

    assert scim.patch(f"Users/{pk}", {"op": "replace", "value": {"active": False}}).said["active"] is False
    dora.refresh_from_db()
    assert not dora.is_active
    assert scim("GET", f"Users/{pk}").said["active"] is False
    assert scim.patch(f"Users/{pk}", {"op": "replace", "value": {"active": True}}).said["active"] is True


def test_entra_sends_capital_verbs_text_for_booleans_and_paths_with_filters(scim):
    made = scim("POST", "Users", ENTRA_NEW)
    pk = made.said["id"]
    answer = scim.patch(
        f"Users/{pk}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "erik.sund@acme.test"},
        {"op": "Add", "path": "name.familyName", "value": "Sundqvist"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Search"},
        {"op": "Add", "path": "title", "value": "Lead"},
    )
    assert answer.said["emails"][0]["value"] == "erik.sund@acme.test"
    assert answer.said["name"]["familyName"] == "Sundqvist"
    assert EmailAddress.objects.get(user=pk).email == "erik.sund@acme.test"
    gone = scim.patch(f"Users/{pk}", {"op": "Replace", "path": "active", "value": "False"})
    assert gone.said["active"] is False
    answer = scim.patch(f"Users/{pk}", {"op": "replace", "value": {"name.givenName": "E.", "active": "True"}})
    assert (answer.said["name"]["givenName"], answer.said["active"]) == ("E.", True)
    answer = scim.patch(
        f"Users/{pk}", {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:userName", "value": "erik"}
    )
    assert answer.said["userName"] == "erik"


def test_deactivation_ends_the_session_at_once_and_tells_who_covers(scim, owner, payments):
    pk = scim("POST", "Users", OKTA_NEW).said["id"]
    dora = User.objects.get(pk=pk)
    factories.schedule(payments, [dora], name="Secondary")
    phone = Client()
    phone.force_login(dora)
    assert phone.get("/incidents/").status_code == 200
    scim.patch(f"Users/{pk}", {"op": "Replace", "path": "active", "value": "False"})
    assert phone.get("/incidents/").status_code == 302
    event = AccessEvent.objects.get(kind="person.deactivated")
    assert (event.user, event.by, event.through) == (dora, None, "scim")
    assert "through the identity provider (SCIM)" in mail.outbox[0].body


def test_delete_deactivates_and_a_new_person_of_that_name_is_the_old_one(scim):
    pk = scim("POST", "Users", OKTA_NEW).said["id"]
    assert scim("DELETE", f"Users/{pk}").status_code == 204
    assert not User.objects.get(pk=pk).is_active
    wrong(scim("GET", f"Users/{pk}"), 404)
    wrong(scim("DELETE", f"Users/{pk}"), 404)
    assert scim("GET", "Users", filter='userName eq "dora@acme.test"').said["totalResults"] == 0
    again = scim("POST", "Users", OKTA_NEW)
    assert (again.status_code, again.said["id"], again.said["active"]) == (201, pk, True)


def test_whom_an_administrator_deactivated_scim_does_not_bring_back(scim, owner):
    made = scim("POST", "Users", OKTA_NEW).said
    path, dora = f"Users/{made['id']}", User.objects.get(pk=made["id"])
    back = {"op": "replace", "value": {"active": True}}
    leaving.deactivate(dora, by=owner, through="admin")
    scim.patch(path, {"op": "replace", "value": {"active": False}})
    for answer in (scim.patch(path, back), scim("PUT", path, {**made, "active": True})):
        assert (answer.status_code, answer.said["active"]) == (200, False)
    assert scim("DELETE", path).status_code == 204
    assert scim("POST", "Users", OKTA_NEW).said["active"] is False
    assert not User.objects.get(pk=dora.pk).is_active
    event = AccessEvent.objects.get(kind="person.reactivation_refused")
    assert (event.user, event.by, event.through) == (dora, None, "scim")

    leaving.reactivate(dora, by=owner, through="admin")
    scim.patch(path, {"op": "replace", "value": {"active": False}})
    assert scim.patch(path, back).said["active"] is True
    scim.patch(path, {"op": "replace", "value": {"active": False}})
    assert leaving.deactivate(dora, by=owner, through="admin") is None
    assert scim.patch(path, back).said["active"] is False


def test_whom_scim_made_inactive_it_lets_in(scim):
    made = scim("POST", "Users", {**OKTA_NEW, "active": False}).said
    assert made["active"] is False
    assert scim.patch(f"Users/{made['id']}", {"op": "replace", "value": {"active": True}}).said["active"] is True


def test_service_accounts_and_who_was_erased_are_not_there(scim, owner):
    robot = factories.UserFactory(username="robot", is_service=True)
    dora = User.objects.get(pk=scim("POST", "Users", OKTA_NEW).said["id"])
    leaving.deactivate(dora, by=owner, through="admin")
    erasure.erase(dora, by=owner, confirm=dora.username)
    assert [u["userName"] for u in scim("GET", "Users").said["Resources"]] == ["olga"]
    for somebody in (robot, dora):
        wrong(scim("GET", f"Users/{somebody.pk}"), 404)
        wrong(scim.patch(f"Users/{somebody.pk}", {"op": "replace", "value": {"active": True}}), 404)
        wrong(
            scim("POST", "Groups", {"displayName": "Robots", "members": [{"value": str(somebody.pk)}]}),
            400,
            "invalidValue",
        )
    assert not User.objects.get(pk=dora.pk).is_active


def test_no_owner_is_ever_touched(scim, owner):
    before = User.objects.filter(pk=owner.pk).values().get()
    for answer in (
        scim.patch(f"Users/{owner.pk}", {"op": "replace", "value": {"active": False}}),
        scim("PUT", f"Users/{owner.pk}", {**OKTA_NEW, "active": False}),
        scim("DELETE", f"Users/{owner.pk}"),
    ):
        assert "owner" in wrong(answer, 403, "mutability")
    assert User.objects.filter(pk=owner.pk).values().get() == before
    wrong(scim("POST", "Users", {**OKTA_NEW, "userName": "x", "emails": [{"value": owner.email}]}), 409, "uniqueness")
    roles = scim("POST", "Users", {**OKTA_NEW, "roles": [{"value": "owner"}], "role": "owner"})
    wrong(roles, 400, "invalidPath")
    made = scim("POST", "Users", {**OKTA_NEW, "roles": [{"value": "owner"}]})
    assert User.objects.get(pk=made.said["id"]).role == "responder"


@pytest.mark.parametrize(
    ("body", "status", "kind", "words"),
    [
        ({"userName": ""}, 400, "invalidValue", "userName"),
        ({"userName": "a b#c", "emails": [{"value": "a@acme.test"}]}, 400, "invalidValue", "username"),
        ({"userName": "dora"}, 400, "invalidValue", "e-mail"),
        ({"userName": "dora", "emails": [{"value": "nothing"}]}, 400, "invalidValue", "is not an e-mail"),
        ({"userName": "dora", "emails": [{"value": "ALICE@example.org"}]}, 409, "uniqueness", "address"),
        ({"userName": "Alice", "emails": [{"value": "a2@example.org"}]}, 409, "uniqueness", "already"),
        ({"userName": ["x"]}, 400, "invalidValue", "is a text"),
        ({"userName": "dora", "active": "maybe"}, 400, "invalidValue", "true or false"),
        ({"userName": "x" * 200, "emails": [{"value": "a@acme.test"}]}, 400, "invalidValue", "150"),
        ({"nonsense": 1}, 400, "invalidPath", "no attribute"),
    ],
)
def test_what_is_wrong_with_a_person_is_named(scim, alice, body, status, kind, words):
    count = User.objects.count()
    assert words in wrong(scim("POST", "Users", body), status, kind)
    assert User.objects.count() == count


def test_broken_bodies_get_an_answer_and_never_a_500(scim, alice):
    for raw in (b"{", b"[]", b"\xff", b"null", b'"x"', b"[" * 5000):
        answer = scim.client.generic(
            "POST",
            "/scim/v2/Users",
            raw,
            content_type="application/json",
            headers={"Authorization": f"Bearer {scim.raw}"},
        )
        assert answer.status_code == 400, raw
    for operations in (
        None,
        [],
        {},
        [1],
        [{"op": "jump"}],
        [{"op": "remove"}],
        [{"op": "add", "value": 1}],
        [{"op": "add", "path": 3}],
    ):
        assert scim("PATCH", f"Users/{alice.pk}", {"Operations": operations}).status_code == 400, operations
    for pk in ("0", "abc", "99999999999999999999", "1'--"):
        wrong(scim("GET", f"Users/{pk}"), 404)


# --- lists


def test_lists_come_in_pages_and_cost_the_same_however_long(scim, django_assert_max_num_queries):
    for n in range(7):
        scim("POST", "Users", {**OKTA_NEW, "userName": f"p{n}", "emails": [{"value": f"p{n}@acme.test"}]})
    page = scim("GET", "Users", startIndex="3", count="2").said
    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (8, 2, 3)
    assert scim("GET", "Users", startIndex="0", count="-1").said["Resources"] == []
    assert scim("GET", "Users", startIndex="100").said["Resources"] == []
    wrong(scim("GET", "Users", count="many"), 400, "invalidValue")
    with django_assert_max_num_queries(30) as few:
        scim("GET", "Users", count="1")
    with django_assert_max_num_queries(len(few)):
        assert len(scim("GET", "Users").said["Resources"]) == 8


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('userName eq "bob"', ["bob"]),
        ('userName eq "bob@example.org"', ["bob"]),
        ('emails.value eq "bob@example.org"', ["bob"]),
        ('emails[type eq "work"].value eq "bob@example.org"', None),
        ('externalId eq "x-1"', ["dora"]),
        ('userName sw "bo" and active eq true', ["bob"]),
        ('not (userName eq "bob") and name.givenName eq "Alice"', ["alice"]),
        ("userName eq", None),
        ('password eq "x"', None),
        ('active eq "perhaps"', None),
        ("(" * 400 + 'userName eq "b"' + ")" * 400, None),
        ("x" * 2000, None),
        ('userName eq "\' OR 1=1 --"', []),
    ],
)
def test_filters(scim, alice, bob, query, found):
    scim("POST", "Users", {"userName": "dora", "externalId": "x-1", "emails": [{"value": "dora@acme.test"}]})
    answer = scim("GET", "Users", filter=query)
    if found is None:
        assert answer.status_code in (200, 400)
        if answer.status_code == 400:
            wrong(answer, 400, "invalidFilter")
        return
    assert [u["userName"] for u in answer.said["Resources"]] == found
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": query}
    assert [u["userName"] for u in scim("POST", "Users/.search", body).said["Resources"]] == found


# --- groups


def test_a_group_is_a_team_with_the_members_that_scim_put_there(scim, alice, bob, charlie):
    made = scim(
        "POST",
        "Groups",
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Data Platform",
            "externalId": "8aa1a0c0",
            "members": [{"value": str(alice.pk), "display": "Alice"}],
        },
    )
    assert made.status_code == 201
    pk = made.said["id"]
    team = Team.objects.get(pk=pk)
    assert (team.name, team.slug) == ("Data Platform", "data-platform")
    assert [(m.user, m.role, m.source) for m in team.memberships.all()] == [(alice, "member", "scim")]
    Membership.objects.create(team=team, user=charlie, role="manager")

    # Okta pushes members so, Entra ID so.
    scim.patch(f"Groups/{pk}", {"op": "add", "path": "members", "value": [{"value": str(bob.pk)}]})
    scim.patch(f"Groups/{pk}", {"op": "Add", "path": "members", "value": [{"$ref": None, "value": str(charlie.pk)}]})
    assert {m.user: m.source for m in team.memberships.all()} == {alice: "scim", bob: "scim", charlie: "manual"}
    scim.patch(f"Groups/{pk}", {"op": "remove", "path": f'members[value eq "{alice.pk}"]'})
    scim.patch(f"Groups/{pk}", {"op": "Remove", "path": "members", "value": [{"value": str(charlie.pk)}]})
    assert {m.user for m in team.memberships.all()} == {bob, charlie}
    scim.patch(f"Groups/{pk}", {"op": "replace", "path": "members", "value": [{"value": str(alice.pk)}]})
    assert {m.user for m in team.memberships.all()} == {alice, charlie}

    renamed = scim.patch(f"Groups/{pk}", {"op": "replace", "value": {"id": pk, "displayName": "Data"}})
    assert renamed.said["displayName"] == "Data"
    whole = scim("PUT", f"Groups/{pk}", {"displayName": "Data", "members": [{"value": str(bob.pk)}]})
    assert [m["value"] for m in whole.said["members"]] == [str(bob.pk)]
    assert [g["display"] for g in scim("GET", f"Users/{bob.pk}").said["groups"]] == ["Data"]
    listed = scim("GET", "Groups", filter='displayName eq "Data"', excludedAttributes="members").said["Resources"]
    assert listed[0]["id"] == pk
    assert "members" not in listed[0]
    scim.patch(f"Groups/{pk}", {"op": "remove", "path": "members"})
    assert {m.user for m in team.memberships.all()} == {charlie}


def test_a_group_says_what_is_wrong(scim, payments):
    assert "already" in wrong(scim("POST", "Groups", {"displayName": "payments"}), 409, "uniqueness")
    wrong(scim("POST", "Groups", {"displayName": ""}), 400, "invalidValue")
    wrong(scim("POST", "Groups", {"displayName": "x" * 100}), 400, "invalidValue")
    members = scim.patch(f"Groups/{payments.pk}", {"op": "add", "path": "members", "value": [{"value": "424242"}]})
    assert "424242" in wrong(members, 400, "invalidValue")
    wrong(scim.patch(f"Groups/{payments.pk}", {"op": "remove", "path": "displayName"}), 400, "mutability")
    wrong(scim.patch(f"Groups/{payments.pk}", {"op": "remove", "path": "members[x]"}), 400, "invalidFilter")


def test_deleting_a_group_never_deletes_what_hangs_on_a_team(scim, payments, alice, bob, checkout):
    pk = scim("POST", "Groups", {"displayName": "Empty", "members": [{"value": str(alice.pk)}]}).said["id"]
    assert scim("DELETE", f"Groups/{pk}").status_code == 204
    assert not Team.objects.filter(pk=pk).exists()
    assert scim("DELETE", f"Groups/{payments.pk}").status_code == 204
    assert Team.objects.get(pk=payments.pk).memberships.count() == 2
    wrong(scim("GET", f"Groups/{payments.pk}"), 404)
    again = scim("POST", "Groups", {"displayName": "Payments", "members": []})
    assert (again.status_code, again.said["id"]) == (201, str(payments.pk))


def test_who_was_provisioned_is_known_at_the_first_sign_in_by_the_external_id(owner):
    acme = IdentityProvider.objects.create(
        name="Entra", slug="entra", issuer="https://login.example.org", client_id="w"
    )
    _, raw = scim_tokens.issue(by=owner, name="Entra", provider=acme)
    pk = Scim(raw)("POST", "Users", ENTRA_NEW).said["id"]
    claims = {"sub": "pairwise-1", "oid": ENTRA_NEW["externalId"], "email": "other@acme.test"}
    assert joining.find(acme, claims) == User.objects.get(pk=pk)
    assert joining.find(acme, {"sub": "somebody"}) is None
    other = IdentityProvider.objects.create(name="B", slug="b", issuer="https://b.example.org", client_id="w")
    assert joining.find(other, claims) is None
