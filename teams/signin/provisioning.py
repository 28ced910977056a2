"""Verbs of SCIM: people and teams kept in step with an identity provider.

The actor is a token, not a person. Refusals are ValidationErrors (code `uniqueness` where something is taken);
PermissionDenied guards owners, whom no provider touches.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import slugify

from teams.audit.events import note
from teams.models import AccessEvent, Membership, ScimRecord, ScimToken, Team, User
from teams.signin import leaving
from teams.zones import is_zone

TAKEN = "uniqueness"
FIELDS = ("username", "first_name", "last_name", "email", "phone", "time_zone")
Given = dict[str, Any]


@transaction.atomic
def create_person(given: Given, *, by: ScimToken, request: HttpRequest) -> User:
    """Make somebody, or take back up who was deleted under this name. `given` as `teams.scim.reading` finds it."""
    if not given.get("username"):
        raise ValidationError({"username": "Give a userName."})
    back = (
        User.objects.filter(username__iexact=given["username"], scim_record__gone_at__isnull=False)
        .exclude(role=User.Role.OWNER)
        .first()
    )
    if back is not None:
        ScimRecord.objects.filter(user=back).update(gone_at=None, provider=by.provider)
        return change_person(back, {"active": True, **given}, by=by, request=request)
    if not given.get("email") and "@" in given["username"]:
        given = {**given, "email": given["username"]}
    if not given.get("email"):
        raise ValidationError({"emails": "Give an e-mail address: pages and notices go there."})
    user = User(role=by.default_role, is_active=given.get("active", True))
    user.set_unusable_password()
    user.first_name, user.last_name = given.get("display_first", ""), given.get("display_last", "")
    _fill(user, given)
    user.save()
    _keep_address(user)
    ScimRecord.objects.create(
        user=user,
        provider=by.provider,
        external_id=given.get("external_id", ""),
        made=True,
        deactivated=not user.is_active,
    )
    note("person.provisioned", f"{by.name} made {user}'s account", user=user, through="scim", request=request)
    return user


@transaction.atomic
def change_person(user: User, given: Given, *, by: ScimToken, request: HttpRequest) -> User:
    """Change what `given` speaks of; `active` deactivates, and reactivates whom SCIM deactivated: whoever was
    deactivated by an administrator stays so. PermissionDenied for an owner."""
    row = _person(user)
    record, _ = ScimRecord.objects.get_or_create(user=row, defaults={"provider": by.provider})
    was = {name: getattr(row, name) for name in FIELDS}
    if not (row.first_name or row.last_name):
        row.first_name, row.last_name = given.get("display_first", ""), given.get("display_last", "")
    _fill(row, given)
    changed = [name for name in FIELDS if getattr(row, name) != was[name]]
    if changed:
        row.save(update_fields=changed)
        note(
            "person.provisioned",
            f"{by.name} changed {row}: {', '.join(changed)}",
            user=row,
            through="scim",
            request=request,
            changed=changed,
        )
    if "email" in changed:
        _keep_address(row)
    record.external_id = given.get("external_id", record.external_id)
    record.provider, record.changed_at = by.provider or record.provider, timezone.now()
    record.save()
    if "active" in given:
        if not given["active"]:
            leaving.deactivate(row, by=None, through="scim", request=request)
        elif row.is_active or record.deactivated:
            leaving.reactivate(row, by=None, through="scim", request=request)
        else:
            _left_inactive(row, by=by, request=request)
    return row


def _left_inactive(user: User, *, by: ScimToken, request: HttpRequest) -> None:
    """A provider asks again at every round; once a day is enough to know of it."""
    kind = "person.reactivation_refused"
    if not AccessEvent.objects.filter(kind=kind, user=user, at__gt=timezone.now() - timedelta(days=1)).exists():
        note(
            kind,
            f"{by.name} wanted {user} active; an administrator deactivated them, and lets them in again",
            user=user,
            through="scim",
            request=request,
        )


@transaction.atomic
def remove_person(user: User, *, by: ScimToken, request: HttpRequest) -> None:
    """Deactivate somebody, and be silent about them to SCIM until they are made again: history keeps the name."""
    row = _person(user)
    ScimRecord.objects.update_or_create(user=row, defaults={"gone_at": timezone.now(), "changed_at": timezone.now()})
    leaving.deactivate(row, by=None, through="scim", request=request)
    row.memberships.filter(source=Membership.Source.SCIM).delete()
    note("person.deprovisioned", f"{by.name} deleted {row}", user=row, through="scim", request=request)


def _person(user: User) -> User:
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.role == User.Role.OWNER:
        raise PermissionDenied(f"{row.username} is an owner, and no identity provider changes owners.")
    return row


def _fill(user: User, given: Given) -> None:
    others = User.objects.exclude(pk=user.pk)
    if "username" in given and not given["username"]:
        raise ValidationError({"username": "userName can't be empty."})
    if "email" in given:
        if not given["email"]:
            raise ValidationError({"emails": "A person needs an e-mail address: pages and notices go there."})
        try:
            validate_email(given["email"])
        except ValidationError:
            raise ValidationError({"emails": f"{given['email']} is not an e-mail address."}) from None
        if others.filter(email__iexact=given["email"]).exists():
            raise ValidationError(f"Somebody else has the address {given['email']}.", code=TAKEN)
    if given.get("username") and others.filter(username__iexact=given["username"]).exists():
        raise ValidationError(f"Somebody has the userName {given['username']} already.", code=TAKEN)
    for name in FIELDS:
        if name not in given or (name == "time_zone" and not is_zone(given[name])):
            continue
        setattr(user, name, given[name])
    user.clean_fields(exclude=["password"])


def _keep_address(user: User) -> None:
    """The address that a provider gave is verified: it runs the mailbox."""
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def create_team(name: str, *, members: Iterable[str], external_id: str, by: ScimToken, request: HttpRequest) -> Team:
    """Make a team, or take up the one of this name that SCIM had deleted."""
    if not name:
        raise ValidationError({"displayName": "Give a displayName."})
    back = Team.objects.filter(name__iexact=name, scim_record__gone_at__isnull=False).first()
    if back is not None:
        ScimRecord.objects.filter(team=back).update(gone_at=None)
        return change_team(back, members=members, external_id=external_id, by=by, request=request)
    if Team.objects.filter(name__iexact=name).exists():
        raise ValidationError(f"There is a team {name} already.", code=TAKEN)
    team = Team(name=name, slug=_free_slug(name))
    team.clean_fields(exclude=["members"])
    team.save()
    ScimRecord.objects.create(team=team, provider=by.provider, external_id=external_id, made=True)
    _set_members(team, members)
    note("team.provisioned", f"{by.name} made the team {team}", through="scim", request=request, team=team.slug)
    return team


@transaction.atomic
def change_team(
    team: Team,
    *,
    by: ScimToken,
    request: HttpRequest,
    name: str | None = None,
    external_id: str | None = None,
    members: Iterable[str] | None = None,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Team:
    """Rename a team and change who SCIM keeps in it. Who was put there by hand stays."""
    row = Team.objects.select_for_update().get(pk=team.pk)
    record, _ = ScimRecord.objects.get_or_create(team=row, defaults={"provider": by.provider})
    if name is not None and name != row.name:
        if not name:
            raise ValidationError({"displayName": "displayName can't be empty."})
        if Team.objects.exclude(pk=row.pk).filter(name__iexact=name).exists():
            raise ValidationError(f"There is a team {name} already.", code=TAKEN)
        row.name = name
        row.clean_fields(exclude=["members"])
        row.save(update_fields=["name"])
    record.external_id = record.external_id if external_id is None else external_id
    record.changed_at = timezone.now()
    record.save()
    joined, left = _set_members(row, members) if members is not None else ([], [])
    joined += _add(row, add)
    left += _remove(row, remove)
    if joined or left:
        note(
            "team.provisioned",
            f"{by.name} changed who is in {row}",
            through="scim",
            request=request,
            team=row.slug,
            joined=joined,
            left=left,
        )
    return row


@transaction.atomic
def remove_team(team: Team, *, by: ScimToken, request: HttpRequest) -> None:
    """Take SCIM's people out. The team goes as well if SCIM made it and nothing hangs on it; else it is kept, and
    SCIM hears no more of it."""
    row = Team.objects.select_for_update().get(pk=team.pk)
    row.memberships.filter(source=Membership.Source.SCIM).delete()
    made = ScimRecord.objects.filter(team=row, made=True).exists()
    note("team.deprovisioned", f"{by.name} deleted the group {row}", through="scim", request=request, team=row.slug)
    if made and not _in_use(row):
        row.delete()
    else:
        ScimRecord.objects.update_or_create(team=row, defaults={"gone_at": timezone.now()})


def _in_use(team: Team) -> bool:
    """Whether rows of any room point at the team, beside what SCIM itself keeps of it."""
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: team}).exists()
        for relation in Team._meta.related_objects
        if relation.related_model is not ScimRecord and relation.field.name
    )


def _free_slug(name: str) -> str:
    base = slugify(name)[:70] or "team"
    slug, n = base, 1
    while Team.objects.filter(slug=slug).exists():
        n += 1
        slug = f"{base}-{n}"
    return slug


def _people(ids: Iterable[str]) -> list[User]:
    """Those of these IDs; ValidationError for one that is nobody's."""
    wanted = set(ids)
    numbers = [int(i) for i in wanted if i.isdecimal() and len(i) < 19]
    found = list(User.objects.filter(pk__in=numbers, is_service=False, erased_at=None))
    if missing := wanted - {str(u.pk) for u in found}:
        raise ValidationError({"members": f"There is no user with the id {', '.join(sorted(missing)[:5])}."})
    return found


def _add(team: Team, ids: Iterable[str]) -> list[str]:
    people = _people(ids)
    there = set(team.memberships.values_list("user_id", flat=True))
    new = [u for u in people if u.pk not in there]
    Membership.objects.bulk_create(Membership(team=team, user=u, source=Membership.Source.SCIM) for u in new)
    return [u.username for u in new]


def _remove(team: Team, ids: Iterable[str]) -> list[str]:
    gone = team.memberships.filter(
        source=Membership.Source.SCIM, user__in=[int(i) for i in ids if i.isdecimal() and len(i) < 19]
    )
    names = list(gone.values_list("user__username", flat=True))
    gone.delete()
    return names


def _set_members(team: Team, ids: Iterable[str]) -> tuple[list[str], list[str]]:
    wanted = set(ids)
    mine = team.memberships.filter(source=Membership.Source.SCIM).values_list("user_id", flat=True)
    left = _remove(team, {str(pk) for pk in mine} - wanted)
    return _add(team, wanted), left
