"""What the audit log keeps: a row for each table whose changes are remembered, and the triggers that remember them.

To add a table, add a `Tracked` row here (or in `incidents.audit`, `comms.audit` for their models) and run
`makemigrations`. The triggers call `watchbill_remember`, which writes one `AuditEvent` in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models

from teams.models import (
    AccessEvent,
    ApiToken,
    AuditStream,
    CalendarFeed,
    CalendarSource,
    ContactMethod,
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    GroupMapping,
    IdentityProvider,
    Invitation,
    Layer,
    LayerMember,
    Membership,
    NotificationRule,
    Organization,
    Override,
    ProvidedRole,
    Role,
    Schedule,
    ScimToken,
    Service,
    ServiceDependency,
    ServiceLink,
    Swap,
    Team,
    TimeOff,
    User,
    Webhook,
)
from teams.models.signin import TrackedAuthenticator, TrackedEmailAddress, TrackedSocialAccount

# Dropped from every row whatever its list says, so that a secret that is added to a table never gets into the log.
NEVER = ("password", "digest", "secret", "data", "extra_data", "token", "key")


@dataclass(frozen=True, slots=True)
class Tracked:
    """`label` says what a row is called, with paths of its fields in braces; `about` are paths to what else a change
    to it concerns (its schedule, its team, its person), so that those show it too. `exclude` are columns that are
    never kept. `by_people`: only what somebody who was signed in did. `copies`: SQL that says of a row `r` that it only
    keeps what another said before, which the log has anyway. `gone`: SQL that says of an updated row that it was taken
    away by that."""

    model: type[models.Model]
    label: str
    about: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    by_people: bool = False
    inserts_only: bool = False
    copies: str = ""
    gone: str = ""

    @property
    def table(self) -> type[models.Model]:
        """The model itself where a proxy of another app's is tracked."""
        found = self.model._meta.concrete_model
        assert found is not None
        return found

    @property
    def kind(self) -> str:
        return self.table._meta.label_lower

    @property
    def noun(self) -> str:
        return str(self.table._meta.verbose_name)


TRACKED: dict[str, Tracked] = {}

_ROWS = (
    # People and access
    Tracked(User, "{first_name} {last_name} ({username})", exclude=("password", "last_login")),
    Tracked(Membership, "{user} in {team__name}", about=("team", "user")),
    Tracked(
        ApiToken,
        "{name} ({hint}…) of {user}",
        about=("user",),
        exclude=("digest", "last_used_at", "last_used_from", "due_at"),
    ),
    Tracked(TrackedEmailAddress, "{email} of {user}", about=("user",)),
    Tracked(TrackedAuthenticator, "{type} of {user}", about=("user",), exclude=("data", "last_used_at")),
    Tracked(TrackedSocialAccount, "{provider} of {user}", about=("user",), exclude=("extra_data", "last_login")),
    Tracked(ProvidedRole, "{role} of {user}, by {provider__name}", about=("user", "provider")),
    Tracked(IdentityProvider, "{name}", exclude=("client_secret",)),
    Tracked(GroupMapping, "{group} at {provider__name}", about=("provider", "team")),
    Tracked(ScimToken, "{name} ({hint}…)", about=("provider",), exclude=("digest", "last_used_at")),
    Tracked(Invitation, "{email}", about=("team",), exclude=("digest", "sent_at", "sent_count")),
    Tracked(AccessEvent, "{text}", about=("user",), inserts_only=True),
    # Settings
    Tracked(Organization, "{name}"),
    Tracked(Role, "{name}"),
    Tracked(
        AuditStream,
        "{name}",
        exclude=("secret", "former_secret", "last_error", "last_error_at", "last_sent_at", "failures", "retry_at"),
    ),
    # Teams and rosters
    Tracked(Team, "{name}"),
    Tracked(Service, "{name}", about=("team",)),
    Tracked(
        ServiceDependency,
        "{service__name} on {depends_on__name}",
        about=("service", "depends_on", "service__team"),
    ),
    Tracked(ServiceLink, "{title} of {service__name}", about=("service", "service__team")),
    Tracked(Schedule, "{team__name} · {name}", about=("team",)),
    Tracked(
        Layer,
        "{schedule__team__name} · {schedule__name}, {name}",
        about=("schedule", "schedule__team"),
        exclude=("known_from", "lineage", "changed_by_id", "replaced_by_id"),
        copies="r.replaced_by_id IS NOT NULL",
        gone="r.known_until IS NOT NULL",
    ),
    Tracked(
        LayerMember,
        "{user} in {layer__schedule__name}, {layer__name}",
        about=("layer", "layer__schedule", "layer__schedule__team", "user"),
        copies="EXISTS (SELECT 1 FROM teams_layer c WHERE c.id = r.layer_id AND c.replaced_by_id IS NOT NULL)",
    ),
    Tracked(
        Override,
        "{user} on {schedule__team__name} · {schedule__name}",
        about=("schedule", "schedule__team", "user"),
        exclude=("created_at", "known_from"),
        copies="TG_OP <> 'UPDATE' AND r.known_until IS NOT NULL",
        gone="r.known_until IS NOT NULL",
    ),
    Tracked(Swap, "{user} on {schedule__team__name} · {schedule__name}", about=("schedule", "schedule__team", "user")),
    Tracked(TimeOff, "{user}", about=("user",), exclude=("created_at",)),
    Tracked(
        CalendarSource,
        "{schedule__team__name} · {schedule__name}",
        about=("schedule", "schedule__team"),
        exclude=(
            *("url", "body", "etag", "last_modified", "unmatched", "problems", "error", "read_at", "tried_at"),
            *("failures", "due_at", "leased_until"),
        ),
    ),
    Tracked(CalendarFeed, "{hint}… of {user}", about=("user", "schedule"), exclude=("digest", "last_used_at")),
    Tracked(EscalationPolicy, "{team__name} · {name}", about=("team",)),
    Tracked(EscalationStep, "{policy__team__name} · {policy__name}", about=("policy", "policy__team")),
    Tracked(
        EscalationTarget,
        "{user}{schedule__name}{team__name}{webhook__name} in {step__policy__team__name} · {step__policy__name}",
        about=("step", "step__policy", "step__policy__team", "schedule", "user"),
    ),
    Tracked(Webhook, "{team__name} · {name}", about=("team",), exclude=("url", "former_secret")),
    Tracked(
        ContactMethod,
        "{kind} {shown} of {user}",
        about=("user",),
        exclude=("address", "code_digest", "code_ends_at", "code_tries", "trouble", "trouble_at"),
    ),
    Tracked(NotificationRule, "{urgency} urgency of {user}", about=("user",)),
)

# Tables with an administration page that change by themselves or keep a history of their own.
KEEP_THEMSELVES: set[type[models.Model]] = {ContentType, Session}


def track(rows: Iterable[Tracked]) -> None:
    """Register the triggers of `rows`. Each room calls it once, when it is ready."""
    for row in rows:
        TRACKED[row.kind] = row
        pgtrigger.register(_trigger(row))(row.model)


def track_own() -> None:
    track(_ROWS)


def _trigger(row: Tracked) -> pgtrigger.Trigger:
    operation: Any = pgtrigger.Insert
    if not row.inserts_only:
        operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    dropped = ", ".join(f"'{name}'" for name in dict.fromkeys((*row.exclude, *NEVER)))
    pk = row.table._meta.pk
    assert pk is not None
    guard = (
        "IF COALESCE(NULLIF(current_setting('pghistory.context_metadata', true), ''), '{}')::jsonb ->> 'user' IS NULL"
        " THEN RETURN NULL; END IF; "
        if row.by_people
        else ""
    )
    stays = "TG_OP <> 'DELETE'" + (f" AND NOT ({row.gone})" if row.gone else "")
    func = (
        f"{guard}"
        "IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF; "
        f"{f'IF {row.copies} THEN RETURN NULL; END IF; ' if row.copies else ''}"
        f"PERFORM watchbill_remember('{row.kind}', r.\"{pk.column}\"::text, {_label(row, 'r')}, "
        f"{_about(row, 'r')}, CASE WHEN TG_OP = 'UPDATE' THEN {_about(row, 'OLD')} END, ARRAY[{dropped}], "
        f"CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN {stays} THEN to_jsonb(NEW) END); "
        "RETURN NULL;"
    )
    if row.inserts_only:
        func = func.replace(_about(row, "OLD"), "NULL::text[]")
    return pgtrigger.Trigger(
        name="audit", when=pgtrigger.After, operation=operation, declare=[("r", "RECORD")], func=func
    )


def _label(row: Tracked, record: str) -> str:
    """SQL for what a row is called."""
    pieces = re.split(r"\{(\w+)\}", row.label)
    told = []
    for n, piece in enumerate(pieces):
        if n % 2:
            field, column = _walk(row.table, piece, record)
            told.append(f"watchbill_person({column})" if field.related_model is User else column)
        elif piece:
            told.append("'" + piece.replace("'", "''") + "'")
    return f"BTRIM(CONCAT({', '.join(told)}))"


def _about(row: Tracked, record: str) -> str:
    """SQL for what a change to a row concerns, as `kind:key` each; itself is added by the function."""
    told = []
    for path in row.about:
        field, column = _walk(row.table, path, record)
        kind = field.related_model._meta.label_lower
        told.append(f"'{kind}:' || {column}")
    return f"ARRAY[{', '.join(told)}]::text[]"


def _walk(model: type[models.Model], path: str, record: str) -> tuple[Any, str]:
    """The field at the end of a Django path from a row, and SQL for its value."""
    first, *rest = path.split("__")
    field: Any = model._meta.get_field(first)
    column = f'{record}."{field.column}"'
    for name in rest:
        target = field.related_model._meta
        field = target.get_field(name)
        key, table = target.pk.column, target.db_table
        column = f'(SELECT t."{field.column}" FROM "{table}" t WHERE t."{key}" = {column})'  # noqa: S608 - our names
    return field, column
