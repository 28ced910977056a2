"""A status page on which only its approvers publish, and who keeps a page whatever their role."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from comms.actions import publishing
from comms.models import PageRole, StatusPage, StatusUpdate, Subscriber
from incidents.actions import lifecycle
from incidents.models import Incident
from teams.models import ApiToken, Team, User
from tests import factories


@pytest.fixture
def guarded(public_page: StatusPage) -> StatusPage:
    public_page.guarded = True
    public_page.save()
    return public_page


@pytest.fixture
def outage(payments: Team, alice: User) -> Incident:
    return factories.incident(payments, alice, phase="mitigate")


@pytest.fixture
def approver(guarded: StatusPage) -> User:
    user = factories.UserFactory(username="press", role="viewer")
    PageRole.objects.create(page=guarded, user=user, role="approver")
    return user


def test_a_responder_writes_and_an_approver_publishes(
    guarded: StatusPage, outage: Incident, alice: User, approver: User
) -> None:
    with pytest.raises(PermissionDenied, match="approver"):
        publishing.publish_update(outage, by=alice, title="Shop down", body="We look into it.")
    draft = publishing.draft_update(outage, by=alice, title="Shop down", body="We look into it.")
    with pytest.raises(PermissionDenied):
        publishing.release_update(draft.pk, by=alice)
    told = publishing.release_update(draft.pk, by=approver)
    assert (told.status, told.author) == (StatusUpdate.Status.PUBLISHED, approver)


def test_what_a_responder_submits_in_the_console_is_handed_to_an_approver(
    guarded: StatusPage, outage: Incident, alice: User, approver: User
) -> None:
    client = Client()
    client.force_login(alice)
    url = f"/incidents/{outage.pk}/updates/"
    page = client.get(url).content.decode()
    assert 'value="publish"' not in page
    assert "only approvers publish" in page
    assert "Press" in page
    given = {
        "uid": "abcdefgh2345",
        "impact": "minor",
        "title": "Shop down",
        "state": "investigating",
        "body": "We look into it.",
        "do": "publish",
    }
    answer = client.post(url, {**given, "promise": "30", "when": "now"}, follow=True)
    assert "The approvers were asked" in answer.content.decode()
    update = StatusUpdate.objects.get()
    assert update.status == StatusUpdate.Status.ASKED
    assert publishing.release_update(update.pk, by=approver).status == StatusUpdate.Status.PUBLISHED


def test_an_update_told_with_a_verb_waits_for_an_approver(
    guarded: StatusPage, payments: Team, alice: User, bob: User
) -> None:
    outage = factories.incident(payments, alice, phase="communicate")
    lifecycle.perform(
        "resolve", outage.pk, by=alice, inputs={"confirmation": "no errors", "update": "It is fixed."}, override=False
    )
    update = StatusUpdate.objects.get(body="It is fixed.")
    assert (update.status, update.publish_at) == (StatusUpdate.Status.ASKED, None)


def test_an_editor_who_is_a_viewer_tells_readers_and_changes_nothing_else(
    public_page: StatusPage, outage: Incident
) -> None:
    editor = factories.UserFactory(username="press", role="viewer")
    PageRole.objects.create(page=public_page, user=editor, role="editor")
    client = Client()
    client.force_login(editor)
    assert client.get(f"/incidents/{outage.pk}/updates/").status_code == 200
    told = publishing.publish_update(outage, by=editor, title="Shop down", body="We look into it.")
    assert told.status == StatusUpdate.Status.PUBLISHED
    assert client.post(f"/incidents/{outage.pk}/notes/", {"text": "x"}).status_code == 403
    page = client.get(f"/incidents/{outage.pk}/").content.decode()
    assert "You follow along here" in page
    assert "note-form" not in page


def test_a_viewer_reads_and_is_offered_nothing_to_press(outage: Incident, public_page: StatusPage) -> None:
    viewer = factories.UserFactory(role="viewer")
    client = Client()
    client.force_login(viewer)
    page = client.get(f"/incidents/{outage.pk}/").content.decode()
    assert "You follow along here" in page
    for gone in ('id="propose"', 'id="edit-facts"', "entry__correct", 'class="verbs"', "note-form"):
        assert gone not in page, gone
    assert "declare-new" not in client.get("/incidents/").content.decode()
    with pytest.raises(PermissionDenied):
        publishing.publish_update(outage, by=viewer, title="T", body="B")


def test_an_editor_keeps_the_subscribers_of_their_own_page_only(public_page: StatusPage) -> None:
    editor = factories.UserFactory(username="press", role="viewer")
    PageRole.objects.create(page=public_page, user=editor, role="editor")
    other = StatusPage.objects.create(name="Inside", slug="inside")
    mine, theirs = (
        Subscriber.objects.create(page=page, email=f"{page.slug}@example.org", state="active")
        for page in (public_page, other)
    )
    _, key = ApiToken.issue(editor, "laptop", scopes=("setup",))
    client = Client(headers={"Authorization": f"Bearer {key}"})
    assert [row["id"] for row in client.get("/api/v1/subscribers/").json()["results"]] == [mine.pk]
    assert client.post(f"/api/v1/subscribers/{theirs.pk}/unsubscribe/", {}, "application/json").status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "active"


def test_who_may_not_publish_does_not_publish_by_the_way(public_page: StatusPage, payments: Team, alice: User) -> None:
    outage = factories.incident(payments, alice, phase="communicate")
    alice.token_scopes = frozenset({"read", "respond"})
    inputs = {"confirmation": "no errors", "update": "It is fixed."}
    with pytest.raises(PermissionDenied, match="publish"):
        lifecycle.perform("resolve", outage.pk, by=alice, inputs=inputs, override=False)
    outage.refresh_from_db()
    assert outage.phase == "communicate"
    assert not StatusUpdate.objects.exists()
