"""What the audit log keeps, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from teams.audit import events, retention
from teams.models import AccessEvent, AuditEvent, AuditLine, AuditStream, Organization, User
from tests import factories


@pytest.fixture
def owner(db: None) -> User:
    return factories.UserFactory(username="olga", role=User.Role.OWNER)


def test_what_is_older_goes_in_batches_and_the_rest_stays(owner: User) -> None:
    now = timezone.now()
    for n in range(7):
        events.note("sign_in.done", f"Number {n}", user=owner)
    with retention.unprotected():
        old = AuditEvent.objects.filter(label__in=["Number 0", "Number 1", "Number 2"])
        old.update(at=now - timedelta(days=731))
        AccessEvent.objects.filter(text="Number 0").update(at=now - timedelta(days=731))
    assert retention.forget(now, batch=2) == 3
    assert set(AuditEvent.objects.filter(kind="teams.accessevent").values_list("label", flat=True)) == {
        f"Number {n}" for n in range(3, 7)
    }
    assert not AccessEvent.objects.filter(text="Number 0").exists()
    assert retention.forget(now) == 0


def test_nought_keeps_for_ever(owner: User) -> None:
    organization = Organization.current()
    organization.audit_days = 0
    organization.save()
    assert retention.forget(timezone.now() + timedelta(days=9999)) == 0
    assert AuditEvent.objects.exists()


def test_the_protection_comes_back(owner: User) -> None:
    retention.forget(timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.update(label="other")


def test_lines_that_were_sent_go_after_a_week(owner: User) -> None:
    AuditStream.objects.create(name="SIEM", url="https://siem.example.org/")
    for n in range(3):
        events.note("sign_in.done", f"Number {n}", user=owner)
    now = timezone.now()
    waiting, fresh, old = AuditLine.objects.order_by("-pk")[:3]
    AuditLine.objects.exclude(pk__in=[waiting.pk, fresh.pk, old.pk]).delete()
    AuditLine.objects.filter(pk=fresh.pk).update(sent_at=now)
    AuditLine.objects.filter(pk=old.pk).update(sent_at=now - timedelta(days=8))
    retention.forget(now)
    assert set(AuditLine.objects.values_list("pk", flat=True)) == {waiting.pk, fresh.pk}
