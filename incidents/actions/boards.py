"""What people keep of boards of incidents: filters under a name, and which of them their list opens with."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from incidents import boards
from incidents.models import DefaultBoard, SavedFilter
from incidents.problems import refuse
from teams import permits
from teams.models import Team, User

MOST = 100
Shared = SavedFilter.Shared


@transaction.atomic
def save(
    *, by: User, name: str, query: str, shared: str = Shared.NOBODY, team: Team | None = None, opens: bool = False
) -> SavedFilter:
    """Keep the filters of a board's address under a name. `opens`: `by`'s list begins with it from now on.

    Raises Blocked for a name that `by` has already, and for a team that is not theirs.
    """
    permits.require(by, "board.change")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if by.saved_filters.count() >= MOST:
        raise refuse("too_many", f"You keep {MOST} boards. Remove one that you no longer use first.")
    made = SavedFilter(owner=by, query=boards.of_query(query).written)
    _write(made, by=by, name=name, shared=shared, team=team)
    if opens:
        DefaultBoard.objects.update_or_create(user=by, defaults={"saved": made})
    return made


@transaction.atomic
def edit(pk: int, *, by: User, **fields: Any) -> SavedFilter:
    """Change `name`, `shared` with `team`, or `query` of a filter of `by`'s own. Raises Blocked."""
    row = _locked(pk, by=by)
    if "query" in fields:
        row.query = boards.of_query(fields["query"]).written
    given: dict[str, Any] = {"name": row.name, "shared": row.shared, "team": row.team}
    _write(row, by=by, **{name: fields.get(name, value) for name, value in given.items()})
    return row


@transaction.atomic
def remove(pk: int, *, by: User) -> None:
    """Drop a filter: one's own, or as an administrator one that is shared. Whose list opened with it sees all again."""
    _locked(pk, by=by, others=True).delete()


@transaction.atomic
def open_with(saved: SavedFilter | None, *, by: User) -> None:
    """Let `by`'s list begin with a filter that they may see; None: with all that is open."""
    permits.require(by, "board.change")
    if saved is None:
        DefaultBoard.objects.filter(user=by).delete()
        return
    seen = SavedFilter.objects.visible_to(by).get(pk=saved.pk)
    DefaultBoard.objects.update_or_create(user=by, defaults={"saved": seen})


def may_remove(saved: SavedFilter, user: User) -> bool:
    shared = saved.shared != Shared.NOBODY
    return saved.owner_id == user.pk or (shared and permits.may(user, "organization.change"))


def _locked(pk: int, *, by: User, others: bool = False) -> SavedFilter:
    permits.require(by, "board.change")
    row = SavedFilter.objects.select_for_update(of=("self",)).visible_to(by).select_related("team").get(pk=pk)
    if not (may_remove(row, by) if others else row.owner_id == by.pk):
        raise refuse("not_yours", f"This board belongs to {row.owner.name}. Save it under a name of your own.")
    return row


def _write(row: SavedFilter, *, by: User, name: str, shared: str, team: Team | None) -> None:
    row.name = " ".join(name.split())[:80]
    if not row.name:
        raise refuse("name_missing", "Give it a name, such as “SEV1 and SEV2 of Payments”.", field="name")
    if shared == Shared.TEAM and team is None:
        raise refuse("team_missing", "Choose the team that it is shared with.", field="team")
    row.shared, row.team = Shared(shared), team if shared == Shared.TEAM else None
    if row.team is not None and not row.team.memberships.filter(user=by).exists():
        raise refuse("not_your_team", f"You are not in {row.team}. Share it with a team of yours.", field="team")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise refuse(
            "name_taken", f"You have a board “{row.name}” already. Give it another name.", field="name"
        ) from None
