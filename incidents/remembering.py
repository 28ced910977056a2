"""Efficacy memory: what helped in incidents that looked like this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from incidents import ranking, similar
from incidents.models import Incident, Mitigation
from incidents.similar import Alike
from teams.models import User

State, Kind = Mitigation.State, Mitigation.Kind
NAMED = 3
# To wait and see is no way to stop anything.
NO_WAY = (Kind.WATCH,)


@dataclass(slots=True)
class Memory:
    """What came of one kind of mitigation in incidents like this: `worked` and held, `partly`, `harmful` of `tried`.
    `effect` is the median from its start until it was seen to help; `like` the incidents, likest first."""

    kind: str
    worked: int = 0
    partly: int = 0
    harmful: int = 0
    tried: int = 0
    worth: float = 0.0
    effect: timedelta | None = None
    example: str = ""
    like: list[Alike] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def helped(self) -> bool:
        return self.worked + self.partly > 0

    @property
    def named(self) -> list[Alike]:
        return self.like[:NAMED]

    @property
    def said(self) -> str:
        """In words: “worked 7 of 9 times, partly 1”."""
        if self.worked:
            text = f"worked {self._of(self.worked)}" + (f", partly {self.partly}" if self.partly else "")
        elif self.partly:
            text = f"worked partly {self._of(self.partly)}"
        else:
            text = "helped in none of " + str(self.tried) if self.tried > 1 else "did not help the only time"
        return text + (f", made it worse {self.harmful}" if self.harmful else "")

    def _of(self, count: int) -> str:
        return "the only time" if self.tried == 1 else f"{count} of {self.tried} times"


def remembered(incident: Incident, user: User) -> list[Memory]:
    """What was tried in incidents like this that `user` may see, the most promising first and what never helped last.
    Drills, cancelled and merged ones tell nothing. Four queries, and one for services that are not prefetched."""
    like = similar.earlier(incident, user)
    if not like:
        return []
    near = {each.incident.pk: each for each in like}
    tries = Mitigation.objects.filter(incident__in=near, state__in=Mitigation.OUTCOMES).exclude(kind__in=NO_WAY)
    return weighed(tries.order_by("pk"), near)


def weighed(tries: Iterable[Mitigation], near: dict[int, Alike]) -> list[Memory]:
    """Attempts by kind, the kinds by how much they helped where it looked most like this."""
    by_kind: dict[str, list[Mitigation]] = defaultdict(list)
    for one in tries:
        by_kind[one.kind].append(one)
    found = [_memory(kind, rows, near) for kind, rows in by_kind.items()]
    return sorted(found, key=lambda each: (not each.helped, -each.worth, -each.tried))


def _memory(kind: str, rows: list[Mitigation], near: dict[int, Alike]) -> Memory:
    worked = [m for m in rows if m.state == State.WORKED and m.held]
    partly = [m for m in rows if m.state == State.PARTLY or (m.state == State.WORKED and not m.held)]
    took = [m.finished_at - m.executed_at for m in (worked or partly) if m.finished_at and m.executed_at]
    rows = sorted(rows, key=lambda m: (m not in worked, m not in partly, -near[m.incident_id].likeness, -m.pk))
    return Memory(
        kind,
        worked=len(worked),
        partly=len(partly),
        harmful=sum(m.state == State.HARMFUL for m in rows),
        tried=len(rows),
        worth=ranking.worth((near[m.incident_id].likeness, _outcome(m)) for m in rows),
        effect=_median(took),
        example=rows[0].title,
        like=list(dict.fromkeys(near[m.incident_id] for m in rows)),
    )


def _median(took: list[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(each.total_seconds() for each in took)) if took else None


def _outcome(one: Mitigation) -> str:
    """Its state; what did not hold worked partly."""
    return str(State.PARTLY) if one.state == State.WORKED and not one.held else str(one.state)
