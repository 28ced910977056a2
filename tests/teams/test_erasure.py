"""What is kept of a person: as a file for them, and erased without a trace while the facts stay."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pghistory
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from comms.actions import posting
from comms.models import Delivery, Letter, StatusPage, Subscriber
from incidents.actions import action_items, attachments, notes, postmortem, roles
from incidents.models import Attachment, TimelineEntry
from incidents.phases import Phase
from teams import erasure
from teams.audit import events
from teams.models import (
    AccessEvent,
    ApiToken,
    AuditEvent,
    IdentityProvider,
    Invitation,
    Override,
    ProvidedRole,
    Role,
    RosterWarning,
    Schedule,
    ScimRecord,
    Team,
    User,
)
from tests import factories
from tests.incidents.attached import upload

TRACES = ("zebulon", "quagmire", "zquag", "z.quagmire@example.org", "+49 170 5550199")


@pytest.fixture
def owner(db: None) -> User:
    return factories.UserFactory(username="olga", role=User.Role.OWNER)


@pytest.fixture
def admin_(db: None) -> User:
    return factories.UserFactory(username="adam", role=User.Role.ADMIN)


@pytest.fixture
def zeb(payments: Team, alice: User, public_page: StatusPage) -> User:
    """Somebody who did all that leaves a name behind."""
    zeb = factories.UserFactory(
        username="zquag",
        first_name="Zebulon",
        last_name="Quagmire",
        email="z.quagmire@example.org",
        phone="+49 170 5550199",
    )
    client = Client()
    client.force_login(zeb)
    with pghistory.context(user=zeb.pk, through="console"):
        payments.memberships.create(user=zeb)
        rota = Schedule.objects.get(team=payments)
        rota.layers.get().rota.create(user=zeb, position=2)
        Override.objects.create(
            schedule=rota,
            user=zeb,
            starts_at="2026-01-01T00:00Z",
            ends_at="2026-01-02T00:00Z",
            reason="zquag's dentist",
        )
        payments.description = "Ask Zebulon  Quagmire (zquag) about \\ “it”"
        payments.save()
    incident = factories.incident(payments, alice, phase="declare", title="Zebulon Quagmire was right")
    notes.note(incident.pk, 'Zebulon Quagmire "ZQuag" says it is the cache', by=zeb)
    roles.offer(incident.pk, Role.objects.get(slug="scribe"), zeb, by=alice)
    TimelineEntry.objects.create(
        incident=incident,
        kind="note",
        verb="note.added",
        phase="declare",
        text="x",
        reason="zquag asked",
        actor=zeb,
        data={"told": ["Zebulon Quagmire", {"by": "z.quagmire@example.org"}]},
    )
    incident.participants.add(zeb)
    ApiToken.issue(zeb, "zquag's laptop")
    EmailAddress.objects.create(user=zeb, email="zquag@elsewhere.example")
    files = [upload("zquag 1.log", b"zquag was here"), upload("b.log", b"b")]
    _, gone = attachments.attach(incident.pk, files, by=zeb).attachments.all()
    attachments.remove(gone.pk, "zquag put it in the wrong place", by=zeb)
    Authenticator.objects.create(user=zeb, type="totp", data={"secret": "x"})
    SocialAccount.objects.create(user=zeb, provider="okta", uid="zquag", extra_data={"name": "Zebulon Quagmire"})
    acme = IdentityProvider.objects.create(name="Acme", slug="acme", scopes="openid zquag")
    ProvidedRole.objects.create(user=zeb, provider=acme, role="responder")
    ScimRecord.objects.create(user=zeb, provider=acme, external_id="zquag", made=True)
    week = {"digest": "0", "role": "viewer", "expires_at": timezone.now() + timedelta(days=7)}
    Invitation.objects.create(email="Z.Quagmire@example.org", **week)
    Invitation.objects.create(email="new@example.org", invited_by=zeb, **week | {"digest": "1"})
    posting.post([EmailMessage("Hello Zebulon Quagmire", "zquag's link", to=["Zebulon <zquag@elsewhere.example>"])])
    RosterWarning.objects.create(
        team=payments, user=zeb, kind="alone", key="alone:1", text="Zebulon Quagmire stands it"
    )
    events.note("sign_in.done", "Zebulon Quagmire signed in", user=zeb, detail_of="zquag")
    Subscriber.objects.create(page=public_page, email="Z.Quagmire@example.org", state="active")
    Delivery.objects.create(
        key="notice:1", kind="notice", address=zeb.email, user=zeb, reply="550 no z.quagmire@example.org here"
    )
    LogEntry.objects.create(
        user=zeb, action_flag=CHANGE, object_repr="Zebulon Quagmire", change_message="Changed zquag", object_id=zeb.pk
    )
    User.objects.filter(pk=zeb.pk).update(is_active=False)
    zeb.refresh_from_db()
    return zeb


def traces() -> list[str]:
    """Every text of every table of the database that still holds a name."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                found += [f"{table}: {trace}: {row[:200]}" for trace in TRACES if trace in row.lower()]
    return found


def test_there_is_something_to_find(zeb: User) -> None:
    assert {t.split(":")[0] for t in traces()} >= {
        "teams_user",
        "teams_auditevent",
        "teams_accessevent",
        "incidents_timelineentry",
        "incidents_incident",
        "comms_delivery",
        "comms_subscriber",
        "teams_team",
        "django_admin_log",
        "teams_apitoken",
        "teams_invitation",
        "teams_scimrecord",
        "incidents_attachment",
        "comms_letter",
        "account_emailaddress",
        "socialaccount_socialaccount",
    }


def test_no_trace_is_left_and_the_facts_stay(zeb: User, owner: User, payments: Team) -> None:
    IdentityProvider.objects.update(scopes="openid")
    entries = list(TimelineEntry.objects.order_by("pk").values("pk", "actor", "verb", "recorded_at", "phase", "kind"))
    logged = AuditEvent.objects.count()
    keys = [name.key for name in erasure.names_of(zeb)]

    assert erasure.erase(zeb, by=owner, confirm="zquag", keys=keys) > 5

    assert traces() == []
    zeb.refresh_from_db()
    mark = erasure.pseudonym(zeb)
    assert (zeb.name, zeb.username) == (f"Former colleague {mark}", f"former-{mark}")
    assert not zeb.has_usable_password()
    assert entries == list(
        TimelineEntry.objects.order_by("pk").values("pk", "actor", "verb", "recorded_at", "phase", "kind")
    )
    note = TimelineEntry.objects.get(text__contains="says it is the cache")
    assert note.text == f'Former colleague {mark} "Former colleague {mark}" says it is the cache'
    assert note.actor == zeb
    assert zeb.rota_places.exists()
    assert zeb.assignments.exists()
    gone = (ApiToken, Authenticator, SocialAccount, UserSession, EmailAddress, ProvidedRole)
    assert not [m for m in gone if m.objects.filter(user=zeb).exists()]
    assert not Session.objects.exists()
    assert not Subscriber.objects.exists()
    assert {row.state for row in Delivery.objects.filter(address=zeb.email)} == {"suppressed"}
    letter = Letter.objects.get()
    assert (letter.subject, letter.text) == (f"Hello Former colleague {mark}", "")
    assert Invitation.objects.get().invited_by == zeb
    assert ScimRecord.objects.get().gone_at
    kept, removed = Attachment.objects.order_by("pk")
    assert (kept.name, kept.uploaded_by) == (f"Former colleague {mark} 1.log", zeb)
    assert removed.removed_because == f"Former colleague {mark} put it in the wrong place"
    # One event more, which says that it was done and by whom.
    assert AuditEvent.objects.count() == logged + 1
    noted = AccessEvent.objects.get(kind="person.erased")
    assert (noted.by, noted.user) == (owner, zeb)
    payments.refresh_from_db()
    assert payments.description == f"Ask Former colleague {mark} (Former colleague {mark}) about \\ “it”"


def test_words_that_hold_a_name_are_left_alone(zeb: User, owner: User, payments: Team) -> None:
    payments.description = "zquagga and quagmires"
    payments.save()
    erasure.erase(zeb, by=owner, confirm="zquag")
    payments.refresh_from_db()
    assert payments.description == "zquagga and quagmires"


def test_a_namesake_keeps_their_own(zeb: User, owner: User) -> None:
    other = factories.UserFactory(username="zq2", first_name="Zebulon", last_name="Quagmire")
    erasure.erase(zeb, by=owner, confirm="zquag")
    other.refresh_from_db()
    assert other.name == "Zebulon Quagmire"


def test_what_decides_who_gets_in_is_left_alone(zeb: User, owner: User) -> None:
    erasure.erase(zeb, by=owner, confirm="zquag")
    assert IdentityProvider.objects.get().scopes == "openid zquag"


def test_the_timeline_refuses_everything_else(zeb: User, owner: User) -> None:
    def attempt(*statements: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    allow = "SET LOCAL watchbill.erasing = 'on'"
    for acts in (
        ("UPDATE incidents_timelineentry SET text = 'other'",),
        (allow, "UPDATE incidents_timelineentry SET recorded_at = now()"),
        (allow, "UPDATE incidents_timelineentry SET actor_id = NULL, text = 'other'"),
        (allow, "DELETE FROM incidents_timelineentry"),
    ):
        with pytest.raises(DatabaseError, match="append-only"):
            attempt(*acts)
    for acts in (
        ("UPDATE incidents_attachment SET name = 'other'",),
        (allow, "UPDATE incidents_attachment SET sha256 = '0', name = 'other'"),
        (allow, "DELETE FROM incidents_attachment"),
    ):
        with pytest.raises(DatabaseError, match="an attachment is history"):
            attempt(*acts)
    erasure.erase(zeb, by=owner, confirm="zquag")
    with pytest.raises(DatabaseError, match="append-only"):
        attempt("UPDATE incidents_timelineentry SET text = 'other'")


def test_who_may_erase_whom(zeb: User, owner: User, admin_: User, alice: User) -> None:
    with pytest.raises(ValidationError, match="Type the username"):
        erasure.erase(zeb, by=owner, confirm="Zebulon")
    with pytest.raises(PermissionDenied):
        erasure.erase(zeb, by=alice, confirm="zquag")
    with pytest.raises(ValidationError, match="Deactivate them first"):
        erasure.erase(alice, by=owner, confirm="alice")
    User.objects.filter(pk=zeb.pk).update(role=User.Role.OWNER)
    with pytest.raises(PermissionDenied, match="Only an owner"):
        erasure.erase(zeb, by=admin_, confirm="zquag")
    User.objects.filter(pk=zeb.pk).update(role=User.Role.VIEWER)
    erasure.erase(zeb, by=admin_, confirm="zquag")
    with pytest.raises(ValidationError, match="has been erased already"):
        erasure.erase(zeb, by=admin_, confirm=User.objects.get(pk=zeb.pk).username)


def test_the_page_counts_asks_and_erases(client: Client, zeb: User, admin_: User, alice: User) -> None:
    url = f"/people/{zeb.pk}/data/"
    client.force_login(alice)
    assert client.get(url).status_code == 403
    client.force_login(admin_)
    page = client.get(url)
    keys = page.context["form"].fields["keys"]
    assert "first" not in keys.initial
    assert dict(keys.choices)["name"].startswith("Zebulon Quagmire (name, in ")
    wrong = client.post(url, {"keys": ["name"], "confirm": "nobody"})
    assert wrong.status_code == 422
    assert "Type the username of this person" in wrong.content.decode()
    done = client.post(url, {"keys": ["name", "username", "mail0"], "confirm": "zquag"}, follow=True)
    assert "has been erased already" in done.content.decode()
    assert client.get("/people/99999/data/").status_code == 404


def read(response: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(b"".join(response.streaming_content))
    return told


def test_ones_own_file_has_everything(client: Client, zeb: User, alice: User) -> None:
    User.objects.filter(pk=zeb.pk).update(is_active=True)
    client.force_login(zeb)
    assert "/me/data/export/" in client.get("/me/data/").content.decode()
    told = read(client.post("/me/data/export/"))
    assert told["profile"][0]["phone"] == "+49 170 5550199"
    for name in ("teams", "rotations", "overrides", "seats", "timeline", "sessions", "api_tokens", "second_factors"):
        assert told[name], name
    for name in ("files", "invitations", "provisioning"):
        assert told[name], name
    for name in ("access_events", "changes", "mail", "mail_addresses", "accounts_elsewhere", "subscriptions"):
        assert told[name], name
    assert any("says it is the cache" in entry["text"] for entry in told["timeline"])
    assert "password" not in json.dumps(told)
    assert AccessEvent.objects.filter(kind="person.exported", by=zeb).count() == 1


def test_an_administrator_exports_what_they_may_see(client: Client, zeb: User, admin_: User, alice: User) -> None:
    incident = TimelineEntry.objects.filter(actor=zeb)[0].incident
    incident.private = True
    incident.save()
    client.force_login(admin_)
    told = read(client.post(f"/people/{zeb.pk}/data/export/"))
    assert told["profile"]
    assert told["timeline"] == told["seats"] == []
    client.force_login(alice)
    assert client.post(f"/people/{zeb.pk}/data/export/").status_code == 403


def test_ones_own_file_tells_only_of_incidents_that_are_still_theirs_to_see(client: Client, alice: User) -> None:
    zoe = factories.UserFactory()
    team = factories.TeamFactory(people=[alice])
    for private in (False, True):
        incident = factories.incident(team, alice, phase=Phase.REVIEW, private=private, title=f"Hidden {private}")
        postmortem.edit(incident.pk, by=alice, owner=zoe)
        what = {"title": f"Key {private}", "end_state": "Done", "due_on": timezone.localdate()}
        action_items.add(incident.pk, by=alice, owner=zoe, **what)
        incident.mitigations.update(proposed_by=zoe, title=f"Rotate {private}")
        incident.participants.remove(zoe)
    client.force_login(zoe)
    told = read(client.post("/me/data/export/"))
    for name in ("reviews", "action_items", "mitigations"):
        shown, rest = told[name]
        assert shown["incident"], name
        assert rest == {"in_incidents_that_you_may_not_see": 1}, name
        assert "True" not in json.dumps(told[name])
