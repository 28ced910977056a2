"""What a tracker is set up with, who is who there, and in which of them an issue is opened."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.actions.trackers import keeping
from incidents.forms.fields import ActForm, Data
from incidents.models import Tracker
from teams import permits
from teams.forms import field_of
from teams.models import Team, User

PROJECTS = {
    "github": ("Repository", "Owner and name, such as acme/shop."),
    "gitlab": ("Project", "Its path, such as acme/shop, or its number."),
    "jira": ("Project", "Its key, such as PAY."),
    "jira_dc": ("Project", "Its key, such as PAY."),
}
TOKENS = {
    "github": "A fine-grained token for this repository alone, that may read and write issues.",
    "gitlab": "A project access token with the role Reporter or more and the scope “api”.",
    "jira": "An API token of an account that may browse the project, and create, edit, assign and transition issues.",
    "jira_dc": "A personal access token of an account that may browse the project, and change its issues.",
}


class TrackerFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Name, project or host", widget=forms.TextInput({"type": "search"})
    )
    kind = forms.ChoiceField(required=False, choices=[("", "Anything"), *Tracker.Kind.choices])
    state = forms.ChoiceField(
        required=False, label="State", choices=[("", "Any"), ("works", "Works"), ("trouble", "With trouble")]
    )

    def narrow(self, found: Any) -> Any:
        self.is_valid()
        asked = self.cleaned_data
        found = found.search(asked.get("q", ""))
        if asked.get("kind"):
            found = found.filter(kind=asked["kind"])
        if asked.get("state") == "works":
            found = found.filter(error="", paused_at=None)
        elif asked.get("state") == "trouble":
            found = found.exclude(error="", paused_at=None)
        return found


class TrackerForm(ActForm):
    """A tracker of one kind. What was typed is shown again, the token included, until it is kept."""

    name = forms.CharField(required=False, max_length=80, label="Name", help_text="Such as “Shop on GitHub”.")
    base_url = forms.CharField(
        required=False, max_length=300, label="Address", widget=forms.URLInput({"autocapitalize": "none"})
    )
    project = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"})
    )
    account = forms.CharField(
        required=False,
        max_length=200,
        label="E-mail address",
        help_text="Of the account that the token belongs to.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    token = forms.CharField(
        required=False,
        max_length=2000,
        label="Token",
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=True),
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        required=False,
        empty_label="Every team",
        label="For action items of",
        help_text="Only these go there.",
    )
    exports = forms.BooleanField(
        required=False, label="Open an issue of every action item once its postmortem is approved"
    )
    private_allowed = forms.BooleanField(
        required=False,
        label="Items of private incidents may go there too",
        help_text="Mind: everybody who can read the project then reads the item, and the title of its incident.",
    )
    webhook_secret = forms.CharField(
        required=False,
        max_length=500,
        label="Secret of its webhook",
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=True),
    )
    drop_secret = forms.BooleanField(required=False, label="Take the secret away: the key in the address decides then")
    labels = forms.CharField(
        required=False, max_length=300, label="Labels", help_text="Of every issue, with commas between."
    )
    issue_type = forms.CharField(required=False, max_length=80, label="Issue type")
    open_names = forms.CharField(
        required=False,
        max_length=300,
        label="States that are open",
        help_text="With commas between. Empty: by category.",
    )
    done_names = forms.CharField(
        required=False, max_length=300, label="States that are done", help_text="The first is where it is moved to."
    )
    dropped_names = forms.CharField(required=False, max_length=300, label="What means that it will not be done")
    poll_minutes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1440,
        initial=5,
        label="Look for changes every (minutes)",
        help_text="For what no webhook told of.",
    )
    FOLDED = (
        *("webhook_secret", "drop_secret", "labels", "issue_type", "open_names", "done_names", "dropped_names"),
        "poll_minutes",
    )

    def __init__(self, kind: str, user: User, tracker: Tracker | None = None, data: Data = None) -> None:
        names = [name for name in keeping.GIVEN if name not in ("kind", "token", "webhook_secret")]
        start = {name: getattr(tracker, name) for name in names} if tracker else {"base_url": keeping.USUAL.get(kind)}
        super().__init__(data, initial=start)
        self.kind = kind
        teams = field_of(self, "team", forms.ModelChoiceField)
        teams.queryset = permits.teams_where(user, keeping.VERB)
        if not permits.may(user, keeping.VERB):
            teams.empty_label = "Choose …"
        self.fields["base_url"].help_text = f"Such as {keeping.EXAMPLES[kind]}."
        self.fields["project"].label, self.fields["project"].help_text = PROJECTS[kind]
        kept = " Empty leaves it as it is." if tracker else ""
        self.fields["token"].help_text = f"{TOKENS[kind]} Kept encrypted and never shown again.{kept}"
        has_secret = tracker is not None and bool(tracker.__dict__.get("webhook_secret"))
        self.fields["webhook_secret"].help_text = (
            "Empty leaves it as it is." if has_secret else "Empty: the key in the address alone decides."
        )
        is_jira = kind.startswith("jira")
        self.fields["dropped_names"].help_text = (
            "Names of states or resolutions, with commas between. Empty: Won’t Do, Duplicate and the like."
            if is_jira
            else "A label on a closed issue. Empty: wontfix."
            if kind == "gitlab"
            else "Besides “closed as not planned”: labels of a closed issue."
        )
        unused = set() if is_jira else {"open_names", "done_names"}
        unused |= {"account"} if kind != "jira" else set()
        unused |= {"issue_type"} if kind in ("github", "gitlab") else set()
        unused |= set() if has_secret else {"drop_secret"}
        if is_jira:
            self.fields["issue_type"].help_text = "As it is called in the project. Empty: Task."
        for name in unused:
            del self.fields[name]
        # Marked as asked for, and checked by the action alone, so that one answer says all that is missing.
        asked = {"name", "base_url", "project", "account", *(() if tracker else ("token",))}
        self.wanted = asked & set(self.fields)

    def given(self) -> dict[str, Any]:
        """What the action takes."""
        found = dict(self.cleaned_data)
        found["poll_minutes"] = found.get("poll_minutes") or 5
        return found | {"kind": self.kind}


class TrackerPersonForm(ActForm):
    user = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label="Choose …")
    login = forms.CharField(
        required=False,
        max_length=200,
        label="Login there",
        help_text="Empty takes it away.",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, tracker: Tracker, data: Data = None) -> None:
        super().__init__(data)
        field_of(self, "user", forms.ModelChoiceField).queryset = User.objects.present()
        if tracker.kind == Tracker.Kind.JIRA:
            self.fields["login"].label = "Account id there"


class ExportForm(ActForm):
    """In which tracker an issue is opened, or which one that is there already is linked."""

    tracker = forms.ModelChoiceField(Tracker.objects.none(), empty_label=None, widget=forms.RadioSelect, label="Where?")
    issue = forms.CharField(
        required=False,
        max_length=600,
        label="An issue that is there already",
        help_text="Its address, or its number there. Empty: a new one is opened.",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, trackers: list[Tracker], data: Data = None) -> None:
        super().__init__(data, initial={"tracker": trackers[0].pk} if len(trackers) == 1 else None)
        if not trackers:
            del self.fields["issue"]
        field = field_of(self, "tracker", forms.ModelChoiceField)
        field.queryset = Tracker.objects.filter(pk__in=[row.pk for row in trackers])
        field.choices = [(row.pk, f"{row.name} ({row.project})") for row in trackers]
