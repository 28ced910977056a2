"""Setting a status page up in the administration."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from comms import readers
from comms.models import PageRole, StatusPage
from tests import factories
from tests.comms.test_faces import picture

FIELDS = {
    "name": "Partners",
    "slug": "partners",
    "time_zone": "UTC",
    "audience": "customers",
    "language": "en",
    "corners": "round",
    "typeface": "sans",
    "approval_minutes": "10",
}
INLINES = {f"{name}-{field}_FORMS": "0" for name in ("groups", "components", "roles") for field in ("TOTAL", "INITIAL")}


@pytest.fixture
def partners(db: None) -> StatusPage:
    return StatusPage.objects.create(name="Partners", slug="partners", audience="customers")


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(factories.UserFactory(role="admin"))
    return client


def save(client: Client, partners: StatusPage, **given: Any) -> Any:
    return client.post(f"/admin/comms/statuspage/{partners.pk}/change/", FIELDS | INLINES | given, follow=True)


def test_the_link_is_shown_and_made_anew(admin: Client, partners: StatusPage) -> None:
    former = readers.key_of(partners.uid, partners.key_version)
    assert f"/status/partners/?key={former}" in admin.get(f"/admin/comms/statuspage/{partners.pk}/change/").text
    assert "errornote" not in save(admin, partners, new_link="on").text
    body = admin.get(f"/admin/comms/statuspage/{partners.pk}/change/").text
    partners.refresh_from_db()
    assert former not in body
    assert f"widget.js?key={readers.key_of(partners.uid, partners.key_version)}" in body


def test_a_logo_comes_and_goes_and_a_wrong_one_is_told_why(admin: Client, partners: StatusPage) -> None:
    answer = save(admin, partners, logo_light=SimpleUploadedFile("x.png", b"<svg onload=alert(1)>"))
    assert "SVG can carry scripts" in answer.text
    save(admin, partners, logo_light=SimpleUploadedFile("x.svg", picture()))
    assert partners.logos.get().variant == "light"
    save(admin, partners, no_logo="on")
    assert not partners.logos.exists()


def test_a_page_can_want_an_approver_or_a_second_person(admin: Client, partners: StatusPage) -> None:
    assert "errornote" not in save(admin, partners, guarded="on", second_person="on", approval_minutes="30").text
    partners.refresh_from_db()
    assert (partners.guarded, partners.second_person, partners.approval_minutes) == (True, True, 30)


def test_what_cannot_be_is_told_in_words(admin: Client, partners: StatusPage) -> None:
    body = save(admin, partners, accent_light="#ffcc00", is_default="on").text
    assert "hard to read" in body
    assert "Make another one the default first" in save(admin, partners, is_default="on").text
    assert "Watchbill itself is there" in save(admin, partners, domain="127.0.0.1").text
    save(admin, partners, other_languages=["en", "de"])
    partners.refresh_from_db()
    assert partners.other_languages == ["de"]


def test_an_editor_does_not_open_a_page_to_others(client: Client, partners: StatusPage) -> None:
    editor = factories.UserFactory(role="viewer")
    PageRole.objects.create(page=partners, user=editor, role="editor")
    client.force_login(editor)
    save(client, partners, audience="public", description="Ours")
    partners.refresh_from_db()
    assert (partners.audience, partners.description) == ("customers", "Ours")
