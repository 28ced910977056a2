"""The audit log: what the database writes down, with who, from where and through what, and that it stays."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pghistory
import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.utils import timezone

from config.celery import app
from teams import actions, permits
from teams.audit import events, reading, tracked
from teams.models import (
    AccessEvent,
    ApiToken,
    AuditEvent,
    AuditStream,
    IdentityProvider,
    Invitation,
    Layer,
    Override,
    Schedule,
    Service,
    Team,
    User,
)
from teams.secrets import SealedField, seal
from teams.signin import scim_tokens
from tests import factories
from tests.api.conftest import api  # noqa: F401


@pytest.fixture
def primary(payments: Team) -> Schedule:
    return Schedule.objects.get(team=payments)


@pytest.fixture
def owner(db: None) -> User:
    return factories.UserFactory(username="olga", role=User.Role.OWNER)


def latest(**about: Any) -> AuditEvent:
    found = AuditEvent.objects.filter(**about).order_by("-at", "-pk").first()
    assert found is not None
    return found


def test_a_change_in_the_console_says_who_what_from_where(
    client: Client, bob: User, primary: Schedule, settings: Any
) -> None:
    settings.WATCHBILL_TRUST_PROXY = True
    client.force_login(bob)
    start = timezone.now() + timedelta(days=1)
    given = {
        "user": bob.pk,
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "zone": "UTC",
        "reason": "dentist",
    }
    asked = client.post(
        f"/schedules/{primary.pk}/", given, headers={"X-Forwarded-For": "203.0.113.9", "User-Agent": "Firefox"}
    )
    assert asked.status_code == 302
    event = latest(kind="teams.override")
    assert (event.done, event.user, event.through, event.address) == ("insert", bob, "console", "203.0.113.9")
    assert event.context["method"] == "POST"
    assert event.context["url"] == f"/schedules/{primary.pk}/"
    assert event.context["agent"] == "Firefox"
    assert event.label == "Bob on Payments · Primary"
    assert event.after["reason"] == "dentist"
    assert set(event.about) == {
        f"teams.override:{event.object}",
        f"teams.schedule:{primary.pk}",
        f"teams.team:{primary.team_id}",
        f"teams.user:{bob.pk}",
    }

    override = Override.objects.get()
    client.post(f"/overrides/{override.pk}/remove/")
    gone = latest(kind="teams.override")
    assert (gone.done, gone.before["reason"], gone.after) == ("delete", "dentist", None)


def test_a_change_in_the_administration_keeps_before_and_after(
    client: Client, owner: User, checkout: Service, payments: Team
) -> None:
    client.force_login(owner)
    posted = {"name": "Checkout", "slug": "checkout", "team": payments.pk, "tier": 1, "description": ""}
    posted |= {"lifecycle": "production", "links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    assert client.post(f"/admin/teams/service/{checkout.pk}/change/", posted).status_code == 302
    event = latest(kind="teams.service")
    assert (event.done, event.user, event.through) == ("update", owner, "admin")
    assert (event.before, event.after) == ({"tier": 2}, {"tier": 1})
    assert event.context["url"] == f"/admin/teams/service/{checkout.pk}/change/"


def test_a_change_by_the_api_names_its_token(api: Any, bob: User, primary: Schedule) -> None:  # noqa: F811
    start = timezone.now() + timedelta(days=1)
    given = {"user": "bob", "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    assert api(bob).post(f"/api/v1/schedules/{primary.pk}/overrides/", given).status_code == 201
    event = latest(kind="teams.override")
    token = ApiToken.objects.get(user=bob)
    assert (event.user, event.through, event.context["token_hint"]) == (bob, "api", token.hint)
    assert event.context["token"] == token.pk


def test_a_task_and_a_command_are_named(payments: Team) -> None:
    @app.task(name="tests.rename")
    def rename() -> None:
        Team.objects.filter(pk=payments.pk).update(description="by a task")

    rename()
    event = latest(kind="teams.team")
    assert (event.user, event.through, event.context["task"]) == (None, "task", "tests.rename")


def test_the_command_line_is_named() -> None:
    asked = (
        "import django, sys; sys.argv = ['manage.py', 'check'];"
        "from config.commandline import of_command; django.setup();"
        "import pghistory.runtime as r\n"
        "with of_command('createsuperuser'): print(r._tracker.value.metadata)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert "'through': 'cli'" in done.stdout
    assert "'command': 'createsuperuser'" in done.stdout


def test_nothing_changed_is_nothing_written(checkout: Service) -> None:
    before = AuditEvent.objects.count()
    checkout.save()
    User.objects.update(last_login=timezone.now(), password="!new")
    assert AuditEvent.objects.count() == before


def test_a_part_of_a_roster_is_found_under_the_roster(primary: Schedule, alice: User, bob: User) -> None:
    layer = Layer.objects.get(schedule=primary)
    with pghistory.context(user=alice.pk, through="console"):
        actions.set_rota(layer, [bob, alice])
    asked = reading.Asked(person=alice.pk, object=f"teams.schedule:{primary.pk}")
    found = [(e.done, e.label) for e in asked.narrow(AuditEvent.objects.all())]
    assert sorted(found) == [
        ("delete", "Alice in Primary, Primary"),
        ("insert", "Alice in Primary, Primary"),
        ("insert", "Bob in Primary, Primary"),
        # From when on it counts.
        ("update", "Payments · Primary, Primary"),
    ]


def test_what_moves_between_teams_is_seen_by_both(checkout: Service, payments: Team, search: Team) -> None:
    checkout.team = search
    checkout.save()
    event = latest(kind="teams.service")
    assert event.before == {"team_id": payments.pk}
    assert {f"teams.team:{payments.pk}", f"teams.team:{search.pk}"} <= set(event.about)


def test_a_manager_sees_what_concerns_their_teams_and_no_more(
    alice: User, bob: User, payments: Team, search: Team, checkout: Service, owner: User
) -> None:
    search.description = "Finds things"
    search.save()
    seen = reading.visible_to(alice)
    assert seen.filter(kind="teams.service").count() == 1
    assert not seen.filter(label="Search").exists()
    assert not seen.filter(kind="teams.user").exists()
    assert not reading.visible_to(bob).exists()
    assert reading.visible_to(owner).filter(label="Search").exists()


def test_an_event_of_a_private_incident_is_hidden_from_who_may_not_see_it(
    alice: User, payments: Team, owner: User
) -> None:
    admin_ = factories.UserFactory(role=User.Role.ADMIN)
    incident = factories.incident(payments, alice, title="Breach", private=True)
    events.note("export.done", "Exported the breach", by=alice, incident=incident.pk)
    assert reading.visible_to(owner).filter(label__contains="breach").exists()
    assert not reading.visible_to(admin_).filter(label__contains="breach").exists()


@pytest.mark.parametrize("table", ["teams_auditevent", "teams_accessevent"])
@pytest.mark.parametrize("act", ["UPDATE {} SET through = 'other'", "DELETE FROM {}"])
def test_the_log_refuses_to_be_changed(alice: User, table: str, act: str) -> None:
    events.note("sign_in.done", "Signed in", user=alice)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act.format(table))
    assert AuditEvent.objects.exists()


def test_the_log_refuses_to_be_emptied(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE teams_auditevent ENABLE TRIGGER USER")
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute("TRUNCATE teams_auditevent CASCADE")


def test_an_access_event_outlives_its_person(owner: User) -> None:
    guest = factories.UserFactory(username="guest")
    events.note("sign_in.done", "guest signed in", user=guest)
    guest.delete()
    assert AccessEvent.objects.get().user is None
    assert latest(kind="teams.accessevent").user_id is not None


def test_every_table_with_a_page_of_settings_is_tracked() -> None:
    """A model whose rows people change in the administration is in a list of `Tracked` rows."""
    known = {t.table for t in tracked.TRACKED.values()} | tracked.KEEP_THEMSELVES
    missing = [
        model._meta.label
        for model, page in admin.site._registry.items()
        if {"add", "change"} & set(getattr(page, "verbs", {})) and model not in known
    ]
    assert not missing, f"add a Tracked row for {missing}"


def test_no_column_that_holds_a_secret_is_tracked() -> None:
    suspicious = ("password", "digest", "secret", "token", "hash", "private_key", "api_key")
    for row in tracked.TRACKED.values():
        fields = [f for f in row.table._meta.concrete_fields if not isinstance(f, models.BooleanField)]
        kept = [f for f in fields if f.column not in (*row.exclude, *tracked.NEVER)]
        told = [f.name for f in kept if isinstance(f, SealedField) or any(s in f.name for s in suspicious)]
        assert not told, f"{row.kind} keeps {told} in the audit log"


def test_no_secret_is_in_the_log(client: Client, owner: User, payments: Team) -> None:
    """Everything that has a secret is made, and the whole log is looked through for any of them."""
    owner.set_password("correct horse battery")
    owner.save()
    token, raw = ApiToken.issue(owner, "deploys")
    integration, key = factories.integration(payments)
    Authenticator.objects.create(user=owner, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    AuditStream.objects.create(name="SIEM", url="https://siem.example.org/in", secret="whsec-very-hidden")
    provider = IdentityProvider.objects.create(name="Acme", slug="acme", client_secret="of-the-client")
    IdentityProvider.objects.filter(pk=provider.pk).update(client_id="other", client_secret=seal("changed-secret"))
    provision, provisioning = scim_tokens.issue(by=owner, name="Acme", provider=provider)
    invitation = Invitation(email="new@example.org", role="viewer", expires_at=timezone.now() + timedelta(days=1))
    link = invitation.renew_key()
    invitation.save()
    secrets = [
        raw,
        key,
        provisioning,
        link,
        token.digest,
        integration.keys.get().digest,
        provision.digest,
        invitation.digest,
    ]
    secrets += [owner.password, "JBSWY3DPEHPK3PXP", "whsec-very-hidden", "of-the-client", "changed-secret"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM teams_auditstream UNION SELECT client_secret FROM teams_identityprovider")
        secrets += [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT to_jsonb(e)::text FROM teams_auditevent e")
        text = "\n".join(row[0] for row in cursor.fetchall())
    for told in ("deploys", "Acme", "new@example.org"):
        assert told in text
    assert not [s for s in secrets if s in text]


def test_a_link_that_holds_a_secret_is_cut(client: Client, owner: User) -> None:
    from django.urls import resolve

    from config.audit import pattern

    assert pattern(resolve("/admin/teams/team/7/change/")) == "/admin/teams/team/7/change/"
    assert "s3cr3t" not in pattern(resolve("/integrations/v1/alertmanager/s3cr3t5s3cr3t5s3cr3t5s3cr3t55aa/"))


@pytest.mark.parametrize("told", ["unknown", "203.0.113.9:1234", "'; DROP", "1.2.3.4, nonsense"])
def test_a_proxys_garbage_breaks_no_write(
    client: Client, owner: User, checkout: Service, payments: Team, settings: Any, told: str
) -> None:
    settings.WATCHBILL_TRUST_PROXY = True
    client.force_login(owner)
    posted = {"name": "Checkout", "slug": "checkout", "team": payments.pk, "tier": 1, "description": ""}
    posted |= {"lifecycle": "production", "links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    url = f"/admin/teams/service/{checkout.pk}/change/"
    assert client.post(url, posted, headers={"X-Forwarded-For": told}).status_code == 302
    assert latest(kind="teams.service").address is None


def test_words_find_labels_and_values(checkout: Service, owner: User) -> None:
    def found(words: str) -> set[str]:
        return {e.kind for e in reading.Asked(words=words).narrow(AuditEvent.objects.all())}

    assert found("checko") == {"teams.service"}
    assert "teams.user" in found("olga@example.org")
    assert found("olga & | ! ' \\ :*(") <= {"teams.user", "account.emailaddress"}
    assert found("nothing-like-it") == set()


def test_the_context_survives_json(owner: User) -> None:
    """What is in the log can be written as JSON as it stands."""
    event = latest(kind="teams.user")
    assert json.dumps([event.before, event.after, event.context])
    assert isinstance(AuditEvent._meta.get_field("about"), models.Field)
    assert permits.may(owner, "audit.view")
