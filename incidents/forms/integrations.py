"""What an integration is set up with, and the filters of its lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q

from incidents.actions import integrations
from incidents.models import Event, Integration
from incidents.models.event import EventQuerySet, troubled
from incidents.sources.registry import SOURCES, Source
from teams import permits
from teams.forms import Options, Refusable, field_of
from teams.models import Service, Team
from teams.zones import zone_names

LATELY = timedelta(hours=24)


class IntegrationFilter(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Name, team, service or key",
        widget=forms.TextInput({"type": "search"}),
    )
    kind = forms.ChoiceField(
        required=False, choices=[("", "Anything"), *((each.name, each.title) for each in SOURCES.values())]
    )
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="Any team", to_field_name="slug")
    used = forms.ChoiceField(
        required=False,
        label="Last 24 hours",
        choices=[
            ("", "Anything"),
            ("lately", "Sent something"),
            ("silent", "Silent"),
            ("never", "Never sent anything"),
            ("problems", "With problems"),
        ],
    )

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data)
        field_of(self, "team", forms.ModelChoiceField).queryset = permits.teams_where(user, integrations.VERB)

    def narrow(self, found: Any, now: datetime) -> Any:
        self.is_valid()
        asked = self.cleaned_data
        found = found.search(asked.get("q", ""))
        for name in ("kind", "team"):
            if asked.get(name):
                found = found.filter(**{name: asked[name]})
        match asked.get("used"):
            case "lately":
                found = found.filter(last_used_at__gte=now - LATELY)
            case "silent":
                found = found.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - LATELY))
            case "never":
                found = found.filter(last_used_at=None)
            case "problems":
                lately = Event.objects.filter(integration=OuterRef("pk"), received_at__gte=now - LATELY)
                found = found.filter(Exists(lately.filter(troubled())))
        return found


class EventFilter(forms.Form):
    """Which of an integration's events are shown."""

    state = forms.ChoiceField(
        required=False,
        label="What became of them",
        choices=[
            ("", "Anything"),
            ("opened", "Opened an incident"),
            ("attached", "Joined one"),
            ("resolved", "Told of a recovery"),
            ("repeats", "Repeated what was known"),
            ("suppressed", "Suppressed"),
            ("folded", "Folded, more than the ceiling"),
            ("rejected", "Rejected"),
            ("problems", "With problems"),
            ("waiting", "Waiting"),
        ],
    )

    def narrow(self, found: EventQuerySet) -> EventQuerySet:
        self.is_valid()
        state = self.cleaned_data.get("state")
        if not state:
            return found
        if state in ("rejected", "waiting"):
            return found.filter(state=state)
        return found.filter(troubled() if state == "problems" else Q(outcome__has_key=state))


class IntegrationForm(Refusable):
    """An integration of one source. Which fields there are is the source's to say."""

    name = forms.CharField(max_length=80, label="Name", help_text="Such as “Alertmanager, production”.")
    team = forms.ModelChoiceField(
        Team.objects.none(), empty_label="Choose …", help_text="Gets what names no known service."
    )
    service = forms.ModelChoiceField(
        Service.objects.order_by("name"),
        required=False,
        empty_label="None",
        help_text="What its alerts are about, where they name no known service themselves.",
    )
    private = forms.BooleanField(
        required=False, label="Private", help_text="Incidents that it opens are seen by the team and owners only."
    )
    ceiling = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        label="Incidents in a minute, at most",
        help_text="What comes beyond becomes one incident; nothing is dropped. Empty: as many as come.",
    )
    new_secret = forms.CharField(
        required=False,
        strip=False,
        max_length=500,
        label="Signing secret",
        widget=forms.PasswordInput({"autocomplete": "off"}),
    )
    drop_secret = forms.BooleanField(required=False, label="Take the secret away: the key alone decides then")
    topic = forms.CharField(
        required=False,
        max_length=300,
        label="Topic",
        help_text="The ARN of the only SNS topic that is believed. Empty: any that Amazon signs.",
        widget=forms.TextInput({"spellcheck": "false", "autocapitalize": "none"}),
    )
    by = forms.ChoiceField(
        required=False,
        label="Two mails are about the same alert",
        choices=[("subject", "by sender and subject"), ("thread", "when they are of one thread")],
    )
    resolved = forms.CharField(
        required=False,
        max_length=2000,
        label="Words of the subject that mean over",
        help_text="With commas between. Empty: the usual ones, such as RESOLVED, OK and recovered.",
    )
    ignore = forms.CharField(
        required=False,
        max_length=2000,
        label="Words that make no other alert",
        help_text="With commas between, such as a greeting that a tool puts before each subject.",
    )

    declare = forms.BooleanField(
        required=False,
        label="Mail that names SEV1 to SEV4 in its subject declares the incident",
        help_text="At once, with that severity: “SEV2 Payments fail”. Whoever knows the address can do so.",
    )

    def __init__(self, data: Any, *, source: Source, user: Any, integration: Integration | None = None) -> None:
        self.integration = integration
        self.source = source
        super().__init__(data, initial=_initial(integration))
        field_of(self, "team", forms.ModelChoiceField).queryset = permits.teams_where(user, integrations.VERB)
        signs = source.proof is not None and source.certificate is None
        has_secret = signs and integration is not None and bool(integration.__dict__.get("secret"))
        kept = {"name", "team", "service", "private", "ceiling"}
        kept |= {"new_secret"} if signs else set()
        kept |= {"drop_secret"} if has_secret else set()
        kept |= {"cloudwatch": {"topic"}, "email": {"by", "resolved", "ignore", "declare"}}.get(source.name, set())
        for name in set(self.fields) - kept:
            del self.fields[name]
        if signs:
            self.fields["new_secret"].help_text = f"With which {source.title} signs what it sends. " + (
                "Empty leaves it as it is." if has_secret else "Empty: the key alone decides."
            )

    def places(self) -> dict[str, str]:
        return {"secret": "new_secret", "settings": "name"}

    def given(self) -> dict[str, Any]:
        """What the action takes."""
        found = self.cleaned_data
        told = {name: found[name] for name in ("name", "team", "service", "private", "ceiling")}
        if self.integration is None:
            told["kind"] = self.source.name
        if found.get("new_secret"):
            told["secret"] = found["new_secret"]
        elif found.get("drop_secret"):
            told["secret"] = ""
        read_by = {name: value for name, value in self._read_by(found).items() if value}
        if set(self._read_by(found)):
            before = self.integration.settings if self.integration else {}
            others = {name: value for name, value in before.items() if name not in self.fields}
            told["settings"] = others | read_by
        return told

    def _read_by(self, found: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {name: found[name] for name in ("topic", "by", "declare") if name in self.fields}
        return told | {name: words_of(found[name]) for name in ("resolved", "ignore") if name in self.fields}


def words_of(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _initial(integration: Integration | None) -> dict[str, Any]:
    if integration is None:
        return {"ceiling": integrations.CEILING}
    told = {name: getattr(integration, name) for name in ("name", "team", "service", "private", "ceiling")}
    settings = integration.settings
    told |= {"topic": settings.get("topic", ""), "by": settings.get("by", "subject")}
    told["declare"] = settings.get("declare") is True
    for name in ("resolved", "ignore"):
        words = settings.get(name)
        told[name] = ", ".join(map(str, words)) if isinstance(words, list) else ""
    return told


class RenewForm(forms.Form):
    """A new key, and how long the former works beside it."""

    hours = forms.TypedChoiceField(
        coerce=int,
        label="The former key works",
        initial="24",
        choices=[("24", "for a day yet"), ("1", "for an hour yet"), ("168", "for a week yet"), ("0", "no longer")],
    )

    @property
    def overlap(self) -> timedelta:
        """Once it was asked whether it is valid; a day where it is not."""
        hours: int = self.cleaned_data.get("hours", 24)
        return timedelta(hours=hours)


class HeartbeatForm(Refusable):
    """How often a sign of life has to come."""

    period_minutes = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="Every so many minutes", help_text="At least."
    )
    cron = forms.CharField(
        required=False,
        max_length=100,
        label="Or at these times",
        help_text="A cron expression, such as 15 3 * * MON-FRI.",
        widget=forms.TextInput({"class": "code", "spellcheck": "false", "autocapitalize": "none"}),
    )
    time_zone = forms.ChoiceField(
        label="On the clock of", choices=lambda: [(zone, zone) for zone in zone_names()], widget=Options
    )
    grace_minutes = forms.IntegerField(
        min_value=0, max_value=100_000, label="How late it may be", help_text="In minutes."
    )
    severity = forms.CharField(
        max_length=40, label="Severity of its alert", help_text="In a tool's words, such as critical or warning."
    )
