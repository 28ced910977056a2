"""Efficacy memory: what helped in incidents that looked like this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramSimilarity
from django.db.models import Exists, F, OuterRef, Q, Value

from incidents import phases, ranking
from incidents.actions.memory import looks
from incidents.models import Incident, Mitigation, Symptom
from teams.models import User

State, Kind = Mitigation.State, Mitigation.Kind
# So many incidents are looked at closely, by words and by service, and so many of them count.
LOOKED_AT = 150
COUNTED = 30
NAMED = 3
# Words that a title says it with count most: of type, services, alerts and title.
WEIGHTS = [0.3, 0.5, 0.8, 1.0]
# To wait and see is no way to stop anything.
NO_WAY = (Kind.WATCH,)
NOT_COUNTED = (phases.Phase.CANCELLED, phases.Phase.MERGED)


@dataclass(frozen=True, slots=True)
class Alike:
    """An earlier incident and how much it looked like this one, 0 to 1."""

    incident: Incident
    likeness: float


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
    like = alike(incident, user)
    if not like:
        return []
    near = {each.incident.pk: each for each in like}
    tries = Mitigation.objects.filter(incident__in=near, state__in=Mitigation.OUTCOMES).exclude(kind__in=NO_WAY)
    return weighed(tries.order_by("pk"), near)


def alike(incident: Incident, user: User) -> list[Alike]:
    """Incidents in which something was tried and that looked like this one, likest first, at most `COUNTED`."""
    look = looks(incident)
    query = _query(" ".join(look.values()))
    services = [service.pk for service in incident.services.all()]
    shared = Incident.services.through.objects.filter(service__in=services)
    found = Q(pk__in=shared.order_by("-incident").values("incident")[:LOOKED_AT])
    rank: SearchRank | Value = Value(0.0)
    if query is not None:
        rank = SearchRank(F("document"), query, weights=WEIGHTS)
        by_words = Symptom.objects.filter(document=query).order_by(rank.desc(), "-pk").values("pk")[:LOOKED_AT]
        found |= Q(pk__in=by_words)
    told = Incident.objects.visible_to(user).filter(drill=False).exclude(phase__in=NOT_COUNTED)
    rows = Symptom.objects.filter(found, incident__in=told).exclude(pk=incident.pk)
    scored = [
        (
            ranking.likeness(
                words=rank,
                letters=max(of_title, of_alerts),
                service=shares,
                kind=bool(look["type"]) and type_of == look["type"],
            ),
            pk,
        )
        for pk, type_of, rank, of_title, of_alerts, shares in rows.values_list(
            "pk",
            "type",
            rank,
            TrigramSimilarity("title", look["title"]),
            TrigramSimilarity("alerts", look["alerts"]) if look["alerts"] else Value(0.0),
            Exists(shared.filter(incident=OuterRef("pk"))),
        )
    ]
    near = sorted((each for each in scored if each[0] >= ranking.ALIKE), reverse=True)[:COUNTED]
    named = Incident.objects.only("title").in_bulk([pk for _, pk in near])
    return [Alike(named[pk], likeness) for likeness, pk in near]


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


def _query(text: str) -> SearchQuery | None:
    """Any of the words of `text`; None where there are none."""
    if words := ranking.words(text):
        return SearchQuery(" | ".join(words), search_type="raw", config="english")
    return None
