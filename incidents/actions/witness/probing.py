"""What makes a metric that can be watched, and trying it before it is kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from incidents.guards import Blocker
from incidents.models.witness import Probe
from incidents.problems import Blocked
from incidents.witness import reading, values
from teams import outward

# What people give of a probe; the rest follows from these.
GIVEN = (
    *("title", "kind", "url", "query", "comparison", "threshold", "hold_minutes", "unit", "interval_seconds"),
    *("sign_in", "username", "secret"),
)
LARGEST = 1e300


def fill(probe: Probe, given: dict[str, Any]) -> None:
    """Set what was given of `probe`, checked. Raises Blocked naming every field that is wrong.

    Of a probe that is there already an empty `secret` stays as it is, but never for another host: whoever points it
    elsewhere has to know it.
    """
    before = outward.origin(probe.url) if probe.pk else ""
    kept = bool(probe.pk and probe.secret)
    for name in GIVEN:
        if name in given and not (name == "secret" and not given[name]):
            value = given[name]
            setattr(probe, name, value.strip() if isinstance(value, str) else value)
    missing = list(_problems(probe))
    if kept and not given.get("secret") and probe.sign_in != Probe.SignIn.NONE and outward.origin(probe.url) != before:
        missing.append(
            Blocker("secret_again", "It leads to another host. Give the token or password again.", field="secret")
        )
    if missing:
        raise Blocked(missing)
    probe.host = outward.parse(probe.url, outward.HTTP).netloc[:262]
    if probe.sign_in == Probe.SignIn.NONE:
        probe.secret = probe.username = ""


def _problems(probe: Probe) -> list[Blocker]:
    found = []
    if not probe.title:
        found.append(Blocker("title_missing", "Say what it measures, such as Error rate.", field="title"))
    elif len(probe.title) > 80:
        found.append(Blocker("title_long", "Use at most 80 characters.", field="title"))
    try:
        outward.destination(probe.url, settings.WATCHBILL_METRIC_HOSTS)
    except outward.Unsafe as unsafe:
        hint = " Whoever runs Watchbill can allow http inside by WATCHBILL_METRIC_HOSTS."
        plain = probe.url.startswith("http://")
        found.append(Blocker("url_wrong", f"{unsafe}{hint if plain else ''}", field="url"))
    if len(probe.url) > 1000:
        found.append(Blocker("url_long", "Use at most 1000 characters.", field="url"))
    if probe.kind == Probe.Kind.PROMQL and not probe.query:
        found.append(Blocker("query_missing", "Give a PromQL query that gives one figure.", field="query"))
    if probe.kind == Probe.Kind.JSON and (wrong := values.path_problem(probe.query)):
        found.append(Blocker("query_wrong", wrong, field="query"))
    if probe.threshold is None or not -LARGEST < probe.threshold < LARGEST:
        found.append(
            Blocker("threshold_missing", "Give the figure that it has to be below or above.", field="threshold")
        )
    found += _sign_in_problems(probe)
    return found


def _sign_in_problems(probe: Probe) -> list[Blocker]:
    if probe.sign_in == Probe.SignIn.NONE:
        return []
    found = []
    if not probe.secret:
        found.append(Blocker("secret_missing", "Give the token or password.", field="secret"))
    # What goes into a header has to be fit for one.
    if not probe.secret.isascii() or not probe.secret.isprintable() or len(probe.secret) > 4000:
        found.append(Blocker("secret_wrong", "Give it in ASCII, in one line.", field="secret"))
    if probe.sign_in == Probe.SignIn.BASIC and (not probe.username or ":" in probe.username):
        found.append(Blocker("username_missing", "Give the user name, without a colon.", field="username"))
    return found


def try_out(probe: Probe) -> tuple[float | None, str]:
    """What the probe gives now, or why it can't be read. Nothing is kept. In no transaction: it asks the other side."""
    try:
        return reading.read(reading.address_of(probe)), ""
    except reading.Failed as failed:
        return None, str(failed)
