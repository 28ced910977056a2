"""CloudEvents 1.0 over HTTP: in the body (structured), in the headers (binary) or several at once (batched). Pure.

With the setting "mapping" an event is read like any JSON, in its structured form. Without one it is an alert by the
usual names in its data; what it has no name for is told by its attributes. Which alert it is says its source, its
subject, and its type without the last word: "org.example.disk.full.resolved" ends "org.example.disk.full.raised".
CDEvents of services and environments are changes.
"""

from base64 import b64decode
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from incidents.sources import AlertReport, ChangeReport, Envelope, Parsed, SourceError
from incidents.sources.expressions import Budget
from incidents.sources.generic import MOST_PAIRS, RESOLVED, Mapping, alerts_of, mapped
from incidents.sources.reading import (
    bounded,
    clean,
    decode,
    details,
    fields,
    link,
    links,
    rows,
    shown,
    stamp,
    text,
)

MOST_EVENTS = 1000
# Last words of types that say that something goes on; those that say that it is over are those of any JSON.
GOES_ON = frozenset(
    [
        "alerting", "breached", "critical", "degraded", "detected", "down", "error", "failed", "failing", "firing",
        "open", "opened", "problem", "raised", "reported", "started", "triggered", "warning",
    ]
)  # fmt: skip
MAPPING = mapped(
    {
        "key": "data.key || data.fingerprint || data.dedup_key || name",
        "title": "data.title || data.name || data.alertname || data.message || subject || type",
        "summary": "data.summary || data.description || data.message || text",
        "severity": "data.severity || data.level || severity",
        "status": "data.status || data.state || word",
        "service": "data.service || service",
        "started": "data.started || data.startsAt || time",
        "labels": "data.labels",
        "links": "data.links || data.url || data.link",
    }
)
CDEVENTS = "dev.cdevents."
CHANGED = ("service", "environment")
CONFIGURATION = """\
> Anything that sends CloudEvents 1.0 over HTTP, in either form, one at a time or several.
curl {url} -H 'Content-Type: application/cloudevents+json' -d '{
  "specversion": "1.0",
  "id": "4711",
  "source": "/checks/disk",
  "type": "org.example.disk.full.raised",
  "subject": "db-3",
  "data": {"title": "Disk is 94% full", "severity": "warning"}
}'
> A Knative trigger sends its events there, too.
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: watchbill
spec:
  subscriber:
    uri: {url}
"""
TEST = Envelope(
    b"""{
  "specversion": "1.0", "id": "1", "source": "/watchbill", "type": "test.raised", "subject": "watchbill",
  "data": {"title": "A test alert: your events reach Watchbill", "severity": "info"}
}""",
    {"Content-Type": "application/cloudevents+json"},
)


def read(sent: Envelope) -> Parsed:
    """The events of a request. Of several the malformed ones are problems; one that is malformed is a SourceError."""
    own = sent.settings.get("mapping")
    mapping, budget = mapped(own) if own else None, Budget()
    kind = sent.header("Content-Type").partition(";")[0].strip().lower()
    if kind != "application/cloudevents+json" and sent.header("ce-specversion"):
        return _event(_of_headers(sent, kind), mapping, budget, "")
    body = decode(sent.body)
    if kind != "application/cloudevents-batch+json" and not isinstance(body, list):
        return _event(fields(body, "body"), mapping, budget, "")
    whole = Parsed()
    events = rows(body, "body")
    for index, each in enumerate(events[:MOST_EVENTS]):
        at = f"events[{index}]"
        try:
            one = _event(fields(each, at), mapping, budget, f"{at}.")
        except SourceError as problem:
            whole.problems.append(problem)
        else:
            whole.reports.extend(one.reports)
            whole.changes.extend(one.changes)
            whole.problems.extend(one.problems)
    last = {report.fingerprint: report for report in whole.reports}
    return replace(whole, reports=list(last.values()), truncated=max(0, len(events) - MOST_EVENTS))


def structured(sent: Envelope) -> dict[str, Any]:
    """The first event of a request as a mapping sees it. SourceError where there is none."""
    kind = sent.header("Content-Type").partition(";")[0].strip().lower()
    if kind != "application/cloudevents+json" and sent.header("ce-specversion"):
        event = _of_headers(sent, kind)
    else:
        body = decode(sent.body)
        event = fields(body[0] if isinstance(body, list) and body else body, "body")
    return event | {"data": _data(event, "")}


def _of_headers(sent: Envelope, kind: str) -> dict[str, Any]:
    """The structured form of a binary event: attributes are headers, the body is the data."""
    event: dict[str, Any] = {
        name.lower().removeprefix("ce-"): unquote(value, errors="replace")
        for name, value in sent.headers.items()
        if name.lower().startswith("ce-")
    }
    if sent.body.strip():
        is_json = not kind or kind.endswith(("/json", "+json"))
        event["data"] = decode(sent.body) if is_json else sent.body.decode("utf-8", "replace")
    return event


def _event(event: dict[str, Any], mapping: Mapping | None, budget: Budget, at: str) -> Parsed:
    if event.get("specversion") != "1.0":
        raise SourceError(f"{at}specversion", f'give "1.0", not {shown(event.get("specversion"))}')
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name].strip():
            raise SourceError(f"{at}{name}", "give text that is not empty")
    subject = text(event.get("subject"), f"{at}subject", 1000)
    data = _data(event, at)
    kind = text(event["type"], f"{at}type", 255)
    if kind.startswith(CDEVENTS):
        words = kind.removeprefix(CDEVENTS).split(".")
        if words[0] in CHANGED:
            return Parsed(changes=[_change(words, event, data, at)])
    if mapping:
        return alerts_of(mapping, event | {"data": data}, budget)
    stem, word = _stem(kind)
    told = event | {
        "data": data,
        "name": f"{event['source']}|{subject}|{stem}",
        "subject": subject,
        "word": word,
        "text": data if isinstance(data, str) else None,
    }
    parsed = alerts_of(MAPPING, told, budget)
    origin = {"source": text(event["source"], f"{at}source", 2000), "type": kind, "subject": subject}
    problems = [SourceError(f"{at}{each.field}", each.message) for each in parsed.problems]
    return replace(parsed, reports=[_with(report, origin) for report in parsed.reports], problems=problems)


def _with(report: AlertReport, origin: dict[str, str]) -> AlertReport:
    labels = {name: value for name, value in origin.items() if value} | report.labels
    return replace(report, labels=bounded(labels, MOST_PAIRS, 2000, origin))


def _data(event: dict[str, Any], at: str) -> Any:
    if event.get("data_base64") is None:
        return event.get("data")
    encoded = event["data_base64"]
    try:
        raw = b64decode(encoded, validate=True) if isinstance(encoded, str) else None
    except ValueError:
        raw = None
    if raw is None:
        raise SourceError(f"{at}data_base64", "give text in base64")
    try:
        return decode(raw)
    except SourceError:
        return raw.decode("utf-8", "replace")


def _stem(kind: str) -> tuple[str, str]:
    """A type without its last word, and that word, where that says how it stands. Versions at the end don't count."""
    words = kind.split(".")
    while len(words) > 1 and (words[-1].isdigit() or (words[-1][:1] in "vV" and words[-1][1:].isdigit())):
        words.pop()
    last = words[-1].casefold()
    return (".".join(words[:-1]), last) if last in RESOLVED or last in GOES_ON else (".".join(words), "")


def _change(words: list[str], event: dict[str, Any], data: Any, at: str) -> ChangeReport:
    """A CDEvent such as dev.cdevents.service.deployed.0.2.0; its subject stands in the data."""
    subject = fields(fields(data, f"{at}data").get("subject"), f"{at}data.subject")
    content = fields(subject.get("content"), f"{at}data.subject.content")
    environment = fields(content.get("environment"), f"{at}data.subject.content.environment")
    named = text(subject.get("id"), f"{at}data.subject.id", 255) or text(event.get("subject"), f"{at}subject", 255)
    where = text(environment.get("id"), f"{at}data.subject.content.environment.id", 100)
    artifact = text(content.get("artifactId"), f"{at}data.subject.content.artifactId", 255)
    happened = " ".join(words[:2])
    summary = f"{happened}: {named}" if named else happened
    return ChangeReport(
        routing_key="",
        summary=clean(
            " ".join([summary, *([f"in {where}"] if where else []), *([artifact] if artifact else [])]), 1024
        ),
        source=text(event["source"], f"{at}source", 255),
        timestamp=stamp(event.get("time"), f"{at}time"),
        custom_details=details(content, f"{at}data.subject.content", depth=10),
        links=links([link(event["source"], "source")]),
        service=(named.rpartition("/")[2] or None) if words[0] == "service" else None,
    )
