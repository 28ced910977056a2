"""Sentry's webhooks of an internal integration, and those of its older plugin. Pure.

The header "Sentry-Hook-Resource" says which: an alert rule that an issue set off (event_alert), one of a metric
(metric_alert), or what became of an issue (issue). Comments, installations and the like mean nothing here.
"""

from typing import Any

from incidents.sources import AlertReport, Envelope, Parsed, SourceError
from incidents.sources.proof import signed
from incidents.sources.reading import bounded, decode, fields, key, link, links, rows, shown, stamp, text

MOST_PAIRS = 64
# What became of an issue, by whether it is over; what is not here changes nothing.
ISSUES = {"created": False, "unresolved": False, "resolved": True, "archived": True, "ignored": True}
METRICS = {"critical": False, "warning": False, "resolved": True}
CONFIGURATION = """\
> In Sentry: Settings, Developer Settings, Create New Integration, Internal Integration. This is its Webhook URL.
{url}
> Switch "Alert Rule Action" on, give it the permission "Issue & Event: Read", and tick the webhook "issue".
> Then give its Client Secret to this integration, and choose it as an action of alert rules.
"""
TEST = Envelope(
    b"""{
  "action": "triggered",
  "data": {
    "event": {"issue_id": "watchbill-test", "title": "A test alert: Sentry reaches Watchbill", "level": "info"},
    "triggered_rule": "Watchbill"
  }
}""",
    {"Sentry-Hook-Resource": "event_alert"},
)


def proof(sent: Envelope, secret: str) -> bool:
    """Whether the request is signed with the integration's client secret."""
    return signed(sent.body, secret, sent.header("Sentry-Hook-Signature"))


def read(sent: Envelope) -> Parsed:
    """At most one alert; an issue has one name whichever webhook speaks of it. SourceError names the field."""
    body = fields(decode(sent.body), "body")
    data = fields(body.get("data"), "data")
    kind = sent.header("Sentry-Hook-Resource").strip().lower() or _kind(data)
    action = text(body.get("action"), "action", 40)
    match kind:
        case "event_alert":
            return Parsed([_event(fields(data.get("event"), "data.event"), data, "data.event")])
        case "metric_alert":
            return Parsed([_metric(action, data)])
        case "issue":
            return Parsed([_issue(fields(data.get("issue"), "data.issue"), action)] if action in ISSUES else [])
        case "" if "event" in body or "culprit" in body:
            return Parsed([_plugin(body)])
        case "":
            raise SourceError("data", "give an event, a metric_alert or an issue")
    return Parsed()


def _kind(data: dict[str, Any]) -> str:
    known = {"event": "event_alert", "metric_alert": "metric_alert", "issue": "issue"}
    return next((kind for name, kind in known.items() if name in data), "")


def _named(value: object, at: str) -> str:
    named = text(value, at, 1000)
    if not named:
        raise SourceError(at, "give text that is not empty")
    return key(named, 128)


def _event(event: dict[str, Any], data: dict[str, Any], at: str) -> AlertReport:
    labels = _tags(event.get("tags"), f"{at}.tags")
    rule = text(data.get("triggered_rule"), "data.triggered_rule", 2000)
    return AlertReport(
        fingerprint=_named(event.get("issue_id"), f"{at}.issue_id"),
        status="firing",
        title=text(event.get("title"), f"{at}.title", 255) or "Sentry issue",
        summary=text(event.get("message"), f"{at}.message", 4000) or text(event.get("culprit"), f"{at}.culprit", 4000),
        severity=text(event.get("level"), f"{at}.level", 40) or None,
        service=_project(event.get("url")) or None,
        labels=bounded(labels, MOST_PAIRS, 2000, ("environment", "level", "release", "server_name")),
        annotations={"rule": rule} if rule else {},
        starts_at=stamp(event.get("datetime"), f"{at}.datetime"),
        links=links([link(event.get("web_url"), "Sentry")]),
    )


def _metric(action: str, data: dict[str, Any]) -> AlertReport:
    if action not in METRICS:
        raise SourceError("action", f"give critical, warning or resolved, not {shown(action)}")
    alert = fields(data.get("metric_alert"), "data.metric_alert")
    rule = fields(alert.get("alert_rule"), "data.metric_alert.alert_rule")
    said = text(data.get("description_title"), "data.description_title", 255)
    projects = rows(alert.get("projects"), "data.metric_alert.projects")
    over = METRICS[action]
    labels = {
        "projects": ", ".join(text(each, "data.metric_alert.projects", 100) for each in projects[:20]),
        "environment": text(rule.get("environment"), "data.metric_alert.alert_rule.environment", 200),
        "query": text(rule.get("query"), "data.metric_alert.alert_rule.query", 2000),
    }
    return AlertReport(
        fingerprint=key(f"metric-{_named(alert.get('id'), 'data.metric_alert.id')}", 128),
        status="resolved" if over else "firing",
        title=text(rule.get("name"), "data.metric_alert.alert_rule.name", 255) or said or "Sentry metric",
        summary=text(data.get("description_text"), "data.description_text", 4000),
        severity=None if over else action,
        service=text(projects[0], "data.metric_alert.projects[0]", 255) or None if len(projects) == 1 else None,
        labels={name: value for name, value in labels.items() if value},
        starts_at=stamp(alert.get("date_started"), "data.metric_alert.date_started"),
        ends_at=stamp(alert.get("date_closed"), "data.metric_alert.date_closed") if over else None,
        links=links([link(data.get("web_url"), "Sentry")]),
    )


def _issue(issue: dict[str, Any], action: str) -> AlertReport:
    project = fields(issue.get("project"), "data.issue.project")
    names = {"shortId": "issue", "substatus": "substatus", "platform": "platform"}
    labels = {label: text(issue.get(name), f"data.issue.{name}", 200) for name, label in names.items()}
    return AlertReport(
        fingerprint=_named(issue.get("id"), "data.issue.id"),
        status="resolved" if ISSUES[action] else "firing",
        title=text(issue.get("title"), "data.issue.title", 255) or "Sentry issue",
        summary=text(issue.get("culprit"), "data.issue.culprit", 4000),
        severity=text(issue.get("level"), "data.issue.level", 40) or None,
        service=text(project.get("slug"), "data.issue.project.slug", 255) or None,
        labels={name: value for name, value in labels.items() if value},
        starts_at=stamp(issue.get("firstSeen"), "data.issue.firstSeen"),
        links=links([link(issue.get("web_url") or issue.get("permalink"), "Sentry")]),
    )


def _plugin(body: dict[str, Any]) -> AlertReport:
    event = fields(body.get("event"), "event")
    return AlertReport(
        fingerprint=_named(body.get("id"), "id"),
        status="firing",
        title=text(event.get("title") or body.get("message"), "message", 255) or "Sentry issue",
        summary=text(body.get("culprit"), "culprit", 4000),
        severity=text(body.get("level"), "level", 40) or None,
        service=text(body.get("project_slug") or body.get("project"), "project", 255) or None,
        labels=bounded(_tags(event.get("tags"), "event.tags"), MOST_PAIRS, 2000),
        links=links([link(body.get("url"), "Sentry")]),
    )


def _tags(value: object, at: str) -> dict[str, str]:
    """Tags are pairs in lists, such as [["level", "error"]]."""
    found = {}
    for index, pair in enumerate(rows(value, at)):
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            found[pair[0]] = text(pair[1], f"{at}[{index}]", 2000)
    return found


def _project(url: object) -> str:
    """The project's slug, which stands only in an event's address at the API: …/projects/{organization}/{project}/…"""
    parts = url.split("/") if isinstance(url, str) else []
    at = parts.index("projects") if "projects" in parts else len(parts)
    return text(parts[at + 2], "url", 255) if at + 2 < len(parts) else ""
