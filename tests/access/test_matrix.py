"""Every address with every method for every role, or those at either side of the line: what the table of access says is
what the installation does.

The addresses come from the URL table, the methods of the API from its view sets (the schema is made of the same), and
what is expected from the table alone: nothing here asks `teams.permits`.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import get_resolver, path
from pytest_django.fixtures import Settings

from config.middleware import TableGate, says_its_verb
from teams import access
from teams.access import Role
from teams.models import User
from tests.access import world as worlds
from tests.access.world import PERSONAS, Endpoint, World
from tests.sweeps import WHOLE

# Roughly from whoever may most to whoever may least.
STRENGTH = (
    *("owner", "admin", "responder", "manager", "commander", "approver"),
    *("editor", "member", "participant", "guest", "reader", "viewer"),
)
ENDPOINTS = list(worlds.endpoints())
# Where somebody may do it to their own row alone, whoever they are: the action asks, and the row is somebody else's.
OWN = {
    "api:attachment_remove",
    "api:calendar_feed",
    "api:override",
    "api:seat_accept",
    "api:swap_decline",
    "api:swap_undo",
    "api:swap_withdraw",
    "api:seat_decline",
    "api:seat_leave",
    "api:token",
    "incidents:attachment_remove",
    "incidents:seat",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "teams:feed_revoke",
    "teams:override_remove",
    "teams:swap_decline",
    "teams:swap_undo",
    "teams:swap_withdraw",
}


class RolledBack(Exception):
    """Undoes what a request changed, so that the next finds the world as it was."""


@pytest.fixture
def world(stood: dict[str, Any], settings: Settings) -> World:
    worlds.unlimited(settings)
    return stood["world"]


def asked(client: Client, endpoint: Endpoint, world: World) -> Any:
    """The answer to an empty request."""
    answer, cookies = None, client.cookies.copy()
    try:
        with transaction.atomic():
            body = {"content_type": "application/json", "data": {}} if endpoint.method != "GET" else {}
            if "/api/v1/" not in f"/{endpoint.route}" and endpoint.method == "POST":
                body = {"data": {}}
            answer = getattr(client, endpoint.method.lower())(endpoint.address(world), **body)
            raise RolledBack
    except RolledBack:
        # Whoever signed out by it is signed in again.
        client.cookies = cookies
        return answer


def refused(answer: Any) -> bool:
    """Whether the answer says no, or sends somebody away to sign in."""
    to_sign_in = answer.status_code == 302 and "/account/login/" in answer["Location"]
    return answer.status_code in (401, 403, 404) or to_sign_in


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def mismatches(endpoints: list[Endpoint], world: World, *, private: bool = False) -> list[str]:
    """Every endpoint that answers a persona otherwise than the table says.

    The owner asks first: a method that is not served to them is served to nobody, and what is open to anyone is judged
    by no role.
    """
    found, seen = [], set()
    clients = {persona: signed_in(world.people[persona]) for persona in PERSONAS}
    for endpoint in endpoints:
        # Every role asks at the first address of a verb; at the others, who stand on either side of the line.
        for persona in asking(endpoint, private=private, whole=WHOLE or endpoint.verb not in seen):
            answer = asked(clients[persona], endpoint, world)
            if answer.status_code >= 500:
                found.append(f"{endpoint} failed with {answer.status_code} for {persona}")
            if answer.status_code == 405 or endpoint.verb in access.OPEN:
                if persona == "owner":
                    break
                continue
            seen.add(endpoint.verb)
            found += mismatch(answer, endpoint, persona, private=private)
    return found


def asking(endpoint: Endpoint, *, private: bool, whole: bool) -> list[str]:
    """Who asks there: the strongest and the weakest of those who may and of those who may not, or all. What everybody
    may is asked by two."""
    may = [persona for persona in STRENGTH if worlds.allowed(persona, endpoint.verb, private=private)]
    may_not = [persona for persona in STRENGTH if persona not in may]
    if whole and may_not:
        return list(STRENGTH)
    ends = {"owner", *may[:1], *may[-1:], *may_not[:1], *may_not[-1:]}
    return [persona for persona in STRENGTH if persona in ends]


def mismatch(answer: Any, endpoint: Endpoint, persona: str, *, private: bool) -> list[str]:
    found = []
    may = worlds.allowed(persona, endpoint.verb, private=private)
    if may and answer.status_code in (401, 403) and endpoint.name not in OWN:
        found.append(f"{endpoint} refuses ({answer.status_code}), and the table lets {persona} {endpoint.verb}")
    if not may and not refused(answer):
        found.append(f"{endpoint} answers {answer.status_code}, and the table does not let {persona} {endpoint.verb}")
    sees = worlds.allowed(persona, "incident.view", private=True)
    if private and not sees and answer.status_code not in (403, 404):
        found.append(f"{endpoint} tells {persona} of a private incident: {answer.status_code}")
    return found


def part_of(endpoint: Endpoint) -> str:
    """Which part of the URL table it stands in."""
    return endpoint.name.partition(":")[0] if ":" in endpoint.name else "root"


def world_of_incident(endpoint: Endpoint) -> bool:
    """Whether the address lies below the world's incident."""
    return "incidents/<" in endpoint.route or endpoint.route.startswith(
        ("action-items/<", "api/v1/action-items/<", "files/<")
    )


class TestRoles:
    @staticmethod
    def standing() -> dict[str, Any]:
        return {"world": worlds.build()}

    @pytest.mark.parametrize("part", sorted({part_of(endpoint) for endpoint in ENDPOINTS}))
    def test_every_address_answers_each_role_as_the_table_says(self, part: str, world: World) -> None:
        found = mismatches([endpoint for endpoint in ENDPOINTS if part_of(endpoint) == part], world)
        assert not found, "\n".join(found)

    def test_without_signing_in_only_what_is_open_to_anyone(self, world: World) -> None:
        gone = world.people["viewer"]
        left = signed_in(gone)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        for client in (Client(raise_request_exception=False), left):
            for endpoint in ENDPOINTS:
                answer = asked(client, endpoint, world)
                assert answer.status_code < 500, f"{endpoint} failed"
                if endpoint.verb not in access.OPEN and answer.status_code != 405:
                    assert refused(answer), f"{endpoint} answers {answer.status_code} to nobody"

    @pytest.mark.parametrize("persona", PERSONAS)
    def test_the_administration_shows_each_role_what_the_table_says(self, persona: str, world: World) -> None:
        client, found = signed_in(world.people[persona]), []
        enters = worlds.allowed(persona, "admin.enter")
        for url, act, name, model_admin in worlds.admin_pages(world):
            verb = model_admin.verbs.get(act) or (model_admin.verbs.get("change") if act == "view" else None)
            # Where rows belong to nothing that gives people a role on them, the role in the organization alone counts.
            organization = Role(worlds.PERSONAS[persona][0])
            some = verb is not None and worlds.allowed(persona, verb)
            all_rows = verb is not None and access.allows(verb, {organization})
            may = enters and (some if model_admin.within is not None else all_rows)
            status = client.get(url).status_code
            if status >= 500:
                found.append(f"{url} failed")
            if not may and status == 200:
                found.append(f"{url} opens to {persona}, and the table does not let them {verb}")
            if may and act != "delete" and status != 200 and not _kept_by_hand(model_admin, name):
                found.append(f"{url} answers {status}, and the table lets {persona} {verb}")
        assert not found, "\n".join(found)

    def test_nobody_is_left_out(self) -> None:
        assert set(STRENGTH) == set(PERSONAS)

    def test_every_verb_is_used_and_every_endpoint_has_values_in_the_world(self, world: World) -> None:
        """An address whose numbers the world does not know would be tested with none."""
        for endpoint in ENDPOINTS:
            endpoint.address(world)


class TestRolesOnAPrivateIncident:
    @staticmethod
    def standing() -> dict[str, Any]:
        return {"world": worlds.build(private=True)}

    def test_only_the_roles_that_count_there(self, world: World) -> None:
        """All that is of no incident answers as in the public world."""
        found = mismatches([endpoint for endpoint in ENDPOINTS if world_of_incident(endpoint)], world, private=True)
        assert not found, "\n".join(found)


def _kept_by_hand(model_admin: Any, name: str) -> bool:
    """Lists that lead straight to their one page, and rows that are nobody's to add by design."""
    return name in ("teams/organization", "incidents/severity", "incidents/change")


def test_every_view_says_which_verb_it_is() -> None:
    views = worlds.walk(get_resolver().url_patterns)
    silent = [f"{prefix}{p.pattern}" for prefix, _, p in views if not says_its_verb(p.callback)]
    assert not silent, f"{silent} answer nobody: name a verb of teams.access.TABLE with @console, open_to or `verbs`"


def test_a_view_that_says_nothing_is_found_and_answers_nobody(db: None) -> None:
    """What somebody sees who adds a view and forgets the table."""
    reached = []
    forgotten = path("forgotten/", reached.append, name="forgotten")
    assert not says_its_verb(forgotten.callback)
    with pytest.raises(Exception, match="not open to anybody"):
        TableGate(lambda _: None).process_view(RequestFactory().get("/forgotten/"), forgotten.callback, (), {})  # type: ignore[arg-type,return-value]
    assert not reached
