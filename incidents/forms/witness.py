"""Metrics: what is read, where, and when it is as it should be."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.actions.witness.probing import GIVEN
from incidents.forms.fields import ActForm, Data
from incidents.models import MetricCheck
from incidents.models.witness import LONGEST_QUERY, Probe
from teams.problems import Unreadable

FOLDED = ("interval_seconds", "sign_in", "username", "secret")


class MetricForm(ActForm):
    """A metric to be watched. What was typed is shown again, the token included, until it is kept."""

    needs = ("title", "url", "threshold")

    title = forms.CharField(
        required=False, max_length=80, label="What does it measure?", help_text="As people say it: Error rate."
    )
    kind = forms.ChoiceField(
        choices=Probe.Kind.choices,
        required=False,
        initial=Probe.Kind.PROMQL,
        widget=forms.RadioSelect,
        label="Where is it read?",
    )
    url = forms.CharField(
        required=False,
        max_length=1000,
        label="Address",
        help_text="Of Prometheus, such as https://prometheus.example.org, or of the JSON.",
        widget=forms.URLInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    query = forms.CharField(
        required=False,
        max_length=LONGEST_QUERY,
        label="Query or path",
        help_text="PromQL that gives one figure; in JSON a path, as data.error_rate or /data/error_rate.",
        widget=forms.Textarea({"rows": 2, "spellcheck": "false", "class": "code"}),
    )
    comparison = forms.ChoiceField(choices=Probe.Comparison.choices, required=False, label="It is good when it is")
    threshold = forms.FloatField(
        required=False, label="This figure", widget=forms.NumberInput({"step": "any", "inputmode": "decimal"})
    )
    unit = forms.CharField(required=False, max_length=12, label="Unit", help_text="Such as %, ms or /s.")
    hold_minutes = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=1440,
        initial=5,
        label="For how long (minutes)",
        help_text="Then Watchbill proposes to resolve the incident.",
    )
    interval_seconds = forms.IntegerField(
        required=False, min_value=5, max_value=3600, initial=15, label="Read it every (seconds)"
    )
    sign_in = forms.ChoiceField(choices=Probe.SignIn.choices, required=False, label="Sign-in")
    username = forms.CharField(
        required=False, max_length=200, label="User name", widget=forms.TextInput({"autocomplete": "off"})
    )
    secret = forms.CharField(
        required=False,
        max_length=4000,
        label="Token or password",
        help_text="Kept encrypted and never shown again.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=True),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        for name in ("hold_minutes", "interval_seconds"):
            if name in found and found[name] is None:
                found[name] = self.fields[name].initial
        usual = {"kind": Probe.Kind.PROMQL, "comparison": Probe.Comparison.BELOW, "sign_in": Probe.SignIn.NONE}
        for name, value in usual.items():
            found[name] = found.get(name) or value
        return found


class MetricCheckForm(MetricForm):
    """The same of a service, which attaches itself to incidents."""

    attach = forms.ChoiceField(
        choices=MetricCheck.Attach.choices,
        required=False,
        initial=MetricCheck.Attach.DECLARE,
        label="Attaches itself",
        help_text="To incidents that name the service.",
    )

    def __init__(self, check: MetricCheck | None = None, data: Data = None) -> None:
        super().__init__(data, initial=_kept(check) if check else {})
        if check is not None and check.sign_in != Probe.SignIn.NONE:
            self.fields["secret"].help_text = "Empty leaves it as it is."

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        found["attach"] = found.get("attach") or MetricCheck.Attach.DECLARE
        return found


def _kept(check: MetricCheck) -> dict[str, Any]:
    kept: dict[str, Any] = {name: getattr(check, name) for name in (*GIVEN, "attach") if name not in ("url", "secret")}
    try:
        return kept | {"url": check.url}
    except Unreadable:
        return kept
