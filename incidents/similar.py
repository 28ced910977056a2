"""What makes one incident similar to another, for all who ask: whoever is about to report one, relates one that goes
on, wants to know what helped before, or looks back.

Two go on at the same time: then a title that sounds the same says most, and a service that both touch is enough. One is
over, and was remembered: then all that it looked like counts, by words, letters, services and type.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    TrigramSimilarity,
    TrigramWordSimilarity,
)
from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet, Value

from incidents import phases, ranking
from incidents.actions.memory import looks
from incidents.models import Incident, Symptom
from teams.models import User

# From here on two titles sound the same, and one that is still being typed like part of another.
SAME_TITLE, PART_OF_TITLE = 0.35, 0.45
# So many incidents are looked at closely, by words and by service, and so many of them count.
LOOKED_AT = 150
COUNTED = 30
# Words that a title says it with count most: of type, services, alerts and title.
WEIGHTS = [0.3, 0.5, 0.8, 1.0]
NOT_COUNTED = (phases.Phase.CANCELLED, phases.Phase.MERGED)


def sharing(services: Any, of: str = "pk") -> QuerySet[Any]:
    """For Exists: that the incident which a row names in `of` is about one of `services`, keys or a query of them."""
    rows: QuerySet[Any] = Incident.services.through.objects.filter(incident=OuterRef(of), service__in=services)
    return rows


def going_on(rows: Any, title: str, services: Collection[int], *, typed: bool = False, where: Q | None = None) -> Any:
    """Those of `rows`, incidents, whose title sounds like `title` or that are about one of `services` (of the latter
    those alone that are `where`). Each gets `sounds` (0 to 1) and `touches`. `typed`: the title is being written, so
    that a part of another is enough."""
    likeness: Any = Value(0.0, output_field=FloatField())
    if title:
        likeness = TrigramWordSimilarity(title, F("title")) if typed else TrigramSimilarity("title", title)
    rows = rows.annotate(sounds=likeness, touches=Exists(sharing(list(services))))
    edge = PART_OF_TITLE if typed else SAME_TITLE
    return rows.filter(Q(sounds__gte=edge) | (Q(touches=True) & (where or Q())))


@dataclass(frozen=True, slots=True)
class Alike:
    """An earlier incident and how much it looked like this one, 0 to 1."""

    incident: Incident
    likeness: float


def earlier(incident: Incident, user: User) -> list[Alike]:
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
            Exists(sharing(services)),
        )
    ]
    near = sorted((each for each in scored if each[0] >= ranking.ALIKE), reverse=True)[:COUNTED]
    named = Incident.objects.only("title").in_bulk([pk for _, pk in near])
    return [Alike(named[pk], likeness) for likeness, pk in near]


def _query(text: str) -> SearchQuery | None:
    """Any of the words of `text`; None where there are none."""
    if words := ranking.words(text):
        return SearchQuery(" | ".join(words), search_type="raw", config="english")
    return None
