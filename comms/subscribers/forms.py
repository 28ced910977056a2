"""What subscribers are looked for by, added and brought in with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet

from comms import subscriber_files
from comms.forms import PLACE, Explaining
from comms.models import Component, ComponentGroup, PageIncident, StatusPage, Subscriber
from comms.models.page import LANGUAGES
from comms.models.subscriber import SubscriberQuerySet
from comms.subscriber_files import joined
from teams.forms import Options, field_of
from teams.zones import zone_names

SORTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "": ("Newest first", ("-created_at", "-pk")),
    "email": ("Address", ("email", "pk")),
    "confirmed": ("Confirmed last", (F("confirmed_at").desc(nulls_last=True), "-pk")),
    "ended": ("Ended last", (F("ended_at").desc(nulls_last=True), "-pk")),
}
# So few pages that there is nothing to choose.
MOST_ALONE = 2
ASK, AGREED = "ask", "agreed"
HOW = ((ASK, "Ask them to confirm"), (AGREED, "They agreed already"))


class SubscriberFilter(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Address", widget=forms.TextInput({"type": "search"}))
    # `page` is which of the list's own.
    on = forms.ModelChoiceField(
        StatusPage.objects.none(), required=False, to_field_name="slug", empty_label="Any page", label="Status page"
    )
    # The list's tabs choose it.
    state = forms.ChoiceField(
        required=False, choices=[("", "Any state"), *Subscriber.State.choices], widget=forms.HiddenInput
    )
    channel = forms.ChoiceField(
        required=False, choices=[("", "Any channel"), *Subscriber.Channel.choices], label="Channel"
    )
    component = forms.ModelChoiceField(
        Component.objects.none(), required=False, to_field_name="uid", empty_label="Any component", label="Hears of"
    )
    language = forms.ChoiceField(required=False, choices=[("", "Any language"), *LANGUAGES], label="Language")
    sort = forms.ChoiceField(required=False, choices=[(k, label) for k, (label, _) in SORTS.items()], label="Order")

    def __init__(self, *args: Any, pages: QuerySet[StatusPage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "on", forms.ModelChoiceField).queryset = pages.order_by("name")
        if pages.count() < MOST_ALONE:
            self.fields["on"].widget = forms.HiddenInput()
        chosen = pages.filter(slug=self.data.get("on", "")) if self.data.get("on") else pages
        field = field_of(self, "component", forms.ModelChoiceField)
        field.queryset = Component.objects.filter(page__in=chosen).select_related("page").order_by("page__name", *PLACE)
        field.label_from_instance = lambda row: f"{row.page.name} · {row.name}"  # type: ignore[assignment]

    @property
    def asked(self) -> dict[str, Any]:
        """What makes sense of it, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def narrow(self, rows: SubscriberQuerySet, *, but: str = "") -> SubscriberQuerySet:
        """`rows` that fit all but the field `but`, in no order."""
        asked = {name: value for name, value in self.asked.items() if name != but}
        if words := asked.get("q", "").split():
            for word in words:
                rows = rows.filter(Q(email__icontains=word) | Q(endpoint_shown__icontains=word))
        for name, field in (("on", "page"), ("state", "state"), ("channel", "channel")):
            if name in asked:
                rows = rows.filter(**{field: asked[name]})
        if "language" in asked:
            own, code = Q(language=asked["language"]), asked["language"]
            rows = rows.filter(own | Q(language="", page__language=code))
        if component := asked.get("component"):
            rows = rows.hearing_of(component)
        return rows

    def sorted(self, rows: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
        return rows.order_by(*SORTS[self.asked.get("sort", "")][1])


class Agreeing(Explaining):
    """How they come to be told: by a mail that asks them, or because they agreed elsewhere."""

    # What is needed depends on what else was given.
    either: tuple[str, ...] = ("consent",)

    how = forms.ChoiceField(label="Do they want it?", choices=HOW, widget=forms.RadioSelect, initial=ASK)
    consent = forms.CharField(
        label="Where did they agree?",
        required=False,
        max_length=300,
        help_text="Needed if they are not asked, and kept with each of them: “the order form of our shop, since 2023”.",
    )

    @property
    def asks(self) -> bool:
        return bool(self.cleaned_data["how"] == ASK)


class ImportForm(Agreeing):
    either = ("consent", "file", "text")

    page = forms.ModelChoiceField(StatusPage.objects.none(), to_field_name="slug", label="Status page")
    file = forms.FileField(
        label="File",
        required=False,
        widget=forms.FileInput({"accept": ".csv,.txt,text/csv,text/plain"}),
        help_text="CSV, at most 5 MB. A file from statuspage.io or a plain list of addresses will do.",
    )
    text = forms.CharField(
        label="Or paste the lines",
        required=False,
        strip=False,
        max_length=500_000,
        widget=forms.Textarea(
            {"rows": 5, "spellcheck": "false", "placeholder": "email,components\nname@example.org,API"}
        ),
    )
    field_order = ("page", "file", "text", "how", "consent")

    def __init__(self, *args: Any, pages: QuerySet[StatusPage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = field_of(self, "page", forms.ModelChoiceField)
        field.queryset = pages.order_by("name")
        field.empty_label = None if pages.count() == 1 else "Choose a page"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        file = given.get("file")
        if "file" in given and not file and not given.get("text", "").strip():
            self.add_error("file", "Choose a file, or paste its lines below.")
        elif file and file.size > subscriber_files.MOST_BYTES:
            self.add_error("file", "A file has at most 5 MB. Bring it in parts.")
        return given

    def brought(self) -> tuple[str, bytes | str]:
        """Its name, and what is in it."""
        if file := self.cleaned_data["file"]:
            return str(file.name), file.read()
        return "Pasted lines", str(self.cleaned_data["text"])


class AddForm(Agreeing):
    """One subscriber of `page`. `cells()` is what the action takes."""

    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off", "placeholder": "name@example.org"}),
    )
    components = forms.ModelMultipleChoiceField(
        Component.objects.none(),
        required=False,
        to_field_name="uid",
        widget=forms.CheckboxSelectMultiple,
        label="Components",
        help_text="None of them, and no group, is everything on the page.",
    )
    groups = forms.ModelMultipleChoiceField(
        ComponentGroup.objects.none(),
        required=False,
        to_field_name="uid",
        widget=forms.CheckboxSelectMultiple,
        label="Groups",
        help_text="With the components that join them later.",
    )
    floor = forms.ChoiceField(
        label="From which impact on",
        required=False,
        choices=[("none", "Everything"), *PageIncident.Impact.choices[1:]],
    )
    language = forms.ChoiceField(label="Language of the mail", required=False)
    time_zone = forms.ChoiceField(label="Time zone", required=False, widget=Options)
    field_order = ("email", "how", "consent", "components", "groups", "floor", "language", "time_zone")

    def __init__(self, *args: Any, page: StatusPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "components", forms.ModelMultipleChoiceField).queryset = page.components.order_by(*PLACE)
        groups = field_of(self, "groups", forms.ModelMultipleChoiceField)
        groups.queryset = ComponentGroup.objects.filter(page=page).order_by("position", "name")
        if not groups.queryset.exists():
            del self.fields["groups"]
        known = dict(LANGUAGES)
        field_of(self, "language", forms.ChoiceField).choices = [(code, known[code]) for code in page.languages]
        field_of(self, "time_zone", forms.ChoiceField).choices = [(zone, zone) for zone in zone_names()]
        self.initial.setdefault("time_zone", page.time_zone)
        self.initial.setdefault("language", page.language)

    def cells(self) -> dict[str, str]:
        given = self.cleaned_data
        return {
            "email": given["email"].strip(),
            "components": joined(row.uid for row in given["components"]),
            "groups": joined(row.uid for row in given.get("groups", ())),
            "floor": given["floor"],
            "language": given["language"],
            "time_zone": given["time_zone"],
        }


class HistoryFilter(forms.Form):
    show = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "Everything"),
            ("events", "What was done"),
            ("sent", "What was sent"),
            ("missed", "What did not arrive"),
        ],
    )
