"""A private incident does not exist for others: on every address of the API, in lists, counts, search, and as input."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from comms.models import Component, PageIncident, StatusPage, StatusUpdate
from config.api_urls import urlpatterns
from incidents.actions import attachments, lifecycle
from incidents.models import Alert, Change, Incident, RoleDuty, SectionComment
from incidents.phases import Phase
from teams.models import ApiToken, Service, Team, User
from tests import factories
from tests.api.conftest import Api
from tests.cast import everybody
from tests.incidents.attached import upload

SECRET = "Zanzibar"
NOBODY = 999_999_999
VERBS = {"mitigations": "execute", "/tasks/": "accept", "/teams/": "accept"}

ROUTES = [
    (str(p.pattern), method)
    for p in urlpatterns
    for method in getattr(p.callback, "actions", {})
    if method != "head" and p.name != "verb_unknown"
]
OF_INCIDENT = [r for r in ROUTES if "incident_id" in r[0]]
OF_ALL = [route for route, method in ROUTES if method == "get" and "<" not in route]


def secret_of(alice: User, payments: Team, checkout: Service) -> Incident:
    """A private incident of payments with a row of everything, told on a page as well."""
    made = factories.incident(
        payments,
        alice,
        phase=Phase.CLOSED,
        title=f"{SECRET} leaks",
        summary=SECRET,
        private=True,
        services=[checkout],
    )
    integration, _ = factories.integration(payments)
    Alert.objects.create(integration=integration, incident=made, fingerprint="f", title=f"{SECRET} alert")
    hush, _ = factories.integration(payments, name="Hush", private=True)
    Change.objects.create(integration=hush, summary=f"{SECRET} deploy", service=checkout, at=made.detected_at)
    attachments.attach(made.pk, [upload(f"{SECRET}.log", SECRET.encode())], by=alice, text=SECRET)
    made.team_requests.create(team=payments, why=SECRET, asked_by=alice)
    made.relations.create(other=factories.incident(payments, alice, private=True), created_by=alice)
    made.tasks.create(title=f"Check {SECRET}", created_by=alice)
    tried = made.mitigations.first()
    assert tried is not None
    made.mitigation_calls.create(mitigation=tried, name=SECRET, body={}, state="refused")
    made.playbook_runs.create(title=f"When {SECRET} leaks").steps.create(position=1, text=SECRET)
    factories.metrics(made, checkout)
    made.postmortem.sections.get(key="factors").comments.create(text=SECRET, by=alice)
    made.action_items.update(title=f"Close {SECRET}")
    made.postmortem.factors.create(text=f"{SECRET} was full", position=9)
    page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    Component.objects.create(page=page, name="Checkout", service=checkout)
    told, _ = PageIncident.objects.get_or_create(page=page, incident=made, defaults={"title": f"{SECRET} outside"})
    StatusUpdate.objects.create(page_incident=told, body=f"{SECRET} draft", author=alice)
    return made


@pytest.fixture
def secret(stood: dict[str, Any], alice: User, payments: Team, checkout: Service) -> Incident:
    return stood.get("secret") or secret_of(alice, payments, checkout)


def address(route: str, incident: Any) -> str:
    """The route with numbers of `incident` in it, or with numbers that name nothing."""
    row = {
        "timeline": "timeline",
        "pins": "timeline",
        "seats": "assignments",
        "mitigations": "mitigations",
        "tasks": "tasks",
        "playbooks": "playbook_runs",
        "metrics": "witnesses",
        "teams": "team_requests",
        "relations": "relations",
        "attachments": "attachments",
        "updates": "",
    }.get(route.split("/")[2] if route.count("/") > 2 else "")
    pk = NOBODY
    if isinstance(incident, Incident):
        if row:
            pk = getattr(incident, row).first().pk
        elif "changes/" in route:
            pk = Change.objects.latest("pk").pk
        elif "factors/" in route:
            pk = incident.postmortem.factors.last().pk  # type: ignore[union-attr]
        elif "comments/" in route:
            pk = SectionComment.objects.get(section__postmortem__incident=incident).pk
        elif "duties/" in route:
            pk = RoleDuty.objects.first().pk  # type: ignore[union-attr]
        elif "updates" in route:
            pk = StatusUpdate.objects.filter(page_incident__incident=incident).first().pk
    values = {
        "incident_id": incident.pk if isinstance(incident, Incident) else incident,
        "pk": pk,
        "item": incident.action_items.first().pk if isinstance(incident, Incident) else NOBODY,
        "public_id": "00000000-0000-0000-0000-000000000000",
        "schedule_id": pk,
        "role": "scribe",
        "position": 1,
        "key": "summary",
        "number": 0,
        "verb": "execute"
        if "mitigations" in route
        else "accept"
        if "tasks" in route or "/teams/" in route
        else "submit",
    }
    return "/api/v1/" + re.sub(r"<\w+:(\w+)>", lambda m: str(values[m[1]]), route)


class TestASecret:
    @staticmethod
    def standing() -> dict[str, Any]:
        people = everybody()
        return {**people, "secret": secret_of(people["alice"], people["payments"], people["checkout"])}

    def test_routes_of_a_private_incident_are_404_for_others(
        self, api: Api, secret: Incident, alice: User, bob: User, charlie: User
    ) -> None:
        ours, mate, stranger = api(alice), api(bob), api(charlie)
        for route, method in OF_INCIDENT:
            url = address(route, secret)
            hidden = getattr(stranger, method)(url, {})
            missing = getattr(stranger, method)(address(route, NOBODY), {})
            assert hidden.status_code == missing.status_code == 404, (route, method)
            assert hidden.content == missing.content, (route, method)
            if method == "get":
                assert mate.get(url).status_code == 200, route
                continue
            with transaction.atomic():
                assert getattr(ours, method)(url, {}).status_code != 404, (route, method)
                transaction.set_rollback(True)

    def test_lists_and_counts_hold_nothing_of_it_for_others(
        self, api: Api, secret: Incident, alice: User, charlie: User, search: Team
    ) -> None:
        ours, stranger = api(alice), api(charlie)
        for route in OF_ALL:
            url = f"/api/v1/{route}"
            answer = stranger.get(url)
            told = answer.getvalue().decode()
            assert answer.status_code in (200, 403), (route, told)
            assert SECRET not in told, route
            assert f'"{secret.reference}"' not in told, route
            if route in ("incidents/", "action-items/", "page-incidents/"):
                assert SECRET in ours.get(url).content.decode(), route

    def test_search_and_filters_do_not_find_it_for_others(
        self, api: Api, secret: Incident, alice: User, charlie: User
    ) -> None:
        ours, stranger = api(alice), api(charlie)
        for query in (
            f"q={SECRET}",
            f"q={secret.reference}",
            f"q={secret.pk}",
            "private=true",
            "phase=closed",
            "service=checkout",
            "team=payments",
            "severity=2",
            "open=false",
            "active=false",
            "mine=false",
        ):
            url = f"/api/v1/incidents/?{query}"
            assert stranger.get(url).json()["results"] == [], query
            if query != "mine=false":
                assert secret.pk in [i["id"] for i in ours.get(url).json()["results"]], query


def test_counts_do_not_count_it_for_others(api: Api, alice: User, charlie: User, payments: Team, search: Team) -> None:
    factories.incident(payments, alice, phase=Phase.MITIGATE, private=True)
    factories.incident(payments, alice)
    ours, theirs = (api(u).get("/api/v1/counts/").json()["incidents"] for u in (alice, charlie))
    assert (ours["open"], theirs["open"]) == (2, 1)
    assert (ours["by_phase"]["mitigate"], theirs["by_phase"]["mitigate"]) == (1, 0)
    assert theirs["by_severity"] == {"unknown": 1}


def test_action_item_of_it_is_404_for_others(api: Api, secret: Incident, charlie: User) -> None:
    item = secret.action_items.get()
    client = api(charlie)
    for answer in (
        client.get(f"/api/v1/action-items/{item.pk}/"),
        client.patch(f"/api/v1/action-items/{item.pk}/", {"title": "Mine"}),
        client.post(f"/api/v1/action-items/{item.pk}/settle/", {"state": "done", "evidence": "x"}),
    ):
        assert answer.status_code == 404


def test_as_merge_target_it_is_as_unknown_as_one_that_never_was(
    api: Api, alice: User, charlie: User, payments: Team, search: Team
) -> None:
    secret = factories.incident(payments, alice, private=True)
    mine = factories.incident(search, charlie)
    url = f"/api/v1/incidents/{mine.pk}/verbs/merge/"

    def asked(target: Any) -> Any:
        return api(charlie).post(url, {"target": target})

    for shape in ("{}", "INC-{}"):
        hidden, missing = asked(shape.format(secret.pk)), asked(shape.format(NOBODY))
        assert hidden.status_code == missing.status_code == 400
        assert hidden.content.decode().replace(str(secret.pk), "N") == missing.content.decode().replace(
            str(NOBODY), "N"
        )


def test_rows_of_it_are_no_input_to_another(
    api: Api, secret: Incident, alice: User, charlie: User, search: Team
) -> None:
    mine = factories.incident(search, charlie, phase=Phase.RESOLVE)
    client, base = api(charlie), f"/api/v1/incidents/{mine.pk}"
    entry = secret.timeline.first()
    assert client.post(f"{base}/timeline/{entry.pk}/correct/", {"text": "x"}).status_code == 404
    told = client.patch(f"{base}/postmortem/", {"entries": [entry.pk]})
    assert (told.status_code, told.json()["errors"][0]["code"]) == (400, "does_not_exist")
    row = secret.mitigations.first()
    assert client.post(f"{base}/mitigations/{row.pk}/undo/", {}).status_code == 404
    seat = secret.assignments.first()
    assert client.post(f"{base}/seats/{seat.pk}/accept/", {}).status_code == 404
    update = StatusUpdate.objects.filter(page_incident__incident=secret).first()
    assert client.post(f"{base}/updates/{update.pk}/release/", {}).status_code == 404


def test_public_incident_does_not_name_the_private_one_that_it_went_into(
    api: Api, alice: User, charlie: User, payments: Team, search: Team
) -> None:
    target = factories.incident(payments, alice, private=True, title=SECRET)
    public = factories.incident(payments, alice)
    lifecycle.perform("merge", public.pk, by=alice, inputs={"target": target})
    url = f"/api/v1/incidents/{public.pk}/"
    assert api(alice).get(url).json()["merged_into"]["id"] == target.pk
    told = api(charlie).get(url)
    assert told.json()["merged_into"] is None
    assert SECRET not in told.content.decode()


def test_what_became_private_after_its_merge_is_left_out_of_the_other_timeline(
    api: Api, alice: User, charlie: User, payments: Team, search: Team
) -> None:
    gone, target = factories.incident(payments, alice, title=SECRET), factories.incident(payments, alice)
    lifecycle.perform("merge", gone.pk, by=alice, inputs={"target": target})
    api(alice).patch(f"/api/v1/incidents/{gone.pk}/", {"private": True})
    url = f"/api/v1/incidents/{target.pk}/"
    assert gone.pk in {e["incident"]["id"] for e in api(alice).get(f"{url}timeline/").json()["results"]}
    assert {e["incident"]["id"] for e in api(charlie).get(f"{url}timeline/").json()["results"]} == {target.pk}
    assert api(charlie).get(url).json()["merged_from"] == []


def test_who_makes_an_incident_private_still_sees_it(
    api: Api, alice: User, charlie: User, payments: Team, search: Team
) -> None:
    incident = factories.incident(payments, alice)
    url = f"/api/v1/incidents/{incident.pk}/"
    assert api(charlie).patch(url, {"private": True}).status_code == 200
    assert api(charlie).get(url).json()["private"] is True


def test_taking_part_lets_one_see_it(api: Api, alice: User, charlie: User, payments: Team) -> None:
    secret = factories.incident(payments, alice, phase=Phase.DECLARE, private=True)
    url = f"/api/v1/incidents/{secret.pk}/"
    assert api(charlie).get(url).status_code == 404
    offered = api(alice).post(f"{url}roles/scribe/offer/", {"user": "charlie", "brief": "we need notes"})
    assert offered.status_code == 200
    accepted = api(charlie).post(f"{url}seats/{offered.json()['id']}/accept/", {})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "held")
    assert not Incident.objects.filter(~Q(pk=secret.pk), participants=charlie).exists()


def test_subscribers_are_for_administrators(api: Api, alice: User) -> None:
    refused = api(alice).get("/api/v1/subscribers/")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.json()["detail"]
    User.objects.filter(pk=alice.pk).update(role="admin")
    assert api(alice).get("/api/v1/subscribers/").status_code == 200


def test_no_address_answers_without_signing_in(db: None, settings: Settings) -> None:
    settings.WATCHBILL_ANONYMOUS_RATE = "off"
    for route, method in ROUTES:
        url = address(re.sub(r"<(?:slug|str):(?:slug|uid)>", "x", route), NOBODY)
        assert getattr(APIClient(), method)(url, {}).status_code == 401, (route, method)
    assert not ApiToken.objects.exists()
