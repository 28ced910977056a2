"""What a board of incidents is asked for: the filters of its address, and the incidents that they leave.

The list, its live answers, saved filters and exports all read the same form, so that an address means the same in each.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Sum, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils import timezone

from incidents.models import Incident, IncidentType, RoleAssignment
from incidents.models.incident import IncidentQuerySet
from incidents.phases import ACTIVE, Phase
from teams.forms import NamedField
from teams.models import Membership, Role, Service, Team, User

STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Open", ()),
    "active": ("Active", ACTIVE),
    "review": ("Resolved and in review", (Phase.RESOLVE, Phase.REVIEW)),
    "closed": ("Closed", (Phase.CLOSED,)),
    "aside": ("Cancelled and merged", (Phase.CANCELLED, Phase.MERGED)),
    "all": ("All", tuple(Phase.values)),
}
WHOSE = {"mine": "Mine", "teams": "My teams’", "": "All"}
SORTS = {
    "": "Usual order",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "severity": "Worst first",
    "update": "Next update first",
}
LAYOUTS = {"": "List", "columns": "Columns"}
# How each of SORTS reads; the usual order is by what is going on and how bad it is, or by when it began.
ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": ("-pk",),
    "oldest": ("pk",),
    "severity": (F("severity_id").asc(nulls_last=True), "-pk"),
    "update": (F("next_update_due_at").asc(nulls_last=True), "-pk"),
}
NOT_RATED = "none"
# What says how a board looks and what it is called, and narrows nothing.
LOOKS = frozenset({"whose", "state", "sort", "layout", "board"})
# Cards of a column; the list has the others.
MOST_CARDS = 25
LONGEST_QUERY = 2000


class BoardForm(forms.Form):
    """What a board is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Words", widget=forms.TextInput({"type": "search"}))
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")
    severity = forms.MultipleChoiceField(
        required=False,
        choices=[*((str(level), f"SEV{level}") for level in range(1, 5)), (NOT_RATED, "Not rated")],
        widget=forms.CheckboxSelectMultiple,
    )
    service = NamedField(Service.objects.all(), required=False, empty_label="Any service")
    type = NamedField(IncidentType.objects.all(), required=False, empty_label="Any type")
    phase = forms.ChoiceField(required=False, choices=[("", "Any phase"), *Phase.choices])
    role = NamedField(Role.objects.all(), required=False, label="Role I hold", empty_label="Any or none")
    drill = forms.ChoiceField(
        required=False, label="Drills", choices=[("", "With drills"), ("no", "Without drills"), ("only", "Drills only")]
    )
    since = forms.DateField(required=False, label="Detected from", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label="Detected until", widget=forms.DateInput({"type": "date"}))
    private = forms.BooleanField(required=False, label="Private only")
    whose = forms.ChoiceField(required=False, choices=list(WHOSE.items()), widget=forms.HiddenInput)
    state = forms.ChoiceField(
        required=False, choices=[(key, label) for key, (label, _) in STATES.items()], widget=forms.HiddenInput
    )
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()), widget=forms.HiddenInput)
    layout = forms.ChoiceField(required=False, choices=list(LAYOUTS.items()), widget=forms.HiddenInput)
    board = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    FOLDED = ("service", "type", "phase", "role", "drill", "since", "until", "private")

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    def clean_since(self) -> Any:
        return _sensible(self.cleaned_data["since"])

    def clean_until(self) -> Any:
        return _sensible(self.cleaned_data["until"])

    @property
    def asked(self) -> dict[str, Any]:
        return self.cleaned_data

    @property
    def state_key(self) -> str:
        return self.asked.get("state") or ""

    @property
    def narrows(self) -> bool:
        return any(value for name, value in self.asked.items() if name not in LOOKS)

    @property
    def folded_used(self) -> int:
        """How many of the filters that are folded away are in use."""
        return sum(bool(self.asked.get(name)) for name in self.FOLDED)

    @property
    def columns(self) -> tuple[str, ...]:
        """The phases of the columns, where the board has columns: what is over has none."""
        if self.asked.get("layout") != "columns" or self.state_key not in ("", "active", "review"):
            return ()
        phases = STATES[self.state_key][1] or (*STATES["active"][1], *STATES["review"][1])
        chosen = self.asked.get("phase")
        return tuple(phase for phase in phases if not chosen or phase == chosen)

    @property
    def order(self) -> tuple[Any, ...]:
        sort = self.asked.get("sort") or ("severity" if self.state_key == "active" else "newest")
        return ORDERS[sort]

    @property
    def written(self) -> str:
        """The filters as the query of an address, each once and in the form's order, without the page."""
        told: list[tuple[str, str]] = []
        for name in self.fields:
            value = self.asked.get(name)
            if name == "board" or not value:
                continue
            each = value if isinstance(value, list) else [value]
            told += [(name, "on" if one is True else str(getattr(one, "pk", one))) for one in each]
        return urlencode(told)

    def narrow(
        self, found: IncidentQuerySet, user: User, *, whose: str | None = None, words: bool = True
    ) -> IncidentQuerySet:
        """`found` with the filters applied, seen by `user`. `whose`: a key of WHOSE in place of the one asked for;
        without `words`, what was typed is left aside."""
        asked = self.asked
        found = found.filter(phase__in=STATES[self.state_key][1]) if self.state_key else found.open()
        if words and asked.get("q"):
            found = found.search(asked["q"])
        for name in ("team", "type", "phase"):
            if asked.get(name):
                found = found.filter(**{name: asked[name]})
        if asked.get("service"):
            found = found.filter(services=asked["service"])
        if levels := asked.get("severity"):
            rated = [int(level) for level in levels if level != NOT_RATED]
            wanted = Q(severity__in=rated)
            found = found.filter(wanted | Q(severity=None) if NOT_RATED in levels else wanted)
        if asked.get("role"):
            held = RoleAssignment.objects.filter(
                incident=OuterRef("pk"), user=user, role=asked["role"], state=RoleAssignment.State.HELD
            )
            found = found.filter(Exists(held))
        if asked.get("drill"):
            found = found.filter(drill=asked["drill"] == "only")
        if asked.get("private"):
            found = found.filter(private=True)
        return found.filter(self._days(), whose_is(asked.get("whose") or "" if whose is None else whose, user))

    def _days(self) -> Q:
        since, until = self.asked.get("since"), self.asked.get("until")
        from_then = Q(detected_at__gte=_midnight(since)) if since else Q()
        return from_then & Q(detected_at__lt=_midnight(until) + timedelta(days=1)) if until else from_then


def _sensible(day: Any) -> Any:
    """A day of a year that a clock of any zone can show."""
    if day is not None and not 1900 <= day.year <= 2999:
        raise forms.ValidationError("Give a year from 1900 to 2999.")
    return day


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def whose_is(whose: str, user: User) -> Q:
    """Incidents in which `user` takes part, or those of their teams, as a condition."""
    if whose == "mine":
        return Q(pk__in=Incident.participants.through.objects.filter(user=user).values("incident"))
    if whose == "teams":
        return Q(team__in=Membership.objects.filter(user=user).values("team"))
    return Q()


def of_query(query: str) -> BoardForm:
    """The board of an address's query."""
    return BoardForm(QueryDict(query[:LONGEST_QUERY]))


def counted(form: BoardForm, user: User) -> dict[str, int]:
    """How many incidents stand on each of WHOSE, in one query; nothing where the board is of what is over, of which
    there may be any number."""
    if form.state_key not in ("", "active", "review"):
        return {}
    found = form.narrow(Incident.objects.visible_to(user), user, whose="")
    wanted = {f"of_{key or 'all'}": Count("pk", filter=whose_is(key, user) or None, distinct=True) for key in WHOSE}
    counts = found.order_by().aggregate(**wanted)
    return {key: counts[f"of_{key or 'all'}"] for key in WHOSE}


def state_key(user: User) -> str:
    """What changes whenever something is recorded in an open incident that `user` may see, or one opens or ends. One
    query."""
    found = Incident.objects.visible_to(user).open().order_by()
    told = found.aggregate(count=Count("pk"), versions=Sum("version"), newest=Max("pk"))
    return f"{told['count']}-{told['versions'] or 0}-{told['newest'] or 0}"


def in_columns(form: BoardForm, found: IncidentQuerySet) -> list[tuple[str, list[Incident], int]]:
    """Each column's phase, its first MOST_CARDS incidents and how many there are in all."""
    order = form.order if form.asked.get("sort") else ORDERS["severity"]
    ranked = found.annotate(
        place=Window(RowNumber(), partition_by="phase", order_by=[_expression(each) for each in order]),
        there=Window(Count("pk"), partition_by="phase"),
    )
    cards: dict[str, list[Any]] = {phase: [] for phase in form.columns}
    for incident in ranked.filter(phase__in=form.columns, place__lte=MOST_CARDS).order_by("place"):
        cards[incident.phase].append(incident)
    return [(phase, rows, rows[0].there if rows else 0) for phase, rows in cards.items()]


def _expression(order: Any) -> Any:
    if not isinstance(order, str):
        return order
    return F(order[1:]).desc() if order.startswith("-") else F(order).asc()
