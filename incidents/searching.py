"""The search over incidents, their timelines and their postmortems. Every query starts from what somebody may see, and
their number does not depend on what is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.postgres.search import SearchRank, SearchVector
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from incidents import full_text
from incidents.boards import STATES, BoardForm
from incidents.models import Incident, Postmortem, TimelineEntry
from incidents.models.incident import IncidentQuerySet
from teams.models import User

# The newest that fit are looked at. A word that stands in more lines than these says little.
MOST_INCIDENTS = 500
MOST_LINES = 1000
MOST_POSTMORTEMS = 200
LINES_SHOWN = 3
KINDS = {"": "Everything", "incident": "Titles and impact", "timeline": "Timelines", "postmortem": "Postmortems"}
PLACES = tuple((key, label) for key, label in KINDS.items() if key)
ORDERS = {"": "Best first", "newest": "Newest first"}
# A word in the title says more than one in a line.
WEIGHTS = {"incident": 2.0, "timeline": 1.0, "postmortem": 1.5}


class SearchForm(BoardForm):
    """What is searched for, in what, and in which incidents."""

    what = forms.ChoiceField(required=False, label="In", choices=list(KINDS.items()))
    sort = forms.ChoiceField(required=False, label="Order", choices=list(ORDERS.items()))
    state = forms.ChoiceField(
        required=False, label="State", choices=[(key or "open", label) for key, (label, _) in STATES.items()]
    )

    SHOWN = ("q", "what", "state", "team", "service", "since", "until", "sort")

    def __init__(self, data: Any) -> None:
        given = data.copy()
        given.setdefault("state", "all")
        super().__init__(given)

    @property
    def state_key(self) -> str:
        state = self.asked.get("state") or "all"
        return "" if state == "open" else state

    @property
    def words(self) -> str:
        return str(self.asked.get("q") or "").strip()

    @property
    def narrowed(self) -> bool:
        return any(self.asked.get(name) for name in self.SHOWN if name not in ("q", "sort", "state")) or (
            self.state_key != "all"
        )

    def among(self, user: User) -> IncidentQuerySet:
        """The incidents to search in, whatever the words."""
        return self.narrow(Incident.objects.visible_to(user), user, words=False)


@dataclass(slots=True)
class Hit:
    """Where the words were found: `excerpt` with the marks of `full_text`. `entry`: of a line of the timeline."""

    kind: str
    excerpt: str
    url: str
    entry: int | None = None
    at: datetime | None = None

    @property
    def label(self) -> str:
        return {"incident": "Impact", "timeline": "Timeline", "postmortem": "Postmortem"}[self.kind]

    @property
    def html(self) -> SafeString:
        return full_text.marked(self.excerpt)

    @property
    def text(self) -> str:
        return full_text.plain(self.excerpt)


@dataclass(slots=True)
class Found:
    """An incident in which something was found, in which of KINDS; `lines` counts those of its timeline."""

    pk: int
    rank: float = 0.0
    kinds: set[str] = field(default_factory=set)
    entries: list[tuple[float, int]] = field(default_factory=list)
    incident: Any = None
    title: str = ""
    hits: list[Hit] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return len(self.entries)

    @property
    def title_html(self) -> SafeString:
        return full_text.marked(self.title)

    def add(self, kind: str, rank: float) -> None:
        self.kinds.add(kind)
        self.rank = max(self.rank, rank * WEIGHTS[kind])


def search(form: SearchForm, user: User) -> list[Found]:
    """The incidents in which `form.words` are found, in order; at most three queries. Empty without words.

    `complete` fills in what a page shows of its part of them.
    """
    if not form.words:
        return []
    among, asked, what = form.among(user), full_text.query(form.words), form.asked.get("what") or ""
    found: dict[int, Found] = {}

    def take(kind: str, pk: int, rank: float) -> Found:
        each = found.setdefault(pk, Found(pk))
        each.add(kind, rank)
        return each

    if what in ("", "incident"):
        named = SearchVector("title", weight="A", config=full_text.CONFIG)
        told = SearchVector("summary", "impact", weight="C", config=full_text.CONFIG)
        fits = among.search(form.words).order_by("-pk").values("pk")[:MOST_INCIDENTS]
        rows = Incident.objects.filter(pk__in=fits).annotate(rank=SearchRank(named + told, asked))
        number = form.words.upper().removeprefix("INC-")
        for pk, rank in rows.order_by().values_list("pk", "rank"):
            # What was asked for by its number is what was meant; a part of a word ranks as nothing.
            take("incident", pk, 100.0 if str(pk) == number else max(rank, 0.1))
    if what in ("", "timeline"):
        for pk, entry, rank in _ranked(TimelineEntry.objects.all(), full_text.OF_LINE, asked, among, MOST_LINES):
            take("timeline", pk, rank).entries.append((rank, entry))
    if what in ("", "postmortem"):
        for pk, _, rank in _ranked(Postmortem.objects.all(), full_text.OF_POSTMORTEM, asked, among, MOST_POSTMORTEMS):
            take("postmortem", pk, rank)
    if form.asked.get("sort") == "newest":
        return sorted(found.values(), key=lambda each: -each.pk)
    return sorted(found.values(), key=lambda each: (-round(each.rank, 3), -each.pk))


def postmortems(asked: Any) -> QuerySet[Postmortem]:
    """Keys of the postmortems whose text has what is `asked`, of whatever incidents."""
    found = Postmortem.objects.annotate(document=full_text.vector(full_text.OF_POSTMORTEM)).filter(document=asked)
    return found.values("pk")  # type: ignore[return-value]


def _ranked(
    rows: QuerySet[Any], names: tuple[str, ...], asked: Any, among: IncidentQuerySet, most: int
) -> Iterable[tuple[int, int, float]]:
    """(incident, row, rank) of the newest rows that fit: ranking reads each text, so not more are ranked."""
    document = full_text.vector(names)
    fits = rows.annotate(document=document).filter(document=asked, incident__in=among.values("pk"))
    newest = rows.filter(pk__in=fits.order_by("-pk").values("pk")[:most])
    ranked: Iterable[tuple[int, int, float]] = (
        newest.annotate(rank=SearchRank(document, asked)).order_by().values_list("incident", "pk", "rank")
    )
    return ranked


def complete(page: Iterable[Found], form: SearchForm, user: User) -> list[Found]:
    """Fetch what is shown of these: the incidents, and an excerpt of each place where the words were found."""
    page = list(page)
    asked, pks = full_text.query(form.words), [each.pk for each in page]
    rows = Incident.objects.visible_to(user).filter(pk__in=pks).with_faces()
    incidents = rows.annotate(
        title_told=full_text.headline(("title",), asked),
        impact_told=full_text.headline(("impact", "summary"), asked),
    ).in_bulk()
    best = {entry: each.pk for each in page for _, entry in sorted(each.entries, reverse=True)[:LINES_SHOWN]}
    lines = defaultdict(list)
    told = TimelineEntry.objects.filter(pk__in=best).annotate(told=full_text.headline(full_text.OF_LINE, asked))
    for row in told.order_by("pk").values_list("pk", "occurred_at", "recorded_at", "told"):
        lines[best[row[0]]].append(row)
    reviews = Postmortem.objects.filter(incident__in=[each.pk for each in page if "postmortem" in each.kinds])
    said = dict(
        reviews.annotate(told=full_text.headline(full_text.OF_POSTMORTEM, asked)).values_list("incident", "told")
    )
    shown = []
    for each in page:
        each.incident = incidents.get(each.pk)
        if each.incident is None:
            continue
        each.title = full_text.with_words(each.incident.title_told, form.words)
        url = each.incident.get_absolute_url()
        if full_text.START in each.incident.impact_told:
            each.hits.append(Hit("incident", each.incident.impact_told, url))
        for pk, occurred_at, recorded_at, text in lines[each.pk]:
            each.hits.append(Hit("timeline", text, f"{url}?all#entry-{pk}", pk, occurred_at or recorded_at))
        if each.pk in said:
            each.hits.append(Hit("postmortem", said[each.pk], reverse("incidents:postmortem", args=[each.pk])))
        shown.append(each)
    return shown
