"""What routing rules are tried with: an alert that is pasted, or one that came lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from incidents.actions import inbox
from incidents.models import Event, Integration
from incidents.sources import AlertReport, Envelope, InvalidEventError, SourceError
from incidents.sources.registry import SOURCES, Source
from teams import permits
from teams.forms import ClockField, field_of

LONGEST_BODY = 512 * 1024
LAST_EVENTS = 30
# Sources whose requests tell of no alert.
NOT_ALERTS = ("changes", "heartbeat")


def firing(body: str, source: Source, settings: Mapping[str, Any]) -> list[AlertReport]:
    """The alerts that fire in what somebody pasted, read as the source reads it. ValidationError says what is wrong
    with it, or that there are none."""
    try:
        parsed = source.read(Envelope(body=body.encode(), settings=settings))
    except SourceError as error:
        raise forms.ValidationError(f"{error.field}: {error.message}") from None
    except InvalidEventError as error:
        raise forms.ValidationError(" ".join(error.errors)) from None
    if found := [report for report in parsed.reports if report.status == "firing"]:
        return found
    first = parsed.problems[0] if parsed.problems else None
    raise forms.ValidationError(f"{first.field}: {first.message}" if first else "None of its alerts is firing.")


class EventField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        at = timezone.localtime(obj.received_at)
        return f"{at.day} {at:%b, %H:%M:%S} · {obj.integration.name} · {obj.get_state_display().lower()}"


class TryForm(forms.Form):
    """An alert to try rules with: pasted, or one that came lately; and when it would come."""

    all_optional = True

    event = EventField(
        Event.objects.none(),
        required=False,
        label="An event that came lately",
        empty_label="None: what is pasted below",
    )
    source = forms.ChoiceField(
        required=False,
        label="Or paste one as sent by",
        choices=[
            ("", "the tool of the integration"),
            *((each.name, each.title) for each in SOURCES.values() if each.name not in NOT_ALERTS),
        ],
    )
    integration = forms.ModelChoiceField(
        Integration.objects.none(), required=False, label="To the integration", empty_label="Choose …"
    )
    body = forms.CharField(
        required=False,
        max_length=LONGEST_BODY,
        label="Its body",
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "class": "code"}),
    )
    at = ClockField(label="When it comes", required=False, help_text="Empty: now.")

    def __init__(self, data: Any = None, *, user: Any, zone: str) -> None:
        super().__init__(data, prefix="try")
        mine = permits.teams_where(user, "incident.view", private=True)
        events = Event.objects.filter(Q(integration__private=False) | Q(integration__team__in=mine))
        last = events.exclude(source__in=NOT_ALERTS).order_by("-pk").values("pk")[:LAST_EVENTS]
        offered = {
            "event": Event.objects.filter(pk__in=list(last.values_list("pk", flat=True)))
            .select_related("integration")
            .defer("body"),
            "integration": Integration.objects.filter(Q(private=False) | Q(team__in=mine)),
        }
        for name, rows in offered.items():
            field_of(self, name, forms.ModelChoiceField).queryset = rows
        field_of(self, "at", ClockField).zone = zone
        self.reports: list[AlertReport] = []
        self.when: datetime | None = None
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("event"):
            self.reports = [report for report in inbox.alerts_of(found["event"]) if report.status == "firing"]
            if not self.reports:
                self.add_error("event", "None of its alerts is firing. Choose another.")
        elif (found.get("body") or "").strip():
            self._read(found)
        elif not self.errors:
            self.add_error("body", "Paste what the tool sends, or choose an event above.")
        return found

    def _read(self, found: dict[str, Any]) -> None:
        integration: Integration | None = found.get("integration")
        if integration is None:
            if "integration" not in self.errors:
                self.add_error("integration", "Choose the integration that it would come to.")
            return
        source = SOURCES[found.get("source") or integration.kind]
        try:
            self.reports = firing(found["body"], source, integration.settings)
        except forms.ValidationError as error:
            self.add_error("body", error)

    @property
    def comes_to(self) -> Integration:
        """Where it comes in, once it is valid."""
        event: Event | None = self.cleaned_data.get("event")
        found: Integration = event.integration if event else self.cleaned_data["integration"]
        return found

    def moment(self, now: datetime) -> datetime:
        """When it comes, once it is valid; kept as `when`."""
        self.when = self.cleaned_data.get("at") or now
        return self.when
