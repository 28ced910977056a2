"""The administration of those who may for some rows only: managers of a team, editors of a status page."""

from __future__ import annotations

import pytest
from django.test import Client

from comms.models import PageIncident, PageRole, StatusPage, StatusUpdate, Subscriber
from incidents.actions import notes
from incidents.models import Incident
from incidents.phases import Phase
from teams.models import EscalationPolicy, Membership, Role, Schedule, Service, Team, User
from tests import factories


@pytest.fixture
def as_alice(alice: User, payments: Team) -> Client:
    """The manager of Payments, who is a viewer otherwise."""
    User.objects.filter(pk=alice.pk).update(role="viewer")
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def theirs(search: Team, charlie: User) -> Team:
    """The rosters of another team."""
    schedule = factories.schedule(search, [charlie], name="Search primary")
    factories.policy(search, [schedule])
    factories.ServiceFactory(name="Search API", team=search)
    factories.integration(search)
    return search


def test_a_manager_sees_the_rosters_of_their_own_team_only(as_alice: Client, payments: Team, theirs: Team) -> None:
    for name in ("schedule", "escalationpolicy", "team", "service"):
        page = as_alice.get(f"/admin/teams/{name}/")
        assert page.status_code == 200, name
        text = page.content.decode()
        assert not [words for words in ("Search primary", "Search API", "Search ·", ">Search<") if words in text], name
    for model in (Schedule, EscalationPolicy, Service):
        row = model.objects.filter(team=theirs).first()
        url = f"/admin/teams/{model._meta.model_name}/{row.pk}/change/"
        assert as_alice.get(url).status_code == 302, "as a row that is not there"
        assert as_alice.post(url, {"name": "Mine"}).status_code == 302
        row.refresh_from_db()
        assert row.name != "Mine"
    assert as_alice.get("/admin/incidents/integration/").status_code == 200
    assert "Search alerts" not in as_alice.get("/admin/incidents/integration/").content.decode()


def test_a_manager_cannot_put_a_roster_into_another_team(as_alice: Client, payments: Team, theirs: Team) -> None:
    form = {
        "team": theirs.pk,
        "name": "Sly",
        "time_zone": "UTC",
        "layers-TOTAL_FORMS": 0,
        "layers-INITIAL_FORMS": 0,
        "overrides-TOTAL_FORMS": 0,
        "overrides-INITIAL_FORMS": 0,
    }
    page = as_alice.post("/admin/teams/schedule/add/", form)
    assert page.status_code == 200
    assert "Select a valid choice" in page.content.decode()
    assert not Schedule.objects.filter(name="Sly").exists()
    as_alice.post("/admin/teams/schedule/add/", {**form, "team": payments.pk})
    assert Schedule.objects.get(name="Sly").team == payments


def test_a_manager_keeps_the_people_of_the_team_and_nobodys_role(
    as_alice: Client, payments: Team, charlie: User
) -> None:
    form = {
        "name": payments.name,
        "slug": payments.slug,
        "description": "",
        "memberships-TOTAL_FORMS": 3,
        "memberships-INITIAL_FORMS": 2,
        "services-TOTAL_FORMS": 0,
        "services-INITIAL_FORMS": 0,
        "memberships-2-team": payments.pk,
        "memberships-2-user": charlie.pk,
        "memberships-2-role": "guest",
    }
    for n, row in enumerate(Membership.objects.filter(team=payments).order_by("team__name", "user__first_name")):
        form |= {
            f"memberships-{n}-id": row.pk,
            f"memberships-{n}-team": payments.pk,
            f"memberships-{n}-user": row.user_id,
            f"memberships-{n}-role": row.role,
        }
    answer = as_alice.post(f"/admin/teams/team/{payments.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert Membership.objects.get(team=payments, user=charlie).role == "guest"
    assert as_alice.get(f"/admin/teams/user/{charlie.pk}/change/").status_code == 403
    assert as_alice.post(f"/admin/teams/user/{charlie.pk}/change/", {"role": "owner"}).status_code == 403


def test_what_is_the_organizations_is_not_a_managers(as_alice: Client) -> None:
    for name in (
        "teams/organization/1/change",
        "teams/role",
        "incidents/severity",
        "comms/statuspage",
        "teams/apitoken",
    ):
        assert as_alice.get(f"/admin/{name}/").status_code in (302, 403), name
    assert as_alice.get("/admin/teams/team/add/").status_code == 403


def test_a_manager_finds_people_by_name_and_learns_nothing_else_of_them(as_alice: Client, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(email="hidden@example.org", phone="+49 30 123456")
    assert as_alice.get("/admin/teams/user/").status_code == 403
    assert as_alice.get("/admin/teams/user/?q=hidden").status_code == 403
    assert as_alice.get(f"/admin/teams/user/{charlie.pk}/change/").status_code == 403
    assert "/admin/teams/user/" not in as_alice.get("/admin/").content.decode()
    asked = {"app_label": "teams", "model_name": "membership", "field_name": "user"}
    found = as_alice.get("/admin/autocomplete/", {**asked, "term": "charlie"})
    assert found.json()["results"] == [{"id": str(charlie.pk), "text": str(charlie)}]
    assert as_alice.get("/admin/autocomplete/", {**asked, "term": "hidden"}).json()["results"] == []


@pytest.fixture
def as_clerk(client: Client, bob: User, payments: Team) -> Client:
    """An admin, whose role does not count on a private incident."""
    Membership.objects.filter(user=bob).delete()
    User.objects.filter(pk=bob.pk).update(role="admin")
    client.force_login(bob)
    return client


def test_a_deletion_counts_what_hangs_on_it_and_tells_nothing_of_a_private_incident(
    as_clerk: Client, payments: Team, alice: User
) -> None:
    secret = factories.incident(payments, alice, title="Zanzibar leaks", private=True)
    notes.note(secret.pk, "Zanzibar is on fire", by=alice)
    secret.action_items.create(title="Hide Zanzibar", team=payments)
    page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    told = PageIncident.objects.create(page=page, incident=secret, title="Zanzibar down")
    StatusUpdate.objects.create(page_incident=told, body="Zanzibar, a draft", author=alice)
    seat = Role.objects.create(name="Fixer", slug="fixer")
    secret.assignments.create(role=seat, user=alice)
    for row, words in (
        (payments, "1 incident<"),
        (alice, "timeline entr"),
        (seat, "1 role assignment<"),
        (page, "<li>page incident<"),
    ):
        url = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
        chosen = {"action": "delete_selected", "_selected_action": [row.pk]}
        for answer in (as_clerk.get(f"{url}{row.pk}/delete/"), as_clerk.post(url, chosen)):
            text = answer.content.decode()
            assert answer.status_code == 200
            assert words in text, url
            assert "Zanzibar" not in text
            assert secret.reference not in text


def test_an_incident_does_not_name_the_private_ones_that_it_leads_to(
    as_clerk: Client, payments: Team, alice: User
) -> None:
    seen = factories.incident(payments, alice, phase=Phase.MERGED, title="Checkout is slow")
    secret = seen.merged_into
    Incident.objects.filter(pk=secret.pk).update(private=True, title="Zanzibar leaks")
    url = f"/admin/incidents/incident/{seen.pk}/change/"
    text = as_clerk.get(url).content.decode()
    assert "a private incident" in text
    assert "Zanzibar" not in text
    Incident.objects.filter(pk=secret.pk).update(private=False)
    assert "Zanzibar leaks" in as_clerk.get(url).content.decode()


def test_a_postmortem_shows_no_entries_of_another_incident(as_clerk: Client, payments: Team, alice: User) -> None:
    secret = factories.incident(payments, alice, title="Zanzibar leaks", private=True)
    notes.note(secret.pk, "Zanzibar is on fire", by=alice)
    seen = factories.incident(payments, alice, phase=Phase.REVIEW, title="Checkout is slow")
    seen.postmortem.entries.add(secret.timeline.latest("pk"))
    page = as_clerk.get(f"/admin/incidents/postmortem/{seen.postmortem.pk}/change/")
    assert page.status_code == 200
    assert "Zanzibar" not in page.content.decode()


def test_an_editor_keeps_their_own_page_only(client: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(role="viewer")
    mine = StatusPage.objects.create(name="Partners", slug="partners")
    other = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    PageRole.objects.create(page=mine, user=bob, role="editor")
    Subscriber.objects.create(page=other, email="reader@example.org", state="active")
    client.force_login(bob)
    listed = client.get("/admin/comms/statuspage/").content.decode()
    assert "Partners" in listed
    assert f"/admin/comms/statuspage/{other.pk}/" not in listed
    assert client.get(f"/admin/comms/statuspage/{mine.pk}/change/").status_code == 200
    assert client.get(f"/admin/comms/statuspage/{other.pk}/change/").status_code == 302
    assert "reader@example.org" not in client.get("/admin/comms/subscriber/").content.decode()
    assert client.get("/admin/comms/statuspage/add/").status_code == 403
    assert client.get("/admin/teams/schedule/").status_code == 403


@pytest.mark.parametrize("role", ["viewer", "responder"])
def test_who_sets_nothing_up_does_not_enter(role: str, client: Client, charlie: User, search: Team) -> None:
    Membership.objects.filter(user=charlie).update(role="member")
    User.objects.filter(pk=charlie.pk).update(role=role)
    client.force_login(charlie)
    assert client.get("/admin/", follow=True).status_code == 403
