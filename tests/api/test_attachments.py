"""Files through the API: the same checks, the same rights, the same answers sent again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from incidents.actions import attachments
from incidents.models import Attachment, AttachmentContent, Incident
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories
from tests.api.conftest import Api
from tests.incidents.attached import opened, picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    return factories.incident(payments, alice, phase=Phase.DECLARE)


def url(incident: Incident, rest: str = "") -> str:
    return f"/api/v1/incidents/{incident.pk}/attachments/{rest}"


def post(client: APIClient, incident: Incident, *files: Any, key: str = "", **given: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {**given, "files": [upload(n, d) for n, d in files]}
    return client.post(url(incident), body, format="multipart", headers=headers)


def test_attached_listed_fetched_and_removed(api: Api, incident: Incident, alice: User, bob: User) -> None:
    client = api(bob)
    made = post(client, incident, ("graph.png", picture()), ("a.log", b"x\n"), text="Errors", kind="decision")
    assert made.status_code == 201, made.json()
    entry = made.json()
    assert (entry["text"], entry["kind"], [a["name"] for a in entry["attachments"]]) == (
        "Errors",
        "decision",
        ["graph.png", "a.log"],
    )
    listed = client.get(url(incident)).json()["results"]
    assert listed == entry["attachments"]
    image, log = listed
    assert (image["kind"], image["width"], image["height"], image["entry"]) == ("image", 40, 30, entry["id"])
    content = client.get(image["content_url"], headers={"Accept": "image/webp"})
    assert (content.status_code, content["Content-Type"]) == (200, "image/png")
    assert opened(content.content).size == (40, 30)
    assert content["Content-Disposition"].startswith("attachment;")
    assert content["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert content["X-Content-Type-Options"] == "nosniff"
    assert client.get(image["content_url"], headers={"If-None-Match": content["ETag"]}).status_code == 304
    assert client.get(log["content_url"]).content == b"x\n"
    gone = client.post(url(incident, f"{log['id']}/remove/"), {"reason": "card numbers"})
    assert gone.status_code == 200, gone.json()
    assert (gone.json()["content_url"], gone.json()["removed_because"]) == (None, "card numbers")
    assert gone.json()["removed_by"]["username"] == "bob"
    answer = client.get(log["content_url"])
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.get(url(incident, f"{log['id']}/")).json() == gone.json()


def test_a_refusal_names_every_file_and_the_fix(api: Api, incident: Incident, bob: User) -> None:
    answer = post(api(bob), incident, ("ok.log", b"x"), ("logo.svg", b"<svg/>"), ("e.log", b""))
    assert answer.status_code == 409
    assert [b["message"].split()[0] for b in answer.json()["blockers"]] == ["logo.svg", "e.log"]
    assert not Attachment.objects.exists()
    nothing = api(bob).post(url(incident), {"text": "x"}, format="multipart")
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (400, "files")
    assert "multipart/form-data" in nothing.json()["detail"]
    json = api(bob).post(url(incident), {"files": []}, format="json")
    assert json.status_code == 415
    unknown = post(api(bob), incident, ("ok.log", b"x"), txet="typo")
    assert unknown.json()["errors"][0]["field"] == "txet"
    without = api(bob).post(url(incident, f"{999}/remove/"), {"reason": "x"})
    assert without.status_code == 404


def test_sent_again_it_is_attached_once(api: Api, incident: Incident, bob: User) -> None:
    files = [("a.log", b"one"), ("b.log", b"two")]
    first = post(api(bob), incident, *files, key="k1", text="x")
    again = post(api(bob), incident, *files, key="k1", text="x")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Attachment.objects.count() == 2
    assert bytes(AttachmentContent.objects.order_by("pk").values_list("data", flat=True)[0]) == b"one"
    other = post(api(bob), incident, ("a.log", b"ONE"), ("b.log", b"two"), key="k1", text="x")
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("role", "read", "write"), [("owner", 200, 201), ("admin", 200, 201), ("responder", 200, 201), ("viewer", 200, 403)]
)
def test_who_may_read_attach_and_remove(
    role: str, read: int, write: int, api: Api, incident: Incident, alice: User
) -> None:
    row = attachments.attach(incident.pk, [upload("a.log", b"x")], by=alice).attachments.get()
    client = api(factories.UserFactory(role=role))
    assert client.get(url(incident)).status_code == read
    assert client.get(url(incident, f"{row.pk}/content/")).status_code == read
    assert post(client, incident, ("b.log", b"x")).status_code == write
    removed = client.post(url(incident, f"{row.pk}/remove/"), {"reason": "x"})
    assert removed.status_code == (200 if role == "owner" else 403)
    if role in ("admin", "responder"):
        assert "owner or commander" in removed.json()["detail"]


@pytest.mark.usefixtures("search")
def test_of_a_private_incident_charlie_learns_nothing(api: Api, payments: Team, alice: User, charlie: User) -> None:
    secret = factories.incident(payments, alice, private=True)
    row = attachments.attach(secret.pk, [upload("canary.log", b"x")], by=alice).attachments.get()
    other = factories.incident(payments, alice)
    for rest in ("", f"{row.pk}/", f"{row.pk}/content/"):
        got = api(charlie).get(url(secret, rest))
        assert (got.status_code, got.json()["code"]) == (404, "not_found")
    assert post(api(charlie), secret, ("a.log", b"x")).status_code == 404
    # Nor by way of an incident that is theirs to see.
    assert api(charlie).get(url(other, f"{row.pk}/content/")).status_code == 404
    assert api(charlie).post(url(other, f"{row.pk}/remove/"), {"reason": "x"}).status_code == 404


def test_the_list_costs_the_same_for_one_file_and_for_many(api: Api, incident: Incident, alice: User) -> None:
    client = api(alice)
    attachments.attach(incident.pk, [upload("a.log", b"x")], by=alice)

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    timeline = f"/api/v1/incidents/{incident.pk}/timeline/"
    before = cost(url(incident)), cost(timeline)
    for n in range(12):
        attachments.attach(incident.pk, [upload(f"{n}.log", b"x"), upload("b.log", b"y")], by=factories.UserFactory())
    assert (cost(url(incident)), cost(timeline)) == before
