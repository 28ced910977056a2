"""PagerDuty's Events API v2, `POST /v2/enqueue`. Pure."""

from typing import Any

from incidents.sources import Acknowledgement, AlertReport, Answer, Envelope, InvalidEventError, Parsed
from incidents.sources.pagerduty_change import (
    details_of,
    key_of,
    links_of,
    moment_of,
    refuse,
    routing_key,
    summary_of,
)
from incidents.sources.reading import bounded, clean, decode, key, link, links, storable, told

__all__ = ["CONFIGURATION", "TEST", "answer", "parse", "read", "refuse", "routing_key"]

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "warning", "error", "info")
LONGEST_KEY = 255
MOST_PAIRS = 64
CONFIGURATION = """\
> In the tool that you have, this address instead of https://events.pagerduty.com/v2/enqueue
{url}
> and this routing key (or integration key).
{key}
> Alertmanager, for example: in alertmanager.yml, among the receivers.
receivers:
- name: watchbill
  pagerduty_configs:
  - url: {url}
    routing_key: {key}
> Or by hand.
curl {url} -H 'Content-Type: application/json' -d '{
  "routing_key": "{key}", "event_action": "trigger", "dedup_key": "checkout-slow",
  "payload": {"summary": "Checkout is slow", "source": "checkout-1", "severity": "warning"}
}'
"""
TEST = Envelope(
    b"""{
  "routing_key": "{key}", "event_action": "trigger", "dedup_key": "watchbill-test",
  "payload": {
    "summary": "A test alert: your tool reaches Watchbill", "source": "watchbill", "severity": "info"
  }
}"""
)


def read(sent: Envelope) -> Parsed:
    """One event. See `parse`."""
    return parse(decode(sent.body), sent.request_id)


def answer(parsed: Parsed, sent: Envelope, took: float) -> Answer:
    """What PagerDuty's clients wait for, with the key that they name the alert by from now on."""
    return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": parsed.key})


def parse(body: object, generated: str) -> Parsed:
    """The event of a decoded body: an alert that fires or is over, or an acknowledgement.

    A trigger without `dedup_key` gets `generated`. Of a resolve and an acknowledgement only the key counts, although
    Alertmanager sends a payload with them. InvalidEventError tells all that is wrong, in PagerDuty's words.
    """
    if not isinstance(body, dict):
        raise InvalidEventError(["Event object is not a JSON object"])
    errors: list[str] = []
    key_of(body.get("routing_key"), errors)
    action = body.get("event_action")
    if not isinstance(action, str) or not action:
        errors.append("'event_action' is missing or blank")
    elif action not in ACTIONS:
        errors.append("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    named = _dedup_key(body.get("dedup_key"), generated.replace("-", "") if action == "trigger" else "", errors)
    report = _alert(body, key(named, 128), errors) if action == "trigger" else None
    if errors:
        raise InvalidEventError(errors)
    if action == "acknowledge":
        by = body.get("client")
        acknowledged = Acknowledgement(fingerprint=key(named, 128), by=clean(by, 100) if isinstance(by, str) else "")
        return Parsed(acts=[acknowledged], key=named)
    if report is None:
        payload = body.get("payload")
        summary = payload.get("summary") if isinstance(payload, dict) else None
        title = (clean(summary, 255) if isinstance(summary, str) else "") or clean(named, 255) or "Alert without a name"
        report = AlertReport(key(named, 128), "resolved", title)
    return Parsed([report], key=named)


def _dedup_key(value: object, generated: str, errors: list[str]) -> str:
    if value is None or value == "":
        if not generated:
            errors.append("'dedup_key' is missing or blank")
        return generated
    if not isinstance(value, str):
        errors.append("'dedup_key' is invalid (should be a string)")
        return ""
    if len(value) > LONGEST_KEY:
        errors.append(f"Length of 'dedup_key' is incorrect (should be at most {LONGEST_KEY} characters)")
    return storable(value)


def _alert(body: dict[str, Any], fingerprint: str, errors: list[str]) -> AlertReport | None:
    payload = body.get("payload")
    if not isinstance(payload, dict):
        errors.append("'payload' is missing or not an object")
        return None
    before = len(errors)
    summary = summary_of(payload.get("summary"), errors)
    source = payload.get("source")
    if not isinstance(source, str) or not source.strip():
        errors.append("'payload.source' is missing or blank")
    severity = payload.get("severity")
    if not isinstance(severity, str) or not severity:
        errors.append("'payload.severity' is missing or blank")
    elif severity not in SEVERITIES:
        errors.append(
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
        )
    timestamp = moment_of(payload.get("timestamp"), errors)
    found = [*links_of(body.get("links"), errors), *_images(body.get("images"), errors)]
    details = payload.get("custom_details")
    if isinstance(details, dict):
        details_of(details, errors)
    if len(errors) > before:
        return None
    # Tools send text and lists here too; none of it is a reason to lose an alert.
    annotations = told(details)
    labels = {
        name: value
        for name in ("source", "component", "group", "class")
        if isinstance(value := payload.get(name), str) and value.strip()
    }
    client = body.get("client")
    if isinstance(client, str) and client.strip():
        annotations.setdefault("client", client)
    named = details.get("service") if isinstance(details, dict) else None
    service = named if isinstance(named, str) and named.strip() else labels.get("component", "")
    return AlertReport(
        fingerprint=fingerprint,
        status="firing",
        title=clean(summary, 255),
        summary=summary if len(summary) > 255 else "",
        severity=severity,
        service=clean(service, 255) or None,
        labels=bounded(labels | {"severity": str(severity)}, MOST_PAIRS, 2000),
        annotations=bounded(annotations, MOST_PAIRS, 8000),
        starts_at=timestamp,
        links=links([*found, link(body.get("client_url"), client)]),
    )


def _images(value: object, errors: list[str]) -> list[Any]:
    """Pictures are linked, not shown: a page shows none from elsewhere."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        errors.append("'images' is invalid (should be an array of objects)")
        return []
    pictures = [link(each.get("src"), each.get("alt") or "picture") for each in value]
    return [*pictures, *(link(each.get("href"), each.get("alt")) for each in value)]
