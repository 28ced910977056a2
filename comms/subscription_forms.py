"""What readers fill in to subscribe, and to change what they hear of. The verbs are in `comms.actions.subscribing`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from comms import endpoints
from comms.choices import Choice as Chosen
from comms.forms import PLACE, Explaining
from comms.models import Component, ComponentGroup, PageIncident, StatusPage, Subscriber
from comms.snapshot import serializer
from teams.forms import Options, field_of
from teams.zones import zone_names

ALL = ("all", _("Everything on this page"))
SOME = ("some", _("Only what I choose"))
INCIDENTS = ("incidents", _("Only one incident, until it is over"))
FLOORS = (
    ("none", _("Every incident")),
    ("minor", _("From minor impact on")),
    ("major", _("From major impact on")),
    ("critical", _("Critical impact only")),
)
DIGESTS = (
    ("", _("At once")),
    ("hourly", _("In a digest once an hour")),
    ("daily", _("In a digest once a day")),
)
MORNING = time(8)


def _time(label: Any, **kwargs: Any) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, **kwargs)


def _rows(queryset: QuerySet[Any], label: Any) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(
        queryset, label=label, to_field_name="uid", required=False, widget=forms.CheckboxSelectMultiple
    )


def _named(row: Any) -> str:
    return str(serializer.readable(str(row)))


class Choice(Explaining):
    """Everything, chosen groups and components, or single incidents; and when. `incidents` are those that may be
    followed by themselves."""

    # What is not chosen has a usual value, which the field shows.
    all_optional = True

    scope = forms.ChoiceField(widget=forms.RadioSelect, label=_("What do you want to hear of?"))
    groups = _rows(ComponentGroup.objects.none(), _("Groups"))
    components = _rows(Component.objects.none(), _("Components"))
    incidents = _rows(PageIncident.objects.none(), _("Incidents"))
    floor = forms.ChoiceField(label=_("How bad it has to be"), choices=FLOORS, required=False)
    ends_only = forms.BooleanField(label=_("Only the first update of an incident, and that it is over"), required=False)
    maintenance = forms.BooleanField(label=_("Planned maintenance, too"), required=False)
    digest = forms.ChoiceField(label=_("What is of minor impact comes"), choices=DIGESTS, required=False)
    digest_at = _time(_("The daily digest comes at"))
    quiet_from = _time(_("Quiet from"))
    quiet_until = _time(_("Quiet until"))
    time_zone = forms.ChoiceField(
        label=_("Your time zone"),
        help_text=_("Mail shows times in it, beside UTC."),
        required=False,
        widget=Options,
    )

    def __init__(
        self, page: StatusPage, *args: Any, incidents: QuerySet[PageIncident] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self.follows = incidents if incidents is not None else PageIncident.objects.none()
        lists: dict[str, QuerySet[Any]] = {
            "groups": page.groups.all(),
            "components": page.components.select_related("group").order_by(*PLACE),
            "incidents": self.follows,
        }
        for name, rows in lists.items():
            field = field_of(self, name, forms.ModelMultipleChoiceField)
            field.queryset = rows
            field.label_from_instance = _named  # type: ignore[method-assign,assignment]
        scopes = [ALL, SOME, INCIDENTS] if self.follows.exists() else [ALL, SOME]
        field_of(self, "scope", forms.ChoiceField).choices = scopes
        zone = field_of(self, "time_zone", forms.ChoiceField)
        zone.choices = [(name, name.replace("_", " ")) for name in zone_names()]
        self.initial = {**self._usual(), **self.initial}
        # The form on the status page itself has the address alone, and what isn't asked stays as it is.
        self.is_whole = not self.is_bound or "floor" in self.data

    def _usual(self) -> dict[str, Any]:
        return {
            "scope": "all",
            "floor": "none",
            "maintenance": True,
            "digest": "",
            "digest_at": MORNING,
            "time_zone": self.page.time_zone,
        }

    @property
    def folds(self) -> dict[str, bool]:
        """Which parts are open when the page is: those in which something is wrong, or was chosen before."""
        when = ("digest", "digest_at", "quiet_from", "quiet_until", "time_zone")
        what = ("floor", "ends_only", "maintenance")
        return {
            "what": any(self[name].errors for name in what),
            "when": any(self[name].errors for name in when),
        }

    @property
    def tree(self) -> Iterator[tuple[Any, list[Any]]]:
        """As the page lists them: each group's box, None for those of no group, with the boxes of its components."""
        boxes = {str(box.data["value"]): box for box in self["components"]}
        groups = {str(box.data["value"]): box for box in self["groups"]}
        components = field_of(self, "components", forms.ModelMultipleChoiceField).queryset
        assert components is not None, "set when the form is made"
        for group, members in groupby(components, key=lambda component: component.group):
            uid = "" if group is None else group.uid
            yield groups.pop(uid, None), [boxes[member.uid] for member in members]
        for box in groups.values():
            yield box, []

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        scope = typed.get("scope")
        if scope == "some" and not (typed.get("components") or typed.get("groups")) and "components" not in self.errors:
            self.add_error("components", _("Choose at least one component."))
        if scope == "incidents" and not typed.get("incidents"):
            self.add_error("incidents", _("Choose at least one incident."))
        start, end = typed.get("quiet_from"), typed.get("quiet_until")
        if bool(start is None) != bool(end is None):
            missing = "quiet_from" if start is None else "quiet_until"
            self.add_error(missing, _("Give both times, or none."))
        elif start is not None and start == end:
            self.add_error("quiet_until", _("Give another time than the one at which it begins."))
        return typed

    def chosen(self) -> Chosen:
        """What the actions take. After `is_valid()`."""
        typed = self.cleaned_data
        found = Chosen(components=None)
        if typed["scope"] == "some":
            found["components"], found["groups"] = list(typed["components"]), list(typed["groups"])
        elif typed["scope"] == "incidents":
            found["components"], found["incidents"] = [], list(typed["incidents"])
        if typed["time_zone"]:
            found["time_zone"] = typed["time_zone"]
        if self.is_whole:
            found["floor"] = typed["floor"] or "none"
            found["maintenance"], found["ends_only"] = typed["maintenance"], typed["ends_only"]
            found["digest"], found["digest_at"] = typed["digest"], typed["digest_at"] or MORNING
            found["quiet_from"], found["quiet_until"] = typed["quiet_from"], typed["quiet_until"]
        return found


WAYS = [
    (Subscriber.Channel.EMAIL.value, _("By e-mail")),
    (endpoints.WEBHOOK, _("Webhook, for programs")),
    *endpoints.CHATS.items(),
]


class SubscribeForm(Choice):
    # What is an address is the action's to say: it knows why one can't be written to.
    email = forms.CharField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "placeholder": "name@example.org"}),
    )
    way = forms.ChoiceField(label=_("How updates reach you"), choices=WAYS, required=False)
    endpoint = forms.CharField(
        label=_("Address of the webhook or chat"),
        required=False,
        max_length=endpoints.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}),
        help_text=_(
            "As the service shows it. The mail to confirm goes to your e-mail address, and a first message there after."
        ),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if self.kind and not typed.get("endpoint"):
            self.add_error("endpoint", _("Give the address that updates are to go to."))
        return typed

    @property
    def kind(self) -> str:
        """The kind of the endpoint, "" for mail. After `is_valid()`."""
        way = str(self.cleaned_data.get("way") or "")
        return "" if way == Subscriber.Channel.EMAIL else way

    @property
    def folds(self) -> dict[str, bool]:
        return super().folds | {"where": bool(self["way"].errors or self["endpoint"].errors)}


class ManageForm(Choice):
    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(page, *args, **kwargs)
        # Only where there is something to choose.
        if page.other_languages:
            known = dict(StatusPage._meta.get_field("language").flatchoices)
            chosen = [(code, known[code]) for code in page.languages]
            self.fields["language"] = forms.ChoiceField(choices=chosen, label=_("Language of the mail"), required=False)

    def chosen(self) -> Chosen:
        found = super().chosen()
        found["language"] = self.cleaned_data.get("language", "")
        return found


class EndpointForm(Explaining):
    """Another address for updates, of the same kind of service."""

    endpoint = forms.CharField(
        label=_("Another address"),
        max_length=endpoints.LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
