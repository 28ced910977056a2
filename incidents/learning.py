"""What was learned over many incidents: postmortems by words and factors, factors that recur, and earlier incidents
like one that goes on. Every query starts from what somebody may see; drills, merged and cancelled incidents are left
out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncMonth

from incidents import full_text, searching
from incidents.forms.factors import LearningForm
from incidents.models import ActionItem, Factor, FactorTag, Incident, Mitigation, Postmortem
from incidents.models.incident import IncidentQuerySet
from incidents.phases import Phase
from incidents.remembering import Memory
from teams.models import User

NOT_COUNTED = (Phase.CANCELLED, Phase.MERGED)
WRITTEN = (Postmortem.State.PUBLISHED,)
SEEN = 3


def told(user: User) -> IncidentQuerySet:
    """Incidents that `user` may see and that something can be learned from."""
    return Incident.objects.visible_to(user).filter(drill=False).exclude(phase__in=NOT_COUNTED)


def among(form: LearningForm, user: User, first: datetime, *, month: tuple[datetime, datetime] | None = None) -> Any:
    """The incidents that the form leaves, detected since `first` or within `month`."""
    asked = form.asked
    found = told(user).filter(detected_at__gte=first)
    if month:
        found = found.filter(detected_at__gte=month[0], detected_at__lt=month[1])
    for name in ("team", "severity"):
        if asked.get(name):
            found = found.filter(**{name: asked[name]})
    if asked.get("service"):
        of_service = Incident.services.through.objects.filter(service=asked["service"])
        found = found.filter(pk__in=of_service.values("incident"))
    return found


def postmortems(form: LearningForm, incidents: IncidentQuerySet) -> QuerySet[Postmortem]:
    """The postmortems of `incidents` that the form leaves, the newest incident first."""
    asked = form.asked
    found = Postmortem.objects.filter(incident__in=incidents.values("pk"))
    if asked.get("state") == "all":
        found = found.exclude(state=Postmortem.State.WAIVED)
    else:
        found = found.filter(state__in=WRITTEN)
    if asked.get("tag"):
        found = found.filter(pk__in=Factor.objects.filter(tags=asked["tag"]).values("postmortem"))
    if words := str(asked.get("q") or "").strip():
        of_factors = Q()
        for word in words.split()[:8]:
            of_factors &= Q(text__icontains=word) | Q(tags__name__icontains=word)
        rows = Factor.objects.filter(of_factors).values("postmortem")
        found = found.filter(Q(pk__in=rows) | Q(pk__in=searching.postmortems(full_text.query(words))))
    return found.order_by(F("incident__detected_at").desc(nulls_last=True), "-pk")


def with_factors(rows: QuerySet[Postmortem]) -> QuerySet[Postmortem]:
    """With what a list shows of each: its incident, its factors with tags, and how many action items are open."""
    items = ActionItem.objects.open().filter(incident=OuterRef("incident")).order_by().values("incident")
    open_items = Coalesce(Subquery(items.annotate(found=Count("pk")).values("found")), 0)
    return (
        rows.select_related("incident__severity", "incident__team")
        .prefetch_related(Prefetch("factors", Factor.objects.prefetch_related("tags"), to_attr="shown_factors"))
        .annotate(items_open=open_items)
    )


@dataclass(slots=True)
class Recurring:
    """A tag and in how many incidents it was a factor: in all, and by month (the first day of each). `items_open`:
    action items that answer such a factor and are still to be done."""

    tag: FactorTag
    by_month: dict[date, int] = field(default_factory=dict)
    count: int = 0
    items_open: int = 0


def recurring(rows: QuerySet[Postmortem], zone: ZoneInfo) -> list[Recurring]:
    """The tags of these postmortems, those of most incidents first. Three queries."""
    pks = rows.order_by().values("pk")
    link = Factor.tags.through.objects.filter(factor__postmortem__in=pks)
    counted = (
        link.annotate(month=TruncMonth("factor__postmortem__incident__detected_at", tzinfo=zone))
        .values_list("factortag", "month")
        .annotate(found=Count("factor__postmortem", distinct=True))
        .order_by()
    )
    months: dict[int, dict[date, int]] = defaultdict(dict)
    for tag, month, found in counted:
        if month is not None:
            months[tag][month.date()] = found
    items = ActionItem.objects.open().filter(factor__postmortem__in=pks, factor__tags__in=months)
    waiting = Counter(items.values_list("factor__tags", flat=True))
    tags = FactorTag.objects.filter(pk__in=months)
    found_tags = [Recurring(tag, months[tag.pk], sum(months[tag.pk].values()), waiting[tag.pk]) for tag in tags]
    return sorted(found_tags, key=lambda each: (-each.count, each.tag.position, each.tag.name))


@dataclass(frozen=True, slots=True)
class Seen:
    """An earlier incident like one that goes on: what helped there, what contributed, and what is still to be done."""

    incident: Incident
    helped: Sequence[str]
    factors: Sequence[Factor]
    tags: Sequence[FactorTag]
    items_open: int


def seen_before(memories: Iterable[Memory]) -> list[Seen]:
    """Of the incidents that are remembered, those whose published postmortem names factors, the likest first. Four
    queries, and none where nothing is remembered."""
    like = {each.incident.pk: each.likeness for memory in memories for each in memory.like}
    if not like:
        return []
    nearest = sorted(like, key=lambda pk: (-like[pk], -pk))
    named = Factor.objects.filter(postmortem__incident__in=nearest).values("postmortem")
    rows = {row.incident_id: row for row in with_factors(Postmortem.objects.filter(state__in=WRITTEN, pk__in=named))}
    shown = [rows[pk] for pk in nearest if pk in rows][:SEEN]
    helped: dict[int, list[str]] = defaultdict(list)
    worked = Mitigation.objects.filter(state=Mitigation.State.WORKED, held=True)
    for pk, title in worked.filter(incident__in=[row.incident_id for row in shown]).values_list("incident", "title"):
        helped[pk].append(title)
    found = []
    for row in shown:
        factors: list[Factor] = getattr(row, "shown_factors", [])
        tags = list(dict.fromkeys(tag for factor in factors for tag in factor.tags.all()))
        items: int = getattr(row, "items_open", 0)
        found.append(Seen(row.incident, helped[row.incident_id], factors, tags, items))
    return found
