"""Reading the audit log: who sees which events, and what they are narrowed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from teams import permits
from teams.models import AuditEvent

VERB = "audit.view"
# The rooms above say which incidents somebody may know of.
_INCIDENTS: list[Callable[[Any], QuerySet[Any]]] = []


def incidents_for(found: Callable[[Any], QuerySet[Any]]) -> Callable[[Any], QuerySet[Any]]:
    """Register what somebody may see of the incidents that events tell of."""
    _INCIDENTS.append(found)
    return found


def visible_to(user: Any) -> QuerySet[AuditEvent]:
    """Events that `user` may read: all of them, or those that concern the teams that they manage; nothing of an
    incident that they may not see."""
    found = AuditEvent.objects.all()
    if not permits.may(user, VERB):
        teams = [f"teams.team:{pk}" for pk in permits.teams_where(user, VERB).values_list("pk", flat=True)]
        found = found.filter(about__overlap=teams) if teams else found.none()
    for incidents in _INCIDENTS:
        found = found.filter(Q(incident=None) | Q(incident__in=incidents(user).values("pk")))
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What the log is narrowed to. `object` is `kind:key` as `teams.schedule:3` and finds its parts too; `done` is
    insert, update, delete, `access` (all that is no row's change) or the kind of an access event."""

    person: int | None = None
    kind: str = ""
    object: str = ""
    done: str = ""
    through: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""

    def narrow(self, found: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        wanted = {
            "user": self.person,
            "kind": self.kind,
            "about__contains": [self.object] if self.object else None,
            "through": self.through,
            "address": self.address,
            "at__gte": self.since,
            "at__lt": self.until,
            **({"kind__exact": "teams.accessevent"} if self.done == "access" else {"done": self.done}),
        }
        found = found.filter(**{name: value for name, value in wanted.items() if value not in (None, "")})
        if query := search(self.words):
            found = found.filter(document=SearchQuery(query, search_type="raw", config="simple"))
        return found


def search(words: str) -> str:
    """Words as a query for beginnings of words, all of which have to be there."""
    cleaned = [w.replace("'", "").replace("\\", "") for w in words.split()]
    return " & ".join(f"'{w}':*" for w in cleaned[:8] if w)
