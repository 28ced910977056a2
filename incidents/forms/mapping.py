"""Where in a body an alert's parts are, as it is filled in beside a preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from incidents.actions import inbox
from incidents.forms.integrations import words_of
from incidents.models import Event, Integration
from incidents.sources import Envelope, generic
from teams.forms import Refusable, field_of

LONGEST_BODY = 512 * 1024
LAST_EVENTS = 30
# No name of a label has these: a line with one before its "=" is an expression.
NOT_IN_NAMES = frozenset("[]{}()|&!<>'\"`@*,")


class EventField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        at = timezone.localtime(obj.received_at)
        return f"{at.day} {at:%b, %H:%M:%S} · {obj.get_state_display().lower()}"


def _expression(label: str, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput({"class": "code", "spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"})
    return forms.CharField(required=False, max_length=4000, label=label, help_text=help_text, widget=widget)


def _expressions(label: str, help_text: str) -> forms.CharField:
    widget = forms.Textarea({"class": "code", "rows": 2, "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(required=False, max_length=20_000, label=label, help_text=help_text, widget=widget)


class MappingForm(Refusable):
    """Where in a body an alert's parts are, and a body to see it on."""

    all_optional = True

    event = EventField(Event.objects.none(), required=False, label="On", empty_label="a body that is pasted here")
    body = forms.CharField(
        required=False,
        max_length=LONGEST_BODY,
        strip=False,
        label="Body",
        widget=forms.Textarea({"class": "code", "rows": 8, "spellcheck": "false"}),
    )

    key = _expression("Key", "Which alert it is: the same when it is over. Without one, its title and service say so.")
    title = _expression("Title")
    summary = _expression("Summary")
    severity = _expression("Severity", "In the tool's own words.")
    status = _expression("Status", "Says that it is over by one of the words below; else the alert fires.")
    words = forms.CharField(
        required=False,
        max_length=4000,
        label="Words that mean over",
        help_text="With commas between. Empty: the usual ones, such as resolved, ok and up.",
    )
    resolved = _expression("Or over when", "An expression that is true then, such as alive == `true`.")
    service = _expression("Service", "The name or slug of one that is known here.")
    group = _expression("Group", "Alerts with the same one become one incident.")
    started = _expression("Started")
    ended = _expression("Ended")
    labels = _expressions(
        "Labels", "One a line, as in zone = host.zone; or an expression that finds an object or a list of tags."
    )
    links = _expressions("Links", "One a line, as in Graph = graph_url; or an expression that finds addresses.")
    alerts = _expression(
        "List of alerts", "Where one body tells of several: what finds the list. The others look into each."
    )

    EXPRESSIONS = (*generic.FIELDS, "resolved", "alerts")
    SHOWN = (
        "key", "title", "summary", "severity", "status", "words", "resolved", "service", "labels", "links", "group",
        "started", "ended", "alerts",
    )  # fmt: skip

    def __init__(self, data: Any, *, integration: Integration, user: Any) -> None:
        self.integration = integration
        mine = Event.objects.filter(integration=integration, source=integration.kind)
        if not integration.shows_bodies_to(user):
            mine = Event.objects.none()
        last = list(mine.order_by("-pk").values_list("pk", flat=True)[:LAST_EVENTS])
        super().__init__(data, initial=self._initial(last[0] if last else None))
        for name in self.EXPRESSIONS:
            help_id = f"id_{name}_helptext " if self.fields[name].help_text else ""
            self.fields[name].widget.attrs["aria-describedby"] = f"{help_id}found-{name}"
        self.events = Event.objects.filter(pk__in=last)
        field_of(self, "event", EventField).queryset = self.events.defer("body")

    def _initial(self, event: int | None) -> dict[str, Any]:
        sample = "" if event else self.integration.source.sample.body.decode()
        usual = generic.USUAL if self.integration.kind == "json" else {}
        kept = self.integration.settings.get("mapping") or usual
        told: dict[str, Any] = {"event": event, "body": sample}
        for name, value in kept.items():
            if name == "resolved" and isinstance(value, list):
                told["words"] = ", ".join(map(str, value))
            elif isinstance(value, dict):
                told[name] = "\n".join(f"{each} = {expression}" for each, expression in value.items())
            else:
                told[name] = value
        return told

    @property
    def fields_shown(self) -> list[forms.BoundField]:
        return [self[name] for name in self.SHOWN]

    def value_of(self, name: str) -> str:
        """What a field has now, kept or typed, whether it is valid or not."""
        return str(self[name].value() or "").replace("\r\n", "\n").strip()

    def mapping(self) -> dict[str, Any]:
        """The mapping as it stands, as it is kept; empty where that is how the usual names are written."""
        told: dict[str, Any] = {}
        for name in self.EXPRESSIONS:
            if written := self.value_of(name):
                told[name] = _pairs(written) if name in ("labels", "links") else written
        if (words := words_of(self.value_of("words"))) and "resolved" not in told:
            told["resolved"] = words
        return {} if self.integration.kind == "json" and told == generic.USUAL else told

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("words") and found.get("resolved"):
            self.add_error("resolved", "Give words that mean over, or an expression, and not both.")
        return found

    def refused(self, refusal: forms.ValidationError) -> None:
        """What is wrong stands under each field already, where the preview shows what it finds."""
        count = len(refusal.error_dict) if hasattr(refusal, "error_dict") else 0
        known = set(self.fields) | {"mapping"}
        if count and all(name.partition(".")[0] in known for name in refusal.error_dict):
            self.add_error(None, "An expression can't be read: see what is marked below.")
        else:
            super().refused(refusal)

    def sent(self) -> Envelope:
        """The request to see the mapping on: an event that came, or what was pasted."""
        pk = self.value_of("event")
        event = self.events.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
        if event is not None:
            return inbox.envelope(event, self.integration)
        return Envelope(str(self["body"].value() or "").encode(errors="replace"))


def _pairs(written: str) -> str | dict[str, str]:
    """Lines of "name = expression" as such; anything else is one expression."""
    pairs: dict[str, str] = {}
    for line in written.splitlines():
        name, sign, expression = line.partition("=")
        if not line.strip():
            continue
        if not sign or not name.strip() or expression.startswith("=") or NOT_IN_NAMES & set(name):
            return written
        pairs[name.strip()] = expression.strip()
    return pairs
