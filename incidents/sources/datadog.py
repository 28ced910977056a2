"""Datadog's webhooks: with the payload that CONFIGURATION asks for, or with the one that it has by itself. Pure.

Datadog's own payload has only a title such as "[Triggered on {host:db-3}] Disk is full", so that an alert is known by
that. Variables that it has no value for come as they were written, or as "null".
"""

from typing import Any

from incidents.sources import AlertReport, Envelope, Parsed, SourceError
from incidents.sources.reading import bounded, clean, decode, fields, key, link, links, stamp, text

MOST_PAIRS = 64
OVER = frozenset(["recovered", "resolved"])
# In the words of transitions, where the monitor says no priority.
SEVERITIES = {"warn": "warning", "re-warn": "warning", "no data": "warning", "re-no data": "warning"}
TYPES = {"error": "error", "warning": "warning", "info": "info", "success": "info"}
CONFIGURATION = """\
> In Datadog: Integrations, Webhooks, New. Call it "watchbill"; this is its URL.
{url}
> And this its payload.
{
  "cycle": "$ALERT_CYCLE_KEY", "monitor": "$ALERT_ID", "scope": "$ALERT_SCOPE", "transition": "$ALERT_TRANSITION",
  "title": "$ALERT_TITLE", "event_title": "$EVENT_TITLE", "text": "$TEXT_ONLY_MSG", "priority": "$ALERT_PRIORITY",
  "type": "$ALERT_TYPE", "status": "$ALERT_STATUS", "metric": "$ALERT_METRIC", "query": "$ALERT_QUERY",
  "hostname": "$HOSTNAME", "tags": "$TAGS", "link": "$LINK", "snapshot": "$SNAPSHOT", "date": "$DATE"
}
> Write this into the message of each monitor, also for when it recovers.
@webhook-watchbill
"""
TEST = Envelope(
    b"""{
  "cycle": "watchbill-test", "transition": "Triggered", "title": "A test alert: Datadog reaches Watchbill",
  "type": "info"
}"""
)


def read(sent: Envelope) -> Parsed:
    """One alert. SourceError names the field that is wrong."""
    body = fields(decode(sent.body), "body")
    title = _said(body, "title", 1000) or _said(body, "event_title", 1000)
    transition = _said(body, "transition", 40)
    bracket, _, rest = title.partition("]")
    if title.startswith("[") and rest.strip():
        # "[Re-Triggered on {host:db-3}] Disk is full" is "Disk is full" on that host, whatever happened to it.
        happened, _, where = bracket[1:].partition(" on ")
        transition = transition or happened
        title, about = rest.strip(), f"{where}|{rest.strip()}"
    else:
        about = title
    state = transition.strip().lower()
    monitor = _said(body, "monitor", 200)
    named = _said(body, "cycle", 200) or (f"{monitor}|{_said(body, 'scope', 1000)}" if monitor else about)
    if not named:
        raise SourceError("title", "give text that is not empty")
    labels = _tags(_said(body, "tags", 8000)) | {
        label: value
        for label, name in (("host", "hostname"), ("metric", "metric"), ("scope", "scope"), ("monitor", "monitor"))
        if (value := _said(body, name, 2000))
    }
    query = _said(body, "query", 8000)
    at = stamp(body.get("date") if _said(body, "date", 40) else None, "date")
    over = state in OVER
    report = AlertReport(
        fingerprint=key(named, 128),
        status="resolved" if over else "firing",
        title=clean(title, 255) or "Datadog alert",
        summary=_said(body, "text", 4000) or _said(body, "body", 4000) or _said(body, "status", 4000),
        severity=None if over else _severity(body, state),
        service=clean(labels.get("service", ""), 255) or None,
        labels=bounded(labels, MOST_PAIRS, 2000, ("service", "host", "env", "monitor")),
        annotations={"query": query} if query else {},
        starts_at=None if over else at,
        ends_at=at if over else None,
        links=links([link(body.get("link"), "Datadog"), link(body.get("snapshot"), "picture")]),
    )
    return Parsed([report])


def _severity(body: dict[str, Any], state: str) -> str | None:
    return _said(body, "priority", 40) or SEVERITIES.get(state) or TYPES.get(_said(body, "type", 40).lower())


def _said(body: dict[str, Any], name: str, most: int) -> str:
    said = text(body.get(name), name, most)
    return "" if said == "null" or (said.startswith("$") and said[1:].replace("_", "").isupper()) else said


def _tags(written: str) -> dict[str, str]:
    found = {}
    for tag in written.split(","):
        name, colon, value = tag.strip().partition(":")
        if colon and name and value:
            found[name] = value
    return found
