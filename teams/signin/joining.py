"""What a sign-in through an identity provider does: find the account or make it, and give what the groups say.

Roles and memberships that came from a provider are its to change and take; what people gave by hand stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest

from teams.audit.events import note
from teams.models import GroupMapping, IdentityProvider, Membership, ProvidedRole, ScimRecord, Team, User
from teams.signin import addresses

Claims = dict[str, Any]
# Weakest first.
ROLES = (User.Role.VIEWER, User.Role.RESPONDER, User.Role.ADMIN, User.Role.OWNER)
TEAM_ROLES = (Membership.Role.GUEST, Membership.Role.MEMBER, Membership.Role.MANAGER)


def find(provider: IdentityProvider, claims: Claims) -> User | None:
    """Whose account it is, where the provider's subject is not known yet.

    Somebody that SCIM made with this subject (or Entra ID's object ID) as external ID; else the address, if the
    provider has verified it and its domain is allowed. An owner's account is never found by either: an owner links it
    by hand, signed in. Nor is a service account, or one whose address nobody has proved yet: whoever made that may be
    somebody else.
    """
    known = [str(claims[name]) for name in ("sub", "oid") if claims.get(name)]
    record = (
        ScimRecord.objects.filter(
            provider=provider, external_id__in=known, user__in=User.objects.present(), gone_at=None
        )
        .exclude(user__role=User.Role.OWNER)
        .select_related("user")
        .first()
    )
    if record is not None:
        return record.user
    email = str(claims.get("email") or "")
    if not claims.get("email_verified") or not provider.covers(email):
        return None
    others = User.objects.present().exclude(role=User.Role.OWNER).exclude(pk__in=addresses.waiting().values("user"))
    return others.filter(email__iexact=email).first()


def why_not_new(provider: IdentityProvider, claims: Claims) -> str:
    """Why nobody can be made of these claims, as a sentence for the person; empty where one can."""
    email = str(claims.get("email") or "")
    if not provider.create_accounts:
        return "There is no account for you yet. Ask an administrator of Watchbill to invite you."
    if not email:
        return f"{provider.name} did not tell your e-mail address, and Watchbill needs one to reach you."
    if provider.domains and not provider.covers(email):
        return f"Addresses such as {email} may not come in through {provider.name}. Ask an administrator of Watchbill."
    if User.objects.filter(email__iexact=email).exists():
        return (
            f"{email} belongs to an account that is not linked to {provider.name}. Sign in to it another way and link "
            "it under your account's connections, or ask an administrator of Watchbill."
        )
    return ""


def keep_verified(user: User, claims: Claims) -> None:
    """Take the provider's word that the account's address is the person's."""
    if claims.get("email_verified") and str(claims.get("email") or "").lower() == user.email.lower():
        first = not EmailAddress.objects.filter(user=user, primary=True).exclude(email__iexact=user.email).exists()
        EmailAddress.objects.update_or_create(
            user=user, email=user.email.lower(), defaults={"verified": True, "primary": first}
        )


def free_username(claims: Claims) -> str:
    """A username after the provider's own, that nobody has."""
    wanted = str(claims.get("preferred_username") or claims.get("email") or "person")
    base = "".join(c for c in wanted.partition("@")[0] if c.isalnum() or c in "._-")[:140] or "person"
    name, n = base, 1
    while User.objects.filter(username__iexact=name).exists():
        n += 1
        name = f"{base}{n}"
    return name


def groups_of(claims: Claims, path: str) -> list[str] | None:
    """The groups under `path` (a claim's name, or names with dots between). None where the provider says that there
    are too many to tell (Entra ID), or that they are elsewhere."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    if found is None and path in (claims.get("_claim_names") or {}):
        return None
    if isinstance(found, str):
        found = [found]
    return [g for g in found if isinstance(g, str)] if isinstance(found, list) else []


@transaction.atomic
def sync(
    user: User, provider: IdentityProvider, claims: Claims, *, new: bool = False, request: HttpRequest | None = None
) -> dict[str, Any]:
    """Give `user` what their groups mean, and take what came from groups that they left. What changed, for the log."""
    if not provider.groups_claim and not new:
        return {}
    groups = groups_of(claims, provider.groups_claim) if provider.groups_claim else []
    if groups is None:
        note(
            "sso.groups_missing",
            f"{provider} did not tell the groups of {user}; roles and teams stay as they were",
            user=user,
            through="oidc",
            request=request,
        )
        return {}
    # Owners are locked in one order, so that the last one is seen to be the last by whoever asks.
    list(User.objects.select_for_update().filter(role=User.Role.OWNER).order_by("pk").values_list("pk"))
    row = User.objects.select_for_update().get(pk=user.pk)
    named = {g.lstrip("/") for g in groups}
    meant = [m for m in provider.mappings.select_related("team") if m.group.lstrip("/") in named]
    changed = {**_sync_role(row, provider, meant, new=new), **_sync_teams(row, provider, meant)}
    user.role = row.role
    if changed:
        note(
            "sso.groups_synced",
            f"Groups of {provider} changed what {row} may do",
            user=row,
            through="oidc",
            request=request,
            **changed,
        )
    return changed


def _sync_role(user: User, provider: IdentityProvider, meant: Iterable[GroupMapping], *, new: bool) -> dict[str, Any]:
    mapped = [ROLES.index(User.Role(m.role)) for m in meant if m.role]
    given = ProvidedRole.objects.filter(user=user).first()
    if given is not None and given.role != user.role:
        # Somebody changed it by hand since.
        given.delete()
        given = None
    if given is not None and given.provider_id != provider.pk and not mapped:
        return {}
    before = "" if new else given.before if given is not None else user.role
    if before:
        wanted = ROLES[max([ROLES.index(User.Role(before)), *mapped])]
    else:
        wanted = ROLES[max(mapped)] if mapped else User.Role(provider.default_role)
    was = user.role
    if was == User.Role.OWNER and wanted != was and not _another_owner(user):
        return {}
    if before and not mapped:
        ProvidedRole.objects.filter(user=user).delete()
    else:
        ProvidedRole.objects.update_or_create(
            user=user, defaults={"provider": provider, "role": wanted, "before": before}
        )
    if wanted == was:
        return {}
    user.role = wanted
    user.save(update_fields=["role"])
    return {"role": [was, str(wanted)]}


def _another_owner(user: User) -> bool:
    return User.objects.filter(role=User.Role.OWNER, is_active=True).exclude(pk=user.pk).exists()


def _sync_teams(user: User, provider: IdentityProvider, meant: Iterable[GroupMapping]) -> dict[str, Any]:
    wanted: dict[int, int] = {}
    teams: dict[int, Team] = {}
    for mapping in meant:
        if mapping.team is not None:
            teams[mapping.team.pk] = mapping.team
            rank = TEAM_ROLES.index(Membership.Role(mapping.team_role))
            wanted[mapping.team.pk] = max(rank, wanted.get(mapping.team.pk, 0))
    changed: dict[str, Any] = {}
    held = {m.team_id: m for m in user.memberships.select_related("team")}
    # Another provider's groups speak for its own teams when one signs in there.
    elsewhere = set(
        GroupMapping.objects.exclude(provider=provider)
        .filter(provider__active=True, team__isnull=False)
        .values_list("team_id", flat=True)
    )
    for pk, membership in held.items():
        if membership.source == Membership.Source.SSO and pk not in wanted and pk not in elsewhere:
            membership.delete()
            changed.setdefault("left", []).append(membership.team.slug)
    for pk, rank in wanted.items():
        role = TEAM_ROLES[rank]
        mine = held.get(pk)
        if mine is None:
            Membership.objects.create(team=teams[pk], user=user, role=role, source=Membership.Source.SSO)
            changed.setdefault("joined", []).append(teams[pk].slug)
        elif mine.source == Membership.Source.SSO and mine.role != role:
            mine.role = role
            mine.save(update_fields=["role"])
            changed.setdefault("changed", []).append(teams[pk].slug)
    return changed
