"""What silences and maintenance windows are filled in as, and how their lists are narrowed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from incidents import routing
from incidents.forms.conditions import ConditionsForm
from incidents.forms.fields import ServicesField
from incidents.models import Alert, Incident, Integration, Maintenance, Silence
from incidents.models.silence import QuietQuerySet
from teams import permits
from teams.forms import ClockField, Refusable, field_of
from teams.models import Service, Team, User

STATES = (("", "At work and to come"), ("now", "At work"), ("later", "To come"), ("over", "Over"), ("all", "All"))
LASTS = (
    ("30", "30 minutes"),
    ("60", "1 hour"),
    ("120", "2 hours"),
    ("240", "4 hours"),
    ("480", "8 hours"),
    ("1440", "a day"),
    ("10080", "a week"),
    ("", "until a certain time"),
)
USUAL = "120"


class QuietFilter(forms.Form):
    """What the lists are narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(required=False, choices=STATES, label="State")
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team", to_field_name="slug")
    by = forms.ChoiceField(required=False, choices=[("", "Anybody"), ("me", "Me")], label="Made by")

    def narrow(self, rows: QuietQuerySet[Any], user: User, now: datetime) -> QuerySet[Any]:
        self.is_valid()
        asked = self.cleaned_data
        found: QuerySet[Any] = rows
        match asked.get("state") or "":
            case "":
                found = rows.filter(ends_at__gt=now)
            case "now":
                found = rows.at_work(now)
            case "later":
                found = rows.to_come(now)
            case "over":
                found = rows.over(now)
        if asked.get("team"):
            found = found.filter(team=asked["team"])
        if asked.get("by") == "me":
            found = found.filter(created_by=user)
        for word in asked.get("q", "").split()[:8]:
            found = found.filter(_has(rows.model, word))
        return found


def _has(kind: Any, word: str) -> Q:
    if kind is Maintenance:
        named = Service.objects.filter(name__icontains=word).values("pk")
        return Q(title__icontains=word) | Q(
            pk__in=Maintenance.services.through.objects.filter(service__in=named).values("maintenance")
        )
    author = Q(created_by__first_name__icontains=word) | Q(created_by__last_name__icontains=word)
    return Q(reason__icontains=word) | Q(conditions__icontains=word) | author


class _Spans(Refusable):
    """When something holds alerts back: from when, and for how long or until when."""

    all_optional = True

    starts_at = ClockField(label="From", required=False, help_text="Empty: from now on.")
    lasts = forms.ChoiceField(required=False, choices=LASTS, label="For", help_text="From then on.")
    ends_at = ClockField(label="Until", required=False, help_text="Only where that is chosen.")

    def span(self, now: datetime) -> dict[str, datetime | None]:
        """`starts_at` and `ends_at`, None where nobody said. What has begun lasts so long from now on."""
        found = self.cleaned_data
        starts_at, ends_at = found.get("starts_at") or now, found.get("ends_at")
        if minutes := found.get("lasts"):
            ends_at = max(starts_at, now) + timedelta(minutes=int(minutes))
        return {"starts_at": starts_at, "ends_at": ends_at}

    def _offer(self, user: User, team: Team | None) -> None:
        """The teams that are theirs to choose from, the one that is chosen already among them."""
        mine = permits.teams_where(user, "quiet.change").values("pk")
        field = field_of(self, "team", forms.ModelChoiceField)
        field.queryset = Team.objects.filter(Q(pk__in=mine) | Q(pk=team.pk if team else None))


class SilenceForm(_Spans, ConditionsForm):
    """A silence; `places` names where what the action refuses is shown."""

    reason = forms.CharField(
        max_length=300, required=False, label="Reason", help_text="Everybody who wonders where an alert is reads it."
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        required=False,
        label="Of the team",
        help_text="Only what would be this team’s is held back.",
    )
    private = forms.BooleanField(
        required=False, label="Private", help_text="Only the team and owners see it. For what names something private."
    )

    hush = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, user: User, row: Silence, zone: str, pages: Incident | None = None) -> None:
        """`pages`: an incident that pages on and that they may acknowledge."""
        initial: dict[str, Any] = {"reason": row.reason, "team": row.team, "private": row.private}
        initial |= {"starts_at": row.starts_at, "ends_at": row.ends_at, "lasts": ""} if row.pk else {"lasts": USUAL}
        super().__init__(data, conditions=row.conditions, initial=initial)
        self._offer(user, row.team)
        if pages is None:
            del self.fields["hush"]
        else:
            self.fields["hush"].label = f"Also stop paging {pages.reference} until the silence ends"
            self.fields[
                "hush"
            ].help_text = "You acknowledge it until then. It pages again at that time unless somebody has declared it."
        everywhere = permits.may(user, "quiet.everywhere")
        field_of(self, "team", forms.ModelChoiceField).empty_label = "Every team" if everywhere else "Choose …"
        mine = permits.teams_where(user, "incident.view", private=True)
        known = Integration.objects.filter(Q(private=False) | Q(team__in=mine))
        field_of(self, "integrations", forms.ModelMultipleChoiceField).queryset = known
        for name in ("starts_at", "ends_at"):
            field_of(self, name, ClockField).zone = zone

    def given(self, now: datetime) -> dict[str, Any]:
        """What was filled in, as `actions.quiet` takes it."""
        found = self.cleaned_data
        told = {name: found[name] for name in ("reason", "team", "private")}
        return told | {"conditions": self.conditions()} | self.span(now)


class MaintenanceForm(_Spans):
    """A maintenance window."""

    title = forms.CharField(max_length=200, required=False, label="What is done", help_text="In a few words.")
    services = ServicesField(label="Services that are worked on")
    private = forms.BooleanField(required=False, label="Private", help_text="Only the team and owners see it.")

    def __init__(self, data: Any = None, *, user: User, row: Maintenance, zone: str) -> None:
        initial: dict[str, Any] = {"title": row.title, "private": row.private, "lasts": USUAL}
        if row.pk:
            initial |= {"starts_at": row.starts_at, "ends_at": row.ends_at, "lasts": ""}
            initial["services"] = list(row.services.values_list("pk", flat=True))
        super().__init__(data, initial=initial)
        for name in ("starts_at", "ends_at"):
            field_of(self, name, ClockField).zone = zone

    def given(self, now: datetime) -> dict[str, Any]:
        """What was filled in, as `actions.quiet` takes it."""
        found = self.cleaned_data
        return {name: found[name] for name in ("title", "services", "private")} | self.span(now)


def of_alert(alert: Alert) -> Silence:
    """A silence, not kept, of whatever is like an alert: the same labels from the same integration. What has none is
    known by its title."""
    kept = [
        {"what": "label", "name": name, "is": "equals", "values": [value]}
        for name, value in alert.labels.items()
        if name.strip() and value.strip() and len(value) <= routing.LONGEST_VALUE
    ]
    # A label that differs for each alert would silence this one only; a person takes away what is too much.
    conditions: list[dict[str, Any]] = kept[: routing.MOST_CONDITIONS - 1]
    if not conditions:
        conditions = [{"what": "text", "values": [alert.title[: routing.LONGEST_VALUE]]}]
    conditions.append({"what": "integration", "values": [alert.integration_id]})
    incident = alert.incident
    team = (incident.team if incident else alert.team) or alert.integration.team
    private = incident.private if incident else alert.private
    return Silence(conditions=conditions, team=team, private=private)
