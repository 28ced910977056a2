"""Which roles somebody has on a thing, and so what they may do to it. The answer is `teams.access`'s table's.

A room says for its own models who somebody is to a row: `@roles_from(Incident)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import CharField, Q, QuerySet, Value

from teams import access
from teams.access import Role
from teams.models import (
    EscalationPolicy,
    EscalationStep,
    Invitation,
    Layer,
    LayerMember,
    Membership,
    Override,
    Schedule,
    Service,
    ServiceDependency,
    ServiceLink,
    Swap,
    Team,
    TimeOff,
    Webhook,
)

Resolver = Callable[[Any, Any], Iterable[Role]]
_RESOLVERS: dict[type[models.Model], Resolver] = {}
# Whether a row is private, so that `access.ON_PRIVATE` holds for it.
_PRIVATE: dict[type[models.Model], Callable[[Any], bool]] = {}
# How somebody may have a role somewhere, for what is asked before there is a row.
_SOMEWHERE: list[tuple[frozenset[Role], Callable[[Any], Iterable[Role]]]] = []

R = TypeVar("R", bound=Resolver)


class TokenFallsShort(PermissionDenied):
    """The API token was not made for this. `code` is for programs; `scope` is what it lacks, empty where none helps."""

    def __init__(self, text: str, scope: str) -> None:
        super().__init__(text)
        self.scope = scope
        self.code = "scope_missing" if scope else "session_needed"


def roles_from(*kinds: type[models.Model], private: Callable[[Any], bool] | None = None) -> Callable[[R], R]:
    """Register who somebody is to a row of `kinds`, beside their role in the organization."""

    def register(resolver: R) -> R:
        for kind in kinds:
            _RESOLVERS[kind] = resolver
            if private is not None:
                _PRIVATE[kind] = private
        return resolver

    return register


def roles_somewhere(*roles: Role) -> Callable[[Callable[[Any], set[Role]]], Callable[[Any], set[Role]]]:
    """Register how somebody may have one of `roles` on some row of a room."""

    def register(found: Callable[[Any], set[Role]]) -> Callable[[Any], set[Role]]:
        _SOMEWHERE.append((frozenset(roles), found))
        return found

    return register


def in_organization(user: Any) -> frozenset[Role]:
    """The role of `user` in the organization; none for whoever is not signed in or has left."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return frozenset()
    return frozenset({Role(user.role)})


def on(user: Any, row: models.Model | None) -> frozenset[Role]:
    """Every role of `user` on `row`. A private row leaves only those that count there."""
    held = in_organization(user)
    if row is None or not held:
        return held
    for kind in type(row).__mro__:
        if kind in _RESOLVERS:
            held |= frozenset(_RESOLVERS[kind](user, row))
            break
    return held & access.ON_PRIVATE if _is_private(row) else held


def _is_private(row: models.Model) -> bool:
    return any(_PRIVATE[kind](row) for kind in type(row).__mro__ if kind in _PRIVATE)


def scopes_of(user: Any) -> frozenset[str] | None:
    """What the API token that this request came with was made for; None without one."""
    return getattr(user, "token_scopes", None)


def may(user: Any, verb: str, row: models.Model | None = None) -> bool:
    """Whether `user` may do `verb` to `row`, or with the role in the organization alone where there is no row.

    None is Watchbill itself, which does what somebody who may has asked for before.
    """
    if user is None:
        return True
    return access.allows(verb, on(user, row), scopes=scopes_of(user))


def which(user: Any, verbs: Iterable[str], row: models.Model) -> frozenset[str]:
    """Those of `verbs` that `user` may do to `row`, in the queries of one; None is as in `may`."""
    if user is None:
        return frozenset(verbs)
    held = on(user, row)
    return frozenset(verb for verb in verbs if access.allows(verb, held, scopes=scopes_of(user)))


def may_somewhere(user: Any, verb: str) -> bool:
    """Whether there may be a row to which `user` may do `verb`. Says nothing about any one row."""
    held = in_organization(user)
    if access.allows(verb, held, scopes=scopes_of(user)):
        return True
    if not held or not access.allows(verb, access.TABLE[verb].roles, scopes=scopes_of(user)):
        return False
    return any(_anywhere(user, place) & wanted for place, wanted in _could_give(access.TABLE[verb].roles))


def _could_give(roles: frozenset[Role]) -> Iterator[tuple[int, frozenset[Role]]]:
    """Where one of `roles` may be had, and which of them there."""
    for place, (given, _) in enumerate(_SOMEWHERE):
        if given & roles:
            yield place, given & roles


def _anywhere(user: Any, place: int) -> frozenset[Role]:
    """The roles that `user` has on rows of one room, asked once for each request: a page offers several things by
    them."""
    known: dict[int, frozenset[Role]] = user.__dict__.setdefault("_anywhere", {})
    if place not in known:
        known[place] = frozenset(_SOMEWHERE[place][1](user))
    return known[place]


def require(user: Any, verb: str, row: models.Model | None = None) -> None:
    """PermissionDenied, with who may, unless `user` may do `verb` to `row`."""
    if not may(user, verb, row):
        raise refusal(user, verb, row)


def refusal(user: Any, verb: str, row: models.Model | None = None) -> PermissionDenied:
    """Why `user` may not, said so that they know whom to ask."""
    scopes = scopes_of(user)
    needed = access.TABLE[verb].scope
    if scopes is not None and needed not in scopes:
        what = f"a token with the scope “{needed}”" if needed else "somebody who is signed in: no token may do this"
        return TokenFallsShort(f"To {access.TABLE[verb].does} takes {what}.", needed)
    takes = access.who(verb, private=row is not None and _is_private(row))
    team = getattr(row, "team", None)
    by_team = access.TABLE[verb].roles & set(access.TEAM)
    where = f" of {team}" if isinstance(team, Team) else " of the team" if by_team else ""
    return PermissionDenied(f"You may not {access.TABLE[verb].does}. It takes {takes}{where}.")


def teams_where(user: Any, verb: str, *, private: bool = False) -> QuerySet[Team]:
    """Teams to which `user` may do `verb`; with `private`, to what is private there."""
    if user is None or access.allows(verb, in_organization(user), private=private, scopes=scopes_of(user)):
        return Team.objects.all()
    if not in_organization(user) or (scopes_of(user) is not None and access.TABLE[verb].scope not in scopes_of(user)):  # type: ignore[operator]
        return Team.objects.none()
    roles = [r.value for r in access.TEAM if access.allows(verb, {r}, private=private, scopes=scopes_of(user))]
    return Team.objects.filter(pk__in=Membership.objects.filter(user=user, role__in=roles).values("team"))


def people_who(verb: str, row: models.Model) -> Q:
    """People in the organization or in the row's team who may do `verb`, as a filter of users."""
    roles = access.TABLE[verb].roles
    if _is_private(row):
        roles &= access.ON_PRIVATE
    named = Q(role__in=[r.value for r in roles if r in access.ORGANIZATION])
    team = row if isinstance(row, Team) else getattr(row, "team", None)
    if team is not None:
        mine = Membership.objects.filter(team=team, role__in=[r.value for r in roles if r in access.TEAM])
        named |= Q(pk__in=mine.values("user"))
    return named


@roles_from(Team)
def _of_team(user: Any, team: Team) -> Iterator[Role]:
    role = Membership.objects.filter(team=team, user=user).values_list("role", flat=True).first()
    if role:
        yield Role(role)


@roles_from(Schedule)
def _of_schedule(user: Any, schedule: Schedule) -> Iterator[Role]:
    """Who stands in a rotation without being of the team is its guest there."""
    yield from _standing(
        Membership.objects.filter(team=schedule.team_id, user=user),
        LayerMember.objects.filter(layer__schedule=schedule, user=user),
    )


@roles_from(EscalationPolicy, Service, Membership, Invitation, Webhook)
def _by_team(user: Any, row: Any) -> Iterator[Role]:
    yield from _of_team(user, row.team)


@roles_from(Layer, Override, Swap)
def _by_schedule(user: Any, row: Any) -> Iterator[Role]:
    yield from _of_schedule(user, row.schedule)


@roles_from(TimeOff)
def _of_their_teams(user: Any, row: TimeOff) -> set[Role]:
    """Whoever manages a team manages when its people are away."""
    shared = Membership.objects.filter(user=user, team__memberships__user=row.user_id)
    return {Role(role) for role in shared.values_list("role", flat=True)}


@roles_from(ServiceDependency, ServiceLink)
def _by_service(user: Any, row: ServiceDependency | ServiceLink) -> Iterator[Role]:
    yield from _of_team(user, row.service.team)


@roles_from(EscalationStep)
def _by_policy(user: Any, row: EscalationStep) -> Iterator[Role]:
    yield from _of_team(user, row.policy.team)


@roles_somewhere(*access.TEAM)
def _of_some_team(user: Any) -> set[Role]:
    return set(_standing(Membership.objects.filter(user=user), LayerMember.objects.filter(user=user)))


def _standing(memberships: QuerySet[Membership], members: Any) -> Iterator[Role]:
    """The roles of somebody's memberships, and guest where they stand in a rotation. One query."""
    roles = memberships.order_by().values_list("role")
    guest = members.in_effect().order_by().annotate(role=Value(Role.GUEST.value, CharField())).values_list("role")
    for (role,) in roles.union(guest):
        yield Role(role)


View = TypeVar("View", bound=Callable[..., Any])


def open_to(verb: str, **by_method: str) -> Callable[[View], View]:
    """Say which verb of the table a view is. `by_method` names another for a method: `open_to("team.view",
    POST="roster.change")`. A view that says nothing answers nobody: see `config.middleware.TableGate`."""
    for name in (verb, *by_method.values()):
        assert name in access.TABLE, f"there is no verb {name} in the table"

    def mark(view: View) -> View:
        view.verbs = {"": verb, **by_method}  # type: ignore[attr-defined]
        return view

    return mark


def opened(urls: Any, *, by_name: dict[str, str]) -> tuple[Any, None, None]:
    """The addresses of a library (its URL module, or a list) as the verbs that `by_name` gives them; `""` is the verb
    of all others."""
    patterns = import_module(urls).urlpatterns if isinstance(urls, str) else urls
    for pattern in _walk(patterns):
        if not hasattr(pattern.callback, "verbs"):
            pattern.callback = open_to(by_name.get(pattern.name or "", by_name[""]))(_view_of(pattern.callback))
    return patterns, None, None


def _view_of(view: Any) -> Any:
    """A view that can be marked; a bound method can't."""

    @wraps(view)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return inner


def _walk(patterns: Iterable[Any]) -> Iterator[Any]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns)
        else:
            yield pattern


def verb_of(view: Any, method: str) -> str | None:
    """The verb of a view for `method`; None where none was said."""
    verbs: dict[str, str] | None = getattr(view, "verbs", None)
    if verbs is None:
        return None
    return verbs.get("GET" if method == "HEAD" else method, verbs[""])


__all__ = [
    "Role",
    "TokenFallsShort",
    "in_organization",
    "may",
    "may_somewhere",
    "on",
    "open_to",
    "opened",
    "people_who",
    "refusal",
    "require",
    "roles_from",
    "roles_somewhere",
    "scopes_of",
    "teams_where",
    "verb_of",
]
