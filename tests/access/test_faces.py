"""What charlie can learn of a private incident through every face: nothing.

Beside `test_matrix`, which asks who is let in, this reads what comes back: every page, list, search, feed, count, form
and mail is looked through for the incident's words and its number.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from comms.models import Delivery
from incidents.actions import lifecycle, notes
from incidents.models import Incident
from teams.models import Membership, Team, User
from tests import factories
from tests.access import world as worlds
from tests.access.world import SECRET, World
from tests.sweeps import WHOLE

ENDPOINTS = list(worlds.endpoints())
# Words of the world's private incident that no search repeats.
WORDS = ("leaks", "draft of it")
STRANGERS = ("responder", "admin", "viewer", "guest", "editor")
# Who has most to see elsewhere, and who has a role on something.
ANYWHERE = STRANGERS if WHOLE else ("admin", "guest")
# What differs from one answer to the next whatever it is about.
ONCE = re.compile(r'"X-CSRFToken": "\w+"|value="\w{64}"|nonce="[^"]+"')


@pytest.fixture
def world(stood: dict[str, Any], settings: Settings) -> World:
    worlds.unlimited(settings)
    return stood["world"]


@pytest.fixture(params=STRANGERS)
def stranger(request: pytest.FixtureRequest, world: World) -> Client:
    """Somebody whose role does not count on a private incident, signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(world.people[request.param])
    return client


def told(client: Client, url: str, world: World) -> list[str]:
    """What an address gives away."""
    answer = client.get(url)
    body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")
    told = [word for word in WORDS if word in body]
    told += re.findall(rf"\b{world.incident.reference}\b", body)
    return [f"{url} tells “{word}”" for word in told]


def share(world: World, by: User, teams: list[Team]) -> None:
    notes.set_facts(world.incident.pk, by=by, shared_with=teams)
    entry = world.incident.timeline.latest("pk")
    assert ("Legal" if teams else "nobody else") in entry.text


class TestFaces:
    @staticmethod
    def standing() -> dict[str, Any]:
        return {"world": worlds.build(private=True)}

    @pytest.mark.parametrize("stranger", ANYWHERE, indirect=True)
    def test_no_page_list_or_feed_tells_of_it(self, stranger: Client, world: World) -> None:
        found = []
        for endpoint in ENDPOINTS:
            # Whoever holds a page's link was paged: it tells them what for.
            if endpoint.method == "GET" and "logout" not in endpoint.route and endpoint.verb != "link.use":
                found += told(stranger, endpoint.address(world), world)
        assert not found, "\n".join(found)

    @pytest.mark.parametrize(
        "url",
        [
            "/incidents/?state=all&q={secret}",
            "/incidents/?state=all&q={reference}",
            "/incidents/?state=all&private=on",
            "/incidents/?layout=columns&whose=",
            "/search/?q={secret}",
            "/search/?q={reference}",
            "/api/v1/search/?q={secret}",
            "/action-items/?state=all&q={secret}",
            "/action-items/?state=all&q={pk}",
            "/api/v1/incidents/?q={secret}",
            "/api/v1/incidents/?q={pk}",
            "/api/v1/incidents/?private=true",
            "/api/v1/action-items/?incident={pk}",
            "/api/v1/page-incidents/",
            "/api/v1/me/pages/",
        ],
    )
    def test_no_search_finds_it(self, url: str, stranger: Client, world: World) -> None:
        address = url.format(secret=SECRET, reference=world.incident.reference, pk=world.incident.pk)
        body = stranger.get(address).content.decode()
        assert not [word for word in WORDS if word in body]

    def test_the_administration_does_not_show_or_suggest_it(self, world: World) -> None:
        client = Client()
        client.force_login(world.people["admin"])
        found = []
        for url, _, _, _ in worlds.admin_pages(world):
            found += told(client, url, world)
            if url.endswith(("/add/", "/change/", "/delete/")):
                continue
            found += [line for line in told(client, f"{url}?q={SECRET}", world) if world.incident.reference not in line]
        for app, model, name in (
            ("incidents", "change", "service"),
            ("comms", "component", "service"),
            ("teams", "escalationpolicy", "fallback_user"),
        ):
            query = f"app_label={app}&model_name={model}&field_name={name}&term={SECRET}"
            found += told(client, f"/admin/autocomplete/?{query}", world)
        assert not found, "\n".join(found)

    def test_no_refusal_tells_it_from_one_that_never_was(self, stranger: Client, world: World) -> None:
        def answers(number: int) -> list[tuple[int, str]]:
            urls = (f"/incidents/{number}/", f"/incidents/{number}/live/", f"/api/v1/incidents/{number}/")
            return [(a.status_code, a.content.decode().replace(f"/{number}/", "/N/")) for a in map(stranger.get, urls)]

        def without_tokens(rows: list[tuple[int, str]]) -> list[tuple[int, str]]:
            import re

            return [
                (status, re.sub(r'"X-CSRFToken": "\w+"|value="\w{64}"|nonce="[^"]+"', "", body))
                for status, body in rows
            ]

        assert without_tokens(answers(world.incident.pk)) == without_tokens(answers(999_999_999))

    def test_no_mail_about_it_goes_to_somebody_who_may_not_see_it(self, world: World) -> None:
        notes.note(world.incident.pk, "More of it", by=world.people["manager"])
        lifecycle.perform("reopen", world.incident.pk, by=world.people["manager"], inputs={"reason": "It is back"})
        about = Delivery.objects.filter(entry__incident=world.incident) | Delivery.objects.filter(
            page__incident=world.incident
        )
        assert about.exists()
        for delivery in about.select_related("user"):
            assert Incident.objects.visible_to(delivery.user).filter(pk=world.incident.pk).exists(), delivery

    def test_a_team_that_it_is_shared_with_sees_it_and_can_be_left_out_again(self, world: World) -> None:
        team = factories.TeamFactory(name="Legal")
        lawyer = factories.UserFactory(username="lawyer", role="viewer")
        Membership.objects.create(team=team, user=lawyer, role="member")
        client = Client()
        client.force_login(lawyer)
        url = f"/incidents/{world.incident.pk}/"
        assert client.get(url).status_code == 404
        share(world, world.people["manager"], [team])
        assert client.get(url).status_code == 200
        assert "Legal" in client.get(url).content.decode()
        share(world, world.people["manager"], [])
        assert client.get(url).status_code == 404
