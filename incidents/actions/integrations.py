"""Integrations: set up, their keys made, taken over from and stopped, and what is sent in their tool's stead."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from incidents.actions import inbox
from incidents.models import Event, Integration, IntegrationKey
from incidents.sources import Envelope, SourceError, generic, mail
from teams import moments, permits
from teams.models import User

VERB = "integration.change"
# For how long the former key still works after a new one was made, unless somebody says otherwise.
OVERLAP = timedelta(hours=24)
BYTES = 16
# What an integration that somebody connects may open in a minute, unless they say otherwise.
CEILING = 100
GIVEN = ("name", "kind", "team", "service", "private", "ceiling", "secret", "settings")


@transaction.atomic
def keep(integration: Integration | None, *, by: User | None, **given: Any) -> Integration:
    """Make an integration, or change one; it keeps what is not `given`. ValidationError, by field, where it can't be
    so."""
    assert set(given) <= set(GIVEN), f"an integration is not made of {set(given) - set(GIVEN)}"
    if integration is None:
        found = Integration()
    else:
        found = Integration.objects.select_for_update().get(pk=integration.pk)
        permits.require(by, VERB, found)
        assert given.get("kind", found.kind) == found.kind, "what a tool speaks stays"
    for name, value in given.items():
        setattr(found, name, value)
    if found.team_id is not None:
        permits.require(by, VERB, found)
    problems = settings_problems(found.kind, found.settings)
    try:
        found.full_clean(exclude=["secret"])
    except ValidationError as error:
        wrong = {
            name: [*error.message_dict.get(name, []), *problems.get(name, [])]
            for name in {*error.message_dict, *problems}
        }
        raise ValidationError(wrong) from None
    if problems:
        raise ValidationError(problems)
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError:
        raise ValidationError({"name": ["Somebody has just given this name to another integration."]}) from None
    return found


@transaction.atomic
def connect(*, by: User | None, **given: Any) -> tuple[Integration, str]:
    """Make an integration with its first key, which can be read this once. ValidationError as of `keep`."""
    made = keep(None, by=by, **given)
    return made, add_key(made, by=by)


def settings_problems(kind: str, settings: Any) -> dict[str, list[str]]:
    """What is wrong with what an integration is read by, by field; empty where nothing is."""
    if not isinstance(settings, dict):
        return {"settings": ["Give an object, such as {}."]}
    found: dict[str, list[str]] = {}
    if "mapping" in settings:
        found |= {name: [message] for name, message in generic.faults(settings["mapping"]).items()}
    if kind == "email":
        try:
            mail.read(Envelope(b"Subject: test\r\n\r\n", settings=settings))
        except SourceError as error:
            found[error.field.removeprefix("settings.")] = [error.message]
    return found


@transaction.atomic
def map_fields(integration: Integration, mapping: dict[str, Any], *, by: User | None) -> Integration:
    """Read by this mapping from now on; by the usual names where it is empty. ValidationError by field, as in
    "labels.zone"."""
    found = Integration.objects.select_for_update().get(pk=integration.pk)
    rest = {name: value for name, value in found.settings.items() if name != "mapping"}
    return keep(found, by=by, settings=rest | ({"mapping": mapping} if mapping else {}))


@transaction.atomic
def add_key(integration: Integration, *, by: User | None, overlap: timedelta = OVERLAP) -> str:
    """Make a key of 32 characters (as PagerDuty's routing keys have) and return it, which is the only time that it can
    be read. Those before it work for `overlap` yet."""
    permits.require(by, VERB, integration)
    now = moments.now()
    end = now + overlap
    former = integration.keys.good(now).filter(Q(expires_at=None) | Q(expires_at__gt=end))
    former.update(expires_at=end)
    key = secrets.token_hex(BYTES)
    IntegrationKey.objects.create(
        integration=integration, digest=IntegrationKey.digest_of(key), hint=key[:4], created_by=by
    )
    return key


def stop_former_keys(integration: Integration, *, by: User | None = None) -> int:
    """Let every key but the newest open nothing from now on; returns how many that were."""
    permits.require(by, VERB, integration)
    now = moments.now()
    good = integration.keys.good(now)
    newest = good.order_by("-pk").values("pk")[:1]
    return good.exclude(pk__in=newest).update(revoked_at=now)


def revoke_key(key: IntegrationKey, *, by: User | None) -> bool:
    """Let a key open nothing from now on, be it the last; whether it opened something yet."""
    permits.require(by, VERB, key.integration)
    now = moments.now()
    return bool(key.integration.keys.good(now).filter(pk=key.pk).update(revoked_at=now))


def send_test(integration: Integration, *, by: User | None) -> Event:
    """Send a harmless alert (or change, or sign of life) as its tool would."""
    permits.require(by, VERB, integration)
    return inbox.keep(integration, integration.source.test(key="0" * 2 * BYTES))


def send_again(event: Event, *, by: User | None) -> Event:
    """Send a former event once more, as it came; it is read by what the integration's settings say now."""
    permits.require(by, VERB, event.integration)
    return inbox.replay(event)
