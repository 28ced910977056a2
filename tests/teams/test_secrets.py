"""Secrets at rest: written so that only a key reads them, put under a new key by command, calm where one is gone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from comms.models import StatusPage, Subscriber
from comms.tokens import subscriber_from_token, subscriber_token
from config.api import problems
from config.middleware import CalmAboutSecrets
from incidents.actions import escalation
from incidents.links import page_from_token, page_token
from incidents.models import EscalationRun, Page
from teams.models import Team, User
from teams.secrets import Sealed, SealedField, Unreadable, is_current, is_sealed, reseal, seal, unseal
from tests import factories

OLD, NEW, OTHER = ("old-key-" + "o" * 50, "new-key-" + "n" * 50, "other-key-" + "x" * 50)
SECRET = "hunter2-CANARY-ü"


@pytest.fixture
def keys(settings: Settings) -> Settings:
    settings.WATCHBILL_ENCRYPTION_KEYS = [OLD]
    return settings


@pytest.fixture
def vault(transactional_db: None) -> Iterator[Any]:
    """A table with two secrets, there for one test."""

    class Vault(models.Model):
        name = models.CharField(max_length=20)
        key = SealedField()
        spare = SealedField(null=True, blank=True)

        class Meta:
            app_label = "teams"

        def __str__(self) -> str:
            return self.name

    with connection.schema_editor() as editor:
        editor.create_model(Vault)
    yield Vault
    with connection.schema_editor() as editor:
        editor.delete_model(Vault)
    del apps.all_models["teams"]["vault"]
    apps.clear_cache()


def raw(table: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table._meta.db_table} ORDER BY id")
        return list(cursor.fetchall())


def run(*args: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("rotate_secrets", *args, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


# Sealing


def test_what_was_sealed_is_read_again_and_never_looks_the_same(keys: Settings) -> None:
    one, other = seal(SECRET), seal(SECRET)
    assert one != other
    assert SECRET not in one
    assert (unseal(one), unseal(other)) == (SECRET, SECRET)
    assert is_sealed(one)
    assert is_current(one)


@pytest.mark.parametrize("text", ["", "plain", "JBSWY3DPEHPK3PXP", "gAAAAA", "g" * 120, "größer", "gAAAAA==" * 20])
def test_what_was_never_sealed_does_not_look_so(text: str) -> None:
    assert not is_sealed(text)


def test_the_first_key_writes_and_all_read(keys: Settings) -> None:
    old = seal(SECRET)
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OLD]
    assert unseal(old) == SECRET
    assert not is_current(old)
    new = reseal(old)
    assert is_current(new)
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW]
    assert unseal(new) == SECRET
    with pytest.raises(Unreadable, match="WATCHBILL_ENCRYPTION_KEYS"):
        unseal(old)
    with pytest.raises(Unreadable):
        reseal(old)


def test_without_keys_of_their_own_the_secret_keys_serve(settings: Settings) -> None:
    settings.WATCHBILL_ENCRYPTION_KEYS = []
    settings.SECRET_KEY = OLD
    sealed = seal(SECRET)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert unseal(sealed) == SECRET
    # Moving on to keys of their own: the old secret key is named once more, as the last of them.
    settings.SECRET_KEY_FALLBACKS = []
    settings.WATCHBILL_ENCRYPTION_KEYS = [OTHER, OLD]
    assert unseal(sealed) == SECRET


def test_every_change_of_a_byte_is_noticed(keys: Settings) -> None:
    sealed = seal(SECRET)
    for at in range(0, len(sealed) - 4, 7):
        changed = "A" if sealed[at] != "A" else "B"
        with pytest.raises(Unreadable):
            unseal(sealed[:at] + changed + sealed[at + 1 :])
    for cut in ("", sealed[:-4], sealed[4:]):
        with pytest.raises(Unreadable):
            unseal(cut)


# The field


def test_a_row_gives_its_secret_and_the_table_does_not(keys: Settings, vault: Any) -> None:
    made = vault.objects.create(name="chat", key=SECRET, spare="")
    assert made.key == SECRET
    assert SECRET not in str(raw(vault))
    assert raw(vault)[0][3] == ""
    found = vault.objects.get()
    assert (found.key, found.spare) == (SECRET, "")
    assert vault.objects.defer("key").get().key == SECRET
    assert vault.objects.only("name").get().key == SECRET
    assert SECRET not in repr(list(vault.objects.values()))
    assert isinstance(vault.objects.values_list("key", flat=True)[0], Sealed)
    empty = vault.objects.create(name="x", key="", spare=None)
    empty.refresh_from_db()
    assert (empty.key, empty.spare) == ("", None)


def test_saving_something_else_leaves_the_secret_as_it_stands(keys: Settings, vault: Any) -> None:
    vault.objects.create(name="chat", key=SECRET)
    before = raw(vault)[0][2]
    found = vault.objects.get()
    found.name = "other"
    found.save()
    assert raw(vault)[0][2] == before
    found.key = "another"
    found.save()
    assert raw(vault)[0][2] != before
    assert vault.objects.get().key == "another"
    vault.objects.update(key="third")
    assert vault.objects.get().key == "third"


def test_a_missing_key_spoils_one_attribute_and_no_list(keys: Settings, vault: Any) -> None:
    vault.objects.create(name="chat", key=SECRET)
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW]
    (found,) = vault.objects.all()
    with pytest.raises(Unreadable):
        _ = found.key
    found.name = "renamed"
    found.save()
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OLD]
    assert vault.objects.get().key == SECRET


def test_a_page_the_api_and_a_task_say_it_calmly(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/channels/")

    def view(request: HttpRequest) -> HttpResponse:
        raise Unreadable

    page = CalmAboutSecrets(view).process_exception(request, Unreadable())
    assert page is not None
    assert page.status_code == 503
    assert "key for it is missing" in page.content.decode()
    assert CalmAboutSecrets(view).process_exception(request, ValueError()) is None
    answer = problems.answer(Unreadable(), {})
    assert (answer.status_code, answer.data["code"]) == (503, "secret_unreadable")

    from config.celery import app

    @app.task(name="tests.unreadable")
    def unreadable() -> None:
        raise Unreadable

    caplog.clear()
    unreadable.apply()
    (told,) = [r for r in caplog.records if r.name == "config.celery"]
    assert "WATCHBILL_ENCRYPTION_KEYS" in told.getMessage()
    assert not [r for r in caplog.records if r.exc_info and r.levelname == "ERROR"]


# Rotation


def test_rotation_puts_everything_under_the_first_key(keys: Settings, vault: Any) -> None:
    for n in range(450):
        vault.objects.create(name=str(n), key=f"{SECRET}{n}", spare="" if n % 2 else f"spare{n}")
    assert run("--check")[0] == 0
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OLD]
    status, told = run("--check")
    assert (status, "teams_vault: 675 secrets, 675 not under the first key" in told) == (1, True)
    status, told = run()
    assert (status, "teams_vault: 675 secrets, 675 rewritten, 0 not under the first key" in told) == (0, True)
    assert "675 secrets, 0 rewritten" in run()[1]
    assert run("--check")[0] == 0
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW]
    assert [v.key for v in vault.objects.order_by("pk")] == [f"{SECRET}{n}" for n in range(450)]
    assert SECRET not in told


def test_rotation_goes_on_where_it_was_stopped(keys: Settings, vault: Any) -> None:
    rows = [vault.objects.create(name=str(n), key=f"{SECRET}{n}") for n in range(3)]
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OLD]
    vault.objects.filter(pk=rows[0].pk).update(key=f"{SECRET}0")
    before = raw(vault)[0][2]
    assert "3 secrets, 2 rewritten" in run()[1]
    assert raw(vault)[0][2] == before, "what is under the first key is left alone"


def test_what_no_key_reads_is_named_and_holds_up_nothing(keys: Settings, vault: Any) -> None:
    keys.WATCHBILL_ENCRYPTION_KEYS = [OTHER]
    lost = vault.objects.create(name="lost", key=SECRET)
    keys.WATCHBILL_ENCRYPTION_KEYS = [OLD]
    vault.objects.create(name="kept", key=SECRET)
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OLD]
    for args in ((), ("--check",)):
        status, told = run(*args)
        assert status == 1
        assert f"1 can be read with none of the keys: rows {lost.pk}" in told
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW]
    assert vault.objects.get(name="kept").key == SECRET
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OTHER]
    assert run()[0] == 0


@pytest.mark.django_db
def test_second_factors_are_rotated_too(keys: Settings, alice: User) -> None:
    make = Authenticator.objects.create
    totp = make(user=alice, type="totp", data={"secret": seal("JBSWY3DP")})
    codes = make(user=alice, type="recovery_codes", data={"seed": seal("5eed"), "used_mask": 3})
    moved = make(
        user=factories.UserFactory(),
        type="recovery_codes",
        data={"migrated_codes": [seal("one"), seal("two")], "used_mask": 0},
    )
    passkey = make(user=alice, type="webauthn", data={"name": "Key", "credential": {"id": "abc"}})
    plain = make(user=factories.UserFactory(), type="totp", data={"secret": "GEZDGNBV"})
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW, OLD]
    status, told = run()
    assert status == 0
    assert "mfa_authenticator: 4 secrets, 4 rewritten, 0 not under the first key, 1 not encrypted" in told
    keys.WATCHBILL_ENCRYPTION_KEYS = [NEW]
    for row in (totp, codes, moved, passkey, plain):
        row.refresh_from_db()
    assert unseal(totp.data["secret"]) == "JBSWY3DP"
    assert (unseal(codes.data["seed"]), codes.data["used_mask"]) == ("5eed", 3)
    assert [unseal(c) for c in moved.data["migrated_codes"]] == ["one", "two"]
    assert passkey.data == {"name": "Key", "credential": {"id": "abc"}}
    assert plain.data == {"secret": "GEZDGNBV"}


def test_production_is_warned_of_keys_that_are_only_derived(settings: Settings) -> None:
    def warned() -> bool:
        return "watchbill.W001" in [m.id for m in run_checks(tags=["security"], include_deployment_checks=True)]

    settings.PRODUCTION, settings.WATCHBILL_ENCRYPTION_KEYS = True, []
    assert warned()
    settings.WATCHBILL_ENCRYPTION_KEYS = [NEW]
    assert not warned()
    settings.PRODUCTION, settings.WATCHBILL_ENCRYPTION_KEYS = False, []
    assert not warned()


# Links that were signed with an earlier secret key


@pytest.mark.django_db
def test_a_page_link_survives_the_replacement_of_the_secret_key(
    settings: Settings, payments: Team, alice: User
) -> None:
    settings.SECRET_KEY = OLD
    incident = factories.incident(payments, alice)
    escalation.advance(EscalationRun.objects.get(incident=incident).pk)
    page = Page.objects.filter(incident=incident).earliest("pk")
    token = page_token(page)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert page_from_token(token) == page
    assert page_token(page) != token
    settings.SECRET_KEY_FALLBACKS = []
    assert page_from_token(token) is None


@pytest.mark.django_db
def test_a_subscribers_link_survives_the_replacement_of_the_secret_key(
    settings: Settings, public_page: StatusPage
) -> None:
    settings.SECRET_KEY = OLD
    reader = Subscriber.objects.create(page=public_page, email="reader@example.org")
    token = subscriber_token(reader)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert subscriber_from_token(token) == reader
    settings.SECRET_KEY_FALLBACKS = []
    assert subscriber_from_token(token) is None
