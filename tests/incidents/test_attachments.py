"""Files on the timeline: attached, seen by those who may, served so that they can't harm, and taken away."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.actions import attachments, notes
from incidents.files import contents
from incidents.models import Attachment, AttachmentContent, Incident, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Team, User
from tests import factories
from tests.incidents import attached
from tests.incidents.attached import SCRIPT, opened, picture, upload
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
SANDBOX = "sandbox; default-src 'none'"


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    """Declared; alice commands."""
    return factories.incident(payments, alice, phase=Phase.DECLARE)


def attach(incident: Incident, by: User, *files: Any, **given: Any) -> Attachment:
    entry = attachments.attach(
        incident.pk, [upload(n, d) for n, d in files] or [upload("graph.png", picture())], by=by, **given
    )
    return entry.attachments.get() if entry.attachments.count() == 1 else entry.attachments.first()  # type: ignore[return-value]


def seen_by(user: User | None, path: str, **headers: str) -> HttpResponse:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(path, headers=headers)  # type: ignore[return-value]


# Attaching


def test_a_note_with_an_image_and_a_log_stands_on_the_timeline(incident: Incident, bob: User) -> None:
    browser = Browser(bob)
    answer = browser.post(
        "note",
        incident.pk,
        text="Errors since 14:02",
        files=[upload("graph.png", picture()), upload("a.log", b"x\ny\n")],
    )
    assert answer.status_code == 302
    entry = TimelineEntry.objects.get(verb="note.written")
    assert [(a.kind, a.name, a.uploaded_by) for a in entry.attachments.all()] == [
        ("image", "graph.png", bob),
        ("text", "a.log", bob),
    ]
    page = text(browser.get("incident", incident.pk))
    image, log = entry.attachments.all()
    assert f'src="{image.preview_url}"' in page
    assert 'alt="Errors since 14:02 (graph.png)"' in page
    assert f'href="{log.get_absolute_url()}"' in page
    assert "2 lines" in page


def test_files_need_no_words(incident: Incident, alice: User) -> None:
    entry = attachments.attach(incident.pk, [upload("a.log", b"x"), upload("b.log", b"y")], by=alice)
    assert (entry.verb, entry.kind, entry.text) == ("files.attached", "note", "Alice attached 2 files")
    assert [a["name"] for a in entry.data["attachments"]] == ["a.log", "b.log"]
    incident.refresh_from_db()
    assert incident.version == incident.timeline.count()


def test_all_files_or_none_and_every_refusal_names_its_file(incident: Incident, alice: User) -> None:
    before = TimelineEntry.objects.count()
    with pytest.raises(Blocked) as refused:
        attachments.attach(
            incident.pk,
            [upload("good.png", picture()), upload("logo.svg", b"<svg/>"), upload("old.gz", b"\x1f\x8b\x08\x00")],
            by=alice,
            text="See",
        )
    said = [b.message for b in refused.value.blockers]
    assert [s.split()[0] for s in said] == ["logo.svg", "old.gz"]
    assert {b.field for b in refused.value.blockers} == {"files"}
    assert TimelineEntry.objects.count() == before
    assert not Attachment.objects.exists()


def test_the_console_keeps_the_words_and_says_which_file(incident: Incident, bob: User) -> None:
    browser = Browser(bob)
    answer = browser.post("note", incident.pk, text="What we saw", files=[upload("x.svg", b"<svg/>")])
    assert answer.status_code == 409
    assert "What we saw" in text(answer)
    assert "x.svg is an SVG" in text(answer)
    assert 'enctype="multipart/form-data"' in text(answer)
    headers = {
        "HX-Request": "true",
        "HX-Target": "note-form",
        "HX-Current-URL": f"http://t{incident.get_absolute_url()}",
    }
    data = {"text": "What we saw", "files": [upload("x.svg", b"<svg/>"), upload("e.log", b"")]}
    part = browser.client.post(reverse("incidents:note", args=[incident.pk]), data, headers=headers)
    assert part.status_code == 422
    assert "What we saw" in part.content.decode()
    assert "x.svg is an SVG" in part.content.decode()
    assert "e.log is empty" in part.content.decode()


def test_caps_of_a_file_a_note_and_an_incident(
    incident: Incident, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Blocked, match="at most 5"):
        attachments.attach(incident.pk, [upload("a.log", b"x")] * 6, by=alice)
    with pytest.raises(Blocked, match=r"big\.log is larger than 10 MB"):
        attachments.attach(incident.pk, [upload("big.log", b"x" * (contents.LARGEST + 1))], by=alice)
    monkeypatch.setattr(attachments, "PER_INCIDENT", 1_000)
    first = attach(incident, alice, ("a.log", b"x" * 700))
    with pytest.raises(Blocked, match="are left"):
        attach(incident, alice, ("b.log", b"x" * 700))
    attachments.remove(first.pk, "not needed", by=alice)
    attach(incident, alice, ("b.log", b"x" * 700))


class Unread:
    """A body that nobody may read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = __iter__ = read


@pytest.mark.parametrize("path", ["/incidents/{pk}/notes/", "/api/v1/incidents/{pk}/attachments/"])
@pytest.mark.parametrize(("signed_in", "length"), [(True, 50_600_000), (False, 2_600_000), (True, 10**12)])
def test_a_body_over_the_bound_is_refused_unread(
    incident: Incident, alice: User, path: str, signed_in: bool, length: int
) -> None:
    client = Client(enforce_csrf_checks=True)
    if signed_in:
        client.force_login(alice)
    answer = client.generic(
        "POST",
        path.format(pk=incident.pk),
        b"",
        **{
            "wsgi.input": Unread(),
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
            "CONTENT_LENGTH": str(length),
        },
    )
    assert answer.status_code == 413
    assert f"{length / 1e6:.1f} MB" in answer.content.decode()


def test_other_forms_take_no_files_of_that_size(incident: Incident, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    answer = client.post(
        reverse("incidents:facts", args=[incident.pk]), {"title": "x", "files": upload("a.log", b"x" * 3_000_000)}
    )
    assert answer.status_code == 413


def test_a_storm_of_uploads_leaves_each_one_whole(incident: Incident, alice: User, bob: User) -> None:
    for n in range(30):
        attach(incident, (alice, bob)[n % 2], (f"{n}.png", picture(colour=(n, n, n))), (f"{n}.log", b"%d" % n))
    assert Attachment.objects.count() == AttachmentContent.objects.count() == 60
    for row in Attachment.objects.filter(kind="image").select_related("content"):
        assert opened(bytes(row.content.data)).convert("RGB").getpixel((0, 0)) == (int(row.name[:-4]),) * 3
    with CaptureQueriesContext(connection) as many:
        page = text(Browser(alice).get("incident", incident.pk))
    assert page.count('class="file__shot"') == 30
    assert not [q for q in many if "attachmentcontent" in q["sql"]], "lists fetch no bytes"


def test_the_page_costs_the_same_for_one_file_and_for_many(incident: Incident, alice: User) -> None:
    browser = Browser(alice)
    attach(incident, alice)
    browser.get("incident", incident.pk)
    with CaptureQueriesContext(connection) as few:
        browser.get("incident", incident.pk)
    for _ in range(10):
        attach(incident, factories.UserFactory())
    gone = attach(incident, alice)
    attachments.remove(gone.pk, "twice", by=alice)
    with CaptureQueriesContext(connection) as many:
        browser.get("incident", incident.pk)
    # One more in all: somebody removed something, so their names are fetched.
    assert len(many) <= len(few) + 1


# Serving


def test_an_image_is_served_so_that_it_can_do_nothing(incident: Incident, alice: User, bob: User) -> None:
    row = attach(incident, alice, ("Ausfall März.png", picture() + SCRIPT))
    answer = seen_by(bob, row.get_absolute_url())
    assert answer.status_code == 200
    assert SCRIPT not in answer.content
    assert opened(answer.content).size == (40, 30)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == (
        "inline; filename=\"Ausfall Marz.png\"; filename*=UTF-8''Ausfall%20M%C3%A4rz.png"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith(SANDBOX)
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "private" in answer["Cache-Control"]
    assert "no-cache" in answer["Cache-Control"]
    saved = seen_by(bob, row.get_absolute_url() + "?download")
    assert saved["Content-Disposition"].startswith("attachment;")
    small = seen_by(bob, row.preview_url)
    assert (small["Content-Type"], small["Content-Security-Policy"]) == (
        "image/webp",
        answer["Content-Security-Policy"],
    )


@pytest.mark.parametrize(
    ("name", "data", "claimed"),
    [
        ("evil.html", b"<!doctype html>" + SCRIPT, "text/html"),
        ("evil.png", b"<html>" + SCRIPT, "image/png"),
        ("evil.js", b"alert(1)", "application/javascript"),
        ("evil.xml", b"<?xml version='1.0'?><a xmlns='http://www.w3.org/1999/xhtml'/>", "application/xhtml+xml"),
        ("evil.hta", "größer".encode("utf-16"), "text/html; charset=utf-7"),
    ],
)
def test_all_else_is_plain_text_to_be_saved(
    name: str, data: bytes, claimed: str, incident: Incident, alice: User
) -> None:
    entry = attachments.attach(incident.pk, [upload(name, data, claimed)], by=alice)
    row = entry.attachments.get()
    answer = seen_by(alice, row.get_absolute_url())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f"attachment; filename=\"{name}.txt\"; filename*=UTF-8''{name}.txt"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith(SANDBOX)
    assert SCRIPT.decode() not in text(Browser(alice).get("incident", incident.pk))


def test_a_claimed_type_changes_nothing(incident: Incident, alice: User) -> None:
    entry = attachments.attach(incident.pk, [upload("a.txt", picture("JPEG"), "text/html")], by=alice)
    row = entry.attachments.get()
    assert (row.name, row.content_type) == ("a.txt.jpg", "image/jpeg")


def test_what_is_there_already_is_not_sent_again(incident: Incident, alice: User, charlie: User) -> None:
    row = attach(incident, alice)
    first = seen_by(alice, row.get_absolute_url())
    again = seen_by(alice, row.get_absolute_url(), If_None_Match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert seen_by(alice, row.preview_url)["ETag"] != first["ETag"]
    Incident.objects.filter(pk=incident.pk).update(private=True)
    assert seen_by(charlie, row.get_absolute_url(), If_None_Match=first["ETag"]).status_code == 404


def test_no_name_and_no_path_leads_elsewhere(incident: Incident, alice: User) -> None:
    row = attach(incident, alice)
    for path in (
        f"/files/{row.uid}/evil.html",
        f"/files/{row.uid}/..%2f..%2fetc%2fpasswd",
        f"/files/{row.uid}/",
        f"/files/{row.pk}/{row.name}",
        f"/files/..%2f{row.uid}/{row.name}",
        f"/files/{row.uid}%00/{row.name}",
        f"/files/{row.uid}/{row.name}%00",
    ):
        assert seen_by(alice, path).status_code == 404, path


@pytest.mark.usefixtures("search")
def test_charlie_learns_nothing_of_a_private_incident(payments: Team, alice: User, bob: User, charlie: User) -> None:
    secret = factories.incident(payments, alice, private=True)
    row = attach(secret, alice, ("canary.png", picture()))
    unknown = f"/files/{'x' * 32}/canary.png"
    for path, nothing in (
        (row.get_absolute_url(), unknown),
        (row.preview_url, unknown.replace("/canary", "/preview/canary")),
        (
            reverse("incidents:attachment_remove", args=[secret.pk, row.pk]),
            reverse("incidents:attachment_remove", args=[999_999, row.pk]),
        ),
    ):
        got, expected = seen_by(charlie, path), seen_by(charlie, nothing)
        assert (got.status_code, got.content, dict(got.headers)) == (
            404,
            expected.content,
            dict(expected.headers),
        )
        assert seen_by(None, path).status_code == 302
    assert seen_by(bob, row.get_absolute_url()).status_code == 200
    post = Browser(charlie).post("note", secret.pk, text="x", files=[upload("a.log", b"x")])
    assert post.status_code == 404
    with pytest.raises(PermissionDenied):
        attachments.attach(secret.pk, [upload("a.log", b"x")], by=charlie)


def test_a_viewer_reads_and_does_not_attach(incident: Incident, alice: User) -> None:
    viewer = factories.UserFactory(role="viewer")
    row = attach(incident, alice)
    assert seen_by(viewer, row.get_absolute_url()).status_code == 200
    refused = Browser(viewer).post("note", incident.pk, files=[upload("a.log", b"x")])
    assert refused.status_code == 403
    with pytest.raises(PermissionDenied):
        attachments.attach(incident.pk, [upload("a.log", b"x")], by=viewer)


def test_a_public_page_and_a_public_postmortem_show_no_file(
    client: Client, public_page: Any, payments: Team, alice: User
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    row = attach(incident, alice, ("canary-3141.png", picture()))
    entry = attach(incident, alice, ("canary-3141.log", b"canary-3141"), text="canary-3141").entry
    incident.postmortem.entries.add(entry, row.entry)
    inside = text(Browser(alice).get("postmortem", incident.pk))
    assert row.preview_url in inside
    for path in ("", "history/", "history.atom", "history.rss"):
        page = client.get(f"/status/{public_page.slug}/{path}")
        assert b"canary-3141" not in page.content
        assert row.uid not in page.content.decode()
    assert client.get(row.get_absolute_url()).status_code == 302


# Taking away


def test_who_attached_it_the_commander_and_owners_take_it_away(
    incident: Incident, alice: User, bob: User, charlie: User
) -> None:
    owner = factories.UserFactory(role="owner")
    for by in (bob, alice, owner):
        row = attach(incident, bob)
        attachments.remove(row.pk, "shows customers", by=by)
    row = attach(incident, bob)
    for by in (charlie, factories.UserFactory(role="admin"), factories.UserFactory(role="viewer")):
        assert not attachments.may_remove(row, by)
        with pytest.raises(PermissionDenied):
            attachments.remove(row.pk, "because", by=by)
        answer = Browser(by).post("attachment_remove", incident.pk, row.pk, reason="because")
        assert answer.status_code == 403
    row.refresh_from_db()
    assert row.removed_at is None


def test_removing_deletes_the_bytes_and_keeps_the_fact(incident: Incident, alice: User, bob: User) -> None:
    row = attach(incident, bob, ("customers.csv", b"name,card\nann,4111"), text="The list")
    browser = Browser(alice)
    refused = browser.dialog(incident, "attachment_remove", incident.pk, row.pk, reason=" ")
    assert refused.status_code == 409
    assert "Say why it has to go" in text(refused)
    done = browser.dialog(incident, "attachment_remove", incident.pk, row.pk, reason="card numbers")
    assert done.status_code == 200
    assert "customers.csv was removed by Alice: card numbers" in text(done)
    row.refresh_from_db()
    assert (row.removed_by, row.removed_because, row.opening) == (alice, "card numbers", "")
    assert not AttachmentContent.objects.filter(attachment=row).exists()
    assert seen_by(bob, row.get_absolute_url()).status_code == 404
    page = text(browser.get("incident", incident.pk))
    assert "4111" not in page
    assert row.get_absolute_url() not in page
    told = TimelineEntry.objects.get(verb="attachment.removed")
    assert (told.actor, told.reason) == (alice, "card numbers")
    again = browser.dialog(incident, "attachment_remove", incident.pk, row.pk, reason="once more")
    assert (again.status_code, "was removed already" in text(again)) == (409, True)


def test_history_holds(incident: Incident, alice: User) -> None:
    row = attach(incident, alice)
    before = list(TimelineEntry.objects.order_by("pk").values())
    for change in (
        lambda: Attachment.objects.filter(pk=row.pk).update(name="other.png"),
        lambda: Attachment.objects.filter(pk=row.pk).update(entry=TimelineEntry.objects.earliest("pk")),
        lambda: AttachmentContent.objects.filter(attachment=row).update(data=b"other"),
        lambda: AttachmentContent.objects.filter(attachment=row).delete(),
        row.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    attachments.remove(row.pk, "because", by=alice)
    with pytest.raises(DatabaseError), transaction.atomic():
        Attachment.objects.filter(pk=row.pk).update(removed_at=None, removed_by=None, removed_because="")
    assert list(TimelineEntry.objects.order_by("pk").values())[: len(before)] == before


def test_a_correction_leaves_the_files_with_the_old_entry(incident: Incident, alice: User) -> None:
    row = attach(incident, alice, text="Wrong words")
    notes.correct(row.entry_id, "Right words", by=alice)
    assert row.preview_url in text(Browser(alice).get("incident", incident.pk))


def test_a_photograph_never_carries_its_place(incident: Incident, alice: User) -> None:
    row = attach(incident, alice, ("photo.jpg", attached.photo_with_gps()))
    stored = bytes(row.content.data) + bytes(row.content.preview or b"")
    assert b"CANARY" not in stored
    assert not opened(bytes(row.content.data)).getexif()
