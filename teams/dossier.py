"""All that is kept of a person, as one file: for themselves, and for whoever answers their question."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Q
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from teams import downloads, erasure, oncall
from teams.audit import events, reading
from teams.models import (
    AccessEvent,
    AuditEvent,
    Invitation,
    Override,
    ProvidedRole,
    RosterWarning,
    ScimRecord,
    Swap,
    TimeOff,
    User,
)

YEAR = timedelta(days=365)
Rows = Iterable[Mapping[str, Any]]
# `by` is who asks: what they may not see themselves is left out.
Section = Callable[[User, User], Rows]
_SECTIONS: dict[str, Section] = {}


def section(name: str) -> Callable[[Section], Section]:
    """Register what a room keeps of a person."""

    def register(found: Section) -> Section:
        _SECTIONS[name] = found
        return found

    return register


def export(user: User, *, by: User, request: HttpRequest) -> StreamingHttpResponse:
    """The file, written as it is read, and an access event that says so. PermissionDenied for who may not."""
    if by.pk != user.pk:
        erasure.require(user, by=by)
    whose = "what is kept of them" if by.pk == user.pk else f"what is kept of {user.name}"
    events.note("person.exported", f"{by.name} exported {whose}", user=user, by=by, request=request)
    return downloads.answer(written(user, by), f"watchbill-{user.username}.json")


def written(user: User, by: User) -> Iterator[str]:
    """A JSON object with a list for each section."""
    yield "{\n"
    yield f'"exported_at": {_json(timezone.now())},\n"exported_by": {_json(by.name)}'
    for name, rows in _SECTIONS.items():
        yield f",\n{_json(name)}: ["
        for n, row in enumerate(rows(user, by)):
            yield f"{',' if n else ''}\n  {_json(row)}"
        yield "]"
    yield "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)


@section("profile")
def _profile(user: User, by: User) -> Rows:
    names = (
        "username",
        "first_name",
        "last_name",
        "email",
        "phone",
        "time_zone",
        "country",
        "role",
        "is_active",
        "date_joined",
    )
    yield {name: getattr(user, name) for name in (*names, "last_login")}


@section("teams")
def _teams(user: User, by: User) -> Rows:
    return ({"team": m.team.name, "role": m.role} for m in user.memberships.select_related("team"))


@section("rotations")
def _rotations(user: User, by: User) -> Rows:
    return ({"place": str(place)} for place in user.rota_places.select_related("user", "layer__schedule__team"))


@section("shifts_of_the_past_year")
def _shifts(user: User, by: User) -> Rows:
    now = timezone.now()
    watches = oncall.watches_of(user, now - YEAR, now)
    return ({"schedule": str(w.schedule), "from": w.start, "until": w.end} for w in watches)


@section("overrides")
def _overrides(user: User, by: User) -> Rows:
    rows = Override.objects.filter(Q(user=user) | Q(created_by=user)).select_related("schedule__team", "user")
    return (
        {"schedule": str(o.schedule), "who": o.user.name, "from": o.starts_at, "until": o.ends_at, "reason": o.reason}
        for o in rows
    )


@section("roster_warnings")
def _warnings(user: User, by: User) -> Rows:
    rows: Rows = RosterWarning.objects.filter(user=user).values("kind", "text", "found_at", "told_at", "gone_at")
    return rows


@section("swaps")
def _swaps(user: User, by: User) -> Rows:
    rows = Swap.objects.filter(Q(user=user) | Q(asked=user) | Q(answered_by=user)).order_by("starts_at", "pk")
    for swap in rows.select_related("schedule__team", "user", "asked", "answered_by"):
        people = {"who_asked": swap.user.name, "asked": swap.asked and swap.asked.name}
        spans = {name: getattr(swap, name) for name in ("starts_at", "ends_at", "back_starts_at", "back_ends_at")}
        answer = {"state": swap.state, "answered_by": swap.answered_by and swap.answered_by.name}
        yield {"schedule": str(swap.schedule), **people, **spans, **answer, "note": swap.note}


@section("time_off")
def _time_off(user: User, by: User) -> Rows:
    rows: Rows = TimeOff.objects.filter(user=user).values("starts_at", "ends_at", "note", "created_at")
    return rows


@section("contact_methods")
def _contact_methods(user: User, by: User) -> Rows:
    for row in user.contact_methods.all():
        yield {
            "kind": row.kind,
            "label": row.label,
            "shown": row.shown,
            "verified_at": row.verified_at,
            "turned_off_at": row.disabled_at,
            "created_at": row.created_at,
        }


@section("notification_rules")
def _notification_rules(user: User, by: User) -> Rows:
    for row in user.notification_rules.select_related("method"):
        yield {
            "urgency": row.urgency,
            "delay_minutes": row.delay_minutes,
            "method": row.method.shown if row.method else "account e-mail",
        }


@section("mail_addresses")
def _addresses(user: User, by: User) -> Rows:
    rows: Rows = EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
    return rows


@section("second_factors")
def _factors(user: User, by: User) -> Rows:
    rows: Rows = Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")
    return rows


@section("accounts_elsewhere")
def _elsewhere(user: User, by: User) -> Rows:
    rows: Rows = SocialAccount.objects.filter(user=user).values("provider", "uid", "date_joined", "last_login")
    return rows


@section("invitations")
def _invitations(user: User, by: User) -> Rows:
    theirs = Q(accepted_by=user) | erasure.named("email", erasure.addresses_of(user))
    rows: Rows = Invitation.objects.filter(theirs).values("email", "team__name", "created_at", "accepted_at")
    return rows


@section("provisioning")
def _provisioning(user: User, by: User) -> Rows:
    """What identity providers say of them."""
    yield from ScimRecord.objects.filter(user=user).values("provider__name", "external_id", "changed_at", "gone_at")
    yield from ProvidedRole.objects.filter(user=user).values("provider__name", "role")


@section("sessions")
def _sessions(user: User, by: User) -> Rows:
    rows: Rows = UserSession.objects.filter(user=user).values("ip", "user_agent", "created_at", "last_seen_at")
    return rows


@section("api_tokens")
def _tokens(user: User, by: User) -> Rows:
    return user.api_tokens.values("name", "hint", "created_at", "last_used_at", "revoked_at")


@section("access_events")
def _access(user: User, by: User) -> Rows:
    for event in AccessEvent.objects.filter(Q(user=user) | Q(by=user)).iterator(chunk_size=500):
        own = event.by_id == user.pk
        row = {"at": event.at, "kind": event.kind, "text": event.text, "through": event.through}
        # Where others did something from is theirs.
        yield row | ({"address": event.address, "agent": event.agent} if own else {})


@section("changes")
def _changes(user: User, by: User) -> Rows:
    """What the audit log has of them: what they did, and what was done to them."""
    mine = Q(user=user) | Q(about__contains=[f"teams.user:{user.pk}"])
    log = AuditEvent.objects.all() if by.pk == user.pk else reading.visible_to(by)
    for event in log.filter(mine).exclude(kind="teams.accessevent").order_by("at").iterator(chunk_size=500):
        row = {"at": event.at, "done": event.done, "kind": event.kind, "name": event.label, "through": event.through}
        own = {"address": event.address, "context": event.context} if event.user_id == user.pk else {}
        yield row | {"before": event.before, "after": event.after} | own
