"""PagerDuty's change events, `POST /v2/change/enqueue`. Pure. They never page anyone."""

from datetime import datetime
from typing import Any

from incidents.sources import Answer, ChangeReport, Envelope, InvalidEventError, Link, Parsed, SourceError
from incidents.sources.reading import clean, decode, details, link, links, moment

ACCEPTED = {"status": "success", "message": "Change event processed"}
ROUTING_KEY_LENGTH = 32
LONGEST_SUMMARY = 1024
# For a body that is no JSON at all.
UNRECOGNIZED = {
    "status": "Unrecognized object",
    "message": "Event object format is unrecognized",
    "errors": ["JSON parse error"],
}
CONFIGURATION = """\
> At the end of a deployment, for example. Any integration's key will do as routing key.
curl {url} -H 'Content-Type: application/json' -d '{
  "routing_key": "{key}",
  "payload": {
    "summary": "Deployed checkout 2.31.0",
    "source": "deploy-pipeline",
    "timestamp": "2026-06-01T13:58:00Z",
    "custom_details": {"service": "checkout", "version": "2.31.0"}
  },
  "links": [{"href": "https://ci.example.org/runs/4711", "text": "Pipeline run"}]
}'
"""
TEST = Envelope(
    b"""{
  "routing_key": "{key}",
  "payload": {"summary": "A test change: your pipeline reaches Watchbill", "source": "watchbill"}
}"""
)


def read(sent: Envelope) -> Parsed:
    """One change. See `parse`."""
    return Parsed(changes=[parse(decode(sent.body))])


def routing_key(sent: Envelope) -> str:
    """The integration's key in the body, "" where there is none. Any integration's will do."""
    body = decode(sent.body)
    value = body.get("routing_key") if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def answer(parsed: Parsed, sent: Envelope, took: float) -> Answer:
    """What PagerDuty's clients wait for."""
    return Answer(202, ACCEPTED)


def refuse(error: SourceError | InvalidEventError, sent: Envelope, took: float) -> Answer:
    """What PagerDuty's clients log: all that is wrong at once."""
    return Answer(400, UNRECOGNIZED if isinstance(error, SourceError) else error.body)


def parse(body: object) -> ChangeReport:
    """The change of a decoded body. InvalidEventError tells all that is wrong, in PagerDuty's words.

    Unknown keys are ignored, and so are links that are not http or https URLs.
    """
    if not isinstance(body, dict):
        raise InvalidEventError(["Event object is not a JSON object"])
    errors: list[str] = []
    routing_key = key_of(body.get("routing_key"), errors)
    payload = body.get("payload")
    if not isinstance(payload, dict):
        errors.append("'payload' is missing or not an object")
        raise InvalidEventError(errors)
    summary = summary_of(payload.get("summary"), errors)
    source = payload.get("source")
    if source is not None and not isinstance(source, str):
        errors.append("'payload.source' is invalid (should be a string)")
    timestamp = moment_of(payload.get("timestamp"), errors)
    custom = details_of(payload.get("custom_details"), errors)
    found = links_of(body.get("links"), errors)
    if errors:
        raise InvalidEventError(errors)
    service = custom.get("service")
    return ChangeReport(
        routing_key=routing_key,
        summary=summary,
        source=clean(source or "", 255),
        timestamp=timestamp,
        custom_details=custom,
        links=found,
        service=clean(service, 255) or None if isinstance(service, str) else None,
    )


def moment_of(value: object, errors: list[str]) -> datetime | None:
    """`payload.timestamp`, where it is one."""
    try:
        return moment(value, "payload.timestamp")
    except SourceError:
        errors.append("'payload.timestamp' is invalid (should be a time such as 2026-11-23T04:00:00.000+0000)")
        return None


def key_of(value: object, errors: list[str]) -> str:
    """`routing_key`, as it is; what is wrong with it goes to `errors`, as with all of these."""
    if not isinstance(value, str) or not value:
        errors.append("'routing_key' is missing or blank")
        return ""
    if len(value) != ROUTING_KEY_LENGTH:
        errors.append(f"Length of 'routing_key' is incorrect (should be {ROUTING_KEY_LENGTH} characters)")
    elif not value.isascii() or not value.isalnum():
        errors.append("'routing_key' is invalid (should be letters and digits)")
    return value


def summary_of(value: object, errors: list[str]) -> str:
    """`payload.summary`: at most 1024 characters, not blank."""
    summary = clean(value, len(value) + 1) if isinstance(value, str) else ""
    if not summary:
        errors.append("'payload.summary' is missing or blank")
    elif len(summary) > LONGEST_SUMMARY:
        errors.append(f"Length of 'payload.summary' is incorrect (should be at most {LONGEST_SUMMARY} characters)")
    return summary


def details_of(value: object, errors: list[str]) -> dict[str, Any]:
    """`payload.custom_details`, fit for a JSON column."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        errors.append("'payload.custom_details' is invalid (should be an object)")
        return {}
    try:
        read: dict[str, Any] = details(value, "payload.custom_details", depth=10)
    except SourceError:
        errors.append("'payload.custom_details' is invalid (nested more than 10 deep)")
        return {}
    return read


def links_of(value: object, errors: list[str]) -> list[Link]:
    """`links`; those that are no links are left out."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        errors.append("'links' is invalid (should be an array of objects)")
        return []
    return links(link(each.get("href"), each.get("text")) for each in value)
