"""API tokens in the console: made, told of, used up; and the service accounts that some belong to."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from config.env import ROOT
from incidents.actions import lifecycle
from incidents.problems import Blocked
from teams import access, keys, service_accounts, tokens
from teams.models import AccessEvent, ApiToken, Team, User
from tests import factories


@pytest.fixture
def boss(db: None) -> User:
    return factories.UserFactory(username="boss", role="owner")


@pytest.fixture
def robot(boss: User) -> User:
    return service_accounts.make(by=boss, name="Deploy pipeline", role="responder")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_key(raw: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    return client


def shown(page: str) -> str:
    found = re.search(r'value="(wb[ps]_\w+)"', page)
    assert found
    return found[1]


def test_a_key_looks_as_documented_and_tells_whether_it_is_whole() -> None:
    made = {keys.fresh(keys.PERSONAL) for _ in range(200)} | {keys.fresh(keys.SERVICE)}
    assert len(made) == 201
    for raw in made:
        assert keys.PATTERN.fullmatch(raw)
        assert keys.whole(raw)
        assert not keys.whole(raw[:-1] + ("0" if raw[-1] != "0" else "1"))
    raw = next(iter(made))
    swapped = ("wbs_" if raw.startswith("wbp_") else "wbp_") + raw[4:]
    assert not keys.whole(swapped)


def test_a_token_is_made_in_the_console_shown_once_and_told_by_mail(alice: User, payments: Team) -> None:
    client = signed_in(alice)
    form = client.get("/account/tokens/new/").content.decode()
    assert access.SCOPES["respond"] in form
    assert access.SCOPES["provision"] not in form
    given = {"name": "pager bot", "scopes": ["read", "respond"], "lasts": "30"}
    answer = client.post("/account/tokens/new/", given)
    raw = shown(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert with_key(raw).get("/api/v1/me/").status_code == 200

    listed = client.get("/account/tokens/").content.decode()
    assert raw not in listed
    assert "pager bot" in listed
    assert "from 127.0.0.1" in listed
    (told,) = mail.outbox
    assert told.to == [alice.email]
    html = str(told.alternatives[0][0])  # type: ignore[attr-defined]
    for said in (access.SCOPES["respond"], "127.0.0.1", "/account/tokens/"):
        assert said in told.body
        assert said in html
    assert raw not in told.body + html
    event = AccessEvent.objects.get(kind="token.made")
    assert (event.by, event.through, event.detail["scopes"]) == (alice, "console", ["read", "respond"])
    assert raw[9:] not in str(event.detail) + event.text


def test_a_form_that_is_wrong_keeps_what_was_typed(alice: User) -> None:
    answer = signed_in(alice).post("/account/tokens/new/", {"name": "pager bot", "lasts": "7"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "at least one thing" in page
    assert 'value="pager bot"' in page
    assert '<option value="7" selected>' in page
    assert not ApiToken.objects.exists()


def test_tokens_are_searched_filtered_and_revoked_with_their_own_people_only(alice: User, bob: User) -> None:
    mine, raw = ApiToken.issue(alice, "pager bot")
    ApiToken.issue(alice, "dashboard")
    his, _ = ApiToken.issue(bob, "secret thing")
    client = signed_in(alice)
    page = client.get("/account/tokens/", {"q": "pager"}).content.decode()
    assert "pager bot" in page
    assert "dashboard" not in page
    assert "secret thing" not in client.get("/account/tokens/").content.decode()
    assert "No token matches" in client.get("/account/tokens/", {"state": "expired"}).content.decode()
    assert client.post(f"/account/tokens/{his.pk}/revoke/").status_code == 404
    assert client.get(f"/account/tokens/{mine.pk}/revoke/").status_code == 405
    client.post(f"/account/tokens/{mine.pk}/revoke/")
    client.post(f"/account/tokens/{mine.pk}/revoke/")
    assert with_key(raw).get("/api/v1/me/").status_code == 401
    assert AccessEvent.objects.filter(kind="token.revoked").count() == 1
    assert "pager bot" in client.get("/account/tokens/", {"state": "revoked"}).content.decode()


def test_the_list_costs_the_same_however_long(alice: User, boss: User) -> None:
    client = signed_in(alice)
    ApiToken.issue(alice, "one", made_by=boss)
    with CaptureQueriesContext(connection) as few:
        client.get("/account/tokens/")
    for n in range(10):
        ApiToken.issue(alice, f"more {n}", made_by=boss)
    with CaptureQueriesContext(connection) as many:
        client.get("/account/tokens/")
    assert len(few) == len(many)


def test_owners_are_warned_a_week_and_a_day_before_and_the_end_is_noted(alice: User) -> None:
    token, _ = tokens.issue(by=alice, name="pager bot", expires_at=timezone.now() + timedelta(days=30))
    mail.outbox.clear()
    said: list[list[str]] = []
    for days in (1, 22, 23.5, 28, 29.5, 29.9, 30.5, 31):
        with time_machine.travel(token.created_at + timedelta(days=days), tick=False):
            tokens.tell_due(timezone.now())
            tokens.tell_due(timezone.now())
        said.append([m.subject for m in mail.outbox])
        mail.outbox.clear()
    warned = ["An API token ends soon: pager bot"]
    assert said == [[], [], warned, [], warned, [], [], []]
    assert AccessEvent.objects.filter(kind="token.expired").count() == 1
    token.refresh_from_db()
    assert token.due_at is None


def test_after_a_long_stop_one_warning_is_enough_and_a_revoked_token_has_none(alice: User) -> None:
    token, _ = tokens.issue(by=alice, name="pager bot", expires_at=timezone.now() + timedelta(days=30))
    gone, _ = tokens.issue(by=alice, name="old bot", expires_at=timezone.now() + timedelta(days=30))
    tokens.revoke(gone.pk, by=alice)
    mail.outbox.clear()
    with time_machine.travel(token.created_at + timedelta(days=29, hours=12), tick=False):
        assert tokens.tell_due(timezone.now()) == 1
    assert len(mail.outbox) == 1


def test_tokens_go_with_the_person_and_those_of_services_stay(alice: User, boss: User, robot: User) -> None:
    tokens.issue(by=alice, name="mine")
    _, raw = tokens.issue(by=boss, name="ci", owner=robot)
    tokens.issue(by=boss, name="boss's own")
    assert tokens.revoke_all(boss, by=None) == 1
    User.objects.filter(pk=boss.pk).update(is_active=False)
    assert with_key(raw).get("/api/v1/me/").status_code == 200
    assert ApiToken.objects.live(timezone.now()).filter(user=alice).count() == 1


def test_nobody_makes_a_token_of_another_person(boss: User, alice: User, robot: User) -> None:
    with pytest.raises(PermissionDenied):
        tokens.issue(by=boss, name="sly", owner=alice)
    with pytest.raises(PermissionDenied):
        tokens.issue(by=alice, name="sly", owner=robot)
    token, _ = ApiToken.issue(alice, "hers")
    with pytest.raises(PermissionDenied):
        tokens.revoke(token.pk, by=factories.UserFactory())
    tokens.revoke(token.pk, by=boss)


def test_a_service_account_is_kept_in_the_console(boss: User, payments: Team) -> None:
    client = signed_in(boss)
    refused = client.post("/service-accounts/new/", {"name": "***", "role": "viewer"})
    assert refused.status_code == 422
    assert "letters from A to Z" in refused.content.decode()
    assert client.post("/service-accounts/new/", {"name": "Bot", "role": "owner"}).status_code == 422
    client.post("/service-accounts/new/", {"name": "Deploy pipeline", "role": "viewer"})
    account = User.objects.get(is_service=True)
    assert (str(account), account.username, account.role) == ("Deploy pipeline", "service-deploy-pipeline", "viewer")
    url = f"/service-accounts/{account.pk}/"
    client.post(f"{url}role/", {"role": "responder"})
    given = {"name": "ci", "scopes": ["read", "respond", "provision"], "lasts": "90"}
    raw = shown(client.post(f"{url}tokens/new/", given).content.decode())
    assert raw.startswith("wbs_")
    made = with_key(raw).post("/api/v1/incidents/", {"title": "Deploy failed", "team": payments.slug})
    assert made.status_code == 201
    assert "Deploy pipeline" in client.get("/service-accounts/", {"q": "deploy"}).content.decode()
    assert "ci" in client.get(url).content.decode()
    assert "switched off" in client.post(f"{url}off/", follow=True).content.decode()
    assert with_key(raw).get("/api/v1/me/").status_code == 401
    assert "Deploy pipeline" not in client.get("/service-accounts/").content.decode()
    assert "Deploy pipeline" in client.get("/service-accounts/", {"state": "off"}).content.decode()
    kinds = set(AccessEvent.objects.values_list("kind", flat=True))
    assert {"service_account.made", "service_account.changed", "service_account.ended", "token.revoked"} <= kinds


@pytest.mark.parametrize("path", ["/service-accounts/", "/service-accounts/new/"])
def test_service_accounts_are_for_administrators(alice: User, robot: User, path: str) -> None:
    client = signed_in(alice)
    assert client.get(path).status_code == 403
    assert client.get(f"/service-accounts/{robot.pk}/").status_code == 403
    assert client.post(f"/service-accounts/{robot.pk}/off/").status_code == 403


def test_nobody_signs_in_as_a_service_account(robot: User, boss: User) -> None:
    robot.set_password("correct horse battery staple")
    with pytest.raises(IntegrityError), transaction.atomic():
        robot.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=robot.pk).update(role="owner")
    assert signed_in(boss).get(f"/admin/teams/user/{robot.pk}/password/").status_code == 403
    with pytest.raises(ValidationError, match="already"):
        service_accounts.make(by=boss, name="deploy PIPELINE", role="viewer")


def test_a_service_account_is_no_person_to_page_or_to_name(robot: User, boss: User, payments: Team) -> None:
    payments.memberships.create(user=robot)
    client = signed_in(boss)
    assert "Deploy pipeline" not in client.get(payments.get_absolute_url()).content.decode()
    people = with_key(ApiToken.issue(boss, "t")[1]).get("/api/v1/users/").json()["results"]
    assert robot.username not in [p["username"] for p in people]
    schedule = payments.schedules.get()
    for url in (f"/schedules/{schedule.pk}/", f"/admin/teams/schedule/{schedule.pk}/change/"):
        assert "Deploy pipeline" not in client.get(url).content.decode()
    elsewhere = factories.TeamFactory(name="Nobody on call")
    reported = lifecycle.report(by=robot, title="Deploy failed", team=elsewhere)
    with pytest.raises(Blocked, match="service account"):
        lifecycle.perform("declare", reported.pk, by=robot, inputs={"severity": _second()})


def _second() -> Any:
    from incidents.models import Severity

    return Severity.objects.get(pk=2)


def test_scopes_of_a_token_are_those_of_the_table(alice: User) -> None:
    for scopes in ([], ["fly"]):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiToken.issue(alice, "x", scopes=[])
        with pytest.raises((IntegrityError, ValueError)), transaction.atomic():
            ApiToken.objects.create(user=alice, name="x", digest="d", hint="wbp_", scopes=scopes)


def test_the_documentation_tells_every_scope_and_the_pattern() -> None:
    told = (ROOT / "docs" / "api.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", told, re.MULTILINE))
    assert {name: rows.get(name) for name in access.SCOPES} == access.SCOPES
    assert keys.PATTERN.pattern in told
